#include "supervisor/history.hpp"

#include "os/file.hpp"
#include "os/signals.hpp"
#include "wire/time.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace superd::supervisor {
namespace {

constexpr std::size_t file_max = 64u << 20;
constexpr double us_a_second = 1e6;

wire::Event event_of(const Death& death) {
    wire::Event event{.kind = wire::EventKind::exit, .run = death.run, .pid = death.pid};
    event.time = wire::format_time(death.at_ns);
    event.uptime = std::chrono::duration<double>(death.uptime).count();
    set_exit_status(event, death.status);
    if (death.cpu_us >= 0) event.cpu = static_cast<double>(death.cpu_us) / us_a_second;
    if (death.rss_bytes >= 0) event.rss = static_cast<std::uint64_t>(death.rss_bytes);
    event.reason = death.ended_by;
    event.message = death.cause;
    event.lines = death.stack;
    return event;
}

Death death_of(const wire::Event& event) {
    Death death{.run = event.run, .pid = event.pid};
    death.at_ns = wire::parse_time(event.time).value_or(0);
    death.uptime =
        std::chrono::nanoseconds{static_cast<std::int64_t>(event.uptime.value_or(0) * 1e9)};
    death.status = exit_status_of(event);
    if (event.cpu) death.cpu_us = static_cast<std::int64_t>(*event.cpu * us_a_second);
    if (event.rss) death.rss_bytes = static_cast<std::int64_t>(*event.rss);
    death.ended_by = event.reason;
    death.cause = event.message;
    death.stack = event.lines;
    return death;
}

wire::Event event_of(const Command& command) {
    wire::Event event{.time = wire::format_time(command.at_ns),
                      .kind = wire::EventKind::command,
                      .action = command.action,
                      .user = command.user};
    event.uid = command.uid;
    return event;
}

// At most `size` bytes, and no part of a UTF-8 character at the end.
std::string cut(const std::string& text, std::size_t size) {
    if (text.size() <= size) return text;
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
    return text.substr(0, size);
}

}  // namespace

core::ExitStatus exit_status_of(const wire::Event& event) {
    core::ExitStatus status;
    status.code = event.code.value_or(0);
    if (event.signal) status.signal = os::signal_number(*event.signal).value_or(0);
    status.core = event.core;
    status.oom = event.oom;
    status.unknown = event.unknown;
    return status;
}

void set_exit_status(wire::Event& event, const core::ExitStatus& status) {
    event.core = status.core;
    event.oom = status.oom;
    event.unknown = status.unknown;
    if (status.signal != 0) {
        event.signal = core::signal_name(status.signal);
    } else if (!status.unknown) {
        event.code = status.code;
    }
}

void History::take(const wire::Event& event) {
    using enum wire::EventKind;
    if (event.kind == exit && event.run != 0) return take_exit(event);
    if (event.kind == lines && event.run != 0) return take_lines(event);
    if (event.kind == command) take_command(event);
}

// An exit that is told again, after a supervisor's death say, is the same one.
void History::take_exit(const wire::Event& event) {
    auto& deaths = units_[event.unit].deaths[event.instance.value_or(0)];
    auto death = death_of(event);
    const auto at = std::ranges::lower_bound(deaths, death.run, {}, &Death::run);
    if (at != deaths.end() && at->run == death.run) {
        death.lines = std::move(at->lines);
        *at = std::move(death);
        return;
    }
    ++count_;
    deaths.insert(at, std::move(death));
    shorten(deaths);
}

void History::shorten(std::vector<Death>& deaths) {
    const std::size_t most = count_ > deaths_many ? deaths_max_of_many : deaths_max;
    if (deaths.size() > most) {
        const auto surplus = deaths.size() - most;
        count_ -= surplus;
        deaths.erase(deaths.begin(), deaths.begin() + static_cast<std::ptrdiff_t>(surplus));
    }
    for (std::size_t i = 0; i + 1 < deaths.size(); ++i) {
        auto& lines = deaths[i].lines;
        if (lines.size() > lines_max) {
            lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(lines_max));
        }
        for (auto& line : lines) line = cut(line, line_bytes_max);
        lines.shrink_to_fit();
        auto& stack = deaths[i].stack;
        if (stack.size() > lines_max) stack.resize(lines_max);
        stack.shrink_to_fit();
    }
    if (deaths.capacity() > 2 * deaths.size()) deaths.shrink_to_fit();
}

void History::take_lines(const wire::Event& event) {
    const auto unit = units_.find(event.unit);
    if (unit == units_.end()) return;
    const auto found = unit->second.deaths.find(event.instance.value_or(0));
    if (found == unit->second.deaths.end()) return;
    const auto death = std::ranges::find(found->second, event.run, &Death::run);
    if (death != found->second.end()) death->lines = event.lines;
}

void History::take_command(const wire::Event& event) {
    // These do not say what is to run.
    for (const auto* const other : {"signal", "reload", "apply"}) {
        if (event.action == other) return;
    }
    Command command{wire::parse_time(event.time).value_or(0), event.uid.value_or(0), event.action,
                    event.user};
    auto* last = &for_all_;
    if (!event.unit.empty()) {
        auto& unit = units_[event.unit];
        last = event.instance ? &unit.commands[*event.instance] : &unit.command;
    }
    if (command.at_ns >= last->at_ns) *last = std::move(command);
}

void History::forget(std::string_view unit, std::uint32_t index) {
    const auto found = units_.find(unit);
    if (found == units_.end()) return;
    const auto deaths = found->second.deaths.find(index);
    if (deaths != found->second.deaths.end()) {
        count_ -= deaths->second.size();
        found->second.deaths.erase(deaths);
    }
    found->second.commands.erase(index);
    if (found->second.deaths.empty() && found->second.commands.empty()) units_.erase(found);
}

void History::prune(const std::function<bool(const std::string& unit)>& known) {
    std::erase_if(units_, [&](const auto& each) {
        if (known(each.first)) return false;
        for (const auto& [index, deaths] : each.second.deaths) count_ -= deaths.size();
        return true;
    });
}

const std::vector<Death>* History::find(std::string_view unit, std::uint32_t index) const {
    const auto found = units_.find(unit);
    if (found == units_.end()) return nullptr;
    const auto deaths = found->second.deaths.find(index);
    return deaths == found->second.deaths.end() ? nullptr : &deaths->second;
}

std::span<const Death> History::deaths(std::string_view unit, std::uint32_t index) const {
    const auto* const found = find(unit, index);
    return found != nullptr ? std::span{*found} : std::span<const Death>{};
}

std::span<const std::string> History::lines(std::string_view unit, std::uint32_t index,
                                            core::RunId run) const {
    for (const Death& death : deaths(unit, index)) {
        if (death.run == run) return death.lines;
    }
    return {};
}

Command History::command(std::string_view unit, std::uint32_t index) const {
    Command last = for_all_;
    const auto found = units_.find(unit);
    if (found == units_.end()) return last;
    if (found->second.command.at_ns > last.at_ns) last = found->second.command;
    const auto own = found->second.commands.find(index);
    const bool newer = own != found->second.commands.end() && own->second.at_ns > last.at_ns;
    return newer ? own->second : last;
}

Result<void> History::save(const std::string& path) const {
    std::string text;
    const auto put = [&](wire::Event event, const std::string& unit,
                         std::optional<std::uint32_t> index) {
        event.unit = unit;
        event.instance = index;
        text.append(wire::serialize(event)).push_back('\n');
    };
    const auto put_command = [&](const Command& command, const std::string& unit,
                                 std::optional<std::uint32_t> index) {
        if (command.at_ns != 0) put(event_of(command), unit, index);
    };
    put_command(for_all_, "", {});
    for (const auto& [name, unit] : units_) {
        put_command(unit.command, name, {});
        for (const auto& [index, command] : unit.commands) put_command(command, name, index);
        for (const auto& [index, deaths] : unit.deaths) {
            for (const Death& death : deaths) {
                put(event_of(death), name, index);
                if (death.lines.empty()) continue;
                wire::Event last{.time = wire::format_time(death.at_ns),
                                 .kind = wire::EventKind::lines,
                                 .run = death.run,
                                 .lines = death.lines};
                put(std::move(last), name, index);
            }
        }
    }
    return os::write_file(path, text, 0600);
}

void History::load(const std::string& path) {
    const auto text = os::read_file(path, file_max);
    if (!text) return;
    std::string_view rest = *text;
    for (auto end = rest.find('\n'); end != rest.npos; end = rest.find('\n')) {
        if (const auto event = wire::parse_event(rest.substr(0, end))) take(*event);
        rest.remove_prefix(end + 1);
    }
}

}  // namespace superd::supervisor
