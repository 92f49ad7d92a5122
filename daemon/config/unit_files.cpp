#include "config/unit_files.hpp"

#include "base/nearest.hpp"
#include "config/merge.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace superd::config {

namespace {

constexpr std::string_view settings_file = "superd.toml";
constexpr std::string_view profiles_prefix = "profiles/";
constexpr std::string_view units_prefix = "units/";
constexpr std::string_view unit_suffix = ".toml";
constexpr std::string_view drop_ins_suffix = ".d";

// A profile's file as it would be called without it.
std::string_view without_profile(std::string_view file) {
    const auto profile = profile_of(file);
    if (profile.empty()) return file;
    return file.substr(profiles_prefix.size() + profile.size() + 1);
}

// The name between "units/" and ".toml", which may have a directory in it.
std::string_view stem(std::string_view file) {
    file = without_profile(file);
    if (!file.starts_with(units_prefix) || !file.ends_with(unit_suffix)) return {};
    if (file.size() <= units_prefix.size() + unit_suffix.size()) return {};
    return file.substr(units_prefix.size(), file.size() - units_prefix.size() - unit_suffix.size());
}

// The drop-ins of a unit, in that profile or, with an empty prefix, outside of any.
void add_drop_ins(std::string_view prefix, std::string_view name, const Texts& texts,
                  std::vector<std::string>& files) {
    const auto directory = fmt::format("{}{}{}{}/", prefix, units_prefix, name, drop_ins_suffix);
    for (auto each = texts.lower_bound(directory);
         each != texts.end() && each->first.starts_with(directory); ++each) {
        if (drop_in_unit(each->first) == name) files.emplace_back(each->first);
    }
}

}  // namespace

std::string_view profile_of(std::string_view file) {
    if (!file.starts_with(profiles_prefix)) return {};
    const auto rest = file.substr(profiles_prefix.size());
    const auto slash = rest.find('/');
    return slash == rest.npos ? std::string_view{} : rest.substr(0, slash);
}

std::string profile_prefix(std::string_view profile) {
    return fmt::format("{}{}/", profiles_prefix, profile);
}

std::string_view unit_name(std::string_view file) {
    const auto name = stem(file);
    return name.contains('/') ? std::string_view{} : name;
}

std::string_view drop_in_unit(std::string_view file) {
    const auto path = stem(file);
    const auto slash = path.find('/');
    if (slash == path.npos || path.substr(slash + 1).contains('/')) return {};
    const auto directory = path.substr(0, slash);
    if (!directory.ends_with(drop_ins_suffix)) return {};
    return directory.substr(0, directory.size() - drop_ins_suffix.size());
}

bool is_unit_name(std::string_view name) {
    constexpr std::size_t length_max = 64;
    if (name.empty() || name.size() > length_max || name[0] == '.' || name[0] == '-') return false;
    return std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view{"@_.:-"}.contains(c);
    });
}

std::vector<std::string> files_of_unit(std::string_view name, const Texts& texts,
                                       std::span<const std::string> profiles) {
    const auto own = fmt::format("{}{}{}", units_prefix, name, unit_suffix);
    std::vector<std::string> files;
    const auto add_own = [&](const std::string& file) {
        if (texts.contains(file)) files.push_back(file);
    };
    add_own(own);
    for (const auto& profile : profiles) {
        if (files.empty()) add_own(profile_prefix(profile) + own);
    }
    if (files.empty()) files.push_back(own);
    add_drop_ins("", name, texts, files);
    for (const auto& profile : profiles) {
        const auto prefix = profile_prefix(profile);
        if (files.front() != prefix + own) add_own(prefix + own);
        add_drop_ins(prefix, name, texts, files);
    }
    return files;
}

std::vector<std::string> files_of_settings(const Texts& texts,
                                           std::span<const std::string> profiles) {
    std::vector<std::string> files;
    if (texts.contains(settings_file)) files.emplace_back(settings_file);
    for (const auto& profile : profiles) {
        auto file = profile_prefix(profile) + std::string{settings_file};
        if (texts.contains(file)) files.push_back(std::move(file));
    }
    return files;
}

std::optional<Table> read_document(const Texts& texts, Report& report) {
    std::optional<Table> document;
    bool good = true;
    for (std::size_t i = 0; i < report.files().size(); ++i) {
        const auto file = static_cast<std::uint16_t>(i);
        auto table = parse_document(*texts.find(report.files()[i])->second);
        if (!table) {
            auto at = table.error().at;
            at.file = file;
            report.add(at, "cannot read this file: " + table.error().cause);
            good = false;
        } else if (i == 0) {
            document = std::move(*table);
        } else if (good) {
            set_file(*table, file);
            merge(*document, std::move(*table));
        }
    }
    return good ? std::move(document) : std::nullopt;
}

void check_drop_ins(const Texts& texts, const std::set<std::string>& unread,
                    const std::vector<std::string_view>& units, Diagnostics& diagnostics) {
    std::set<std::pair<std::string_view, std::string_view>> lonely;  // Profile, name.
    const auto look_at = [&](std::string_view file) {
        const auto name = drop_in_unit(file);
        const bool known = name.empty() || std::ranges::binary_search(units, name);
        if (!known) lonely.emplace(profile_of(file), name);
    };
    for (const auto& [file, text] : texts) look_at(file);
    for (const auto& file : unread) look_at(file);
    for (const auto& [profile, name] : lonely) {
        // Some write units/web.toml.d, as systemd does.
        auto meant = std::optional{
            name.ends_with(unit_suffix) ? name.substr(0, name.size() - unit_suffix.size()) : name};
        if (!std::ranges::binary_search(units, *meant)) meant = nearest(*meant, units);
        const auto advice = meant ? fmt::format("did you mean units/{}.d?", *meant)
                                  : fmt::format("write units/{}.toml, or remove them", name);
        diagnostics.push_back(
            {fmt::format("{}{}{}{}", profile.empty() ? "" : profile_prefix(profile), units_prefix,
                         name, drop_ins_suffix),
             0, 0,
             fmt::format("cannot use these drop-ins: there is no unit {}; {}", name, advice)});
    }
}

}  // namespace superd::config
