// A unit whose code superd runs itself, in worker processes: `module = …`.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace superd::config {

enum class Language : std::uint8_t { cpp, python };
enum class Model : std::uint8_t { processes, threads, coroutines };
// How far superd goes when a worker gives no sign of life for stall-timeout; each step includes
// those before it.
enum class OnStall : std::uint8_t { log, trace, replace, kill };

// As units/protocol/README.md says it to the worker.
struct Hosted {
    Language language = Language::cpp;
    Model model = Model::coroutines;
    OnStall on_stall = OnStall::trace;
    bool preload = false;
    bool cpus_each = false;           // Each worker has a processor of its own, of superd's.
    std::vector<std::uint16_t> cpus;  // Worker N runs on the Nth of these, from the front again.
    std::string module;               // A path, a name that ld.so(8) looks up, or "app:handler".
    std::string loop = "asyncio";     // python
    std::string interpreter;          // python: its path.
    std::uint32_t threads = 16;
    std::uint32_t max_tasks = 0;  // 0: no bound.
    // 0: never.
    std::chrono::milliseconds stall_warn{250}, stall_timeout{std::chrono::seconds{5}};
    std::chrono::milliseconds task_timeout{}, drain_timeout{std::chrono::seconds{30}};
    std::string config = "{}";  // [config] as JSON; which instance it is for may be open in it.
    friend bool operator==(const Hosted&, const Hosted&) = default;
};

}  // namespace superd::config
