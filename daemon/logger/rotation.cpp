#include "logger/rotation.hpp"

#include "logger/format.hpp"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <memory>

namespace superd::logger {
namespace {

constexpr std::size_t rotation_stamp_size = 16;  // 20261123T211500Z

std::string rotation_stamp(std::int64_t realtime_ns) {
    const auto stamp = format_stamp(realtime_ns);
    std::string short_form;
    for (const char c : std::string_view{stamp.data(), 19})
        if (c != '-' && c != ':') short_form += c;
    return short_form + 'Z';
}

bool older(const Rotated& a, const Rotated& b) {
    if (a.stamp != b.stamp) return a.stamp < b.stamp;
    if (a.number != b.number) return a.number < b.number;
    return a.compressed && !b.compressed;
}

bool same_file(const Rotated& a, const Rotated& b) {
    return a.stamp == b.stamp && a.number == b.number;
}

void add_entries(const std::string& directory, std::uint32_t index, std::vector<Rotated>& files) {
    const std::unique_ptr<DIR, int (*)(DIR*)> entries{::opendir(directory.c_str()), ::closedir};
    if (!entries) return;
    while (const dirent* entry = ::readdir(entries.get())) {
        auto file = parse_rotated(entry->d_name, index);
        if (!file) continue;
        file->path = directory + '/' + entry->d_name;
        files.push_back(std::move(*file));
    }
}

// Every file, a file's compressed form before its other one, which may be gone by now.
std::vector<Rotated> scan(const std::string& directory, std::uint32_t index) {
    std::vector<Rotated> files;
    // A long directory is read in several system calls. A file that the compressor replaces
    // between two of them may have its new name where the reading has been and its old one
    // where it has yet to come: neither is seen. That happens to a file once, so what one
    // reading misses is in the other. Were it the newest file, the next one would get its
    // number too, and of two with one number only one stays.
    add_entries(directory, index, files);
    add_entries(directory, index, files);
    std::sort(files.begin(), files.end(), older);
    const auto same_path = [](const Rotated& a, const Rotated& b) { return a.path == b.path; };
    files.erase(std::unique(files.begin(), files.end(), same_path), files.end());
    return files;
}

}  // namespace

std::string unfinished_path(const std::string& path) { return path + ".tmp"; }

std::optional<Rotated> parse_rotated(std::string_view name, std::uint32_t index) {
    const std::string head = std::to_string(index) + ".log.";
    if (!name.starts_with(head)) return std::nullopt;
    name.remove_prefix(head.size());
    Rotated file;
    file.compressed = name.ends_with(".zst");
    if (file.compressed) name.remove_suffix(4);
    if (name.size() < rotation_stamp_size + 2 || name[rotation_stamp_size] != '.')
        return std::nullopt;
    file.stamp = name.substr(0, rotation_stamp_size);
    if (file.stamp[8] != 'T' || file.stamp.back() != 'Z') return std::nullopt;
    name.remove_prefix(rotation_stamp_size + 1);
    const auto read = std::from_chars(name.data(), name.data() + name.size(), file.number);
    if (read.ec != std::errc{} || read.ptr != name.data() + name.size()) return std::nullopt;
    return file;
}

std::vector<Rotated> list_rotated(const std::string& directory, std::uint32_t index) {
    std::vector<Rotated> files = scan(directory, index);
    files.erase(std::unique(files.begin(), files.end(), same_file), files.end());
    return files;
}

std::string next_rotated_path(const std::string& directory, std::uint32_t index,
                              std::int64_t realtime_ns) {
    const std::vector<Rotated> files = scan(directory, index);
    Rotated next;
    next.stamp = rotation_stamp(realtime_ns);
    next.number = 1;
    // A clock that was set back must not make this file older than those before it.
    if (!files.empty() && files.back().stamp >= next.stamp) {
        next.stamp = files.back().stamp;
        next.number = files.back().number + 1;
    }
    return directory + '/' + std::to_string(index) + ".log." + next.stamp + '.' +
           std::to_string(next.number);
}

std::vector<Rotated> keep_newest(const std::string& directory, std::uint32_t index,
                                 std::uint32_t keep) {
    std::vector<Rotated> files = scan(directory, index);
    std::vector<Rotated> distinct = files;
    distinct.erase(std::unique(distinct.begin(), distinct.end(), same_file), distinct.end());
    const std::size_t excess = distinct.size() > keep ? distinct.size() - keep : 0;
    std::vector<Rotated> left{distinct.begin() + static_cast<std::ptrdiff_t>(excess),
                              distinct.end()};
    for (const Rotated& file : files) {
        const bool kept = std::any_of(left.begin(), left.end(), [&](const Rotated& other) {
            return other.path == file.path;
        });
        if (kept) continue;
        ::unlink(file.path.c_str());
        // A logger that was killed while it compressed this file has left one.
        if (!file.compressed) ::unlink(unfinished_path(file.path).c_str());
    }
    return left;
}

}  // namespace superd::logger
