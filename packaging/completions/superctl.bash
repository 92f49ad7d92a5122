# Made by `superctl --print bash`; change ctl/command.cpp instead.
_superctl() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} verb= place=() i
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
            --socket|--runtime-dir) place+=("${COMP_WORDS[i]}" "${COMP_WORDS[i+1]}"); ((i++)) ;;
            --bus|--user) place+=("${COMP_WORDS[i]}") ;;
            --color) ((i++)) ;;
            -*) ;;
            *) [[ $verb ]] || verb=${COMP_WORDS[i]} ;;
        esac
    done
    case $verb:$before in
        *:--socket) COMPREPLY=($(compgen -f -- "$word")); return ;;
        *:--runtime-dir) COMPREPLY=($(compgen -f -- "$word")); return ;;
        *:--color) COMPREPLY=($(compgen -W 'auto always never' -- "$word")); return ;;
        start:--wait) COMPREPLY=($(compgen -W 'ready none' -- "$word")); return ;;
        start:--timeout) return ;;
        stop:--wait) COMPREPLY=($(compgen -W 'stopped none' -- "$word")); return ;;
        stop:--timeout) return ;;
        restart:--batch) return ;;
        restart:--wait) COMPREPLY=($(compgen -W 'ready none' -- "$word")); return ;;
        restart:--timeout) return ;;
        scale:--wait) COMPREPLY=($(compgen -W 'ready none' -- "$word")); return ;;
        scale:--timeout) return ;;
        enable:--timeout) return ;;
        disable:--timeout) return ;;
        logs:--lines|logs:-n) return ;;
        logs:--since) return ;;
        logs:--stream) COMPREPLY=($(compgen -W 'out err' -- "$word")); return ;;
        check:--config|check:-c) COMPREPLY=($(compgen -f -- "$word")); return ;;
        check:--profile|check:-p) return ;;
        apply:--batch) return ;;
        apply:--timeout) return ;;
        wait:--timeout) return ;;
        health:--timeout) return ;;
        events:--since) return ;;
        events:--until) return ;;
        events:--type|events:-t) return ;;
        threads:--sort) COMPREPLY=($(compgen -W 'cpu wait time name' -- "$word")); return ;;
        threads:--sample) return ;;
        timeline:--since) return ;;
        timeline:--svg) COMPREPLY=($(compgen -f -- "$word")); return ;;
        top:--delay|top:-d) return ;;
        import:--output|import:-o) COMPREPLY=($(compgen -f -- "$word")); return ;;
        freeze:--timeout) return ;;
        thaw:--timeout) return ;;
        upgrade:--timeout) return ;;
    esac
    local flags='--socket --runtime-dir --bus --user --json --color --help -h'
    case $verb in
        '') COMPREPLY=($(compgen -W "$flags start stop restart scale enable disable reload status list logs signal check plan apply wait health events tree tasks threads timeline top timers why reset import freeze thaw upgrade version help" -- "$word")); return ;;
        start) flags+=' --all -a --no-wait --wait --timeout' ;;
        stop) flags+=' --all -a --no-wait --wait --timeout' ;;
        restart) flags+=' --all -a --rolling --batch --no-wait --wait --timeout' ;;
        scale) flags+=' --no-wait --wait --reset --timeout' ;;
        enable) flags+=' --all -a --now --reset --no-wait --timeout' ;;
        disable) flags+=' --all -a --now --no-wait --timeout' ;;
        status) flags+=' --deaths' ;;
        logs) flags+=' --follow -f --lines -n --since --stream --raw' ;;
        signal) flags+=' --all -a --tree -t' ;;
        check) flags+=' --config -c --profile -p' ;;
        apply) flags+=' --rolling --batch --no-wait --timeout' ;;
        wait) flags+=' --all -a --ready --stopped --timeout' ;;
        health) flags+=' --liveness --readiness --startup --timeout' ;;
        events) flags+=' --follow -f --since --until --type -t' ;;
        tree) flags+=' --reverse -r --ascii' ;;
        threads) flags+=' --sort --sample' ;;
        timeline) flags+=' --since --svg' ;;
        top) flags+=' --once --delay -d' ;;
        reset) flags+=' --all -a' ;;
        import) flags+=' --output -o --force' ;;
        freeze) flags+=' --all -a --no-wait --timeout' ;;
        thaw) flags+=' --all -a --no-wait --timeout' ;;
        upgrade) flags+=' --timeout' ;;
    esac
    if [[ $word == -* ]]; then
        COMPREPLY=($(compgen -W "$flags" -- "$word"))
        return
    fi
    case $verb in
        help) COMPREPLY=($(compgen -W 'start stop restart scale enable disable reload status list logs signal check plan apply wait health events tree tasks threads timeline top timers why reset import freeze thaw upgrade version help' -- "$word")) ;;
        import) COMPREPLY=($(compgen -f -W 'systemd supervisord procfile compose' -- "$word")) ;;
        start|stop|restart|scale|enable|disable|status|list|logs|signal|wait|health|events|tree|tasks|threads|timeline|top|timers|why|reset|freeze|thaw)
            COMPREPLY=($(compgen -W "$(superctl "${place[@]}" list 2>/dev/null)" -- "$word")) ;;
    esac
}
complete -F _superctl superctl
