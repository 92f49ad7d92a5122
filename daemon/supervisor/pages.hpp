// The pages that hosted workers share with superd (units/protocol/page.hpp). The keeper holds each
// too, so it outlives the worker, and tells what it was doing when it died, and this process.
#pragma once

#include "base/result.hpp"
#include "core/instance.hpp"
#include "os/fd.hpp"
#include "supervisor/keeper_link.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace superd::supervisor {

class Pages {
public:
    // As /proc shows a descriptor of one.
    static constexpr std::string_view shown = "/memfd:superd-page (deleted)";
    // By which the keeper holds a run's.
    static std::string held_name(core::RunId run);

    // `gone` is told of each run whose page is let go.
    Pages(KeeperLink& link, std::function<void(core::RunId)> gone)
        : link_{link}, gone_{std::move(gone)} {}

    // Takes over those that the keeper holds for the runs that are known, with the slots of their
    // instances' records. Returns the names it holds them by.
    std::set<std::string> adopt(
        const std::set<std::string>& held,
        const std::function<std::optional<std::uint32_t>(core::RunId run)>& slot_of);

    // A new page, zeroed, for a run of the instance whose record is in that slot. It can be neither
    // cut nor made longer. Of the instance's earlier ones those stay whose runs are alive, and the
    // last two of the others.
    Result<int> make(std::uint32_t slot, core::RunId run,
                     const std::function<bool(core::RunId)>& alive);
    // A run's that outlived every process of superd, taken back from it: the keeper holds it again.
    void restore(std::uint32_t slot, core::RunId run, os::Fd fd);
    // Empty: that run has none, or none any more.
    const os::Fd* find(core::RunId run) const;
    std::vector<core::RunId> runs() const;
    // The instance is stopped, or gone.
    void drop(std::uint32_t slot);
    bool empty() const { return pages_.empty(); }

private:
    struct Page {
        std::uint32_t slot = 0;
        os::Fd fd;
    };
    static constexpr std::size_t kept = 2;  // Of runs that have ended.

    void release(core::RunId run);

    KeeperLink& link_;
    std::function<void(core::RunId)> gone_;
    std::map<core::RunId, Page> pages_;
};

}  // namespace superd::supervisor
