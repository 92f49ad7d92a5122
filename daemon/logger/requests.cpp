// What the supervisor asks of the drainer.
#include "base/overloaded.hpp"
#include "logger/drainer.hpp"
#include "logger/history.hpp"

#include <sys/stat.h>

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace superd::logger {
namespace {

constexpr std::size_t tail_line_max = 512;
constexpr std::int64_t second = 1'000'000'000;

// The stamp of the time when the FIFO was made, shortly before its run began; empty
// where the file system does not note it.
std::string birth_stamp(const os::Fd& fifo) {
    struct statx info{};
    if (!fifo || ::statx(fifo.get(), "", AT_EMPTY_PATH, STATX_BTIME, &info) != 0 ||
        (info.stx_mask & STATX_BTIME) == 0)
        return {};
    const auto stamp = format_stamp(info.stx_btime.tv_sec * second + info.stx_btime.tv_nsec);
    return {stamp.data(), stamp.size()};
}

// The stored lines of one run, at most the last `lines`.
StoredLines lines_of(const LogPath& path, const Run& run, std::uint64_t lines) {
    LineFilter filter;
    filter.pid = run.pid;
    filter.since = birth_stamp(run.fifos[0]);
    std::deque<Segment> segments = rotated_segments(path);
    // Without that time all of the history would be searched for lines of the pid.
    while (filter.since.empty() && segments.size() > 1) segments.pop_front();
    Segment current;
    current.path = path.current();
    segments.push_back(std::move(current));
    segments = last_lines(std::move(segments), filter, lines);
    return StoredLines{std::move(segments), std::move(filter)};
}

std::string tail_line(std::string_view stream, std::string_view text) {
    return std::string{stream} + ": " + printable(text, tail_line_max);
}

}  // namespace

// Any thread; the FIFOs are in the runtime directory, which is no disk to wait for.
void Drainer::open(const Open& open) {
    std::string trouble;
    bool said_already = false;
    {
        const std::lock_guard lock{mutex_};
        const auto [place, fresh] = runs_.try_emplace(open.run);
        Run& run = place->second;
        if (!fresh) {
            run.instance->policy = open.policy;
            // A new supervisor may not have heard of it.
            said_already = run.matched;
            if (!said_already) return;
        } else {
            const auto [at, added] = instances_.try_emplace(InstanceName{open.unit, open.index});
            Instance& instance = at->second;
            instance.name = &at->first;
            instance.policy = open.policy;
            ++instance.runs;
            run.run = open.run;
            run.pid = open.pid;
            run.instance = &instance;
            if (!open.label.empty()) run.label = std::make_unique<std::string>(open.label);
            trouble = open_fifos(run);
            if (!open.ready_pattern.empty()) {
                run.ready = std::make_unique<re2::RE2>(open.ready_pattern, re2::RE2::Quiet);
                if (!run.ready->ok()) run.ready.reset();
            }
        }
    }
    if (!trouble.empty()) setup_.tell(Trouble{trouble});
    if (!open.ready_pattern.empty()) post(FindReady{open.run, said_already});
}

// Opens both and watches them. What the operator should know, or nothing.
std::string Drainer::open_fifos(Run& run) {
    std::string trouble;
    for (std::size_t stream = 0; stream < 2; ++stream) {
        const std::string path = fifo_path(run.run, stream);
        // For writing too: then there is never an end of file, and poll(2) tells
        // whether a writer would wait.
        os::Fd fifo{::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC)};
        struct stat info{};
        int error = fifo ? 0 : errno;
        if (fifo && (::fstat(fifo.get(), &info) != 0 || !S_ISFIFO(info.st_mode))) error = EINVAL;
        if (error == 0) error = FifoWatch::begin(fifo.get());
        if (error != 0)
            trouble += (trouble.empty() ? "cannot open " : "; cannot open ") + path + ": " +
                       std::system_category().message(error) +
                       "; what the service writes there is not logged";
        else
            run.fifos[stream] = std::move(fifo);
        if (error == 0) note_key(run, stream);
    }
    return trouble;
}

// So that a signal of this FIFO is known to be its own; with the lock held.
void Drainer::note_key(const Run& run, std::size_t stream) {
    const int fifo = run.fifos[stream].get();
    const std::uint64_t key = run.run * 2 + stream;
    const auto place = static_cast<std::size_t>(fifo);
    if (place >= keys_.size()) keys_.resize(place + 1);
    keys_[place] = key;
    if (waiting_bytes(fifo) == 0) return;
    // It came before the watch.
    commands_.emplace_back(Look{key});
    wake();
}

// False when the thread is to end.
bool Drainer::handle(Command& command) {
    const auto find = [&](std::uint64_t number) -> Run* {
        const std::lock_guard lock{mutex_};
        const auto found = runs_.find(number);
        return found == runs_.end() ? nullptr : &found->second;
    };
    return std::visit(Overloaded{
                          [&](const Drain& drain) {
                              if (Run* run = find(drain.run)) {
                                  drain_now(*run);
                              } else {
                                  setup_.tell(Tail{drain.run, {}});
                              }
                              return true;
                          },
                          [&](const Close& close) {
                              if (Run* run = find(close.run)) {
                                  close_now(*run);
                              } else {
                                  setup_.tell(Closed{close.run});
                              }
                              return true;
                          },
                          [&](const Reopen&) {
                              reopen_now();
                              return true;
                          },
                          [&](std::shared_ptr<Follower>& follower) {
                              start_following(std::move(follower));
                              return true;
                          },
                          [&](const FindReady& wanted) {
                              if (wanted.said_already) {
                                  setup_.tell(Matched{wanted.run});
                              } else if (Run* run = find(wanted.run)) {
                                  find_ready(*run);
                              }
                              return true;
                          },
                          [&](const Look& look) {
                              again_.push_back(look.key);
                              return true;
                          },
                          [&](const Stop&) {
                              for (Run* run : all_runs()) pump_all(*run, Rest::keep);
                              return false;
                          },
                      },
                      command);
}

std::vector<Run*> Drainer::all_runs() {
    const std::lock_guard lock{mutex_};
    std::vector<Run*> all;
    for (auto& [number, run] : runs_) all.push_back(&run);
    return all;
}

void Drainer::drain_now(Run& run) {
    pump_all(run, Rest::line);
    tell_tail(run);
}

void Drainer::close_now(Run& run) {
    pump_all(run, Rest::line);
    const bool left =
        waiting_bytes(run.fifos[0].get()) > 0 || waiting_bytes(run.fifos[1].get()) > 0;
    if (left && run.instance->policy.when_full == WhenFull::block) {
        if (!std::exchange(run.closing, true)) ++closing_;
        return;
    }
    if (left && run.instance->shortage) drop_all(run);
    finish(run);
}

// Forgets a run of which everything is written, or dropped and counted.
void Drainer::finish(Run& run) {
    const std::uint64_t number = run.run;
    Instance& instance = *run.instance;
    if (run.lines_since_tail) tell_tail(run);
    std::optional<Dropped> dropped;
    if (run.closing) --closing_;
    {
        const std::lock_guard lock{mutex_};
        for (const os::Fd& fifo : run.fifos)
            if (fifo && pipe_capacity(fifo.get()) >= enlarged_bytes && enlarged_ > 0) --enlarged_;
        runs_.erase(number);
        if (--instance.runs == 0) {
            if (instance.shortage) {
                dropped = take_dropped(instance, 0, true);
                --shortages_;
            }
            if (instance.file.is_open()) --files_open_;
            instances_.erase(InstanceName{*instance.name});
        }
    }
    if (dropped) setup_.tell(*dropped);
    setup_.tell(Closed{number});
}

void Drainer::reopen_now() {
    const std::lock_guard lock{mutex_};
    for (auto& [name, instance] : instances_) instance.file.close();
    files_open_ = 0;
}

void Drainer::start_following(std::shared_ptr<Follower> follower) {
    std::vector<Follower::Start> starts;
    for (const InstanceName& name : follower->sources()) {
        Follower::Start start;
        const LogPath path{setup_.log_directory + '/' + name.unit, name.index};
        start.rotated = rotated_segments(path);
        start.current = os::Fd{::open(path.current().c_str(), O_RDONLY | O_CLOEXEC)};
        struct stat info{};
        if (start.current && ::fstat(start.current.get(), &info) == 0)
            start.size = static_cast<std::uint64_t>(info.st_size);
        starts.push_back(std::move(start));
    }
    std::erase_if(followers_, [](const auto& other) { return other->ended(); });
    follower->started(std::move(starts));
    followers_.push_back(std::move(follower));
}

// A logger before this one may have written the line that says ready, and have been
// killed before the supervisor heard of it.
void Drainer::find_ready(Run& run) {
    if (!run.ready || birth_stamp(run.fifos[0]).empty()) return;
    StoredLines lines = lines_of(log_path(*run.instance), run, UINT64_MAX);
    StoredLine parsed;
    for (std::string_view line = lines.next(); !line.empty() && run.ready; line = lines.next())
        if (parse_stored(line, parsed)) match(run, parsed.message);
}

void Drainer::tell_tail(Run& run) {
    run.lines_since_tail = false;
    setup_.tell(Tail{run.run, tail(run)});
}

// The last lines of a run: of its files, and what has no room there yet.
std::vector<std::string> Drainer::tail(const Run& run) {
    std::vector<std::string> last;
    const std::uint32_t most = run.instance->policy.tail;
    if (most == 0) return last;
    StoredLines lines = lines_of(log_path(*run.instance), run, most);
    StoredLine parsed;
    for (std::string_view line = lines.next(); !line.empty(); line = lines.next())
        if (parse_stored(line, parsed)) last.push_back(tail_line(parsed.stream, parsed.message));
    for (std::size_t stream = 0; stream < 2; ++stream) {
        if (!run.fifos[stream]) continue;
        LineCutter cutter{peeker_.peek(run.fifos[stream].get()), Rest::line};
        while (const auto line = cutter.next()) {
            last.push_back(tail_line(stream == 0 ? "out" : "err", line->text));
            if (last.size() >= 2 * std::size_t{most} + 64)
                last.erase(last.begin(), last.end() - most);
        }
    }
    if (last.size() > most) last.erase(last.begin(), last.end() - most);
    return last;
}

}  // namespace superd::logger
