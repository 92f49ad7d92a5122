// [Unit] and [Install]: what a service is, and whom it is related to.
#include "ctl/import/systemd.hpp"
#include "ctl/import/text.hpp"
#include "ctl/import/toml.hpp"

#include <algorithm>
#include <array>

namespace superctl::importing {

namespace {

// Nothing but a service, a socket or a timer has something to wait for in superd.
bool is_milestone(std::string_view unit) {
    for (const std::string_view suffix :
         {".target", ".slice", ".mount", ".automount", ".device", ".swap", ".scope", ".path"}) {
        if (unit.ends_with(suffix)) return true;
    }
    return false;
}

class Relations {
public:
    Relations(const SystemdContext& context, const SystemdUnit& unit, Draft& draft)
        : context_{context}, unit_{unit}, draft_{draft} {}

    void translate() {
        describe();
        for (const auto* const key : {"Requires", "Requisite", "BindsTo"}) {
            edges(key, "depends.needs", Weight::lost);
        }
        edges("Wants", "depends.wants", Weight::remark);
        edges("Upholds", "depends.wants", Weight::remark);
        edges("After", "depends.after", Weight::remark);
        // Read at the other end (see translate_systemd).
        for (const auto* const each : unit_.all("Unit", "Before")) {
            for (const auto word : words_of(each->value)) untranslated(*each, word, Weight::remark);
        }
        parts();
        conflicts();
        install();
    }

private:
    void describe() {
        if (const auto* const found = unit_.last("Unit", "Description")) {
            std::string problem;
            draft_.set("description",
                       toml_string(replace_specifiers(found->value,
                                                      parse_systemd_name(unit_.name()), problem)));
        }
        for (const auto* const key :
             {"Documentation", "SourcePath", "DefaultDependencies", "IgnoreOnIsolate",
              "RefuseManualStart", "RefuseManualStop", "AllowIsolate", "X-Restart-Triggers"}) {
            unit_.all("Unit", key);
        }
    }

    void edges(std::string_view key, std::string_view path, Weight unknown) {
        for (const auto* const each : unit_.all("Unit", key)) {
            for (const auto word : words_of(each->value)) {
                std::string problem;
                const auto name =
                    replace_specifiers(word, parse_systemd_name(unit_.name()), problem);
                const auto target = context_.target(name);
                if (target.empty()) {
                    untranslated(*each, name, unknown);
                } else if (target != draft_.name()) {  // Its own socket.
                    draft_.append(path, toml_string(target));
                }
            }
        }
    }

    void untranslated(const Assignment& assignment, std::string_view name, Weight weight) {
        if (!context_.target(std::string{name}).empty()) return;
        const std::string head = assignment.key + "=" + std::string{name} + ": ";
        if (is_milestone(name)) {
            draft_.note(assignment.place, Weight::remark,
                        head + "superd has none; it is started after what superd itself waits for",
                        "depends");
        } else {
            draft_.note(assignment.place, weight,
                        head + "it is not among the files that were given", "depends");
        }
    }

    void parts() {
        for (const auto* const key : {"PartOf", "PropagatesStopTo", "StopPropagatedFrom"}) {
            for (const auto* const each : unit_.all("Unit", key)) {
                const bool milestone = is_milestone(each->value);
                draft_.note(each->place, milestone ? Weight::remark : Weight::lost,
                            quoted_assignment(*each) +
                                ": it is not stopped along; a group is stopped as a whole",
                            "depends");
            }
        }
    }

    void conflicts() {
        for (const auto* const each : unit_.all("Unit", "Conflicts")) {
            for (const auto word : words_of(each->value)) {
                if (is_milestone(word)) continue;
                draft_.note(each->place, Weight::lost,
                            "Conflicts=" + std::string{word} + ": superd runs both if asked to",
                            "depends");
            }
        }
    }

    void install() {
        bool wanted = false;
        for (const auto* const key : {"WantedBy", "RequiredBy", "UpheldBy"}) {
            wanted = wanted || unit_.last("Install", key) != nullptr;
        }
        for (const auto* const key : {"Also", "Alias"}) unit_.all("Install", key);
        unit_.last("Install", "DefaultInstance");
        if (wanted) return;
        // Started by others: a timer or a socket, which say so themselves, or units that need it.
        draft_.set("autostart", "false");
        draft_.note({unit_.file(), 0}, Weight::remark,
                    "without WantedBy= it is started by others that need it, or by hand");
    }

    const SystemdContext& context_;
    const SystemdUnit& unit_;
    Draft& draft_;
};

}  // namespace

std::string SystemdContext::target(const std::string& unit) const {
    const auto service = services.find(unit);
    const std::string& name = service == services.end() ? unit : service->second;
    if (!name.ends_with(".service") || !units.contains(name)) return {};
    return unit_name(parse_systemd_name(name).stem);
}

void translate_systemd_relations(const SystemdContext& context, const SystemdUnit& unit,
                                 Draft& draft) {
    Relations{context, unit, draft}.translate();
}

}  // namespace superctl::importing
