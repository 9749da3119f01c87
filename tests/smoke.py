"""The installed wheel, tried as a user would: no pytest, no checkout on the path.

`make wheel-test` runs this with the Python of a fresh environment.
"""

import os
import subprocess
import sys
import tempfile
from importlib import resources
from pathlib import Path

_CLAIM = """\
ITEM: {item}
STATE: IN_PROGRESS
SEAT: CAMBER-06
SUBJECT: try the wheel
SURFACE_KEY: CAMBER:wheel:smoke
NO_OVERLAP_PROOF: the only post that touches the wheel
"""


def _run(folder: Path, *args: str, code: int = 0) -> str:
    done = subprocess.run(args, cwd=folder, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    if done.returncode != code:
        sys.exit(f"{' '.join(args)} ended with {done.returncode}, not {code}:\n{said}")
    return said


def _claim(repo: Path, item: str, code: int) -> str:
    file = repo / "feed" / "CMB" / "000" / item / "0001.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(_CLAIM.format(item=item))
    _run(repo, "git", "add", "feed")
    return _run(repo, "git", "commit", "-q", "-m", f"claim for {item}", code=code)


def _has_tables() -> bool:
    """Whether the SQL that makes a ledger travels along."""
    folder = resources.files("fleetfeed") / "ledger" / "postgres" / "migrations"
    return (folder / "0001.sql").is_file()


def main() -> None:
    """Install the hooks in a new repository; the second claim must be refused."""
    fleetfeed = str(Path(sys.executable).with_name("fleetfeed"))
    with tempfile.TemporaryDirectory() as name:
        repo = Path(name)
        os.environ.update(HOME=name, GIT_CONFIG_NOSYSTEM="1")
        _run(repo, "git", "init", "-q", ".")
        _run(repo, "git", "symbolic-ref", "HEAD", "refs/heads/main")
        _run(repo, "git", "config", "user.name", "Smoke")
        _run(repo, "git", "config", "user.email", "smoke@example.invalid")
        _run(repo, fleetfeed, "init")
        _run(repo, fleetfeed, "install")
        _claim(repo, "CMB-0001", code=0)
        said = _claim(repo, "CMB-0002", code=1)
        _run(repo, fleetfeed, "--schema")  # a file that must travel along
        url = "postgresql://db.example.org/fleet"
        said_of_ledger = _run(repo, fleetfeed, "ledger", "init", url, code=2)
        if "pip install 'fleetfeed[postgres]'" not in said_of_ledger:
            sys.exit(f"a ledger without psycopg is no clear answer:\n{said_of_ledger}")
        if "COLLIDE-WITH-CMB-0001" not in said:
            sys.exit(f"the second claim was refused without its reason:\n{said}")
    if not _has_tables():
        sys.exit("the wheel lacks the SQL of the ledger's tables")
    print("the wheel refuses a collision")


if __name__ == "__main__":
    main()
