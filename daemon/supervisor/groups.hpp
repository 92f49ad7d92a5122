// Control groups in use: one an instance, watched while one is waited for to
// become empty, and for what else may happen in it.
#pragma once

#include "base/result.hpp"
#include "os/cgroup.hpp"
#include "supervisor/group_watch.hpp"

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

namespace superd::supervisor {

class Groups {
public:
    // `setting` as in superd.toml: auto, off, or a directory. Null, and `why`
    // tells it, when control groups are not used. `own`: superd's processes.
    static std::unique_ptr<Groups> choose(const boost::asio::any_io_executor& executor,
                                          const std::string& setting, const os::CgroupClaim& claim,
                                          std::span<const pid_t> own, std::string& why);

    Groups(const boost::asio::any_io_executor& executor, os::CgroupParent parent,
           os::CgroupWatch ends, os::CgroupWatch facts);
    Groups(const Groups&) = delete;
    Groups& operator=(const Groups&) = delete;

    const os::CgroupParent& parent() const { return parent_; }
    // What an instance's group is called. `other`: of the two that it may have, the second.
    static std::string name(std::string_view unit, std::uint32_t number, bool other) {
        return os::cgroup_name(unit, number) + (other ? "+" : "");
    }

    // Passes the controllers on to units' groups, again if somebody has taken them away.
    void enable_controllers();
    bool has(std::string_view controller) const;
    // Why not, as a sentence.
    std::string why_not(std::string_view controller) const;

    // Tells the keys of groups that may have become empty: ask populated() then, and after
    // watch(), for what happened before that is not told.
    void on_change(GroupWatch::Handler handler) { ends_.on_change(std::move(handler)); }
    Result<void> watch(const std::string& name, std::uint64_t key);
    void unwatch(std::uint64_t key) { ends_.remove(key); }

    // Of a run's group: whether it stands still, and whether the kernel has killed in it for want
    // of memory. Told are the runs.
    struct Changed {
        std::uint64_t run = 0;
        bool memory = false;  // Else: how it stands.
    };
    using FactHandler = std::function<void(Changed)>;
    void on_fact(FactHandler handler);
    Result<void> watch_freeze(const std::string& name, std::uint64_t run);
    void unwatch_freeze(std::uint64_t run);
    Result<void> watch_memory(const std::string& name, std::uint64_t run);

private:
    os::CgroupParent parent_;
    GroupWatch ends_, facts_;
    std::vector<std::string> controllers_;
    std::vector<os::CgroupParent::Refused> refused_;
};

}  // namespace superd::supervisor
