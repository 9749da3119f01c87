"""What comes with the wheel, and with each of its extras: no more than is said.

`make wheel-test` runs this with the Python of a fresh environment and the wheel's file.
"""

import json
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

# What an environment has before anything is installed.
_BARE = {"pip", "setuptools"}
_ALONE = {
    "cffi",  # pygit2's
    "click",
    "fleetfeed",
    "pycparser",  # cffi's
    "pygit2",
    "ruamel-yaml",
    "ruamel-yaml-clib",
}
_EXTRAS = {
    "postgres": {"psycopg", "psycopg-binary"},
    "cosmos": {"azure-core", "azure-cosmos"},
    "mcp": {"mcp"},
    "board": {"jinja2", "starlette", "textual", "uvicorn"},
}
"""What each extra brings at the least; the rest is theirs to choose."""


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _installed() -> set[str]:
    return {_normal(one.metadata["Name"]) for one in metadata.distributions()} - _BARE


def _brought(wheel: Path, extra: str) -> set[str]:
    """What pip would install besides for an extra of the wheel."""
    asked = f"fleetfeed[{extra}] @ {wheel.resolve().as_uri()}"
    pip = (
        "-m",
        "pip",
        "--disable-pip-version-check",
        "install",
        "--dry-run",
        "--quiet",
    )
    done = subprocess.run(
        (sys.executable, *pip, "--report", "-", asked),
        stdout=subprocess.PIPE,
        check=True,
    )
    rows = json.loads(done.stdout)["install"]
    return {_normal(row["metadata"]["name"]) for row in rows} - {"fleetfeed"}


def main() -> None:
    """Compare what is here, and what an extra would bring, with what is said."""
    there = _installed()
    if there != _ALONE:
        sys.exit(f"the wheel brings {sorted(there)}, and not {sorted(_ALONE)}")
    said = {*metadata.metadata("fleetfeed").get_all("Provides-Extra", ())}
    if said != set(_EXTRAS):
        sys.exit(f"the wheel's extras are {sorted(said)}, not {sorted(_EXTRAS)}")
    for extra, least in _EXTRAS.items():
        brought = _brought(Path(sys.argv[1]), extra)
        if not least <= brought or brought & _ALONE:
            sys.exit(f"fleetfeed[{extra}] brings {sorted(brought)}")
    print("the wheel brings what it says, and nothing else")


if __name__ == "__main__":
    main()
