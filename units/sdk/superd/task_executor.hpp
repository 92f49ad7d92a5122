// How the loop knows which of its listed coroutines runs: each is resumed by an executor of its
// own.
#pragma once

#include <superd/tasks.hpp>
#include <type_traits>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/execution.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>

namespace superd::detail {

// Which listed coroutine the loop's thread runs at this moment, for the list and for reports of
// crashes.
class Current {
public:
    // `now_ns` is looked at, not the clock: that would cost more than all else here.
    Current(TaskTable& tasks, superd_abi_thread* thread, const std::uint64_t& now_ns) noexcept
        : tasks_{tasks}, thread_{thread}, now_ns_{now_ns} {}

    // It is resumed, perhaps within a step of another one. Returns what leave() is to be told.
    std::uint32_t enter(std::uint32_t entry) noexcept {
        tasks_.state(entry_, protocol::TaskState::suspended, now_ns_);
        tasks_.state(entry, protocol::TaskState::running, now_ns_);
        return std::exchange(entry_, show(entry));
    }
    void leave(std::uint32_t entry, std::uint32_t before) noexcept {
        if (entry_ == entry) tasks_.state(entry, protocol::TaskState::suspended, now_ns_);
        tasks_.state(before, protocol::TaskState::running, now_ns_);
        entry_ = show(before);
    }
    // Its entry is another one's from now on.
    void ended(std::uint32_t entry) noexcept {
        if (entry_ == entry) entry_ = show(TaskTable::unlisted);
    }

private:
    std::uint32_t show(std::uint32_t entry) noexcept {
        if (thread_) thread_->task = tasks_.id(entry);
        return entry;
    }

    TaskTable& tasks_;
    superd_abi_thread* thread_;
    const std::uint64_t& now_ns_;
    std::uint32_t entry_ = TaskTable::unlisted;
};

// What `Inner` would run, run as a step of a listed coroutine.
template <class Inner>
class TaskExecutor {
public:
    TaskExecutor(Inner inner, Current& current, std::uint32_t entry) noexcept
        : inner_{std::move(inner)}, current_{&current}, entry_{entry} {}

    friend bool operator==(const TaskExecutor& a, const TaskExecutor& b) noexcept {
        return a.inner_ == b.inner_ && a.current_ == b.current_ && a.entry_ == b.entry_;
    }

    template <class Property>
        requires boost::asio::can_query<const Inner&, Property>::value
    decltype(auto) query(const Property& property) const
        noexcept(boost::asio::is_nothrow_query<const Inner&, Property>::value) {
        return boost::asio::query(inner_, property);
    }

    template <class Property>
        requires boost::asio::can_require<const Inner&, Property>::value
    auto require(const Property& property) const
        noexcept(boost::asio::is_nothrow_require<const Inner&, Property>::value) {
        auto inner = boost::asio::require(inner_, property);
        return TaskExecutor<decltype(inner)>{std::move(inner), *current_, entry_};
    }

    template <class Function>
    void execute(Function&& function) const {
        inner_.execute(
            Step<std::decay_t<Function>>{std::forward<Function>(function), current_, entry_});
    }

private:
    template <class Function>
    struct Step {
        Function function;
        Current* current;
        std::uint32_t entry;
        void operator()() {
            struct Left {
                Current& current;
                std::uint32_t entry, before;
                ~Left() { current.leave(entry, before); }
            };
            const Left left{*current, entry, current->enter(entry)};
            std::move(function)();
        }
    };

    Inner inner_;
    Current* current_;
    std::uint32_t entry_;
};

// The executor of an awaitable, or of one that a callable returns.
template <class T>
struct ExecutorOf : ExecutorOf<std::invoke_result_t<T&>> {};
template <class T, class Executor>
struct ExecutorOf<boost::asio::awaitable<T, Executor>> {
    using type = Executor;
};
// Runs what it is given where it is: in the last step of a coroutine, to hear of its end. The
// executor of the coroutine itself, by which Asio would come back for that, costs more.
struct Here {
    template <class Function>
    void execute(Function&& function) const {
        std::forward<Function>(function)();
    }
    friend bool operator==(const Here&, const Here&) noexcept { return true; }
};

}  // namespace superd::detail
