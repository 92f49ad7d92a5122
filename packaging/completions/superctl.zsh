#compdef superctl
# Made by `superctl --print zsh`; change ctl/command.cpp instead.
_superctl_units() {
    local -a units
    units=(${(f)"$(superctl list 2>/dev/null)"})
    compadd -a units
}
_superctl() {
    local context state state_descr line
    typeset -A opt_args
    local -a verbs
    verbs=(
        'start:Start units and wait until they are ready'
        'stop:Stop units and wait until they are down'
        'restart:Stop and start units, wait until they are ready'
        'scale:Change how many instances units have, and wait until they are ready'
        'enable:Have units start by themselves'
        'disable:Have units not start by themselves'
        'reload:Read the configuration again, restart nothing'
        'status:Show how units are'
        'list:List the names of units'
        'logs:Show what units have written'
        'signal:Send a signal to units'
        'check:Check a configuration without a running superd'
        'plan:Show what reload and apply would change'
        'apply:Read the configuration again, restart what must be'
        'wait:Wait until units are ready, or stopped'
        'health:Tell whether all is well, for probes of containers and scripts'
        'events:Show what happened'
        'tree:Show what units depend on, as a tree'
        'tasks:Show what workers of hosted services work on'
        'threads:Show what threads do'
        'timeline:Show what started when, and what waited on what'
        'top:Show what instances use, as it changes'
        'timers:List units that run at set times'
        'why:Explain why units are as they are'
        'reset:Forget failures, and retry at once'
        'import:Translate other programs'\'' configurations into unit files'
        'freeze:Have units stand still, and wait until they do'
        'thaw:Have frozen units go on'
        'upgrade:Run the installed superd in place of the one that runs'
        'version:Show the versions of superctl and superd'
        'help:Show help'
    )
    _arguments -C \
        '--socket[The control socket of the superd to talk to]:path:_files' \
        '--runtime-dir[The runtime directory of the superd to talk to; its socket is DIR/control.sock]:path:_files' \
        '--bus[Reach superd over the system'\''s D-Bus, where polkit decides who may do what]' \
        '--user[With --bus\: over the session'\''s, as your own superd is]' \
        '--json[Print JSON, as the control API sends it]' \
        '--color[Use colours; auto\: on a terminal, unless NO_COLOR is set]:choice:(auto always never)' \
        '--help[Show help, of the verb if there is one]' \
        '-h[Show help, of the verb if there is one]' \
        '1:verb:->verb' '*::argument:->argument'
    case $state in
        verb) _describe verb verbs ;;
        argument)
            case $words[1] in
                start)
                    _arguments \
                        '--socket[The control socket of the superd to talk to]:path:_files' \
                        '--runtime-dir[The runtime directory of the superd to talk to; its socket is DIR/control.sock]:path:_files' \
                        '--bus[Reach superd over the system'\''s D-Bus, where polkit decides who may do what]' \
                        '--user[With --bus\: over the session'\''s, as your own superd is]' \
                        '--json[Print JSON, as the control API sends it]' \
                        '--color[Use colours; auto\: on a terminal, unless NO_COLOR is set]:choice:(auto always never)' \
                        '--help[Show help, of the verb if there is one]' \
                        '-h[Show help, of the verb if there is one]' \
                        '--all[Every unit; names are then not given]' \
                        '-a[Every unit; names are then not given]' \
                        '--no-wait[Return at once; the action goes on]' \
                        '--wait[What to wait for; ready if not given]:choice:(ready none)' \
                        '--timeout[Wait at most so long\: 20s, 1m30s, 500ms; 90s if not given]:TIME: ' \
                        '*:unit:_superctl_units' ;;
                stop)
                    _arguments \
                        '--socket[The control socket of the superd to talk to]:path:_files' \
                        '--runtime-dir[The runtime directory of the superd to talk to; its socket is DIR/control.sock]:path:_files' \
                        '--bus[Reach superd over the system'\''s D-Bus, where polkit decides who may do what]' \
                        '--user[With --bus\: over the session'\''s, as your own superd is]' \
                        '--json[Print JSON, as the control API sends it]' \
                        '--color[Use colours; auto\: on a terminal, unless NO_COLOR is set]:choice:(auto always never)' \
                        '--help[Show help, of the verb if there is one]' \
                        '-h[Show help, of the verb if there is one]' \
                        '--all[Every unit; names are then not given]' \
                        '-a[Every unit; names are then not given]' \
                        '--no-wait[Return at once; the action goes on]' \
                        '--wait[What to wait for; stopped if not given]:choice:(stopped none)' \
                        '--timeout[Wait at most so long\: 20s, 1m30s, 500ms; 90s if not given]:TIME: ' \
                        '*:unit:_superctl_units' ;;
                restart)
                    _arguments \
                        '--socket[The control socket of the superd to talk to]:path:_files' \
                        '--runtime-dir[The runtime directory of the superd to talk to; its socket is DIR/control.sock]:path:_files' \
                        '--bus[Reach superd over the system'\''s D-Bus, where polkit decides who may do what]' \
                        '--user[With --bus\: over the session'\''s, as your own superd is]' \
                        '--json[Print JSON, as the control API sends it]' \
                        '--color[Use colours; auto\: on a terminal, unless NO_COLOR is set]:choice:(auto always never)' \
                        '--help[Show help, of the verb if there is one]' \
                        '-h[Show help, of the verb if there is one]' \
                        '--all[Every unit; names are then not given]' \
                        '-a[Every unit; names are then not given]' \
                        '--rolling[Some instances of a unit after others; the rest stays if one fails]' \
                        '--batch[With --rolling\: so many at once; as the unit'\''s file says if not given]:N: ' \
                        '--no-wait[Return at once; the action goes on]' \
                        '--wait[What to wait for; ready if not given]:choice:(ready none)' \
                        '--timeout[Wait at most so long\: 20s, 1m30s, 500ms; 90s if not given]:TIME: ' \
                        '*:unit:_superctl_units' ;;
                scale)
                    _arguments \
                        '--socket[The control socket of the superd to talk to]:path:_files' \
                        '--runtime-dir[The runtime directory of the superd to talk to; its socket is DIR/control.sock]:path:_files' \
                        '--bus[Reach superd over the system'\''s D-Bus, where polkit decides who may do what]' \
                        '--user[With --bus\: over the session'\''s, as your own superd is]' \
                        '--json[Print JSON, as the control API sends it]' \
                        '--color[Use colours; auto\: on a terminal, unless NO_COLOR is set]:choice:(auto always never)' \
                        '--help[Show help, of the verb if there is one]' \
                        '-h[Show help, of the verb if there is one]' \
                        '--no-wait[Return at once; the action goes on]' \
                        '--wait[What to wait for; ready if not given]:choice:(ready none)' \
                        '--reset[What the unit'\''s file says; numbers are then not given]' \
                        '--timeout[Wait at most so long\: 20s, 1m30s, 500ms; 90s if not given]:TIME: ' \
                        '*:unit:_superctl_units' ;;
                enable)
                    _arguments \
                        '--socket[The control socket of the superd to talk to]:path:_files' \
                        '--runtime-dir[The runtime directory of the superd to talk to; its socket is DIR/control.sock]:path:_files' \
                        '--bus[Reach superd over the system'\''s D-Bus, where polkit decides who may do what]' \
                        '--user[With --bus\: over the session'\''s, as your own superd is]' \
                        '--json[Print JSON, as the control API sends it]' \
                        '--color[Use colours; auto\: on a terminal, unless NO_COLOR is set]:choice:(auto always never)' \
                        '--help[Show help, of the verb if there is one]' \
                        '-h[Show help, of the verb if there is one]' \
                        '--all[Every unit; names are then not given]' \
                        '-a[Every unit; names are then not given]' \
                        '--now[Start or stop them too, and wait for that]' \
                        '--reset[Forget the choice\: what the unit'\''s file says]' \
                        '--no-wait[Return at once; the action goes on]' \
                        '--timeout[Wait at most so long\: 20s, 1m30s, 500ms; 90s if not given]:TIME: ' \
                        '*:unit:_superctl_units' ;;
                disable)
                    _arguments \
                        '--socket[The control socket of the superd to talk to]:path:_files' \
                        '--runtime-dir[The runtime directory of the superd to talk to; its socket is DIR/control.sock]:path:_files' \
                        '--bus[Reach superd over the system'\''s D-Bus, where polkit decides who may do what]' \
                        '--user[With --bus\: over the session'\''s, as your own superd is]' \
                        '--json[Print JSON, as the control API sends it]' \
                        '--color[Use colours; auto\: on a terminal, unless NO_COLOR is set]:choice:(auto always never)' \
                        '--help[Show help, of the verb if there is one]' \
                        '-h[Show help, of the verb if there is one]' \
                        '--all[Every unit; names are then not given]' \
                        '-a[Every unit; names are then not given]' \
                        '--now[Start or stop them too, and wait for that]' \
                        '--no-wait[Return at once; the action goes on]' \
                        '--timeout[Wait at most so long\: 20s, 1m30s, 500ms; 90s if not given]:TIME: ' \
                        '*:unit:_superctl_units' ;;
                reload)
                    _arguments \
                        '--socket[The control socket of the superd to talk to]:path:_files' \
                        '--runtime-dir[The runtime directory of the superd to talk to; its socket is DIR/control.sock]:path:_files' \
                        '--bus[Reach superd over the system'\''s D-Bus, where polkit decides who may do what]' \
                        '--user[With --bus\: over the session'\''s, as your own superd is]' \
                        '--json[Print JSON, as the control API sends it]' \
                        '--color[Use colours; auto\: on a terminal, unless NO_COLOR is set]:choice:(auto always never)' \
                        '--help[Show help, of the verb if there is one]' \
                        '-h[Show help, of the verb if there is one]' \
                        && return ;;
                status)
                    _arguments \
                        '--socket[The control socket of the superd to talk to]:path:_files' \
                        '--runtime-dir[The runtime directory of the superd to talk to; its socket is DIR/control.sock]:path:_files' \
                        '--bus[Reach superd over the system'\''s D-Bus, where polkit decides who may do what]' \
                        '--user[With --bus\: over the session'\''s, as your own superd is]' \
                        '--json[Print JSON, as the control API sends it]' \
                        '--color[Use colours; auto\: on a terminal, unless NO_COLOR is set]:choice:(auto always never)' \
                        '--help[Show help, of the verb if there is one]' \
                        '-h[Show help, of the verb if there is one]' \
                        '--deaths[The last eight exits of each, not only the last]' \
                        '*:unit:_superctl_units' ;;
                list)
                    _arguments \
                        '--socket[The control socket of the superd to talk to]:path:_files' \
                        '--runtime-dir[The runtime directory of the superd to talk to; its socket is DIR/control.sock]:path:_files' \
                        '--bus[Reach superd over the system'\''s D-Bus, where polkit decides who may do what]' \
                        '--user[With --bus\: over the session'\''s, as your own superd is]' \
                        '--json[Print JSON, as the control API sends it]' \
                        '--color[Use colours; auto\: on a terminal, unless NO_COLOR is set]:choice:(auto always never)' \
                        '--help[Show help, of the verb if there is one]' \
                        '-h[Show help, of the verb if there is one]' \
                        '*:unit:_superctl_units' ;;
                logs)
                    _arguments \
                        '--socket[The control socket of the superd to talk to]:path:_files' \
                        '--runtime-dir[The runtime directory of the superd to talk to; its socket is DIR/control.sock]:path:_files' \
                        '--bus[Reach superd over the system'\''s D-Bus, where polkit decides who may do what]' \
                        '--user[With --bus\: over the session'\''s, as your own superd is]' \
                        '--json[Print JSON, as the control API sends it]' \
                        '--color[Use colours; auto\: on a terminal, unless NO_COLOR is set]:choice:(auto always never)' \
                        '--help[Show help, of the verb if there is one]' \
                        '-h[Show help, of the verb if there is one]' \
                        '--follow[Go on with what comes, until interrupted]' \
                        '-f[Go on with what comes, until interrupted]' \
                        '--lines[Begin with the last N lines; 10 if not given]:N: ' \
                        '-n[Begin with the last N lines; 10 if not given]:N: ' \
                        '--since[Only what is newer\: 10m ago is 10m; or a moment\: today, 21\:49, "2026-11-23 21\:49\:35"]:WHEN: ' \
                        '--stream[Only what came from that stream]:choice:(out err)' \
                        '--raw[Send a terminal all that they wrote, not only text and its colours]' \
                        '*:unit:_superctl_units' ;;
                signal)
                    _arguments \
                        '--socket[The control socket of the superd to talk to]:path:_files' \
                        '--runtime-dir[The runtime directory of the superd to talk to; its socket is DIR/control.sock]:path:_files' \
                        '--bus[Reach superd over the system'\''s D-Bus, where polkit decides who may do what]' \
                        '--user[With --bus\: over the session'\''s, as your own superd is]' \
                        '--json[Print JSON, as the control API sends it]' \
                        '--color[Use colours; auto\: on a terminal, unless NO_COLOR is set]:choice:(auto always never)' \
                        '--help[Show help, of the verb if there is one]' \
                        '-h[Show help, of the verb if there is one]' \
                        '--all[Every unit; names are then not given]' \
                        '-a[Every unit; names are then not given]' \
                        '--tree[All processes of the unit, not only the main one]' \
                        '-t[All processes of the unit, not only the main one]' \
                        '1:signal:_signals' \
                        '*:unit:_superctl_units' ;;
                check)
                    _arguments \
                        '--socket[The control socket of the superd to talk to]:path:_files' \
                        '--runtime-dir[The runtime directory of the superd to talk to; its socket is DIR/control.sock]:path:_files' \
                        '--bus[Reach superd over the system'\''s D-Bus, where polkit decides who may do what]' \
                        '--user[With --bus\: over the session'\''s, as your own superd is]' \
                        '--json[Print JSON, as the control API sends it]' \
                        '--color[Use colours; auto\: on a terminal, unless NO_COLOR is set]:choice:(auto always never)' \
                        '--help[Show help, of the verb if there is one]' \
                        '-h[Show help, of the verb if there is one]' \
                        '--config[The configuration directory to check]:path:_files' \
                        '-c[The configuration directory to check]:path:_files' \
                        '--profile[Profiles to lay over it, as superd does]:NAME,…: ' \
                        '-p[Profiles to lay over it, as superd does]:NAME,…: ' \
                        && return ;;
                plan)
                    _arguments \
                        '--socket[The control socket of the superd to talk to]:path:_files' \
                        '--runtime-dir[The runtime directory of the superd to talk to; its socket is DIR/control.sock]:path:_files' \
                        '--bus[Reach superd over the system'\''s D-Bus, where polkit decides who may do what]' \
                        '--user[With --bus\: over the session'\''s, as your own superd is]' \
                        '--json[Print JSON, as the control API sends it]' \
                        '--color[Use colours; auto\: on a terminal, unless NO_COLOR is set]:choice:(auto always never)' \
                        '--help[Show help, of the verb if there is one]' \
                        '-h[Show help, of the verb if there is one]' \
                        && return ;;
                apply)
                    _arguments \
                        '--socket[The control socket of the superd to talk to]:path:_files' \
                        '--runtime-dir[The runtime directory of the superd to talk to; its socket is DIR/control.sock]:path:_files' \
                        '--bus[Reach superd over the system'\''s D-Bus, where polkit decides who may do what]' \
                        '--user[With --bus\: over the session'\''s, as your own superd is]' \
                        '--json[Print JSON, as the control API sends it]' \
                        '--color[Use colours; auto\: on a terminal, unless NO_COLOR is set]:choice:(auto always never)' \
                        '--help[Show help, of the verb if there is one]' \
                        '-h[Show help, of the verb if there is one]' \
                        '--rolling[Some instances of a unit after others; the rest stays if one fails]' \
                        '--batch[With --rolling\: so many at once; as the unit'\''s file says if not given]:N: ' \
                        '--no-wait[Return at once; the action goes on]' \
                        '--timeout[Wait at most so long\: 20s, 1m30s, 500ms; 90s if not given]:TIME: ' \
                        && return ;;
                wait)
                    _arguments \
                        '--socket[The control socket of the superd to talk to]:path:_files' \
                        '--runtime-dir[The runtime directory of the superd to talk to; its socket is DIR/control.sock]:path:_files' \
                        '--bus[Reach superd over the system'\''s D-Bus, where polkit decides who may do what]' \
                        '--user[With --bus\: over the session'\''s, as your own superd is]' \
                        '--json[Print JSON, as the control API sends it]' \
                        '--color[Use colours; auto\: on a terminal, unless NO_COLOR is set]:choice:(auto always never)' \
                        '--help[Show help, of the verb if there is one]' \
                        '-h[Show help, of the verb if there is one]' \
                        '--all[Every unit; names are then not given]' \
                        '-a[Every unit; names are then not given]' \
                        '--ready[Until all are ready or completed; the default]' \
                        '--stopped[Until no process of theirs is left]' \
                        '--timeout[Wait at most so long\: 20s, 1m30s, 500ms; 90s if not given]:TIME: ' \
                        '*:unit:_superctl_units' ;;
                health)
                    _arguments \
                        '--socket[The control socket of the superd to talk to]:path:_files' \
                        '--runtime-dir[The runtime directory of the superd to talk to; its socket is DIR/control.sock]:path:_files' \
                        '--bus[Reach superd over the system'\''s D-Bus, where polkit decides who may do what]' \
                        '--user[With --bus\: over the session'\''s, as your own superd is]' \
                        '--json[Print JSON, as the control API sends it]' \
                        '--color[Use colours; auto\: on a terminal, unless NO_COLOR is set]:choice:(auto always never)' \
                        '--help[Show help, of the verb if there is one]' \
                        '-h[Show help, of the verb if there is one]' \
                        '--liveness[superd answers, and no essential unit has failed for good; of units that are named\: none of these has]' \
                        '--readiness[All that is wanted is up, no check fails, superd is not stopping; of units that are named\: these are up; the default]' \
                        '--startup[All that starts by itself has come up, whatever checks say; of units that are named\: these have]' \
                        '--timeout[Wait at most so long for superd'\''s answer; 3s if not given]:TIME: ' \
                        '*:unit:_superctl_units' ;;
                events)
                    _arguments \
                        '--socket[The control socket of the superd to talk to]:path:_files' \
                        '--runtime-dir[The runtime directory of the superd to talk to; its socket is DIR/control.sock]:path:_files' \
                        '--bus[Reach superd over the system'\''s D-Bus, where polkit decides who may do what]' \
                        '--user[With --bus\: over the session'\''s, as your own superd is]' \
                        '--json[Print JSON, as the control API sends it]' \
                        '--color[Use colours; auto\: on a terminal, unless NO_COLOR is set]:choice:(auto always never)' \
                        '--help[Show help, of the verb if there is one]' \
                        '-h[Show help, of the verb if there is one]' \
                        '--follow[Go on with what comes, until interrupted]' \
                        '-f[Go on with what comes, until interrupted]' \
                        '--since[Only what is newer\: 10m ago is 10m; or a moment\: today, 21\:49, "2026-11-23 21\:49\:35"]:WHEN: ' \
                        '--until[Only what is not newer than that]:WHEN: ' \
                        '--type[Only events of these types\: state, spawn, spawn-failed, ready, exit, lines, frozen, thawed, oom, dropped, config, hook, timer, check, rolling, command, superd]:TYPE,…: ' \
                        '-t[Only events of these types\: state, spawn, spawn-failed, ready, exit, lines, frozen, thawed, oom, dropped, config, hook, timer, check, rolling, command, superd]:TYPE,…: ' \
                        '*:unit:_superctl_units' ;;
                tree)
                    _arguments \
                        '--socket[The control socket of the superd to talk to]:path:_files' \
                        '--runtime-dir[The runtime directory of the superd to talk to; its socket is DIR/control.sock]:path:_files' \
                        '--bus[Reach superd over the system'\''s D-Bus, where polkit decides who may do what]' \
                        '--user[With --bus\: over the session'\''s, as your own superd is]' \
                        '--json[Print JSON, as the control API sends it]' \
                        '--color[Use colours; auto\: on a terminal, unless NO_COLOR is set]:choice:(auto always never)' \
                        '--help[Show help, of the verb if there is one]' \
                        '-h[Show help, of the verb if there is one]' \
                        '--reverse[Who depends on them, not on whom they depend]' \
                        '-r[Who depends on them, not on whom they depend]' \
                        '--ascii[No box-drawing characters; the default where the locale is not UTF-8]' \
                        '*:unit:_superctl_units' ;;
                tasks)
                    _arguments \
                        '--socket[The control socket of the superd to talk to]:path:_files' \
                        '--runtime-dir[The runtime directory of the superd to talk to; its socket is DIR/control.sock]:path:_files' \
                        '--bus[Reach superd over the system'\''s D-Bus, where polkit decides who may do what]' \
                        '--user[With --bus\: over the session'\''s, as your own superd is]' \
                        '--json[Print JSON, as the control API sends it]' \
                        '--color[Use colours; auto\: on a terminal, unless NO_COLOR is set]:choice:(auto always never)' \
                        '--help[Show help, of the verb if there is one]' \
                        '-h[Show help, of the verb if there is one]' \
                        '*:unit:_superctl_units' ;;
                threads)
                    _arguments \
                        '--socket[The control socket of the superd to talk to]:path:_files' \
                        '--runtime-dir[The runtime directory of the superd to talk to; its socket is DIR/control.sock]:path:_files' \
                        '--bus[Reach superd over the system'\''s D-Bus, where polkit decides who may do what]' \
                        '--user[With --bus\: over the session'\''s, as your own superd is]' \
                        '--json[Print JSON, as the control API sends it]' \
                        '--color[Use colours; auto\: on a terminal, unless NO_COLOR is set]:choice:(auto always never)' \
                        '--help[Show help, of the verb if there is one]' \
                        '-h[Show help, of the verb if there is one]' \
                        '--sort[The greatest first; if not given, by instance and process]:choice:(cpu wait time name)' \
                        '--sample[Measure for so long, at most 10s; 200ms if not given]:TIME: ' \
                        '*:unit:_superctl_units' ;;
                timeline)
                    _arguments \
                        '--socket[The control socket of the superd to talk to]:path:_files' \
                        '--runtime-dir[The runtime directory of the superd to talk to; its socket is DIR/control.sock]:path:_files' \
                        '--bus[Reach superd over the system'\''s D-Bus, where polkit decides who may do what]' \
                        '--user[With --bus\: over the session'\''s, as your own superd is]' \
                        '--json[Print JSON, as the control API sends it]' \
                        '--color[Use colours; auto\: on a terminal, unless NO_COLOR is set]:choice:(auto always never)' \
                        '--help[Show help, of the verb if there is one]' \
                        '-h[Show help, of the verb if there is one]' \
                        '--since[Only what is newer\: 10m ago is 10m; or a moment\: today, 21\:49, "2026-11-23 21\:49\:35"]:WHEN: ' \
                        '--svg[Draw it into FILE; a browser shows it]:path:_files' \
                        '*:unit:_superctl_units' ;;
                top)
                    _arguments \
                        '--socket[The control socket of the superd to talk to]:path:_files' \
                        '--runtime-dir[The runtime directory of the superd to talk to; its socket is DIR/control.sock]:path:_files' \
                        '--bus[Reach superd over the system'\''s D-Bus, where polkit decides who may do what]' \
                        '--user[With --bus\: over the session'\''s, as your own superd is]' \
                        '--json[Print JSON, as the control API sends it]' \
                        '--color[Use colours; auto\: on a terminal, unless NO_COLOR is set]:choice:(auto always never)' \
                        '--help[Show help, of the verb if there is one]' \
                        '-h[Show help, of the verb if there is one]' \
                        '--once[Print one table and end, as where there is no terminal]' \
                        '--delay[Look again after so long; 1s if not given]:TIME: ' \
                        '-d[Look again after so long; 1s if not given]:TIME: ' \
                        '*:unit:_superctl_units' ;;
                timers)
                    _arguments \
                        '--socket[The control socket of the superd to talk to]:path:_files' \
                        '--runtime-dir[The runtime directory of the superd to talk to; its socket is DIR/control.sock]:path:_files' \
                        '--bus[Reach superd over the system'\''s D-Bus, where polkit decides who may do what]' \
                        '--user[With --bus\: over the session'\''s, as your own superd is]' \
                        '--json[Print JSON, as the control API sends it]' \
                        '--color[Use colours; auto\: on a terminal, unless NO_COLOR is set]:choice:(auto always never)' \
                        '--help[Show help, of the verb if there is one]' \
                        '-h[Show help, of the verb if there is one]' \
                        '*:unit:_superctl_units' ;;
                why)
                    _arguments \
                        '--socket[The control socket of the superd to talk to]:path:_files' \
                        '--runtime-dir[The runtime directory of the superd to talk to; its socket is DIR/control.sock]:path:_files' \
                        '--bus[Reach superd over the system'\''s D-Bus, where polkit decides who may do what]' \
                        '--user[With --bus\: over the session'\''s, as your own superd is]' \
                        '--json[Print JSON, as the control API sends it]' \
                        '--color[Use colours; auto\: on a terminal, unless NO_COLOR is set]:choice:(auto always never)' \
                        '--help[Show help, of the verb if there is one]' \
                        '-h[Show help, of the verb if there is one]' \
                        '*:unit:_superctl_units' ;;
                reset)
                    _arguments \
                        '--socket[The control socket of the superd to talk to]:path:_files' \
                        '--runtime-dir[The runtime directory of the superd to talk to; its socket is DIR/control.sock]:path:_files' \
                        '--bus[Reach superd over the system'\''s D-Bus, where polkit decides who may do what]' \
                        '--user[With --bus\: over the session'\''s, as your own superd is]' \
                        '--json[Print JSON, as the control API sends it]' \
                        '--color[Use colours; auto\: on a terminal, unless NO_COLOR is set]:choice:(auto always never)' \
                        '--help[Show help, of the verb if there is one]' \
                        '-h[Show help, of the verb if there is one]' \
                        '--all[Every unit; names are then not given]' \
                        '-a[Every unit; names are then not given]' \
                        '*:unit:_superctl_units' ;;
                import)
                    _arguments \
                        '--socket[The control socket of the superd to talk to]:path:_files' \
                        '--runtime-dir[The runtime directory of the superd to talk to; its socket is DIR/control.sock]:path:_files' \
                        '--bus[Reach superd over the system'\''s D-Bus, where polkit decides who may do what]' \
                        '--user[With --bus\: over the session'\''s, as your own superd is]' \
                        '--json[Print JSON, as the control API sends it]' \
                        '--color[Use colours; auto\: on a terminal, unless NO_COLOR is set]:choice:(auto always never)' \
                        '--help[Show help, of the verb if there is one]' \
                        '-h[Show help, of the verb if there is one]' \
                        '--output[Write DIR/NAME.toml for each unit; print no units]:path:_files' \
                        '-o[Write DIR/NAME.toml for each unit; print no units]:path:_files' \
                        '--force[With --output\: replace files that are there]' \
                        '1:format:(systemd supervisord procfile compose)' '*:file:_files' ;;
                freeze)
                    _arguments \
                        '--socket[The control socket of the superd to talk to]:path:_files' \
                        '--runtime-dir[The runtime directory of the superd to talk to; its socket is DIR/control.sock]:path:_files' \
                        '--bus[Reach superd over the system'\''s D-Bus, where polkit decides who may do what]' \
                        '--user[With --bus\: over the session'\''s, as your own superd is]' \
                        '--json[Print JSON, as the control API sends it]' \
                        '--color[Use colours; auto\: on a terminal, unless NO_COLOR is set]:choice:(auto always never)' \
                        '--help[Show help, of the verb if there is one]' \
                        '-h[Show help, of the verb if there is one]' \
                        '--all[Every unit; names are then not given]' \
                        '-a[Every unit; names are then not given]' \
                        '--no-wait[Return at once; the action goes on]' \
                        '--timeout[Wait at most so long\: 20s, 1m30s, 500ms; 90s if not given]:TIME: ' \
                        '*:unit:_superctl_units' ;;
                thaw)
                    _arguments \
                        '--socket[The control socket of the superd to talk to]:path:_files' \
                        '--runtime-dir[The runtime directory of the superd to talk to; its socket is DIR/control.sock]:path:_files' \
                        '--bus[Reach superd over the system'\''s D-Bus, where polkit decides who may do what]' \
                        '--user[With --bus\: over the session'\''s, as your own superd is]' \
                        '--json[Print JSON, as the control API sends it]' \
                        '--color[Use colours; auto\: on a terminal, unless NO_COLOR is set]:choice:(auto always never)' \
                        '--help[Show help, of the verb if there is one]' \
                        '-h[Show help, of the verb if there is one]' \
                        '--all[Every unit; names are then not given]' \
                        '-a[Every unit; names are then not given]' \
                        '--no-wait[Return at once; the action goes on]' \
                        '--timeout[Wait at most so long\: 20s, 1m30s, 500ms; 90s if not given]:TIME: ' \
                        '*:unit:_superctl_units' ;;
                upgrade)
                    _arguments \
                        '--socket[The control socket of the superd to talk to]:path:_files' \
                        '--runtime-dir[The runtime directory of the superd to talk to; its socket is DIR/control.sock]:path:_files' \
                        '--bus[Reach superd over the system'\''s D-Bus, where polkit decides who may do what]' \
                        '--user[With --bus\: over the session'\''s, as your own superd is]' \
                        '--json[Print JSON, as the control API sends it]' \
                        '--color[Use colours; auto\: on a terminal, unless NO_COLOR is set]:choice:(auto always never)' \
                        '--help[Show help, of the verb if there is one]' \
                        '-h[Show help, of the verb if there is one]' \
                        '--timeout[Wait at most so long\: 20s, 1m30s, 500ms; 90s if not given]:TIME: ' \
                        && return ;;
                version)
                    _arguments \
                        '--socket[The control socket of the superd to talk to]:path:_files' \
                        '--runtime-dir[The runtime directory of the superd to talk to; its socket is DIR/control.sock]:path:_files' \
                        '--bus[Reach superd over the system'\''s D-Bus, where polkit decides who may do what]' \
                        '--user[With --bus\: over the session'\''s, as your own superd is]' \
                        '--json[Print JSON, as the control API sends it]' \
                        '--color[Use colours; auto\: on a terminal, unless NO_COLOR is set]:choice:(auto always never)' \
                        '--help[Show help, of the verb if there is one]' \
                        '-h[Show help, of the verb if there is one]' \
                        && return ;;
                help)
                    _arguments \
                        '--socket[The control socket of the superd to talk to]:path:_files' \
                        '--runtime-dir[The runtime directory of the superd to talk to; its socket is DIR/control.sock]:path:_files' \
                        '--bus[Reach superd over the system'\''s D-Bus, where polkit decides who may do what]' \
                        '--user[With --bus\: over the session'\''s, as your own superd is]' \
                        '--json[Print JSON, as the control API sends it]' \
                        '--color[Use colours; auto\: on a terminal, unless NO_COLOR is set]:choice:(auto always never)' \
                        '--help[Show help, of the verb if there is one]' \
                        '-h[Show help, of the verb if there is one]' \
                        '1:verb:(start stop restart scale enable disable reload status list logs signal check plan apply wait health events tree tasks threads timeline top timers why reset import freeze thaw upgrade version help)' ;;
            esac ;;
    esac
}
_superctl "$@"
