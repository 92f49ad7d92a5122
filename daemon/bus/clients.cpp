#include "bus/clients.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace superd::bus {

namespace {

constexpr const char* driver = "org.freedesktop.DBus";
constexpr std::chrono::seconds patience{25};

bool read_groups(sd_bus_message* answer, std::vector<gid_t>& groups) {
    const void* data = nullptr;
    std::size_t size = 0;
    if (sd_bus_message_enter_container(answer, 'v', "au") < 0) return false;
    if (sd_bus_message_read_array(answer, 'u', &data, &size) < 0) return false;
    const auto* const numbers = static_cast<const std::uint32_t*>(data);
    if (size > 0) groups.assign(numbers, numbers + size / sizeof *numbers);
    return sd_bus_message_exit_container(answer) >= 0;
}

}  // namespace

bool read_credentials(sd_bus_message* answer, Client& client) {
    if (sd_bus_message_enter_container(answer, 'a', "{sv}") < 0) return false;
    bool has_uid = false;
    while (sd_bus_message_enter_container(answer, 'e', "sv") > 0) {
        const char* name = nullptr;
        if (sd_bus_message_read(answer, "s", &name) < 0) return false;
        const std::string_view key{name};
        std::uint32_t uid = 0;
        if (key == "UnixUserID") {
            if (sd_bus_message_read(answer, "v", "u", &uid) < 0) return false;
            client.uid = uid;
            has_uid = true;
        } else if (key == "UnixGroupIDs") {
            if (!read_groups(answer, client.groups)) return false;
        } else if (sd_bus_message_skip(answer, "v") < 0) {
            return false;
        }
        if (sd_bus_message_exit_container(answer) < 0) return false;
    }
    return has_uid;
}

void Clients::take(sd_bus& bus, sd_bus_message* message) {
    const char* const sender = sd_bus_message_get_sender(message);
    if (sender == nullptr) return;
    auto [at, added] = entries_.try_emplace(sender);
    Entry& entry = at->second;
    entry.used = ++clock_;
    if (added) {
        entry.all = this;
        entry.client.name = sender;
        meet(bus, entry);
        if (entries_.find(sender) == entries_.end()) return;
    }
    if (entry.client.known) return handlers_.message(entry.client, message);
    if (waiting_ >= waiting_max) {
        sd_bus_reply_method_errorf(message, SD_BUS_ERROR_LIMITS_EXCEEDED,
                                   "cannot take more calls at once: wait for some answers first");
        return;
    }
    ++waiting_;
    entry.waiting.push_back(share(message));
}

// In this order: should it leave after the first, that is told of; before, the second fails.
void Clients::meet(sd_bus& bus, Entry& entry) {
    const auto rule =
        "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',"
        "interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0='" +
        entry.client.name + "'";
    sd_bus_slot* slot = nullptr;
    if (sd_bus_add_match_async(&bus, &slot, rule.c_str(), on_left, nullptr, &entry) >= 0) {
        entry.watch.reset(slot);
    }
    sd_bus_message* made = nullptr;
    int error = sd_bus_message_new_method_call(&bus, &made, driver, "/org/freedesktop/DBus", driver,
                                               "GetConnectionCredentials");
    const Message question{made};
    if (error >= 0) {
        error = sd_bus_message_append_basic(made, 's', entry.client.name.c_str());
    }
    const bool asked =
        error >= 0 &&
        questions_.call(bus, made, patience,
                        [this, name = entry.client.name](auto* answer) { know(name, answer); });
    if (!asked) forget(std::string{entry.client.name});
}

void Clients::know(const std::string& name, sd_bus_message* answer) {
    const auto at = entries_.find(name);
    if (at == entries_.end()) return;
    Entry& entry = at->second;
    if (answer == nullptr || sd_bus_message_is_method_error(answer, nullptr) > 0 ||
        !read_credentials(answer, entry.client)) {
        return forget(name);  // It has left already, and needs no answer.
    }
    entry.client.known = true;
    auto waiting = std::exchange(entry.waiting, {});
    waiting_ -= waiting.size();
    for (const auto& message : waiting) handlers_.message(entry.client, message.get());
    forget_idle();
}

int Clients::on_left(sd_bus_message* message, void* entry, sd_bus_error*) {
    const char *name = nullptr, *from = nullptr, *to = nullptr;
    if (sd_bus_message_read(message, "sss", &name, &from, &to) < 0 || *to != '\0') return 0;
    const auto& one = *static_cast<Entry*>(entry);
    one.all->forget(std::string{one.client.name});
    return 0;
}

void Clients::forget(const std::string& name) {
    const auto at = entries_.find(name);
    if (at == entries_.end()) return;
    waiting_ -= at->second.waiting.size();
    entries_.erase(at);
    handlers_.gone(name);
}

// Met again when it asks again.
void Clients::forget_idle() {
    std::vector<std::pair<std::uint64_t, std::string>> idle;
    for (const auto& [name, entry] : entries_) {
        const Client& client = entry.client;
        if (client.known && !client.subscribed && client.jobs == 0) {
            idle.emplace_back(entry.used, name);
        }
    }
    if (idle.size() <= idle_max) return;
    std::ranges::sort(idle);
    idle.resize(idle.size() - idle_max / 2);
    for (const auto& [used, name] : idle) forget(name);
}

Client* Clients::find(const std::string& name) {
    const auto at = entries_.find(name);
    return at == entries_.end() ? nullptr : &at->second.client;
}

std::vector<std::string> Clients::subscribers() const {
    std::vector<std::string> names;
    for (const auto& [name, entry] : entries_) {
        if (entry.client.subscribed) names.push_back(name);
    }
    return names;
}

void Clients::clear() {
    entries_.clear();
    questions_.fail_all();
    waiting_ = 0;
}

}  // namespace superd::bus
