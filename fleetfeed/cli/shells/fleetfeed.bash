# bash completion for fleetfeed (`fleetfeed completion bash`)

_fleetfeed() {
    # bash takes a word apart at each character of COMP_WORDBREAKS; a surface key is one
    # word for all its colons.
    local words=() piece glue='' number
    for ((number = 0; number <= COMP_CWORD; number++)); do
        piece=${COMP_WORDS[number]}
        if ((number > 1)) && [[ -n $glue || $piece =~ ^[:=]+$ ]] && ((${#words[@]} > 1)); then
            words[${#words[@]} - 1]+=$piece
        else
            words+=("$piece")
        fi
        glue=''
        [[ $piece =~ ^[:=]+$ ]] && glue=yes
    done
    local program=${words[0]/#\~/$HOME}
    [[ ${program##*/} == fleetfeed ]] || program=fleetfeed

    local line flags=''
    COMPREPLY=()
    while IFS= read -r line; do
        if [[ -z $flags ]]; then
            flags=" $line "
        else
            COMPREPLY+=("$line")
        fi
    done < <("$program" completion --words bash "$COMP_WORDBREAKS" "${words[@]}" 2>/dev/null)

    # Outside of a completion there is nothing that compopt could set.
    [[ $flags == *' nospace '* ]] && compopt -o nospace 2>/dev/null
    if [[ $flags == *' command '* ]]; then
        while IFS= read -r line; do
            COMPREPLY+=("$line")
        done < <(compgen -c -- "${COMP_WORDS[COMP_CWORD]}")
    fi
    if ((${#COMPREPLY[@]} == 0)); then
        [[ $flags == *' file '* ]] && compopt -o default 2>/dev/null
        [[ $flags == *' folder '* ]] && compopt -o dirnames 2>/dev/null
    fi
    return 0
}

complete -F _fleetfeed fleetfeed fleet-active-queue ticket-reserve feed-append
