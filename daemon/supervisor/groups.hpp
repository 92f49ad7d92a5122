// Control groups in use: one an instance, watched while one is waited for to
// become empty.
#pragma once

#include "base/result.hpp"
#include "os/cgroup.hpp"
#include "os/cgroup_watch.hpp"

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

namespace superd::supervisor {

class Groups {
public:
    // `changed` is told the keys of groups that may have become empty.
    using Handler = std::function<void(std::span<const std::uint64_t> keys)>;

    // `setting` as in superd.toml: auto, off, or a directory. Null, and `why`
    // tells it, when control groups are not used. `own`: superd's processes.
    static std::unique_ptr<Groups> choose(const boost::asio::any_io_executor& executor,
                                          const std::string& setting, pid_t keeper,
                                          std::span<const pid_t> own, std::string& why);

    Groups(const boost::asio::any_io_executor& executor, os::CgroupParent parent,
           os::CgroupWatch watch);
    ~Groups();
    Groups(const Groups&) = delete;
    Groups& operator=(const Groups&) = delete;

    void on_change(Handler handler);

    const os::CgroupParent& parent() const { return parent_; }
    // From now on `changed` is told when the group changes; ask populated() next.
    Result<void> watch(const std::string& name, std::uint64_t key);
    void unwatch(std::uint64_t key);

private:
    void wait();

    os::CgroupParent parent_;
    os::CgroupWatch watch_;
    boost::asio::posix::stream_descriptor readable_;  // The watch's descriptor, which it owns.
    Handler handler_;
};

}  // namespace superd::supervisor
