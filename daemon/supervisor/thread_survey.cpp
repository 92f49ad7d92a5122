#include "supervisor/thread_survey.hpp"

#include "os/clock.hpp"
#include "os/process.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include <boost/asio/post.hpp>

namespace superd::supervisor {
namespace {

constexpr std::int64_t slice_ns = 2'000'000;  // Of a round of the event loop.

double seconds(std::uint64_t ns) { return static_cast<double>(ns) / 1e9; }

// What was used of the time between two moments.
std::optional<double> percent(std::uint64_t before, std::uint64_t after, std::int64_t elapsed_ns) {
    if (elapsed_ns <= 0 || after < before) return {};
    const double share = static_cast<double>(after - before) / static_cast<double>(elapsed_ns);
    return std::round(share * 1000) / 10;
}

}  // namespace

struct ThreadSurvey::Job {
    enum class Stage { processes, threads, measuring, asleep, looking };
    struct Process {
        std::size_t subject;
        pid_t pid;
    };
    struct Thread {
        std::size_t subject;
        pid_t pid, tid;
        std::int64_t at_ns = 0;  // When `before` was read.
        std::optional<os::ThreadTimes> before;
    };

    explicit Job(const boost::asio::any_io_executor& executor) : timer{executor} {}

    std::uint64_t id = 0;
    std::vector<core::InstanceId> ids;
    wire::Threads answer;
    std::chrono::nanoseconds sample{};
    Done done;
    Stage stage = Stage::processes;
    std::size_t next = 0;  // Of what the stage goes through.
    std::vector<Process> processes;
    std::vector<Thread> threads;
    boost::asio::steady_timer timer;
};

ThreadSurvey::ThreadSurvey(boost::asio::any_io_executor executor, Sources sources)
    : executor_{std::move(executor)},
      sources_{std::move(sources)},
      awake_{std::make_shared<bool>(false)} {}

ThreadSurvey::~ThreadSurvey() = default;

std::uint64_t ThreadSurvey::begin(std::vector<Subject> subjects, std::chrono::nanoseconds sample,
                                  Done done) {
    auto job = std::make_shared<Job>(executor_);
    job->id = next_id_++;
    job->sample = sample;
    job->answer.sample = std::chrono::duration<double>(sample).count();
    job->done = std::move(done);
    for (Subject& subject : subjects) {
        job->ids.push_back(subject.id);
        job->answer.instances.push_back(std::move(subject.answer));
    }
    ready_.push_back(job);
    wake();
    return job->id;
}

void ThreadSurvey::abandon(std::uint64_t id) {
    const auto is = [id](const std::shared_ptr<Job>& job) { return job->id == id; };
    std::erase_if(ready_, is);
    std::erase_if(asleep_, is);
}

void ThreadSurvey::wake() {
    if (ready_.empty() || std::exchange(*awake_, true)) return;
    boost::asio::post(executor_, [this, weak = std::weak_ptr{awake_}] {
        if (weak.expired()) return;
        *awake_ = false;
        work();
    });
}

void ThreadSurvey::work() {
    const std::int64_t end = os::monotonic_now() + slice_ns;
    while (!ready_.empty()) {
        const auto job = ready_.front();
        const bool more = step(*job);
        if (!more) {
            ready_.pop_front();
            job->stage == Job::Stage::asleep ? sleep(job) : finish(job);
        }
        if (os::monotonic_now() < end) continue;
        // The next slice is another survey's, if there is one.
        if (more) std::rotate(ready_.begin(), ready_.begin() + 1, ready_.end());
        break;
    }
    wake();
}

// One small piece of work. False: it has to sleep, or is done.
bool ThreadSurvey::step(Job& job) {
    switch (job.stage) {
        case Job::Stage::processes: return list_processes(job);
        case Job::Stage::threads: return list_threads(job);
        case Job::Stage::measuring: return measure(job);
        case Job::Stage::asleep:
        case Job::Stage::looking: return look(job);
    }
    std::unreachable();
}

bool ThreadSurvey::list_processes(Job& job) {
    if (job.next == job.ids.size()) {
        job.stage = Job::Stage::threads;
        job.next = 0;
        return true;
    }
    const std::size_t subject = job.next++;
    const auto pids = sources_.processes(job.ids[subject]);
    job.answer.instances[subject].processes = static_cast<std::uint32_t>(pids.size());
    for (const pid_t pid : pids) job.processes.push_back({subject, pid});
    return true;
}

bool ThreadSurvey::list_threads(Job& job) {
    if (job.next == job.processes.size()) {
        job.stage = job.sample.count() > 0 ? Job::Stage::measuring : Job::Stage::looking;
        job.next = 0;
        return true;
    }
    const auto& [subject, pid] = job.processes[job.next++];
    const std::size_t room = threads_max - job.threads.size();
    const auto stat = os::process_stat(pid);
    if (!stat) return true;
    const auto tids = os::threads_of(pid, room);
    if (stat->threads > tids.size()) {
        // Some may have ended between the two looks; only a full list leaves any out.
        const bool full = tids.size() == room;
        if (full) job.answer.instances[subject].left_out += stat->threads - tids.size();
    }
    for (const pid_t tid : tids) job.threads.push_back({subject, pid, tid});
    return true;
}

bool ThreadSurvey::measure(Job& job) {
    if (job.next == job.threads.size()) {
        job.next = 0;
        job.stage = job.threads.empty() ? Job::Stage::looking : Job::Stage::asleep;
        return job.threads.empty();
    }
    Job::Thread& thread = job.threads[job.next++];
    thread.before = os::thread_times(thread.pid, thread.tid);
    thread.at_ns = os::monotonic_now();
    return true;
}

bool ThreadSurvey::look(Job& job) {
    if (job.next == job.threads.size()) return false;
    const Job::Thread& thread = job.threads[job.next++];
    const auto stat = os::thread_stat(thread.pid, thread.tid);
    if (!stat) return true;
    wire::ThreadStatus out{.pid = thread.pid, .tid = thread.tid, .name = stat->name};
    out.state = stat->state;
    out.processor = stat->processor;
    const auto times = os::thread_times(thread.pid, thread.tid);
    const std::int64_t moment = os::monotonic_now();
    if (times) {
        out.cpu_time = seconds(times->ran_ns);
        out.wait_time = seconds(times->waited_ns);
    } else {
        static const auto per_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
        out.cpu_time = static_cast<double>(stat->cpu_ticks) / per_second;
    }
    if (times && thread.before) {
        const auto elapsed = moment - thread.at_ns;
        out.cpu_percent = percent(thread.before->ran_ns, times->ran_ns, elapsed);
        out.wait_percent = percent(thread.before->waited_ns, times->waited_ns, elapsed);
    }
    out.wait_channel = os::wait_channel(thread.pid, thread.tid);
    if (const auto call = os::blocked_call(thread.pid, thread.tid)) {
        out.system_call = os::system_call_name(call->number);
    }
    job.answer.instances[thread.subject].threads.push_back(std::move(out));
    return true;
}

void ThreadSurvey::sleep(std::shared_ptr<Job> job) {
    asleep_.push_back(job);
    job->timer.expires_after(job->sample);
    job->timer.async_wait([this, weak = std::weak_ptr{job}](boost::system::error_code error) {
        const auto woken = weak.lock();
        if (error || !woken) return;
        std::erase(asleep_, woken);
        woken->stage = Job::Stage::looking;
        ready_.push_back(woken);
        wake();
    });
}

void ThreadSurvey::finish(std::shared_ptr<Job> job) {
    for (std::size_t i = 0; i < job->ids.size(); ++i) {
        sources_.tell(job->ids[i], job->answer.instances[i]);
    }
    job->done(std::move(job->answer));
}

}  // namespace superd::supervisor
