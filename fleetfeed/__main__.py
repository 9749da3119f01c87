"""The `fleetfeed` command. A hook goes its own way: it does not need click."""

import gc
import sys

from fleetfeed.cli.streams import end, show_every_letter


def main() -> None:
    """Run the command line and exit with its code."""
    show_every_letter()
    if sys.argv[1:2] == ["hook"] and sys.argv[2:3] not in ([], ["-h"], ["--help"]):
        # What a hook makes, it keeps to its end: looking for garbage finds none.
        gc.disable()
        from fleetfeed.hooks.main import main as hook

        end(hook(sys.argv[2:]))
    from fleetfeed.cli.main import run

    end(run())


if __name__ == "__main__":
    main()
