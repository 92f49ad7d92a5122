// What a service may use: systemd.resource-control(5), and the limits of systemd.exec(5).
#include "ctl/import/limits.hpp"
#include "ctl/import/systemd.hpp"
#include "ctl/import/text.hpp"
#include "ctl/import/toml.hpp"

#include <array>
#include <cstdint>

namespace superctl::importing {

namespace {

struct GroupKey {
    std::string_view systemd, path;
};

constexpr std::array group_keys{GroupKey{"MemoryMax", "limits.memory-max"},
                                GroupKey{"MemoryHigh", "limits.memory-high"},
                                GroupKey{"MemorySwapMax", "limits.swap-max"},
                                GroupKey{"CPUQuota", "limits.cpu"},
                                GroupKey{"CPUWeight", "limits.cpu-weight"},
                                GroupKey{"IOWeight", "limits.io-weight"},
                                GroupKey{"TasksMax", "limits.pids"},
                                GroupKey{"OOMScoreAdjust", "limits.oom-score-adjust"}};

// "512M": systemd counts in powers of 1024.
std::optional<std::int64_t> parse_bytes(std::string_view text) {
    constexpr std::string_view units = "KMGTPE";
    double scale = 1;
    if (text.ends_with('B')) text.remove_suffix(1);
    if (const auto unit = text.empty() ? units.npos : units.find(text.back()); unit != units.npos) {
        scale = static_cast<double>(std::int64_t{1} << 10 * (unit + 1));
        text.remove_suffix(1);
    }
    return parse_scaled(text, scale);
}

std::optional<std::int64_t> value_of(LimitForm form, std::string_view text) {
    constexpr double thousandths = 1000;
    if (form == LimitForm::bytes) return parse_bytes(text);
    if (form == LimitForm::number) return parse_number(text);
    if (!text.ends_with('%')) return {};
    text.remove_suffix(1);
    return parse_scaled(text, thousandths);
}

class Limits {
public:
    Limits(const SystemdUnit& unit, Draft& draft) : unit_{unit}, draft_{draft} {}

    void of_the_group() {
        for (const auto& [systemd, path] : group_keys) {
            const auto* const assignment = find(systemd);
            // What systemd does not limit superd does not either.
            if (assignment == nullptr || assignment->value == "infinity") continue;
            set(limit_key(path), *assignment, assignment->value);
        }
        drop_what_is_never_reached();
    }

    void of_each_process() {
        for (const LimitKey& key : limit_keys) {
            if (key.resource.empty()) continue;
            const auto* const assignment = find("Limit" + std::string{key.resource});
            if (assignment != nullptr) add_process_limit(key, *assignment);
        }
    }

    void policy() {
        const auto* const assignment = find("OOMPolicy");
        if (assignment == nullptr) return;
        if (assignment->value == "kill") {
            draft_.set("limits.oom-policy", toml_string("kill-instance"));
        } else if (assignment->value != "continue") {
            note(*assignment, Weight::lost, "superd's are continue, and kill-instance for kill");
        }
    }

private:
    // superd refuses to have memory-high above memory-max; systemd does not mind.
    void drop_what_is_never_reached() {
        if (!draft_.has("limits.memory-high") || !draft_.has("limits.memory-max")) return;
        const auto& high = *find("MemoryHigh");
        if (*parse_bytes(high.value) <= *parse_bytes(find("MemoryMax")->value)) return;
        draft_.drop("limits.memory-high");
        note(high, Weight::remark, "it is more than MemoryMax, so it would never be reached");
    }

    // SOFT:HARD, or one for both.
    void add_process_limit(const LimitKey& key, const Assignment& assignment) {
        std::string_view text = assignment.value;
        if (const auto colon = text.find(':'); colon != text.npos) {
            if (text.substr(0, colon) != text.substr(colon + 1)) {
                note(assignment, Weight::remark, "superd sets both to the first");
            }
            text = text.substr(0, colon);
        }
        if (text == "infinity") return set_unlimited(draft_, key);
        set(key, assignment, text);
    }

    void set(const LimitKey& key, const Assignment& assignment, std::string_view text) {
        const auto value = value_of(key.form, text);
        if (!value) return note(assignment, Weight::lost, unknown(key));
        if (const auto why_not = set_limit(draft_, key, *value)) {
            note(assignment, Weight::lost, *why_not);
        }
    }

    static std::string unknown(const LimitKey& key) {
        if (key.form == LimitForm::bytes)
            return "superd takes an amount, no share of the machine's memory";
        if (key.form == LimitForm::share) return "expected a share of one processor, as 150%";
        if (key.path == "limits.pids" || !key.resource.empty())
            return "superd takes a number, no share of what the machine may have";
        return "expected a number";
    }

    // Nothing where it is empty, which takes back what was before.
    const Assignment* find(std::string_view key) const {
        const auto* const found = unit_.last("Service", key);
        return found == nullptr || found->value.empty() ? nullptr : found;
    }

    void note(const Assignment& assignment, Weight weight, const std::string& text) {
        draft_.note(assignment.place, weight, quoted_assignment(assignment) + ": " + text,
                    "limits");
    }

    const SystemdUnit& unit_;
    Draft& draft_;
};

}  // namespace

void translate_systemd_limits(const SystemdUnit& unit, Draft& draft) {
    Limits limits{unit, draft};
    limits.of_the_group();
    limits.policy();
    limits.of_each_process();
}

}  // namespace superctl::importing
