// The files that an import reads and writes.
#pragma once

#include "ctl/exit_code.hpp"
#include "ctl/import/import.hpp"
#include "ctl/import/systemd_search.hpp"

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace superctl::importing {

inline constexpr std::size_t file_bytes_max = 1 << 20;

// Of systemd, "web@blue.service" is read from "web@.service" beside it where it is not there
// itself, and a name without a directory that is not here is looked for in `systemd`, with its
// drop-ins; what supervisord's files include is read, too.
std::expected<std::vector<InputFile>, Failure> read_files(
    Format format, const std::vector<std::string>& paths,
    std::span<const std::string_view> systemd = systemd_directories);

// Writes DIRECTORY/NAME.toml for each unit: all of them, or none if one is there already and not
// to be replaced. Makes the directory, and those it is in, if they are not there.
std::optional<Failure> write_units(const Translation& translation, std::string_view command,
                                   const std::string& directory, bool replace);

}  // namespace superctl::importing
