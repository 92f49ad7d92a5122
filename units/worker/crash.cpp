// Everything here that a handler calls is safe in a handler: no allocation, no lock.
// _dl_find_object() and the unwinder over it take none since glibc 2.35.
#include "worker/crash.hpp"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/ucontext.h>

#include <dlfcn.h>
#include <link.h>
#include <signal.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>
#include <utility>

namespace superd::worker {
namespace {

constexpr std::uint32_t no_slot = 0xffff'ffff;
constexpr std::size_t signal_stack_size = 64 * 1024;
constexpr int fatal_signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS};

// A handler is told nothing but the signal: what it needs is here.
protocol::Page* watched_page = nullptr;
char watched_name[256] = "?";
std::atomic<int> crashing_thread = 0;

struct ThisThread {
    superd_abi_thread record{.slot = no_slot, .reserved = 0, .task = 0};
    void* signal_stack = nullptr;
};
thread_local ThisThread this_thread;

using Frames = std::array<std::uintptr_t, protocol::frames_max>;

std::uintptr_t program_counter(const ucontext_t& context) {
#if defined(__x86_64__)
    return static_cast<std::uintptr_t>(context.uc_mcontext.gregs[REG_RIP]);
#elif defined(__aarch64__)
    return context.uc_mcontext.pc;
#else
#error "say where the program counter is"
#endif
}

// Where a function that was called at a wrong address would return to.
std::uintptr_t return_address(const ucontext_t& context) {
#if defined(__x86_64__)
    return *reinterpret_cast<const std::uintptr_t*>(context.uc_mcontext.gregs[REG_RSP]);
#elif defined(__aarch64__)
    return context.uc_mcontext.regs[30];
#endif
}

bool is_code(std::uintptr_t address) {
    dl_find_object found;
    return _dl_find_object(reinterpret_cast<void*>(address), &found) == 0;
}

struct Walk {
    Frames frames;
    std::size_t count;
    std::uintptr_t from;  // The first that is of interest: below it are the handler's own.
};

_Unwind_Reason_Code note_frame(_Unwind_Context* context, void* argument) {
    auto& walk = *static_cast<Walk*>(argument);
    const std::uintptr_t address = _Unwind_GetIP(context);
    if (walk.count == 0 && (address == 0 || address != walk.from)) return _URC_NO_REASON;
    if (address == 0 || walk.count == walk.frames.size()) return _URC_END_OF_STACK;
    walk.frames[walk.count++] = address;
    return _URC_NO_REASON;
}

// The stack of what the signal interrupted, innermost first.
std::size_t stack_of(const ucontext_t& context, Frames& frames) {
    Walk walk{.frames = {}, .count = 0, .from = program_counter(context)};
    _Unwind_Backtrace(note_frame, &walk);
    if (walk.count == 0) {
        walk.frames[walk.count++] = walk.from;
        // A call of a null pointer, say: there is no frame to unwind, but the caller's is known.
        if (!is_code(walk.from)) walk.frames[walk.count++] = return_address(context);
    }
    frames = walk.frames;
    return walk.count;
}

std::size_t note_stack(const ucontext_t& context, std::uint32_t slot_index, Frames& frames) {
    const std::size_t count = stack_of(context, frames);
    if (watched_page && slot_index < watched_page->slots.size()) {
        auto& slot = watched_page->slots[slot_index];
        slot.frames.store(0, std::memory_order_release);
        for (std::size_t i = 0; i < count; ++i)
            slot.stack[i].store(frames[i], std::memory_order_relaxed);
        slot.frames.store(static_cast<std::uint32_t>(count), std::memory_order_release);
        slot.traces.fetch_add(1, std::memory_order_release);
    }
    return count;
}

// A line that is put together without allocating.
class Line {
public:
    Line& operator<<(std::string_view text) {
        const std::size_t count = std::min(text.size(), sizeof buffer_ - 1 - used_);
        std::memcpy(buffer_ + used_, text.data(), count);
        used_ += count;
        return *this;
    }
    Line& number(std::uint64_t value, int base = 10) {
        char digits[24];
        const auto end = std::to_chars(digits, digits + sizeof digits, value, base).ptr;
        return *this << std::string_view{digits, static_cast<std::size_t>(end - digits)};
    }
    ~Line() {
        buffer_[used_++] = '\n';
        // One write, so that the log has it as one line. Whoever cannot be told is not told.
        [[maybe_unused]] const auto written = ::write(STDERR_FILENO, buffer_, used_);
    }
    Line() = default;
    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;

private:
    char buffer_[512];
    std::size_t used_ = 0;
};

std::string_view signal_name(int signal) {
    const char* name = ::sigabbrev_np(signal);
    return name ? name : "?";
}

template <std::size_t size>
std::string_view text_of(const protocol::SharedText<size>& shared) {
    return {shared.text.data(), ::strnlen(shared.text.data(), shared.text.size())};
}

void say_task(std::uint64_t id) {
    for (const auto& task : watched_page->tasks) {
        if (task.id.load(std::memory_order_relaxed) != id) continue;
        Line line;
        line << "crash: task ";
        line.number(id) << " \"" << text_of(task.name) << "\", begun at " << text_of(task.file)
                        << ":";
        line.number(task.line.load(std::memory_order_relaxed));
        return;
    }
}

void say_frame(std::size_t index, std::uintptr_t address) {
    Line line;
    line << "crash: #";
    line.number(index) << " ";
    dl_find_object found;
    if (_dl_find_object(reinterpret_cast<void*>(address), &found) == 0) {
        const char* file = found.dlfo_link_map->l_name;
        line << (file && *file ? file : "superd-worker") << "+0x";
        line.number(address - found.dlfo_link_map->l_addr, 16);
    } else {
        line << "0x";
        line.number(address, 16);
    }
}

void say_crash(int signal, const siginfo_t& info, const superd_abi_thread& thread,
               const Frames& frames, std::size_t count) {
    {
        Line line;
        line << "crash: worker " << watched_name << ": SIG" << signal_name(signal);
        if (info.si_code > 0) {  // The processor's word, not another process's.
            line << " at address 0x";
            line.number(reinterpret_cast<std::uintptr_t>(info.si_addr), 16);
        }
    }
    {
        constexpr std::string_view kinds[] = {"of no slot", "the loop", "of the pool",
                                              "the process"};
        const auto kind =
            thread.slot == no_slot ? 0u : watched_page->slots[thread.slot].kind.load();
        Line line;
        line << "crash: thread ";
        line.number(static_cast<std::uint64_t>(::gettid())) << ", " << kinds[std::min(kind, 3u)];
        if (thread.slot != no_slot)
            if (const auto busy = text_of(watched_page->busy[thread.slot]); !busy.empty())
                line << ", doing \"" << busy << "\"";
    }
    if (thread.task != 0) say_task(thread.task);
    for (std::size_t i = 0; i < count; ++i) say_frame(i, frames[i]);
}

void on_fatal(int signal, siginfo_t* info, void* context) {
    const int tid = ::gettid();
    int nobody = 0;
    if (!crashing_thread.compare_exchange_strong(nobody, tid)) {
        // Another thread's crash is being told: this one waits for the end. One within the telling
        // ends it at once.
        const bool ours = nobody == tid;
        while (!ours) ::pause();  // NOLINT(bugprone-infinite-loop): the end comes from outside.
        ::signal(signal, SIG_DFL);
        return;
    }
    const auto& thread = this_thread.record;
    Frames frames;
    const std::size_t count = note_stack(*static_cast<ucontext_t*>(context), thread.slot, frames);
    auto& crash = watched_page->crash;
    crash.tid.store(static_cast<std::uint32_t>(tid));
    crash.address.store(reinterpret_cast<std::uintptr_t>(info->si_addr));
    crash.code.store(static_cast<std::uint32_t>(info->si_code));
    crash.slot.store(thread.slot);
    crash.task.store(thread.task);
    crash.signal.store(static_cast<std::uint32_t>(signal), std::memory_order_release);
    say_crash(signal, *info, thread, frames, count);
    // Raised again, and blocked until this returns: then the process ends by it, with a core that
    // shows the place.
    ::signal(signal, SIG_DFL);
    ::syscall(SYS_tgkill, ::getpid(), tid, signal);
}

void on_trace(int, siginfo_t*, void* context) {
    const int saved = errno;
    if (const auto slot = this_thread.record.slot; slot != no_slot) {
        Frames frames;
        note_stack(*static_cast<ucontext_t*>(context), slot, frames);
    }
    errno = saved;
}

void handle(int signal, void (*handler)(int, siginfo_t*, void*)) {
    struct sigaction action{};
    action.sa_sigaction = handler;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
    ::sigfillset(&action.sa_mask);
    ::sigaction(signal, &action, nullptr);
}

_Unwind_Reason_Code no_frame(_Unwind_Context*, void*) { return _URC_END_OF_STACK; }

}  // namespace

void watch_for_crashes(protocol::Page& page, std::string name) {
    watched_page = &page;
    name.resize(std::min(name.size(), sizeof watched_name - 1));
    std::memcpy(watched_name, name.c_str(), name.size() + 1);
    _Unwind_Backtrace(no_frame, nullptr);  // What it does only the first time is not for a handler.
    for (const int signal : fatal_signals) handle(signal, on_fatal);
    handle(SIGUSR2, on_trace);
}

superd_abi_thread* enter_thread(std::uint32_t slot) {
    this_thread.record.slot = slot;
    this_thread.record.task = 0;
    if (!this_thread.signal_stack) {
        void* memory = ::mmap(nullptr, signal_stack_size, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
        if (memory != MAP_FAILED) {
            this_thread.signal_stack = memory;
            const stack_t stack{.ss_sp = memory, .ss_flags = 0, .ss_size = signal_stack_size};
            ::sigaltstack(&stack, nullptr);
        }
    }
    return &this_thread.record;
}

void leave_thread() {
    this_thread.record.slot = no_slot;
    if (void* memory = std::exchange(this_thread.signal_stack, nullptr)) {
        const stack_t none{.ss_sp = nullptr, .ss_flags = SS_DISABLE, .ss_size = 0};
        ::sigaltstack(&none, nullptr);
        ::munmap(memory, signal_stack_size);
    }
}

}  // namespace superd::worker
