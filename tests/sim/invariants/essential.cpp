// superd stops by itself only for an essential unit that somebody wants and that is lost for good;
// where nothing fails, only because that unit's group has done what it was there for.
#include "tests/sim/invariants/all.hpp"
#include "tests/sim/invariants/truth.hpp"

#include <algorithm>
#include <optional>
#include <variant>

namespace superd::sim {
namespace {

using core::State;

class Essential final : public Invariant {
public:
    explicit Essential(const Scene& scene) : Invariant{scene, "essential"} {}

    void begun_anew() override { nothing_fails_ = scene_.healed; }
    void took_over() override {
        const Keeper& keeper = scene_.machine.keeper;
        const bool stops = keeper.stop_asked || stops_in_ == keeper.lives;
        if (stops == scene_.system->shutting_down()) return;
        fail(stops ? "superd stops, and the next supervisor knows nothing of it"
                   : "superd stops, as the one before it did");
    }
    void asked(const core::Effect& effect) override {
        const auto* const e = std::get_if<core::ShuttingDown>(&effect);
        if (e == nullptr || e->lost.unit == 0) return;
        stops_in_ = scene_.machine.keeper.lives;
        const core::Unit& unit = scene_.unit(e->lost);
        const core::Instance& i = *scene_.system->find(e->lost);
        require(unit.spec->essential, "superd stops for it, and it is not essential", e->lost);
        require(wanted(i), "superd stops for it, and nobody wants it", e->lost);
        const bool over = i.state == State::failed || i.state == State::inactive;
        require(over && !has_process(scene_, e->lost), "superd stops for it, and it goes on",
                e->lost);
        require(!nothing_fails_ || is_done(unit), "superd stops for it, and nothing has failed",
                e->lost);
    }

private:
    static bool ended_well(const core::Instance& i) {
        return i.reason == core::Reason::exited &&
               (i.state == State::completed || i.state == State::inactive);
    }
    // An instance of a member that its group ends with has ended well.
    bool is_done(const core::Unit& unit) const {
        return std::ranges::any_of(with_groups(*scene_.system, unit), [&](const core::Unit* each) {
            if (each->spec->group == nullptr) return false;
            return std::ranges::any_of(each->spec->group->significant, [&](const auto& name) {
                const core::Unit* const member = scene_.system->find(name);
                return member != nullptr && std::ranges::any_of(member->instances, ended_well);
            });
        });
    }

    std::optional<std::uint32_t> stops_in_;  // The latest of superd's lives that ends by itself.
    bool nothing_fails_ = false;             // All that there is was begun after the last fault.
};

}  // namespace

void add_essential(Scene& scene) { scene.add(std::make_unique<Essential>(scene)); }

}  // namespace superd::sim
