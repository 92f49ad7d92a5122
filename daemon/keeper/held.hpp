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
class Held {
public:
    static constexpr std::size_t names_max = 65'536;

    struct Entry {
        char name[name_max];
        std::uint32_t hash;
        std::uint32_t count;  // Descriptors, at least one.
        int fds[descriptors_max];
        std::span<const int> descriptors() const { return {fds, count}; }
    };

    std::size_t size() const { return size_; }
    const Entry& at(std::size_t position) const { return entries_[position]; }

    // Takes the descriptors under that name; what it held before is closed.
    // False: the table is full.
    bool hold(const char* name, std::span<os::Fd> fds);

    // Closes what is held under that name and moves the last name into its
    // place. False: there was none.
    bool release(const char* name);

    // Null: not held.
    const Entry* find(const char* name) const;

private:
    static constexpr std::size_t index_max = 2 * names_max;
    static constexpr std::size_t index_min = 64;

    std::size_t slot_of(const char* name, std::uint32_t hash) const;
    std::size_t slot_of_position(std::size_t position) const;
    void clear_slot(std::size_t slot);
    void grow();
    std::size_t next(std::size_t slot) const { return (slot + 1) & (index_size_ - 1); }

    std::size_t size_ = 0;
    std::size_t index_size_ = 0;        // A power of two, at least twice size_.
    std::uint32_t index_[index_max]{};  // Position in entries_ plus one; 0: empty.
    Entry entries_[names_max]{};
};

}  // namespace superd::keeper
