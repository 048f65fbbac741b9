# bash completion for hawatch. Made from the code by `make docs`.
# Incidents and virtual routers are asked of the running agent; where none answers at once, nothing is offered.

_hawatch_asked() { # a command and a key of its JSON, by an expression for the blanks before it
    timeout 2 hawatch "$1" --json "${socket[@]}" </dev/null 2>/dev/null |
        sed -n "s/^$3\"$2\": \"\([^\"\\\\]*\)\",\{0,1\}$/\1/p" | sort -u
}

_hawatch_offer() { # a kind of value
    case $1 in
        file)
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
            ;;
        incident)
            mapfile -t COMPREPLY < <(compgen -W "$(_hawatch_asked incidents id '    ')" -- "$current")
            ;;
        instance)
            mapfile -t COMPREPLY < <(compgen -W "$(_hawatch_asked status instance ' *')" -- "$current")
            ;;
        interface)
            mapfile -t COMPREPLY < <(cd /sys/class/net 2>/dev/null && compgen -f -- "$current")
            ;;
        word*)
            mapfile -t COMPREPLY < <(compgen -W "${1#word}" -- "$current")
            ;;
    esac
}

_hawatch() {
    local current=${COMP_WORDS[COMP_CWORD]} previous='' options='' repeated='' word n
    local -a operands=() socket=()
    local -A values=()
    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        mapfile -t COMPREPLY < <(compgen -W 'agent init status watch incidents ack release snooze act silence maintenance test-message drill phone guard check check-config lint doctor decode replay --help --version' -- "$current")
        return
    fi
    case ${COMP_WORDS[1]} in
        agent)
            options='--config --keepalived-conf --peer --witness -v --verbose -h --help --version'
            values[--config]='file'
            values[--keepalived-conf]='file'
            values[--peer]='word'
            ;;
        init)
            options='--yes --node --pair --peer --listen --key-from --key-file --config --keepalived-conf --config-id --print --force -h --help --version'
            values[--node]='word'
            values[--pair]='word'
            values[--peer]='word'
            values[--listen]='word'
            values[--key-from]='file'
            values[--key-file]='file'
            values[--config]='file'
            values[--keepalived-conf]='file'
            values[--config-id]='word'
            ;;
        status)
            options='--json --lines --bundle --config --socket -h --help --version'
            values[--bundle]='file'
            values[--config]='file'
            values[--socket]='file'
            ;;
        watch)
            options='--once --slow --interval --language --ascii --as --socket -h --help --version'
            values[--interval]='word'
            values[--language]='word en zh'
            values[--as]='word'
            values[--socket]='file'
            ;;
        incidents)
            options='--json --bundle --socket -h --help --version'
            values[--bundle]='file'
            values[--socket]='file'
            operands+=('incident')
            ;;
        ack)
            options='--as --socket -h --help --version'
            values[--as]='word'
            values[--socket]='file'
            operands+=('incident')
            ;;
        release)
            options='--as --socket -h --help --version'
            values[--as]='word'
            values[--socket]='file'
            operands+=('incident')
            ;;
        snooze)
            options='--as --socket -h --help --version'
            values[--as]='word'
            values[--socket]='file'
            operands+=('incident')
            operands+=('word 15m 30m 1h 2h')
            ;;
        act)
            options='--as --socket --yes --json -h --help --version'
            values[--as]='word'
            values[--socket]='file'
            operands+=('incident')
            operands+=('word')
            ;;
        silence)
            options='--reason --as --socket -h --help --version'
            values[--reason]='word'
            values[--as]='word'
            values[--socket]='file'
            operands+=('instance')
            operands+=('word 30m 2h 1d end')
            ;;
        maintenance)
            options='--reason --all --as --socket -h --help --version'
            values[--reason]='word'
            values[--as]='word'
            values[--socket]='file'
            operands+=('word 30m 1h 2h end')
            ;;
        test-message)
            options='--loop --wait --as --socket -h --help --version'
            values[--loop]='word'
            values[--wait]='word'
            values[--as]='word'
            values[--socket]='file'
            operands+=('word')
            ;;
        drill)
            options='--client --report --away --answer-within --yes --dry-run --json --last --stop --observe --expect --as --socket -h --help --version'
            values[--client]='word'
            values[--report]='file'
            values[--away]='word'
            values[--answer-within]='word'
            values[--observe]='word'
            values[--expect]='word'
            values[--as]='word'
            values[--socket]='file'
            operands+=('word')
            ;;
        phone)
            options='--once --socket -h --help --version'
            values[--socket]='file'
            operands+=('word')
            ;;
        guard)
            options='--socket -h --help --version'
            values[--socket]='file'
            operands+=('word')
            ;;
        check)
            options='--config --keepalived-conf --vip --interface --peer --timeout -v --verbose -h --help --version'
            values[--config]='file'
            values[--keepalived-conf]='file'
            values[--vip]='word'
            values[--interface]='interface'
            values[--peer]='word'
            values[--timeout]='word'
            ;;
        check-config)
            options='--actions --witness -h --help --version'
            values[--actions]='file'
            values[--witness]='file'
            operands+=('file')
            ;;
        lint)
            options='--config-id --json -h --help --version'
            values[--config-id]='word'
            operands+=('file')
            repeated=yes
            ;;
        doctor)
            options='--json --config --keepalived-conf --socket --helper-socket -h --help --version'
            values[--config]='file'
            values[--keepalived-conf]='file'
            values[--socket]='file'
            values[--helper-socket]='file'
            ;;
        decode)
            options='--json -h --help --version'
            operands+=('file')
            ;;
        replay)
            options='--keepalived-conf --self --json -h --help --version'
            values[--keepalived-conf]='file'
            values[--self]='word'
            operands+=('file')
            ;;
        *) return ;;
    esac

    # bash takes --option=value for three words
    local -i operand=0
    for ((n = 2; n < COMP_CWORD; n++)); do
        word=${COMP_WORDS[n]}
        if [[ $word == '=' ]]; then
            continue
        elif [[ -n $previous && -n ${values[$previous]-} ]]; then
            if [[ $previous == --socket ]]; then socket=(--socket "$word"); fi
            previous=''
        elif [[ $word == -?* ]]; then
            previous=$word
        else
            previous=''
            operand+=1
        fi
    done
    if [[ $current == '=' ]]; then current=''; fi

    if [[ -n $previous && -n ${values[$previous]-} ]]; then
        _hawatch_offer "${values[$previous]}"
    elif [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
    elif ((operand < ${#operands[@]})); then
        _hawatch_offer "${operands[operand]}"
    elif [[ -n $repeated ]]; then
        _hawatch_offer "${operands[-1]}"
    fi
}

complete -F _hawatch hawatch
