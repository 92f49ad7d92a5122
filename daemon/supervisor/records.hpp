// RUNTIME/records: what the next supervisor must know of each instance, one
// slot each, written with one pwrite(2) a change.
#pragma once

#include "base/result.hpp"
#include "os/fd.hpp"
#include "turn/record_codec.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace superd::supervisor {

class Records {
public:
    struct Stored {
        std::uint32_t slot = 0;
        turn::Record record;
    };
    // What the file held when it was opened.
    struct Contents {
        turn::RecordsHeader header;  // Of no boot, if the file was new or damaged.
        core::RunId next_run = 1;    // Higher than all runs known to the file.
        std::vector<Stored> records;
        std::uint32_t damaged = 0;  // Slots that could not be understood.
    };

    static Result<Records> open(const std::string& path, Contents& contents);

    // Forgets everything but that runs below `header.next_run` have been.
    Result<void> reset(const turn::RecordsHeader& header);
    // Keeps the slots as they are.
    Result<void> write_header(const turn::RecordsHeader& header);

    // Unless it is one already (0: none), `slot` becomes one that nobody uses, and whose room on
    // the disk nobody can take any more. The file grows when there is none.
    Result<void> provide(std::uint32_t& slot);
    Result<void> write(std::uint32_t slot, const turn::Slot& bytes);
    // Wipes the slot; it may be allocated again.
    Result<void> release(std::uint32_t slot);

private:
    explicit Records(os::Fd fd) : fd_{std::move(fd)} {}
    Result<void> grow();
    Result<Contents> load();
    Result<void> put(std::uint32_t slot, const turn::Slot& bytes);

    os::Fd fd_;
    std::uint32_t end_ = 1;            // Slots from here on have never been used, ...
    std::uint32_t room_ = 1;           // ... and from here on the disk may have no room for them.
    std::vector<std::uint32_t> free_;  // Those below it that are free.
};

}  // namespace superd::supervisor
