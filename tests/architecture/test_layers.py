"""The arrows point one way, and the pure part knows no git, no file and no clock."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from harness import clean

import fleetfeed

PACKAGE = Path(fleetfeed.__file__).parent

# Which wing may import which is import-linter's to hold (`make lint`, pyproject.toml).
# Here stands what it cannot see: what the pure part calls and takes from outside.
WINGS = ["model", "feed", "judge"]
ROOMS = [
    "util/records.py",
    "util/printable.py",
    "util/durations.py",
    "util/intervals.py",
    "lease/lease.py",
    "lease/heartbeat.py",
    "lease/estimate.py",
    "writing/conflicts.py",
    "writing/next_item.py",
    "writing/dating.py",
    "writing/request.py",
    "writing/verbs.py",
]
# How it comes by a scanner without the rest of ruamel.yaml is no business of the others.
OUTSIDE = ["model/yaml/scanner.py", "util/records.py"]

# What a pure module may take from outside; nothing here reaches the world. `datetime`
# is for reading a time that a post tells, never for asking what time it is.
HARMLESS = {
    "binascii", "bisect", "collections", "datetime", "difflib", "enum", "fnmatch", "functools",
    "hashlib", "itertools", "json", "math", "operator", "re", "shlex", "typing", "ruamel", "_ruamel_yaml",
    "unicodedata",
}  # fmt: skip
WORLDLY = {"open", "print", "input", "exec", "eval", "now", "utcnow", "today", "getenv"}


def named(file):
    """A file's path in the package."""
    return file.relative_to(PACKAGE).as_posix()


FILES = sorted(PACKAGE.rglob("*.py"))


def imported(file):
    """Every module that `file` imports, at its top or later."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: say the whole name"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


PURE_FILES = [
    file for file in FILES if named(file).split("/")[0] in WINGS or named(file) in ROOMS
]


@pytest.mark.parametrize("file", FILES, ids=named)
def test_whole_names_are_imported(file):
    assert list(imported(file)) is not None


@pytest.mark.parametrize(
    "file", [f for f in PURE_FILES if named(f) not in OUTSIDE], ids=named
)
def test_the_pure_part_does_not_reach_the_world(file):
    others = {name.split(".")[0] for name in imported(file)} - {"fleetfeed"}
    assert others - HARMLESS == set()
    calls = [
        n for n in ast.walk(ast.parse(file.read_text())) if isinstance(n, ast.Call)
    ]
    called = {getattr(c.func, "id", getattr(c.func, "attr", "")) for c in calls}
    assert called & WORLDLY == set()


def test_the_pure_part_is_there():
    found = {named(file) for file in PURE_FILES}
    assert found >= set(ROOMS) | set(OUTSIDE)
    assert {name.split("/")[0] for name in found} >= set(WINGS)


def test_the_judge_is_imported_without_git():
    modules = _loaded(", ".join(map(_module, PURE_FILES)))
    for name in (
        "pygit2",
        "click",
        "subprocess",
        "socket",
        "fleetfeed.git",
        "fleetfeed.repo",
    ):
        assert name not in modules


def _module(file):
    name = named(file).removesuffix(".py").removesuffix("/__init__")
    return f"fleetfeed.{name.replace('/', '.')}"


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
