#include "logger/follower.hpp"

#include <utility>

namespace superd::logger {

Follower::Follower(std::vector<InstanceName> sources) : sources_{std::move(sources)} {}

void Follower::started(std::vector<Start> starts) {
    const std::lock_guard lock{mutex_};
    starts_ = std::move(starts);
    for (const Start& start : starts_) sizes_.push_back(start.size);
    started_ = true;
    changed_.notify_all();
}

void Follower::next_file(std::size_t source, os::Fd file, std::uint64_t size) {
    const std::lock_guard lock{mutex_};
    if (ended_) return;
    files_.push_back({source, std::move(file)});
    sizes_[source] = size;
    news_ = true;
    changed_.notify_all();
}

void Follower::grown(std::size_t source, std::uint64_t size) {
    const std::lock_guard lock{mutex_};
    if (ended_) return;
    sizes_[source] = size;
    if (!std::exchange(news_, true)) changed_.notify_all();
}

bool Follower::ended() const {
    const std::lock_guard lock{mutex_};
    return ended_;
}

std::vector<Follower::Start> Follower::wait_started() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return started_ || ended_; });
    return std::move(starts_);
}

Follower::News Follower::wait(std::chrono::milliseconds most) {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, most, [&] { return news_ || ended_; });
    news_ = false;
    return {std::exchange(files_, {}), sizes_, ended_};
}

void Follower::end() {
    const std::lock_guard lock{mutex_};
    ended_ = true;
    files_.clear();
    changed_.notify_all();
}

}  // namespace superd::logger
