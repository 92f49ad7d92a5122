#include "ctl/import/limits.hpp"

#include "config/schema.hpp"
#include "imported.hpp"

#include <cmath>

namespace superctl::importing {
namespace {

TEST(ImportedLimits, AreThoseThatSuperdReads) {
    std::size_t found = 0;
    for (const auto& known : superd::config::unit_schema().keys) {
        if (known.section() != "limits" || known.path == "limits.oom-policy") continue;
        const auto* const key = std::ranges::find(limit_keys, known.path, &LimitKey::path);
        ASSERT_NE(key, limit_keys.end()) << known.path;
        // A share is counted in thousandths of a percent here, in processors there.
        const double scale = key->form == LimitForm::share ? 100'000 : 1;
        EXPECT_EQ(key->minimum, std::llround(known.minimum * scale)) << known.path;
        EXPECT_EQ(key->maximum, std::llround(known.maximum * scale)) << known.path;
        ++found;
    }
    EXPECT_EQ(found, limit_keys.size());
}

TEST(ImportedLimits, AreInTheUnitsThatSuperdHas) {
    Draft draft{"web", "test"};
    draft.set_all("exec", {toml_string("/bin/true")});
    EXPECT_FALSE(set_limit(draft, limit_key("limits.memory-max"), std::int64_t{2} << 40));
    EXPECT_TRUE(draft.is("limits.memory-max", toml_string("2048GiB")));
    EXPECT_EQ(wrong_for_superd(draft), "");
}

TEST(ImportedLimits, AreTakenToTheirBoundsAndNotBeyond) {
    for (const auto& key : limit_keys) {
        Draft draft{"web", "test"};
        draft.set_all("exec", {toml_string("/bin/true")});
        EXPECT_FALSE(set_limit(draft, key, key.minimum));
        EXPECT_EQ(wrong_for_superd(draft), "") << key.path;
        EXPECT_FALSE(set_limit(draft, key, key.maximum));
        EXPECT_EQ(wrong_for_superd(draft), "") << key.path;
        const auto before = print_unit(draft, "test");
        EXPECT_THAT(*set_limit(draft, key, key.minimum - 1), HasSubstr("superd takes "));
        EXPECT_THAT(*set_limit(draft, key, key.maximum + 1), HasSubstr("superd takes "));
        EXPECT_EQ(print_unit(draft, "test"), before);
    }
}

TEST(ImportedLimits, AreWrittenAsPeopleWriteThem) {
    Draft draft{"web", "test"};
    const auto text = [&](std::string_view path, std::int64_t value) {
        EXPECT_FALSE(set_limit(draft, limit_key(path), value));
        return draft.find(path)->value;
    };
    EXPECT_EQ(text("limits.memory-max", 1536 << 20), "\"1536MiB\"");
    EXPECT_EQ(text("limits.memory-max", (1 << 20) + 1), "\"1048577B\"");
    EXPECT_EQ(text("limits.swap-max", 0), "\"0B\"");
    EXPECT_EQ(text("limits.cpu", 50'000), "\"50%\"");
    EXPECT_EQ(text("limits.cpu", 12'500), "\"12.5%\"");
    EXPECT_EQ(text("limits.cpu", 1'001), "\"1.001%\"");
    EXPECT_EQ(text("limits.oom-score-adjust", -5), "-5");
    set_unlimited(draft, limit_key("limits.core"));
    EXPECT_TRUE(draft.is("limits.core", "\"unlimited\""));
}

TEST(ImportedLimits, NumbersAreScaledToWholeOnes) {
    EXPECT_EQ(parse_scaled("1.5", 1024), 1536);
    EXPECT_EQ(parse_scaled("0.29", 100'000), 29'000);
    EXPECT_EQ(parse_scaled("0", 1024), 0);
    EXPECT_EQ(parse_scaled("0.000001", 1), 1) << "0 would be no limit at all";
    for (const auto* const text :
         {"", "-1", "nan", "inf", "1e3", "1x", " 1", "9999999999999999999"}) {
        EXPECT_EQ(parse_scaled(text, 1), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace superctl::importing
