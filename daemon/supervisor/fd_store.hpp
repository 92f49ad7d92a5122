// Descriptors that services gave superd to keep from one run to the next
// (FDSTORE=1 of sd_notify(3)). The keeper holds them too: they outlive this process.
#pragma once

#include "os/fd.hpp"
#include "supervisor/keeper_link.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

namespace superd::supervisor {

// Whose they are is told by the slot of the instance's record, which stays the same
// for as long as superd knows the instance.
class FdStore {
public:
    struct Stored {
        std::string name;
        os::Fd fd;
        std::uint32_t number = 0;  // Of its own within the slot.
        bool polled = true;
    };
    static constexpr std::size_t name_max = 255;  // systemd's.

    FdStore(const boost::asio::any_io_executor& executor, KeeperLink& link);

    // Takes over what the keeper holds for a slot. `home` tells whose it is now; 0: nobody
    // wants it. Returns their names there.
    std::set<std::string> adopt(const std::set<std::string>& held,
                                const std::function<std::uint32_t(std::uint32_t slot)>& home);

    // False: there are `most` already. One that is there already is not stored twice.
    // `polled`: it goes by itself when its other end has hung up.
    bool add(std::uint32_t slot, os::Fd fd, const std::string& name, bool polled, std::size_t most);
    void remove(std::uint32_t slot, std::string_view name);
    void drop(std::uint32_t slot);
    // The instance has another slot from now on.
    void move(std::uint32_t from, std::uint32_t to);
    std::span<const Stored> of(std::uint32_t slot) const;

private:
    void let_go(std::uint32_t slot, const std::function<bool(const Stored&)>& which);
    void watch(std::uint32_t slot, const Stored& stored);
    void wait();
    void read();
    void hold(std::uint32_t slot, const Stored& stored);
    static std::string held_name(std::uint32_t slot, const Stored& stored);

    KeeperLink& link_;
    boost::asio::posix::stream_descriptor epoll_;
    std::map<std::uint32_t, std::vector<Stored>> stored_;
    std::uint32_t next_ = 0;
    bool waiting_ = false;
};

// The name of a descriptor as it is kept: what is none becomes "stored", as in systemd.
std::string stored_name(std::string_view name);

}  // namespace superd::supervisor
