// Other programs' configurations as units of superd.
#pragma once

#include "ctl/import/draft.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace superctl::importing {

enum class Format { systemd, supervisord, procfile, compose };
std::string_view to_string(Format format);
std::optional<Format> parse_format(std::string_view word);

Translation translate(Format format, const std::vector<InputFile>& files);

// {"schema":1,"units":[{"name","text","notes":[…]}],"notes":[{"file","line","weight","text"}]}
std::string to_json(const Translation& translation, std::string_view command);

}  // namespace superctl::importing
