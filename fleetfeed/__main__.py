"""The `fleetfeed` command. A hook goes its own way: it does not need click."""

import gc
import sys

from fleetfeed.cli.streams import exit_with, show_every_letter

_MANY = 50_000
"""New objects before Python looks for garbage; 700 is its own number."""

_ASKED = 6
"""Words of a shell's question at the least: after these come those that are typed."""


def main() -> None:
    """Run the command line and exit with its code."""
    show_every_letter()
    if sys.argv[1:2] == ["hook"] and sys.argv[2:3] not in ([], ["-h"], ["--help"]):
        # What a hook makes, it keeps to its end: looking for garbage finds none.
        gc.disable()
        from fleetfeed.hooks.main import main as hook

        exit_with(hook(sys.argv[2:]))
    if sys.argv[1:3] == ["completion", "--words"] and len(sys.argv) > _ASKED:
        gc.disable()
        from fleetfeed.cli.completing import main as complete

        exit_with(complete(sys.argv[3:]))
    if sys.argv[1:3] == ["agents", "hook"] and not {*sys.argv[3:]} & {"-h", "--help"}:
        gc.disable()
        from fleetfeed.cli.agents_hook import main as tool_hook

        exit_with(tool_hook(sys.argv[3:]))
    # Start-up makes many objects and no garbage: it is looked for less often.
    gc.set_threshold(_MANY, 20, 20)
    from fleetfeed.cli.ahead import asked_ahead

    ahead = asked_ahead(sys.argv[1:])  # git answers while the rest is imported
    from fleetfeed.cli.plain import run_plain

    code = run_plain(sys.argv[1:], ahead)
    if code is None:
        from fleetfeed.cli.main import run

        code = run(ahead=ahead)
    exit_with(code)


if __name__ == "__main__":
    main()
