// ExecStart= and what is run before and after it.
#include "ctl/import/systemd.hpp"
#include "ctl/import/systemd_command.hpp"
#include "ctl/import/text.hpp"
#include "ctl/import/time_span.hpp"
#include "ctl/import/toml.hpp"

#include <algorithm>
#include <utility>

namespace superctl::importing {

namespace {

class Commands {
public:
    Commands(const SystemdUnit& unit, Draft& draft)
        : unit_{unit}, draft_{draft}, name_{parse_systemd_name(unit.name())} {}

    bool translate() {
        oneshot_ = draft_.is("type", toml_string("oneshot"));
        if (!start()) return false;
        hook("ExecStartPre", "pre-start");
        condition();
        if (oneshot_) {
            refuse("ExecStartPost", "superd runs nothing after a oneshot but hooks.post-stop");
            refuse("ExecStop", "a oneshot has nothing to be stopped when it has completed");
        } else {
            hook("ExecStartPost", "post-start");
            stop();
        }
        hook("ExecStopPost", "post-stop");
        reload();
        return true;
    }

private:
    // With its problems told. A line may hold several, with a ; of its own between them.
    std::vector<SystemdCommand> commands(const Assignment& assignment, std::string_view section) {
        std::vector<SystemdCommand> found;
        auto whole = parse_systemd_command(assignment.value, name_);
        if (!whole.problem.empty()) {
            note(assignment, Weight::lost, whole.problem, section);
        }
        auto words = std::exchange(whole.line.words, {});
        found.push_back(whole);
        for (auto& word : words) {
            if (word.text == ";" && !found.back().line.words.empty()) {
                found.emplace_back();
            } else {
                found.back().line.words.push_back(std::move(word));
            }
        }
        std::erase_if(found, [&](SystemdCommand& each) {
            if (each.line.words.empty()) return true;
            auto& program = each.line.words.front();
            const auto why_not = no_program(program);
            if (!why_not.empty()) note(assignment, Weight::lost, std::string{why_not}, section);
            // As for systemd, which replaces none there.
            program.references = program.splits = false;
            return program.text.empty() || is_relative(program.text);
        });
        return found;
    }

    static bool is_relative(std::string_view program) {
        return program.contains('/') && !program.starts_with('/');
    }

    // Empty for what can be run.
    static std::string_view no_program(const CommandLine::Word& word) {
        if (word.text.empty()) return "the program has no name";
        if (is_relative(word.text)) return "a program's path is absolute, or a name without any /";
        if (!word.references && !word.splits) return {};
        return "a variable is no program; name it, or a shell that replaces it";
    }

    std::vector<CommandLine> lines(std::string_view key, std::string_view section, bool& superd) {
        std::vector<CommandLine> all;
        for (const auto* const each : unit_.all("Service", key)) {
            for (auto& command : commands(*each, section)) {
                if (!command.argv0.empty()) {
                    note(*each, Weight::lost,
                         "the program is told its own path, not the name " + command.argv0,
                         section);
                }
                superd = superd || command.privileged;
                all.push_back(std::move(command.line));
            }
        }
        return all;
    }

    bool start() {
        const auto all = unit_.all("Service", "ExecStart");
        bool privileged = false;
        auto found = lines("ExecStart", "", privileged);
        if (found.empty()) return false;
        if (found.size() == 1 && found.front().may_fail) {
            note(*all.front(), Weight::lost,
                 "a failure of it is one; restart.success-codes lists codes that are none");
            found.front().may_fail = false;
        }
        if (privileged && unit_.last("Service", "User") != nullptr) {
            note(*all.front(), Weight::lost,
                 "it runs as the unit's user, whatever its prefix says");
        }
        const auto& words = found.front().words;
        const bool splits =
            std::ranges::any_of(words, [](const auto& word) { return word.splits; });
        if (splits) {
            note(*all.front(), Weight::remark,
                 "a shell makes words of the variables' values; it knows no quotes in these");
        }
        if (found.size() > 1 && !oneshot_) found.resize(1);  // systemd refuses such a unit.
        draft_.set_all("exec", exec_of(found));
        return true;
    }

    void hook(std::string_view key, std::string_view hook) {
        bool as_superd = false;
        const auto found = lines(key, "hooks", as_superd);
        if (found.empty()) return;
        draft_.set_all("hooks." + std::string{hook}, exec_of(found));
        if (as_superd && unit_.last("Service", "User") != nullptr) {
            draft_.set("hooks.run-as", toml_string("superd"));
            note(*unit_.last("Service", key), Weight::remark,
                 "all hooks of a unit are run by one user, here superd's own", "hooks");
        }
    }

    void stop() {
        const auto all = unit_.all("Service", "ExecStop");
        if (all.size() == 1) {
            const auto found = commands(*all.front(), "stop");
            if (found.size() == 1 && !found.front().signal.empty()) {
                signal_ = found.front().signal;
                return;
            }
        }
        hook("ExecStop", "pre-stop");
    }

    void reload() {
        for (const auto* const each : unit_.all("Service", "ExecReload")) {
            const auto found = commands(*each, "");
            if (found.size() == 1 && !found.front().signal.empty()) {
                note(*each, Weight::remark,
                     "`superctl signal " + found.front().signal.substr(3) + " " + draft_.name() +
                         "` does the same");
            } else {
                note(*each, Weight::lost,
                     "superd runs nothing to have a unit read its files again");
            }
        }
    }

    void condition() { refuse("ExecCondition", "a unit is started whatever it says"); }

    void refuse(std::string_view key, std::string_view why) {
        for (const auto* const each : unit_.all("Service", key)) {
            note(*each, Weight::lost, std::string{why}, "hooks");
        }
    }

    void note(const Assignment& assignment, Weight weight, const std::string& text,
              std::string_view section = "") {
        draft_.note(assignment.place, weight, quoted_assignment(assignment) + ": " + text, section);
    }

public:
    const std::string& signal() const { return signal_; }

private:
    const SystemdUnit& unit_;
    Draft& draft_;
    SystemdName name_;
    bool oneshot_ = false;
    std::string signal_;  // That ExecStop= sends.
};

}  // namespace

bool translate_systemd_commands(const SystemdUnit& unit, Draft& draft) {
    Commands commands{unit, draft};
    if (!commands.translate()) return false;
    if (!commands.signal().empty()) {
        draft.set("stop.signals", toml_string(commands.signal()));  // Completed with the others.
    }
    return true;
}

}  // namespace superctl::importing
