#include "supervisor/groups.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

namespace superd::supervisor {
namespace {

constexpr std::uint64_t memory_bit = 1;  // Of a key of facts; the rest is the run.

// superd's own processes, apart from those of units (no name of theirs lacks a
// colon): only then may controllers be passed on to groups beside them.
void move_own(const os::CgroupParent& parent, const std::string& group,
              std::span<const pid_t> own) {
    if (!parent.create(group)) return;
    for (const pid_t pid : own) {
        if (pid > 0 && !parent.move(group, pid)) return;
    }
}

}  // namespace

std::unique_ptr<Groups> Groups::choose(const boost::asio::any_io_executor& executor,
                                       const std::string& setting, const os::CgroupClaim& claim,
                                       std::span<const pid_t> own, std::string& why) {
    if (setting == "off") {
        why = "superd.toml says off";
        return nullptr;
    }
    os::CgroupPlace place{.directory = setting, .settled = true};
    if (setting == "auto") {
        auto found = os::find_cgroup(claim);
        why = found ? found->why : found.error().message();
        if (!found || !found->delegated) return nullptr;
        place = std::move(*found);
    } else {
        // Made if need be; what is wrong with it is told by opening it.
        ::mkdir(setting.c_str(), 0755);
        why = "superd.toml names it";
    }
    auto parent = os::CgroupParent::open(place.directory);
    auto ends = os::CgroupWatch::open();
    auto facts = os::CgroupWatch::open();
    if (!parent || !ends || !facts) {
        why = !parent ? parent.error().message()
              : !ends ? ends.error().message()
                      : facts.error().message();
        return nullptr;
    }
    if (!place.settled) move_own(*parent, place.own, own);
    auto groups =
        std::make_unique<Groups>(executor, std::move(*parent), std::move(*ends), std::move(*facts));
    groups->enable_controllers();
    return groups;
}

Groups::Groups(const boost::asio::any_io_executor& executor, os::CgroupParent parent,
               os::CgroupWatch ends, os::CgroupWatch facts)
    : parent_{std::move(parent)},
      ends_{executor, std::move(ends)},
      facts_{executor, std::move(facts)} {}

void Groups::enable_controllers() {
    refused_ = parent_.enable_controllers();
    controllers_ = parent_.controllers();
}

bool Groups::has(std::string_view controller) const {
    return std::ranges::find(controllers_, controller) != controllers_.end();
}

std::string Groups::why_not(std::string_view controller) const {
    const auto found =
        std::ranges::find(refused_, controller, &os::CgroupParent::Refused::controller);
    if (found != refused_.end()) return found->why;
    return parent_.directory() + " has no " + std::string{controller} + " controller";
}

Result<void> Groups::watch(const std::string& name, std::uint64_t key) {
    return ends_.add(parent_.events_path(name), key);
}

void Groups::on_fact(FactHandler handler) {
    facts_.on_change([handler = std::move(handler)](std::span<const std::uint64_t> keys) {
        for (const std::uint64_t key : keys) handler({key >> 1, (key & memory_bit) != 0});
    });
}

Result<void> Groups::watch_freeze(const std::string& name, std::uint64_t run) {
    return facts_.add(parent_.events_path(name), run << 1);
}

void Groups::unwatch_freeze(std::uint64_t run) { facts_.remove(run << 1); }

Result<void> Groups::watch_memory(const std::string& name, std::uint64_t run) {
    return facts_.add(parent_.memory_events_path(name), run << 1 | memory_bit);
}

}  // namespace superd::supervisor
