// From a FIFO to a file: peek, format, write, consume. See journal.hpp for why.
#include "logger/drainer.hpp"
#include "logger/rotation.hpp"
#include "logger/shortage.hpp"
#include "os/clock.hpp"

#include <sys/stat.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace superd::logger {
namespace {

// More would keep descriptors from FIFOs: 5,000 instances need 10,000 for those.
constexpr std::size_t files_open_max = 2'000;
constexpr std::int64_t second = 1'000'000'000;
constexpr std::size_t lines_limit_min = 4 * 1024;

Origin origin_of(const Run& run) {
    const InstanceName& name = *run.instance->name;
    return {name.unit, name.index, run.pid, run.label ? *run.label : std::string_view{}};
}

}  // namespace

// The time in which this thread may be waiting for the disk.
class Drainer::DiskUse {
public:
    explicit DiskUse(Drainer& drainer) : drainer_{drainer} {
        drainer_.disk_since_.store(os::monotonic_now());
    }
    DiskUse(const DiskUse&) = delete;
    DiskUse& operator=(const DiskUse&) = delete;
    ~DiskUse() {
        // Under the lock: the event loop's thread is not in the middle of relieving.
        const std::lock_guard lock{drainer_.mutex_};
        drainer_.disk_since_.store(0);
    }

private:
    Drainer& drainer_;
};

// Moves one batch. `nothing`: the FIFO has no complete line now. `some`: it may have
// more. `waiting`: the disk has no room, and it is tried again later.
Drainer::Pumped Drainer::pump(Run& run, std::size_t stream, Rest rest) {
    Instance& instance = *run.instance;
    const int fifo = run.fifos[stream].get();
    if (fifo < 0) return Pumped::nothing;
    Policy policy;
    {
        const std::lock_guard lock{mutex_};
        policy = instance.policy;
    }
    fit_journald(policy);
    const bool drop = policy.when_full == WhenFull::drop;
    if (instance.shortage && os::monotonic_now() < instance.shortage->retry_at) {
        if (drop && make_room(run, stream, peeker_, instance.shortage->error)) {
            run.given[stream] = 0;
        }
        return Pumped::waiting;
    }
    auto moved = move_batch(run, stream, rest, policy);
    // A disk that is nearly full takes a shorter one.
    while (!moved && moved.error().code.value() == ENOSPC && lines_.size() > lines_limit_min) {
        lines_limit_ = lines_.size() / 2;
        moved = move_batch(run, stream, rest, policy);
    }
    if (moved && *moved == 0) return Pumped::nothing;
    if (moved) {
        lines_limit_ = std::min(lines_limit_ * 2, lines_.capacity());
        return waiting_bytes(fifo) > 0 ? Pumped::some : Pumped::nothing;
    }
    begin_shortage(run, moved.error());
    if (drop && make_room(run, stream, peeker_, instance.shortage->error)) run.given[stream] = 0;
    return Pumped::waiting;
}

// From peek to consume; the bytes taken off the FIFO.
Result<std::size_t> Drainer::move_batch(Run& run, std::size_t stream, Rest rest,
                                        const Policy& policy) {
    const int fifo = run.fifos[stream].get();
    std::string_view peeked = peeker_.peek(fifo);
    if (peeked.empty()) return 0;
    memory_held_ = true;
    lines_.clear();
    if (auto ready = prepare(*run.instance, policy); !ready)
        return std::unexpected{std::move(ready.error())};
    // The end of a peek is the end of a line only if there is no more.
    if (rest == Rest::line && peeked.size() < waiting_bytes(fifo)) rest = Rest::keep;
    std::size_t size = format(run, stream, policy, peeked, rest);
    if (size == 0) {
        const bool full = pipe_full(fifo);
        const std::size_t waiting = waiting_bytes(fifo);
        if (!full && waiting == peeked.size()) return 0;
        // More has come since the peek; or else there is no room for the rest of the
        // line, neither in the FIFO nor for the peek, and the service would wait for ever.
        peeked = peeker_.peek(fifo);
        rest = Rest::keep;
        size = format(run, stream, policy, peeked, rest);
        if (size == 0 && (full || peeked.size() < waiting)) {
            rest = Rest::piece;
            size = format(run, stream, policy, peeked, rest);
        }
        if (size == 0) return 0;
    }
    const std::string_view bytes = peeked.substr(0, size);
    if (run.ready) match(run, bytes);
    // Before it is in the file, which ends a batch: a logger that is killed between leaves it to
    // the next one, and the journal has it twice rather than never.
    if (policy.target != Target::file) give_journald(run, stream, peeked, size, rest);
    if (auto done = write(run, stream, bytes); !done)
        return std::unexpected{std::move(done.error())};
    written(run, stream, bytes, policy);
    return size;
}

// Moves what is in the FIFOs now, but not what a flooding service adds meanwhile.
void Drainer::pump_all(Run& run, Rest rest) {
    for (std::size_t stream = 0; stream < 2; ++stream) {
        const std::size_t waiting = waiting_bytes(run.fifos[stream].get());
        const std::size_t drained_before = drained_;
        while (drained_ - drained_before < waiting && pump(run, stream, rest) == Pumped::some) {}
    }
}

// Has the instance's file open and not full.
Result<void> Drainer::prepare(Instance& instance, const Policy& policy) {
    if (instance.file.is_open()) {
        instance.file.refresh_size();
    } else if (auto opened = open_file(instance); !opened) {
        return opened;
    }
    const LogFile& file = instance.file;
    if (file.size() == 0) return {};
    const std::int64_t age = os::realtime_now() - file.created_ns();
    const bool full = policy.size_max > 0 && file.size() >= policy.size_max;
    const bool old = policy.age_max.count() > 0 && age / second >= policy.age_max.count();
    if (!full && !old) return {};
    return rotate(instance, policy);
}

Result<void> Drainer::open_file(Instance& instance) {
    if (files_open_ >= files_open_max) reopen_now();
    Result<void> opened;
    {
        const DiskUse use{*this};
        opened = instance.file.open(log_path(instance));
    }
    if (!opened) {
        instance.file.close();
        return opened;
    }
    ++files_open_;
    for (const auto& follower : followers_) {
        const auto& sources = follower->sources();
        const auto found = std::find(sources.begin(), sources.end(), *instance.name);
        if (found == sources.end()) continue;
        os::Fd copy{::fcntl(instance.file.descriptor(), F_DUPFD_CLOEXEC, 3)};
        if (copy)
            follower->next_file(static_cast<std::size_t>(found - sources.begin()), std::move(copy),
                                instance.file.size());
    }
    return {};
}

Result<void> Drainer::rotate(Instance& instance, const Policy& policy) {
    const LogPath path = log_path(instance);
    {
        const DiskUse use{*this};
        auto rotated = instance.file.rotate(path, policy.keep, os::realtime_now());
        if (!rotated) return rotated;
        keep_newest(path.directory, path.index, policy.keep);
    }
    --files_open_;
    if (policy.compress && policy.keep > 0)
        compressor_.tidy(path.directory, path.index, policy.keep);
    return open_file(instance);
}

// Formats whole lines into `lines_`, as many as fit the file; returns the bytes that
// they are of. A file gets at most one line beyond size_max.
std::size_t Drainer::format(Run& run, std::size_t stream, const Policy& policy,
                            std::string_view bytes, Rest rest) {
    Instance& instance = *run.instance;
    const Origin origin = origin_of(run);
    const std::int64_t now = os::realtime_now();
    lines_.clear();
    if (instance.shortage && instance.shortage->dropped > 0) {
        const std::string note = std::to_string(instance.shortage->dropped) +
                                 " lines were dropped: " + describe(instance.shortage->error);
        (void)Formatter{policy.format, origin, Stream::superd, now}.append({note, false}, lines_);
    }
    const std::uint64_t size = instance.file.size();
    const std::uint64_t room = policy.size_max == 0     ? UINT64_MAX
                               : policy.size_max > size ? policy.size_max - size
                                                        : 0;
    const Formatter formatter{policy.format, origin, stream == 0 ? Stream::out : Stream::err, now};
    LineCutter cutter{bytes, rest};
    std::size_t consumed = 0;
    while (const auto line = cutter.next()) {
        const std::size_t before = lines_.size();
        if (!formatter.append(*line, lines_)) break;
        if (lines_.size() > std::min<std::uint64_t>(room, lines_limit_) && consumed > 0) {
            lines_.resize(before);
            break;
        }
        consumed = cutter.consumed();
    }
    return consumed;
}

// Puts `lines_` into the file and takes their `bytes` off the FIFO.
Result<void> Drainer::write(Run& run, std::size_t stream, std::string_view bytes) {
    LogFile& file = run.instance->file;
    const int fifo = run.fifos[stream].get();
    const std::string fifo_name = fifo_path(run.run, stream);
    const std::string file_name = log_path(*run.instance).current();
    {
        const std::lock_guard lock{mutex_};
        writing_fifo_ = fifo;
        writing_left_ = bytes.size();
    }
    Result<void> appended;
    {
        const DiskUse use{*this};
        journal_.begin({fifo_name, file_name, file.size(), file.size() + lines_.size()}, bytes);
        appended = file.append(lines_.view(), *setup_.disk);
    }
    const std::lock_guard lock{mutex_};
    writing_fifo_ = -1;
    const std::size_t left = std::exchange(writing_left_, 0);
    if (left < bytes.size()) run.given[stream] = 0;  // Others are at the front now.
    if (!appended || left < bytes.size()) {
        journal_.abandon();
        if (appended) discard(fifo, left, dev_null_.get());
        return appended;
    }
    journal_.consume(fifo, bytes);
    return {};
}

// What follows a batch that is in its file.
void Drainer::written(Run& run, std::size_t stream, std::string_view bytes, const Policy& policy) {
    Instance& instance = *run.instance;
    run.lines_since_tail = true;
    run.given[stream] -= std::min(run.given[stream], bytes.size());
    drained_ += bytes.size();
    const int fifo = run.fifos[stream].get();
    if (bytes.size() >= busy_bytes) {
        const std::size_t capacity = pipe_capacity(fifo);
        const std::size_t found = bytes.size() + waiting_bytes(fifo);
        if (found >= capacity / 4) {
            crowded_ = true;
            enlarge(fifo);
        }
    }
    if (instance.shortage) end_shortage(instance);
    if (!followers_.empty()) wake_followers(instance);
    const bool twice = policy.target != Target::file && foreground_is_journald_;
    if (policy.foreground && !twice && foreground_.enabled()) {
        const Origin origin = origin_of(run);
        foreground_.copy(origin, stream == 0 ? Stream::out : Stream::err, bytes,
                         policy.foreground_format);
    }
}

// Tells of the first line that says ready. Before it is consumed: a line that a
// killed logger did not come to consume is seen, and told, again.
void Drainer::match(Run& run, std::string_view bytes) {
    LineCutter cutter{bytes, Rest::line};
    while (const auto line = cutter.next()) {
        if (!re2::RE2::PartialMatch(re2::StringPiece{line->text.data(), line->text.size()},
                                    *run.ready))
            continue;
        run.matched = true;
        run.ready.reset();
        setup_.tell(Matched{run.run});
        return;
    }
}

void Drainer::wake_followers(const Instance& instance) {
    for (const auto& follower : followers_) {
        const auto& sources = follower->sources();
        const auto found = std::find(sources.begin(), sources.end(), *instance.name);
        if (found != sources.end())
            follower->grown(static_cast<std::size_t>(found - sources.begin()),
                            instance.file.size());
    }
}

}  // namespace superd::logger
