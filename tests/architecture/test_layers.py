"""The arrows point one way, and the pure part knows no git, no file and no clock."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from harness import clean

import fleetfeed

PACKAGE = Path(fleetfeed.__file__).parent

# What stands in for modules that are dear to import. How that is done (one writes code,
# one puts a module into `sys.modules`) is no business of the pure part.
BASE = ["record", "pattern", "digest", "libyaml"]
# Each may import only what stands before it.
PURE = [
    "shown",
    "finding",
    "errors",
    "span",
    "seat",
    "itemid",
    "surface",
    "rules",
    "strictyaml",
    "post",
    "policy",
    "item",
    "layout",
    "sealed",
    "tree",
    "taken",
    "holders",
    "reading",
    "places",
    "summary",
    "memo",
    "snapshot",
    "judge",
    "draft",
    "lease",
    "claim",
]
SHELL = [
    "crash",
    "processes",
    "crew",
    "progress",
    "database",
    "git",
    "index",
    "feed",
    "stamps",
    "heard",
    "entrance",
    "store",
    "hold",
    "report",
    "install",
    "doctor",
    "demo",
    "hooks",
    "cli",
    "__main__",
]
ORDER = ["__version__", *BASE, *PURE, *SHELL]

# What a pure module may take from outside; nothing here reaches the world. `datetime`
# is for reading a time that a post tells, never for asking what time it is.
HARMLESS = {
    "bisect", "collections", "datetime", "difflib", "enum", "fnmatch", "functools",
    "hashlib", "itertools", "json", "math", "operator", "re", "typing", "ruamel", "_ruamel_yaml",
    "unicodedata",
}  # fmt: skip
WORLDLY = {"open", "print", "input", "exec", "eval", "now", "utcnow", "today", "getenv"}


def part(file):
    """The part of the package that `file` belongs to."""
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


FILES = [
    file
    for file in sorted(PACKAGE.rglob("*.py"))
    if file.parent != PACKAGE or file.stem != "__init__"
]


def imported(file):
    """Every module that `file` imports, at its top or later."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: say the whole name"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def named(file):
    return str(file.relative_to(PACKAGE))


@pytest.mark.parametrize("file", FILES, ids=named)
def test_arrows_point_one_way(file):
    assert part(file) in ORDER, (
        f"say in {Path(__file__).name} where {part(file)} stands"
    )
    before = ORDER[: ORDER.index(part(file)) + 1]
    ours = [
        name.split(".")[1] for name in imported(file) if name.startswith("fleetfeed.")
    ]
    assert [name for name in ours if name not in before] == []


PURE_FILES = [file for file in FILES if part(file) in PURE]


@pytest.mark.parametrize("file", PURE_FILES, ids=named)
def test_the_pure_part_does_not_reach_the_world(file):
    others = {name.split(".")[0] for name in imported(file)} - {"fleetfeed"}
    assert others - HARMLESS == set()
    calls = [
        n for n in ast.walk(ast.parse(file.read_text())) if isinstance(n, ast.Call)
    ]
    called = {getattr(c.func, "id", getattr(c.func, "attr", "")) for c in calls}
    assert called & WORLDLY == set()


def test_the_pure_part_is_there():
    assert {part(file) for file in PURE_FILES} == set(PURE)


def test_the_judge_is_imported_without_git():
    modules = _loaded(", ".join(f"fleetfeed.{name}" for name in PURE))
    for name in (
        "pygit2",
        "click",
        "subprocess",
        "socket",
        "fleetfeed.git",
        "fleetfeed.feed",
    ):
        assert name not in modules


def _loaded(modules):
    code = f"import sys, {modules}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        capture_output=True,
        text=True,
        env=clean(),
        check=True,
    )
    return set(done.stdout.split())
