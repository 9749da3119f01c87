"""What a hook waits for: modules to import, and gits to end."""

from pathlib import Path

import pytest
from harness import FREE, TAKEN, Scene, claim, command, path
from harness.signing import SignedFleet

from fleetfeed.checks.commit import judge_staged
from fleetfeed.git.process import Git
from fleetfeed.model.errors import CannotTell
from fleetfeed.repo.repository import Repo
from fleetfeed.report.text import text_report

# Each takes half a millisecond to import, pygit2 and click fifty and more. A hook did
# without them when this was written; what brings one back has to be worth it. hashlib
# came back: its 3 ms are OpenSSL's, and the built-in digests' names are private.
DEAR = {
    "click", "pygit2", "dataclasses", "inspect", "typing", "subprocess", "tempfile",
    "shutil", "threading", "pathlib", "urllib.parse", "difflib",
    "traceback", "random", "signal", "selectors", "ruamel.yaml.main",
    "ruamel.yaml.constructor", "fleetfeed.cli.main", "fleetfeed.util.crashlog",
    "fleetfeed.ledger", "fleetfeed.writing",
    "jinja2", "fleetfeed.board", "fleetfeed.feed.lives", "fleetfeed.feed.life_memory",
    "fleetfeed.feed.messages", "fleetfeed.feed.note_index", "fleetfeed.feed.unseen",
}  # fmt: skip
OF_SIGNED_FLEETS = {
    "fleetfeed.checks.committer", "fleetfeed.repo.signing", "fleetfeed.judge.identity",
    "fleetfeed.model.signers", "fleetfeed.model.grants", "fleetfeed.model.ssh_format",
}  # fmt: skip
POST = path("CMB-0003")
CALL = '"$fleetfeed_python" -E -P'


def watched(hook: Path, gits: Path) -> None:
    """Let the hook tell what it imports, and which gits it starts."""
    text = hook.read_text()
    assert CALL in text
    told = f"GIT_TRACE2={gits} {CALL} -X importtime"
    hook.write_text(text.replace(CALL, told, 1))


def imported(said: str) -> set[str]:
    rows = [row.split("|") for row in said.splitlines() if "import time:" in row]
    return {row[2].strip() for row in rows}


def asked(gits: Path) -> list[str]:
    """The command line of each git."""
    rows = gits.read_text().splitlines()
    return [row.partition(" start ")[2].strip() for row in rows if " start " in row]


def test_a_commit_of_one_post(scene: Scene, tmp_path: Path) -> None:
    me, gits = scene.me, tmp_path / "gits"
    watched(me.folder / ".git/hooks/pre-commit", gits)
    me.stage(POST, claim("CMB-0003", FREE, seat="CAMBER-06"))
    done = me.git("commit", "-m", "a claim")
    found = imported(done.stderr)
    assert "fleetfeed.checks.commit" in found
    # A feed of two items is read before SQLite is imported.
    assert found & {*DEAR, "sqlite3"} == set()
    # Settings, places, fetched ref, objects; the index the shell has asked about.
    names = sorted(row.split()[1] for row in asked(gits))
    assert names == ["cat-file", "config", "for-each-ref", "rev-parse"]
    assert found & OF_SIGNED_FLEETS == set()


def test_a_signed_commit_of_one_post(signed: SignedFleet, tmp_path: Path) -> None:
    """Whom its key speaks for is read: no process is asked."""
    me, gits = signed.seat("CAMBER-06"), tmp_path / "gits"
    watched(me.folder / ".git/hooks/pre-commit", gits)
    me.stage(POST, claim("CMB-0003", FREE, seat="CAMBER-06"))
    done = me.git("commit", "-m", "a claim")
    found = imported(done.stderr)
    assert found >= OF_SIGNED_FLEETS
    assert found & {*DEAR, "sqlite3", "fleetfeed.git.ssh_keygen"} == set()
    names = sorted(row.split()[1] for row in asked(gits))
    assert names == ["cat-file", "config", "for-each-ref", "rev-parse"]


def test_a_push_of_one_post(scene: Scene, tmp_path: Path) -> None:
    me, gits = scene.me, tmp_path / "gits"
    watched(scene.server.folder / "hooks/pre-receive", gits)
    me.stage(POST, claim("CMB-0003", FREE, seat="CAMBER-06"))
    me.git("commit", "-m", "a claim")
    done = me.git("push", "--no-verify")
    found = imported(done.stderr)
    assert "fleetfeed.checks.receive" in found
    assert found & DEAR == set()
    # Settings, refs, new commits, the folder of the stamps, objects.
    names = sorted(row.split()[1] for row in asked(gits))
    assert names == ["cat-file", "config", "for-each-ref", "rev-list", "rev-parse"]


def plain(folder: Path) -> str:
    """What is said of a commit by who asks git one question after the other."""
    try:
        said = text_report(judge_staged(Repo(Git(folder))), "commit")
    except CannotTell as error:
        return str(error)
    return said.partition(", fetched")[0]


@pytest.mark.parametrize(
    ("settings", "policy", "word"),
    [
        ({}, None, "COLLIDE-WITH-CMB-0001"),
        ({"fleetfeed.dir": "elsewhere/feed"}, None, "judged beside"),
        ({"fleetfeed.dir": "/feed/"}, None, "COLLIDE-WITH-CMB-0001"),
        ({"fleetfeed.dir": "../feed"}, None, "is no folder"),
        ({"fleetfeed.ref": "refs/heads/other"}, None, "the policy says"),
        ({"fleetfeed.ref": "main"}, None, "no full ref name"),
        ({"fleetfeed.remote": "backup"}, None, "no such remote"),
        ({}, "ref: refs/heads/other\n", "is missing"),
        ({"remote.origin.fetch": "+refs/heads/*:refs/kept/*"}, None, "COLLIDE"),
    ],
)
def test_what_was_asked_ahead_in_vain_changes_nothing(
    scene: Scene, settings: dict[str, str], policy: str | None, word: str
) -> None:
    me = scene.me
    if policy:
        me.write("feed/policy.yaml", policy)
        me.git("add", "feed/policy.yaml")
        me.git("commit", "-q", "--no-verify", "-m", "another ref")
    for name, value in settings.items():
        me.git("config", name, value)
    me.stage(POST, claim("CMB-0003", TAKEN, seat="CAMBER-06"))
    done = me.run(command("hook", "pre-commit"), ok=None)
    expected = plain(me.folder)
    assert word in expected
    assert expected in done.stderr
