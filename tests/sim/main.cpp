// sim: superd's core, turns and take-over on a simulated machine. See --help.
#include "tests/sim/guarded.hpp"
#include "tests/sim/minimise.hpp"
#include "tests/sim/profile.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace superd::sim {
namespace {

struct Options {
    Case it;
    std::string seeds, without, without_units, skip;
    std::uint64_t events = 0;
    unsigned jobs = 1;
    unsigned patience_s = 120;
    bool trace = false, no_rest = false, no_minimise = false;
};

void define(CLI::App& app, Options& options) {
    app.add_option("--seed", options.it.seed, "the one case to run");
    app.add_option("--seeds", options.seeds, "from A to B: \"1..1000\", or \"7..\" with --events");
    app.add_option("--events", options.events,
                   "run seeds until the core has handled so many events, times $SUPERD_SCALE");
    app.add_option("--steps", options.it.steps, "so many steps instead of those of the profile");
    app.add_flag("--trace", options.trace, "print all that happens in it");
    app.add_option(
        "--without", options.without,
        "leave kinds of faults out, by comma: crash, deaf, orphans, unready, unwell, "
        "hooks, words, handover, forks, programs, echoes, supervisor, keeper, freeze, kills, "
        "start, stop, restart, reset, scale, roll, reload, shutdown, clock, demand");
    app.add_option("--without-units", options.without_units, "by number: \"1-4,9\"");
    app.add_option("--skip", options.skip, "do nothing in these steps: \"0-100,120\"");
    app.add_flag("--no-rest", options.no_rest,
                 "end after the steps; else faults stop, all must come up, and superd stops");
    app.add_flag("--shifted", options.it.shifted, "begin at another time of the clock");
    app.add_flag("--no-minimise", options.no_minimise, "do not look for a smaller case that fails");
    app.add_option("--patience", options.patience_s, "seconds that looking for it may take");
    app.add_option("--jobs", options.jobs, "so many seeds at the same time")
        ->check(CLI::Range(1, 256));
}

// False after having said what is wrong.
bool complete(Options& options) {
    options.it.ends_well = !options.no_rest;
    for (std::string rest = options.without; !rest.empty();) {
        const auto comma = rest.find(',');
        const std::string name = rest.substr(0, comma);
        rest = comma == std::string::npos ? "" : rest.substr(comma + 1);
        const auto fault = Faults::find(name);
        if (!fault) {
            std::fprintf(stderr, "sim: \"%s\" is no kind of fault; see --help\n", name.c_str());
            return false;
        }
        options.it.faults.drop(*fault);
    }
    if (!parse_ranges(options.without_units, options.it.without_units) ||
        !parse_ranges(options.skip, options.it.skipped)) {
        std::fprintf(stderr, "sim: numbers are written as in \"1-4,9\"\n");
        return false;
    }
    return true;
}

int fail(const Options& options, const Case& it, const Outcome& outcome) {
    std::printf("FAILED: seed %llu, step %u: %s: %s\n", static_cast<unsigned long long>(it.seed),
                outcome.step, outcome.broken.c_str(), outcome.text.c_str());
    if (options.no_minimise) {
        std::printf("see it: %s --trace\n", command_of(it).c_str());
        return 1;
    }
    std::printf("looking for less that fails in the same way...\n");
    std::fflush(stdout);
    const Minimal minimal = minimise(it, outcome, std::chrono::seconds{options.patience_s},
                                     [](const Case& smaller) { return run_guarded(smaller); });
    run_guarded(minimal.it, true);
    std::printf("%s: %s\n%u tries; see it again: %s --trace\n", minimal.outcome.broken.c_str(),
                minimal.outcome.text.c_str(), minimal.tries, command_of(minimal.it).c_str());
    return 1;
}

int run_one(const Options& options) {
    const Outcome outcome = run_guarded(options.it, options.trace);
    if (options.trace) {
        if (outcome.broken.empty()) return 0;
        std::printf("FAILED: step %u: %s: %s\n", outcome.step, outcome.broken.c_str(),
                    outcome.text.c_str());
        return 1;
    }
    if (!outcome.broken.empty()) return fail(options, options.it, outcome);
    std::printf("seed %llu, %s: %llu events, all is as it should be\n",
                static_cast<unsigned long long>(options.it.seed), profile_of(options.it).name,
                static_cast<unsigned long long>(outcome.events));
    return 0;
}

// The seeds of one worker: every so manieth.
void work(const Options& options, std::uint64_t first, std::uint64_t last, std::uint64_t events,
          Progress& progress) {
    for (std::uint64_t seed = first; seed <= last; seed += options.jobs) {
        Case it = options.it;
        it.seed = progress.seed = seed;
        const Outcome outcome = run_case(it, false, &progress.step);
        progress.events += outcome.events;
        ++progress.seeds;
        if (!outcome.broken.empty()) return;
        if (events != 0 && progress.events >= events) break;
    }
    progress.seed = 0;
}

int run_many(const Options& options) {
    std::uint64_t first = 1, last = ~0ull, events = options.events;
    const auto dots = options.seeds.find("..");
    if (!options.seeds.empty()) {
        first = std::strtoull(options.seeds.c_str(), nullptr, 10);
        const std::string end = dots == std::string::npos ? "" : options.seeds.substr(dots + 2);
        if (!end.empty()) last = std::strtoull(end.c_str(), nullptr, 10);
        if (dots == std::string::npos || (end.empty() && events == 0) || last < first) {
            std::fprintf(stderr, "sim: --seeds are \"1..1000\", or \"7..\" with --events\n");
            return 2;
        }
    }
    if (const char* const scale = std::getenv("SUPERD_SCALE")) {
        events = static_cast<std::uint64_t>(static_cast<double>(events) * std::atof(scale));
        if (options.events != 0 && events == 0) events = 1;
    }
    const auto begun = std::chrono::steady_clock::now();
    std::vector<std::pair<pid_t, Progress*>> workers;
    for (unsigned job = 0; job < options.jobs; ++job) {
        Progress* progress = nullptr;
        const pid_t pid = begin_guarded(progress, false, [&](Progress& its) {
            work(options, first + job, last, events / options.jobs, its);
        });
        workers.emplace_back(pid, progress);
    }
    std::uint64_t handled = 0, seeds = 0;
    int result = 0;
    for (const auto& [pid, progress] : workers) {
        const Outcome end = end_guarded(pid, *progress);
        handled += progress->events;
        seeds += progress->seeds;
        Case it = options.it;
        it.seed = progress->seed;
        if (it.seed == 0) continue;
        // By its own end, or by what it found: once more, to know which.
        const Outcome outcome = run_guarded(it);
        if (outcome.broken.empty() && end.broken.empty()) continue;
        if (result == 0) result = fail(options, it, outcome.broken.empty() ? end : outcome);
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    std::printf("%llu events in %.1f s, %.0f events/s; %llu seeds from %llu on\n",
                static_cast<unsigned long long>(handled), took.count(),
                static_cast<double>(handled) / took.count(), static_cast<unsigned long long>(seeds),
                static_cast<unsigned long long>(first));
    return result;
}

}  // namespace
}  // namespace superd::sim

int main(int argc, char** argv) {
    using namespace superd::sim;
    CLI::App app{
        "Runs superd's core, its turns and its take-over on a simulated machine, with "
        "faults of all kinds, and checks that everything holds that must. The same seed "
        "does the same again; one that fails is made as small as it can be.",
        "sim"};
    Options options;
    define(app, options);
    CLI11_PARSE(app, argc, argv);
    if (!complete(options)) return 2;
    const bool many = !options.seeds.empty() || options.events != 0;
    return many ? run_many(options) : run_one(options);
}
