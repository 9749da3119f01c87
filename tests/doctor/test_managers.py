"""Hook managers in every order with ours: what git really runs, and what is said of it.

Each row ends in a collision that is refused at the commit and at the push, or in a
doctor that does not say "on" and names a command, which is played and mends it.
"""

import dataclasses
import itertools
import os
import re
from pathlib import Path

import pytest
from harness import TAKEN, Repo, Scene, Seat, claim, path
from harness.answers import document
from harness.managers import (
    FOLDER,
    FRAMEWORK,
    HUSKY,
    LEFTHOOK,
    MANAGERS,
    Manager,
    link_modules,
    on_path,
)

NEW = path("CMB-0003")
ORDERS = ("M", "MF", "FM", "MFM", "FMF", "FMFM")
"""M: the manager puts its hooks in; F: `fleetfeed install`."""


def doctor(seat: Repo) -> dict:
    return document(seat.fleetfeed("doctor", "--json", ok=None).stdout)


def wrong(found: dict) -> list[dict]:
    return [check for check in found["checks"] if check["status"] != "ok"]


def commands(found: dict) -> list[str]:
    """What the doctor says to do, of all that is bad, each once."""
    said = [c["mend"] or "" for c in found["checks"] if c["status"] in ("bad", "warn")]
    return list(dict.fromkeys(re.findall(r"`([^`]+)`", " ".join(said))))


def mend(seat: Repo, found: dict) -> dict:
    """Play what the doctor says until it says on; at most a few times."""
    for _ in range(3):
        if found["answer"] == "on":
            return found
        todo = commands(found)
        assert todo, wrong(found)
        seat.run(("sh", "-c", todo[0]), ok=None)
        found = doctor(seat)
    return found


def refused_commit(seat: Repo) -> bool:
    """Whether what git runs at a commit refuses a collision, in our words."""
    seat.stage(NEW, claim("CMB-0003", TAKEN))
    done = seat.git("commit", "-q", "-m", "collides", ok=None)
    return not done.ok and "COLLIDE-WITH-CMB-0001" in done.said


def refused_push(seat: Repo) -> bool:
    """Whether the same is refused at the push, before the server is asked."""
    seat.git("commit", "-q", "--no-verify", "--allow-empty", "-m", "collides")
    done = seat.push(ok=None)
    return "COLLIDE-WITH" in done.said and "remote:" not in done.said


def played(seat: Repo, manager: Manager, order: str) -> bool:
    """Whether the last step was an installation of ours that ended well."""
    on = False
    for step in order:
        if step == "M":
            manager.put_in(seat)
        on = step == "F" and seat.fleetfeed("install", ok=None).ok
    return on


def everyone_runs(seat: Repo) -> None:
    """The team's own hook runs as before, and a commit without posts goes through."""
    seat.write("README.md", f"{seat.tip()}\n")
    assert "own" in seat.git("commit", "-am", "code").said


SMALL = {
    ("husky", "FM", "linked"),
    ("lefthook", "MF", "linked"),
    ("framework", "MFM", "main"),
    ("folder", "FM", "main"),
}


def rows():
    for row in itertools.product(MANAGERS, ORDERS, ("main", "linked")):
        names = (row[0].name, *row[1:])
        marks = () if names in SMALL else pytest.mark.large
        yield pytest.param(*row, id="-".join(names), marks=marks)


@pytest.mark.parametrize(("manager", "order", "place"), list(rows()))
def test_on_is_true_and_off_is_mended(scene: Scene, modules, manager, order, place):
    seat = manager.prepare(scene.me, modules)
    on = played(seat, manager, order)
    seat = seat if place == "main" else linked(seat, manager, modules)
    found = doctor(seat)
    assert not on or place == "linked" or found["answer"] == "on"
    found = mend(seat, found)
    assert found["answer"] == "on", wrong(found)
    # As with `npm install`, or lefthook when its file has changed: it comes again.
    manager.put_in(seat)
    everyone_runs(seat)
    assert refused_commit(seat)
    assert refused_push(seat)


def linked(seat: Repo, manager: Manager, modules) -> Repo:
    tree = seat.folder.parent / "linked"
    seat.git("worktree", "add", "-q", "-b", "topic", str(tree))
    other = Seat(tree, seat.environment)
    if manager.from_npm:
        link_modules(other, modules())
    return other


def test_the_frameworks_hook_that_we_kept_comes_back_and_makes_no_loop(scene):
    """As versions before this one left it: ours in its place, its own kept."""
    seat = FRAMEWORK.prepare(scene.me, lambda: None)
    FRAMEWORK.put_in(seat)
    hooks = seat.folder / ".git/hooks"
    (hooks / "pre-commit").rename(hooks / "pre-commit.before-fleetfeed")
    seat.fleetfeed("install")
    FRAMEWORK.put_in(seat)
    assert (hooks / "pre-commit.legacy").exists()
    everyone_runs(seat)
    assert doctor(seat)["answer"] == "on"
    assert refused_commit(seat)


def called(scene: Scene, modules, manager: Manager) -> Repo:
    """A clone whose manager calls fleetfeed, by lines that are committed."""
    seat = manager.prepare(scene.me, modules)
    manager.put_in(seat)
    seat.fleetfeed("install", "--edit", ok=None)
    seat.git("add", "-A")
    seat.git("commit", "-q", "--allow-empty", "-m", "Posts are judged")
    return seat


def without_fleetfeed(seat: Repo) -> Repo:
    """The same where no `fleetfeed` is on PATH."""
    folders = seat.environment["PATH"].split(os.pathsep)
    path = os.pathsep.join(f for f in folders if not Path(f, "fleetfeed").exists())
    return type(seat)(seat.folder, {**seat.environment, "PATH": path})


def switched_off(name: str, value: str):
    return lambda seat: type(seat)(seat.folder, {**seat.environment, name: value})


def comes_too_late(seat: Repo) -> Repo:
    script = seat.folder / ".husky/pre-commit"
    first, *rest = script.read_text().splitlines(keepends=True)
    script.write_text("".join([first, "false no linter here\n", *rest]))
    return seat


def further(*row):
    return pytest.param(*row, marks=pytest.mark.large)


OFF = [
    (HUSKY, without_fleetfeed, "off"),
    further(HUSKY, switched_off("HUSKY", "0"), "off"),
    (HUSKY, comes_too_late, "cannot tell"),
    further(LEFTHOOK, switched_off("LEFTHOOK", "0"), "off"),
    further(LEFTHOOK, switched_off("LEFTHOOK_BIN", "/nowhere"), "cannot tell"),
    further(FRAMEWORK, switched_off("SKIP", "fleetfeed,fleetfeed-push"), "off"),
    further(FRAMEWORK, without_fleetfeed, "off"),
    further(FOLDER, without_fleetfeed, "off"),
]


@pytest.mark.parametrize(("manager", "change", "answer"), OFF)
def test_lines_that_do_not_come_to_judge_are_not_on(
    scene, modules, manager, change, answer
):
    seat = change(called(scene, modules, manager))
    found = doctor(seat)
    assert found["answer"] == answer, "\n".join(map(str, wrong(found)))
    assert all(check["mend"] for check in wrong(found))


# Lines that somebody wrote by himself: lefthook gives the job at a push no input.
BY_HAND = dataclasses.replace(
    LEFTHOOK,
    files={
        "lefthook.yml": "pre-commit:\n  jobs:\n    - run: fleetfeed hook pre-commit\n"
        "pre-merge-commit:\n  jobs:\n    - run: fleetfeed hook pre-merge-commit\n"
        "pre-push:\n  jobs:\n    - run: fleetfeed hook pre-push {0}\n"
    },
)


@pytest.mark.large
def test_lines_by_hand_that_get_no_input_are_mended(scene, modules):
    seat = BY_HAND.prepare(scene.me, modules)
    BY_HAND.put_in(seat)
    assert seat.fleetfeed("install", ok=False).returncode == 1
    found = doctor(seat)
    assert found["answer"] == "off"
    assert mend(seat, found)["answer"] == "on"
    assert refused_commit(seat)
    assert refused_push(seat)


@pytest.mark.large
@pytest.mark.parametrize("manager", MANAGERS, ids=lambda m: m.name)
def test_lines_that_are_committed_are_on_also_where_they_came_with_a_pull(
    scene, modules, manager
):
    seat = called(scene, modules, manager)
    other = linked(seat, manager, modules)
    if manager is HUSKY:
        manager.put_in(other)
    for each in (seat, other):
        found = doctor(each)
        assert found["answer"] == "on", "\n".join(map(str, wrong(found)))
        assert each.fleetfeed("install").ok


@pytest.mark.parametrize("ours", [True, further(False)])
def test_hooks_in_a_folder_for_all_repositories(scene, tmp_path, ours):
    seat = on_path(scene.me)
    seat.fleetfeed("uninstall")
    # The server is on this machine, too, and has a home of its own.
    (tmp_path / "config").write_text(f'[core]\nhooksPath = "{tmp_path}/hooks"\n')
    kind = f"includeIf.gitdir:{seat.folder}/.path"
    seat.git("config", "--global", kind, str(tmp_path / "config"))
    if ours:
        seat.fleetfeed("install")
    found = doctor(seat)
    assert found["answer"] == ("on" if ours else "off"), wrong(found)
    assert mend(seat, found)["answer"] == "on"
    assert refused_commit(seat)
    assert refused_push(seat)
