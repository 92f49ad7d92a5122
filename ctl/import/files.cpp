#include "ctl/import/files.hpp"

#include "ctl/import/supervisord.hpp"
#include "ctl/import/systemd_file.hpp"
#include "ctl/import/text.hpp"
#include "ctl/import/toml.hpp"

#include <glob.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace superctl::importing {

namespace {

namespace fs = std::filesystem;

Failure cannot_read(const std::string& path, const std::string& cause) {
    return {ExitCode::failed, "cannot read " + path + ": " + cause, ""};
}

std::expected<InputFile, Failure> read_file(const std::string& path, const std::string& real) {
    std::error_code error;
    if (fs::is_directory(real, error)) {
        return std::unexpected{cannot_read(real, "it is a directory; name its files")};
    }
    errno = 0;
    std::ifstream stream{real, std::ios::binary};
    if (!stream) return std::unexpected{cannot_read(real, std::strerror(errno))};
    InputFile file{real, {}};
    file.text.resize(file_bytes_max + 1);
    stream.read(file.text.data(), static_cast<std::streamsize>(file.text.size()));
    file.text.resize(static_cast<std::size_t>(stream.gcount()));
    if (stream.bad()) return std::unexpected{cannot_read(real, std::strerror(errno))};
    if (file.text.size() > file_bytes_max) {
        return std::unexpected{cannot_read(real, "it is larger than 1 MiB")};
    }
    if (file.text.contains('\0')) return std::unexpected{cannot_read(real, "it is no text")};
    file.name = file_name(path);
    file.directory = fs::absolute(real, error).lexically_normal().parent_path().string();
    return file;
}

// ".../web@.service" for ".../web@blue.service", if that is where it is.
std::string template_of(const std::string& path) {
    std::error_code error;
    const auto name = parse_systemd_name(file_name(path));
    if (name.instance.empty() || fs::exists(path, error)) return path;
    const auto directory = path.substr(0, path.size() - file_name(path).size());
    auto real = directory + name.prefix + "@." + name.suffix;
    return fs::exists(real, error) ? real : path;
}

std::vector<std::string> matches(const std::string& pattern) {
    ::glob_t found{};
    std::vector<std::string> paths;
    if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) {
        paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
    }
    ::globfree(&found);
    return paths;
}

class Reader {
public:
    Reader(Format format, std::span<const std::string_view> systemd)
        : format_{format}, systemd_{systemd} {}

    std::optional<Failure> read(const std::string& path) {
        std::error_code error;
        if (format_ != Format::systemd) {
            if (auto failure = add(path, path)) return failure;
            return format_ == Format::supervisord ? includes() : std::nullopt;
        }
        const auto real = template_of(path);
        const bool named_only = !path.contains('/') && !fs::exists(real, error);
        return named_only ? search(path) : add(path, real);
    }

    std::vector<InputFile> take() { return std::move(files_); }

private:
    std::optional<Failure> add(const std::string& path, const std::string& real) {
        auto file = read_file(path, real);
        if (!file) return file.error();
        files_.push_back(std::move(*file));
        return {};
    }

    std::optional<Failure> search(const std::string& name) {
        const auto found = find_systemd_unit(name, systemd_);
        if (!found) return found.error();
        const auto before = files_.size();
        if (auto failure = add(found->name, found->file)) return failure;
        for (const auto& path : found->drop_ins) {
            // Another unit's, too: of their template, or of all services.
            if (std::ranges::find(files_, path, &InputFile::path) != files_.end()) continue;
            if (auto failure = add(path, path)) return failure;
        }
        for (auto at = before; at < files_.size(); ++at) files_[at].found = true;
        return {};
    }

    std::optional<Failure> includes() {
        // supervisord's includes include nothing further.
        for (const auto& pattern : supervisord_includes(InputFile{files_.back()})) {
            for (const auto& path : matches(pattern)) {
                if (auto failure = add(path, path)) return failure;
            }
        }
        return {};
    }

    Format format_;
    std::span<const std::string_view> systemd_;
    std::vector<InputFile> files_;
};

}  // namespace

std::expected<std::vector<InputFile>, Failure> read_files(
    Format format, const std::vector<std::string>& paths,
    std::span<const std::string_view> systemd) {
    Reader reader{format, systemd};
    for (const auto& path : paths) {
        if (auto failure = reader.read(path)) return std::unexpected{std::move(*failure)};
    }
    return reader.take();
}

std::optional<Failure> write_units(const Translation& translation, std::string_view command,
                                   const std::string& directory, bool replace) {
    std::error_code error;
    fs::create_directories(directory, error);
    if (error) {
        return Failure{ExitCode::failed, "cannot make " + directory + ": " + error.message(), ""};
    }
    const auto path_of = [&](const Draft& unit) { return directory + "/" + unit.name() + ".toml"; };
    for (const auto& unit : translation.units) {
        if (replace || !fs::exists(fs::symlink_status(path_of(unit), error))) continue;
        return Failure{ExitCode::failed, "cannot write " + path_of(unit) + ": it is there already",
                       "nothing was written; --force replaces it"};
    }
    for (const auto& unit : translation.units) {
        errno = 0;
        std::ofstream stream{path_of(unit), std::ios::binary | std::ios::trunc};
        stream << print_unit(unit, command);
        stream.close();
        if (stream.fail()) {
            return Failure{ExitCode::failed,
                           "cannot write " + path_of(unit) + ": " + std::strerror(errno), ""};
        }
    }
    return {};
}

}  // namespace superctl::importing
