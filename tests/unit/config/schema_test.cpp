// The table of keys, and what is made from it.
#include "config/schema.hpp"

#include "config/print.hpp"
#include "tests/unit/config/files.hpp"
#include "tests/unit/config/one_key.hpp"
#include "tests/unit/places.hpp"

#include <cstdlib>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace superd::config {
namespace {

using testing::IsEmpty;

std::filesystem::path root() { return places::source("/"); }

std::string read_text(const std::filesystem::path& file) {
    std::ostringstream text;
    text << std::ifstream{file, std::ios::binary}.rdbuf();
    return text.str();
}

TEST(Schema, HasDefaultsThatChangeNothing) {
    for (const auto& key : unit_schema().keys) {
        if (key.fallback.empty() || is_groups(key) || key.path == "language") continue;
        const auto with = unit_with(key, key.fallback);
        const auto without = with.substr(0, with.rfind(written(key) + " = "));
        const auto before = parse(one_unit(without)), after = parse(one_unit(with));
        ASSERT_TRUE(before && after) << with << mistakes(one_unit(with));
        for (const auto& change : difference(*before, *after)) {
            EXPECT_THAT(change.keys, IsEmpty()) << key.path;
        }
    }
}

TEST(Schema, HasExamplesThatAreGood) {
    for (const auto& key : unit_schema().keys) {
        if (key.form == Form::account) continue;  // Not every machine has those of the examples.
        Sources sources = one_unit(unit_with(key, key.example));
        for (const auto* name : {"db", "cache", "net"}) {
            sources.files.push_back({fmt::format("units/{}.toml", name), "exec = [\"/bin/true\"]"});
        }
        sources.files.push_back(
            {"units/migrate.toml", "exec = [\"/bin/true\"]\ntype = \"oneshot\""});
        sources.files.push_back({"/etc/shop/web.env", ""});
        EXPECT_EQ(mistakes(sources), "") << key.path;
    }
    std::string settings;
    for (const auto& key : settings_schema().keys) {
        if (key.path == "control.readers") continue;
        settings += fmt::format("{} = {}\n", key.path, key.example);
    }
    EXPECT_EQ(mistakes({{{"superd.toml", settings}}}), "");
}

TEST(Schema, HasSettingsWhoseDefaultsAreThoseOfTheType) {
    std::string text;
    for (const auto& key : settings_schema().keys) {
        text += fmt::format("{} = {}\n", key.path, key.fallback);
    }
    const auto parsed = parse({{{"superd.toml", text}}});
    ASSERT_TRUE(parsed) << mistakes({{{"superd.toml", text}}});
    const Settings expected;
    EXPECT_EQ(parsed->settings.heartbeat, expected.heartbeat);
    EXPECT_EQ(parsed->settings.shutdown_timeout, expected.shutdown_timeout);
    EXPECT_EQ(parsed->settings.cgroup, expected.cgroup);
    EXPECT_EQ(parsed->settings.readers, expected.readers);
    EXPECT_EQ(parsed->settings.bus, expected.bus);
    EXPECT_EQ(parsed->settings.log, expected.log);
}

TEST(Schema, HasNoKeyTwiceAndItsSectionsInOnePiece) {
    for (const auto* schema : {&unit_schema(), &settings_schema()}) {
        std::set<std::string_view> paths, sections;
        for (const auto& key : schema->keys) {
            EXPECT_TRUE(paths.insert(key.path).second) << key.path;
            EXPECT_FALSE(key.text.empty() || key.text.ends_with('.')) << key.path;
        }
        for (const auto section : schema->sections()) {
            EXPECT_TRUE(sections.insert(section).second) << section;
        }
    }
}

// SUPERD_REGENERATE=1 build/…/tests/config_test --gtest_filter='Printed.*' writes them anew.
TEST(Printed, FilesAreWhatTheTableSays) {
    for (const auto& [what, file] : printables()) {
        const auto text = print(what);
        ASSERT_TRUE(text) << what;
        if (std::getenv("SUPERD_REGENERATE") != nullptr) {
            std::filesystem::create_directories((root() / file).parent_path());
            std::ofstream{root() / file, std::ios::binary} << *text;
        }
        EXPECT_EQ(read_text(root() / file), *text)
            << "regenerate " << file << ": superd-supervisor --print " << what;
    }
    EXPECT_FALSE(print("nothing"));
}

TEST(Printed, ManualsNameEveryKeyAndAreCleanTroff) {
    for (const auto* schema : {&unit_schema(), &settings_schema()}) {
        const auto page = *print(schema == &unit_schema() ? "unit-man" : "toml-man");
        for (const auto& key : schema->keys) {
            std::string name;
            for (const char c : key.name()) name += c == '-' ? "\\-" : std::string{c};
            EXPECT_NE(page.find("\n\\fB" + name + "\\fR = "), page.npos) << key.path;
        }
    }
    if (std::system("command -v mandoc >/dev/null") != 0) GTEST_SKIP() << "mandoc is not installed";
    for (const auto* file : {"packaging/man/superd.unit.5", "packaging/man/superd.toml.5"}) {
        const auto command = "mandoc -Tlint -W style " + (root() / file).string() + " >&2";
        EXPECT_EQ(std::system(command.c_str()), 0) << file;
    }
}

TEST(Printed, SchemasAgreeWithTheParser) {
    if (std::system("python3 -c 'import jsonschema, tomllib' 2>/dev/null") != 0) {
        GTEST_SKIP() << "python3-jsonschema is not installed";
    }
    const auto command = "python3 -B " + (root() / "tests/unit/config/check_schemas.py").string() +
                         " " + root().string() + " >&2";
    EXPECT_EQ(std::system(command.c_str()), 0);
}

}  // namespace
}  // namespace superd::config
