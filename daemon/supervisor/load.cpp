#include "supervisor/load.hpp"

#include "os/process.hpp"

#include <sys/mman.h>

#include <unistd.h>

#include <algorithm>
#include <set>
#include <utility>

namespace superd::supervisor {
namespace {

// Less than that of a processor is a loop that turns without anything to do.
constexpr double idle_below = 0.05;
// The kernel counts in ticks of 10 ms: of a shorter time they say too little.
constexpr core::Duration share_over = std::chrono::milliseconds{400};

double ticks_to_seconds(std::uint64_t ticks) {
    static const auto per_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
    return static_cast<double>(ticks) / per_second;
}

}  // namespace

void LoadMeter::Unmap::operator()(const protocol::Page* page) const {
    ::munmap(const_cast<protocol::Page*>(page), protocol::page_size);
}

LoadMeter::Work LoadMeter::look(const config::Unit& unit, const core::Instance& instance,
                                const Pages& pages, core::Instant now) {
    Seen& seen = runs_[instance.run];
    const auto stat = os::process_stat(instance.pid);
    const std::uint64_t ticks = stat ? stat->cpu_ticks : 0;
    if (seen.at == core::Instant{}) {
        seen.at = now;
        seen.ticks = ticks;
        if (const os::Fd* const fd = pages.find(instance.run)) {
            void* const page =
                ::mmap(nullptr, protocol::page_size, PROT_READ, MAP_SHARED, fd->get(), 0);
            if (page != MAP_FAILED) seen.page.reset(static_cast<const protocol::Page*>(page));
        }
    } else if (const auto passed = now - seen.at; passed >= share_over) {
        const double seconds = std::chrono::duration<double>(passed).count();
        seen.share = ticks_to_seconds(ticks - std::min(seen.ticks, ticks)) / seconds;
        seen.at = now;
        seen.ticks = ticks;
    }
    std::uint32_t working = 0;
    std::uint64_t done = 0;
    if (seen.page && seen.page->header.magic.load() == protocol::page_magic) {
        const std::size_t used = seen.page->header.slots_used.load(std::memory_order_relaxed);
        for (std::size_t i = 0; i < std::min(used, protocol::slots_max); ++i) {
            const protocol::Slot& slot = seen.page->slots[i];
            // Whoever used it is gone, and what it was at with it.
            if (slot.kind.load(std::memory_order_relaxed) == 0) continue;
            working += slot.busy_ns.load(std::memory_order_relaxed) != 0 ? 1 : 0;
            done += slot.done.load(std::memory_order_relaxed);
        }
    }
    const bool moved = std::exchange(seen.done, done) != done;
    Work work{working > 0 || moved || seen.share >= idle_below, seen.share};
    if (unit.hosted && unit.hosted->model == config::Model::threads) {
        const double threads = std::max(unit.hosted->threads, 1u);
        work.utilisation = std::max(work.utilisation, working / threads);
    } else if (unit.hosted && unit.hosted->model == config::Model::processes && working > 0) {
        work.utilisation = 1;  // It does one thing at a time.
    }
    work.utilisation = std::min(work.utilisation, 1.0);
    return work;
}

core::Load LoadMeter::measure(const config::Unit& unit, const core::Unit& known,
                              const Listeners& listeners, const Pages& pages, core::Instant now) {
    core::Load load;
    std::set<core::RunId> present;
    for (const core::Instance& each : known.instances) {
        const bool wanted = each.goal == core::Goal::up && !each.removed;
        load.coming += wanted && core::missing(each) ? 1 : 0;
        if (each.removed || each.state != core::State::ready || each.pid == 0) continue;
        present.insert(each.run);
        const Work work = look(unit, each, pages, now);
        ++load.ready;
        load.busy += work.busy ? 1 : 0;
        load.utilisation += work.utilisation;
    }
    std::erase_if(runs_, [&](const auto& each) { return !present.contains(each.first); });
    if (load.ready > 0) load.utilisation /= load.ready;
    if (const auto* const sockets = listeners.find(unit.spec.name)) {
        for (const Listeners::Socket& each : *sockets) {
            if (const auto queue = os::accept_queue(each.fd)) load.waiting += queue->waiting;
        }
    }
    return load;
}

bool LoadMeter::is_used(std::string_view unit, const Listeners& listeners) {
    const auto* const sockets = listeners.find(unit);
    if (sockets == nullptr) return false;
    std::set<std::string_view> asked;
    for (const Listeners::Socket& each : *sockets) {
        if (!asked.insert(each.address).second) continue;
        const auto endpoint = endpoint_of(each.address);
        if (endpoint && os::connections_at(*endpoint) > 0) return true;
    }
    return false;
}

}  // namespace superd::supervisor
