// Watching one run until it is ready, or can not become so any more.
#pragma once

#include "config/unit.hpp"
#include "core/time.hpp"
#include "os/fd.hpp"
#include "os/spawn.hpp"

#include <functional>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>

namespace superd::supervisor {

// The run that is watched.
struct ReadySubject {
    core::Instant
        started{};  // When the run began: a `delay` counts from there, whoever supervises.
    // exec only: how the run was started. A probe gets its environment, user,
    // directory, umask and cgroup; its argv and descriptors are the probe's own.
    os::SpawnPlan plan;
};

// One watch, as [ready] says. Destroying it ends everything it began; nothing
// is called afterwards.
class ReadyWatch {
public:
    // Called at most once. False: readiness cannot come any more. May destroy the watch.
    using Callback = std::function<void(bool ready)>;

    // `readiness` is the read end of the run's readiness pipe; used by kind fd.
    // The callback is never called before make() has returned. `kind` is not none.
    static std::unique_ptr<ReadyWatch> make(const boost::asio::any_io_executor& executor,
                                            const config::Ready& ready, ReadySubject subject,
                                            os::Fd readiness, Callback callback);

    virtual ~ReadyWatch() = default;
    ReadyWatch(const ReadyWatch&) = delete;
    ReadyWatch& operator=(const ReadyWatch&) = delete;

    // What is still missing, as a fragment: "tcp 127.0.0.1:5432 refused, 14 tries".
    virtual std::string progress() const = 0;

    // Kinds tcp, unix, http and exec: the run is asked, again and again; else it says so itself, or
    // time does.
    static bool by_asking(config::ReadyKind kind);
    virtual bool asks() const { return false; }

    // Kinds notify and log: the word has come from outside. Calls back at once.
    void told();

protected:
    explicit ReadyWatch(Callback callback) : callback_{std::move(callback)} {}

    // Calls back, the first time; *this may be gone afterwards.
    void finish(bool ready);
    bool finished() const { return !callback_; }

private:
    Callback callback_;
};

}  // namespace superd::supervisor
