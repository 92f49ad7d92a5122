#include "supervisor/worker_settings.hpp"

#include "config/instance_text.hpp"
#include "wire/json_writer.hpp"

#include <sys/mman.h>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace superd::supervisor {
namespace {

std::string_view word(config::Language language) {
    return language == config::Language::python ? "python" : "c++";
}

std::string_view word(config::Model model) {
    switch (model) {
        case config::Model::processes: return "processes";
        case config::Model::threads: return "threads";
        case config::Model::coroutines: return "coroutines";
    }
    std::unreachable();
}

void write_processors(wire::JsonWriter& json, const config::Hosted& hosted, std::uint32_t index,
                      std::span<const int> processors) {
    json.key("cpus");
    json.begin_array();
    if (hosted.cpus_each && !processors.empty()) {
        json.value(processors[index % processors.size()]);
    } else if (!hosted.cpus.empty()) {
        json.value(hosted.cpus[index % hosted.cpus.size()]);
    }
    json.end_array();
}

}  // namespace

std::string worker_settings(const config::Unit& unit, const WorkerFacts& facts,
                            std::span<const int> processors) {
    const config::Hosted& hosted = *unit.hosted;
    std::string text;
    wire::JsonWriter json{text};
    json.begin_object();
    json.member("version", 1);
    json.member("unit", unit.spec.name);
    json.member("index", facts.index);
    json.member("count", facts.count);
    json.member("generation", facts.generation);
    json.member("reason", facts.reason);
    json.member("language", word(hosted.language));
    json.member("module", config::for_instance(hosted.module, facts.index));
    json.member("model", word(hosted.model));
    json.member("threads", hosted.threads);
    json.member("loop", hosted.loop);
    json.member("preload", hosted.preload);
    json.member("stall-warn", hosted.stall_warn.count());
    json.member("stall-timeout", hosted.stall_timeout.count());
    json.member("task-timeout", hosted.task_timeout.count());
    json.member("drain-timeout", hosted.drain_timeout.count());
    json.member("max-tasks", hosted.max_tasks);
    write_processors(json, hosted, facts.index, processors);
    // It is JSON already.
    text += ",\"config\":" + config::for_instance(hosted.config, facts.index);
    json.end_object();
    return text;
}

Result<os::Fd> sealed_file(const char* name, std::string_view text) {
    os::Fd fd{::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    constexpr int seals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
    const auto size = static_cast<ssize_t>(text.size());
    if (!fd || ::pwrite(fd.get(), text.data(), text.size(), 0) != size ||
        ::fcntl(fd.get(), F_ADD_SEALS, seals) != 0) {
        const int error = errno;
        return fail_errno(error, "make a file in memory");
    }
    return fd;
}

}  // namespace superd::supervisor
