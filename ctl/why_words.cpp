#include "ctl/why_words.hpp"

#include "ctl/duration.hpp"
#include "ctl/output.hpp"
#include "ctl/render.hpp"
#include "wire/time.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>

namespace superctl {

namespace {

namespace wire = superd::wire;

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::size_t remembered_max = 8;  // Deaths that superd keeps.

std::string span_text(std::int64_t ns) {
    return format_duration(std::chrono::milliseconds{std::max<std::int64_t>(ns, 0) / 1'000'000});
}

std::string seconds_text(double seconds) {
    return format_duration(
        std::chrono::milliseconds{static_cast<std::int64_t>(std::clamp(seconds, 0.0, 1e9) * 1000)});
}

std::tm local(std::int64_t ns) {
    const std::time_t seconds = ns / second_ns;
    std::tm parts{};
    ::localtime_r(&seconds, &parts);
    return parts;
}

std::string ordinal(std::size_t number) {
    constexpr std::array<std::string_view, 9> names{"",      "first", "second",  "third", "fourth",
                                                    "fifth", "sixth", "seventh", "eighth"};
    return number < names.size() ? std::string{names[number]} : std::to_string(number) + "th";
}

bool alike(const wire::LastExit& one, const wire::LastExit& other) {
    return one.code == other.code && one.signal == other.signal && one.ended_by == other.ended_by;
}

// Why superd ended a run, to complete "superd ended it, as ".
std::string why_ended(const wire::LastExit& death) {
    const auto& by = death.ended_by;
    if (by == "post-start-failed") return "as its " + printable(death.cause);
    if (by == "stalled") return "as it had stalled: " + printable(death.cause);
    if (by == "replaced" || by == "renewal") {
        const std::string text = "as another run was to take its place";
        return death.cause.empty() ? text : text + ": " + printable(death.cause);
    }
    if (!death.cause.empty()) return "as it was not well: " + printable(death.cause);
    if (by == "ready-timeout") return "as it was not ready in time";
    if (by == "ready-failed") return "as its readiness check could not succeed any more";
    if (by == "overstayed") return "as it had said that it stops, and did not";
    if (by == "stopped") return "as it was to stop";
    if (by == "restart-requested") return "to start it again";
    if (by == "group-restart") return "to start it again with its group";
    if (by == "group") return "as its group had ended";
    if (by == "dependency") return "as what it needs was gone";
    if (by == "shutdown") return "as superd stopped";
    if (by == "removed") return "as it left the configuration";
    return "(" + printable(by) + ")";
}

std::string how_it_ended(const wire::LastExit& death, const std::string& at) {
    const auto end = render_exit(death.code, death.signal, death.core, death.oom);
    const auto uptime = seconds_text(death.uptime);
    if (!death.ended_by.empty()) {
        return "superd ended it at " + at + ", after " + uptime + ", " + why_ended(death) + " (" +
               end + ")";
    }
    if (death.oom) {
        auto text = "The kernel killed it for want of memory at " + at + ", after " + uptime;
        if (death.memory) text += "; it had " + format_bytes(*death.memory);
        // "killed by the kernel: out of memory, memory-max 64 MiB"
        const auto limit = death.cause.find("memory-max ");
        if (limit != death.cause.npos) text += " (" + printable(death.cause.substr(limit)) + ")";
        return text;
    }
    const bool unknown = !death.code && !death.signal;
    if (unknown) return "It ended at " + at + ", after " + uptime + ", seen by nobody";
    if (death.signal) {
        auto text = "It was ended by " + end + " at " + at + ", after " + uptime;
        return death.cause.empty() ? text : text + ": " + printable(death.cause);
    }
    return "It ended with " + end + " at " + at + ", after " + uptime;
}

}  // namespace

std::string name_of(const wire::Link& link) {
    auto name = printable(link.unit);
    return link.instances > 1 ? name + "/" + std::to_string(link.index) : name;
}

std::string clock_time(std::string_view moment, std::int64_t now_ns) {
    const auto at = wire::parse_time(moment);
    if (!at) return printable(moment);
    const std::tm parts = local(*at), today = local(now_ns);
    const bool same_day = parts.tm_yday == today.tm_yday && parts.tm_year == today.tm_year;
    std::array<char, 64> text{};
    const auto size = std::strftime(text.data(), text.size(),
                                    same_day ? "%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &parts);
    return {text.data(), size};
}

std::string since_text(std::string_view moment, std::int64_t now_ns) {
    const auto at = wire::parse_time(moment);
    if (!at) return {};
    return "since " + clock_time(moment, now_ns) + " (" + span_text(now_ns - *at) + ")";
}

std::string until_text(std::string_view moment, std::int64_t now_ns) {
    const auto at = wire::parse_time(moment);
    if (!at || *at <= now_ns) return "now";
    return "in " + span_text(*at - now_ns);
}

std::string last_death(const wire::Link& link, std::int64_t now_ns) {
    if (link.deaths.empty()) return {};
    const auto& last = link.deaths.back();
    auto text = how_it_ended(last, clock_time(last.at, now_ns));
    std::size_t count = 1;
    while (count < link.deaths.size() && alike(link.deaths[link.deaths.size() - 1 - count], last)) {
        ++count;
    }
    if (count > 1) {
        const auto first = wire::parse_time(link.deaths[link.deaths.size() - count].at);
        const auto end = wire::parse_time(last.at);
        text += count >= remembered_max ? "; at least the " : "; the ";
        text += ordinal(count) + " like it";
        if (first && end) text += " within " + span_text(*end - *first);
    }
    return text + ".";
}

std::string hook_at_work(const wire::Link& link, std::int64_t now_ns) {
    const auto hook = printable(link.hook);
    auto text = "its " + hook + " hook runs (hooks." + hook + ")";
    if (link.due) text += ", and is killed if it has not ended " + until_text(*link.due, now_ns);
    return text;
}

std::string who_asked(const wire::Link& link, std::string_view action, std::int64_t now_ns) {
    if (!link.command || link.command->action != action) return {};
    const auto& command = *link.command;
    const auto who =
        command.user.empty() ? "user " + std::to_string(command.uid) : printable(command.user);
    return who + " asked for it at " + clock_time(command.at, now_ns) + " (`superctl " +
           printable(command.action) + "`)";
}

}  // namespace superctl
