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
#include <utility>
#include <vector>

namespace superd::supervisor {

class Pages {
public:
    // `gone` is told of each run whose page is let go.
    Pages(KeeperLink& link, std::function<void(core::RunId)> gone)
        : link_{link}, gone_{std::move(gone)} {}

    // Takes over those that the keeper holds for the runs that are known, with the slots of their
    // instances' records. Returns the names it holds them by.
    std::set<std::string> adopt(
        const std::set<std::string>& held,
        const std::function<std::optional<std::uint32_t>(core::RunId run)>& slot_of);

    // A new page, zeroed, for a run of the instance whose record is in that slot. It can be neither
    // cut nor made longer. Of the instance's earlier ones the last two stay: one may live on
    // while it is replaced, the other is the one that died last.
    Result<int> make(std::uint32_t slot, core::RunId run);
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
    static constexpr std::size_t kept = 3;

    void release(core::RunId run);

    KeeperLink& link_;
    std::function<void(core::RunId)> gone_;
    std::map<core::RunId, Page> pages_;
};

}  // namespace superd::supervisor
