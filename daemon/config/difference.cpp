#include "config/changed_keys.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace superd::config {

namespace {

std::string_view variable_name(std::string_view variable) {
    return variable.substr(0, variable.find('='));
}

// Both are in order of name.
void compare_environments(const Launch& before, const Launch& after, Keys& keys) {
    const auto add = [&](std::string_view variable) {
        const auto name = variable_name(variable);
        // These follow from user, which is told by itself.
        const bool implied =
            name == "HOME" || name == "USER" || name == "LOGNAME" || name == "SHELL";
        if (implied && before.user != after.user) return;
        keys.add("env", "env." + std::string{name});
    };
    auto a = before.env.begin();
    auto b = after.env.begin();
    while (a != before.env.end() || b != after.env.end()) {
        // The environment that has the smaller name next has a variable the other has not.
        const bool only_a = b == after.env.end() ||
                            (a != before.env.end() && variable_name(*a) < variable_name(*b));
        const bool only_b = a == before.env.end() ||
                            (b != after.env.end() && variable_name(*b) < variable_name(*a));
        if (only_a || only_b || *a != *b) add(only_b ? *b : *a);
        if (!only_b) ++a;
        if (!only_a) ++b;
    }
}

void compare_launch(const Launch& before, const Launch& after, Keys& keys) {
    keys.compare("exec", before.argv, after.argv);
    compare_environments(before, after, keys);
    keys.compare("user", before.user, after.user);
    if (before.user == after.user) {
        keys.compare("user", before.uid, after.uid);
        // Which groups a user is in is no key; it takes effect as user does.
        keys.compare("user", before.groups, after.groups);
        keys.compare("group", before.gid, after.gid);
    } else if (before.gid != after.gid && before.user.empty() == after.user.empty()) {
        keys.add("group");
    }
    const auto directory = [](const Launch& launch) {
        return launch.directory.empty() ? std::string_view{"/"}
                                        : std::string_view{launch.directory};
    };
    keys.compare("directory", directory(before), directory(after));
    keys.compare("umask", before.umask, after.umask);
    keys.compare("stop-on-supervisor-exit", before.ends_with_superd, after.ends_with_superd);
}

bool same_dependency(const core::Dependency& a, const core::Dependency& b) {
    return a.unit == b.unit && a.kind == b.kind && a.when == b.when;
}

void compare_dependencies(const core::UnitSpec& before, const core::UnitSpec& after, Keys& keys) {
    const auto compare = [&](core::DependencyKind kind, std::string_view path) {
        const auto of_kind = [kind](const core::UnitSpec& spec) {
            std::vector<core::Dependency> list;
            for (const auto& dependency : spec.dependencies) {
                if (dependency.kind == kind) list.push_back(dependency);
            }
            std::ranges::sort(list, {}, &core::Dependency::unit);
            return list;
        };
        if (!std::ranges::equal(of_kind(before), of_kind(after), same_dependency)) keys.add(path);
    };
    compare(core::DependencyKind::needs, "depends.needs");
    compare(core::DependencyKind::wants, "depends.wants");
    compare(core::DependencyKind::after, "depends.after");
}

void compare_exits(std::string_view path, std::vector<std::int32_t> codes_before,
                   std::vector<std::int32_t> signals_before, std::vector<std::int32_t> codes_after,
                   std::vector<std::int32_t> signals_after, Keys& keys) {
    for (auto* list : {&codes_before, &signals_before, &codes_after, &signals_after}) {
        std::ranges::sort(*list);
    }
    if (codes_before != codes_after || signals_before != signals_after) keys.add(path);
}

void compare_restart(const core::RestartRule& before, const core::RestartRule& after, Keys& keys) {
    keys.compare("restart.policy", before.policy, after.policy);
    keys.compare("restart.delay", before.delay, after.delay);
    keys.compare("restart.max-delay", before.max_delay, after.max_delay);
    keys.compare("restart.factor", before.factor, after.factor);
    keys.compare("restart.jitter", before.jitter, after.jitter);
    keys.compare("restart.stable-after", before.stable_after, after.stable_after);
    keys.compare("restart.limit", before.limit, after.limit);
    keys.compare("restart.limit", before.window, after.window);
    keys.compare("restart.on-limit", before.on_limit, after.on_limit);
    compare_exits("restart.success-codes", before.success_codes, before.success_signals,
                  after.success_codes, after.success_signals, keys);
    compare_exits("restart.never-on", before.never_on_codes, before.never_on_signals,
                  after.never_on_codes, after.never_on_signals, keys);
    compare_exits("restart.always-on", before.always_on_codes, before.always_on_signals,
                  after.always_on_codes, after.always_on_signals, keys);
}

std::string_view kind_path(ReadyKind kind) {
    switch (kind) {
        case ReadyKind::none: return {};
        case ReadyKind::notify: return "ready.notify";
        case ReadyKind::fd: return "ready.fd";
        case ReadyKind::tcp: return "ready.tcp";
        case ReadyKind::unix_socket: return "ready.unix";
        case ReadyKind::http: return "ready.http";
        case ReadyKind::exec: return "ready.exec";
        case ReadyKind::log: return "ready.log";
        case ReadyKind::delay: return "ready.delay";
    }
    return {};
}

bool same_way(const Ready& a, const Ready& b) {
    return a.kind == b.kind && a.notify_from_tree == b.notify_from_tree && a.fd == b.fd &&
           a.port == b.port && a.host == b.host && a.path == b.path &&
           a.host_header == b.host_header && a.pattern == b.pattern && a.argv == b.argv &&
           a.delay == b.delay && a.open == b.open;
}

void compare_ready(const Unit& before, const Unit& after, Keys& keys) {
    static const Ready none;
    const Ready& a = before.ready ? *before.ready : none;
    const Ready& b = after.ready ? *after.ready : none;
    if (!same_way(a, b)) {
        for (const auto kind : {a.kind, b.kind}) {
            if (const auto path = kind_path(kind); !path.empty()) keys.add(path);
        }
    }
    keys.compare("ready.timeout", before.spec.ready_timeout, after.spec.ready_timeout);
    keys.compare("ready.every", a.every, b.every);
}

void compare_group(const core::UnitSpec& before, const core::UnitSpec& after, Keys& keys) {
    static const core::GroupRule none;
    const auto& a = before.group ? *before.group : none;
    const auto& b = after.group ? *after.group : none;
    keys.compare("members", a.members, b.members);
    keys.compare("strategy", a.strategy, b.strategy);
    keys.compare("intensity", a.limit, b.limit);
    keys.compare("intensity", a.window, b.window);
    keys.compare("significant", a.significant, b.significant);
}

void compare_stop(const core::UnitSpec& before, const core::UnitSpec& after, Keys& keys) {
    const auto same = [](const core::StopStep& a, const core::StopStep& b) {
        return a.signal == b.signal && a.patience == b.patience;
    };
    if (!std::ranges::equal(before.stop, after.stop, same)) keys.add("stop.signals");
}

void compare_log(const Log& before, const Log& after, Keys& keys) {
    keys.compare("log.format", before.format, after.format);
    keys.compare("log.when-full", before.when_full, after.when_full);
    keys.compare("log.compress", before.compress, after.compress);
    keys.compare("log.foreground", before.foreground, after.foreground);
    keys.compare("log.foreground-format", before.foreground_format, after.foreground_format);
    keys.compare("log.target", before.target, after.target);
    keys.compare("log.max-size", before.max_size, after.max_size);
    keys.compare("log.max-age", before.max_age, after.max_age);
    keys.compare("log.keep", before.keep, after.keep);
    keys.compare("log.tail", before.tail, after.tail);
}

void compare_checks(const std::vector<core::CheckSpec>& before,
                    const std::vector<core::CheckSpec>& after, Keys& keys) {
    const auto differs = [](const core::CheckSpec& one, const auto& others) {
        const auto same = std::ranges::find(others, one.name, &core::CheckSpec::name);
        return same == others.end() || *same != one;
    };
    for (const auto& check : before) {
        if (differs(check, after)) keys.add("check.name", "check." + check.name);
    }
    for (const auto& check : after) {
        if (differs(check, before)) keys.add("check.name", "check." + check.name);
    }
}

bool same_listener(const Listener& a, const Listener& b) {
    return a.address == b.address && a.shared == b.shared && a.nodelay == b.nodelay &&
           a.deferred == b.deferred && a.backlog == b.backlog && a.mode == b.mode &&
           a.uid == b.uid && a.gid == b.gid;
}

void compare_listeners(const std::vector<Listener>& before, const std::vector<Listener>& after,
                       Keys& keys) {
    const auto compare = [&](const std::vector<Listener>& some,
                             const std::vector<Listener>& others) {
        for (const auto& each : some) {
            const auto same = std::ranges::find(others, each.name, &Listener::name);
            if (same != others.end() && same_listener(each, *same)) continue;
            keys.add("listen", "listen." + each.name);
        }
    };
    compare(before, after);
    compare(after, before);
}

void compare_hooks(const Unit& before, const Unit& after, Keys& keys) {
    static const core::HookRule no_rule;
    static const Hooks none;
    const core::HookRule& a = before.spec.hooks ? *before.spec.hooks : no_rule;
    const core::HookRule& b = after.spec.hooks ? *after.spec.hooks : no_rule;
    const Hooks& old = before.hooks ? *before.hooks : none;
    const Hooks& now = after.hooks ? *after.hooks : none;
    struct Paths {
        std::string_view hook, timeout;
    };
    constexpr std::array paths{Paths{"hooks.pre-start", "hooks.pre-start-timeout"},
                               Paths{"hooks.post-start", "hooks.post-start-timeout"},
                               Paths{"hooks.pre-stop", "hooks.pre-stop-timeout"},
                               Paths{"hooks.post-stop", "hooks.post-stop-timeout"},
                               Paths{"hooks.on-crash", "hooks.on-crash-timeout"}};
    for (std::size_t i = 0; i < paths.size(); ++i) {
        const std::size_t hook = i + 1;  // The first of core::Hook is none.
        keys.compare(paths[i].hook, old.argv[hook], now.argv[hook]);
        keys.compare(paths[i].timeout, old.timeouts[hook], now.timeouts[hook]);
    }
    keys.compare("hooks.timeout", old.timeout, now.timeout);
    keys.compare("hooks.on-crash-limit", a.crash_limit, b.crash_limit);
    keys.compare("hooks.on-crash-limit", a.crash_window, b.crash_window);
    keys.compare("hooks.run-as", old.run_as, now.run_as);
}

void compare_renewal(const Unit& before, const Unit& after, Keys& keys) {
    const auto kind = [](const Unit& u) { return u.ready ? u.ready->kind : ReadyKind::none; };
    // Its default follows from these, which are told by themselves.
    const bool same = before.listeners.empty() == after.listeners.empty() &&
                      (before.listeners.empty() || kind(before) == kind(after));
    keys.compare("rolling.batch", before.spec.rolling.batch, after.spec.rolling.batch);
    if (same) keys.compare("rolling.surge", before.spec.rolling.surge, after.spec.rolling.surge);
    const core::RecycleRule& a = before.spec.recycle;
    const core::RecycleRule& b = after.spec.recycle;
    keys.compare("recycle.after", a.after, b.after);
    keys.compare("recycle.jitter", a.jitter, b.jitter);
    keys.compare("recycle.memory", a.memory, b.memory);
    keys.compare("recycle.exits", a.exits, b.exits);
}

void compare_timer(const core::UnitSpec& before, const core::UnitSpec& after, Keys& keys) {
    static const core::TimerRule none;
    const auto& a = before.timer ? *before.timer : none;
    const auto& b = after.timer ? *after.timer : none;
    keys.compare("timer.every", a.every, b.every);
    keys.compare("timer.at", a.at, b.at);
    keys.compare("timer.zone", a.utc, b.utc);
    keys.compare("timer.jitter", a.jitter, b.jitter);
    keys.compare("timer.catch-up", a.catch_up, b.catch_up);
    keys.compare("timer.on-start", a.on_start, b.on_start);
    keys.compare("timer.overlap", a.overlap, b.overlap);
}

void compare_hosted(const Unit& before, const Unit& after, Keys& keys) {
    static const Hosted none;
    const Hosted& a = before.hosted ? *before.hosted : none;
    const Hosted& b = after.hosted ? *after.hosted : none;
    keys.compare("module", a.module, b.module);
    keys.compare("language", a.language, b.language);
    keys.compare("model", a.model, b.model);
    keys.compare("threads", a.threads, b.threads);
    keys.compare("loop", a.loop, b.loop);
    keys.compare("python", a.interpreter, b.interpreter);
    keys.compare("preload", a.preload, b.preload);
    keys.compare("cpus", a.cpus, b.cpus);
    keys.compare("cpus", a.cpus_each, b.cpus_each);
    keys.compare("stall-warn", a.stall_warn, b.stall_warn);
    keys.compare("stall-timeout", a.stall_timeout, b.stall_timeout);
    keys.compare("task-timeout", a.task_timeout, b.task_timeout);
    keys.compare("on-stall", a.on_stall, b.on_stall);
    keys.compare("drain-timeout", a.drain_timeout, b.drain_timeout);
    keys.compare("max-tasks", a.max_tasks, b.max_tasks);
    keys.compare("config", a.config, b.config);
}

// How many there are, and when they are there.
void compare_presence(const Unit& before, const Unit& after, Keys& keys) {
    const std::string_view count = after.hosted ? "workers" : "instances";
    const auto rule = [](const Unit& unit) {
        return unit.spec.scale ? *unit.spec.scale : core::ScaleRule{};
    };
    keys.compare(count, before.spec.instances, after.spec.instances);
    keys.compare(count, before.by_cores, after.by_cores);
    keys.compare("workers", rule(before), rule(after));
    keys.compare("autostart", before.spec.autostart, after.spec.autostart);
    if (after.spec.scale || before.spec.scale) return;  // It says the rest, too.
    keys.compare("autostart", before.spec.on_demand, after.spec.on_demand);
    keys.compare("idle-timeout", before.spec.idle_timeout, after.spec.idle_timeout);
}

Change compare_units(const Unit& before, const Unit& after) {
    Change change{
        after.spec.name, ChangeKind::live, {}, before.spec.instances, after.spec.instances};
    Keys keys{change};
    keys.compare("description", before.description, after.description);
    keys.compare("type", before.spec.type, after.spec.type);
    compare_launch(before.launch, after.launch, keys);
    compare_presence(before, after, keys);
    compare_hosted(before, after, keys);
    change.by_cores = after.by_cores;
    keys.compare("essential", before.spec.essential, after.spec.essential);
    compare_dependencies(before.spec, after.spec, keys);
    compare_group(before.spec, after.spec, keys);
    compare_restart(before.spec.restart, after.spec.restart, keys);
    compare_ready(before, after, keys);
    compare_stop(before.spec, after.spec, keys);
    compare_timer(before.spec, after.spec, keys);
    compare_checks(before.spec.checks, after.spec.checks, keys);
    compare_listeners(before.listeners, after.listeners, keys);
    compare_hooks(before, after, keys);
    keys.compare("fd-store-max", before.fd_store_max, after.fd_store_max);
    keys.compare("extend-max", before.spec.extend_max, after.spec.extend_max);
    keys.compare("watchdog.every", before.spec.watchdog.every, after.spec.watchdog.every);
    keys.compare("watchdog.signal", before.spec.watchdog.signal, after.spec.watchdog.signal);
    compare_renewal(before, after, keys);
    compare_limits(before, after, keys);
    compare_log(before.log, after.log, keys);
    if (keys.restart()) {
        change.kind = ChangeKind::restart;
    } else if (change.keys.size() == 1 && change.instances_before != change.instances_after) {
        change.kind = ChangeKind::instances;
    }
    return change;
}

}  // namespace

std::vector<Change> difference(const Configuration& before, const Configuration& after) {
    std::vector<Change> changes;
    auto a = before.units.begin();
    auto b = after.units.begin();
    while (a != before.units.end() || b != after.units.end()) {
        const bool only_a = b == after.units.end() ||
                            (a != before.units.end() && (*a)->spec.name < (*b)->spec.name);
        const bool only_b = a == before.units.end() ||
                            (b != after.units.end() && (*b)->spec.name < (*a)->spec.name);
        if (only_a) {
            changes.push_back({(*a)->spec.name, ChangeKind::removed, {}, (*a)->spec.instances, 0});
            ++a;
        } else if (only_b) {
            changes.push_back({(*b)->spec.name, ChangeKind::added, {}, 0, (*b)->spec.instances});
            ++b;
        } else {
            auto change = compare_units(**a++, **b++);
            if (!change.keys.empty()) changes.push_back(std::move(change));
        }
    }
    return changes;
}

}  // namespace superd::config
