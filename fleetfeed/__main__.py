"""The `fleetfeed` command. A hook goes its own way: it does not need click."""

import sys
from io import TextIOWrapper


def main() -> None:
    """Run the command line and exit with its code."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a letter shows its escape, and nothing fails.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if sys.argv[1:2] == ["hook"] and sys.argv[2:3] not in ([], ["-h"], ["--help"]):
        from fleetfeed.hooks.main import main as hook

        sys.exit(hook(sys.argv[2:]))
    from fleetfeed.cli.main import cli

    cli()


if __name__ == "__main__":
    main()
