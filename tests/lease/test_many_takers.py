"""A real fleet around one item: who holds it, and who would like to.

Real processes, a real server, and the machine's own boot clock. The takers leave the
machine room to breathe: where a holder's beats are late, its lease really ends.
"""

import os
import signal
import time
from contextlib import closing
from itertools import pairwise
from secrets import SystemRandom

import pytest
from harness.starting import starter as new_starter
from harness.transport import GIT_DAEMON
from hold.held import ITEM, Held, alive, wait_for
from lease.cut_network import wire
from lease.takers import Journal, Takers, stamped

pytestmark = [
    pytest.mark.stress,
    pytest.mark.skipif(
        not hasattr(time, "CLOCK_BOOTTIME"), reason="here no server keeps time"
    ),
]

DICE = SystemRandom()
LEASE, GRACE = 6, 2
POLICED = f"ref: refs/heads/main\nleases: {{grace: {GRACE}s}}\n"
TERMS = ("--lease", f"{LEASE}s")
BEATS = f"refs/fleetfeed/beats/{ITEM}"
TOLD = "trap 'read at rest < /proc/uptime; echo $at > told; exit' TERM; wait"


@pytest.fixture(scope="module")
def starter():
    with new_starter() as started:
        yield started


@pytest.fixture
def crowd(stress):
    return 20 if stress else 4


@pytest.fixture
def hasty(scene_template, tmp_path):
    """Makes a scene whose policy has a short grace."""

    def make(name):
        scene = scene_template.copy(tmp_path / name)
        scene.me.write("feed/policy.yaml", POLICED)
        scene.me.commit("a grace of seconds")
        scene.me.push()
        return scene

    return make


def some_time():
    """Until anywhere in the second round of beats."""
    time.sleep(DICE.uniform(LEASE / 3, LEASE / 3 * 2))


def shown(scene, seat="CAMBER-07"):
    return scene.seat(seat).fleetfeed("show", ITEM).stdout


def taken_by(scene, takers):
    """Who has taken over: few try until it is nearly lawful, and then all at once."""
    winners = []
    while not winners:
        lawful = stamped(scene.server, ITEM, 1)[-1] + LEASE + GRACE
        near = time.clock_gettime(time.CLOCK_BOOTTIME) > lawful - 1
        winners = takers.win(takers.names if near else DICE.sample(takers.names, 2))
        if not near:
            time.sleep(DICE.uniform(0.2, 1))
    (winner,) = winners
    assert not takers.win([name for name in takers.names if name != winner])
    assert f"owner={winner}" in shown(scene)
    assert not takers.odd
    return winner


def check_in_time(scene, journal):
    """The takeover came after lease and grace, by the server's stamps and by `journal`."""
    signs, taken = stamped(scene.server, ITEM, 1), stamped(scene.server, ITEM, 2)
    assert taken[0] - signs[-1] >= LEASE + GRACE
    *earlier, (_, landed, what) = journal.landed()
    assert what.startswith("refs/heads/main")
    came, _, _ = earlier[-1]
    assert landed - came >= LEASE + GRACE
    print(f"taken over {taken[0] - signs[-1]:.2f} s after the last sign of life")


@pytest.mark.timeout(3600)
def test_of_a_living_holder_nobody_takes_over(hasty, starter, stress):
    lengths, crowd = (200, 20) if stress else (3, 3)
    left, lapses = lengths * LEASE, 0
    while left > 0:
        scene = hasty(f"alive-{lapses}")
        journal, takers = Journal(scene.server), Takers(starter, scene, ITEM, crowd)
        code, said = held_for(scene.me, takers, left)
        taken = bool(stamped(scene.server, ITEM, 2))
        signs = [came for came, *_ in journal.landed()][: -1 if taken else None]
        gaps = [two - one for one, two in pairwise(signs)]
        print(
            f"{takers.refused} tries refused in {sum(gaps):.0f} s; "
            f"{len(signs)} signs of life, at most {max(gaps, default=0):.2f} s apart"
        )
        if code == 0:
            assert "owner=CAMBER-06" in shown(scene)
            assert "epoch 1," in shown(scene)
            assert not takers.odd
            break
        # A busy machine, and late beats: then it is lawful, or it is a bug.
        assert code in {3, 4}, said
        if taken:
            check_in_time(scene, journal)
        lapses += 1
        assert lapses <= max(1, lengths // 10), "too busy, or hold does not beat"
        left -= sum(gaps)


def over(held):
    return held.process.poll() is not None


def held_for(seat, takers, seconds):
    """Hold for so long, while a few try now and then; how the hold has ended."""
    script = "until [ -e go ]; do sleep 0.5; done"
    with closing(Held(seat, script, *TERMS, ready=None)) as held:
        wait_for(lambda: (seat.folder / "ready").exists() or over(held))
        until, winners = time.monotonic() + seconds, []
        while time.monotonic() < until and not (winners or over(held)):
            winners = takers.win(DICE.sample(takers.names, DICE.randint(1, 2)))
            time.sleep(DICE.uniform(0, LEASE / 3))
        seat.write("go", "")
        return held.ended()


def test_of_a_killed_holder_one_takes_over(hasty, starter, stress, crowd):
    for number in range(5 if stress else 1):
        scene = hasty(f"killed-{number}")
        journal, takers = Journal(scene.server), Takers(starter, scene, ITEM, crowd)
        with closing(Held(scene.me, "wait", *TERMS)) as held:
            some_time()
            held.process.kill()
            taken_by(scene, takers)
            assert held.ended()[0] == -signal.SIGKILL
        check_in_time(scene, journal)
        print(f"{takers.refused} tries refused")


def test_a_stopped_holder_comes_back_too_late(hasty, starter, stress, crowd):
    for number in range(3 if stress else 1):
        scene = hasty(f"stopped-{number}")
        takers = Takers(starter, scene, ITEM, crowd)
        with GIT_DAEMON.open(scene.server) as address:
            seat = address.join(scene.me)
            script = "echo $FLEETFEED_OP > op; wait"
            options = {"start_new_session": True}
            with closing(Held(seat, script, *TERMS, **options)) as held:
                some_time()
                os.killpg(held.process.pid, signal.SIGSTOP)
                winner = taken_by(scene, takers)
                assert not any(map(alive, held.pids))
                check_fenced(seat, winner)
                os.killpg(held.process.pid, signal.SIGCONT)
                code, said = held.ended()
        assert code == 4, said
        assert winner in said
        assert f"owner={winner}" in shown(scene)


def check_fenced(seat, winner):
    """Whatever the earlier epoch writes is refused: a command, a beat, a plain push."""
    late = seat.fleetfeed("done", ITEM, "--epoch", "1", ok=False)
    assert late.returncode == 4
    assert winner in late.stderr
    op = (seat.folder / "op").read_text().strip()
    for turn in (0, 1):
        text = f"ITEM: {ITEM}\nEPOCH: 1\nOP: {op}\nBEAT: {turn}\n"
        blob = seat.git("hash-object", "-w", "--stdin", stdin=text).stdout.strip()
        beat = seat.git("push", "origin", f"+{blob}:{BEATS}", ok=None)
        assert beat.refusals == {"FF304"} or "up-to-date" in beat.said, beat
    seat.git("pull", "-q", "--ff-only")
    post = f"ITEM: {ITEM}\nSTATE: DONE\nSEAT: CAMBER-06\nEPOCH: 1\n"
    seat.write(f"feed/CMB/000/{ITEM}/0003.yaml", post)
    seat.git("add", "feed")
    seat.git("commit", "-q", "--no-verify", "-m", "late")
    assert "FF304" in seat.push("--no-verify", "HEAD:main", ok=False).stderr


_OFTEN = pytest.param(False, marks=pytest.mark.large)


@pytest.mark.parametrize("silent", [True, _OFTEN], ids=["silent", "refused"])
def test_who_is_cut_off_is_told_before_anybody_takes_over(
    hasty, starter, stress, silent
):
    for number in range(3 if stress else 1):
        scene = hasty(f"cut-{number}")
        journal, takers = Journal(scene.server), Takers(starter, scene, ITEM, 4)
        with GIT_DAEMON.open(scene.server) as address, wire(address) as laid:
            seat = laid.join(scene.me)
            with closing(Held(seat, TOLD, *TERMS)) as held:
                some_time()
                laid.sever(silent=silent)
                taken_by(scene, takers)
                code, said = held.ended()
        assert code == 3, said
        told = float((seat.folder / "told").read_text())
        (taken, *_) = stamped(scene.server, ITEM, 2)
        assert told < taken
        check_in_time(scene, journal)
        print(f"told {taken - told:.2f} s before the takeover")
