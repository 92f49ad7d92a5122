#include "bus/announcer.hpp"

#include "bus/names.hpp"

#include <utility>

namespace superd::bus {

namespace {

constexpr const char* properties_interface = "org.freedesktop.DBus.Properties";
constexpr const char* object_manager = "org.freedesktop.DBus.ObjectManager";

std::uint32_t instance_of(const wire::Event& event) { return event.instance.value_or(0); }

// {"org.superd.Unit1": {all properties}}
int append_interface(sd_bus_message* out, const std::vector<Property>& properties) {
    int error = sd_bus_message_open_container(out, 'a', "{sa{sv}}");
    if (error >= 0) error = sd_bus_message_open_container(out, 'e', "sa{sv}");
    if (error >= 0) error = sd_bus_message_append_basic(out, 's', unit_interface);
    if (error >= 0) error = append_properties(out, properties);
    if (error >= 0) error = sd_bus_message_close_container(out);
    return error < 0 ? error : sd_bus_message_close_container(out);
}

}  // namespace

void Announcer::look_at_subscribers() {
    const bool wanted = !clients_.subscribers().empty();
    if (wanted && subscription_ == 0) begin();
    if (!wanted) end();
}

void Announcer::begin() {
    auto* const operations = hub_->operations();
    if (operations == nullptr) return;
    subscription_ = operations->subscribe([this](const std::string& line) { take(line); });
    hub_->subscribed(subscription_);
    told_ = properties_now({});
}

void Announcer::end() {
    if (subscription_ != 0) hub_->unsubscribe(std::exchange(subscription_, 0));
    told_.clear();
    marked_.clear();
    all_marked_ = waiting_ = false;
    timer_.cancel();
}

void Announcer::take(const std::string& line) {
    const auto event = wire::parse_event(line);
    if (!event || link_.bus() == nullptr) return;
    if (event->kind == wire::EventKind::config && event->unit.empty()) {
        all_marked_ = true;
        mark({});
        return;
    }
    if (event->unit.empty()) return;
    tell(*event);
    mark(event->unit);
}

void Announcer::tell(const wire::Event& event) {
    const auto path = path_of_unit(event.unit);
    const auto name_and_run = [&](sd_bus_message* out) {
        return sd_bus_message_append(out, "sout", event.unit.c_str(), path.c_str(),
                                     instance_of(event), event.run);
    };
    const auto pid = static_cast<std::uint32_t>(event.pid);
    if (event.kind == wire::EventKind::state) {
        emit(manager_path, manager_interface, "StateChanged", [&](sd_bus_message* out) {
            const int error = name_and_run(out);
            return error < 0 ? error
                             : sd_bus_message_append(out, "sss", event.from.c_str(),
                                                     event.to.c_str(), event.reason.c_str());
        });
    } else if (event.kind == wire::EventKind::ready) {
        emit(manager_path, manager_interface, "Ready", [&](sd_bus_message* out) {
            const int error = name_and_run(out);
            return error < 0 ? error : sd_bus_message_append(out, "u", pid);
        });
    } else if (event.kind == wire::EventKind::exit) {
        emit(manager_path, manager_interface, "Died", [&](sd_bus_message* out) {
            const int error = name_and_run(out);
            const auto signal = event.signal.value_or("");
            return error < 0 ? error
                             : sd_bus_message_append(out, "uisbs", pid, event.code.value_or(-1),
                                                     signal.c_str(), int{event.oom},
                                                     event.reason.c_str());
        });
    }
}

void Announcer::mark(const std::string& unit) {
    if (!unit.empty()) marked_.insert(unit);
    if (std::exchange(waiting_, true)) return;
    timer_.expires_after(settling);
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error && waiting_) settle();
    });
}

void Announcer::settle() {
    waiting_ = false;
    const bool all = std::exchange(all_marked_, false);
    auto units = std::exchange(marked_, {});
    if (all) {
        for (const auto& [unit, properties] : told_) units.insert(unit);
    }
    const auto now = properties_now(all ? std::vector<std::string>{}
                                        : std::vector<std::string>{units.begin(), units.end()});
    for (const auto& [unit, properties] : now) look_at(unit, &properties);
    for (const auto& unit : units) {
        if (!now.contains(unit)) look_at(unit, nullptr);
    }
}

void Announcer::look_at(const std::string& unit, const Properties* now) {
    const auto at = told_.find(unit);
    if (now == nullptr) {
        if (at == told_.end()) return;
        told_.erase(at);
        return tell_removed(unit);
    }
    if (at == told_.end()) {
        told_.emplace(unit, *now);
        return tell_new(unit, *now);
    }
    const auto changed = changed_properties(at->second, *now);
    if (changed.empty()) return;
    at->second = *now;
    emit(path_of_unit(unit), properties_interface, "PropertiesChanged", [&](sd_bus_message* out) {
        int error = sd_bus_message_append_basic(out, 's', unit_interface);
        if (error >= 0) error = append_properties(out, changed);
        return error < 0 ? error : sd_bus_message_append(out, "as", 0);
    });
}

void Announcer::tell_new(const std::string& unit, const Properties& now) {
    const auto path = path_of_unit(unit);
    emit(manager_path, manager_interface, "UnitNew", [&](sd_bus_message* out) {
        return sd_bus_message_append(out, "so", unit.c_str(), path.c_str());
    });
    emit(root_path, object_manager, "InterfacesAdded", [&](sd_bus_message* out) {
        const int error = sd_bus_message_append_basic(out, 'o', path.c_str());
        return error < 0 ? error : append_interface(out, now);
    });
}

void Announcer::tell_removed(const std::string& unit) {
    const auto path = path_of_unit(unit);
    emit(manager_path, manager_interface, "UnitRemoved", [&](sd_bus_message* out) {
        return sd_bus_message_append(out, "so", unit.c_str(), path.c_str());
    });
    emit(root_path, object_manager, "InterfacesRemoved", [&](sd_bus_message* out) {
        const int error = sd_bus_message_append_basic(out, 'o', path.c_str());
        return error < 0 ? error : sd_bus_message_append(out, "as", 1, unit_interface);
    });
}

void Announcer::emit(const std::string& path, const char* interface, const char* member,
                     const Fill& fill) {
    sd_bus* const bus = link_.bus();
    if (bus == nullptr) return;
    for (const auto& name : clients_.subscribers()) {
        sd_bus_message* made = nullptr;
        int error = sd_bus_message_new_signal(bus, &made, path.c_str(), interface, member);
        const Message signal{made};
        if (error >= 0) error = fill(made);
        if (error >= 0) error = sd_bus_send_to(bus, made, name.c_str(), nullptr);
        if (error < 0) return link_.drop();
    }
    std::uint64_t queued = 0;
    if (sd_bus_get_n_queued_write(bus, &queued) >= 0 && queued > queued_max) return link_.drop();
    link_.sent();
}

// No name: of all units.
std::map<std::string, Announcer::Properties> Announcer::properties_now(
    const std::vector<std::string>& units) const {
    const auto* const operations = hub_->operations();
    std::map<std::string, Properties> all;
    if (operations == nullptr) return all;
    std::vector<supervisor::Target> targets;
    for (const auto& unit : units) {
        const auto selected = operations->select({unit});
        targets.insert(targets.end(), selected.targets.begin(), selected.targets.end());
    }
    if (units.empty()) targets = operations->select({}).targets;
    if (targets.empty()) return all;
    for (const auto& unit : operations->status(targets, {}).units) {
        all.emplace(unit.name, properties_of(unit));
    }
    return all;
}

}  // namespace superd::bus
