"""Writers and a server's queue: one connection, one try, and no answer from an old feed."""

import pytest
from harness import path, post
from harness.answers import document
from harness.fleet import Seat, Server
from harness.transport import TRANSPORTS
from ledger.gen_worlds import Remote
from ledger.test_server import counted

from fleetfeed.ledger.base import RaceLost, Rejected, Unconfirmed
from fleetfeed.ledger.queued import NoQueue, _turned_down
from fleetfeed.ledger.testing.faults import delayed

KEY = "CAMBER:file:a"


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


REFUSED, DECLINED = "refused by the queue", "pre-receive hook declined"
DIED = ("fail to run proc-receive hook", "proc-receive failed to report status")


@pytest.mark.parametrize(
    ("why", "words", "kind"),
    [
        (REFUSED, ("FF401: no", "FF415: built on an older feed"), RaceLost),
        (REFUSED, ("FF401: no",), Rejected),
        ("the queue cannot tell", ("FF415",), Rejected),
        (DECLINED, ("FF401: no",), Rejected),
        (DECLINED, ("FF401: no", "FF407: this ref is nobody's"), NoQueue),
        (DIED[0], ("something",), Unconfirmed),
        (DIED[1], (), Unconfirmed),
        (DIED[0], ("x", "error: cannot find hook 'proc-receive'"), NoQueue),
        (DIED[1], ("x", "fleetfeed: the queue does not work here"), NoQueue),
        ("deny updating a hidden ref", ("FF401: no",), NoQueue),
    ],
)
def test_what_it_means_that_the_queues_ref_is_turned_down(why, words, kind):
    ended = Rejected(f"main: {why}", words)
    found = _turned_down(ended)
    assert type(found) is kind
    assert getattr(found, "queue", True)
    assert found.why == ("the feed has moved on" if kind is RaceLost else ended.why)
    assert kind is NoQueue or found.words == words
    broken = Rejected(ended.why, words, broken=True)
    if kind is not RaceLost:
        assert _turned_down(broken) is broken


def test_a_claim_is_one_connection(fleet, tmp_path):
    seat = fleet.seat()
    connections = counted(seat, tmp_path)
    known(seat)
    before = len(connections())
    for number in range(3):
        answer = said(seat, *new(key=f"{KEY}{number}"))
        assert answer["tries"] == 1
        assert answer["commit"] == tip(fleet)
        # Nothing was between: it landed as it was made, and the checkout has it.
        assert seat.line("rev-parse", "HEAD", "origin/main").split() == [tip(fleet)] * 2
    assert connections()[before:] == ["receivepack"] * 3


def test_what_was_built_on_an_older_feed_lands_upon_the_newest(fleet, tmp_path):
    """And everything in the answer is as it landed: the number, the feed, the commit."""
    one, two = known(fleet.seat("CAMBER-01")), known(fleet.seat("CAMBER-02"))
    connections = counted(two, tmp_path)
    said(one, *new(key=f"{KEY}1"))
    before = tip(fleet)
    answer = said(two, *new("claim", f"{KEY}2"))
    assert (answer["tries"], answer["again"]) == (1, False)
    assert [p["item"] for p in answer["posts"]] == ["CMB-0002"]
    assert answer["items"][0]["item"] == "CMB-0002"
    assert answer["commit"] == answer["feed"]["commit"] == tip(fleet)
    assert parents(two, tip(fleet))[0] == before
    assert two.line("rev-parse", "HEAD", "origin/main").split() == [tip(fleet)] * 2
    # What came between was sent along with the answer, and is all here.
    assert connections() == ["receivepack"]
    two.git("fsck", "--strict")
    # An item that is there keeps its commit: it is merged.
    said(one, "append", "CMB-0001", "--state", "IN_PROGRESS", "--body", "going on")
    before = tip(fleet)
    answer = said(
        two, "append", "CMB-0002", "--state", "IN_PROGRESS", "--body", "so do I"
    )
    assert answer["tries"] == 1
    assert parents(two, tip(fleet))[0] == before
    assert len(parents(two, tip(fleet))) == 2
    assert [p["path"] for p in answer["posts"]] == ["feed/CMB/000/CMB-0002/0002.yaml"]
    for text in (two.holds(p["path"]) for p in answer["posts"]):
        assert "so do I" in text


def test_the_printed_item_is_the_one_that_it_got(fleet):
    one, two = known(fleet.seat("CAMBER-01")), known(fleet.seat("CAMBER-02"))
    one.fleetfeed(*new("reserve", f"{KEY}1"))
    done = two.fleetfeed(*new("reserve", f"{KEY}2"), "--op", "mine")
    assert "CMB-0002" in done.stdout.split()
    assert "CMB-0001" not in done.said
    again = two.fleetfeed(*new("reserve", f"{KEY}2"), "--op", "mine")
    assert "CMB-0002" in again.stdout.split()
    three = known(fleet.seat("CAMBER-03"))
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


def on_the_same_surface_as_is_known_here(one, two):
    one.fleetfeed(*new())
    two.git("fetch", "-q")
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
    taken, on_the_same_surface,
    on_the_same_surface_as_is_known_here, let_go_since, not_there_before, my_own_from_elsewhere,
    its_epoch_is_over, done_already, as_a_number_of_my_own,
)  # fmt: skip


@pytest.mark.parametrize("since", STALE)
def test_nothing_is_told_from_an_older_feed(fleet, since):
    """What has come since the last fetch decides, whatever the clone has in mind."""
    one, two = known(fleet.seat("CAMBER-01")), known(fleet.seat("CAMBER-02"))
    one.fleetfeed("reserve", "CMB", "--subject", "the first")
    two.git("fetch", "-q")
    args, code, word, text = since(one, two)
    done = two.fleetfeed(*args, "--json", ok=None)
    assert done.returncode == code, done.said
    assert document(done.stdout)["answer"] == word
    assert text in done.said
    newest = tip(fleet)
    assert document(done.stdout)["feed"]["commit"] == newest


def test_a_refusal_at_the_newest_tip_says_who_holds_it(fleet):
    """And not only what the queue said of a post that was sent before it was judged."""
    one, two = fleet.seat("CAMBER-01"), known(fleet.seat("CAMBER-02"))
    one.fleetfeed(*new())
    two.git("fetch", "-q")
    answer = said(two, *new(key=f"{KEY}/part"), ok=False)
    assert (answer["answer"], answer["code"]) == ("held", 1)
    assert answer["items"][0]["holder"] == "CAMBER-01"
    assert [found["rule"] for found in answer["findings"]] == ["FF401"]
    assert answer["retry_after"]


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
def test_where_the_queue_is_gone_it_is_pushed_as_ever(fleet, how):
    """As long as it is sure that nothing waits there."""
    seat = known(fleet.seat())
    fleet.server.run(("sh", "-c", BROKEN[how]))
    for number in range(2):
        done = seat.fleetfeed(
            *new(key=f"{KEY}{number}"), "--json", ok=how not in DOUBTFUL
        )
        answer = document(done.stdout)
        if how in DOUBTFUL:
            assert done.returncode == 3
            assert f"--op {answer['op']}" in answer["message"]
        else:
            assert (answer["answer"], answer["tries"]) == ("won", 2)
            assert answer["commit"] == tip(fleet)
    assert fleet.server.line("for-each-ref", "refs/for") == ""


def test_a_server_that_has_given_its_queue_up_is_known_by_the_next_fetch(
    fleet, tmp_path
):
    seat, server = known(fleet.seat()), fleet.server
    server.install("--no-queue")
    connections = counted(seat, tmp_path)
    assert said(seat, *new(key=f"{KEY}1"))["tries"] == 2
    # It takes no push options any more, either, which git finds out before it pushes.
    assert connections() == ["receivepack"] * 2 + ["uploadpack", "receivepack"]
    seat.fleetfeed(*new(key=f"{KEY}2"))
    assert connections()[4:] == ["uploadpack", "receivepack"]


REAL = "hooks/proc-receive.real"
# What a hook says first to git is let through, and nothing else.
FIRST = len("001bversion=1.push-options.0000")


def answers_are_lost(server, run):
    """The queue's door to git says nothing of what became of a push; `run`: of it."""
    door = server.folder / "hooks/proc-receive"
    door.rename(server.folder / REAL)
    answer = REAL if run else "printf '000eversion=1\\n0000'"
    server.write(
        "hooks/proc-receive", f"#!/bin/sh\n{answer} | head -c {FIRST}\nexit 1\n"
    ).chmod(0o755)


def test_a_post_that_has_landed_unsaid_is_found_and_written_once(fleet):
    seat = known(fleet.seat())
    answers_are_lost(fleet.server, run=True)
    answer = said(seat, *new())
    assert (answer["answer"], answer["again"], answer["tries"]) == ("won", True, 2)
    assert answer["commit"] == tip(fleet)
    assert len(fleet.server.line("log", "--format=%h", "main").splitlines()) == 3


def test_what_nobody_answers_is_not_known(fleet):
    seat = known(fleet.seat())
    answers_are_lost(fleet.server, run=False)
    done = seat.fleetfeed(*new(), "--op", "one", ok=False)
    assert done.returncode == 3
    assert "--op one" in done.stderr
    # Nor is it known where the feed has gone on: it may yet land upon that.
    other = fleet.seat("CAMBER-07")
    (fleet.server.folder / REAL).rename(fleet.server.folder / "hooks/proc-receive")
    other.fleetfeed("note", "--body", "hello")
    assert said(seat, *new(), "--op", "one")["answer"] == "won"


@pytest.mark.parametrize("named", [True, False])
def test_a_server_without_hooks_that_was_copied_with_what_it_says(fleet, named):
    """Its ref for the queue is an ordinary one, which nobody would read."""
    seat, server = known(fleet.seat()), fleet.server
    said_there = server.line("rev-parse", "refs/fleetfeed/server")
    if named:
        (server.folder / "hooks/pre-receive").unlink()
    else:
        server.disarm()
        server.git("update-ref", "refs/fleetfeed/server", said_there)
        seat.git("fetch", "-q")
    server.git("config", "--unset", "receive.procReceiveRefs")
    before = tip(fleet)
    for number in range(2):
        done = seat.fleetfeed(*new(key=f"{KEY}{number}"), ok=not named)
        assert server.line("for-each-ref", "refs/for/") == ""
        assert (tip(fleet) == before) == named
        if named:
            assert done.returncode == 3
            assert "is not the fleet's server" in done.stderr


def test_what_nobody_has_judged_lands_nowhere_but_in_a_queue(fleet):
    """At a glimpse it is sent unjudged: a copy of a server would let anything in."""
    other, seat = known(fleet.seat("CAMBER-07")), known(fleet.seat())
    said(other, *new())
    server = fleet.server
    said_there = server.line("rev-parse", "refs/fleetfeed/server")
    server.disarm()
    server.git("update-ref", "refs/fleetfeed/server", said_there)
    server.git("config", "--unset", "receive.procReceiveRefs")
    seat.git("pull", "-q")
    before = tip(fleet)
    done = seat.fleetfeed(*new(), ok=False)
    assert done.returncode == 1
    assert "CAMBER-07" in done.stderr
    assert tip(fleet) == before
    assert server.line("for-each-ref", "refs/for") == ""


def test_where_pushes_go_elsewhere_than_fetches_there_is_no_queue(fleet, tmp_path):
    seat = known(fleet.seat())
    address = str(fleet.server.folder)
    seat.git("config", "remote.origin.pushurl", f"{address}/.")
    connections = counted(seat, tmp_path)
    assert said(seat, *new())["commit"] == tip(fleet)
    assert connections()[:2] == ["uploadpack", "receivepack"]


def test_a_bare_clone_uses_the_queue_without_a_tracking_ref(fleet, tmp_path):
    seat = fleet.seat()
    seat.git("config", "--unset", "remote.origin.fetch")
    assert said(seat, *new(key=f"{KEY}1"))["commit"] == tip(fleet)
    connections = counted(seat, tmp_path)
    assert said(seat, *new(key=f"{KEY}2"))["commit"] == tip(fleet)
    assert connections()[-1] == "receivepack"
    assert seat.line("for-each-ref", "refs/remotes/origin/main") != tip(fleet)


def test_a_checkout_that_is_not_clean_is_left_as_it_is(fleet):
    one, two = known(fleet.seat("CAMBER-01")), known(fleet.seat("CAMBER-02"))
    head = two.line("rev-parse", "HEAD")
    two.write(
        "feed/policy.yaml", (two.folder / "feed/policy.yaml").read_text() + "# x\n"
    )
    one.fleetfeed(*new(key=f"{KEY}1"))
    done = two.fleetfeed(*new("claim", f"{KEY}2"))
    assert "your branch main was left as it is: it has changes" in done.stderr
    assert two.line("rev-parse", "HEAD") == head
    assert two.line("rev-parse", "origin/main") == tip(fleet)


def test_two_items_never_yield_to_each_other(fleet):
    """Nor is a note taken for seen by a post that its writer had not seen."""
    one, two = known(fleet.seat("CAMBER-01")), known(fleet.seat("CAMBER-02"))
    one.fleetfeed(*new(key=f"{KEY}1"))
    two.fleetfeed(*new(key=f"{KEY}2"))
    one.git("fetch", "-q")
    two.fleetfeed("yield", "CMB-0002", "--to", "CMB-0001")
    done = one.fleetfeed("yield", "CMB-0001", "--to", "CMB-0002", ok=False)
    assert "CMB-0002 is CANCELLED" in done.stderr
    two.git("fetch", "-q")
    one.fleetfeed("append", "CMB-0001", "--state", "IN_PROGRESS", "--body", "on it")
    answer = said(two, "note", "CMB-0001", "--body", "look out")
    assert answer["tries"] == 2
    told = said(one, "inbox")
    assert "look out" in str(told)


def test_many_new_items_in_a_signed_fleet(signed):
    """What is signed is nobody's to change: who was second takes what it is told."""
    one, two = signed.seat("CAMBER-06"), signed.seat("CAMBER-07")
    for seat in (one, two):
        known(seat)
        seat.git(
            "config", "fleetfeed.signingKey", str(signed.key(seat.folder.name).file)
        )
    one.fleetfeed(*new("reserve", f"{KEY}1"))
    answer = said(two, *new("reserve", f"{KEY}2"))
    assert [p["item"] for p in answer["posts"]] == ["CMB-0002"]
    assert answer["tries"] == 2
    assert "as CMB" not in str(answer["remarks"])


@pytest.mark.parametrize("folder", ["feed", "ops/feed"])
def test_plain_git_lands_posts_upon_a_newer_tree_and_nothing_else(tmp_path, folder):
    server = Server.create(tmp_path / "server.git", install=False)
    first = Seat.clone(server, tmp_path / "one", install=False)
    first.fleetfeed("init", "--dir", folder)
    first.commit("start the feed")
    first.push("-u", "HEAD:refs/heads/main")
    server.install("--dir", folder)
    older = Seat.clone(server, tmp_path / "two", install=False)
    old = older.line("rev-parse", "HEAD")
    first.git("pull", "-q")
    first.write("README", "of the code\n")
    first.commit("no post")
    first.push()
    for files, lands in (
        ({f"{folder}/{path('CMB-0001')[5:]}": post()}, True),
        ({"README": "another\n"}, False),
        ({"ops/other": "another\n"}, False),
        ({f"{folder}/policy.yaml": "format: 1\n"}, False),
    ):
        older.git("reset", "-q", "--hard", old)
        for name, text in files.items():
            older.write(name, text)
        older.commit("built on an older tree")
        done = older.git("push", "-q", "origin", "HEAD:refs/for/feed", ok=lands)
        assert ("FF415" in done.stderr) != lands, done.stderr


def test_a_try_that_lands_when_the_next_is_made_is_the_same_post(fleet):
    """Both are in the queue: once as it was, once as it was dated anew."""
    world = Remote(fleet, guarded=True)
    fields = {"SEAT": "CAMBER-06", "STATE": "AWAITING_CLAIM", "SUBJECT": "x"}
    for number, dated in enumerate(({"AT": "2026-11-20T00:00:00Z"}, {}), 1):
        ok = world.store(delayed).append_if_match(
            f"CMB-000{number}", 0, {**fields, **dated}
        )
        assert (ok.post.item, ok.post.number) == (f"CMB-000{number}", 1)
        assert len(world.item(f"CMB-000{number}")) == 1
        assert ok.feed.item(f"CMB-000{number}").newest == 1
    world.close()


@pytest.mark.parametrize(
    "transport",
    [
        pytest.param(each, marks=[] if str(each) == "http" else pytest.mark.large)
        for each in TRANSPORTS
    ],
    ids=str,
)
@pytest.mark.parametrize("protocol", ["2", pytest.param("0", marks=pytest.mark.large)])
def test_over_every_transport(fleet, transport, protocol):
    one, two = fleet.seat("CAMBER-01"), fleet.seat("CAMBER-02")
    with transport.open(fleet.server) as address:
        for seat in (one, two):
            address.join(seat)
            seat.git("config", "protocol.version", protocol)
            known(seat)
        for number in range(1, 3):
            for seat in (one, two):
                answer = said(seat, *new(key=f"{KEY}{seat.folder.name}{number}"))
                assert answer["tries"] == 1
                assert answer["commit"] == tip(fleet)
                # What was between came with the answer, and is as good as fetched.
                tracked = seat.line("reflog", "-1", "--format=%gs", "origin/main")
                assert tracked == "fleetfeed: landed"
                seat.git("fsck", "--strict")
    assert "CMB-0004" in answer["items"][0]["item"]


def test_what_was_taken_from_the_feed_comes_back_with_nobodys_post(fleet):
    """Its keeper has set the feed ref back: a clone has seen what is gone."""
    one = known(fleet.seat())
    kept = tip(fleet)
    gone = said(one, *new(key=f"{KEY}1"))["commit"]
    fleet.server.git("update-ref", "refs/heads/main", kept)
    answer = said(one, *new(key=f"{KEY}2"))
    assert answer["tries"] == 2
    line = fleet.server.line("rev-list", tip(fleet)).split()
    assert kept in line
    assert gone not in line
