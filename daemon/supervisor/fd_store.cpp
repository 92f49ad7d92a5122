#include "supervisor/fd_store.hpp"

#include "os/foreign_fd.hpp"
#include "os/linger.hpp"

#include <linux/kcmp.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <optional>
#include <system_error>
#include <utility>

namespace superd::supervisor {
namespace {

constexpr std::string_view prefix = "fd.";
// What the keeper's name leaves room for. A longer one is in a file held beside the descriptor.
constexpr std::size_t short_name_max = 27;
constexpr std::string_view in_file = "*";

bool same_file(const os::Fd& a, const os::Fd& b) {
    const auto self = ::getpid();
    return ::syscall(SYS_kcmp, self, self, KCMP_FILE, a.get(), b.get()) == 0;
}

os::Fd write_name(std::string_view name) {
    os::Fd file{::memfd_create("superd-fd-name", MFD_CLOEXEC)};
    const auto size = static_cast<ssize_t>(name.size());
    if (file && ::pwrite(file.get(), name.data(), name.size(), 0) != size) file.reset();
    return file;
}

std::string read_name(const os::Fd& file) {
    std::array<char, FdStore::name_max> text{};
    const ssize_t count = ::pread(file.get(), text.data(), text.size(), 0);
    return stored_name({text.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0))});
}

// What a held name says: "fd.SLOT.NUMBER.POLLED.NAME".
struct Label {
    std::uint32_t slot = 0, number = 0, polled = 0;
    std::string name;
};

std::optional<Label> parse(std::string_view held) {
    if (!held.starts_with(prefix)) return std::nullopt;
    held.remove_prefix(prefix.size());
    Label label;
    for (std::uint32_t* each : {&label.slot, &label.number, &label.polled}) {
        const char* const end = held.data() + held.size();
        const auto [rest, error] = std::from_chars(held.data(), end, *each);
        if (error != std::errc{} || rest == end || *rest != '.') return std::nullopt;
        held.remove_prefix(static_cast<std::size_t>(rest - held.data()) + 1);
    }
    label.name = held;
    return label;
}

}  // namespace

std::string stored_name(std::string_view name) {
    const bool good =
        !name.empty() && name.size() <= FdStore::name_max &&
        std::ranges::all_of(name, [](char c) { return c >= ' ' && c < '\x7f' && c != ':'; });
    return good ? std::string{name} : "stored";
}

FdStore::FdStore(const boost::asio::any_io_executor& executor, KeeperLink& link)
    : link_{link}, epoll_{executor} {
    const int fd = ::epoll_create1(EPOLL_CLOEXEC);
    if (fd < 0) throw std::system_error{errno, std::system_category(), "epoll_create1"};
    epoll_.assign(fd);
}

std::string FdStore::held_name(std::uint32_t slot, const Stored& stored) {
    return std::string{prefix} + std::to_string(slot) + "." + std::to_string(stored.number) +
           (stored.polled ? ".1." : ".0.") +
           (stored.name.size() > short_name_max ? std::string{in_file} : stored.name);
}

void FdStore::hold(std::uint32_t slot, const Stored& stored) {
    const std::string name = held_name(slot, stored);
    if (stored.name.size() <= short_name_max) return link_.hold(name, std::array{stored.fd.get()});
    const os::Fd file = write_name(stored.name);
    if (!file) return link_.hold(name, std::array{stored.fd.get()});
    link_.hold(name, std::array{stored.fd.get(), file.get()});
}

std::set<std::string> FdStore::adopt(const std::set<std::string>& held,
                                     const std::function<std::uint32_t(std::uint32_t slot)>& home) {
    std::set<std::string> taken;
    for (const std::string& name : held) {
        const auto label = parse(name);
        const std::uint32_t slot = label ? home(label->slot) : 0;
        if (slot == 0) continue;
        auto [fd, file] = link_.fetch(name);
        if (!fd) continue;
        auto& list = stored_[slot];
        // Its slot was changed when the supervisor died: held under both names, it is the same.
        if (std::ranges::find(list, label->number, &Stored::number) != list.end()) continue;
        list.push_back({file ? read_name(file) : label->name, std::move(fd), label->number,
                        label->polled != 0});
        next_ = std::max(next_, label->number + 1);
        watch(slot, list.back());
        if (slot != label->slot) hold(slot, list.back());
        taken.insert(held_name(slot, list.back()));
    }
    // In the order in which they came, not in that of their names.
    for (auto& [slot, list] : stored_) std::ranges::sort(list, {}, &Stored::number);
    return taken;
}

bool FdStore::add(std::uint32_t slot, os::Fd fd, const std::string& name, bool polled,
                  std::size_t most) {
    // The keeper closes it when it is released, and must not wait for anybody.
    os::stop_lingering(fd.get());
    const auto same = [&](const Stored& each) { return same_file(each.fd, fd); };
    const bool known = std::ranges::any_of(of(slot), same);
    if (known || of(slot).size() >= most) {
        os::close_foreign(std::move(fd));
        return known;
    }
    auto& list = stored_[slot];
    list.push_back({name, std::move(fd), next_++, polled});
    hold(slot, list.back());
    watch(slot, list.back());
    return true;
}

void FdStore::remove(std::uint32_t slot, std::string_view name) {
    let_go(slot, [&](const Stored& each) { return each.name == name; });
}

void FdStore::drop(std::uint32_t slot) {
    let_go(slot, [](const Stored&) { return true; });
}

void FdStore::let_go(std::uint32_t slot, const std::function<bool(const Stored&)>& which) {
    const auto found = stored_.find(slot);
    if (found == stored_.end()) return;
    std::vector<os::Fd> gone;
    std::erase_if(found->second, [&](Stored& each) {
        if (!which(each)) return false;
        link_.release(held_name(slot, each));
        // The open file lives on with the service, and epoll knows it by that.
        ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_DEL, each.fd.get(), nullptr);
        gone.push_back(std::move(each.fd));
        return true;
    });
    os::close_foreign(std::move(gone));
    if (found->second.empty()) stored_.erase(found);
}

void FdStore::move(std::uint32_t from, std::uint32_t to) {
    const auto found = stored_.find(from);
    if (found == stored_.end() || from == to) return;
    std::vector<Stored> list = std::move(found->second);
    stored_.erase(found);
    for (Stored& each : list) {
        ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_DEL, each.fd.get(), nullptr);
        hold(to, each);  // Before it is let go: a supervisor that dies here leaves it with both.
        link_.release(held_name(from, each));
        watch(to, each);
        stored_[to].push_back(std::move(each));
    }
}

std::span<const FdStore::Stored> FdStore::of(std::uint32_t slot) const {
    const auto found = stored_.find(slot);
    if (found == stored_.end()) return {};
    return found->second;
}

// Without any event asked for, epoll tells of hang-ups and errors alone. What cannot be
// polled, as a file, never hangs up.
void FdStore::watch(std::uint32_t slot, const Stored& stored) {
    if (!stored.polled) return;
    epoll_event event{};
    event.data.u64 = std::uint64_t{slot} << 32 | stored.number;
    const int fd = stored.fd.get();
    if (::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_ADD, fd, &event) != 0) return;
    if (!std::exchange(waiting_, true)) wait();
}

void FdStore::wait() {
    epoll_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                      [this](boost::system::error_code error) {
                          if (error) return;
                          read();
                          wait();
                      });
}

void FdStore::read() {
    std::array<epoll_event, 64> events;
    const int count =
        ::epoll_wait(epoll_.native_handle(), events.data(), static_cast<int>(events.size()), 0);
    for (int i = 0; i < count; ++i) {
        const std::uint64_t which = events[static_cast<std::size_t>(i)].data.u64;
        const auto slot = static_cast<std::uint32_t>(which >> 32);
        const auto number = static_cast<std::uint32_t>(which);
        let_go(slot, [=](const Stored& each) { return each.number == number; });
    }
}

}  // namespace superd::supervisor
