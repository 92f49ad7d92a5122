// [hooks]
#include "config/read_unit.hpp"

#include <array>
#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace superd::config {

namespace {

using core::Hook;

struct Name {
    Hook hook;
    std::string_view path, timeout;
};
constexpr std::array names{
    Name{Hook::pre_start, "hooks.pre-start", "hooks.pre-start-timeout"},
    Name{Hook::post_start, "hooks.post-start", "hooks.post-start-timeout"},
    Name{Hook::pre_stop, "hooks.pre-stop", "hooks.pre-stop-timeout"},
    Name{Hook::post_stop, "hooks.post-stop", "hooks.post-stop-timeout"},
    Name{Hook::on_crash, "hooks.on-crash", "hooks.on-crash-timeout"},
};

void refuse_for_oneshot(const Fields& fields, const Name& name) {
    if (name.hook != Hook::post_start && name.hook != Hook::pre_stop) return;
    fields.report().add(
        fields.position(name.path),
        fmt::format("cannot use {}: a oneshot is never ready, it completes; {}", name.path,
                    name.hook == Hook::post_start
                        ? "post-stop is told in SERVICE_RESULT whether it did"
                        : "post-stop is run after it in any case"));
}

// A key that says something about a hook that is not there.
void refuse_without(const Fields& fields, std::string_view path, std::string_view hook) {
    const auto* const value = fields.value(path);
    if (value == nullptr || fields.given(hook)) return;
    fields.refuse(path, *value, fmt::format("there is no {}; add it, or leave this out", hook));
}

}  // namespace

void read_hooks(const Fields& fields, Environment& environment, Programs& programs, Unit& unit) {
    auto rule = std::make_shared<core::HookRule>();
    auto hooks = std::make_unique<Hooks>();
    fields.read("hooks.timeout", hooks->timeout);
    bool any = false;
    for (const Name& name : names) {
        refuse_without(fields, name.timeout, name.path);
        if (!fields.given(name.path)) continue;
        any = true;
        if (unit.spec.type == core::UnitType::oneshot) refuse_for_oneshot(fields, name);
        const auto at = std::to_underlying(name.hook);
        hooks->argv[at] = read_argv(fields, name.path, environment, programs);
        fields.read(name.timeout, hooks->timeouts[at]);
        const bool own = hooks->timeouts[at].count() > 0;
        rule->timeouts[at] = own ? hooks->timeouts[at] : hooks->timeout;
    }
    refuse_without(fields, "hooks.on-crash-limit", "hooks.on-crash");
    if (const auto* value = fields.value("hooks.on-crash-limit")) {
        const auto rate = *parse_rate(*value->as<std::string>());
        rule->crash_limit = rate.count;
        rule->crash_window = rate.window;
    }
    fields.read("hooks.run-as", hooks->run_as);
    if (!any) return;
    unit.spec.hooks = std::move(rule);
    unit.hooks = std::move(hooks);
}

}  // namespace superd::config
