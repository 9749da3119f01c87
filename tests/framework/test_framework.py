"""The pre-commit framework and the bare hooks give the same verdicts.

The table runs the framework for real, with our hooks as a local repository so that no
environment is built for each row; one slow test builds one, through `try-repo`.
"""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from harness import Scene, Seat, claim, path, post
from harness.scene import FREE, MINE, TAKEN

PROJECT = Path(__file__).parents[2]
NEW = path("CMB-0003")

_HOOK = """\
  - id: {id}
    name: {id}
    entry: {python} -E -P -m fleetfeed hook {hook}
    language: system
    stages: {stages}
    always_run: true
    pass_filenames: false
    require_serial: true
"""
_HOOKS = [
    ("fleetfeed", "pre-commit", "[pre-commit, pre-merge-commit]"),
    ("fleetfeed-push", "pre-push", "[pre-push]"),
]


def _config() -> str:
    hooks = [
        _HOOK.format(id=id_, python=sys.executable, hook=hook, stages=stages)
        for id_, hook, stages in _HOOKS
    ]
    return "repos:\n- repo: local\n  hooks:\n" + "".join(hooks)


def _framework(seat: Seat, *args: str, ok: bool | None = True) -> str:
    return seat.run((sys.executable, "-m", "pre_commit", *args), ok=ok).said


def _through_framework(seat: Seat) -> None:
    """Take the bare hooks out, and let the framework call ours."""
    seat.fleetfeed("uninstall")
    seat.git("config", "--unset-all", "core.hooksPath", ok=None)
    seat.write(".pre-commit-config.yaml", _config())
    seat.git("add", ".pre-commit-config.yaml")
    seat.git("commit", "-qm", "use the framework")
    types = ("pre-commit", "pre-merge-commit", "pre-push")
    _framework(seat, "install", *(f"--hook-type={kind}" for kind in types))


@dataclass(frozen=True, slots=True)
class Row:
    """One way of committing; `codes` are what it is refused with, none: it passes."""

    name: str
    prepare: Callable[[Seat], None]
    commit: tuple[str, ...]
    codes: frozenset[str] = frozenset()


def _new(key: str) -> Callable[[Seat], None]:
    def prepare(seat: Seat) -> None:
        seat.stage(NEW, claim("CMB-0003", key))

    return prepare


def _edit(seat: Seat) -> None:
    seat.write(path("CMB-0002"), claim("CMB-0002", MINE, subject="other"))


def _remove(seat: Seat) -> None:
    seat.git("rm", "-q", path("CMB-0002"))


def _rename(seat: Seat) -> None:
    seat.git("mv", path("CMB-0002"), path("CMB-0002", 2))


def _staged_badly_shown_well(seat: Seat) -> None:
    seat.stage(NEW, claim("CMB-0003", TAKEN))
    seat.write(NEW, claim("CMB-0003", FREE))


def _other_file(seat: Seat) -> None:
    seat.stage("README.md", "other\n")


def _note(seat: Seat) -> None:
    name = "feed/notes/2026/11/20261120T155200Z-CAMBER-06-9f3a.yaml"
    seat.stage(name, f"SEAT: CAMBER-06\nBODY: '{TAKEN}'\n")


def _done(seat: Seat) -> None:
    seat.stage(path("CMB-0002", 2), post(item="CMB-0002", state="DONE"))


ROWS = [
    Row("a free surface", _new(FREE), ("-m", "x")),
    Row("a taken surface", _new(TAKEN), ("-m", "x"), frozenset({"FF401"})),
    Row("an edit by -a", _edit, ("-am", "x"), frozenset({"FF402"})),
    Row("an edit by path", _edit, ("-m", "x", "--", "feed"), frozenset({"FF402"})),
    Row("a removal only", _remove, ("-m", "x"), frozenset({"FF402"})),
    Row("a rename", _rename, ("-m", "x"), frozenset({"FF402"})),
    Row("a staged collision", _staged_badly_shown_well, ("-m", "x"), frozenset({"FF401"})),
    Row("another file", _other_file, ("-m", "x")),
    Row("a note", _note, ("-m", "x")),
    Row("a next post", _done, ("-m", "x")),
]  # fmt: skip


def _verdict(seat: Seat, row: Row) -> tuple[bool, frozenset[str]]:
    row.prepare(seat)
    done = seat.git("commit", "-q", *row.commit, ok=None)
    refusals = re.findall(r": (FF\d{3}) (?!warning)", done.said)
    return done.ok, frozenset(refusals)


SMALL = {"a free surface", "a staged collision", "a removal only", "an edit by path"}
PARAMS = [
    pytest.param(row, id=row.name, marks=() if row.name in SMALL else pytest.mark.large)
    for row in ROWS
]


@pytest.mark.parametrize("row", PARAMS)
def test_the_bare_hook_and_the_framework_agree(scene: Scene, row: Row) -> None:
    bare, framed = scene.seat("CAMBER-06"), scene.seat("CAMBER-08")
    _through_framework(framed)
    expected = (not row.codes, row.codes)
    assert _verdict(bare, row) == expected
    assert _verdict(framed, row) == expected


def test_a_push_through_the_framework_is_judged(scene: Scene) -> None:
    seat = scene.seat("CAMBER-08")
    _through_framework(seat)
    seat.push()
    seat.stage(NEW, claim("CMB-0003", TAKEN))
    seat.git("commit", "-q", "--no-verify", "-m", "past the commit hook")
    refused = seat.push(ok=False)
    assert "COLLIDE-WITH-CMB-0001" in refused.said
    assert "fleetfeed-push" in refused.said  # the framework's line: no server was asked
    assert "remote:" not in refused.said


def test_try_repo_builds_our_hook_and_refuses_a_collision(
    scene: Scene, *, stress: bool
) -> None:
    if not (PROJECT / ".git").exists():
        pytest.skip("the framework clones a repository, and this is none")
    seat = scene.me
    seat.stage(NEW, claim("CMB-0003", TAKEN))
    hook = ("try-repo", str(PROJECT), "fleetfeed", "--hook-stage=pre-commit")
    refused = _framework(seat, *hook, ok=False)
    assert "COLLIDE-WITH-CMB-0001" in refused
    if stress:  # it is built once more
        seat.stage(NEW, claim("CMB-0003", FREE))
        assert "Passed" in _framework(seat, *hook)


# What the framework tells a hook, in pushes and in CI.


def _told(seat: Seat, *args: str, stage: str, ok: bool | None = True) -> str:
    return _framework(seat, "run", f"--hook-stage={stage}", *args, ok=ok)


@pytest.fixture
def branch(scene: Scene) -> Seat:
    """A branch `pr` with a collision that went past the hooks, under the framework."""
    seat = scene.seat("CAMBER-08")
    seat.write(".pre-commit-config.yaml", _config())
    seat.stage(NEW, claim("CMB-0003", TAKEN))
    seat.git("switch", "-q", "-c", "pr")
    seat.commit("past the hooks", "--no-verify")
    return seat


@pytest.mark.parametrize("stage", ["pre-push", "pre-commit"])
def test_a_range_in_ci_is_judged(branch: Seat, stage: str) -> None:
    asked = ("--from-ref=origin/main", "--to-ref=HEAD")
    assert "COLLIDE-WITH-CMB-0001" in _told(branch, *asked, stage=stage, ok=False)
    branch.git("rm", "-q", NEW)
    branch.git("commit", "-q", "--no-verify", "--amend", "--allow-empty", "-m", "x")
    assert "Failed" not in _told(branch, *asked, stage=stage)


@pytest.mark.parametrize("hook", ["pre-push", "pre-commit"])
def test_a_range_in_ci_that_is_not_here_is_no_yes(branch: Seat, hook: str) -> None:
    branch.push("--no-verify", "HEAD:refs/heads/pr")
    origin = f"file://{branch.line('remote', 'get-url', 'origin')}"
    ci = Seat(branch.folder.parent / "ci")
    shallow = ("clone", "-q", "--depth=1", "--no-single-branch", "--branch=pr")
    branch.git(*shallow, origin, str(ci.folder))
    told = {"PRE_COMMIT_FROM_REF": "origin/main", "PRE_COMMIT_TO_REF": "HEAD"}
    refused = ci.fleetfeed("hook", hook, env=told, ok=False)
    assert refused.returncode == 3
    assert "this clone is shallow" in refused.stderr


def test_a_range_without_a_feed_is_no_business_of_ours(tmp_path: Path) -> None:
    seat = Seat.init(tmp_path / "code")
    seat.write(".pre-commit-config.yaml", _config())
    seat.commit("one")
    seat.commit("two")
    for stage in ("pre-push", "pre-commit"):
        _told(seat, "--from-ref=HEAD", "--to-ref=HEAD~1", stage=stage)


TELLS = {
    "a range": {"FROM_REF": "origin/main", "TO_REF": "HEAD"},
    "a push": {
        "FROM_REF": "origin/main",
        "TO_REF": "HEAD",
        "REMOTE_NAME": "origin",
        "REMOTE_BRANCH": "refs/heads/main",
        "LOCAL_BRANCH": "HEAD",
    },
    "a push whose history is all new": {
        "REMOTE_NAME": "origin",
        "REMOTE_BRANCH": "refs/heads/main",
        "LOCAL_BRANCH": "refs/heads/pr",
    },
}


@pytest.mark.parametrize("tells", TELLS)
@pytest.mark.parametrize("args", [("hook", "pre-push"), ("check",)], ids=" ".join)
def test_what_the_framework_tells_is_judged(
    branch: Seat, args: tuple[str, ...], tells: str
) -> None:
    told = {f"PRE_COMMIT_{name}": value for name, value in TELLS[tells].items()}
    refused = branch.fleetfeed(*args, env=told, ok=False)
    assert refused.refusals == {"FF401"}
    branch.git("reset", "-q", "--hard", "origin/main")
    assert branch.fleetfeed(*args, env=told).refusals == set()


def test_a_push_of_another_branch_passes(branch: Seat) -> None:
    told = {**TELLS["a push"], "REMOTE_BRANCH": "refs/heads/pr"}
    env = {f"PRE_COMMIT_{name}": value for name, value in told.items()}
    assert branch.fleetfeed("hook", "pre-push", env=env).said == ""


def test_a_list_counts_more_than_what_an_outer_hook_was_told(branch: Seat) -> None:
    told = {f"PRE_COMMIT_{name}": value for name, value in TELLS["a push"].items()}
    line = f"HEAD {branch.tip()} refs/heads/topic {'0' * 40}\n"
    branch.fleetfeed("hook", "pre-push", "origin", "x", stdin=line, env=told)


def test_a_first_push_through_the_framework_is_judged(scene: Scene) -> None:
    """All of its history is new to the remote: the framework tells no range then."""
    seat = scene.seat("CAMBER-08")
    _through_framework(seat)
    seat.stage(NEW, claim("CMB-0003", TAKEN))
    seat.git("commit", "-q", "--no-verify", "-m", "past the commit hook")
    scene.server.git("update-ref", "-d", "refs/heads/main")
    scene.server.disarm()
    seat.git("update-ref", "-d", "refs/remotes/origin/main")
    refused = seat.push(ok=False)
    assert "COLLIDE-WITH" in refused.said
