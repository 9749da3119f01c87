"""What a fleet does all day, on servers that others run: claim, lose, hold, take over."""

import math
import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

from harness import claim, path
from servers.fleet_there import new
from servers.hold_there import Hold
from servers.host import SEATS, connections_written

ONE, OTHER, HOLDER = SEATS
# What the table in docs/servers.md has rows for.
POSTS = "`claim`, `done` and whatever else posts, when it lands"
MERGED = "the same, where others have posted since the clone fetched last"
HELD = "`claim` of an item that somebody holds"
TAKEN = "`claim --new` of a surface that somebody holds"
FIRST = "the first command that writes, in a clone that has not joined, besides"
JOIN = "`join`"
ALIVE = "`claim --reason` while the holder is alive"
HOLD = "`hold`, the claim and its end, whatever it beats"
NETWORK = re.compile(r" (push|fetch|ls-remote) ")
BEAT = re.compile(r"[0-9a-f]{40}:refs/fleetfeed/beats/")
SILENCES = (signal.SIGKILL, signal.SIGSTOP)
SILENT = ("--reason", "it is silent")


def test_the_server_guards(there):
    said = there.host.fleetfeed("doctor", "--server", there.host.folder)
    assert "a push of a malformed post was refused" in said


def test_a_server_that_lost_its_hook_is_no_yes(web):
    """It takes the post; that nobody judged it is seen at what did not come back."""
    web.begin()
    hook, away = (web.host.folder / f"hooks/{each}" for each in ("pre-receive", "x"))
    web.host.account.run("mv", hook, away)
    said, _ = web.plays(ONE, "claim", *new("unguarded"), ok=None)
    web.host.account.run("mv", away, hook)
    assert said.returncode == 3, said
    assert "is not the fleet's server" in said.stderr
    web.plays(ONE, "claim", *new("guarded"))


def test_the_main_life(everywhere, tmp_path, stress):
    """Most of it is waiting, so it is played on all servers at once."""
    size = ("10s", 60, SILENCES) if stress else ("8s", 10, SILENCES[:1])
    with ThreadPoolExecutor() as pool:
        lives = [pool.submit(_life, there, tmp_path, *size) for there in everywhere]
    for life in lives:
        assert life.result() == connections_written()


def _life(there, folder, lease, seconds, silences):
    """How many connections each step has made. `kept` is held for so many `seconds`."""
    there.begin()
    here = folder / there.host.name
    here.mkdir()
    joined, join = there.plays(HOLDER, "join", "--seat", HOLDER)
    assert "enforcement is on" in joined.stdout
    made, holder = {JOIN: join}, there.seat(HOLDER)
    before = there.host.connections(HOLDER)
    with ExitStack() as under_way:

        def hold(seat, surface, lease):
            held = Hold(seat, surface, here, "--lease", lease)
            return under_way.enter_context(closing(held))

        silent = [hold(there.seat(ONE), number.name, "6s") for number in silences]
        for each, number in zip(silent, silences, strict=True):
            each.process.send_signal(number)
        kept = hold(holder, "kept", lease)
        until = time.monotonic() + seconds
        made |= _one_of_two_wins(there)
        early, made[ALIVE] = there.plays(ONE, "claim", kept.item, *SILENT, ok=False)
        assert "FF502" in early.stderr
        for each in silent:
            made |= _who_is_silent_is_replaced(there, each)
        _is_kept_by_beats_alone(there, kept, until)
        return made | _what_it_made(kept, there.host.connections(HOLDER) - before)


def _one_of_two_wins(there):
    made = {}
    won, made[MERGED] = there.plays(ONE, "claim", *new("main"))
    item = won.stdout.split()[0]
    _, first = there.plays(OTHER, "claim", item, ok=False)
    again, made[HELD] = there.plays(OTHER, "claim", item, ok=False)
    assert again.returncode == 1
    assert f"by {ONE}" in again.stderr
    made[FIRST] = first - made[HELD]
    lost, made[TAKEN] = there.plays(OTHER, "claim", *new("main:part"), ok=False)
    assert lost.returncode == 1
    assert f"COLLIDE-WITH-{item}: {ONE} holds" in lost.stderr
    _a_push_past_the_clients_hooks_is_refused(there)
    _, made[POSTS] = there.plays(ONE, "done", item)
    assert there.posts(item) == 2
    return made


def _a_push_past_the_clients_hooks_is_refused(there):
    seat = there.seat(OTHER)
    seat.git("pull", "-q", "--ff-only")
    item = "CMB-0009"
    seat.write(path(item), claim(item, "CAMBER:job:main:part", seat=OTHER))
    seat.commit("a second holder", "--no-verify")
    around = "--receive-pack=git -c core.hooksPath=/dev/null receive-pack"
    push = ("push", "--no-verify", "origin", "HEAD")
    seat.git(*push, around, ok=False)
    said = seat.git(*push, ok=False)
    assert "remote: " in said.stderr
    assert "FF401 COLLIDE-WITH-" in said.stderr
    assert there.posts(item) == 0


def _who_is_silent_is_replaced(there, hold):
    """Killed or stopped: a stopped one goes on afterwards, and is told."""
    there.plays(OTHER, "claim", hold.item, "--watch", *SILENT)
    made = {}
    for verb in ("fence", "renew", "done"):
        said, made["`fence`"] = there.plays(
            ONE, verb, hold.item, "--epoch", "1", ok=False
        )
        assert said.returncode == 4, said
        assert OTHER in said.stderr
    hold.process.send_signal(signal.SIGCONT)
    code, told = hold.ended()
    assert (code, OTHER in told) in ((-signal.SIGKILL, False), (4, True)), told
    return made


def _is_kept_by_beats_alone(there, kept, until):
    while time.monotonic() < until:
        assert kept.process.poll() is None, kept.ended()
        time.sleep(0.1)
    assert there.posts(kept.item) == 1
    kept.process.terminate()
    assert kept.ended()[0] == 128 + signal.SIGTERM
    assert there.posts(kept.item) == 2
    # Who may delete no ref leaves one; the next `install --server` clears it away.
    there.host.fleetfeed("install", "--server", there.host.folder)
    assert kept.item not in there.host.git("for-each-ref", "refs/fleetfeed/beats")


def _what_it_made(kept, connections):
    """A connection for each beat, and those of the claim and its end."""
    calls = [call for call in kept.calls() if NETWORK.search(call)]
    beats = sum(BEAT.search(call) is not None for call in calls)
    assert beats > 1
    others = len(calls) - beats
    # The command's end cuts off a beat that has not yet connected.
    return {HOLD: others, "a beat": math.ceil((connections - others) / beats)}
