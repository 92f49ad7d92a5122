// What is remembered of each instance beyond its present state: its last deaths,
// and who last told it what to do. Made from the journal's events alone, so that
// reading the journal again gives it back.
//
// The journal is bounded, and a unit that crashes all the time would push the
// others out of it: before it drops its older half, all that is remembered here
// is written to a file of its own, as events too.
#pragma once

#include "base/result.hpp"
#include "core/instance.hpp"
#include "wire/event.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace superd::supervisor {

struct Death {
    core::RunId run = 0;
    std::int32_t pid = 0;
    std::int64_t at_ns = 0;  // CLOCK_REALTIME
    core::Duration uptime{};
    core::ExitStatus status;
    std::int64_t cpu_us = -1, rss_bytes = -1;  // -1: not known.
    std::string ended_by;  // Why superd ended it, as core::to_string has it; empty: by itself.
    std::string cause;     // More of that, or what a worker noted as it crashed, for people.
    std::vector<std::string> stack;  // Where it did.
    std::vector<std::string> lines;  // The last it wrote.
};

// What an operator asked for.
struct Command {
    std::int64_t at_ns = 0;  // CLOCK_REALTIME; 0: nobody has.
    std::uint32_t uid = 0;
    std::string action, user;
};

class History {
public:
    static constexpr std::size_t deaths_max = 8;
    // There are no more than so many deaths before instances keep fewer of their own.
    static constexpr std::size_t deaths_many = 4096, deaths_max_of_many = 2;
    // Of all deaths of an instance but the last one.
    static constexpr std::size_t lines_max = 10, line_bytes_max = 200;

    // What the event tells, if it tells anything that is remembered.
    void take(const wire::Event& event);
    void forget(std::string_view unit, std::uint32_t index);
    // Forgets the units of which `known` is false.
    void prune(const std::function<bool(const std::string& unit)>& known);

    // Oldest first; at most deaths_max.
    std::span<const Death> deaths(std::string_view unit, std::uint32_t index) const;
    // The last one for this instance, for its unit or for all.
    Command command(std::string_view unit, std::uint32_t index) const;
    // Last lines of that run; empty if it is not remembered.
    std::span<const std::string> lines(std::string_view unit, std::uint32_t index,
                                       core::RunId run) const;

    Result<void> save(const std::string& path) const;
    // What is in the file is older than what was taken before, or known already.
    void load(const std::string& path);

private:
    struct Unit {
        std::map<std::uint32_t, std::vector<Death>> deaths;
        std::map<std::uint32_t, Command> commands;  // By index.
        Command command;                            // For the whole of it.
    };
    const std::vector<Death>* find(std::string_view unit, std::uint32_t index) const;
    void take_exit(const wire::Event& event);
    void take_lines(const wire::Event& event);
    void take_command(const wire::Event& event);
    void shorten(std::vector<Death>& deaths);

    std::map<std::string, Unit, std::less<>> units_;
    Command for_all_;
    std::size_t count_ = 0;  // Of deaths.
};

// What an exit's event tells of how it ended.
core::ExitStatus exit_status_of(const wire::Event& event);
void set_exit_status(wire::Event& event, const core::ExitStatus& status);

}  // namespace superd::supervisor
