#include "logger/compressor.hpp"

#include "logger/rotation.hpp"
#include "os/fd.hpp"

#include <sys/resource.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <vector>

namespace superd::logger {
namespace {

constexpr int level = 1;

bool write_all(int file, const char* data, std::size_t size) {
    while (size > 0) {
        const ssize_t written = ::write(file, data, size);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        data += written;
        size -= static_cast<std::size_t>(written);
    }
    return true;
}

using Context = std::unique_ptr<ZSTD_CCtx, std::size_t (*)(ZSTD_CCtx*)>;

// Compresses all of `from` to `to`. The errno of what failed, or 0.
int stream_through(int from, int to, const std::atomic<bool>* cancelled) {
    const Context context{::ZSTD_createCCtx(), ::ZSTD_freeCCtx};
    if (!context) return ENOMEM;
    ::ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, level);
    ::ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
    std::vector<char> plain(::ZSTD_CStreamInSize());
    std::vector<char> packed(::ZSTD_CStreamOutSize());
    for (;;) {
        const ssize_t got = ::read(from, plain.data(), plain.size());
        if (got < 0) return errno;
        if (cancelled != nullptr && *cancelled) return ECANCELED;
        const auto mode = got == 0 ? ZSTD_e_end : ZSTD_e_continue;
        ZSTD_inBuffer in{plain.data(), static_cast<std::size_t>(got), 0};
        for (bool done = false; !done;) {
            ZSTD_outBuffer out{packed.data(), packed.size(), 0};
            const std::size_t left = ::ZSTD_compressStream2(context.get(), &out, &in, mode);
            if (::ZSTD_isError(left) != 0) return EIO;
            if (!write_all(to, packed.data(), out.pos)) return errno;
            done = got == 0 ? left == 0 : in.pos == in.size;
        }
        if (got == 0) return 0;
    }
}

// Takes the calling thread out of everyone's way.
void lower_priority() {
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), 19);
    const sched_param none{};
    ::sched_setscheduler(0, SCHED_IDLE, &none);
}

}  // namespace

Result<void> compress_file(const std::string& path, const std::atomic<bool>* cancelled) {
    const std::string target = path + ".zst";
    const std::string unfinished = unfinished_path(path);
    const os::Fd from{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!from) return fail_errno(errno, "open " + path);
    const os::Fd to{::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640)};
    if (!to) return fail_errno(errno, "create " + unfinished);
    int error = stream_through(from.get(), to.get(), cancelled);
    // If it has been removed meanwhile, it was beyond those to keep.
    struct stat still{};
    if (error == 0 && ::fstat(from.get(), &still) == 0 && still.st_nlink == 0) error = ENOENT;
    if (error == 0 && ::rename(unfinished.c_str(), target.c_str()) != 0) error = errno;
    if (error != 0) {
        ::unlink(unfinished.c_str());
        return fail_errno(error, "compress " + path);
    }
    ::unlink(path.c_str());
    return {};
}

Compressor::~Compressor() {
    {
        const std::lock_guard lock{mutex_};
        jobs_.clear();
    }
    cancelled_ = true;
    if (thread_.joinable()) thread_.join();
}

void Compressor::tidy(const std::string& directory, std::uint32_t index, std::uint32_t keep) {
    const std::lock_guard lock{mutex_};
    const bool asked = std::any_of(jobs_.begin(), jobs_.end(), [&](const Job& job) {
        return job.directory == directory && job.index == index;
    });
    if (!asked) jobs_.push_back({directory, index, keep});
    if (working_) return;
    // A thread that has no more work has let go of the lock for good: joining is short.
    if (thread_.joinable()) thread_.join();
    working_ = true;
    thread_ = std::thread{[this] { work(); }};
}

void Compressor::finish() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return !working_; });
}

void Compressor::work() {
    lower_priority();
    std::unique_lock lock{mutex_};
    while (!jobs_.empty()) {
        const Job job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        compress_all(job);
        lock.lock();
    }
    working_ = false;
    changed_.notify_all();
}

void Compressor::compress_all(const Job& job) {
    // Newest first: if the rotation is faster than this, the oldest go soon anyway.
    std::vector<Rotated> files = list_rotated(job.directory, job.index);
    std::reverse(files.begin(), files.end());
    for (const Rotated& file : files) {
        if (cancelled_) return;
        // A failure leaves the file as it is, readable and counted.
        if (!file.compressed) (void)compress_file(file.path, &cancelled_);
    }
    keep_newest(job.directory, job.index, job.keep);
}

}  // namespace superd::logger
