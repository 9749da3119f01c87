"""Pushes to other branches start no Python, where their names alone tell."""

import shutil

import pytest
from harness import Fleet, Repo

from fleetfeed.git.process import Git
from fleetfeed.install.server import install_server

SHELLS = [name for name in ("dash", "bash", "busybox") if shutil.which(name)]
ROW = "{} {} {}\n"
OLD, NEW, NONE = "a" * 40, "b" * 40, "0" * 40

OTHERS = [
    ["refs/heads/other"],
    ["refs/heads/Topic_1/x+y-z.2"],
    ["refs/tags/v1.0"],
    ["refs/heads/mainly"],
    ["refs/heads/test"],  # as long as the feed ref's name
    ["refs/heads/main/x"],
    ["refs/heads/a", "refs/heads/b", "refs/tags/c"],
]
JUDGED = [
    ["refs/heads/main"],
    ["refs/heads/MAIN"],
    ["refs/heads/Test"],
    ["refs/heads/a", "refs/heads/main"],
    ["refs/heads/main", "refs/heads/a"],
    ["refs/heads/a", "refs/replace/b", "refs/heads/c"],
    ["refs/heads/a", "refs/heads/Main"],
    ["refs/replace/" + OLD],
    ["refs/fleetfeed/beats/CMB-0001"],
    ["refs/fleetfeed/server"],
    ["refs/heads/refs/heads/main"],
    ["refs/tags/Refs/heads/main"],
    ["refs/heads/x/refs/fleetfeed/y"],
    ["refs/notes/commits"],
    ["refs/for/feed"],
    ["refs/for/main"],
    ["refs/heads/"],
    ["refs/heads/../heads/main"],
    ["refs/heads/./main"],
    ["refs/heads//main"],
    ["HEAD"],
    ["main"],
    ["refs/heads/ma\u0131n"],
    ["refs/heads/ma\u200cin"],
    ["refs/heads/a b"],
    ["refs/heads/*"],
    ["refs/heads/a b c refs/heads/d", "refs/heads/main"],
    ["refs/heads/a", "refs/heads/b c", "refs/heads/main"],
    ["refs/heads/a", "refs/heads/b c d", "refs/heads/main"],
    ["refs/heads/leads-there"],
    ["refs/heads/LEADS-there"],
    ["refs/heads/leads-elsewhere"],
]


@pytest.fixture
def server(bare, fake) -> Repo:
    """A server whose feed ref is there, and some refs that stand for others."""
    tree = bare.git("mktree").stdout.strip()
    who = ("-c", "user.name=a", "-c", "user.email=a@example.invalid")
    tip = bare.line(*who, "commit-tree", "-m", "x", tree)
    for name in ("main", "a", "trunk"):
        bare.git("update-ref", f"refs/heads/{name}", tip)
    bare.git("symbolic-ref", "refs/heads/leads-there", "refs/heads/main")
    bare.git("symbolic-ref", "refs/heads/leads-elsewhere", "refs/heads/trunk")
    install_server(Git(bare.folder), ref="refs/heads/main", python=fake.path)
    return bare


def judged(fake):
    """How often Python was asked."""
    return sum(not line.startswith("< ") for line in fake.calls())


def pushed(server, *refs, shell="sh", args=(), **environment):
    program = [shell, "sh"] if shell == "busybox" else [shell]
    rows = "".join(ROW.format(OLD, NEW, ref) for ref in refs)
    env = {"GIT_DIR": ".", **environment}
    server.run([*program, "hooks/pre-receive", *args], stdin=rows, env=env)


@pytest.mark.parametrize("shell", SHELLS)
def test_what_is_of_others_by_its_name_starts_no_python(server, fake, shell):
    for refs in OTHERS:
        pushed(server, *refs, shell=shell)
        assert fake.calls() == [], refs


@pytest.mark.parametrize("shell", SHELLS)
def test_whatever_may_be_of_the_feed_is_judged(server, fake, shell):
    for number, refs in enumerate(JUDGED, 1):
        pushed(server, *refs, shell=shell)
        assert judged(fake) == number, refs


def test_flags_and_namespaces_are_for_python(server, fake):
    pushed(server, "refs/heads/a", args=("--ref", "refs/heads/a"))
    pushed(server, "refs/heads/a", GIT_NAMESPACE="x")
    assert judged(fake) == 2


def test_a_feed_ref_that_is_packed_is_there(server, fake):
    server.git("pack-refs", "--all")
    pushed(server, "refs/heads/other")
    assert fake.calls() == []


def missing(server):
    server.git("update-ref", "-d", "refs/heads/main")


def unpinned(server):
    server.git("config", "--unset-all", "fleetfeed.ref")


def pinned_to_a_symbolic_ref(server):
    server.git("config", "fleetfeed.ref", "refs/heads/leads-elsewhere")


def pinned_to_what_is_missing(server):
    server.git("config", "fleetfeed.ref", "refs/heads/none")


def pinned_to_what_is_odd(server):
    server.git("config", "fleetfeed.ref", "refs/heads/\u0131")


def kept_otherwise(server):
    (server.folder / "reftable").mkdir()


def of_a_work_tree(server):
    (server.folder / "commondir").write_text("../..\n")


def without_config(server):
    (server.folder / "config").unlink()


@pytest.mark.parametrize(
    "change",
    [
        missing,
        unpinned,
        pinned_to_a_symbolic_ref,
        pinned_to_what_is_missing,
        pinned_to_what_is_odd,
        kept_otherwise,
        of_a_work_tree,
        without_config,
    ],
    ids=lambda change: change.__name__,
)
def test_where_the_feed_is_not_plain_to_see_python_judges(server, fake, change):
    change(server)
    pushed(server, "refs/heads/other")
    assert judged(fake) == 1


def test_the_ref_that_counts_is_the_last_that_is_pinned(server, fake):
    server.git("config", "--add", "fleetfeed.ref", "refs/heads/trunk")
    pushed(server, "refs/heads/other")
    assert fake.calls() == []
    pushed(server, "refs/heads/trunk")
    assert judged(fake) == 1


def test_a_broken_python_does_not_stop_other_branches(fleet: Fleet):
    """And no push of posts gets through."""
    me = fleet.seat("CAMBER-06")
    hook = fleet.server.folder / "hooks/pre-receive"
    lines = hook.read_text().splitlines(keepends=True)
    gone = (
        "fleetfeed_python=/nowhere\n" if "fleetfeed_python=" in x[:17] else x
        for x in lines
    )
    hook.write_text("".join(gone))
    me.git("push", "--no-verify", "origin", "HEAD:refs/heads/other")
    me.git("commit", "-q", "--allow-empty", "-m", "x")
    said = me.git("push", "--no-verify", "origin", "HEAD:refs/heads/main", ok=False)
    assert "its Python is gone" in said.stderr
