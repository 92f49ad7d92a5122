// Where other supervisors fell in; tests/TRAPS.md has them all.
#include "config/quantity.hpp"
#include "config/schema.hpp"
#include "tests/unit/config/files.hpp"

#include <atomic>
#include <chrono>
#include <stop_token>
#include <thread>

#include <gmock/gmock.h>

namespace superd::config {
namespace {

using testing::HasSubstr;

// Every time, the endless one, and every rate with an endless window.
std::string with_each(std::string_view text, Form form, const Key& key) {
    const std::string value = form == Form::rate ? "1 in " + std::string{text} : std::string{text};
    std::string unit = "exec = [\"/bin/true\"]\n";
    if (key.section() == "check") unit += "[[check]]\nname = \"a\"\nunix = \"/x\"\n";
    const std::string name{key.section() == "check" ? key.name() : key.path};
    return mistakes(one_unit(unit + name + " = \"" + value + "\""));
}

TEST(Endless, TimesAreRefusedAndNeverTakenForNone) {
    // The longest time that can be written, and the word of others for it.
    for (const Key& key : unit_schema().keys) {
        if (key.form != Form::duration && key.form != Form::rate) continue;
        SCOPED_TRACE(key.path);
        const std::string path = key.section() == "check" ? "check[0]." + std::string{key.name()}
                                                          : std::string{key.path};
        for (const auto* text : {"infinity", "106751d"}) {
            EXPECT_THAT(with_each(text, key.form, key), HasSubstr("cannot use " + path + " = "))
                << text;
        }
    }
}

TEST(Endless, TimesLeaveRoomForTheMomentTheyAreAddedTo) {
    // Two of them, and a machine that has been up for a century, fit into nanoseconds.
    constexpr double century = 36'500.0 * 86'400;
    static_assert(3 * century * 1e9 > 9.2e18 && 2.9 * century * 1e9 < 9.2e18);
    for (const Schema* schema : {&unit_schema(), &settings_schema()}) {
        for (const Key& key : schema->keys) {
            if (key.form != Form::duration) continue;
            EXPECT_LE(key.maximum, century) << key.path;
        }
    }
    EXPECT_EQ(mistakes(one_unit("exec = [\"/bin/true\"]\nrestart.limit = \"1 in 365d\"")), "");
    EXPECT_EQ(mistakes(one_unit("exec = [\"/bin/true\"]\nrestart.limit = \"1 in 366d\"")),
              "units/web.toml:2:17: cannot use restart.limit = \"1 in 366d\": the time is longer "
              "than \"365d\"; leave it out for no limit\n");
}

// As Kubernetes has a ConfigMap: each file is a link through ..data, which is a
// link to the directory of one version and is replaced by another.
class ConfigMap {
public:
    explicit ConfigMap(int units) {
        for (const auto* version : {"one", "two"}) {
            for (int i = 0; i < units; ++i) {
                const auto file = "u" + std::to_string(i) + ".toml";
                directory_.write(
                    "units/.." + std::string{version} + "/" + file,
                    "exec = [\"/bin/true\"]\ndescription = \"" + std::string{version} + "\"");
            }
        }
        show("one");
        for (int i = 0; i < units; ++i) {
            const auto file = "u" + std::to_string(i) + ".toml";
            std::filesystem::create_symlink("..data/" + file, path() + "/units/" + file);
        }
    }
    std::string path() const { return directory_.path(); }
    void show(const std::string& version) const {
        const auto link = path() + "/units/..data";
        std::filesystem::create_symlink(".." + version, link + ".new");
        std::filesystem::rename(link + ".new", link);
    }

private:
    TemporaryDirectory directory_;
};

// A file system's clock need not tell two moments closer than this apart: it goes on with the
// processor that keeps the time, which a busy host may leave out for a while.
constexpr std::chrono::milliseconds tick{40};

TEST(SwappedLinks, ShowOneVersionOrTheOtherAndNeverBoth) {
    const ConfigMap map{20};
    std::atomic<int> swaps{0};
    std::jthread swapping{[&](const std::stop_token& stop) {
        for (; !stop.stop_requested(); ++swaps) {
            map.show(swaps % 2 == 0 ? "two" : "one");
            std::this_thread::sleep_for(tick);
        }
    }};
    while (swaps < 40) {
        const auto sources = read_sources(map.path());
        if (!sources) {
            // Never at rest for as long as a look takes: then that is said.
            ASSERT_EQ(sources.error().size(), 1u) << sources.error().front().text();
            EXPECT_EQ(sources.error().front().text(),
                      "units: cannot read a configuration whose files keep changing; try again "
                      "when they have come to rest");
            continue;
        }
        ASSERT_EQ(sources->files.size(), 20u);
        for (const auto& file : sources->files) ASSERT_EQ(file.text, sources->files[0].text);
    }
    swapping.request_stop();
    swapping.join();
    map.show("two");
    const auto sources = read_sources(map.path());
    ASSERT_TRUE(sources);
    EXPECT_THAT(sources->files.back().text, HasSubstr("two"));
}

}  // namespace
}  // namespace superd::config
