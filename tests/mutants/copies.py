"""Private copies of the checkout, each with a Python of its own that imports from it.

The tests start commands by `sys.executable`, and take `PYTHONPATH` away: so a copy has
a virtual environment, whose other packages are those of the Python that runs this.
"""

import shutil
import subprocess
import sysconfig
import venv
from pathlib import Path

from mutants import where

TOP = Path(__file__).resolve().parents[2]
BUILD = TOP / "build/mutants"
_COVERAGE = (
    "import os; os.environ.get('COVERAGE_PROCESS_START')"
    " and __import__('coverage').process_startup()\n"
)

_LEFT_OUT = {
    "fleetfeed/mcp/server.py",
    "fleetfeed/board/terminal.py",
    "fleetfeed/board/widgets.py",
}
"""What takes longer to import than all the rest, and no test here starts."""


def copy(name: str) -> Path:
    """A new copy of all that git would take, below `build/mutants`."""
    folder = BUILD / name
    shutil.rmtree(folder, ignore_errors=True)
    for file in _files():
        there = folder / file
        there.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(TOP / file, there, follow_symlinks=False)
    venv.create(folder / ".venv", symlinks=True)
    (site,) = (folder / ".venv/lib").glob("python*/site-packages")
    others = sysconfig.get_path("purelib")
    (site / "copy.pth").write_text(f"{folder}\n{others}\n{_COVERAGE}")
    shutil.copy(where.__file__, site / f"{where.PLUGIN}.py")
    return folder


def python(folder: Path) -> str:
    """The Python that imports from the copy in `folder`."""
    return str(folder / ".venv/bin/python")


def _files() -> list[str]:
    asked = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    listed = subprocess.run(asked, cwd=TOP, check=True, capture_output=True, text=True)
    names = listed.stdout.split("\0")
    return [name for name in names if (TOP / name).is_file() and name not in _LEFT_OUT]
