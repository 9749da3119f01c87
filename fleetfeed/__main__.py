"""The `fleetfeed` command. A hook goes its own way: it does not need click."""

import sys


def main() -> None:
    """Run the command line and exit with its code."""
    if sys.argv[1:2] == ["hook"] and sys.argv[2:3] not in ([], ["-h"], ["--help"]):
        from fleetfeed.hooks.main import main as hook

        sys.exit(hook(sys.argv[2:]))
    from fleetfeed.cli.main import cli

    cli()


if __name__ == "__main__":
    main()
