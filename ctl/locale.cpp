#include "ctl/locale.hpp"

#include <cstdlib>
#include <string_view>

namespace superctl {

// As the locale says, in the order in which its variables count.
bool speaks_utf8() {
    for (const auto* const name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        const char* const value = std::getenv(name);
        if (value == nullptr || *value == '\0') continue;
        const std::string_view locale{value};
        return locale.find("UTF-8") != locale.npos || locale.find("utf8") != locale.npos;
    }
    return false;
}

}  // namespace superctl
