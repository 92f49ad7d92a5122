#include "turn/take_over.hpp"

#include <csignal>
#include <memory>
#include <utility>

namespace superd::turn {
namespace {

// A unit that was to leave when the supervisor before us died, and still runs.
core::SharedSpec leaving(const Record& record) {
    auto spec = std::make_shared<core::UnitSpec>();
    spec->name = record.unit;
    spec->autostart = false;
    spec->instances = record.index + 1;
    spec->stop = {{SIGTERM, std::chrono::seconds{10}}, {SIGKILL, std::chrono::seconds{2}}};
    return spec;
}

}  // namespace

TakeOver::TakeOver(std::vector<core::SharedSpec> in_force)
    : specs_{std::move(in_force)}, in_force_{specs_.size()} {
    for (std::size_t i = 0; i < specs_.size(); ++i) places_.emplace(specs_[i]->name, i);
}

void TakeOver::add(Record& record) {
    const auto known = places_.find(record.unit);
    const bool in_force = known != places_.end() && known->second < in_force_;
    if (!in_force && core::alive(record.instance)) {
        leavers_ = true;
        if (known == places_.end()) {
            places_.emplace(record.unit, specs_.size());
            specs_.push_back(leaving(record));
        } else if (specs_[known->second]->instances <= record.index) {
            specs_[known->second] = leaving(record);
        }
    }
    restored_.push_back({record.unit, record.index, std::move(record.instance), record.scaled});
}

core::Effects TakeOver::adopt(core::System& system, core::Instant now) {
    return system.adopt(std::move(specs_), std::move(restored_), now);
}

}  // namespace superd::turn
