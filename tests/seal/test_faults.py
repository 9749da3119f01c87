"""A seal that is cut short, killed, or never answered: nothing is lost, and it goes on."""

import os
import signal
import stat
import subprocess
import time

import pytest
from harness import command
from ledger.fake_no_swap import GitTwin
from seal.gen_feeds import SEAL, item_id, sealed, shard
from seal.oracle_server import check_as_unsealed, posts_on

from fleetfeed.git.process import Git
from fleetfeed.ledger.base import Rejected, Unconfirmed
from fleetfeed.ledger.git import GitLedger
from fleetfeed.ledger.testing.faults import Scripted, Wrapped, after
from fleetfeed.model.errors import CannotTell, Refused
from fleetfeed.repo import repository
from fleetfeed.writing.retry import RetryPolicy
from fleetfeed.writing.seal import closed, seal_shards, sealing

POSTS = {name: text.encode() for name, text in shard().items()}


@pytest.fixture
def repo(desks):
    made = repository.Repo(Git(desks.of("CAMBER-06").seat.folder))
    yield made
    made.objects.close()


def plan(tip):
    return [
        sealing(tip.feed, shard, time.time(), lambda _: 0.0)
        for shard in closed(tip.feed)
    ]


def run(ledger, seconds=30.0):
    return seal_shards(ledger, plan, RetryPolicy(seconds, sleep=lambda _: None))


def reopening(desks):
    """What another seat does at the worst moment."""
    other = desks.of("CAMBER-07")

    def reopen():
        other("append", item_id(980), "--state", "PARKED", "--reason", "it came back")

    return reopen


def test_a_post_that_comes_between_look_and_push_is_kept(desks, repo):
    before = posts_on(desks.fleet.server)
    run(Scripted(GitLedger(repo), after(reopening(desks))))
    now = posts_on(desks.fleet.server)
    assert before.items() <= now.items()
    assert len(now) == len(before) + 1
    # It came back before it was sealed: the shard waits.
    assert not desks.fleet.server.holds(SEAL, "main")
    check_as_unsealed(desks.fleet.server)


def test_without_compare_and_set_that_post_is_lost(desks, repo):
    """The tests above bite: a ledger that does not compare loses the post."""
    desks.fleet.server.disarm()
    before = posts_on(desks.fleet.server)
    run(GitTwin(repo, reopening(desks)))
    assert posts_on(desks.fleet.server) == before


class Deaf(Wrapped):
    """The real ledger, whose first answers are lost, before or after the push."""

    def __init__(self, inner, *, lands, lost=1):
        super().__init__(inner)
        self._lands, self._lost = lands, lost

    def swap(self, tip, files, message, seconds, any_number="", meanwhile=None):
        if not self._lost:
            return self.inner.swap(
                tip, files, message, seconds, any_number, meanwhile=meanwhile
            )
        self._lost -= 1
        if self._lands:
            self.inner.swap(
                tip, files, message, seconds, any_number, meanwhile=meanwhile
            )
        return Unconfirmed("the wire broke")


@pytest.mark.parametrize("lands", [True, False])
def test_an_answer_that_is_lost(desks, repo, lands):
    done = run(Deaf(GitLedger(repo), lands=lands))
    assert [each.shard for each in done.shards] == ["CMB/000"]
    assert desks.fleet.server.holds(SEAL, "main").encode() == sealed(shard())
    said = desks.fleet.server.line("log", "--format=%s", "main").split("\n")
    assert said.count("Seal CMB/000") == 1


def test_answers_that_are_lost_for_good(desks, repo):
    with pytest.raises(CannotTell, match="nothing more was sealed: the wire broke"):
        run(Deaf(GitLedger(repo), lands=False, lost=99))
    assert posts_on(desks.fleet.server).items() >= POSTS.items()


class Hostile(Wrapped):
    """A ledger whose other side wants nothing."""

    words = ("no",)

    def swap(self, tip, files, message, seconds, any_number="", meanwhile=None):
        del tip, files, message, seconds, any_number, meanwhile
        return Rejected("turned down", self.words)


def test_a_server_that_does_not_want_it(repo):
    with pytest.raises(Refused, match="turned down"):
        run(Hostile(GitLedger(repo)))


def test_a_server_that_cannot_tell(repo):
    ledger = Hostile(GitLedger(repo))
    ledger.words = ("fleetfeed: push refused, cannot tell: an object is missing",)
    with pytest.raises(CannotTell, match="an object is missing"):
        run(ledger)


@pytest.mark.parametrize("lands", [True, False])
def test_killed_while_the_server_judges(desks, lands):
    """Whether the push lands after all or not, the next seal finishes the work."""
    server, me = desks.fleet.server, desks.of("CAMBER-06")
    hook, started = server.folder / "hooks/pre-receive", server.folder / "started"
    real = hook.with_name("real")
    hook.rename(real)
    wait = "sleep 1" if lands else "sleep 1; exit 1"
    hook.write_text(f'#!/bin/sh\n: > {started}\n{wait}\nexec {real} "$@"\n')
    hook.chmod(real.stat().st_mode | stat.S_IXUSR)
    process = subprocess.Popen(
        command("seal"),
        cwd=me.seat.folder,
        env=dict(me.seat.environment),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    limit = time.monotonic() + 60
    while not started.exists():
        assert time.monotonic() < limit
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait(30) == -signal.SIGKILL
    hook.unlink()
    real.rename(hook)
    assert posts_on(server).items() >= POSTS.items()
    me("seal")
    assert server.holds(SEAL, "main").encode() == sealed(shard())
    assert posts_on(server).items() >= POSTS.items()
    check_as_unsealed(server)
    assert me("audit").said.count("FF") == 0
