// The threads of the thread model as one: with an error of one of them, or when all have returned,
// the worker ends.
#pragma once

#include <sys/eventfd.h>

#include <cxxabi.h>

#include <mutex>
#include <superd/taker.hpp>

namespace superd::detail {

class Crew {
public:
    explicit Crew(unsigned threads) : living_{threads}, over_{::eventfd(0, EFD_CLOEXEC)} {}

    // Runs `work` as one of the threads.
    template <class Work>
    void run(Work work) {
        struct Returned {
            Crew& crew;
            ~Returned() { crew.returned(); }
        };
        const Returned returned{*this};
        try {
            work();
        } catch (abi::__forced_unwind&) {  // pthread_exit(3): it must go on.
            throw;
        } catch (...) {
            failed(std::current_exception());
        }
    }

    // Readable once the worker has nothing to wait for.
    int over() const noexcept { return over_.fd; }

    // Throws what the first thread to fail has thrown, if one has.
    void rethrow() {
        std::exception_ptr error;
        {
            const std::lock_guard lock{mutex_};
            error = error_;
        }
        if (error) std::rethrow_exception(error);
    }

private:
    void failed(std::exception_ptr error) {
        const std::lock_guard lock{mutex_};
        if (!error_) error_ = std::move(error);
        wake();
    }
    void returned() noexcept {
        const std::lock_guard lock{mutex_};
        if (--living_ == 0) wake();
    }
    void wake() const noexcept {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(over_.fd, &one, sizeof one);
    }

    std::mutex mutex_;
    std::exception_ptr error_;
    unsigned living_;
    Descriptor over_;
};

}  // namespace superd::detail
