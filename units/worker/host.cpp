#include "worker/host.hpp"

#include "os/clock.hpp"
#include "worker/crash.hpp"
#include "worker/shared_page.hpp"

#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>

namespace superd::worker {
namespace {

constexpr std::string_view memory_prefix = "shared.";
// Of the page's slots one is the main thread's, one is left for what the service begins itself.
constexpr std::uint32_t threads_max = protocol::slots_max - 2;

// The table's functions and the signal handlers are given no object: this is the one there is.
Host* the_host = nullptr;
volatile std::int64_t stop_ns = 0;
protocol::Page* stopping_page = nullptr;
int stop_event = -1, reload_event = -1;

void wake(int event) {
    const int saved = errno;
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(event, &one, sizeof one);
    errno = saved;
}

void on_stop(int) {
    if (stop_ns == 0) {
        __atomic_store_n(&stop_ns, os::monotonic_now(), __ATOMIC_RELEASE);
        stopping_page->header.stopping.store(1);
        wake(stop_event);
    }
}

void on_reload(int) { wake(reload_event); }

void handle(int signal, void (*handler)(int)) {
    struct sigaction action{};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART | SA_ONSTACK;
    ::sigaction(signal, &action, nullptr);
}

}  // namespace

void log_line(int level, std::string_view text) {
    constexpr std::string_view words[] = {"debug: ", "", "warning: ", "error: "};
    std::string line{words[level < 0 || level > 3 ? 1 : level]};
    line += text;
    line += '\n';
    // One write a line: threads do not mix theirs.
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

Host::Host(Inputs inputs) : inputs_{std::move(inputs)} {
    assert(!the_host);
    the_host = this;
}

Result<void> Host::prepare() {
    auto page = map_page(inputs_.page_fd);
    if (!page) return std::unexpected(std::move(page.error()));
    page_ = *page;
    claim_page(*page_, inputs_.settings.index);
    notifier_.open();
    stop_ = os::Fd{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    reload_ = os::Fd{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (!stop_ || !reload_) return fail_errno(errno, "make the worker's own events");
    for (auto& passed : inputs_.passed) {
        if (passed.name.starts_with(memory_prefix)) {
            memory_.push_back({passed.name.substr(memory_prefix.size()), passed.fd});
            continue;
        }
        prepare_listener(passed.fd);
        listeners_.push_back({passed.name.c_str(), passed.fd, accepts(passed.fd) ? 1 : 0});
    }
    bind_to_processors();
    if (inputs_.settings.threads > threads_max) {
        log_line(2, "a worker has at most " + std::to_string(threads_max) +
                        " threads: no more are begun");
        inputs_.settings.threads = threads_max;
    }
    const auto& settings = inputs_.settings;
    watch_for_crashes(*page_, settings.unit + "/" + std::to_string(settings.index) +
                                  ", generation " + std::to_string(settings.generation));
    take_signals();
    fill_table();
    return {};
}

void Host::take_signals() {
    stop_ns = 0;
    stopping_page = page_;
    stop_event = stop_.get();
    reload_event = reload_.get();
    handle(SIGTERM, on_stop);
    handle(SIGINT, on_stop);
    handle(SIGHUP, on_reload);
    struct sigaction ignore{};
    ignore.sa_handler = SIG_IGN;
    ::sigaction(SIGPIPE, &ignore, nullptr);
}

void Host::bind_to_processors() const {
    if (inputs_.settings.cpus.empty()) return;
    cpu_set_t set;
    CPU_ZERO(&set);
    for (const int cpu : inputs_.settings.cpus)
        if (cpu < CPU_SETSIZE) CPU_SET(static_cast<unsigned>(cpu), &set);
    if (::sched_setaffinity(0, sizeof set, &set) != 0)
        log_line(2, "cannot run on the processors that are asked for; running on any");
}

superd_abi_host facts(const Settings& settings) {
    superd_abi_host table{};
    table.size = sizeof(superd_abi_host);
    table.abi = SUPERD_ABI;
    table.unit = settings.unit.c_str();
    table.reason = settings.reason.c_str();
    table.model = settings.model;
    table.index = settings.index;
    table.count = settings.count;
    table.generation = settings.generation;
    table.threads = settings.threads;
    table.task_timeout_ms = settings.task_timeout_ms;
    table.drain_timeout_ms = settings.drain_timeout_ms;
    table.max_tasks = settings.max_tasks;
    table.config = settings.config->root();
    table.page_size = protocol::page_size;
    table.page_version = protocol::page_version;
    table.stop_fd = table.reload_fd = table.reserved_fd = -1;
    table.notify = [](const char*, int) { return 0; };
    table.log = [](int level, const char* text, size_t size) { log_line(level, {text, size}); };
    return table;
}

void Host::fill_table() {
    table_ = facts(inputs_.settings);
    table_.listeners = listeners_.data();
    table_.listener_count = listeners_.size();
    table_.page = page_;
    table_.stop_fd = stop_.get();
    table_.reload_fd = reload_.get();
    table_.stop_ns = &stop_ns;
    table_.notify = [](const char* message, int fd) { return the_host->notify(message, fd); };
    table_.enter_thread = enter_thread;
    table_.leave_thread = leave_thread;
    table_.shared = [](const char* name, size_t bytes) { return the_host->shared(name, bytes); };
    table_.reload = [] { return the_host->reload(); };
}

int Host::shared(const std::string& name, std::size_t bytes) {
    const std::lock_guard lock{mutex_};
    for (const auto& memory : memory_)
        if (memory.name == name) return memory.fd;
    if (name.empty() || bytes == 0) return -EINVAL;
    os::Fd made{::memfd_create(name.c_str(), MFD_CLOEXEC)};
    if (!made || ::ftruncate(made.get(), static_cast<off_t>(bytes)) != 0) return -errno;
    const int untold = notify(("FDSTORE=1\nFDNAME=shared." + name).c_str(), made.get());
    if (untold != 0) return -untold;
    memory_.push_back({name, made.release()});
    return memory_.back().fd;
}

const superd_abi_value* Host::reload() {
    const auto text = inputs_.read_settings();
    auto settings =
        text ? parse_settings(*text)
             : std::expected<Settings, std::string>{std::unexpect, text.error().message()};
    if (!settings) {
        log_line(3, settings.error() + "; the configuration stays as it was");
        return nullptr;
    }
    const std::lock_guard lock{mutex_};
    kept_.push_back(std::move(settings->config));
    return kept_.back()->root();
}

}  // namespace superd::worker
