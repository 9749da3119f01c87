"""What became of a push, by what git prints: rows of git 2.39.5, and what may come."""

import subprocess

import pytest
from harness import Repo

from fleetfeed.git.process import Git
from fleetfeed.ledger.base import Accepted, RaceLost, Rejected, Unconfirmed
from fleetfeed.ledger.push import (
    Move,
    outcome,
    push,
    push_all,
    push_each,
    push_objects,
    push_to_queue,
)
from fleetfeed.model.server import QUEUE_REF

HEAD = "1111111111111111111111111111111111111111"
ROWS = [
    (" \t{}\t2222222..1111111", Accepted),
    ("+\t{}\t2222222...1111111 (forced update)", Accepted),
    ("*\t{}\t[new branch]", Accepted),
    ("=\t{}\t[up to date]", Accepted),
    ("!\t{}\t[rejected] (stale info)", RaceLost),
    ("!\t{}\t[rejected] (fetch first)", RaceLost),
    ("!\t{}\t[rejected] (non-fast-forward)", RaceLost),
    ("!\t{}\t[remote rejected] (failed to update ref)", RaceLost),
    ("!\t{}\t[remote rejected] (incorrect old value provided)", RaceLost),
    (
        "!\t{}\t[remote rejected] (cannot lock ref 'refs/heads/main': is at 3 but expected 2)",
        RaceLost,
    ),
    (
        "!\t{}\t[remote rejected] (Unable to create '/x/main.lock': File exists.)",
        RaceLost,
    ),
    ("!\t{}\t[remote rejected] (pre-receive hook declined)", Rejected),
    ("!\t{}\t[remote rejected] (hook declined)", Rejected),
    ("!\t{}\t[remote rejected] (unpacker error)", Rejected),
    ("!\t{}\t[remote rejected] (deny updating a hidden ref)", Rejected),
    ("!\t{}\t[remote rejected] ()", Rejected),
    ("!\t{}\t[remote failure] (remote failed to report status)", Unconfirmed),
    ("!\t{}\t[no match]", Unconfirmed),
    ("!\t{}\tsomething that no git has said yet", Unconfirmed),
    ("?\t{}\tnor this", Unconfirmed),
    ("", Unconfirmed),
]


def pushed(row, stderr=b"", code=1):
    spec = f"{HEAD}:refs/heads/main"
    printed = f"To ../server.git\n{row.format(*[spec] * 2)}\nDone\n".encode()
    done = subprocess.CompletedProcess((), code, printed, stderr)
    return outcome(done, "origin", "refs/heads/main", HEAD)


@pytest.mark.parametrize(("row", "kind"), ROWS, ids=[row[6:40] for row, _ in ROWS])
def test_a_row(row, kind):
    assert type(pushed(row, code=0 if kind is Accepted else 1)) is kind


def test_a_good_row_and_a_git_that_failed():
    """A remote of several addresses, one of which is dead, prints a row for the others."""
    assert type(pushed(ROWS[0][0])) is Unconfirmed


@pytest.mark.parametrize("refused", [ROWS[5], ROWS[11]], ids=["race", "hook"])
@pytest.mark.parametrize("first", [True, False])
def test_all_addresses_of_a_remote_must_have_it(refused, first):
    row, kind = refused
    rows = (row, ROWS[0][0]) if first else (ROWS[0][0], row)
    assert type(pushed("\n".join(rows))) is kind


def test_what_landed_is_the_commit():
    assert pushed(ROWS[0][0], code=0) == Accepted(HEAD)


def test_what_is_up_to_date_has_not_been_moved_by_this_push():
    assert [pushed(row, code=0).moved for row, _ in ROWS[:4]] == [True] * 3 + [False]


@pytest.mark.parametrize(
    "row",
    [
        f"*\t{HEAD}:refs/review/1\t[new branch]",
        f" \t{HEAD}:refs/heads/main\t2222222..3333333",
    ],
    ids=["another ref", "another commit"],
)
def test_what_a_server_puts_elsewhere_has_not_landed(row):
    assert type(pushed(row, code=0)) is Unconfirmed


def test_no_row_and_what_git_said():
    said = b"ssh: connect to host x port 22: No route to host\n\x1b[31mfatal\n"
    why = pushed("", said, 128).why
    assert "the push to origin ended without an answer" in why
    assert "No route to host" in why
    assert "\x1b" not in why


def test_no_row_and_no_word():
    assert "git ended with -9" in pushed("", code=-9).why


def test_the_words_of_the_server_are_its_own_and_printable():
    said = (
        b"remote: fleetfeed: refused \x1b[2J        \n"
        b"remote: \n"
        b"remote: \xff        \n"
        b"To ../server.git\n"
        b"error: failed to push some refs\n"
    )
    turned = pushed("!\t{}\t[remote rejected] (pre-receive hook declined)", said)
    assert turned.why == "origin turned it down: pre-receive hook declined"
    first, second = turned.words
    assert first.startswith("fleetfeed: refused")
    assert "\x1b" not in first
    assert second.isprintable()


def test_a_row_is_not_what_a_server_says():
    """A hook's text goes to stderr: it cannot make a row."""
    said = f"remote: *\t{HEAD}:refs/heads/main\t[new branch]\n".encode()
    assert isinstance(pushed("", said), Unconfirmed)


@pytest.mark.parametrize(("row", "kind"), ROWS, ids=[row[6:40] for row, _ in ROWS])
def test_what_the_server_says_is_kept_whatever_became_of_it(row, kind):
    said = b"remote: fleetfeed: heard it        \nremote: GL-HOOK-ERR: fleetfeed: no\n"
    assert pushed(row, said).words == ("fleetfeed: heard it", "fleetfeed: no")


@pytest.mark.parametrize(
    ("why", "broken"),
    [
        ("unpacker error", True),
        ("unable to migrate objects to permanent storage", True),
        ("pre-receive hook declined", False),
    ],
)
def test_a_server_that_can_store_nothing_says_nothing_of_what_was_sent(why, broken):
    assert pushed(f"!\t{{}}\t[remote rejected] ({why})").broken is broken


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"error: dst refspec main matches more than one\n", "origin has another ref that ends in refs/heads/main; delete"),
        (b"fatal: the receiving end does not support --atomic push\n", "origin moves no two refs together"),
    ],
)  # fmt: skip
def test_no_row_and_a_reason_that_is_known(said, why):
    turned = pushed("", said, 128)
    assert isinstance(turned, Rejected)
    assert turned.why.startswith(why)


FREE, HIDDEN, SECONDS = "refs/free/a", "refs/hidden/b", 60.0


@pytest.fixture
def seat(tmp_path):
    """A clone with one commit; its server, by a path like a setting, hides some refs."""
    server = Repo.init(tmp_path / "a=b.git", "--bare")
    server.git("config", "receive.hideRefs", "refs/hidden")
    seat = Repo.init(tmp_path / "seat")
    seat.git("commit", "-q", "--allow-empty", "-m", "one")
    seat.git("remote", "add", "origin", str(server.folder))
    return seat


@pytest.mark.parametrize("named", [True, False], ids=["a name", "an address"])
def test_a_remote_is_a_name_or_an_address(seat, named):
    remote = "origin" if named else seat.line("remote", "get-url", "origin")
    git, tip = Git(seat.folder), seat.line("rev-parse", "HEAD")
    ended = push(git, remote, "refs/heads/main", old="", new=tip, seconds=SECONDS)
    assert ended == Accepted(tip)
    assert push_to_queue(git, remote, tip, SECONDS) == Accepted(tip)
    there = seat.git("ls-remote", remote).stdout.split()
    assert there.count(tip) == 3
    assert {"refs/heads/main", QUEUE_REF} < set(there)


def test_of_several_each_is_told_what_became_of_it(seat):
    git, tip = Git(seat.folder), seat.line("rev-parse", "HEAD")
    no = Rejected("origin turned it down: deny updating a hidden ref", ())
    objects = push_objects(git, "origin", {FREE: tip, HIDDEN: tip}, SECONDS)
    assert objects == [Accepted(tip), no]
    moves = (Move(FREE, tip, None), Move(HIDDEN, None, tip), Move("refs/c/d", tip, tip))
    gone, hidden, stale = push_each(git, "origin", moves, SECONDS)
    assert (gone, hidden, type(stale)) == (Accepted(""), no, RaceLost)


def test_of_all_or_none_the_one_that_failed_is_told(seat):
    git, tip = Git(seat.folder), seat.line("rev-parse", "HEAD")
    moves = [Move(FREE, None, tip), Move("refs/free/c", None, tip)]
    both = [*moves, Move("refs/free/d", tip, tip)]
    assert type(push_all(git, "origin", both, SECONDS)) is RaceLost
    assert FREE not in seat.git("ls-remote", "origin").stdout
    assert push_all(git, "origin", moves, SECONDS) == Accepted(tip)
