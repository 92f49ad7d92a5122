#include "supervisor/pages.hpp"

#include "protocol/page.hpp"

#include <sys/mman.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <string_view>
#include <utility>
#include <vector>

namespace superd::supervisor {
namespace {

constexpr std::string_view prefix = "page.";

}  // namespace

std::string Pages::held_name(core::RunId run) { return std::string{prefix} + std::to_string(run); }

std::set<std::string> Pages::adopt(
    const std::set<std::string>& held,
    const std::function<std::optional<std::uint32_t>(core::RunId run)>& slot_of) {
    std::set<std::string> taken;
    for (const std::string& name : held) {
        if (!name.starts_with(prefix)) continue;
        core::RunId run = 0;
        std::from_chars(name.data() + prefix.size(), name.data() + name.size(), run);
        const auto slot = slot_of(run);
        if (!slot) continue;
        auto fd = std::move(link_.fetch(name)[0]);
        if (!fd) continue;
        pages_[run] = {*slot, std::move(fd)};
        taken.insert(name);
    }
    return taken;
}

Result<int> Pages::make(std::uint32_t slot, core::RunId run,
                        const std::function<bool(core::RunId)>& alive) {
    os::Fd fd{::memfd_create("superd-page", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    if (!fd || ::ftruncate(fd.get(), protocol::page_size) != 0 ||
        ::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
        const int error = errno;
        return fail_errno(error, "make a page to share with a worker");
    }
    std::vector<core::RunId> ended;
    for (const auto& [other, page] : pages_) {
        if (page.slot == slot && !alive(other)) ended.push_back(other);
    }
    for (std::size_t i = 0; i + kept < ended.size(); ++i) {
        release(ended[i]);
        pages_.erase(ended[i]);
    }
    const int number = fd.get();
    restore(slot, run, std::move(fd));
    return number;
}

void Pages::restore(std::uint32_t slot, core::RunId run, os::Fd fd) {
    link_.hold(held_name(run), std::array{fd.get()});
    pages_[run] = {slot, std::move(fd)};
}

const os::Fd* Pages::find(core::RunId run) const {
    const auto found = pages_.find(run);
    return found == pages_.end() ? nullptr : &found->second.fd;
}

std::vector<core::RunId> Pages::runs() const {
    std::vector<core::RunId> runs;
    for (const auto& [run, page] : pages_) runs.push_back(run);
    return runs;
}

void Pages::release(core::RunId run) {
    link_.release(held_name(run));
    gone_(run);
}

void Pages::drop(std::uint32_t slot) {
    std::erase_if(pages_, [&](const auto& each) {
        if (each.second.slot != slot) return false;
        release(each.first);
        return true;
    });
}

}  // namespace superd::supervisor
