// Draining the FIFOs into the log files: the thread that may wait for the disk.
//
// It hears of bytes in a FIFO (fifo_watch.hpp), so that an idle run costs two
// descriptors and no memory beyond its few fields. A FIFO is also the queue:
// what cannot be written yet stays in it. While the disk is slow or full, that
// makes a service with `block` wait in its write, and for one with `drop` the
// oldest lines are taken off once the FIFO is half full.
//
// The event loop's thread calls the public functions. They take the lock, which
// is never held while the disk is waited for. When this thread hangs in the disk,
// the event loop's thread does the dropping (`relieve`), so that the services go on.
#pragma once

#include "logger/compressor.hpp"
#include "logger/fifo_watch.hpp"
#include "logger/follower.hpp"
#include "logger/foreground.hpp"
#include "logger/instance.hpp"
#include "logger/journal.hpp"
#include "logger/journald.hpp"
#include "logger/peek.hpp"
#include "logger/protocol.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <variant>
#include <vector>

namespace superd::logger {

// See the head of this file.
class Drainer {
public:
    struct Setup {
        std::string runtime_directory;
        std::string log_directory;
        int foreground = -1;                     // Descriptor of the copy; -1: none.
        std::function<void(const Reply&)> tell;  // Called in either thread, under no lock.
        std::function<void()> watch;             // Asks for calls of `relieve`; any thread.
        Disk* disk = nullptr;                    // Outlives the drainer.
        std::string journald = "/run/systemd/journal/socket";
    };
    static Result<std::unique_ptr<Drainer>> create(Setup setup);
    Drainer(const Drainer&) = delete;
    Drainer& operator=(const Drainer&) = delete;
    ~Drainer();

    void open(const Open& open);
    void drain(std::uint64_t run) { post(Drain{run}); }
    void close(std::uint64_t run) { post(Close{run}); }
    void reopen() { post(Reopen{}); }
    void follow(std::shared_ptr<Follower> follower) { post(std::move(follower)); }

    // Drains all FIFOs once and ends the thread; false if the disk has not let it
    // end before `seconds` were over.
    bool stop(int seconds);

    // To be called now and then after `watch`: keeps the FIFOs of services that
    // must not wait from filling up while the disk hangs.
    enum class Watch : std::uint8_t { idle, working, hanging };
    Watch relieve();

private:
    // Ends the thread once everything is drained.
    struct Stop {};
    // Looks for a line that says ready among those that an earlier logger wrote.
    struct FindReady {
        std::uint64_t run = 0;
        bool said_already = false;  // Then it is only told again.
    };
    // A FIFO that had bytes in it before it was watched.
    struct Look {
        std::uint64_t key = 0;
    };
    using Command =
        std::variant<Drain, Close, Reopen, std::shared_ptr<Follower>, FindReady, Look, Stop>;
    static constexpr std::size_t busy_bytes = 8 * 1024;  // In one turn of the loop.
    static constexpr int enlarged_bytes = 1 << 20;       // What a FIFO that fills up gets.
    enum class Pumped : std::uint8_t { nothing, some, waiting };
    class DiskUse;

    Drainer(Setup setup, Journal journal, Peeker peeker, Peeker relief, FifoWatch watch);
    void post(Command command);
    void wake();

    // --- drainer.cpp: the thread ---
    void work();
    bool own_runtime_directory();
    int timeout() const;
    void take_written();
    void pump_again();
    bool keep_polling(Run& run, std::size_t stream, std::size_t drained);
    void rest_if_busy();
    void become_idle();
    bool handle_commands();

    // --- requests.cpp: what the supervisor asks for ---
    bool handle(Command& command);
    void drain_now(Run& run);
    void close_now(Run& run);
    void finish(Run& run);
    void reopen_now();
    void start_following(std::shared_ptr<Follower> follower);
    void find_ready(Run& run);
    std::vector<Run*> all_runs();
    std::string open_fifos(Run& run);
    void note_key(const Run& run, std::size_t stream);
    void tell_tail(Run& run);
    std::vector<std::string> tail(const Run& run);

    // --- batch.cpp: from a FIFO to a file ---
    Pumped pump(Run& run, std::size_t stream, Rest rest);
    Result<std::size_t> move_batch(Run& run, std::size_t stream, Rest rest, const Policy& policy);
    void pump_all(Run& run, Rest rest);
    Result<void> prepare(Instance& instance, const Policy& policy);
    Result<void> open_file(Instance& instance);
    Result<void> rotate(Instance& instance, const Policy& policy);
    std::size_t format(Run& run, std::size_t stream, const Policy& policy, std::string_view bytes,
                       Rest rest);
    Result<void> write(Run& run, std::size_t stream, std::string_view bytes);
    void written(Run& run, std::size_t stream, std::string_view bytes, const Policy& policy);
    void match(Run& run, std::string_view bytes);
    void wake_followers(const Instance& instance);

    // --- to_journald.cpp: copies for systemd's journal ---
    void fit_journald(Policy& policy);
    void give_journald(Run& run, std::size_t stream, std::string_view bytes, std::size_t size,
                       Rest rest);
    void flush_journald();
    void await_journald();

    // --- shortage.cpp: the disk is slow or full ---
    void begin_shortage(Run& run, const Error& error);
    void end_shortage(Instance& instance);
    void retry_shortages(std::int64_t now);
    bool make_room(Run& run, std::size_t stream, Peeker& peeker, int error);
    void drop_all(Run& run);
    std::optional<Dropped> take_dropped(Instance& instance, std::int64_t now, bool at_once);
    void enlarge(int fifo);

    LogPath log_path(const Instance& instance) const;
    std::string fifo_path(std::uint64_t run, std::size_t stream) const;

    const Setup setup_;
    Journal journal_;
    Peeker peeker_;
    Peeker relief_;  // The event loop thread's.
    Buffer lines_;
    Foreground foreground_;
    Journald journald_;
    bool foreground_is_journald_;
    Compressor compressor_;
    FifoWatch watch_;
    os::Fd wakeup_;
    os::Fd dev_null_;

    // Guarded by `mutex_`; `runs_` and `instances_` lose members in this class's
    // thread only, which may therefore use them without it.
    std::mutex mutex_;
    std::vector<Command> commands_;
    std::map<InstanceName, Instance> instances_;
    std::unordered_map<std::uint64_t, Run> runs_;
    std::vector<std::uint64_t> keys_;  // Of FIFOs, by their descriptors.
    std::size_t enlarged_ = 0;
    // The batch being written: its FIFO and its bytes still in there.
    int writing_fifo_ = -1;
    std::size_t writing_left_ = 0;
    bool ended_ = false;

    std::atomic<std::int64_t> disk_since_{0};  // When the disk was asked; 0: it is not being.
    std::atomic<bool> watched_{false};
    std::atomic<std::size_t> shortages_{0};  // Instances that have one.
    bool hanging_ = false;                   // The event loop thread's.

    // The thread's alone.
    std::vector<std::uint64_t> again_;  // Keys of FIFOs to be looked at.
    std::vector<int> written_;          // Room for what `watch_` tells.
    std::vector<std::shared_ptr<Follower>> followers_;
    std::size_t files_open_ = 0;
    std::size_t closing_ = 0;  // Runs that are closed once all of them is written.
    std::size_t lines_limit_;  // Bytes in one write; less while the disk is nearly full.
    std::size_t drained_ = 0;  // Bytes in this turn of the loop.
    bool crowded_ = false;     // A FIFO was more than a quarter full in this turn,
    bool polling_ = false;     // ... or is looked at without being watched.
    bool memory_held_ = false;
    std::thread thread_;
};

}  // namespace superd::logger
