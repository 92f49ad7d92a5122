#include "supervisor/groups.hpp"

#include <sys/stat.h>

#include <utility>

namespace superd::supervisor {
namespace {

// superd's own processes, apart from those of units (no name of theirs lacks a
// colon): only then may controllers be passed on to groups beside them.
constexpr const char* own_group = "superd";

void move_own(const os::CgroupParent& parent, std::span<const pid_t> own) {
    if (!parent.create(own_group)) return;
    for (const pid_t pid : own) {
        if (pid > 0 && !parent.move(own_group, pid)) return;
    }
    // What the controllers would tell is left out where they cannot be had.
    static_cast<void>(parent.enable_controllers());
}

}  // namespace

std::unique_ptr<Groups> Groups::choose(const boost::asio::any_io_executor& executor,
                                       const std::string& setting, pid_t keeper,
                                       std::span<const pid_t> own, std::string& why) {
    if (setting == "off") {
        why = "superd.toml says off";
        return nullptr;
    }
    std::string directory = setting;
    if (setting == "auto") {
        auto place = os::find_cgroup(keeper);
        why = place ? place->why : place.error().message();
        if (!place || !place->delegated) return nullptr;
        directory = place->directory;
    } else {
        // Made if need be; what is wrong with it is told by opening it.
        ::mkdir(directory.c_str(), 0755);
        why = "superd.toml names it";
    }
    auto parent = os::CgroupParent::open(directory);
    auto watch = os::CgroupWatch::open();
    if (!parent || !watch) {
        why = parent ? watch.error().message() : parent.error().message();
        return nullptr;
    }
    if (setting == "auto") move_own(*parent, own);
    return std::make_unique<Groups>(executor, std::move(*parent), std::move(*watch));
}

Groups::Groups(const boost::asio::any_io_executor& executor, os::CgroupParent parent,
               os::CgroupWatch watch)
    : parent_{std::move(parent)},
      watch_{std::move(watch)},
      readable_{executor, watch_.descriptor()} {}

Groups::~Groups() { static_cast<void>(readable_.release()); }

void Groups::on_change(Handler handler) {
    handler_ = std::move(handler);
    wait();
}

Result<void> Groups::watch(const std::string& name, std::uint64_t key) {
    return watch_.add(parent_.events_path(name), key);
}

void Groups::unwatch(std::uint64_t key) { watch_.remove(key); }

void Groups::wait() {
    readable_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                         [this](boost::system::error_code error) {
                             if (error) return;
                             const auto keys = watch_.read();
                             if (!keys.empty()) handler_(keys);
                             wait();
                         });
}

}  // namespace superd::supervisor
