// The list of what was given a name and lives: coroutines, threads, requests that wait.
#pragma once

#include <mutex>
#include <source_location>
#include <superd/slot.hpp>
#include <vector>

namespace superd::detail {

// The last part of a path.
constexpr std::string_view last_part(std::string_view path) {
    const auto slash = path.rfind('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

// Hands out the page's task entries. `alone`: one thread uses it, so that nothing is locked. What
// finds no free entry is counted, and lives unlisted.
class TaskTable {
public:
    static constexpr std::uint32_t unlisted = 0xffff'ffff;

    TaskTable(protocol::Page& page, bool alone) : page_{page}, alone_{alone} {
        free_.reserve(page.tasks.size());
        for (auto i = static_cast<std::uint32_t>(page.tasks.size()); i > 0; --i)
            free_.push_back(i - 1);
    }
    TaskTable(const TaskTable&) = delete;
    TaskTable& operator=(const TaskTable&) = delete;

    // Lists a task; the entry is what end() is to be told.
    std::uint32_t begin(std::string_view name, std::uint32_t slot,
                        const std::source_location& where,
                        protocol::TaskState state = protocol::TaskState::running) noexcept {
        const auto lock = guard();
        const std::uint64_t id = ++begun_;
        page_.header.tasks_begun.store(id, std::memory_order_relaxed);
        if (free_.empty()) {
            add_alone<std::uint64_t>(page_.header.tasks_lost, 1);
            return unlisted;
        }
        const std::uint32_t entry = free_.back();
        free_.pop_back();
        auto& task = page_.tasks[entry];
        task.started_ns.store(now_coarse_ns(), std::memory_order_relaxed);
        task.changed_ns.store(0, std::memory_order_relaxed);
        set(task, state);
        task.slot.store(slot, std::memory_order_relaxed);
        task.line.store(where.line(), std::memory_order_relaxed);
        write_text(task.name, name);
        // As a rule it is where the last one was begun.
        if (where.file_name() != path_) {
            path_ = where.file_name();
            file_ = last_part(path_);
        }
        write_text(task.file, file_);
        task.id.store(id, std::memory_order_release);
        return entry;
    }

    void end(std::uint32_t entry) noexcept {
        if (entry == unlisted) return;
        const auto lock = guard();
        page_.tasks[entry].id.store(0, std::memory_order_release);
        free_.push_back(entry);
    }

    // Once it is cancelled it stays so, whatever it does until it ends.
    void state(std::uint32_t entry, protocol::TaskState state, std::uint64_t now_ns) noexcept {
        constexpr auto cancelled = static_cast<std::uint32_t>(protocol::TaskState::cancelled);
        if (entry == unlisted) return;
        auto& task = page_.tasks[entry];
        if (task.state.load(std::memory_order_relaxed) == cancelled) return;
        task.changed_ns.store(now_ns, std::memory_order_relaxed);
        set(task, state);
    }

    // The id that a crash report names; 0 when it is not listed.
    std::uint64_t id(std::uint32_t entry) const noexcept {
        return entry == unlisted ? 0 : page_.tasks[entry].id.load(std::memory_order_relaxed);
    }

private:
    static void set(protocol::Task& task, protocol::TaskState state) noexcept {
        task.state.store(static_cast<std::uint32_t>(state), std::memory_order_relaxed);
    }
    std::unique_lock<std::mutex> guard() noexcept {
        return alone_ ? std::unique_lock<std::mutex>{} : std::unique_lock{mutex_};
    }

    protocol::Page& page_;
    bool alone_;
    std::mutex mutex_;
    std::uint64_t begun_ = 0;
    const char* path_ = nullptr;
    std::string_view file_;
    std::vector<std::uint32_t> free_;  // Its room was reserved: it never allocates again.
};

}  // namespace superd::detail
