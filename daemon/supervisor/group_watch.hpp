// Being told, by the event loop, when control files of groups have changed.
#pragma once

#include "os/cgroup_watch.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

namespace superd::supervisor {

class GroupWatch {
public:
    // Is told the keys of files that may have changed.
    using Handler = std::function<void(std::span<const std::uint64_t> keys)>;

    GroupWatch(const boost::asio::any_io_executor& executor, os::CgroupWatch watch);
    ~GroupWatch();
    GroupWatch(const GroupWatch&) = delete;
    GroupWatch& operator=(const GroupWatch&) = delete;

    void on_change(Handler handler);
    // What has changed before is not told: look after it.
    Result<void> add(const std::string& path, std::uint64_t key) { return watch_.add(path, key); }
    void remove(std::uint64_t key) { watch_.remove(key); }

private:
    void wait();

    os::CgroupWatch watch_;
    boost::asio::posix::stream_descriptor readable_;  // The watch's descriptor, which it owns.
    Handler handler_;
};

}  // namespace superd::supervisor
