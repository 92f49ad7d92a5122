// Threads that superd knows of: each has a place in the shared page, a listed task, and a stack for
// signals.
#pragma once

#include <cxxabi.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <superd/log.hpp>
#include <superd/tasks.hpp>
#include <system_error>
#include <thread>

namespace superd::detail {

template <class F>
decltype(auto) call(F& function, Slot& slot) {
    if constexpr (std::is_invocable_v<F&, Slot&>)
        return function(slot);
    else
        return function();
}

// A callable that need not be copied, which std::function's must.
class Job {
public:
    template <class F>
        requires(!std::is_same_v<std::remove_cvref_t<F>, Job>)
    explicit Job(F&& call) : held_{new Held<std::decay_t<F>>{std::forward<F>(call)}} {}
    Job(Job&& other) noexcept : held_{std::exchange(other.held_, nullptr)} {}
    Job& operator=(Job&& other) noexcept {
        std::swap(held_, other.held_);
        return *this;
    }
    ~Job() { delete held_; }
    void operator()(Slot& slot) { held_->call(slot); }

private:
    struct Base {
        virtual ~Base() = default;
        virtual void call(Slot&) = 0;
    };
    template <class F>
    struct Held final : Base {
        explicit Held(F&& call_) : function{std::move(call_)} {}
        explicit Held(const F& call_) : function{call_} {}
        void call(Slot& slot) override { static_cast<void>(detail::call(function, slot)); }
        F function;
    };
    Base* held_;
};

class Threads {
public:
    Threads(const superd_abi_host& host, protocol::Page& page, const Log& log, TaskTable& tasks)
        : host_{host}, page_{page}, log_{log}, tasks_{tasks} {
        for (auto i = static_cast<std::uint32_t>(page.slots.size()); i > 1; --i)
            slots_.push_back(i - 1);
    }
    Threads(const Threads&) = delete;
    Threads& operator=(const Threads&) = delete;
    ~Threads() { join(std::chrono::steady_clock::time_point::max()); }

    // Runs `job` in a thread of its own, listed under `name` unless that is empty. Throws
    // std::system_error.
    void start(std::string_view name, Job job, const std::source_location& where) {
        std::unique_lock lock{mutex_};
        reap();
        if (slots_.empty())
            throw std::system_error{EAGAIN, std::system_category(),
                                    "cannot start another thread: a worker has at most 255"};
        auto& one = threads_.emplace_back();
        one.slot = slots_.back();
        try {
            one.thread = std::thread{[this, &one, job = std::move(job), name = std::string{name},
                                      where]() mutable { body(one, job, name, where); }};
        } catch (...) {
            threads_.pop_back();
            throw;
        }
        slots_.pop_back();
    }

    // Waits for all threads; false when some still ran at `deadline`.
    bool join(std::chrono::steady_clock::time_point deadline) {
        std::unique_lock lock{mutex_};
        const auto all_ended = [this] {
            return std::all_of(threads_.begin(), threads_.end(),
                               [](auto& one) { return one.ended; });
        };
        if (deadline == std::chrono::steady_clock::time_point::max())
            changed_.wait(lock, all_ended);
        else if (!changed_.wait_until(lock, deadline, all_ended))
            return false;
        reap();
        return true;
    }

private:
    struct One {
        std::thread thread;
        std::uint32_t slot = 0;
        bool ended = false;
    };

    void body(One& one, Job& job, const std::string& name, const std::source_location& where) {
        struct Ending {
            Threads& all;
            One& one;
            ~Ending() {
                const std::lock_guard lock{all.mutex_};
                one.ended = true;
                all.changed_.notify_all();
            }
        };
        struct Known {
            Threads& all;
            superd_abi_thread* record;
            std::uint32_t entry;
            ~Known() {
                record->task = 0;
                all.tasks_.end(entry);
                all.host_.leave_thread();
            }
        };
        const Ending ending{*this, one};
        auto* const record = host_.enter_thread(one.slot);
        Slot slot{page_, one.slot, protocol::SlotKind::thread};
        slot.raw().tid.store(static_cast<std::uint32_t>(::gettid()), std::memory_order_relaxed);
        const auto entry = name.empty() ? TaskTable::unlisted : tasks_.begin(name, one.slot, where);
        record->task = tasks_.id(entry);
        const Known known{*this, record, entry};
        try {
            job(slot);
        } catch (const std::exception& failure) {
            log_.error("a thread ended with an exception: ", failure.what());
        } catch (abi::__forced_unwind&) {  // pthread_exit(3): it must go on.
            throw;
        } catch (...) {
            log_.error("a thread ended with an exception of an unknown type");
        }
    }

    void reap() {
        for (auto one = threads_.begin(); one != threads_.end();) {
            if (!one->ended) {
                ++one;
                continue;
            }
            one->thread.join();
            slots_.push_back(one->slot);
            one = threads_.erase(one);
        }
    }

    const superd_abi_host& host_;
    protocol::Page& page_;
    const Log& log_;
    TaskTable& tasks_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::list<One> threads_;
    std::vector<std::uint32_t> slots_;  // Those that are free.
};

// A few threads that take jobs from a queue; made when they are needed.
class Pool {
public:
    Pool(Threads& threads, unsigned most) : threads_{threads}, most_{std::max(1u, most)} {}
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    // Ends the threads when the queue is empty.
    void close() {
        const std::lock_guard lock{mutex_};
        closed_ = true;
        came_.notify_all();
    }

    // Throws std::system_error when there is no thread at all to run it.
    void submit(Job job) {
        std::unique_lock lock{mutex_};
        queue_.push_back(std::move(job));
        if (idle_ >= queue_.size() || count_ == most_) return came_.notify_one();
        try {
            threads_.start("", Job{[this](Slot& slot) { work(slot); }}, {});
            ++count_;
        } catch (const std::system_error&) {
            if (count_ > 0) return;
            queue_.pop_back();
            throw;
        }
    }

private:
    void work(Slot& slot) {
        std::unique_lock lock{mutex_};
        for (;;) {
            slot.beat();
            ++idle_;
            came_.wait_for(lock, std::chrono::milliseconds{500},
                           [this] { return !queue_.empty() || closed_; });
            --idle_;
            if (queue_.empty() && closed_) return;
            if (queue_.empty()) continue;
            Job job = std::move(queue_.front());
            queue_.pop_front();
            lock.unlock();
            {
                const auto busy = slot.busy("blocking");
                job(slot);
            }
            lock.lock();
        }
    }

    Threads& threads_;
    unsigned most_;
    std::mutex mutex_;
    std::condition_variable came_;
    std::deque<Job> queue_;
    unsigned count_ = 0;
    std::size_t idle_ = 0;
    bool closed_ = false;
};

}  // namespace superd::detail
