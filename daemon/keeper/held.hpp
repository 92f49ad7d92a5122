// The descriptors that the keeper holds for others, by name.
#pragma once

#include "keeper/protocol.hpp"
#include "os/fd.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace superd::keeper {

// A table that never allocates: its pages are zero until used, and used from the
// front, so it costs what it holds. hold, release and find take O(1).
//
// Names lie densely in `entries_`; `index_` finds them by hash with linear
// probing. It is used only as far as the number of names asks for.
//
// Somebody else may keep copies (parking.hpp): then the table knows what that one
// has and which names it is still to be told of, and a name that is released stays,
// without descriptors, until it was.
class Held {
public:
    static constexpr std::size_t names_max = 65'536;

    struct Entry {
        char name[name_max];
        std::uint32_t hash;
        std::uint8_t count;   // Descriptors.
        std::uint8_t copied;  // So many of these are with the one who keeps copies.
        std::uint8_t stale;   // That one has so many that were held under this name before.
        bool released;        // It is only here because of those.
        int fds[descriptors_max];
        std::span<const int> descriptors() const { return {fds, count}; }
    };

    // Names, those included that are released and not yet forgotten.
    std::size_t size() const { return size_; }
    const Entry& at(std::size_t position) const { return entries_[position]; }

    // Takes the descriptors under that name; what it held before is closed.
    // False: the table is full.
    bool hold(const char* name, std::span<os::Fd> fds);

    // Takes an entry of another table, as it was there, with its descriptors.
    bool restore(const Entry& entry);

    // Closes what is held under that name and moves the last name into its
    // place. False: there was none.
    bool release(const char* name);

    // Null: not held.
    const Entry* find(const char* name) const;

    // Takes half of a pair, which is complete once the other was taken: `which` is 0 or 1. False:
    // the name has that one already, or is none of a pair; or the table is full.
    bool hold_half(const char* name, std::size_t which, os::Fd fd);
    static bool complete(const Entry& entry);

    // --- copies ---

    // From now on what changes is noted; all that has no copy yet is to be told of (again).
    void keep_copies();
    // The position of a name to be told of; names_max: there is none. They come by turns.
    std::size_t next_change();
    // It was told, or has told us: nothing is left there of what was held before, and it has all
    // of what is held now, or (false) nothing. A name that is released is forgotten.
    void settle(std::size_t position, bool copied);

private:
    static constexpr std::size_t index_max = 2 * names_max;
    static constexpr std::size_t index_min = 64;

    std::size_t slot_of(const char* name, std::uint32_t hash) const;
    std::size_t slot_of_position(std::size_t position) const;
    std::size_t position_for(const char* name);
    void clear_slot(std::size_t slot);
    void grow();
    void forget(std::size_t position);
    void mark(std::size_t position, bool changed);
    bool marked(std::size_t position) const;
    std::size_t next(std::size_t slot) const { return (slot + 1) & (index_size_ - 1); }

    std::size_t size_ = 0;
    std::size_t index_size_ = 0;        // A power of two, at least twice size_.
    std::uint32_t index_[index_max]{};  // Position in entries_ plus one; 0: empty.
    Entry entries_[names_max]{};
    bool copies_ = false;
    std::size_t changes_ = 0;                  // Bits that are set in changed_.
    std::size_t looked_at_ = 0;                // The word where the next look begins.
    std::uint64_t changed_[names_max / 64]{};  // One bit a position.
};

}  // namespace superd::keeper
