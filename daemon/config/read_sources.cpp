#include "base/nearest.hpp"
#include "config/document.hpp"
#include "config/load.hpp"
#include "config/parse.hpp"
#include "config/read_unit.hpp"
#include "config/stamp.hpp"
#include "config/unit_files.hpp"

#include <sys/stat.h>

#include <dirent.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <memory>
#include <optional>
#include <ranges>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace superd::config {

namespace {

// An env-file that a unit names, and where.
struct Asked {
    std::string path;
    bool optional = false;
    Position at;
    std::string by;
};

// One attempt at a directory, which somebody may be changing meanwhile.
class Reading {
public:
    explicit Reading(std::string directory) : directory_{std::move(directory)} {
        if (!directory_.ends_with('/')) directory_ += '/';
    }

    void run(const std::vector<std::string>& profiles) {
        read("superd.toml", true, {}, "");
        for (const auto& file : list_units("units")) read(file, false, {}, "");
        choose_profiles();
        for (const auto& profile : profiles) {
            add_profile(profile, {"superd --profile " + profile, 0, 0, {}});
        }
        for (const auto& profile : sources_.profiles) {
            const auto prefix = profile_prefix(profile);
            read(prefix + "superd.toml", true, {}, "");
            for (const auto& file : list_units(prefix + "units")) read(file, false, {}, "");
        }
        read_env_files();
    }

    bool settled() const { return std::ranges::all_of(stamps_, &Stamp::still_true); }

    std::expected<Sources, Diagnostics> finish() && {
        if (diagnostics_.empty()) return std::move(sources_);
        // What could be read is checked too, so that all mistakes are told at once.
        parse(sources_, unread_, diagnostics_);
        return std::unexpected{std::move(diagnostics_)};
    }

private:
    // Those that superd.toml names. Whether it is well formed otherwise is seen later.
    void choose_profiles() {
        if (sources_.files.empty() || !sources_.files.front().text.contains("profiles")) return;
        const auto table = parse_document(sources_.files.front().text);
        const auto* entry = table ? table->find("profiles") : nullptr;
        const auto* array = entry != nullptr ? entry->value.as<Array>() : nullptr;
        for (const auto& item : array != nullptr ? *array : Array{}) {
            const auto* name = item.as<std::string>();
            if (name == nullptr) continue;
            add_profile(*name,
                        {"superd.toml", item.at.line, item.at.column, "cannot use profiles: "});
        }
    }

    // `place` is where it is asked for; its message is how a mistake begins.
    void add_profile(const std::string& name, Diagnostic place) {
        if (std::ranges::find(sources_.profiles, name) != sources_.profiles.end()) return;
        const auto refuse = [&](const std::string& cause) {
            place.message = (place.message.empty() ? "cannot use this: " : place.message) + cause;
            diagnostics_.push_back(place);
        };
        if (!is_unit_name(name)) {
            return refuse(
                fmt::format("{} is no profile's name; it has 1 to 64 letters, digits and "
                            "@ _ . : - only, and no . or - first",
                            quoted(name)));
        }
        std::vector<std::string> known;
        const auto path = directory_ + "profiles";
        const std::unique_ptr<DIR, int (*)(DIR*)> listing{::opendir(path.c_str()), ::closedir};
        struct stat status{};
        if (listing && ::fstat(::dirfd(listing.get()), &status) == 0) {
            stamps_.emplace_back(path, status);
        }
        for (const dirent* entry; listing && (entry = ::readdir(listing.get())) != nullptr;) {
            if (is_unit_name(entry->d_name)) known.emplace_back(entry->d_name);
        }
        if (std::ranges::find(known, name) != known.end()) {
            sources_.profiles.push_back(name);
            return;
        }
        const auto meant = nearest(name, std::vector<std::string_view>{known.begin(), known.end()});
        refuse(fmt::format("there is no directory profiles/{}; {}", name,
                           meant ? fmt::format("did you mean {}?", quoted(*meant))
                                 : std::string{"make it, or leave the profile out"}));
    }

    std::vector<std::string> list_units(const std::string& units) {
        std::vector<std::string> files;
        const auto list_drop_ins = [&](const std::string& directory) {
            list(directory, [&](std::string file) {
                if (!drop_in_unit(file).empty()) files.push_back(std::move(file));
            });
        };
        list(units, [&](std::string file) {
            if (file.ends_with(".d")) {
                list_drop_ins(file);
            } else if (!unit_name(file).empty()) {
                files.push_back(std::move(file));
            }
        });
        std::ranges::sort(files);
        return files;
    }

    // Visits what is in a directory, as "units/web.toml".
    template <class Visit>
    void list(const std::string& name, const Visit& visit) {
        const auto path = directory_ + name;
        const std::unique_ptr<DIR, int (*)(DIR*)> listing{::opendir(path.c_str()), ::closedir};
        if (!listing) {
            const int error = errno;
            const bool units = name == "units";
            if (error == ENOTDIR && !units) return;  // A file that is none of ours.
            // A profile need not have any.
            if (error == ENOENT && name.starts_with("profiles/")) return;
            diagnostics_.push_back(
                {name, 0, 0,
                 fmt::format("cannot list {}: {}{}", quoted(path), std::strerror(error),
                             units ? "; make that directory, with a file "
                                     "NAME.toml for each unit"
                                   : "")});
            return;
        }
        struct stat status{};
        if (::fstat(::dirfd(listing.get()), &status) == 0) {
            stamps_.emplace_back(path, status);
        }
        while (const auto* entry = ::readdir(listing.get())) visit(name + "/" + entry->d_name);
    }

    // Reads a file, and says where it is asked for if it cannot be read.
    void read(const std::string& name, bool optional, Position at, const std::string& asked_by) {
        const auto path = name.starts_with('/') ? name : directory_ + name;
        std::string text;
        const auto cause = read_text(path, optional, text);
        if (!cause) {
            sources_.files.push_back({name, std::move(text)});
        } else if (!cause->empty()) {
            unread_.insert(name);
            const auto& file = asked_by.empty() ? name : asked_by;
            diagnostics_.push_back({file, at.line, at.column,
                                    asked_by.empty()
                                        ? "cannot read this file: " + *cause
                                        : fmt::format("cannot read {}: {}", quoted(name), *cause)});
        }
    }

    // Nothing: it is read. Empty: it is not there, and need not be.
    std::optional<std::string> read_text(const std::string& path, bool optional,
                                         std::string& text) {
        std::ranges::move(stamps_of_links(path), std::back_inserter(stamps_));
        struct stat status{};
        // Looked at before it is opened: to open a FIFO would wait for its writer.
        if (::stat(path.c_str(), &status) != 0) {
            const int error = errno;
            if (optional && error == ENOENT) return "";
            return std::strerror(error);
        }
        if (!S_ISREG(status.st_mode)) return "it is not a regular file";
        const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::fopen(path.c_str(), "rbe"),
                                                                   std::fclose};
        if (!file) return std::strerror(errno);
        if (::fstat(::fileno(file.get()), &status) != 0) return std::strerror(errno);
        stamps_.emplace_back(path, status);
        text.resize(std::min<std::size_t>(static_cast<std::size_t>(status.st_size) + 1,
                                          file_bytes_max + 1));
        std::setvbuf(file.get(), nullptr, _IONBF, 0);
        text.resize(std::fread(text.data(), 1, text.size(), file.get()));
        if (std::ferror(file.get()) != 0) return std::strerror(EIO);
        if (text.size() > file_bytes_max) return "it is larger than 1 MiB";
        text.shrink_to_fit();
        return {};
    }

    void read_env_files() {
        Texts texts;
        for (const auto& file : sources_.files) texts.emplace(file.name, &file.text);
        std::vector<Asked> asked;
        for (const auto& file : sources_.files) {
            const auto name = unit_name(file.name);
            if (name.empty()) continue;
            ask_for_env_files(files_of_unit(name, texts, sources_.profiles), texts, asked);
        }
        for (const auto& [path, optional, at, by] : asked) {
            const bool known = std::ranges::find(sources_.files, path, &Sources::File::name) !=
                               sources_.files.end();
            if (!known) read(path, optional, at, by);
        }
    }

    // The last of a unit's files that has the key is the one that counts.
    static void ask_for_env_files(const std::vector<std::string>& files, const Texts& texts,
                                  std::vector<Asked>& asked) {
        for (const auto& file : std::views::reverse(files)) {
            const auto found = texts.find(file);
            if (found == texts.end()) continue;
            const auto& text = *found->second;
            // A document twice parsed costs most units nothing: few have env-files.
            if (!text.contains("env-file")) continue;
            const auto table = parse_document(text);
            const auto* entry = table ? table->find("env-file") : nullptr;
            if (entry == nullptr) continue;
            const auto* array = entry->value.as<Array>();
            for (const auto& item : array != nullptr ? *array : Array{}) {
                const auto* path = item.as<std::string>();
                if (path == nullptr || path->contains('\0')) continue;
                std::string_view name = *path;
                const bool optional = is_optional(name);
                if (name.starts_with('/')) {
                    asked.push_back({std::string{name}, optional, item.at, file});
                }
            }
            return;
        }
    }

    std::string directory_;
    Sources sources_;
    Diagnostics diagnostics_;
    std::set<std::string> unread_;
    std::vector<Stamp> stamps_;
};

Diagnostic restless() {
    return {"units", 0, 0,
            "cannot read a configuration whose files keep changing; try again when they have "
            "come to rest"};
}

}  // namespace

std::expected<Sources, Diagnostics> read_sources(const std::string& directory,
                                                 const std::vector<std::string>& profiles) {
    constexpr int attempts = 5;
    for (int i = 1;; ++i) {
        Reading reading{directory};
        reading.run(profiles);
        // Some deployments replace all files by swapping one symlink: half of
        // either version is neither.
        if (reading.settled()) return std::move(reading).finish();
        if (i == attempts) return std::unexpected{Diagnostics{restless()}};
    }
}

}  // namespace superd::config
