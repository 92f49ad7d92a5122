// A task that is listed by a scope of a coroutine's.
#pragma once

#include <superd/context.hpp>

namespace superd::detail {

// Lists a task as long as it lives.
class Listed {
public:
    Listed(Context& context, std::string_view name, const std::source_location& where)
        : tasks_{context.tasks()},
          entry_{tasks_.begin(name, 0, where, protocol::TaskState::suspended)} {}
    Listed(const Listed&) = delete;
    Listed& operator=(const Listed&) = delete;
    ~Listed() { tasks_.end(entry_); }
    std::uint32_t entry() const noexcept { return entry_; }

private:
    TaskTable& tasks_;
    std::uint32_t entry_;
};

}  // namespace superd::detail
