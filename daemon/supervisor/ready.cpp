#include "supervisor/ready.hpp"

#include "supervisor/ready_watches.hpp"

#include <cassert>
#include <utility>

namespace superd::supervisor {
namespace {

// notify and log: others do the watching.
class ToldWatch final : public ReadyWatch {
public:
    ToldWatch(std::string missing, Callback callback)
        : ReadyWatch{std::move(callback)}, missing_{std::move(missing)} {}

    std::string progress() const override { return missing_; }

private:
    std::string missing_;
};

}  // namespace

void ReadyWatch::finish(bool ready) {
    // A local: the callback may destroy us, and with us itself.
    const Callback callback = std::exchange(callback_, nullptr);
    if (callback) callback(ready);
}

void ReadyWatch::told() { finish(true); }

bool ReadyWatch::by_asking(config::ReadyKind kind) {
    using config::ReadyKind;
    return kind == ReadyKind::tcp || kind == ReadyKind::unix_socket || kind == ReadyKind::http ||
           kind == ReadyKind::exec;
}

std::unique_ptr<ReadyWatch> ReadyWatch::make(const boost::asio::any_io_executor& executor,
                                             const config::Ready& ready, ReadySubject subject,
                                             os::Fd readiness, Callback callback) {
    using config::ReadyKind;
    if (by_asking(ready.kind)) {
        return watch_by_probe(executor, ready, std::move(subject.plan), std::move(callback));
    }
    switch (ready.kind) {
        case ReadyKind::none: break;
        case ReadyKind::notify:
            return std::make_unique<ToldWatch>("no READY=1 yet", std::move(callback));
        case ReadyKind::log:
            // Not the pattern itself: a variable in it may be a secret.
            return std::make_unique<ToldWatch>("no line of its log matches ready.log yet",
                                               std::move(callback));
        case ReadyKind::fd:
            return watch_descriptor(executor, ready, std::move(readiness), std::move(callback));
        case ReadyKind::delay:
            return watch_delay(executor, ready, subject.started, std::move(callback));
        case ReadyKind::tcp:
        case ReadyKind::unix_socket:
        case ReadyKind::http:
        case ReadyKind::exec: break;
    }
    assert(false && "a run without [ready] is not watched");
    std::unreachable();
}

}  // namespace superd::supervisor
