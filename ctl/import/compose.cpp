#include "ctl/import/compose.hpp"

#include "ctl/import/compose_extends.hpp"
#include "ctl/import/compose_node.hpp"
#include "ctl/import/dot_env.hpp"
#include "ctl/import/text.hpp"
#include "ctl/import/toml.hpp"

#include <algorithm>
#include <iterator>
#include <map>

namespace superctl::importing {

namespace {

// Who waits for whose health, and whose end.
struct Waited {
    bool healthy = false, completed = false;
};

void note_conditions(const YAML::Node& service, std::map<std::string, Waited>& waited) {
    for (const auto& [name, how] : members(member(service, "depends_on"))) {
        if (!name.IsScalar()) continue;
        const auto condition = scalar(member(how, "condition"));
        auto& on = waited[unit_name(name.Scalar())];
        on.healthy = on.healthy || condition == "service_healthy";
        on.completed = on.completed || condition == "service_completed_successfully";
    }
}

struct Service {
    YAML::Node name, node;
};

void translate_service(const InputFile& file, const Service& service, const Waited& by_others,
                       Translation& all) {
    Draft draft{unit_name(service.name.Scalar()), file.path};
    ComposeService translated{file, service.node, draft};
    if (!translated.translate()) {
        return all.note(place_of(file, service.name.Mark()), Weight::lost,
                        "services." + service.name.Scalar() +
                            ": what its image runs is not in this file; give it a command");
    }
    if (by_others.completed) {
        translated.make_oneshot();
    } else if (by_others.healthy) {
        translated.make_ready_by_check();
    }
    all.units.push_back(std::move(draft));
}

bool reads_dot_env(const Draft& unit, const InputFile& file) {
    const auto* const files = unit.find("env-file");
    return files != nullptr && std::ranges::any_of(files->items, [&](const std::string& path) {
               return path == toml_string("-" + file.directory + "/.env") ||
                      path == toml_string(file.directory + "/.env");
           });
}

// Who can do without a service of a profile does not have compose start it.
void drop_wishes(const std::vector<Service>& services, Translation& all) {
    for (const auto& service : services) {
        if (!has_profiles(service.node)) continue;
        const auto name = toml_string(unit_name(service.name.Scalar()));
        for (auto& unit : all.units) unit.drop_item("depends.wants", name);
    }
}

void translate_file(const InputFile& file, const YAML::Node& root, Translation& all) {
    if (!root.IsMap()) {
        all.note({file.path, 0}, Weight::lost, "expected a map with services");
        return;
    }
    for (const auto& each : root) {
        if (!each.first.IsScalar()) continue;
        const auto& key = each.first.Scalar();
        if (key == "services" || key == "version" || key == "name" || key.starts_with("x-"))
            continue;
        const auto* const why =
            key == "include" ? ": name that file to superctl import, too"
                             : ": superd runs programs of this machine, and has no such thing";
        all.note(place_of(file, each.first.Mark()), Weight::lost, key + why);
    }
    const auto services = root["services"];
    if (!services.IsDefined() || !services.IsMap()) {
        all.note({file.path, 0}, Weight::lost, "it has no services");
        return;
    }
    std::vector<Service> found;
    std::map<std::string, Waited> waited;
    for (const auto& [name, node] : members(services)) {
        if (!name.IsScalar() || !node.IsMap()) {
            all.note(place_of(file, name.Mark()), Weight::lost,
                     "expected a service: a name and a map");
            continue;
        }
        found.push_back({name, with_extended(services, node)});
        note_conditions(found.back().node, waited);
    }
    for (const auto& service : found) {
        translate_service(file, service, waited[unit_name(service.name.Scalar())], all);
    }
    drop_wishes(found, all);
    if (std::ranges::none_of(all.units, [&](const Draft& unit) {
            return unit.origin() == file.path && reads_dot_env(unit, file);
        })) {
        return;
    }
    std::ranges::move(dot_env_differences(file, DotEnvReader::compose),
                      std::back_inserter(all.notes));
}

}  // namespace

Translation translate_compose(const std::vector<InputFile>& files) {
    Translation all;
    for (const auto& file : files) {
        try {
            translate_file(file, YAML::Load(file.text), all);
        } catch (const YAML::Exception& error) {
            all.note(place_of(file, error.mark), Weight::lost, "it is no YAML: " + error.msg);
        }
    }
    settle(all);
    return all;
}

}  // namespace superctl::importing
