#include "keeper/parking.hpp"

#include "keeper/report.hpp"

#include <array>
#include <cstring>

namespace superd::keeper {
namespace {

constexpr int at_once = 64;
constexpr std::size_t own_sockets = 3;
// All names become one variable of the next superd's environment, and the kernel executes nothing
// with one of 128 KiB: a store that is too full would keep superd from starting again.
constexpr std::size_t names_bytes_max = 100'000;
// With its mark of which of a pair it is, and the colon behind it.
constexpr std::size_t beside_name = 3;

// "announced" is about this keeper's life. A template is its keeper's child: it ends with that.
bool outlives(std::string_view name) {
    return name != "announced" && !name.starts_with("template.");
}

// As systemd takes them for names: printable, and no colon.
bool is_clean(std::string_view name) {
    for (const char each : name) {
        if (each < ' ' || each >= 127 || each == ':') return false;
    }
    return !name.empty();
}

}  // namespace

StoredName stored_name(std::string_view name, unsigned which, unsigned count) {
    StoredName text;
    if (count > 1) text.add(which + 1).add(".");
    return text.add(name);
}

Parking::Parking(Manager& manager, Held& held, const Runtime& runtime)
    : manager_{manager}, held_{held}, runtime_{runtime} {}

void Parking::begin() {
    if (!works()) return;
    sockets_due_ = true;
    count_ = own_sockets;
    bytes_ = own_sockets * stored_control.size();
    for (std::size_t i = 0; i < held_.size(); ++i) {
        const Held::Entry& entry = held_.at(i);
        const std::size_t there = entry.copied + entry.stale;
        count_ += there;
        bytes_ += there * (std::strlen(entry.name) + beside_name);
    }
    held_.keep_copies();
}

bool Parking::flush() {
    if (!works()) return false;
    if (sockets_due_ && !tell_sockets()) return false;
    for (int budget = at_once; budget > 0; --budget) {
        const std::size_t position = held_.next_change();
        if (position == Held::names_max) return false;
        if (!tell(position)) return false;
    }
    return true;
}

// Once more does no harm: systemd knows a descriptor that it has already.
bool Parking::tell_sockets() {
    const struct {
        std::string_view name;
        int fd;
        bool ours;
    } sockets[] = {{stored_control, runtime_.control.get(), !runtime_.control_given},
                   {stored_notify, runtime_.notify.get(), true},
                   {stored_logger, runtime_.logger.get(), true}};
    for (const auto& each : sockets) {
        const StoredName name = stored_name(each.name, 0, 1);
        if (each.ours ? !store(name, each.fd) : !remove(name)) return false;
    }
    sockets_due_ = false;
    return true;
}

// False: the manager takes no more; what was told of this one may be told again.
bool Parking::tell(std::size_t position) {
    const Held::Entry& entry = held_.at(position);
    const std::string_view name{entry.name};
    const std::size_t bytes = name.size() + beside_name;
    for (unsigned i = 0; i < entry.stale; ++i) {
        if (!remove(stored_name(name, i, entry.stale))) return false;
    }
    count_ -= entry.stale;
    bytes_ -= entry.stale * bytes;
    const std::size_t stale = entry.stale;
    if (stale != 0 && left_out_) {
        left_out_ = false;
        held_.keep_copies();
    }
    if (entry.released || !outlives(name) || !is_clean(name) || !has_room(name, entry.count)) {
        held_.settle(position, false);
        return true;
    }
    for (unsigned i = 0; i < entry.count; ++i) {
        if (store(stored_name(name, i, entry.count), entry.fds[i])) continue;
        count_ += stale;
        bytes_ += stale * bytes;
        return false;
    }
    count_ += entry.count;
    bytes_ += entry.count * bytes;
    held_.settle(position, true);
    return true;
}

bool Parking::has_room(std::string_view name, unsigned count) {
    const std::size_t bytes = count * (name.size() + beside_name);
    if (count_ + count <= manager_.store_max() && bytes_ + bytes <= names_bytes_max) return true;
    left_out_ = true;
    if (!full_told_) {
        full_told_ = true;
        report("cannot leave more descriptors with the service manager: it keeps ", count_,
               " of them (FileDescriptorStoreMax= ", manager_.store_max(),
               "); of services beyond that, superd will not know how they ended if they end while "
               "it is away itself");
    }
    return false;
}

bool Parking::store(const StoredName& name, int fd) {
    Text<128> text;
    text.add("FDSTORE=1\nFDPOLL=0\nFDNAME=").add(name);
    // Without a manager there is nothing to be kept and nothing to wait for.
    return manager_.send(text.view(), {&fd, 1}) != Manager::Sent::later;
}

bool Parking::remove(const StoredName& name) {
    Text<128> text;
    text.add("FDSTOREREMOVE=1\nFDNAME=").add(name);
    return manager_.send(text.view(), {}) != Manager::Sent::later;
}

}  // namespace superd::keeper
