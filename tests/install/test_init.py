"""`fleetfeed init`, and what `fleetfeed install --server` makes of its policy."""

import os
import subprocess
from pathlib import Path

import pytest
from harness import Repo, clean
from harness import command as started
from harness.answers import document

POLICY = "feed/policy.yaml"


@pytest.mark.parametrize(
    ("pinned", "flags", "expected"),
    [
        (None, (), "refs/heads/main"),
        ("refs/heads/fleet", (), "refs/heads/fleet"),
        ("refs/heads/fleet", ("--ref", "refs/heads/x"), "refs/heads/x"),
    ],
)
def test_the_ref_is_given_or_pinned_or_the_branch(repo, pinned, flags, expected):
    if pinned:
        repo.git("config", "fleetfeed.ref", pinned)
    done = repo.fleetfeed("init", *flags)
    assert f"\nref: {expected}\n" in (repo.folder / POLICY).read_text()
    warned = "fleetfeed.ref is refs/heads/fleet; make the two" in done.stderr
    assert warned == bool(pinned and flags)


@pytest.mark.parametrize("flags", [(), ("--ref", ""), ("--ref", "refs/feed")])
def test_a_name_that_is_not_full_is_refused(repo, flags):
    repo.git("config", "fleetfeed.ref", "main")
    done = repo.fleetfeed("init", *flags, ok=False)
    assert done.returncode == 2
    assert "is no full ref name" in done.stderr
    assert not (repo.folder / "feed").exists()


@pytest.mark.parametrize("args", [("init",), ("draft", "CMB", "--seat", "A-1")])
def test_a_bare_repository_has_no_place_for_a_file(bare, args, snapshot):
    before = snapshot(bare.folder)
    done = bare.fleetfeed(*args, ok=False)
    assert done.returncode == 2
    assert "has no work tree; run this in a clone" in done.stderr
    assert snapshot(bare.folder) == before


def test_what_needs_no_work_tree_runs_in_a_bare_repository(bare):
    done = bare.fleetfeed("active", ok=False)
    assert done.returncode == 3
    assert "there is no refs/heads/main here" in done.stderr


@pytest.mark.parametrize("kind", ["file", "committed file", "link"])
def test_something_else_in_the_folders_place_is_named(repo, kind, snapshot):
    if kind == "link":
        (repo.folder / "real").mkdir()
        (repo.folder / "feed").symlink_to("real")
    else:
        repo.write("feed", "a file")
    if kind == "committed file":
        repo.commit()
    before = snapshot(repo.folder)
    done = repo.fleetfeed("init", ok=False)
    assert done.returncode == 2
    assert "feed is no folder, and the feed belongs there" in done.stderr
    assert snapshot(repo.folder) == before


def test_a_file_above_the_feeds_folder_is_named(repo):
    repo.git("config", "fleetfeed.dir", "deep/er/feed")
    repo.write("deep/er", "a file")
    done = repo.fleetfeed("init", ok=False)
    assert done.returncode == 2
    assert "deep/er is no folder" in done.stderr


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--layout", "auto"), "--layout goes with --server"),
        (("--ref", ""), "--ref goes with --server"),
    ],
)
def test_the_servers_flags_need_a_server(repo, flags, words):
    done = repo.fleetfeed("install", *flags, ok=False)
    assert done.returncode == 2
    assert words in done.stderr
    assert not (repo.folder / ".git/hooks/pre-commit").exists()


def test_a_report_for_a_program_has_an_answer_and_a_code(repo, bare):
    for asked in (("install",), ("install", "--server", str(bare.folder))):
        for command in (asked, ("uninstall", *asked[1:])):
            said = document(repo.fleetfeed(*command, "--json").stdout)
            assert (said["answer"], said["code"]) == ("done", 0)
            assert said["steps"]


def served(bare: Repo, repo: Repo) -> str:
    """A server's feed whose policy names refs/heads/feed."""
    repo.fleetfeed("init", "--ref", "refs/heads/feed")
    repo.commit()
    repo.git("push", "-q", str(bare.folder), "HEAD:refs/heads/feed")
    return str(bare.folder)


def test_a_ref_that_is_not_the_policys_is_warned_of(repo, bare):
    folder = served(bare, repo)
    asked = ("install", "--server", folder, "--ref", "refs/heads/x")
    done = repo.fleetfeed(*asked)
    said = "fleetfeed.ref is refs/heads/x, the policy says refs/heads/feed"
    assert f"warning: {said}" in done.stdout


@pytest.mark.parametrize("name", ["feed", "Feed"])
def test_a_branch_with_a_file_called_feed_is_passed_over(
    repo, bare, tmp_path: Path, name
):
    folder = served(bare, repo)
    other = Repo.init(tmp_path / "other")
    other.write(name, "a file")
    other.commit()
    other.git("push", "-q", folder, "HEAD:refs/heads/app", "HEAD:refs/heads/main")
    repo.fleetfeed("install", "--server", folder)
    assert bare.line("config", "fleetfeed.ref") == "refs/heads/feed"


NONE = "no steward, so nobody can help before a lease has lapsed"


@pytest.mark.parametrize(
    ("seat", "flags", "said", "listed"),
    [
        (None, (), NONE, "[]"),
        ("ORA-01", (), "; steward: ORA-01", "[ORA-01]"),
        ("ORA-01", ("--steward", "FLEET-01"), "; steward: FLEET-01", "[FLEET-01]"),
        (
            None,
            ("--steward", "FLEET-01", "--steward", "ORA-02/x"),
            "; stewards: FLEET-01, ORA-02/x",
            "[FLEET-01, ORA-02/x]",
        ),
    ],
)
def test_a_steward_is_named_or_who_runs_it(repo, seat, flags, said, listed):
    if seat:
        repo.git("config", "fleetfeed.seat", seat)
    done = repo.fleetfeed("init", *flags)
    assert said in done.stdout
    assert f"\nstewards: {listed}\n" in (repo.folder / POLICY).read_text()


def test_what_is_no_seat_is_no_steward(repo):
    for name in ("none", "two words"):
        done = repo.fleetfeed("init", "--steward", name, ok=False)
        assert (done.returncode, "--steward" in done.stderr) == (2, True)
    assert not (repo.folder / "feed").exists()


@pytest.mark.parametrize(("typed", "listed"), [("ORA-07", "[ORA-07]"), ("", "[]")])
def test_at_a_terminal_it_is_asked_for(repo, typed, listed):
    ours, theirs = os.openpty()
    os.write(ours, f"{typed}\n".encode())
    with os.fdopen(ours, "rb"), os.fdopen(theirs, "rb+", buffering=0) as terminal:
        subprocess.run(
            started("init"),
            cwd=repo.folder, env=clean(), check=True, timeout=60,
            stdin=terminal, stdout=subprocess.PIPE, stderr=terminal,
        )  # fmt: skip
    assert f"\nstewards: {listed}\n" in (repo.folder / POLICY).read_text()
