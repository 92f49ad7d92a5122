#include "logger/journal.hpp"

#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cerrno>
#include <cstring>

namespace superd::logger {

namespace {
constexpr std::size_t mark_size = 64;
constexpr std::size_t path_max = 1024;
constexpr std::size_t rounds_room = 60 * 1024;
constexpr std::uint64_t batch_here = 0x3130'6775'6c70'7573;  // Also the version of the page.

void store_before() { std::atomic_signal_fence(std::memory_order_seq_cst); }
}  // namespace

// The next logger sees the stores of this one in the order that the compiler
// gives them: hence `volatile`, and a fence where plain stores come first.
struct Journal::Page {
    volatile std::uint64_t under_way;  // `batch_here`: the fields below hold a batch.
    std::uint64_t size_before;
    std::uint64_t size_after;
    std::uint64_t bytes;    // Of the batch.
    std::uint64_t skipped;  // Of these, spliced to /dev/null: the first step.
    // Bytes consumed by reading so far, times two; plus 1 when a read of
    // `round` bytes is under way.
    volatile std::uint64_t progress;
    std::uint64_t round;
    char first[mark_size];  // The first bytes of the batch,
    char last[mark_size];   // and the first after those skipped.
    char mark[mark_size];   // What is at the end of the round before its read.
    char fifo[path_max];
    char file[path_max];
    char room[rounds_room];
};

Result<Journal> Journal::open(const std::string& path, int dev_null) {
    os::Fd file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
    if (!file) return fail_errno(errno, "open " + path);
    // Allocated now: a store to a page that the file system has no room for is a SIGBUS.
    if (const int error = ::posix_fallocate(file.get(), 0, sizeof(Page)); error != 0)
        return fail_errno(error, "make room for " + path);
    void* mapped = ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
    if (mapped == MAP_FAILED) return fail_errno(errno, "map " + path);
    return Journal{std::move(file), static_cast<Page*>(mapped), dev_null};
}

Journal::Journal(Journal&& other) noexcept
    : file_{std::move(other.file_)},
      page_{std::exchange(other.page_, nullptr)},
      dev_null_{other.dev_null_} {}

Journal::~Journal() {
    if (page_ != nullptr) ::munmap(page_, sizeof(Page));
}

bool Journal::try_lock() { return ::flock(file_.get(), LOCK_EX | LOCK_NB) == 0; }

void Journal::begin(const Batch& batch, std::string_view bytes) {
    assert(page_->under_way != batch_here && !bytes.empty());
    page_->size_before = batch.size_before;
    page_->size_after = batch.size_after;
    page_->bytes = bytes.size();
    page_->skipped = 0;
    page_->progress = 0;
    if (bytes.size() > mark_size) {
        const std::string_view last = bytes.substr(bytes.size() - mark_size);
        std::memcpy(page_->first, bytes.data(), mark_size);
        std::memcpy(page_->last, last.data(), mark_size);
        if (bytes.substr(0, mark_size) != last) page_->skipped = bytes.size() - mark_size;
    }
    std::memcpy(page_->fifo, batch.fifo.data(), batch.fifo.size());
    page_->fifo[batch.fifo.size()] = '\0';
    std::memcpy(page_->file, batch.file.data(), batch.file.size());
    page_->file[batch.file.size()] = '\0';
    store_before();
    page_->under_way = batch_here;
}

void Journal::consume(int fifo, std::string_view bytes) {
    assert(page_->under_way == batch_here && page_->bytes == bytes.size());
    if (page_->skipped > 0) discard(fifo, page_->skipped, dev_null_);
    read_marked(fifo, bytes.substr(page_->skipped));
    page_->under_way = 0;
}

void Journal::abandon() { page_->under_way = 0; }

// Reads exactly `bytes`, which lie at the front of the FIFO, in marked rounds.
void Journal::read_marked(int fifo, std::string_view bytes) {
    while (!bytes.empty()) {
        const std::size_t round = std::min(bytes.size(), rounds_room);
        const std::size_t marked = std::min(round, mark_size);
        char* const mark = page_->room + round - marked;
        for (std::size_t i = 0; i < marked; ++i)
            mark[i] = static_cast<char>(~bytes[round - marked + i]);
        std::memcpy(page_->mark, mark, marked);
        page_->round = round;
        store_before();
        page_->progress = page_->progress | 1;
        ssize_t got = 0;
        do {
            got = ::read(fifo, page_->room, round);
        } while (got < 0 && errno == EINTR);
        page_->progress = (page_->progress & ~std::uint64_t{1}) + 2 * round;
        if (got != static_cast<ssize_t>(round)) return;  // Somebody else reads this FIFO.
        bytes.remove_prefix(round);
    }
}

bool Journal::read_happened() const {
    const std::size_t marked = std::min<std::size_t>(page_->round, mark_size);
    return std::memcmp(page_->room + page_->round - marked, page_->mark, marked) != 0;
}

// Takes off the FIFO what a killed logger left there of a written batch.
void Journal::consume_rest(int fifo, Peeker& peeker) {
    if ((page_->progress & 1) != 0) {
        const std::uint64_t round = read_happened() ? page_->round : 0;
        page_->progress = (page_->progress & ~std::uint64_t{1}) + 2 * round;
    }
    const std::uint64_t read_so_far = page_->progress / 2;
    if (page_->skipped > 0 && read_so_far == 0) {
        const std::string_view front = peeker.peek(fifo).substr(0, mark_size);
        if (front == std::string_view{page_->first, mark_size})
            discard(fifo, page_->skipped, dev_null_);
    }
    std::uint64_t left = page_->bytes - page_->skipped - read_so_far;
    while (left > 0) {
        const std::string_view bytes = peeker.peek(fifo).substr(0, left);
        if (bytes.empty()) return;
        read_marked(fifo, bytes);
        left -= bytes.size();
    }
}

void Journal::recover(Peeker& peeker) {
    if (page_->under_way != batch_here) {
        page_->under_way = 0;
        return;
    }
    page_->fifo[path_max - 1] = page_->file[path_max - 1] = '\0';
    struct stat file{};
    const bool there = ::stat(page_->file, &file) == 0;
    const auto size = static_cast<std::uint64_t>(file.st_size);
    if (there && size >= page_->size_after) {
        const os::Fd fifo{::open(page_->fifo, O_RDWR | O_NONBLOCK | O_CLOEXEC)};
        if (fifo && page_->round <= rounds_room) consume_rest(fifo.get(), peeker);
    } else if (there && size > page_->size_before) {
        // Ignored: the torn lines are then completed by a newline and repeated.
        [[maybe_unused]] const int cut =
            ::truncate(page_->file, static_cast<off_t>(page_->size_before));
    }
    page_->under_way = 0;
}

}  // namespace superd::logger
