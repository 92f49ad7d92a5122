#include "config/parse.hpp"

#include "config/graph.hpp"
#include "config/read_listen.hpp"
#include "config/read_settings.hpp"
#include "config/read_unit.hpp"
#include "config/unit_files.hpp"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <span>
#include <tuple>

#include <fmt/format.h>

namespace superd::config {

namespace {

constexpr std::string_view settings_file = "superd.toml";

// superd.toml, the units, the profiles, then the env-files.
int rank(std::string_view file) {
    if (file == settings_file) return 0;
    return file.starts_with("units") ? 1 : file.starts_with("profiles/") ? 2 : 3;
}

void put_in_order(Diagnostics& diagnostics) {
    // By index where places are the same: the order they were found in.
    std::vector<std::size_t> order(diagnostics.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [&](std::size_t i) {
        const auto& d = diagnostics[i];
        return std::tuple{rank(d.file), std::string_view{d.file}, d.line, d.column, i};
    });
    Diagnostics sorted;
    sorted.reserve(order.size());
    for (const auto i : order) sorted.push_back(std::move(diagnostics[i]));
    diagnostics = std::move(sorted);
    // An env-file that many units name is wrong once.
    const auto same = [](const Diagnostic& a, const Diagnostic& b) {
        return a.file == b.file && a.line == b.line && a.column == b.column &&
               a.message == b.message;
    };
    diagnostics.erase(std::ranges::unique(diagnostics, same).begin(), diagnostics.end());
}

Texts index_texts(const Sources& sources, Diagnostics& diagnostics) {
    Texts texts;
    for (const auto& file : sources.files) {
        if (!texts.emplace(file.name, &file.text).second) {
            diagnostics.push_back({file.name, 0, 0, "cannot use this file: it is there twice"});
        }
    }
    return texts;
}

Surroundings make_surroundings(const Texts& texts, const std::set<std::string>& unread,
                               std::uint32_t cores) {
    Surroundings surroundings;
    surroundings.env_file = [&texts, &unread](const std::string& path) -> const std::string* {
        static const std::string nothing;
        if (unread.contains(path)) return &nothing;
        const auto found = texts.find(path);
        return found == texts.end() ? nullptr : found->second;
    };
    surroundings.variable = [](const std::string& name) { return std::getenv(name.c_str()); };
    surroundings.cores = cores;
    return surroundings;
}

// Reads each unit. Those that cannot be are nodes without edges.
std::vector<Node> read_units(const Texts& texts, std::span<const std::string> profiles,
                             Surroundings& surroundings, const std::set<std::string>& unread,
                             Diagnostics& diagnostics) {
    std::vector<Node> nodes;
    std::set<std::string_view> incomplete, met;
    for (const auto& file : unread) {
        incomplete.insert(drop_in_unit(file));
        incomplete.insert(unit_name(file));
    }
    for (const auto& [file, text] : texts) {
        const auto name = unit_name(file);
        if (name.empty() || !met.insert(name).second) continue;
        Report report{files_of_unit(name, texts, profiles), diagnostics};
        if (!is_unit_name(name)) {
            report.add({},
                       fmt::format("cannot use {} as a unit's name: it has 1 to 64 letters, digits "
                                   "and @ _ . : - only, and no . or - first; rename the file",
                                   quoted(name)));
            continue;
        }
        Node node{std::string{name}, report.files(), {}};
        const auto document = read_document(texts, report);
        // What a drop-in that cannot be read says may be what is missing.
        if (document && !incomplete.contains(name)) {
            node.draft = read_unit(node.name, *document, surroundings, report);
        }
        nodes.push_back(std::move(node));
    }
    for (const auto& file : unread) {
        const std::string name{unit_name(file)};
        if (!name.empty() && met.insert(unit_name(file)).second)
            nodes.push_back({name, {file}, {}});
    }
    std::ranges::sort(nodes, {}, &Node::name);
    return nodes;
}

std::vector<std::string_view> names_of(const std::vector<Node>& nodes) {
    std::vector<std::string_view> names;
    for (const auto& node : nodes) names.push_back(node.name);
    return names;
}

}  // namespace

std::string Diagnostic::text() const {
    return line == 0 ? fmt::format("{}: {}", file, message)
                     : fmt::format("{}:{}:{}: {}", file, line, column, message);
}

Configuration parse(const Sources& sources, const std::set<std::string>& unread,
                    Diagnostics& diagnostics) {
    Configuration configuration;
    const auto texts = index_texts(sources, diagnostics);
    auto surroundings = make_surroundings(texts, unread, sources.cores);
    if (auto files = files_of_settings(texts, sources.profiles); !files.empty()) {
        Report report{std::move(files), diagnostics};
        if (const auto table = read_document(texts, report)) {
            configuration.settings = read_settings(*table, surroundings.accounts, report);
        }
    }
    surroundings.log = configuration.settings.log;
    surroundings.variables = configuration.settings.variables;
    auto nodes = read_units(texts, sources.profiles, surroundings, unread, diagnostics);
    check_drop_ins(texts, unread, names_of(nodes), diagnostics);
    check_graph(nodes, diagnostics);
    check_listen_addresses(nodes, diagnostics);
    put_in_order(diagnostics);
    configuration.units.reserve(nodes.size());
    for (auto& node : nodes) {
        if (node.draft.unit) configuration.units.push_back(std::move(node.draft.unit));
    }
    return configuration;
}

std::expected<Configuration, Diagnostics> parse(const Sources& sources) {
    Diagnostics diagnostics;
    auto configuration = parse(sources, {}, diagnostics);
    if (!diagnostics.empty()) return std::unexpected{std::move(diagnostics)};
    return configuration;
}

}  // namespace superd::config
