#include "config/read_listen.hpp"

#include "config/instance_text.hpp"
#include "config/listen_address.hpp"
#include "config/schema_listen.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include <fmt/format.h>

namespace superd::config {

namespace {

constexpr std::size_t listeners_max = 64;
constexpr std::size_t name_max = 64;
constexpr std::uint16_t column_max = std::numeric_limits<std::uint16_t>::max();

bool is_listener_name(std::string_view name) {
    const auto good = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    };
    return !name.empty() && name.size() <= name_max && std::ranges::all_of(name, good);
}

bool check_table(const std::string& where, const Value& value, const Table& table,
                 const Refuse& refuse) {
    bool good = true;
    for (const auto& entry : table.entries) {
        const auto key = std::ranges::find(listener_keys, entry.key, &Key::path);
        const auto path = where + "." + shown_key(entry.key);
        if (key == listener_keys.end()) {
            refuse(path, Value{entry.at, Table{}},
                   "unknown key; expected address, accept, backlog, nodelay, deferred, mode, user "
                   "or group");
            good = false;
            continue;
        }
        const auto refuse_part = [&](std::string_view, const Value& part, std::string_view cause) {
            refuse(path, part, cause);
        };
        good = check_value(*key, entry.value, refuse_part) && good;
    }
    if (table.find("address") == nullptr) {
        refuse(where, value, "address is missing; write address = \"tcp://127.0.0.1:8080\"");
        good = false;
    }
    return good;
}

// One listener as it was written: a string, or a table.
struct Item {
    const Fields& fields;
    std::string path;  // "listen.http"
    const Value& value;

    const Value* find(std::string_view key) const {
        const auto* table = value.as<Table>();
        const auto* entry = table != nullptr ? table->find(key) : nullptr;
        return entry != nullptr ? &entry->value : nullptr;
    }
    const Value& address() const {
        const auto* written = find("address");
        return written != nullptr ? *written : value;
    }
    void refuse(std::string_view key, const Value& part, std::string_view cause) const {
        const bool whole = key == "address" && find("address") == nullptr;
        fields.refuse(whole ? path : path + "." + std::string{key}, part, cause);
    }
};

std::string account_name(const Value& value) {
    const auto* number = value.as<std::int64_t>();
    return number != nullptr ? std::to_string(*number) : *value.as<std::string>();
}

void read_owner(const Item& item, Accounts& accounts, const Launch& launch, Listener& into) {
    into.uid = launch.uid;
    into.gid = launch.gid;
    if (const auto* value = item.find("user")) {
        const auto user = accounts.user(account_name(*value));
        if (!user) return item.refuse("user", *value, user.error());
        into.uid = user->uid;
        into.gid = user->gid;
    }
    if (const auto* value = item.find("group")) {
        const auto group = accounts.group(account_name(*value));
        if (!group) return item.refuse("group", *value, group.error());
        into.gid = *group;
    }
}

void refuse_foreign(const Item& item, Transport transport) {
    const bool path = transport == Transport::unix_stream;
    for (const auto key : {"mode", "user", "group"}) {
        const auto* value = item.find(key);
        if (value != nullptr && !path) item.refuse(key, *value, "only a unix: socket has it");
    }
    for (const auto key : {"backlog", "nodelay", "deferred"}) {
        const auto* value = item.find(key);
        const bool known =
            transport == Transport::tcp || (path && key == std::string_view{"backlog"});
        if (value != nullptr && !known)
            item.refuse(key, *value, "it means nothing for this address");
    }
}

// Where each of the unit's instances listens; nothing if one of them cannot.
std::vector<ListenAddress> addresses_of(const Listener& listener, std::uint32_t instances,
                                        std::string& cause) {
    std::vector<ListenAddress> all;
    const bool open = listener.address.contains(instance_mark);
    for (std::uint32_t index = 0; index < (open ? instances : 1); ++index) {
        auto address = parse_listen_address(for_instance(listener.address, index));
        if (!address) {
            cause = (open ? fmt::format("for instance {}: ", index) : "") + address.error();
            return {};
        }
        all.push_back(std::move(*address));
    }
    return all;
}

std::optional<Listener> read_listener(const Item& item, std::string name, Environment& environment,
                                      Accounts& accounts, const Unit& unit) {
    Listener listener;
    listener.name = std::move(name);
    const Value& written = item.address();
    auto text = environment.expand(*written.as<std::string>());
    if (!text) {
        item.refuse("address", written, text.error());
        return {};
    }
    listener.address = std::move(*text);
    std::string cause;
    const auto addresses = addresses_of(listener, unit.spec.instances, cause);
    if (addresses.empty()) {
        item.refuse("address", written, cause);
        return {};
    }
    const Transport transport = addresses.front().transport;
    const bool own = listener.address.contains(instance_mark);
    listener.shared = transport == Transport::unix_stream && !own;
    if (const auto* value = item.find("accept")) {
        const bool shared = *value->as<std::string>() == "shared";
        if (!shared && listener.shared) {
            item.refuse("accept", *value, "a unix: socket is always shared");
        } else if (shared && own) {
            item.refuse("accept", *value, "with ${INSTANCE} in its address there are several");
        }
        listener.shared = shared;
    }
    if (const auto* value = item.find("backlog")) {
        listener.backlog = static_cast<std::uint32_t>(*value->as<std::int64_t>());
    }
    if (const auto* value = item.find("nodelay")) listener.nodelay = *value->as<bool>();
    if (const auto* value = item.find("deferred")) listener.deferred = *value->as<bool>();
    if (const auto* value = item.find("mode")) {
        listener.mode = static_cast<mode_t>(std::stoul(*value->as<std::string>(), nullptr, 8));
    }
    read_owner(item, accounts, unit.launch, listener);
    refuse_foreign(item, transport);
    listener.at = {static_cast<std::uint16_t>(std::min<std::uint32_t>(written.at.line, column_max)),
                   written.at.file};
    listener.column =
        static_cast<std::uint16_t>(std::min<std::uint32_t>(written.at.column, column_max));
    return listener;
}

// The number that the service knows its readiness descriptor by is one of the listeners'.
void check_readiness(const Fields& fields, const Unit& unit) {
    constexpr int first = 3;
    if (!unit.ready || unit.ready->kind != ReadyKind::fd) return;
    const int end = first + static_cast<int>(unit.listeners.size());
    if (unit.ready->fd >= end) return;
    const auto& taken = unit.listeners[static_cast<std::size_t>(unit.ready->fd - first)];
    fields.refuse("ready.fd", *fields.value("ready.fd"),
                  fmt::format("that is listener {}'s number; write {}", taken.name, end));
}

}  // namespace

bool check_listeners(const Value& value, const Refuse& refuse) {
    const auto* table = value.as<Table>();
    if (table == nullptr) {
        refuse("", value,
               fmt::format("expected a table, not {}; write {{ http = \"tcp://127.0.0.1:8080\" }}",
                           type_name(value)));
        return false;
    }
    bool good = true;
    for (const auto& entry : table->entries) {
        const auto where = "." + shown_key(entry.key);
        if (!is_listener_name(entry.key)) {
            refuse(where, Value{entry.at, Table{}},
                   "a listener's name has 1 to 64 letters, digits and - _ only");
            good = false;
        } else if (const auto* inner = entry.value.as<Table>()) {
            good = check_table(where, entry.value, *inner, refuse) && good;
        } else if (entry.value.as<std::string>() == nullptr) {
            refuse(where, entry.value,
                   fmt::format("expected an address or {{ address = \"...\" }}, not {}",
                               type_name(entry.value)));
            good = false;
        }
    }
    if (table->entries.size() <= listeners_max) return good;
    refuse("", value, "more than 64 listeners");
    return false;
}

void read_listeners(const Fields& fields, Environment& environment, Accounts& accounts,
                    Unit& unit) {
    const auto* value = fields.value("listen");
    if (value == nullptr) return;
    if (unit.spec.type == core::UnitType::oneshot) {
        return fields.refuse("listen", *value, "a oneshot serves nobody; leave it out");
    }
    const auto& table = *value->as<Table>();
    unit.listeners.reserve(table.entries.size());
    for (const auto& entry : table.entries) {
        const Item item{fields, "listen." + shown_key(entry.key), entry.value};
        auto listener = read_listener(item, entry.key, environment, accounts, unit);
        if (listener) unit.listeners.push_back(std::move(*listener));
    }
    unit.spec.drains =
        std::ranges::any_of(unit.listeners, [](const Listener& each) { return !each.shared; });
    check_readiness(fields, unit);
}

void read_start(const Fields& fields, Unit& unit) {
    const auto* start = fields.value("autostart");
    const auto* idle = fields.value("idle-timeout");
    const bool demanded = start != nullptr && start->as<std::string>() != nullptr;
    if (start != nullptr && !demanded) unit.spec.autostart = *start->as<bool>();
    if (demanded && unit.listeners.empty()) {
        fields.refuse("autostart", *start, "a connection starts it; write [listen] too");
    } else if (demanded) {
        unit.spec.on_demand = true;
    }
    if (idle == nullptr) return;
    if (!demanded) {
        return fields.refuse("idle-timeout", *idle,
                             "only what a connection starts again stops by itself; write autostart "
                             "= \"on-demand\" too");
    }
    const auto is_udp = [](const Listener& each) { return each.address.starts_with("udp:"); };
    if (!unit.listeners.empty() && std::ranges::all_of(unit.listeners, is_udp)) {
        return fields.refuse("idle-timeout", *idle,
                             "nobody is connected by udp, so nobody knows when it is idle");
    }
    fields.read("idle-timeout", unit.spec.idle_timeout);
}

void check_listen_addresses(const std::vector<Node>& nodes, Diagnostics& diagnostics) {
    struct Known {
        ListenAddress address;
        const Node* node;
        const Listener* listener;
    };
    std::multimap<std::pair<std::uint16_t, std::string>, Known> known;  // By port, or path.
    for (const auto& node : nodes) {
        if (!node.draft.unit) continue;
        for (const auto& listener : node.draft.unit->listeners) {
            std::string cause;
            for (auto& address : addresses_of(listener, node.draft.unit->spec.instances, cause)) {
                const std::pair key{address.port, address.path};
                const auto [from, to] = known.equal_range(key);
                const auto same = std::find_if(from, to, [&](const auto& each) {
                    return overlap(each.second.address, address);
                });
                if (same == to) {
                    known.emplace(key, Known{std::move(address), &node, &listener});
                    continue;
                }
                const auto& [other, owner, first] = same->second;
                diagnostics.push_back(
                    {node.files[listener.at.file], listener.at.line, listener.column,
                     fmt::format("cannot use listen.{}: {} listens there already "
                                 "({}:{}:{}: listen.{})",
                                 listener.name, owner->name, owner->files[first->at.file],
                                 first->at.line, first->column, first->name)});
                break;
            }
        }
    }
}

}  // namespace superd::config
