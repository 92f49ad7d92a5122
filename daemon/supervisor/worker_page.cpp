#include "supervisor/worker_page.hpp"

#include <sys/mman.h>
#include <sys/stat.h>

#include <fcntl.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <utility>

namespace superd::supervisor {
namespace {

using protocol::Page;

constexpr int text_tries = 4;
constexpr std::size_t buckets_count = 16;

template <class Number>
Number read(const std::atomic<Number>& number) {
    return number.load(std::memory_order_relaxed);
}

// A moment; what cannot be one, as it would be negative, is none.
std::int64_t moment(const std::atomic<std::uint64_t>& number) {
    const std::uint64_t ns = read(number);
    return std::in_range<std::int64_t>(ns) ? static_cast<std::int64_t>(ns) : 0;
}

// What is written just now is read again; from one who writes all the time, torn.
template <std::size_t size>
std::string read(const protocol::SharedText<size>& shared) {
    std::string text;
    for (int i = 0; i < text_tries; ++i) {
        const std::uint32_t before = shared.version.load(std::memory_order_acquire);
        text.clear();
        // Another process may write what is read: no assumption on it is allowed to the compiler.
        for (const volatile char& each : shared.text) {
            const char c = each;
            if (c == '\0') break;
            text += c;
        }
        std::atomic_thread_fence(std::memory_order_acquire);
        if (before % 2 == 0 && shared.version.load(std::memory_order_relaxed) == before) break;
    }
    return text;
}

// The kind if it is one, else the first, which means none.
template <class Kind>
Kind kind_of(std::uint32_t number, Kind last) {
    return number <= static_cast<std::uint32_t>(last) ? static_cast<Kind>(number) : Kind{};
}

}  // namespace

Result<WorkerPage> WorkerPage::map(const os::Fd& fd) {
    // First: only files in memory have any, and to ask the others may take as long as they like.
    const int seals = ::fcntl(fd.get(), F_GET_SEALS);
    if (seals < 0 || (seals & F_SEAL_SHRINK) == 0) {
        return fail(std::errc::invalid_argument,
                    "use a worker's page that is not sealed against shrinking");
    }
    struct stat status{};
    if (::fstat(fd.get(), &status) != 0) return fail_errno(errno, "look at a worker's page");
    if (status.st_size < static_cast<off_t>(sizeof(Page))) {
        return fail(std::errc::invalid_argument,
                    "use a worker's page of " + std::to_string(status.st_size) + " bytes");
    }
    const void* const at = ::mmap(nullptr, sizeof(Page), PROT_READ, MAP_SHARED, fd.get(), 0);
    if (at == MAP_FAILED) return fail_errno(errno, "map a worker's page");
    return WorkerPage{static_cast<const Page*>(at)};
}

WorkerPage::WorkerPage(WorkerPage&& other) noexcept : page_{std::exchange(other.page_, nullptr)} {}

WorkerPage& WorkerPage::operator=(WorkerPage&& other) noexcept {
    std::swap(page_, other.page_);
    return *this;
}

WorkerPage::~WorkerPage() {
    if (page_ != nullptr) ::munmap(const_cast<Page*>(page_), sizeof(Page));
}

std::optional<PageHead> WorkerPage::head() const {
    const auto& header = page_->header;
    if (header.magic.load(std::memory_order_acquire) != protocol::page_magic) return {};
    const volatile auto& version = header.version;
    if (version != protocol::page_version) return {};
    const volatile auto& pid = header.pid;
    const volatile auto& worker = header.worker;
    const volatile auto& started = header.started_ns;
    PageHead head;
    head.pid = static_cast<pid_t>(pid);
    head.worker = worker;
    const std::uint64_t started_ns = started;
    if (std::in_range<std::int64_t>(started_ns)) {
        head.started_ns = static_cast<std::int64_t>(started_ns);
    }
    head.slots_used =
        std::min<std::uint32_t>(read(header.slots_used), std::uint32_t{protocol::slots_max});
    head.stopping = read(header.stopping) != 0;
    head.tasks_begun = read(header.tasks_begun);
    head.tasks_lost = read(header.tasks_lost);
    return head;
}

std::vector<PageSlot> WorkerPage::slots(std::uint32_t used) const {
    std::vector<PageSlot> found;
    const std::size_t end = std::min<std::size_t>(used, protocol::slots_max);
    for (std::uint32_t i = 0; i < end; ++i) {
        const protocol::Slot& slot = page_->slots[i];
        const auto kind = kind_of(read(slot.kind), protocol::SlotKind::process);
        if (kind == protocol::SlotKind::none) continue;
        auto& out = found.emplace_back();
        out.index = i;
        out.kind = kind;
        out.tid = static_cast<pid_t>(read(slot.tid));
        out.beat_ns = moment(slot.beat_ns);
        out.busy_ns = moment(slot.busy_ns);
        out.done = read(slot.done);
        out.live = read(slot.live);
        out.lag_us = read(slot.lag_us);
        out.lag_worst_us = read(slot.lag_worst_us);
    }
    return found;
}

std::string WorkerPage::busy_text(std::uint32_t slot) const {
    return slot < protocol::slots_max ? read(page_->busy[slot]) : std::string{};
}

std::vector<std::uint64_t> WorkerPage::stack(std::uint32_t slot) const {
    std::vector<std::uint64_t> frames;
    if (slot >= protocol::slots_max) return frames;
    const protocol::Slot& from = page_->slots[slot];
    const std::size_t count =
        std::min<std::size_t>(from.frames.load(std::memory_order_acquire), protocol::frames_max);
    for (std::size_t i = 0; i < count; ++i) frames.push_back(read(from.stack[i]));
    return frames;
}

std::uint64_t WorkerPage::traces(std::uint32_t slot) const {
    if (slot >= protocol::slots_max) return 0;
    return page_->slots[slot].traces.load(std::memory_order_acquire);
}

std::vector<PageTask> WorkerPage::tasks(std::size_t max, std::size_t& more) const {
    std::vector<PageTask> found;
    more = 0;
    for (const protocol::Task& task : page_->tasks) {
        PageTask out;
        out.id = task.id.load(std::memory_order_acquire);
        if (out.id == 0) continue;
        if (found.size() == max) {
            ++more;
            continue;
        }
        out.name = read(task.name);
        out.file = read(task.file);
        out.line = read(task.line);
        out.slot = read(task.slot);
        out.state = kind_of(read(task.state), protocol::TaskState::cancelled);
        out.started_ns = moment(task.started_ns);
        out.changed_ns = moment(task.changed_ns);
        // Ended, and the entry perhaps another's, while it was read.
        if (read(task.id) == out.id) found.push_back(std::move(out));
    }
    return found;
}

std::vector<PageMetric> WorkerPage::metrics() const {
    std::vector<PageMetric> found;
    const auto& all = page_->metrics;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto kind = kind_of(read(all[i].kind), protocol::MetricKind::histogram);
        if (kind == protocol::MetricKind::none) continue;
        PageMetric out{.name = read(all[i].name), .kind = kind};
        const std::uint64_t value = read(all[i].value);
        if (kind == protocol::MetricKind::gauge) {
            out.value = std::bit_cast<double>(value);
        } else {
            out.count = value;
        }
        if (kind == protocol::MetricKind::histogram) {
            const std::size_t end = std::min(all.size(), i + 1 + buckets_count);
            for (std::size_t at = i + 1; at < end; ++at) {
                if (read(all[at].kind) != 0) break;
                out.buckets.push_back(read(all[at].value));
            }
        }
        found.push_back(std::move(out));
    }
    return found;
}

std::optional<PageCrash> WorkerPage::crash() const {
    const protocol::Crash& from = page_->crash;
    const std::uint32_t signal = from.signal.load(std::memory_order_acquire);
    if (signal == 0 || signal > 64) return {};
    PageCrash crash;
    crash.signal = static_cast<int>(signal);
    crash.code = static_cast<int>(read(from.code));
    crash.tid = static_cast<pid_t>(read(from.tid));
    crash.address = read(from.address);
    const std::uint32_t slot = read(from.slot);
    if (slot < protocol::slots_max) crash.slot = slot;
    crash.task = read(from.task);
    return crash;
}

}  // namespace superd::supervisor
