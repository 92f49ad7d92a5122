#include "supervisor/hook_plan.hpp"

#include "config/instance_text.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <string_view>
#include <utility>

namespace superd::supervisor {
namespace {

bool contains(const std::vector<std::int32_t>& values, std::int32_t value) {
    return std::ranges::find(values, value) != values.end();
}

bool success(const core::RestartRule& rule, const core::ExitStatus& status) {
    return status.signal != 0 ? contains(rule.success_signals, status.signal)
                              : contains(rule.success_codes, status.code);
}

std::string_view by_exit(const core::RestartRule& rule, const core::ExitStatus& status) {
    if (status.unknown) return "exit-code";
    if (status.oom) return "oom-kill";
    if (success(rule, status)) return "success";
    if (status.signal == 0) return "exit-code";
    return status.core ? "core-dump" : "signal";
}

struct Word {
    core::Reason reason;
    std::string_view result;
};
// Of runs that superd ended, or that never came to be.
constexpr std::array words{
    Word{core::Reason::spawn_failed, "resources"},
    Word{core::Reason::pre_start_failed, "exit-code"},
    Word{core::Reason::post_start_failed, "exit-code"},
    Word{core::Reason::ready_failed, "protocol"},
    Word{core::Reason::ready_timeout, "timeout"},
    Word{core::Reason::overstayed, "timeout"},
    Word{core::Reason::check_failed, "watchdog"},
    Word{core::Reason::check_stopped, "watchdog"},
    Word{core::Reason::watchdog, "watchdog"},
    Word{core::Reason::stalled, "watchdog"},
};

std::string_view result_word(const core::UnitSpec& spec, const core::Instance& i, bool ran) {
    const auto* const word = std::ranges::find(words, i.reason, &Word::reason);
    if (word != words.end()) return word->result;
    if (i.reason == core::Reason::leftovers) {
        return ran ? by_exit(spec.restart, i.last_exit->status) : "success";
    }
    // It was to stop: what it did about that is no failure, unless it had to be made to.
    const bool made_to = ran && i.stop_step > 0 && i.last_exit->status.signal == SIGKILL;
    if (made_to) return "timeout";
    return ran && i.last_exit->status.oom ? "oom-kill" : "success";
}

void set(std::vector<std::string>& env, std::string_view name, const std::string& value) {
    const std::string start = std::string{name} + "=";
    std::erase_if(env, [&](const std::string& each) { return each.starts_with(start); });
    env.push_back(start + value);
}

}  // namespace

ServiceResult service_result(const core::UnitSpec& spec, const core::Instance& instance) {
    const bool ran = instance.last_exit && instance.last_exit->run == instance.run;
    ServiceResult out;
    out.result = result_word(spec, instance, ran);
    if (!ran || instance.last_exit->status.unknown) return out;
    const core::ExitStatus& status = instance.last_exit->status;
    if (status.signal == 0) {
        out.code = "exited";
        out.status = std::to_string(status.code);
        return out;
    }
    constexpr std::string_view prefix = "SIG";
    out.code = status.core ? "dumped" : "killed";
    out.status = core::signal_name(status.signal);
    if (out.status.starts_with(prefix)) out.status.erase(0, prefix.size());
    return out;
}

os::SpawnPlan hook_plan(const Launcher& launcher, const config::Unit& unit, std::uint32_t index,
                        const core::Instance& instance, core::RunId run, core::Hook hook) {
    os::SpawnPlan plan = launcher.plan(unit, index, run);
    plan.argv = unit.hooks->argv[std::to_underlying(hook)];
    config::set_instance(plan.argv, index);
    if (unit.hooks->run_as == config::RunAs::superd) {
        plan.uid = static_cast<uid_t>(-1);
        plan.gid = static_cast<gid_t>(-1);
        plan.groups.clear();
    }
    set(plan.env, "SUPERD_HOOK", std::string{core::to_string(hook)});
    if (hook == core::Hook::on_crash) return plan;
    if (instance.pid != 0) set(plan.env, "MAINPID", std::to_string(instance.pid));
    if (hook == core::Hook::pre_stop) set(plan.env, "SERVICE_RESULT", "success");
    if (hook != core::Hook::post_stop) return plan;
    const ServiceResult result = service_result(unit.spec, instance);
    set(plan.env, "SERVICE_RESULT", result.result);
    if (result.code.empty()) return plan;
    set(plan.env, "EXIT_CODE", result.code);
    set(plan.env, "EXIT_STATUS", result.status);
    return plan;
}

}  // namespace superd::supervisor
