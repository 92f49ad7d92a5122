// Names and number of the rotated files of an instance.
//
// The current file is LOGDIR/<unit>/<index>.log; a rotated one has the time of
// its rotation and a number that tells those of one second apart:
// 0.log.20261123T211500Z.1, and .zst behind it once it is compressed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace superd::logger {

// One rotated file. Those of an instance sort by time of rotation.
struct Rotated {
    std::string stamp;  // 20261123T211500Z
    std::uint32_t number = 0;
    bool compressed = false;
    std::string path;
};

// Where the compressed form of a file is while it is made: no name of a rotated file.
std::string unfinished_path(const std::string& path);

// Takes a file's name apart; none if it is not a rotated file of that instance.
std::optional<Rotated> parse_rotated(std::string_view name, std::uint32_t index);

// The rotated files of an instance, oldest first: each of them, whatever the compressor
// does meanwhile. Of a file that is there both compressed and not, only the compressed
// one: a crash came before its removal.
std::vector<Rotated> list_rotated(const std::string& directory, std::uint32_t index);

// A name that no file has: what the current file is to be renamed to now.
std::string next_rotated_path(const std::string& directory, std::uint32_t index,
                              std::int64_t realtime_ns);

// Removes the oldest files until `keep` are left. Returns those that are left.
std::vector<Rotated> keep_newest(const std::string& directory, std::uint32_t index,
                                 std::uint32_t keep);

}  // namespace superd::logger
