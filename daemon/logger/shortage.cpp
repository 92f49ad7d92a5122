// The disk is slow or full: by policy the service waits or its lines are dropped.
#include "logger/shortage.hpp"

#include "logger/drainer.hpp"
#include "os/clock.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

namespace superd::logger {
namespace {

constexpr std::int64_t millisecond = 1'000'000;
constexpr std::int64_t backoff_min = 100 * millisecond;
constexpr std::int64_t backoff_max = 5'000 * millisecond;
constexpr std::int64_t tell_every = 1'000 * millisecond;
constexpr std::int64_t trouble_every = 60'000 * millisecond;
constexpr std::size_t enlarged_max = 64;  // 64 MiB of the kernel's memory at most.

}  // namespace

std::string describe(int error) {
    if (error == ETIMEDOUT) return "the disk does not answer";
    return std::system_category().message(error);
}

Oldest oldest_lines(std::string_view bytes, std::size_t wanted, Rest rest) {
    LineCutter cutter{bytes, rest};
    Oldest oldest;
    while (oldest.bytes < wanted) {
        const auto line = cutter.next();
        if (!line) break;
        if (!line->partial) ++oldest.lines;
        oldest.bytes = cutter.consumed();
    }
    return oldest;
}

void Drainer::begin_shortage(Run& run, const Error& error) {
    Instance& instance = *run.instance;
    const std::int64_t now = os::monotonic_now();
    // It is opened again at the next try: it may have been removed.
    if (instance.file.is_open()) --files_open_;
    instance.file.close();
    if (!instance.shortage) {
        ++shortages_;
        {
            const std::lock_guard lock{mutex_};
            instance.shortage = std::make_unique<Shortage>();
            for (const os::Fd& fifo : run.fifos)
                if (fifo) enlarge(fifo.get());
        }
        // A disk that is full, and not, and full again, is one trouble.
        const bool again = now - instance.trouble_at < trouble_every && instance.trouble_at != 0;
        instance.trouble_at = now;
        const bool drop = instance.policy.when_full == WhenFull::drop;
        if (!again)
            setup_.tell(Trouble{
                "cannot write " + log_path(instance).current() + ": " + error.code.message() +
                (drop ? "; lines that do not fit its pipe are dropped" : "; the service waits") +
                " until it is possible again"});
    }
    Shortage& shortage = *instance.shortage;
    shortage.error = error.code.value();
    shortage.backoff = std::clamp(shortage.backoff * 2, backoff_min, backoff_max);
    shortage.retry_at = now + shortage.backoff;
}

void Drainer::end_shortage(Instance& instance) {
    if (const auto dropped = take_dropped(instance, os::monotonic_now(), true))
        setup_.tell(*dropped);
    const std::lock_guard lock{mutex_};
    instance.shortage.reset();
    --shortages_;
}

void Drainer::retry_shortages(std::int64_t now) {
    if (shortages_ == 0 && closing_ == 0) return;
    std::vector<Run*> due;
    {
        const std::lock_guard lock{mutex_};
        for (auto& [number, run] : runs_)
            if (run.instance->shortage || run.closing) due.push_back(&run);
    }
    for (Run* run : due) {
        Instance& instance = *run->instance;
        if (instance.shortage)
            if (const auto dropped = take_dropped(instance, now, false)) setup_.tell(*dropped);
        pump_all(*run, run->closing ? Rest::line : Rest::keep);
        if (run->closing && waiting_bytes(run->fifos[0].get()) == 0 &&
            waiting_bytes(run->fifos[1].get()) == 0)
            finish(*run);
    }
}

// Takes the oldest lines off a FIFO that is more than half full, so that it is at
// most a quarter full. True: lines were dropped. With the lock held if it is the event
// loop's thread.
bool Drainer::make_room(Run& run, std::size_t stream, Peeker& peeker, int error) {
    const int fifo = run.fifos[stream].get();
    if (fifo < 0) return false;
    Instance& instance = *run.instance;
    const std::size_t capacity = pipe_capacity(fifo);
    std::size_t waiting = waiting_bytes(fifo);
    if (waiting <= capacity / 2 && !pipe_full(fifo)) return false;
    std::uint64_t lines = 0;
    while (waiting > capacity / 4 || pipe_full(fifo)) {
        std::size_t gone = 0;
        if (fifo == writing_fifo_ && writing_left_ > 0) {
            // Not dropped: the thread that hangs has these in its hands.
            gone = discard(fifo, writing_left_, dev_null_.get());
            writing_left_ -= gone;
        } else {
            const std::string_view bytes = peeker.peek(fifo);
            const std::size_t wanted =
                std::max<std::size_t>(waiting, capacity / 4 + 1) - capacity / 4;
            Oldest oldest = oldest_lines(bytes, wanted, Rest::keep);
            if (oldest.bytes == 0) oldest = oldest_lines(bytes, wanted, Rest::piece);
            lines += oldest.lines;
            gone = discard(fifo, oldest.bytes, dev_null_.get());
        }
        if (gone == 0) break;
        waiting -= std::min(waiting, gone);
    }
    if (lines == 0) return false;
    if (!instance.shortage) {
        instance.shortage = std::make_unique<Shortage>();
        instance.shortage->error = error;
        ++shortages_;
    }
    instance.shortage->dropped += lines;
    instance.shortage->untold += lines;
    return true;
}

// Nothing of the run lives and its disk has no room: what is left is lost.
void Drainer::drop_all(Run& run) {
    for (const os::Fd& fifo : run.fifos) {
        if (!fifo) continue;
        for (;;) {
            const std::string_view bytes = peeker_.peek(fifo.get());
            const bool all = bytes.size() >= waiting_bytes(fifo.get());
            const Oldest oldest = oldest_lines(bytes, SIZE_MAX, all ? Rest::line : Rest::keep);
            if (oldest.bytes == 0 || discard(fifo.get(), oldest.bytes, dev_null_.get()) == 0) break;
            run.instance->shortage->dropped += oldest.lines;
            run.instance->shortage->untold += oldest.lines;
        }
    }
}

// What is to be told of dropped lines: at most once a second, except `at_once`.
std::optional<Dropped> Drainer::take_dropped(Instance& instance, std::int64_t now, bool at_once) {
    Shortage& shortage = *instance.shortage;
    if (shortage.untold == 0 || (!at_once && now - shortage.told_at < tell_every))
        return std::nullopt;
    shortage.told_at = now;
    return Dropped{instance.name->unit, instance.name->index, std::exchange(shortage.untold, 0),
                   describe(shortage.error)};
}

// Gives a FIFO that fills up more room, as far as the bound for all allows.
void Drainer::enlarge(int fifo) {
    if (enlarged_ >= enlarged_max || pipe_capacity(fifo) >= enlarged_bytes) return;
    if (::fcntl(fifo, F_SETPIPE_SZ, enlarged_bytes) >= 0) ++enlarged_;
}

}  // namespace superd::logger
