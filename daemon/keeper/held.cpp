#include "keeper/held.hpp"

#include "os/linger.hpp"

#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <iterator>

namespace superd::keeper {
namespace {

std::uint32_t hash_of(const char* name) {  // FNV-1a
    std::uint32_t hash = 2'166'136'261u;
    for (; *name != '\0'; ++name) {
        hash = (hash ^ static_cast<unsigned char>(*name)) * 16'777'619u;
    }
    return hash;
}

void take(Held::Entry& entry, std::span<os::Fd> fds) {
    if (entry.copied > entry.stale) entry.stale = entry.copied;
    entry.copied = 0;
    entry.count = 0;
    entry.released = false;
    for (os::Fd& each : fds) entry.fds[entry.count++] = each.release();
}

void close_all(const Held::Entry& entry) {
    for (const int fd : entry.descriptors()) {
        if (fd < 0) continue;
        // A service may have had it: waiting for its peer, we would see nobody else's death.
        os::stop_lingering(fd);
        ::close(fd);
    }
}

}  // namespace

// The slot that has the name, or the empty one where it would go.
std::size_t Held::slot_of(const char* name, std::uint32_t hash) const {
    std::size_t slot = hash & (index_size_ - 1);
    for (; index_[slot] != 0; slot = next(slot)) {
        const Entry& entry = entries_[index_[slot] - 1];
        if (entry.hash == hash && std::strcmp(entry.name, name) == 0) break;
    }
    return slot;
}

std::size_t Held::slot_of_position(std::size_t position) const {
    std::size_t slot = entries_[position].hash & (index_size_ - 1);
    while (index_[slot] != position + 1) slot = next(slot);
    return slot;
}

const Held::Entry* Held::find(const char* name) const {
    if (size_ == 0) return nullptr;
    const std::uint32_t position = index_[slot_of(name, hash_of(name))];
    return position != 0 && !entries_[position - 1].released ? &entries_[position - 1] : nullptr;
}

void Held::grow() {
    index_size_ = index_size_ == 0 ? index_min : index_size_ * 2;
    std::memset(index_, 0, index_size_ * sizeof index_[0]);
    for (std::size_t position = 0; position < size_; ++position) {
        std::size_t slot = entries_[position].hash & (index_size_ - 1);
        while (index_[slot] != 0) slot = next(slot);
        index_[slot] = static_cast<std::uint32_t>(position + 1);
    }
}

// The position of the name, which is new if need be; names_max: the table is full.
std::size_t Held::position_for(const char* name) {
    if (size_ * 2 >= index_size_ && index_size_ < index_max) grow();
    const std::uint32_t hash = hash_of(name);
    const std::size_t slot = slot_of(name, hash);
    if (index_[slot] != 0) return index_[slot] - 1;
    if (size_ == names_max) return names_max;
    Entry& entry = entries_[size_++];
    entry = {};
    std::strncpy(entry.name, name, name_max - 1);
    entry.hash = hash;
    index_[slot] = static_cast<std::uint32_t>(size_);
    return size_ - 1;
}

bool Held::hold(const char* name, std::span<os::Fd> fds) {
    const std::size_t position = position_for(name);
    if (position == names_max) return false;
    close_all(entries_[position]);
    take(entries_[position], fds);
    mark(position, copies_);
    return true;
}

bool Held::restore(const Entry& entry) {
    const std::size_t position = position_for(entry.name);
    if (position == names_max) return false;
    const std::uint32_t hash = entries_[position].hash;
    entries_[position] = entry;
    entries_[position].hash = hash;
    return true;
}

bool Held::hold_half(const char* name, std::size_t which, os::Fd fd) {
    const std::size_t position = position_for(name);
    if (position == names_max) return false;
    Entry& entry = entries_[position];
    if (entry.count == 0) {
        entry.count = descriptors_max;
        for (int& each : entry.fds) each = -1;
    }
    if (entry.count != descriptors_max || entry.fds[which] >= 0) return false;
    entry.fds[which] = fd.release();
    return true;
}

bool Held::complete(const Entry& entry) {
    return std::ranges::none_of(entry.descriptors(), [](int fd) { return fd < 0; });
}

// Later slots of the same chain move up, so that no probe ends early at the hole.
void Held::clear_slot(std::size_t hole) {
    for (std::size_t slot = next(hole); index_[slot] != 0; slot = next(slot)) {
        const std::size_t home = entries_[index_[slot] - 1].hash & (index_size_ - 1);
        const std::size_t from_home = (slot - home) & (index_size_ - 1);
        const std::size_t from_hole = (slot - hole) & (index_size_ - 1);
        if (from_home < from_hole) continue;
        index_[hole] = index_[slot];
        hole = slot;
    }
    index_[hole] = 0;
}

bool Held::release(const char* name) {
    if (size_ == 0) return false;
    const std::size_t slot = slot_of(name, hash_of(name));
    if (index_[slot] == 0) return false;
    const std::size_t position = index_[slot] - 1;
    Entry& entry = entries_[position];
    if (entry.released) return false;
    close_all(entry);
    take(entry, {});
    entry.released = true;
    if (entry.stale == 0) {
        forget(position);
    } else {
        mark(position, true);
    }
    return true;
}

// The last name moves into its place.
void Held::forget(std::size_t position) {
    mark(position, false);
    clear_slot(slot_of_position(position));
    const std::size_t last = --size_;
    if (position == last) return;
    index_[slot_of_position(last)] = static_cast<std::uint32_t>(position + 1);
    entries_[position] = entries_[last];
    mark(position, marked(last));
    mark(last, false);
}

bool Held::marked(std::size_t position) const {
    return (changed_[position / 64] >> position % 64 & 1) != 0;
}

void Held::mark(std::size_t position, bool is) {
    if (marked(position) == is) return;
    changed_[position / 64] ^= std::uint64_t{1} << position % 64;
    changes_ = is ? changes_ + 1 : changes_ - 1;
}

void Held::keep_copies() {
    copies_ = true;
    for (std::size_t position = 0; position < size_; ++position) {
        const Entry& entry = entries_[position];
        mark(position, entry.stale != 0 || entry.copied != entry.count);
    }
}

std::size_t Held::next_change() {
    if (changes_ == 0) return names_max;
    while (changed_[looked_at_] == 0) looked_at_ = (looked_at_ + 1) % std::size(changed_);
    return looked_at_ * 64 + static_cast<std::size_t>(std::countr_zero(changed_[looked_at_]));
}

void Held::settle(std::size_t position, bool copied) {
    Entry& entry = entries_[position];
    entry.stale = 0;
    entry.copied = copied ? entry.count : 0;
    mark(position, false);
    if (entry.released) forget(position);
}

}  // namespace superd::keeper
