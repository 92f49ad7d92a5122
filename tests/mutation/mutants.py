"""The ways in which tests/mutation/run breaks the core, one at a time.

`before` stands in the file exactly once; one that does not any more is an error, so that the list keeps up
with the code. No mutant may be one that a compiler warns of.
"""
import typing


class Mutant(typing.NamedTuple):
    name: str
    file: str  # Below daemon/core.
    before: str
    after: str


MUTANTS = (
    Mutant("events of an earlier run are accepted", "stepper.cpp",
           "return found.run == run ? &found : nullptr;", "(void)run;\n    return &found;"),
    Mutant("readiness of an earlier run is accepted", "events.cpp",
           """            auto* const i = instance(e.instance, e.run);
            if (i == nullptr || i->reason != Reason::awaiting_ready) return;
            became_ready""",
           """            Unit* const owner = unit(e.instance.unit);
            if (owner == nullptr || e.instance.index >= owner->instances.size()) return;
            Instance* const i = &owner->instances[e.instance.index];
            if (i->reason != Reason::awaiting_ready) return;
            became_ready"""),
    Mutant("a stale timer is accepted", "events.cpp",
           "if (i.timer == e.timer && i.due != Instant{})", "if (i.due != Instant{})"),
    Mutant("an exit told twice counts twice", "lifecycle.cpp",
           "    if (!alive(instance) || instance.leader_gone) return;\n    LastExit",
           "    if (!alive(instance)) return;\n    LastExit"),
    Mutant("the tree is not waited for", "lifecycle.cpp",
           "    }\n    out_.emplace_back(Sweep{id_of(unit, instance), instance.run});\n}",
           "    }\n    down(unit, instance);\n}"),
    Mutant("leftovers of a crash are not ended", "events.cpp",
           "if (i->due == Instant{}) send_stop_signal(*unit(e.instance.unit), *i);", "(void)i;"),
    Mutant("a stop never escalates", "lifecycle.cpp",
           "if (instance.stop_step + 1u < stop_steps(*unit.spec, instance)) ++instance.stop_step;", ""),
    Mutant("a stop in the starting window does nothing", "dependencies.cpp",
           "if (end && !held_by_dependents(unit)) begin_stop",
           "if (end && instance.state == State::ready && !held_by_dependents(unit)) begin_stop"),
    Mutant("a stop that overtakes the spawn is forgotten", "lifecycle.cpp",
           "        changed(unit, instance);\n        return send_stop_signal(unit, instance);",
           "        return changed(unit, instance);"),
    Mutant("the timer of a start is not disarmed", "lifecycle.cpp",
           "    disarm(unit, instance);\n    instance.ready_at = now_;", "    instance.ready_at = now_;"),
    Mutant("restarted against the goal", "lifecycle.cpp",
           "    if (instance.goal == Goal::down) return enter(unit, instance, State::inactive, Reason::stopped);\n",
           ""),
    Mutant("automation writes the goal", "restart.cpp",
           "    enter(unit, instance, State::failed, failed_to_be_ready ? why : Reason::no_restart);",
           "    instance.goal = Goal::down;\n"
           "    enter(unit, instance, State::failed, failed_to_be_ready ? why : Reason::no_restart);"),
    Mutant("the back-off never resets", "restart.cpp",
           "        instance.attempt = 0;\n        return Duration{0};", "        return Duration{0};"),
    Mutant("the back-off has no cap", "restart.cpp", "std::min(grown, longest) *", "std::max(grown, longest * 0) *"),
    Mutant("the back-off has no jitter", "restart.cpp",
           "(1.0 + spread(system_.random_))", "(1.0 + 0 * spread(system_.random_))"),
    Mutant("a program that cannot start spins", "restart.cpp",
           "if (reason == Reason::spawn_failed) at = std::max(at, now_ + spawn_retry_min);",
           "(void)spawn_retry_min;"),
    Mutant("the limit's window is ignored", "restart.cpp",
           "return past + rule.window <= now_;", "return past <= now_;"),
    Mutant("the limit lets one more through", "restart.cpp",
           "instance.restarts_at.size() >= rule.limit) {", "instance.restarts_at.size() > rule.limit) {"),
    Mutant("on-limit = fail never fails", "restart.cpp",
           "rule.on_limit != OnLimit::wait &&", "rule.on_limit == OnLimit::escalate &&"),
    Mutant("forks that fail for a moment count", "lifecycle.cpp",
           "Reason::spawn_failed, false, false)", "Reason::spawn_failed, false, true)"),
    Mutant("success is retried like failure", "restart.cpp",
           "(rule.policy == RestartPolicy::on_failure && !success)", "(rule.policy == RestartPolicy::on_failure)"),
    Mutant("never-on is ignored", "restart.cpp",
           "if (listed(status, rule.never_on_codes, rule.never_on_signals)) {",
           "if (listed(status, rule.never_on_codes, rule.never_on_signals) && success) {"),
    Mutant("needs are treated as wants", "dependencies.cpp",
           "if (other == nullptr || edge.kind == DependencyKind::wants) return true;",
           "if (other == nullptr || edge.kind != DependencyKind::after) return true;"),
    Mutant("stops do not wait for dependents", "dependencies.cpp",
           "if (end && !held_by_dependents(unit)) begin_stop", "if (end) begin_stop"),
    Mutant("a retry of a dependency takes dependents along", "dependencies.cpp",
           "return instance.state == State::failed || instance.state == State::inactive;",
           "return instance.state == State::failed || instance.state == State::inactive ||\n"
           "           instance.state == State::backoff;"),
    Mutant("dependents do not heal", "stepper.cpp", "    if (next.empty()) return;\n", "    return;\n"),
    Mutant("a start does not start what is needed", "commands.cpp",
           "    pull_dependencies(*found);\n    each_target(*found, request.instance, [&](Instance& i) { want_up",
           "    each_target(*found, request.instance, [&](Instance& i) { want_up"),
    Mutant("a command is answered twice", "commands.cpp",
           "    if (command != 0) out_.emplace_back(Answer{command, target, outcome});",
           "    for (int i = 0; i < 2 && command != 0; ++i) {\n"
           "        out_.emplace_back(Answer{command, target, outcome});\n    }"),
    Mutant("who is superseded is not told", "commands.cpp",
           "if (contradicted) answer(pending.id, pending.instance, Outcome::superseded);", ""),
    Mutant("one-for-all restarts one", "groups.cpp",
           "other != nullptr && (all || after)) {", "other != nullptr && !all && after) {"),
    Mutant("rest-for-one restarts those before it", "groups.cpp",
           "other != nullptr && (all || after)) {", "other != nullptr && (all || !after)) {"),
    Mutant("members come back before all are down", "groups.cpp",
           "if (coming_back(other) || late) return group;", "if (late && coming_back(other)) return group;"),
    Mutant("a group's intensity is ignored", "groups.cpp",
           "    if (past.size() >= rule.limit) return group_fails(*group);\n", ""),
    Mutant("essential means nothing", "stepper.cpp",
           "    touch(unit);\n    check_essential(unit, instance);\n", "    touch(unit);\n"),
    Mutant("shutdown does not wait", "stepper.cpp",
           "system_.shutting_down_ && system_.alive_ == 0 && !", "system_.shutting_down_ && !"),
    Mutant("what is removed is forgotten before it is down", "stepper.cpp",
           "unit.instances.back().removed &&\n           !alive(unit.instances.back())) {",
           "unit.instances.back().removed) {"),
    Mutant("another number of instances restarts all", "configure.cpp",
           "} else if (i.removed) {", "} else if (i.removed || unit.instances.size() > unit.spec->instances) {"),
    Mutant("run numbers repeat after a take-over", "configure.cpp",
           "        system_.next_run_ = std::max(system_.next_run_, owner.instances[each.index].run + 1);\n", ""),
    Mutant("a check may fail once more than it may", "check.cpp",
           "state.failures < spec.failures", "state.failures <= spec.failures"),
    Mutant("a check is well one success too late", "check.cpp",
           "state.successes < spec.successes", "state.successes <= spec.successes"),
    Mutant("a supervisor that was away misses pings", "liveness.cpp",
           "    if (now_ - instance.due > interval / looks) return feed_watchdog(unit, instance);\n", ""),
    Mutant("a deadline may be put off for ever", "announced.cpp",
           "const Instant due = std::min(wanted, latest);", "const Instant due = std::max(wanted, latest);"),
)
