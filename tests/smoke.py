"""The installed wheel, tried as a user would: no pytest, no checkout on the path.

`make wheel-test` runs this with the Python of a fresh environment.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from importlib import resources
from importlib.util import find_spec
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


_COMPLETE = """\
source <(fleetfeed completion bash)
COMP_WORDS=(fleetfeed show CMB) COMP_CWORD=2
_fleetfeed
echo "${COMPREPLY[@]}"
"""

_SHARED = (
    "man/man1/fleetfeed.1",
    "man/man1/fleetfeed-claim.1",
    "bash-completion/completions/fleetfeed",
    "zsh/site-functions/_fleetfeed",
    "fish/vendor_completions.d/fleetfeed.fish",
)
"""What the wheel puts where a shell, or `man`, looks for it."""


def _try_completion(repo: Path, fleetfeed: str) -> None:
    """A Tab in bash, where there is one, and the files beside the package."""
    missing = [
        name for name in _SHARED if not Path(sys.prefix, "share", name).is_file()
    ]
    if missing:
        sys.exit(f"the wheel lacks {', '.join(missing)}")
    os.environ["PATH"] = f"{Path(fleetfeed).parent}{os.pathsep}{os.environ['PATH']}"
    if shutil.which("bash"):
        said = _run(repo, "bash", "--norc", "-c", _COMPLETE)
        if said != "CMB-0001\n":
            sys.exit(f"a Tab in bash completes nothing:\n{said}")


_CALLS = (
    {
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "smoke", "version": "1"},
        },
    },
    {"method": "notifications/initialized"},
    {
        "id": 2,
        "method": "tools/call",
        "params": {"name": "claim", "arguments": {"item": "CMB-0001"}},
    },
)
"""What an agent's program sends: that it is there, and a call."""


def _try_tools(repo: Path, fleetfeed: str) -> None:
    """A call of a tool where the extra `mcp` is installed, and else what to install."""
    if find_spec("mcp_types") is None:
        said = _run(repo, fleetfeed, "mcp", code=2)
        if "pip install 'fleetfeed[mcp]'" not in said:
            sys.exit(f"a server without its SDK is no clear answer:\n{said}")
        return
    os.environ["FLEETFEED_SEAT"] = "CAMBER-07"
    lines = "".join(json.dumps({"jsonrpc": "2.0", **call}) + "\n" for call in _CALLS)
    with subprocess.Popen(
        (fleetfeed, "mcp"), cwd=repo, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as server:
        assert server.stdin
        assert server.stdout
        server.stdin.write(lines.encode())
        server.stdin.flush()
        first, second = (json.loads(server.stdout.readline()) for _ in range(2))
        server.stdin.close()
    answer = second["result"]["structuredContent"]["answer"]
    if first["id"] != 1 or answer != "held" or server.returncode:
        sys.exit(f"a tool's call is answered with {second}")
    print("the tools answer")


def _try_board(repo: Path, fleetfeed: str) -> None:
    """The table; and the page, whose templates travel along, where the extra is."""
    if "CMB-0001" not in _run(repo, fleetfeed, "board"):
        sys.exit("the board shows nothing")
    page = (fleetfeed, "board", "--html", "board.html")
    if find_spec("jinja2") is None:
        said = _run(repo, *page, code=2)
        if "pip install 'fleetfeed[board]'" not in said:
            sys.exit(f"a page without its package is no clear answer:\n{said}")
        return
    _run(repo, *page)
    if "CMB-0001" not in (repo / "board.html").read_text("utf-8"):
        sys.exit("the board's page shows nothing")
    print("the board is drawn")


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
        _try_completion(repo, fleetfeed)
        _try_board(repo, fleetfeed)
        _try_tools(repo, fleetfeed)
        _run(repo, fleetfeed, "--schema", "policy")
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
