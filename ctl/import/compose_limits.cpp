// What a service of compose may use: keys of its own, and what deploy.resources says.
#include "ctl/import/compose.hpp"
#include "ctl/import/compose_node.hpp"
#include "ctl/import/limits.hpp"
#include "ctl/import/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace superctl::importing {

namespace {

constexpr std::array<std::string_view, 12> own_keys{
    "mem_limit",    "memswap_limit", "mem_reservation",  "cpus",
    "cpu_quota",    "cpu_period",    "cpu_shares",       "pids_limit",
    "blkio_config", "oom_score_adj", "oom_kill_disable", "ulimits"};
constexpr std::int64_t unlimited = -1;
constexpr std::string_view nothing_kept =
    "superd keeps no memory free for a unit; memory-high, which slows one down, is something else";

// How a value is written.
struct Form {
    std::optional<std::int64_t> (*parse)(std::string_view text);
    std::string_view expected;
};

// "512m", "1.5GB", 300000000, all in powers of 1024; a whole number may be negative.
std::optional<std::int64_t> parse_bytes(std::string_view text) {
    constexpr std::string_view units = "kmgtp";
    if (const auto whole = parse_number(text)) return whole;
    const auto word = lowered(text);
    std::string_view rest = word;
    if (rest.ends_with('b')) rest.remove_suffix(1);
    const bool binary = rest.ends_with('i');  // "512MiB", which docker takes for the same.
    if (binary) rest.remove_suffix(1);
    double scale = 1;
    if (const auto unit = rest.empty() ? units.npos : units.find(rest.back()); unit != units.npos) {
        scale = static_cast<double>(std::int64_t{1} << 10 * (unit + 1));
        rest.remove_suffix(1);
    } else if (binary) {
        return {};
    }
    return parse_scaled(trimmed(rest), scale);
}

// "0.5" of a processor, as LimitForm::share counts it.
std::optional<std::int64_t> parse_processors(std::string_view text) {
    constexpr double thousandths = 100'000;
    return parse_scaled(text, thousandths);
}

constexpr Form bytes{parse_bytes, "an amount of bytes, as 512m or 1g"};
constexpr Form processors{parse_processors, "a number of processors, as 0.5"};
constexpr Form number{parse_number, "a whole number"};

// What was said of a limit, and where.
struct Value {
    std::string name, text;
    Place place;
    std::int64_t number = 0;
};

// To weights of cgroup v2, from 1 to 10000. docker's usual 1024 shares are the kernel's usual 100,
// and twice as many are twice as much: what has shares, then, stands to what has none as it did.
// (runc before 1.3.2 made 39 of 1024.)
std::int64_t weight_of_shares(std::int64_t shares) {
    return std::clamp<std::int64_t>(shares * 100 / 1024, 1, 10'000);
}
// As runc does it: ConvertBlkIOToIOWeightValue of its libcontainer/cgroups/utils.go.
std::int64_t weight_of_blkio(std::int64_t weight) { return 1 + (weight - 10) * 9999 / 990; }

// A weight of docker's: what it takes, and what comes of it.
struct WeightKey {
    std::string_view path;
    std::int64_t minimum, maximum;
    std::int64_t (*convert)(std::int64_t);
    std::string_view source;
};
constexpr WeightKey cpu_weight{"limits.cpu-weight", 2, 262'144, weight_of_shares,
                               "for 1024 is what 100 is here"};
constexpr WeightKey io_weight{"limits.io-weight", 10, 1000, weight_of_blkio, "as runc converts it"};

class ComposeLimits {
public:
    ComposeLimits(const InputFile& file, const YAML::Node& service, Draft& draft)
        : file_{file}, service_{service}, draft_{draft} {}

    void memory() {
        const auto limit = of_both("mem_limit", "memory", bytes);
        const auto total = of_service("memswap_limit", bytes);
        const bool limited = limit && limit->number != 0 && set(*limit, "limits.memory-max");
        if (!total || total->number == 0) {
            if (limited) as_much_swap(*limit);
        } else if (total->number == unlimited) {
            // Without the key there is no limit of swap.
        } else if (!limited) {
            lost(*total, "it counts from the limit of memory, and there is none");
        } else if (total->number < limit->number) {
            lost(*total, "it is less than " + limit->name + ", which is a part of it");
        } else {
            set(*total, "limits.swap-max", total->number - limit->number);
        }
        lost_if_there("mem_reservation", nothing_kept);
    }

    void processors_and_their_weight() {
        const auto count = of_both("cpus", "cpus", processors);
        const auto quota = of_service("cpu_quota", number);
        const auto period = of_service("cpu_period", number);
        if (count && count->number != 0) {
            set(*count, "limits.cpu");
            for (const auto* const other : {&quota, &period}) {
                if (!*other || (*other)->number == 0) continue;
                lost(**other, "docker refuses it beside cpus, which is taken");
            }
        } else if (quota && quota->number != 0 && quota->number != unlimited) {
            set_quota(*quota, period);
        } else if (period && period->number != 0) {
            remark(*period, "it limits nothing without a cpu_quota");
        }
        set_weight(of_service("cpu_shares", number), cpu_weight);
    }

    void processes() {
        const auto limit = of_both("pids_limit", "pids", number);
        if (!limit || limit->number == 0 || limit->number == unlimited) return;
        set(*limit, "limits.pids");
    }

    void disks() {
        const auto all = member(service_, "blkio_config");
        if (!is_map("blkio_config", all)) return;
        set_weight(value("blkio_config.weight", member(all, "weight"), number), io_weight);
        tell_others("blkio_config.", all, {"weight"}, "superd limits no device by itself");
    }

    void out_of_memory() {
        const auto score = of_service("oom_score_adj", number);
        if (score) set(*score, "limits.oom-score-adjust");
        const auto disable = member(service_, "oom_kill_disable");
        if (!disable.IsDefined() || disable.IsNull() || parse_truth(scalar(disable)) == false) {
            return;
        }
        note(disable,
             "oom_kill_disable: the kernel's control groups cannot do this any more; "
             "oom-score-adjust = -1000 is the nearest");
    }

    void of_each_process() {
        const auto all = member(service_, "ulimits");
        if (!is_map("ulimits", all)) return;
        for (const auto& [name, limit] : members(all)) process_limit(name, limit);
    }

    void resources() {
        const auto deploy = member(service_, "deploy");
        if (!is_map("deploy", deploy)) return;
        const auto all = member(deploy, "resources");
        if (!is_map("deploy.resources", all)) return;
        constexpr std::string_view unknown = "superd has nothing like it";
        tell_others("deploy.resources.", all, {"limits", "reservations"}, unknown);
        const auto limits = member(all, "limits"), reservations = member(all, "reservations");
        if (is_map("deploy.resources.limits", limits)) {
            tell_others("deploy.resources.limits.", limits, {"cpus", "memory", "pids"}, unknown);
        }
        if (!is_map("deploy.resources.reservations", reservations)) return;
        const auto memory = member(reservations, "memory");
        if (memory.IsDefined()) {
            note(memory, "deploy.resources.reservations.memory: " + std::string{nothing_kept});
        }
        tell_others("deploy.resources.reservations.", reservations, {"memory"},
                    "superd keeps nothing free for a unit");
    }

private:
    // A scalar as it is written; nothing for none, and for one that is told of instead.
    std::optional<Value> value(std::string name, const YAML::Node& node, const Form& form) {
        if (!node.IsDefined() || node.IsNull()) return {};
        Value found{std::move(name), scalar(node), place_of(file_, node.Mark())};
        if (found.text.contains('$')) {
            lost(found, "superd takes no variables there");
            return {};
        }
        const auto parsed = form.parse(trimmed(found.text));
        if (!parsed) {
            lost(found, "expected " + std::string{form.expected});
            return {};
        }
        found.number = *parsed;
        return found;
    }

    std::optional<Value> of_service(std::string_view key, const Form& form) {
        return value(std::string{key}, member(service_, key), form);
    }

    // compose refuses a service that says one thing here and another there; 0 says nothing.
    std::optional<Value> of_both(std::string_view key, std::string_view deployed,
                                 const Form& form) {
        auto own = of_service(key, form);
        const auto limits = member(member(member(service_, "deploy"), "resources"), "limits");
        auto other = value("deploy.resources.limits." + std::string{deployed},
                           member(limits, deployed), form);
        if (!other || other->number == 0) return own;
        if (own && own->number != 0 && own->number != other->number) {
            lost(*own, other->name + " says " + other->text + ", and that is taken");
        }
        return other;
    }

    bool set(const Value& from, std::string_view path) { return set(from, path, from.number); }

    bool set(const Value& from, std::string_view path, std::int64_t amount) {
        const auto why_not = set_limit(draft_, limit_key(path), amount);
        if (why_not) lost(from, *why_not);
        return !why_not;
    }

    void as_much_swap(const Value& limit) {
        if (!set(limit, "limits.swap-max")) return;
        remark(limit, "without a memswap_limit docker allows as much swap again");
    }

    void set_quota(const Value& quota, const std::optional<Value>& period) {
        // In microseconds, as the kernel takes them.
        constexpr std::int64_t usual = 100'000, shortest = 1000, longest = 1'000'000;
        const auto length = period && period->number != 0 ? period->number : usual;
        if (length < shortest || length > longest) {
            lost(*period, "the kernel takes 1000 to 1000000");
            return lost(quota, "it is a part of cpu_period");
        }
        // What is too much for any machine is as good as all that can be counted.
        const auto most = INT64_MAX / usual;
        const auto share = std::clamp(quota.number, -most, most) * usual / length;
        if (set(quota, "limits.cpu", share) && length != usual) {
            remark(*period, "superd counts in each tenth of a second, the same share");
        }
    }

    void set_weight(const std::optional<Value>& given, const WeightKey& key) {
        if (!given || given->number == 0) return;
        if (given->number < key.minimum || given->number > key.maximum) {
            return lost(*given, "docker takes " + std::to_string(key.minimum) + " to " +
                                    std::to_string(key.maximum));
        }
        const auto weight = key.convert(given->number);
        if (!set(*given, key.path, weight)) return;
        remark(*given, "it is " + std::to_string(weight) + " here, " + std::string{key.source} +
                           "; a unit that says nothing has 100");
    }

    // A number for both, or a map of soft and hard.
    void process_limit(const YAML::Node& named, const YAML::Node& limit) {
        const auto full = "ulimits." + scalar(named);
        const auto* const key = std::ranges::find_if(limit_keys, [&](const LimitKey& known) {
            return !known.resource.empty() && lowered(known.resource) == scalar(named);
        });
        if (key == limit_keys.end()) return note(named, full + ": superd sets no such limit");
        const bool both = limit.IsMap();
        const auto first = both ? member(limit, "soft") : limit;
        if (!first.IsDefined() || first.IsNull()) {
            return note(named, full + ": expected a number, or soft and hard");
        }
        const auto soft = value(full + (both ? ".soft" : ""), first, number);
        if (!soft) return;
        const auto hard = value(full + ".hard", member(limit, "hard"), number);
        if (hard && hard->number != soft->number) remark(*hard, "superd sets both to soft");
        if (soft->number == unlimited) return set_unlimited(draft_, *key);
        set(*soft, key->path);
    }

    // Something that is neither there nor a map is told of.
    bool is_map(const std::string& name, const YAML::Node& node) {
        if (!node.IsDefined() || node.IsNull()) return false;
        if (!node.IsMap()) note(node, name + ": expected a map");
        return node.IsMap();
    }

    // All of a map but what others look at.
    void tell_others(const std::string& above, const YAML::Node& map,
                     std::initializer_list<std::string_view> known, std::string_view why) {
        for (const auto& [named, value] : members(map)) {
            const auto key = scalar(named);
            if (key.starts_with("x-") || std::ranges::find(known, key) != known.end()) continue;
            note(named, above + key + ": " + std::string{why});
        }
    }

    void lost_if_there(std::string_view key, std::string_view why) {
        const auto node = member(service_, key);
        if (!node.IsDefined() || node.IsNull()) return;
        note(node, std::string{key} + ": " + std::string{why});
    }

    void note(const YAML::Node& node, const std::string& text) {
        draft_.note(place_of(file_, node.Mark()), Weight::lost, text, "limits");
    }

    void lost(const Value& about, const std::string& why) { note(about, Weight::lost, why); }
    void remark(const Value& about, const std::string& why) { note(about, Weight::remark, why); }
    void note(const Value& about, Weight weight, const std::string& why) {
        const auto said = about.text.empty() ? "" : ": " + about.text;
        draft_.note(about.place, weight, about.name + said + ": " + why, "limits");
    }

    const InputFile& file_;
    const YAML::Node& service_;
    Draft& draft_;
};

}  // namespace

void translate_compose_limits(const InputFile& file, const YAML::Node& service, Draft& draft) {
    ComposeLimits limits{file, service, draft};
    limits.memory();
    limits.processors_and_their_weight();
    limits.processes();
    limits.disks();
    limits.out_of_memory();
    limits.of_each_process();
    limits.resources();
}

bool is_compose_limit(std::string_view key) {
    return std::ranges::find(own_keys, key) != own_keys.end();
}

}  // namespace superctl::importing
