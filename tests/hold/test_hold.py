"""`hold`: a claim that lives as long as a command, and not longer."""

import contextlib
import os
import pty
import signal
import time
from pathlib import Path

import pytest
from harness import command
from hold.held import ITEM, NEW, alive, wait_for

SHORT = ("--lease", "6s")


def hold(seat, *words, flags=NEW, **options):
    return seat.fleetfeed("hold", *flags, "--", *words, **options)


def state(seat):
    return seat.fleetfeed("show", ITEM).stdout.split()[1].removeprefix("state=")


def test_the_item_is_done_with_the_command(scene):
    told = "$FLEETFEED_ITEM $FLEETFEED_EPOCH $FLEETFEED_SURFACE $FLEETFEED_SEAT"
    said = hold(scene.me, "sh", "-c", f'echo "{told} $FLEETFEED_OP"')
    *words, op = said.stdout.split()
    assert words == [ITEM, "1", "CAMBER:job:held", "CAMBER-06"]
    claim = f"main:feed/CMB/000/{ITEM}/0001.yaml"
    assert f"OP: {op}" in scene.server.git("show", claim).stdout
    assert state(scene.me) == "DONE"


def test_a_command_that_fails_parks_it(scene):
    assert hold(scene.me, "sh", "-c", "exit 7", ok=False).returncode == 7
    assert state(scene.me) == "PARKED"


def test_then_release(scene):
    hold(scene.me, "true", flags=("--then", "release", *NEW))
    assert state(scene.me) == "AWAITING_CLAIM"


def test_a_command_that_is_not_there_claims_nothing(scene):
    before = scene.server.tip("main")
    said = hold(scene.me, "./no-such-command", ok=False)
    assert said.returncode == 2
    assert "no such command" in said.stderr
    assert scene.server.tip("main") == before


def test_a_command_that_cannot_be_started_leaves_no_claim(scene):
    scene.me.write("odd", b"\x7fELF nothing").chmod(0o755)
    assert hold(scene.me, "./odd", ok=False).returncode == 2
    assert state(scene.me) == "PARKED"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_signals_are_the_commands(scene, started, number):
    script = f"trap 'exit 9' {number.name.removeprefix('SIG')}; wait"
    held = started(script)
    held.process.send_signal(number)
    assert held.ended()[0] == 9
    assert state(scene.me) == "PARKED"


def test_a_signal_ends_what_does_not_mind_it(scene, started):
    held = started("exec sleep 600")
    held.process.terminate()
    assert held.ended()[0] == 128 + signal.SIGTERM
    assert state(scene.me) == "PARKED"


def test_ctrl_c_on_a_terminal_comes_once(scene, started):
    top, terminal = pty.openpty()
    script = "trap 'echo x >> times' INT; wait; wait; exit 5"
    held = started(
        script, stdin=terminal, preexec_fn=lambda: os.login_tty(os.dup(terminal)),
        stdout=None, stderr=None,
    )  # fmt: skip
    time.sleep(0.5)  # what comes while it starts is passed on, and may come twice
    os.write(top, b"\x03")
    wait_for((scene.me.folder / "times").exists)
    held.process.send_signal(signal.SIGTERM)
    code = held.process.wait()
    assert code == 128 + signal.SIGTERM, os.read(top, 9999)
    assert (scene.me.folder / "times").read_text() == "x\n"
    assert state(scene.me) == "PARKED"
    # No group holds what the command has started; it is found and ended all the same.
    wait_for(lambda: not alive(held.pids[1]))
    os.close(top)
    os.close(terminal)


def test_on_a_terminal_nothing_outlives_a_stopped_hold(started):
    """There no group holds what the command has started: the guard finds it."""
    top, terminal = pty.openpty()
    held = started(
        "wait", "--lease", "4s", "--kill-after", "1s", stdin=terminal, stdout=None,
        stderr=None, preexec_fn=lambda: os.login_tty(os.dup(terminal)),
    )  # fmt: skip
    held.process.send_signal(signal.SIGSTOP)
    wait_for(lambda: not any(map(alive, held.pids)))
    held.process.send_signal(signal.SIGCONT)
    assert held.process.wait()
    os.close(top)
    os.close(terminal)


@pytest.mark.parametrize("reads", [b"", b"holding"])
def test_who_hears_nothing_of_it_has_its_work_done_all_the_same(scene, started, reads):
    """A terminal that is closed, or `2>&1 | head -1`: work under way is not ended."""
    heard, says = os.pipe()
    if not reads:
        os.close(heard)
    held = started(
        "while [ ! -e go ]; do sleep 0.05; done; kill $(cat child); exit 3", stderr=says
    )
    os.close(says)
    if reads:
        assert reads in os.read(heard, 999)
        os.close(heard)
    scene.me.write("go", "")
    assert held.process.wait(60) == 3
    assert state(scene.me) == "PARKED"


def test_a_signal_between_claim_and_command_leaves_no_claim(scene, started):
    """It stands there for as long as it takes to say what it holds: its pipe is full."""
    heard, says = os.pipe()
    os.set_blocking(says, False)
    with contextlib.suppress(BlockingIOError):
        while os.write(says, b"x" * 4096):
            pass
    os.set_blocking(says, True)
    held = started(ready=None, stderr=says)
    os.close(says)
    wait_for(lambda: ITEM in scene.server.git("ls-tree", "-r", "main").stdout)
    time.sleep(2)  # by then it has its answer, and has begun to say so
    held.process.terminate()
    time.sleep(0.5)
    while os.read(heard, 1 << 16):
        pass
    os.close(heard)
    assert held.process.wait(60) == 128 + signal.SIGTERM
    assert not (scene.me.folder / "ready").exists()
    assert state(scene.me) == "PARKED"


def test_a_signal_while_it_claims_leaves_no_claim(scene, started):
    hook = scene.server.folder / "hooks/post-receive"
    gate, reached = scene.folder / "gate", scene.folder / "reached"
    gate.write_text("")
    hook.write_text(
        f"#!/bin/sh\n: > '{reached}'\nwhile [ -e '{gate}' ]; do sleep 0.05; done\n"
    )
    hook.chmod(0o755)
    held = started(ready=None)
    wait_for(reached.exists, held.process)
    held.process.terminate()
    gate.unlink()
    assert held.ended()[0] == 128 + signal.SIGTERM
    assert not (scene.me.folder / "ready").exists()
    assert state(scene.me) == "PARKED"


def test_two_holds_of_one_seat(scene, started):
    held = started()
    said = hold(scene.me, "touch", "second", flags=(ITEM, "--lease", "1h"), ok=False)
    assert said.returncode == 1
    assert "your own seat" in said.stderr
    assert not (scene.me.folder / "second").exists()
    held.process.terminate()
    held.ended()


def beat_seen(scene):
    refs = scene.server.git("for-each-ref", "refs/fleetfeed/beats").stdout
    return refs.split()[0] if refs else ""


def test_beats_leave_nothing_behind(scene, started):
    held, seen = started("wait", *SHORT), set()
    wait_for(lambda: seen.add(beat_seen(scene)) or len(seen - {""}) == 2, held.process)
    assert not alive(0) and state(scene.me) == "IN_PROGRESS"  # noqa: PT018
    held.process.terminate()
    held.ended()
    assert not beat_seen(scene)
    posts = scene.server.git("ls-tree", "-r", "--name-only", "main").stdout
    assert posts.count(ITEM) == 2


def test_who_is_cut_off_stops_by_itself(scene, started):
    held = started("wait", *SHORT)
    away = scene.server.folder.rename(scene.server.folder.with_name("away.git"))
    code, said = held.ended()
    assert code == 3, said
    assert "counts as lost" in said
    away.rename(scene.server.folder)


def test_who_is_replaced_is_told(scene, started):
    held = started("trap : TERM; wait; sleep 600", *SHORT, "--kill-after", "1s")
    scene.me.fleetfeed("claim", ITEM, "--resume")
    code, said = held.ended()
    assert code == 4, said
    assert "epoch 2" in said
    assert state(scene.me) == "IN_PROGRESS"


def test_keep_going(scene, started):
    held = started("while ! [ -e go ]; do sleep 0.1; done", *SHORT, "--keep-going")
    scene.me.fleetfeed("claim", ITEM, "--resume")
    refused = scene.me.folder / ".git/refused"
    time.sleep(3)  # a beat is refused in this time; it is no matter if it is not
    assert alive(held.pids[0])
    assert not refused.exists()
    (scene.me.folder / "go").write_text("")
    assert held.ended()[0] == 4


def test_the_command_of_a_killed_hold_ends(started):
    held = started("trap : TERM; wait; sleep 600", "--kill-after", "1s")
    held.process.kill()
    assert held.ended()[0] == -signal.SIGKILL


def test_the_command_of_a_stopped_hold_ends_with_the_lease(scene, started, asks):
    held = started("wait", *SHORT)
    held.process.send_signal(signal.SIGSTOP)
    wait_for(lambda: not any(map(alive, held.pids)))
    scene.server.end_leader()  # which would have the clock of now
    asks(scene.other, 100, "claim", ITEM, "--reason", "it is silent")
    held.process.send_signal(signal.SIGCONT)
    code, said = held.ended()
    assert code == 4, said
    assert "CAMBER-07" in said


def test_the_command_of_a_hold_that_is_stopped_at_once_ends(started):
    """Whatever the command does first, the guard has known it before."""
    held = started("wait", "--lease", "3s", first="kill -STOP $PPID; ")
    wait_for(lambda: not any(map(alive, held.pids)))
    held.process.send_signal(signal.SIGCONT)
    assert held.ended()[0] in (3, 128 + signal.SIGTERM)


def test_an_end_that_is_refused_parks(scene):
    hook = scene.server.folder / "hooks/update"
    hook.write_text(
        "#!/bin/sh\ncase $(git log -1 --format=%s $3) in *DONE*) exit 1; esac\n"
    )
    hook.chmod(0o755)
    said = hold(scene.me, "true", ok=False)
    assert said.returncode == 1
    assert state(scene.me) == "PARKED"


def test_a_command_that_ends_its_claim_itself(scene):
    done = " ".join(map(str, command("done", ITEM)))
    said = hold(scene.me, "sh", "-c", done)
    assert "DONE already" in said.stderr
    assert state(scene.me) == "DONE"


def test_fence(scene):
    script = " ".join(map(str, command("fence", ITEM, "--epoch", "1")))
    assert hold(scene.me, "sh", "-c", script).stdout == (
        f"{ITEM} is held by CAMBER-06 at epoch 1\n"
    )
    later = scene.me.fleetfeed("fence", ITEM, "--epoch", "1", ok=False)
    assert later.returncode == 4
    scene.server.folder.rename(scene.server.folder.with_name("away.git"))
    assert scene.me.fleetfeed("fence", ITEM, "--epoch", "1", ok=False).returncode == 3


def test_what_a_crash_left_is_cleared_by_the_next(scene, started):
    held = started("wait", *SHORT)
    wait_for(lambda: beat_seen(scene), held.process)
    held.process.kill()
    held.ended()
    scene.me.fleetfeed("done", ITEM)
    assert beat_seen(scene)
    other = ("--new", "CMB", "--subject", "other", "--seat", "CAMBER-06")
    hold(scene.me, "true", flags=other)
    assert not beat_seen(scene)


STUBBORN = "trap '' TERM; while :; do sleep 0.1; done"


def guards(held):
    """The guards of a hold: its children that are neither its command nor a git."""
    pid = held.process.pid
    below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    lines = {int(child): Path(f"/proc/{child}/cmdline").read_bytes() for child in below}
    return [child for child, line in lines.items() if b"guard.py" in line]


def test_a_guard_that_was_killed_is_put_back(started):
    held = started(STUBBORN, "--kill-after", "1s")
    (first,) = guards(held)
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: any(pid != first for pid in guards(held)), held.process)
    held.process.kill()
    assert held.ended()[0] == -signal.SIGKILL


def test_without_hold_and_guard_a_command_is_told(started):
    """Who ignores that works on, which docs/leases.md says."""
    held = started("exec sleep 600")
    (guard,) = guards(held)
    os.kill(guard, signal.SIGKILL)
    held.process.kill()
    held.process.wait()
    wait_for(lambda: not alive(held.pids[0]))
    os.kill(held.pids[1], signal.SIGKILL)


def test_who_wakes_too_late_gives_no_time(scene, started):
    """Both were stopped, as by a suspend: nobody could end the command in time."""
    noting = "trap 'echo told >> told' TERM; while :; do sleep 0.1; echo >> told; done"
    held = started(noting, "--lease", "4s", "--kill-after", "2s")
    stopped = (held.process.pid, *guards(held))
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(6)  # The lease, and more than the two seconds behind it.
    assert all(map(alive, held.pids))
    for pid in stopped:
        os.kill(pid, signal.SIGCONT)
    wait_for(lambda: not alive(held.pids[0]))
    held.ended()
    told = (scene.me.folder / "told").read_text().partition("told\n")[2]
    # In two seconds it would have written twenty lines.
    assert len(told) < 10


def test_a_short_lease_can_be_held(scene):
    """A busy machine may lose one: then the next is tried."""
    for number in range(5):
        new = ("--new", "H", "--subject", f"work {number}", "--lease", "3s")
        said = hold(scene.me, "sleep", "4", flags=new, ok=None)
        if said.ok:
            break
        assert "counts as lost" in said.stderr
    assert "DONE" in said.stderr


def test_a_lease_that_leaves_no_time_is_none(scene):
    before = scene.server.tip("main")
    said = hold(scene.me, "true", flags=("--lease", "1s", *NEW), ok=False)
    assert said.returncode == 2
    assert "a lease of 1 s is too short" in said.stderr
    assert "give --lease 2s" in said.stderr
    assert scene.server.tip("main") == before


@pytest.mark.parametrize(
    ("grace", "flags", "told"),
    [
        ("1s", (), "the command has 0.5 s to end after a loss"),
        pytest.param("1s", (), "`grace: 20s`", marks=pytest.mark.large),
        pytest.param(
            "3s",
            ("--kill-after", "2s"),
            "has 1.5 s to end after a loss",
            marks=pytest.mark.large,
        ),
        ("3s", ("--kill-after", "2s"), "`grace: 4s`"),
        ("2s", (), ""),
        pytest.param("4s", ("--kill-after", "2s"), "", marks=pytest.mark.large),
        ("1s", ("--keep-going",), ""),
    ],
)
def test_a_grace_without_room_is_told(scene, grace, flags, told):
    scene.me.write("feed/policy.yaml", f"leases: {{grace: {grace}}}\n")
    scene.me.commit("a short grace")
    scene.me.push()
    said = hold(scene.me, "true", flags=(*flags, *NEW)).stderr
    assert told in said
    assert ("to end after a loss" in said) is bool(told)


def test_it_counts_on_the_lease_of_its_seats_pool(scene):
    policy = (scene.me.folder / "feed/policy.yaml").read_text()
    pools = "pools: {quick: [CAMBER-06]}\nleases: {pools: {quick: 90s}}\n"
    kept = [
        line
        for line in policy.splitlines(keepends=True)
        if line[:5] not in ("pools", "lease")
    ]
    scene.me.write("feed/policy.yaml", "".join(kept) + pools)
    scene.me.commit("a pool's lease", "--no-verify")
    scene.me.push("HEAD:refs/heads/main", "--no-verify")
    hold(scene.me, "true", flags=NEW)
    first = scene.server.holds("feed/CMB/000/CMB-0003/0001.yaml", "main")
    assert "LEASE: 90s" in first
