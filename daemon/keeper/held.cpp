#include "keeper/held.hpp"

#include <unistd.h>

#include <cstring>

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
    entry.count = 0;
    for (os::Fd& each : fds) entry.fds[entry.count++] = each.release();
}

void close_all(const Held::Entry& entry) {
    for (const int fd : entry.descriptors()) ::close(fd);
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
    return position != 0 ? &entries_[position - 1] : nullptr;
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

bool Held::hold(const char* name, std::span<os::Fd> fds) {
    if (size_ * 2 >= index_size_ && index_size_ < index_max) grow();
    const std::uint32_t hash = hash_of(name);
    const std::size_t slot = slot_of(name, hash);
    if (index_[slot] != 0) {
        Entry& entry = entries_[index_[slot] - 1];
        close_all(entry);
        take(entry, fds);
        return true;
    }
    if (size_ == names_max) return false;
    Entry& entry = entries_[size_++];
    std::strncpy(entry.name, name, name_max - 1);
    entry.hash = hash;
    take(entry, fds);
    index_[slot] = static_cast<std::uint32_t>(size_);
    return true;
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
    close_all(entries_[position]);
    clear_slot(slot);
    const std::size_t last = --size_;
    if (position != last) {
        index_[slot_of_position(last)] = static_cast<std::uint32_t>(position + 1);
        entries_[position] = entries_[last];
    }
    return true;
}

}  // namespace superd::keeper
