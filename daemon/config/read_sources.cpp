#include "config/document.hpp"
#include "config/load.hpp"
#include "config/parse.hpp"
#include "config/read_unit.hpp"

#include <sys/stat.h>

#include <dirent.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

namespace superd::config {

namespace {

// What tells one version of a file from another.
struct Stamp {
    std::string path;
    dev_t device{};
    ino_t inode{};
    timespec changed{};

    static Stamp of(std::string path, const struct stat& status) {
        return {std::move(path), status.st_dev, status.st_ino, status.st_ctim};
    }
    bool still_true() const {
        struct stat now{};
        return ::stat(path.c_str(), &now) == 0 && now.st_dev == device && now.st_ino == inode &&
               now.st_ctim.tv_sec == changed.tv_sec && now.st_ctim.tv_nsec == changed.tv_nsec;
    }
};

// One attempt at a directory, which somebody may be changing meanwhile.
class Reading {
public:
    explicit Reading(std::string directory) : directory_{std::move(directory)} {
        if (!directory_.ends_with('/')) directory_ += '/';
    }

    void run() {
        read("superd.toml", true, {}, "");
        for (const auto& file : list_units()) read(file, false, {}, "");
        const auto units = sources_.files.size();
        for (std::size_t i = 0; i < units; ++i) read_env_files(i);
    }

    bool settled() const { return std::ranges::all_of(stamps_, &Stamp::still_true); }

    std::expected<Sources, Diagnostics> finish() && {
        if (diagnostics_.empty()) return std::move(sources_);
        // What could be read is checked too, so that all mistakes are told at once.
        parse(sources_, unread_, diagnostics_);
        return std::unexpected{std::move(diagnostics_)};
    }

private:
    std::vector<std::string> list_units() {
        std::vector<std::string> files;
        const auto path = directory_ + "units";
        const std::unique_ptr<DIR, int (*)(DIR*)> listing{::opendir(path.c_str()), ::closedir};
        if (!listing) {
            const int error = errno;
            diagnostics_.push_back(
                {"units", 0, 0,
                 fmt::format("cannot list {}: {}; make that directory, with a file "
                             "NAME.toml for each unit",
                             quoted(path), std::strerror(error))});
            return files;
        }
        while (const auto* entry = ::readdir(listing.get())) {
            std::string file = std::string{"units/"} + entry->d_name;
            if (!unit_name(file).empty()) files.push_back(std::move(file));
        }
        std::ranges::sort(files);
        return files;
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
        stamps_.push_back(Stamp::of(path, status));
        text.resize(std::min<std::size_t>(static_cast<std::size_t>(status.st_size) + 1,
                                          file_bytes_max + 1));
        std::setvbuf(file.get(), nullptr, _IONBF, 0);
        text.resize(std::fread(text.data(), 1, text.size(), file.get()));
        if (std::ferror(file.get()) != 0) return std::strerror(EIO);
        if (text.size() > file_bytes_max) return "it is larger than 1 MiB";
        text.shrink_to_fit();
        return {};
    }

    void read_env_files(std::size_t index) {
        const auto file = sources_.files[index].name;
        // A document twice parsed costs most units nothing: few have env-files.
        if (unit_name(file).empty() || !sources_.files[index].text.contains("env-file")) return;
        const auto table = parse_document(sources_.files[index].text);
        const auto* entry = table ? table->find("env-file") : nullptr;
        const auto* array = entry != nullptr ? entry->value.as<Array>() : nullptr;
        if (array == nullptr) return;
        for (const auto& item : *array) {
            const auto* text = item.as<std::string>();
            if (text == nullptr || text->contains('\0')) continue;
            std::string_view path = *text;
            const bool optional = is_optional(path);
            const bool known = std::ranges::find(sources_.files, path, &Sources::File::name) !=
                               sources_.files.end();
            if (!path.starts_with('/') || known) continue;
            read(std::string{path}, optional, item.at, file);
        }
    }

    std::string directory_;
    Sources sources_;
    Diagnostics diagnostics_;
    std::set<std::string> unread_;
    std::vector<Stamp> stamps_;
};

}  // namespace

std::expected<Sources, Diagnostics> read_sources(const std::string& directory) {
    constexpr int attempts = 5;
    for (int i = 1;; ++i) {
        Reading reading{directory};
        reading.run();
        // Some deployments replace all files by swapping one symlink: half of
        // either version is neither.
        if (reading.settled() || i == attempts) return std::move(reading).finish();
    }
}

}  // namespace superd::config
