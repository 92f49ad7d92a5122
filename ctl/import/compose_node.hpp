// Nodes of YAML as compose has them. None of these minds what a node is, or that it is not there.
#pragma once

#include "ctl/import/draft.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <yaml-cpp/yaml.h>

namespace superctl::importing {

// The text of a scalar; empty of all others.
std::string scalar(const YAML::Node& node);
bool is_true(const YAML::Node& node);
// A map's value, its own or one merged into it by "<<: *base"; an undefined node if there is none.
YAML::Node member(const YAML::Node& map, std::string_view key);
// All of a map's keys and values, with those merged into it; none of what is no map.
std::vector<std::pair<YAML::Node, YAML::Node>> members(const YAML::Node& map);
Place place_of(const InputFile& file, const YAML::Mark& mark);

}  // namespace superctl::importing
