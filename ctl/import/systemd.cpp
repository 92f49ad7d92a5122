#include "ctl/import/systemd.hpp"

#include "ctl/import/text.hpp"
#include "ctl/import/toml.hpp"
#include "ctl/stable_order.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace superctl::importing {

namespace {

std::string name_of(const InputFile& file) {
    return file.name.empty() ? std::string{file_name(file.path)} : file.name;
}

// Of ".../web.service.d/10-more.conf": "web.service"; empty for what is no drop-in.
std::string drop_in_of(std::string_view path) {
    if (!path.ends_with(".conf")) return {};
    const auto slash = path.rfind('/');
    if (slash == path.npos) return {};
    const auto directory = file_name(path.substr(0, slash));
    if (!directory.ends_with(".d")) return {};
    return std::string{directory.substr(0, directory.size() - 2)};
}

bool is_known_suffix(std::string_view suffix) {
    return suffix == "service" || suffix == "socket" || suffix == "timer";
}

struct DropIn {
    const InputFile* file;
    std::string of;  // "web@.service"
    std::vector<Assignment> assignments;
    bool used = false;
};

class Import {
public:
    explicit Import(const std::vector<InputFile>& files) : files_{files} {}

    Translation run() {
        read();
        add_drop_ins();
        connect();
        for (const auto& [name, unit] : context_.units) {
            if (name.ends_with(".service")) translate(unit);
        }
        reverse_orders();
        settle(all_);
        return std::move(all_);
    }

private:
    void read() {
        for (const auto& file : files_) {
            if (!drop_in_of(file.path).empty()) continue;
            const auto name = parse_systemd_name(name_of(file));
            if (!is_known_suffix(name.suffix)) {
                all_.note({file.path, 0}, Weight::lost,
                          "superd has nothing like a " +
                              (name.suffix.empty() ? "file" : name.suffix) +
                              "; NAME.service, NAME.socket and NAME.timer are translated");
                continue;
            }
            if (name.is_template) {
                all_.note({file.path, 0}, Weight::lost,
                          "a template is translated with an instance: name " + name.prefix +
                              "@INSTANCE." + name.suffix);
                continue;
            }
            const auto [at, is_new] =
                context_.units.try_emplace(name.whole, SystemdUnit{name.whole, file.path});
            if (!is_new) {
                all_.note({file.path, 0}, Weight::lost,
                          "another " + name.whole + " comes before it");
                continue;
            }
            at->second.add(parse_systemd_file(file, all_.notes));
        }
    }

    void add_drop_ins() {
        std::vector<DropIn> found;
        for (const auto& file : files_) {
            auto of = drop_in_of(file.path);
            if (of.empty()) continue;
            found.push_back({&file, std::move(of), parse_systemd_file(file, all_.notes), false});
        }
        for (auto& [name, unit] : context_.units) add_drop_ins(unit, found);
        for (const auto& each : found) {
            if (each.used) continue;
            all_.note(
                {each.file->path, 0}, Weight::lost,
                "it is a drop-in of " + each.of + ", which is not among the files that were given");
        }
    }

    // In order of their names, wherever they are; of two with one name, that of the nearer
    // directory is meant to replace the other.
    static void add_drop_ins(SystemdUnit& unit, std::vector<DropIn>& all) {
        std::map<std::string_view, std::size_t> nearest;
        std::vector<std::pair<std::size_t, const DropIn*>> own;
        const auto owners = systemd_drop_in_owners(parse_systemd_name(unit.name()));
        for (auto& each : all) {
            const auto owner = std::ranges::find(owners, each.of);
            if (owner == owners.end()) continue;
            each.used = true;
            const auto rank = static_cast<std::size_t>(owner - owners.begin());
            const auto at = nearest.try_emplace(file_name(each.file->path), rank).first;
            at->second = std::min(at->second, rank);
            own.emplace_back(rank, &each);
        }
        std::erase_if(own, [&](const auto& each) {
            return nearest.at(file_name(each.second->file->path)) != each.first;
        });
        sort_stably(own, [](const auto& one, const auto& other) {
            return file_name(one.second->file->path) < file_name(other.second->file->path);
        });
        for (const auto& each : own) unit.add(each.second->assignments);
    }

    // Which service a socket or a timer starts.
    void connect() {
        for (const auto& [name, unit] : context_.units) {
            const auto parsed = parse_systemd_name(name);
            if (parsed.suffix == "service") continue;
            const bool socket = parsed.suffix == "socket";
            const auto* const named =
                socket ? unit.last("Socket", "Service") : unit.last("Timer", "Unit");
            const std::string service = named != nullptr ? named->value : parsed.stem + ".service";
            if (context_.units.contains(service) && service.ends_with(".service")) {
                context_.services.emplace(name, service);
                continue;
            }
            all_.note({unit.file(), 0}, Weight::lost,
                      "it starts " + service + ", which is not among the files that were given");
        }
    }

    void translate(const SystemdUnit& unit) {
        const auto parsed = parse_systemd_name(unit.name());
        Draft draft{unit_name(parsed.stem), unit.file()};
        if (draft.name() != parsed.stem) {
            draft.note({unit.file(), 0}, Weight::remark,
                       "it is called " + draft.name() + ", as a unit's name may be");
        }
        translate_systemd_relations(context_, unit, draft);
        if (!translate_systemd_service(unit, draft)) {
            all_.note({unit.file(), 0}, Weight::lost, "it has no ExecStart=, so nothing to run");
            return;
        }
        for (const auto& [name, service] : context_.services) {
            if (service != unit.name()) continue;
            const auto& starter = context_.units.at(name);
            ignore_unit_section(starter);
            if (name.ends_with(".socket")) {
                translate_systemd_socket(starter, draft);
            } else {
                translate_systemd_timer(starter, draft);
            }
            note_left_over(starter, draft);
        }
        note_left_over(unit, draft);
        all_.units.push_back(std::move(draft));
    }

    // What a socket or a timer says of itself is the service's to say.
    static void ignore_unit_section(const SystemdUnit& unit) {
        for (const auto* const key :
             {"Description", "Documentation", "DefaultDependencies", "Before", "After", "Wants",
              "Requires", "PartOf", "Conflicts", "BindsTo"}) {
            unit.all("Unit", key);
        }
        for (const auto* const key : {"WantedBy", "RequiredBy", "Also", "Alias"}) {
            unit.all("Install", key);
        }
    }

    // Before= is After= at the other end.
    void reverse_orders() {
        for (const auto& [name, unit] : context_.units) {
            const auto own = context_.target(name);
            if (own.empty() || all_.find(own) == nullptr) continue;
            for (const auto* const each : unit.all("Unit", "Before")) {
                for (const auto word : words_of(each->value)) {
                    const auto other = context_.target(std::string{word});
                    Draft* const later = other.empty() ? nullptr : all_.find(other);
                    if (later == nullptr || other == own) continue;
                    const auto item = toml_string(own);
                    const auto* const needs = later->find("depends.needs");
                    const bool known = needs != nullptr &&
                                       std::ranges::find(needs->items, item) != needs->items.end();
                    if (!known) later->append("depends.after", item);
                }
            }
        }
    }

    const std::vector<InputFile>& files_;
    SystemdContext context_;
    Translation all_;
};

}  // namespace

Translation translate_systemd(const std::vector<InputFile>& files) { return Import{files}.run(); }

}  // namespace superctl::importing
