#include "config/schema.hpp"

#include <array>
#include <vector>

namespace superd::config {

namespace {

using enum Form;
using enum Applies;

constexpr double day = 86'400;

// The keys of superd.toml itself; those of [log] are a unit's, as defaults for all.
constexpr std::array own_keys{
    Key{.path = "profiles",
        .form = texts,
        .text = "Profiles whose files are laid over this configuration, later ones winning; those "
                "that superd --profile names follow",
        .fallback = "[]",
        .example = R"(["prod"])"},
    Key{.path = "variables",
        .form = environment,
        .text = "Variables that the units' texts may refer to, as ${NAME} (superd.unit(5)). They "
                "are not part of a unit's environment, and what a unit's own is called the same "
                "wins. They may refer to each other",
        .fallback = "{}",
        .example = R"({ DOMAIN = "shop.example", MAIL = "mail.${DOMAIN}" })"},
    Key{.path = "supervisor.heartbeat",
        .form = duration,
        .text = "How often the supervisor tells the keeper that it is well; after three times that "
                "without a word the keeper replaces it",
        .fallback = R"("10s")",
        .example = R"("2s")",
        .minimum = 0.1,
        .maximum = 3600},
    Key{.path = "supervisor.shutdown-timeout",
        .form = duration,
        .text =
            "When superd is to end and units have not stopped within this time, all that is left "
            "of them is killed",
        .fallback = R"("90s")",
        .example = R"("20s")",
        .minimum = 1,
        .maximum = day,
        .instead = "write the longest you want to wait, such as \"1d\""},
    Key{.path = "supervisor.cgroup",
        .form = text,
        .text = "Where the units' control groups are made: \"auto\" takes superd's own if it may, "
                "\"off\" makes none, an absolute path names a delegated cgroup v2 directory",
        .fallback = R"("auto")",
        .example = R"("/sys/fs/cgroup/superd")",
        .applies = at_start},
    Key{.path = "control.readers",
        .form = texts,
        .text = "Who may look but change nothing, beside root and superd's own user: users, groups "
                "with an @ before them, or \"*\" for everybody",
        .fallback = "[]",
        .example = R"(["ops", "@adm"])"},
    Key{.path = "bus.address",
        .form = text,
        .text =
            "The D-Bus that superd is on, see org.superd(5): \"auto\" is the system's bus, for a "
            "user's own superd the session's, but none for one that is not in the usual runtime "
            "directory; \"off\" is none, \"system\" and \"session\" name one, and so does an "
            "address, \"unix:path=...\"",
        .fallback = R"("auto")",
        .example = R"("off")",
        .applies = at_start},
};

constexpr std::string_view shared_section = "log";

}  // namespace

const Schema& settings_schema() {
    static const auto all = [] {
        std::vector<Key> keys{own_keys.begin(), own_keys.end()};
        for (const auto& key : unit_schema().keys) {
            if (key.section() == shared_section) keys.push_back(key);
        }
        return keys;
    }();
    static const Schema schema{"superd.toml", "superd.toml(5)", all};
    return schema;
}

}  // namespace superd::config
