#include "supervisor/words.hpp"

#include <utility>

namespace superd::supervisor {

std::string_view to_string(core::UnitType type) {
    switch (type) {
        case core::UnitType::service: return "service";
        case core::UnitType::oneshot: return "oneshot";
        case core::UnitType::group: return "group";
    }
    std::unreachable();
}

std::string_view to_string(core::When when) {
    switch (when) {
        case core::When::started: return "started";
        case core::When::ready: return "ready";
        case core::When::completed: return "completed";
    }
    std::unreachable();
}

}  // namespace superd::supervisor
