"""The queue finds no room, no folder, a lock or a hook that hangs, or is overtaken."""

import os
import shutil
import signal
import subprocess

import pytest
from faults.queue_bench import end, until

large = pytest.mark.large
MAIN = "refs/heads/main"


def none_landed(bench):
    return not any(map(bench.has, bench.commits.values()))


# -- what is in the way of a leader


def a_file_for_the_folder(at):
    shutil.rmtree(at, ignore_errors=True)
    at.write_text("")


def a_folder_for(name):
    def put(at):
        (at / name / "x").mkdir(parents=True)

    return put


IN_THE_WAY = {
    "a-file": a_file_for_the_folder,
    "a-folder-for-the-lock": a_folder_for("queue.lock"),
    "a-folder-for-the-socket": a_folder_for("queue.sock"),
}


@pytest.mark.parametrize("what", IN_THE_WAY)
def test_a_folder_that_is_of_no_use(queue_bench, what):
    """Nobody has judged: it is said so, and the feed ref itself can still be pushed."""
    at = queue_bench.server.folder / "fleetfeed"
    IN_THE_WAY[what](at)
    pushes = queue_bench.all()
    assert all(push.away for push in pushes), pushes
    assert none_landed(queue_bench)
    direct = queue_bench.start(pushes[0].commit, MAIN).end()
    assert not direct.process.returncode, direct
    (shutil.rmtree if at.is_dir() else os.unlink)(at)
    queue_bench.check([])


@large
def test_a_folder_that_may_not_be_written(queue_bench):
    """Root may write everywhere, unless it gives that up."""
    under = ("setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override")
    if os.geteuid() == 0 and not shutil.which("setpriv"):
        pytest.skip("root may write everywhere, and there is no setpriv")
    at = queue_bench.server.folder / "fleetfeed"
    at.mkdir(exist_ok=True)
    at.chmod(0o555)
    words = under if os.geteuid() == 0 else ()
    pushes = [
        queue_bench.start(commit, under=words).end() for commit in queue_bench.commits
    ]
    at.chmod(0o755)
    assert all(push.away for push in pushes), pushes
    queue_bench.check(pushes)


STALE = {
    "a-socket-of-nobody": "import socket; socket.socket(1).bind('queue.sock')",
    "a-file-for-the-socket": "open('queue.sock', 'w')",
    "a-lock-of-nobody": "open('queue.lock', 'w')",
}


@pytest.mark.parametrize("what", STALE)
def test_what_a_dead_leader_has_left(queue_bench, what):
    at = queue_bench.server.folder / "fleetfeed"
    at.mkdir(exist_ok=True)
    subprocess.run(("python3", "-c", STALE[what]), cwd=at, check=True)
    pushes = queue_bench.all()
    assert all(push.landed for push in pushes), pushes
    queue_bench.check(pushes)


def test_one_leads_however_many_come_at_once(queue_bench):
    pushes = queue_bench.all()
    assert len(queue_bench.leaders()) == 1
    assert all(push.landed for push in pushes)
    queue_bench.check(pushes)


# -- no room


@pytest.fixture
def small_disk(tmp_path):
    """Puts a folder of the server on a disk of its own; one mebibyte, or so."""
    if os.geteuid() or not shutil.which("mount"):
        pytest.skip("only root can mount a small disk")
    mounted = []

    def put(folder, *options):
        kept = folder.rename(tmp_path / f"kept-{len(mounted)}")
        folder.mkdir()
        how = ",".join(("size=1m", *options))
        mount = ("mount", "-t", "tmpfs", "-o", how, "tmpfs", str(folder))
        if subprocess.run(mount, capture_output=True, check=False).returncode:
            pytest.skip("no disk can be mounted here")
        mounted.append(folder)
        shutil.copytree(kept, folder, dirs_exist_ok=True)
        return folder / "ballast"

    yield put
    for folder in mounted:
        subprocess.run(("umount", "-l", str(folder)), check=True)


FILL = "cat /dev/zero >{} 2>/dev/null"


@pytest.mark.parametrize(
    "call", ["unpack-objects.1", *(pytest.param(c, marks=large) for c in ("call.1",))]
)
def test_no_room_for_what_the_leader_writes(queue_bench, small_disk, call):
    """What was pushed is there already, and its merge cannot be written."""
    ballast = small_disk(queue_bench.server.folder / "objects")
    queue_bench.git.on(call, FILL.format(ballast))
    pushes = queue_bench.all()
    ballast.unlink()
    queue_bench.git.clear()
    queue_bench.check(pushes)


@large
def test_no_room_for_the_refs(queue_bench, small_disk):
    ballast = small_disk(queue_bench.server.folder / "refs")
    queue_bench.git.on("update-ref.1", FILL.format(ballast))
    pushes = queue_bench.all()
    ballast.unlink()
    queue_bench.git.clear()
    queue_bench.check(pushes)


def test_no_room_for_the_socket(queue_bench, small_disk):
    at = queue_bench.server.folder / "fleetfeed"
    at.mkdir(exist_ok=True)
    small_disk(at, "nr_inodes=4")
    for number in range(9):
        try:
            (at / f"{number}").touch()
        except OSError:
            break
    pushes = queue_bench.all()
    assert all(push.away for push in pushes), pushes
    assert none_landed(queue_bench)
    for left in at.glob("[0-9]"):
        left.unlink()
    queue_bench.check(pushes)


# -- somebody hangs, or has a lock


def test_a_lock_on_the_feed_ref(queue_bench):
    lock = queue_bench.server.folder / f"{MAIN}.lock"
    lock.touch()
    pushes = queue_bench.all()
    lock.unlink()
    assert all(push.away for push in pushes), pushes
    assert "cannot be moved now" in pushes[0].said
    queue_bench.check(pushes)


def test_a_leader_that_is_stopped_and_goes_on(queue_bench):
    """Nobody is answered meanwhile; whoever has gone is not landed behind his back."""
    first, *others = queue_bench.commits
    queue_bench.start(first).end()
    (leader,) = queue_bench.leaders()
    end(leader, signal.SIGSTOP)
    pushes = [queue_bench.start(commit) for commit in others]
    until(lambda: len(queue_bench.followers()) == len(others))
    gone = pushes.pop()
    end(gone.process.pid, signal.SIGKILL)
    end(leader, signal.SIGCONT)
    queue_bench.check([push.end() for push in (*pushes, gone)])


def test_a_hook_of_the_repository_that_hangs(queue_bench):
    """post-receive is told of the feed ref by the leader, for which nobody waits."""
    gate = queue_bench.gate("no.call")
    queue_bench.hook("post-receive", f"grep -q {MAIN} || exit 0\n{gate.shell}")
    pushes = queue_bench.all()
    gate.reached()
    assert all(push.landed for push in pushes), pushes
    (leader,) = queue_bench.leaders()
    queue_bench.check(pushes)
    gate.open()
    assert queue_bench.leaders() == [leader]


def test_what_moved_while_a_hook_ran_it_is_told_as_soon_as_it_ends(queue_bench):
    """Nobody else has to push for that, nor has the leader to end."""
    gate = queue_bench.gate("no.call")
    told = queue_bench.folder / "told"
    queue_bench.hook("post-receive", f"grep {MAIN} >> {told} || exit 0\n{gate.shell}")
    first, *others = queue_bench.commits
    queue_bench.start(first).end()
    gate.reached()
    for each in others:
        queue_bench.start(each).end()
    (leader,) = queue_bench.leaders()
    gate.open()
    tip = queue_bench.server.tip(MAIN)
    until(lambda: tip in told.read_text() or queue_bench.leaders() != [leader])
    assert queue_bench.leaders() == [leader]
    assert len(told.read_text().splitlines()) == 2


@large
def test_a_hook_that_outlives_its_leader_holds_nobody_up(queue_bench):
    gate = queue_bench.gate("no.call")
    queue_bench.hook("post-receive", f"grep -q {MAIN} || exit 0\n{gate.shell}")
    first, *_ = queue_bench.commits
    queue_bench.start(first).end()
    socket = queue_bench.server.folder / "fleetfeed/queue.sock"
    socket.unlink()  # by which it ends, and waits for the hook
    queue_bench.check(queue_bench.all())


def test_a_hook_that_the_repository_asks_before(queue_bench):
    """`update` is asked of the feed ref before a push gets to the queue."""
    queue_bench.hook("update", f'[ "$1" != {MAIN} ] || {{ echo no >&2; exit 1; }}')
    pushes = queue_bench.all()
    assert all(push.process.returncode for push in pushes)
    assert none_landed(queue_bench)
    (queue_bench.server.folder / "hooks/update").unlink()
    queue_bench.check([])


# -- somebody is faster


@pytest.mark.parametrize(
    "call", ["update-ref.1", *(pytest.param(f"call.{n}", marks=large) for n in (2, 3))]
)
def test_a_direct_push_in_between(queue_bench, call):
    first, *others = queue_bench.commits
    gate = queue_bench.gate(call)
    pushes = [queue_bench.start(commit) for commit in others]
    gate.reached()
    direct = queue_bench.start(first, MAIN).end()
    assert not direct.process.returncode, direct
    gate.open()
    assert all(push.end().landed for push in pushes), pushes
    queue_bench.check(pushes)


@pytest.mark.parametrize(
    "call",
    ["update-ref.1", *(pytest.param(f"call.{n}", marks=large) for n in range(1, 7))],
)
def test_a_gc_in_between(queue_bench, call):
    """It may take away what waits; then nobody is told that it has landed."""
    gate, pushes = queue_bench.at_gate(call)
    queue_bench.server.git("gc", "-q", "--prune=now")
    gate.open()
    queue_bench.check([push.end() for push in pushes])
