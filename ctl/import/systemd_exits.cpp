// Which ends of a service are none of its failures, and which are followed by a restart anyway.
#include "ctl/import/systemd.hpp"
#include "ctl/import/text.hpp"
#include "ctl/import/toml.hpp"

#include <algorithm>
#include <array>

namespace superctl::importing {

namespace {

struct ExitName {
    std::string_view name;
    int code;
};
// sysexits.h and systemd.exec(5), as they are used in unit files.
constexpr std::array exit_names{
    ExitName{"SUCCESS", 0},        ExitName{"FAILURE", 1},      ExitName{"INVALIDARGUMENT", 2},
    ExitName{"NOTIMPLEMENTED", 3}, ExitName{"NOPERMISSION", 4}, ExitName{"NOTINSTALLED", 5},
    ExitName{"NOTCONFIGURED", 6},  ExitName{"NOTRUNNING", 7},   ExitName{"USAGE", 64},
    ExitName{"DATAERR", 65},       ExitName{"NOINPUT", 66},     ExitName{"NOUSER", 67},
    ExitName{"NOHOST", 68},        ExitName{"UNAVAILABLE", 69}, ExitName{"SOFTWARE", 70},
    ExitName{"OSERR", 71},         ExitName{"OSFILE", 72},      ExitName{"CANTCREAT", 73},
    ExitName{"IOERR", 74},         ExitName{"TEMPFAIL", 75},    ExitName{"PROTOCOL", 76},
    ExitName{"NOPERM", 77},        ExitName{"CONFIG", 78}};

std::optional<std::string> exit_item(std::string_view word) {
    if (const auto code = parse_number(word)) {
        if (*code < 0 || *code > 255) return {};
        return std::to_string(*code);
    }
    const auto* const named = std::ranges::find(exit_names, word, &ExitName::name);
    if (named != exit_names.end()) return std::to_string(named->code);
    if (const auto name = signal_name(word)) return toml_string(*name);
    return {};
}

void add_once(std::vector<std::string>& list, std::string item) {
    if (std::ranges::find(list, item) == list.end()) list.push_back(std::move(item));
}

class Exits {
public:
    Exits(const SystemdUnit& unit, Draft& draft) : unit_{unit}, draft_{draft} {}

    void translate() {
        const auto said = list_of("SuccessExitStatus");
        const auto good = successes(said);
        // Where every end is followed by a restart, systemd's usual ones need no line.
        const bool all_restart = draft_.is("restart.policy", toml_string("always"));
        const bool usual = good.size() == 1;
        if (!said.empty() || (!all_restart && !usual))
            draft_.set_all("restart.success-codes", good);

        const auto never = list_of("RestartPreventExitStatus");
        if (!never.empty()) draft_.set_all("restart.never-on", never);

        std::vector<std::string> forced;
        const auto* const policy = unit_.last("Service", "Restart");
        if (policy != nullptr && policy->value == "on-success") forced = good;
        for (auto& item : list_of("RestartForceExitStatus")) add_once(forced, std::move(item));
        std::erase_if(forced, [&](const std::string& item) {
            return std::ranges::find(never, item) != never.end();
        });
        if (!forced.empty()) draft_.set_all("restart.always-on", forced);
    }

private:
    std::vector<std::string> successes(const std::vector<std::string>& said) const {
        std::vector<std::string> all{"0"};
        if (!draft_.is("type", toml_string("oneshot"))) {
            // Who kills a daemon with one of these has asked it to end: systemd.service(5).
            for (const auto* const signal : {"SIGHUP", "SIGINT", "SIGTERM", "SIGPIPE"}) {
                all.push_back(toml_string(signal));
            }
        }
        for (const auto& item : said) add_once(all, item);
        return all;
    }

    std::vector<std::string> list_of(std::string_view key) {
        std::vector<std::string> list;
        for (const auto* const each : unit_.all("Service", key)) {
            for (const auto word : words_of(each->value)) {
                if (auto item = exit_item(word)) {
                    add_once(list, std::move(*item));
                } else {
                    draft_.note(each->place, Weight::lost,
                                quoted_assignment(*each) + ": " + std::string{word} +
                                    " is no exit code of superd's",
                                "restart");
                }
            }
        }
        return list;
    }

    const SystemdUnit& unit_;
    Draft& draft_;
};

}  // namespace

void translate_systemd_exits(const SystemdUnit& unit, Draft& draft) {
    Exits{unit, draft}.translate();
}

}  // namespace superctl::importing
