# fish completion for fleetfeed (`fleetfeed completion fish`)

function __fleetfeed_words
    set -l typed (commandline -opc) (commandline -ct)
    set -l program (string replace -r '^~/' "$HOME/" -- $typed[1])
    string match -q -- '*/fleetfeed' $program; or set program fleetfeed

    set -l lines ($program completion --words fish '' $typed 2>/dev/null)
    if test (count $lines) -gt 1
        printf '%s\n' $lines[2..-1]
    else if string match -q -- '*file*' "$lines"
        __fish_complete_path (commandline -ct)
    else if string match -q -- '*folder*' "$lines"
        __fish_complete_directories (commandline -ct)
    else if string match -q -- '*command*' "$lines"
        __fish_complete_command
    end
end

for program in fleetfeed fleet-active-queue ticket-reserve feed-append
    complete -c $program -f -a '(__fleetfeed_words)'
end
