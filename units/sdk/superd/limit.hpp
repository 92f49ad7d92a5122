// How long one task of a loop may take.
#pragma once

#include <superd/tasks.hpp>
#include <superd/waiter.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>

namespace superd::detail {

// A time limit of one task, which it is cancelled at.
class Limit : public Waiter {
public:
    Limit(TaskTable& tasks, std::uint32_t entry) noexcept
        : Waiter{[](Waiter& self) { static_cast<Limit&>(self).over(); }},
          tasks_{tasks},
          entry_{entry} {}
    boost::asio::cancellation_slot slot() noexcept { return signal_.slot(); }

private:
    void over() {
        tasks_.state(entry_, protocol::TaskState::cancelled, now_coarse_ns());
        signal_.emit(boost::asio::cancellation_type::terminal);
    }

    boost::asio::cancellation_signal signal_;
    TaskTable& tasks_;
    std::uint32_t entry_;
};

}  // namespace superd::detail
