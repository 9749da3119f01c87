#compdef fleetfeed fleet-active-queue ticket-reserve feed-append
# zsh completion for fleetfeed (`fleetfeed completion zsh`)

_fleetfeed() {
    local program=${(Q)words[1]/#\~\//$HOME/} line flags=
    local -a typed values shown more
    typed=("${(@Q)words[1,CURRENT-1]}" "${(Q)PREFIX}")
    [[ ${program:t} == fleetfeed ]] || program=fleetfeed

    while IFS= read -r line; do
        if [[ -z $flags ]]; then
            flags=" $line "
            continue
        fi
        values+=("${line%%$'\t'*}")
        line=${line/$'\t'/  -- }
        shown+=("${line%  -- }")
    done < <("$program" completion --words zsh '' "${typed[@]}" 2>/dev/null)

    [[ $flags == *' nospace '* ]] && more=(-S '')
    if (( $#values )); then
        compadd -l -d shown $more -a values
    elif [[ $flags == *' command '* ]]; then
        _command_names -e
    elif [[ $flags == *' file '* ]]; then
        _files
    elif [[ $flags == *' folder '* ]]; then
        _files -/
    fi
}

# In a file of `fpath` this is the function's body; read by `source`, it names it.
if [[ $funcstack[1] == _fleetfeed ]]; then
    _fleetfeed "$@"
else
    compdef _fleetfeed fleetfeed fleet-active-queue ticket-reserve feed-append
fi
