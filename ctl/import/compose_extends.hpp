// "extends" of compose, within one file.
#pragma once

#include <yaml-cpp/yaml.h>

namespace superctl::importing {

// The service with all that it extends, as compose merges them; without the key "extends" then.
// What extends another file's service, or one that is not there, is left as it is.
YAML::Node with_extended(const YAML::Node& services, const YAML::Node& service);

}  // namespace superctl::importing
