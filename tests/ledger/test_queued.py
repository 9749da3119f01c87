"""Writers and a server's queue: one connection, one try, and no answer from an old feed."""

import pytest
from harness.answers import document
from ledger.queues import lose_queue, queue
from ledger.test_server import counted

KEY = "CAMBER:file:a"


@pytest.fixture
def queued(fleet):
    """A fleet whose server has a queue."""
    queue(fleet.server)
    return fleet


def new(verb="claim", key=KEY, *more):
    args = (verb, "--new", "CMB") if verb == "claim" else (verb, "CMB")
    rest = ("--proof", "the only work on it", *more)
    return (*args, "--subject", "x", "--surface", key, *rest)


def said(seat, *args, ok=True):
    """The answer to a command, as a program reads it."""
    return document(seat.fleetfeed(*args, "--json", ok=ok).stdout)


def known(seat):
    """A seat that has written once, so that it has met the queue."""
    seat.fleetfeed("note", "--body", "hello")
    return seat


def parents(repo, commit):
    return repo.line("show", "-s", "--format=%P", commit).split()


def tip(fleet):
    return fleet.server.line("rev-parse", "refs/heads/main")


def test_a_claim_is_one_connection(queued, tmp_path):
    seat = queued.seat()
    connections = counted(seat, tmp_path)
    known(seat)
    before = len(connections())
    for number in range(3):
        answer = said(seat, *new(key=f"{KEY}{number}"))
        assert answer["tries"] == 1
        assert answer["commit"] == tip(queued)
        # Nothing was between: it landed as it was made, and the checkout has it.
        assert (
            seat.line("rev-parse", "HEAD", "origin/main").split() == [tip(queued)] * 2
        )
    assert connections()[before:] == ["receivepack"] * 3


def test_what_was_built_on_an_older_feed_lands_upon_the_newest(queued, tmp_path):
    """And everything in the answer is as it landed: the number, the feed, the commit."""
    one, two = known(queued.seat("CAMBER-01")), known(queued.seat("CAMBER-02"))
    connections = counted(two, tmp_path)
    said(one, *new(key=f"{KEY}1"))
    before = tip(queued)
    answer = said(two, *new("claim", f"{KEY}2"))
    assert (answer["tries"], answer["again"]) == (1, False)
    assert [p["item"] for p in answer["posts"]] == ["CMB-0002"]
    assert answer["items"][0]["item"] == "CMB-0002"
    assert answer["commit"] == answer["feed"]["commit"] == tip(queued)
    assert parents(two, tip(queued))[0] == before
    assert two.line("rev-parse", "HEAD") == tip(queued)
    assert connections() == ["receivepack", "uploadpack"]
    # An item that is there keeps its commit: it is merged.
    said(one, "append", "CMB-0001", "--state", "IN_PROGRESS", "--body", "going on")
    before = tip(queued)
    answer = said(
        two, "append", "CMB-0002", "--state", "IN_PROGRESS", "--body", "so do I"
    )
    assert answer["tries"] == 1
    assert parents(two, tip(queued))[0] == before
    assert len(parents(two, tip(queued))) == 2
    assert [p["path"] for p in answer["posts"]] == ["feed/CMB/000/CMB-0002/0002.yaml"]
    for text in (two.holds(p["path"]) for p in answer["posts"]):
        assert "so do I" in text


def test_the_printed_item_is_the_one_that_it_got(queued):
    one, two = known(queued.seat("CAMBER-01")), known(queued.seat("CAMBER-02"))
    one.fleetfeed(*new("reserve", f"{KEY}1"))
    done = two.fleetfeed(*new("reserve", f"{KEY}2"), "--op", "mine")
    assert "CMB-0002" in done.stdout.split()
    assert "CMB-0001" not in done.said
    again = two.fleetfeed(*new("reserve", f"{KEY}2"), "--op", "mine")
    assert "CMB-0002" in again.stdout.split()
    three = known(queued.seat("CAMBER-03"))
    one.fleetfeed(*new("reserve", f"{KEY}3"))
    held = three.fleetfeed(
        "hold", *new(key=f"{KEY}4")[1:], "--", "sh", "-c", "echo $FLEETFEED_ITEM"
    )
    assert held.stdout.split()[0] == "CMB-0004"


def taken(one, two):
    one.fleetfeed("claim", "CMB-0001")
    return ("claim", "CMB-0001"), 1, "held", "CMB-0001 is held since"


def on_the_same_surface(one, two):
    one.fleetfeed(*new())
    return new(), 1, "held", "CAMBER-01"


def let_go_since(one, two):
    two.git("fetch", "-q")
    one.fleetfeed("claim", "CMB-0001")
    two.git("fetch", "-q")
    one.fleetfeed("release", "CMB-0001")
    return ("claim", "CMB-0001"), 0, "won", ""


def not_there_before(one, two):
    one.fleetfeed(*new("reserve"))
    return ("claim", "CMB-0002"), 0, "won", ""


def my_own_from_elsewhere(one, two):
    two.fleetfeed("claim", "CMB-0001")
    one.fleetfeed(
        *("append", "CMB-0001", "--state", "IN_PROGRESS", "--seat", "CAMBER-02"),
        *("--body", "by another clone"),
    )
    return ("done", "CMB-0001"), 0, "won", ""


def its_epoch_is_over(one, two):
    two.fleetfeed("claim", "CMB-0001")
    one.fleetfeed("claim", "CMB-0001", "--resume", "--seat", "CAMBER-02")
    return ("done", "CMB-0001", "--epoch", "1"), 4, "no longer yours", "epoch 2"


def done_already(one, two):
    two.fleetfeed("claim", "CMB-0001")
    one.fleetfeed("done", "CMB-0001", "--seat", "CAMBER-02")
    return ("done", "CMB-0001"), 1, "refused", "is DONE already, by post 3"


def as_a_number_of_my_own(one, two):
    one.fleetfeed(*new("reserve"))
    given = (
        "append",
        "CMB-0002",
        "--state",
        "AWAITING_CLAIM",
        "--subject",
        "y",
    )
    return given, 1, "refused", "CMB-0002 was taken by CAMBER-01"


STALE = (
    taken, on_the_same_surface, let_go_since, not_there_before, my_own_from_elsewhere,
    its_epoch_is_over, done_already, as_a_number_of_my_own,
)  # fmt: skip


@pytest.mark.parametrize("since", STALE)
def test_nothing_is_told_from_an_older_feed(queued, since):
    """What has come since the last fetch decides, whatever the clone has in mind."""
    one, two = known(queued.seat("CAMBER-01")), known(queued.seat("CAMBER-02"))
    one.fleetfeed("reserve", "CMB", "--subject", "the first")
    two.git("fetch", "-q")
    args, code, word, text = since(one, two)
    done = two.fleetfeed(*args, "--json", ok=None)
    assert done.returncode == code, done.said
    assert document(done.stdout)["answer"] == word
    assert text in done.said
    newest = tip(queued)
    assert document(done.stdout)["feed"]["commit"] == newest


# What has become of the queue; the setting, the hook, and what is announced stay.
BROKEN = {
    "the setting is gone": "git config --unset receive.procReceiveRefs",
    "the hook is gone": "rm hooks/proc-receive",
    "its program is gone": "sed -i s/follower.py/gone.py/ hooks/proc-receive",
    "no socket can be made": "rm -f fleetfeed/queue.sock; mkdir -p fleetfeed/queue.sock",
    "another hook is there": (
        "rm hooks/proc-receive; printf '#!/bin/sh\nexit 1' >hooks/proc-receive;"
        "chmod +x hooks/proc-receive"
    ),
}
DOUBTFUL = {"another hook is there"}
"""git says of it what it says of one that has landed something, and has died."""


@pytest.mark.parametrize("how", BROKEN)
def test_where_the_queue_is_gone_it_is_pushed_as_ever(queued, how):
    """As long as it is sure that nothing waits there."""
    seat = known(queued.seat())
    queued.server.run(("sh", "-c", BROKEN[how]))
    for number in range(2):
        done = seat.fleetfeed(
            *new(key=f"{KEY}{number}"), "--json", ok=how not in DOUBTFUL
        )
        answer = document(done.stdout)
        if how in DOUBTFUL:
            assert done.returncode == 3
            assert f"--op {answer['op']}" in answer["message"]
        else:
            assert (answer["answer"], answer["tries"]) == ("won", 1)
            assert answer["commit"] == tip(queued)
    assert queued.server.line("for-each-ref", "refs/for") == ""


def test_a_server_that_has_given_its_queue_up_is_known_by_the_next_fetch(
    queued, tmp_path
):
    seat, server = known(queued.seat()), queued.server
    lose_queue(server)
    connections = counted(seat, tmp_path)
    assert said(seat, *new(key=f"{KEY}1"))["tries"] == 1
    assert connections() == ["receivepack"] * 2
    seat.fleetfeed(*new(key=f"{KEY}2"))
    assert connections()[2:] == ["receivepack"] * 2
    seat.fleetfeed(
        "note", "--body", "it is looked before a note is written", "--op", "1"
    )
    assert connections()[4:] == ["uploadpack", "receivepack"]
    seat.fleetfeed(*new(key=f"{KEY}3"))
    assert connections()[6:] == ["uploadpack", "receivepack"]
