// The only source with such paths in its flags: they keep the compiler's cache from serving another
// clone, and precompiled headers from being used. Not from __FILE__, which that cache may make
// relative.
#include "tests/unit/places.hpp"

namespace superd::places {

std::string source(const std::string& path) { return SUPERD_SOURCE_DIR + path; }
std::string superd() { return SUPERD_BINARY_DIR "/bin/superd"; }
std::string superctl() { return SUPERD_BINARY_DIR "/bin/superctl"; }
std::string keeper_puppet() { return SUPERD_BINARY_DIR "/tests/keeper_puppet"; }

}  // namespace superd::places
