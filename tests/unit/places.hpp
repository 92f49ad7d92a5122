// Where tests find what they read and run.
#pragma once

#include <string>

namespace superd::places {

// Below the root of the sources: source("/packaging/man/superctl.1").
std::string source(const std::string& path);

// Of the build that the test is of.
std::string superd();
std::string superctl();
std::string keeper_puppet();

}  // namespace superd::places
