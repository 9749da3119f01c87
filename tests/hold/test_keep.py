"""`keep`: a process that beats beside whoever works, and not a second longer."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from harness import command
from harness.answers import document
from hold.held import alive, wait_for

from fleetfeed.git.process import Git
from fleetfeed.hold import serving
from fleetfeed.hold.kept import keepers
from fleetfeed.hold.serving import Process, caller, process
from fleetfeed.model.errors import CannotTell

ITEM = "CMB-0002"
"""What CAMBER-06 holds in the scene."""


@pytest.fixture
def served():
    """Whom a keeper serves: a process that can be killed."""
    child = subprocess.Popen(("sleep", "600"))
    yield child
    child.kill()
    child.wait()


@pytest.fixture
def keep(scene, served):
    """Runs `keep` for CAMBER-06: the process that keeps, when it has begun."""
    begun = set()

    def run(*words, serves=served.pid, ok=True, **options):
        words = (*words, "--parent", str(serves), "--json")
        done = scene.me.fleetfeed("keep", *words, ok=ok, **options)
        found = document(done.stdout)
        begun.update(each["pid"] for each in found.get("keepers", []))
        return found

    yield run
    for pid in begun:
        if alive(pid):
            os.kill(pid, signal.SIGKILL)


def only(found):
    (one,) = found["keepers"]
    return one


def leased(seat, lease="9s"):
    """Let the item have a short lease: its epoch then."""
    said = seat.fleetfeed("claim", ITEM, "--resume", "--lease", lease, "--json")
    return document(said.stdout)["items"][0]["epoch"]


def gone(pid):
    """Wait until a process has ended."""
    end = time.monotonic() + 30
    while alive(pid):
        assert time.monotonic() < end
        time.sleep(0.05)


def files(seat):
    return sorted(file.name for file in seat.folder.glob(".git/fleetfeed/kept-*"))


def test_it_beats_for_several_leases_and_ends_with_whom_it_serves(
    scene, keep, served, stamps
):
    epoch = leased(scene.me, "9s")
    one = only(keep(ITEM))
    assert one == {"item": ITEM, "pid": one["pid"], "serves": served.pid, "new": True}
    seen = stamps(ITEM)
    wait_for(lambda: stamps(ITEM) > seen + 12)
    assert scene.me.fleetfeed("fence", ITEM, "--epoch", str(epoch)).ok
    took = ("claim", ITEM, "--reason", "it is silent")
    assert "FF502" in scene.other.fleetfeed(*took, ok=False).stderr
    served.kill()  # SIGKILL: it can say nothing, and is a zombie for a while
    gone(one["pid"])
    assert files(scene.me) == []
    last = stamps(ITEM)
    served.wait()
    time.sleep(4)
    assert stamps(ITEM) == last


def test_a_second_one_says_that_it_is_kept(scene, keep, served):
    first = only(keep(ITEM))
    assert only(keep(ITEM)) == {**first, "new": False}
    said = scene.me.fleetfeed("keep", ITEM, "--parent", str(served.pid))
    assert said.stdout == (
        f"{ITEM}: kept already by process {first['pid']} while {served.pid} (sleep) lives\n"
    )
    linked = scene.folder / "linked"
    scene.me.git("worktree", "add", "-q", "--detach", str(linked))
    assert only(keep(ITEM, cwd=linked))["pid"] == first["pid"]


def test_one_that_was_killed_keeps_nothing(scene, keep):
    first = only(keep(ITEM))
    os.kill(first["pid"], signal.SIGKILL)
    gone(first["pid"])
    second = only(keep(ITEM))
    assert second["new"]
    assert second["pid"] != first["pid"]


def test_one_that_serves_somebody_who_is_gone_is_no_keeper(scene, keep, served):
    """It would be ended a moment later."""
    other = subprocess.Popen(("sleep", "600"))
    first = only(keep(ITEM, serves=other.pid))
    os.kill(first["pid"], signal.SIGSTOP)
    other.kill()
    other.wait()
    second = only(keep(ITEM))
    assert second["new"]
    assert not alive(first["pid"])


def test_many_that_begin_at_once_are_one(scene, served, keep):
    words = command("keep", ITEM, "--parent", str(served.pid), "--json")
    where = {"cwd": scene.me.folder, "env": scene.me.environment}
    under_way = [
        subprocess.Popen(words, stdout=subprocess.PIPE, **where) for _ in range(5)
    ]
    found = [only(document(each.communicate()[0].decode())) for each in under_way]
    assert len({each["pid"] for each in found}) == 1
    assert [each["new"] for each in found].count(True) == 1
    keep(ITEM)  # whoever has begun it, it is ended with the test


@pytest.mark.parametrize(
    "words",
    [("done", ITEM), ("release", "--mine"), ("claim", ITEM, "--resume"), ("park", ITEM),
     ("handoff", ITEM, "--to", "CAMBER-07")],
    ids=" ".join,
)  # fmt: skip
def test_it_ends_with_the_item(scene, keep, words):
    """By a command of this clone at once, and not at the next beat, in eight hours."""
    one = only(keep(ITEM))
    scene.me.fleetfeed("append", ITEM, "--state", "IN_PROGRESS", "--body", "going on")
    time.sleep(1.5)
    assert alive(one["pid"])
    scene.me.fleetfeed(*words)
    gone(one["pid"])
    assert files(scene.me) == []


def test_it_ends_where_another_has_taken_over(scene, keep):
    leased(scene.me)
    one = only(keep(ITEM))
    elsewhere = scene.seat("CAMBER-06/elsewhere")
    elsewhere.fleetfeed("handoff", ITEM, "--to", "CAMBER-07", "--seat", "CAMBER-06")
    gone(one["pid"])
    lost = scene.me.fleetfeed("keep", ITEM, "--parent", str(os.getpid()), ok=False)
    assert lost.returncode == 4
    assert "CAMBER-07" in lost.stderr


def test_a_stopped_one_gives_up_when_its_lease_is_over(scene, keep, stamps):
    """As under `hold`: who was suspended does not know whose the item is by then."""
    leased(scene.me, "8s")
    one = only(keep(ITEM))
    os.kill(one["pid"], signal.SIGSTOP)
    time.sleep(9)
    seen = stamps(ITEM)
    os.kill(one["pid"], signal.SIGCONT)
    gone(one["pid"])
    assert stamps(ITEM) == seen


def test_stop(scene, keep):
    item = scene.me.fleetfeed("claim", "--new", "CMB", "--subject", "x").stdout.split()[
        0
    ]
    pids = {each["item"]: each["pid"] for each in keep("--mine")["keepers"]}
    assert pids.keys() == {ITEM, item}
    said = scene.me.fleetfeed("keep", "--stop", item)
    assert said.stdout == f"{item}: process {pids[item]} keeps it no more\n"
    assert not alive(pids[item])
    assert alive(pids[ITEM])
    other = scene.me.fleetfeed("keep", "--stop", "--seat", "CAMBER-07")
    assert "keeps anything for CAMBER-07" in other.stderr
    assert only(document(scene.me.fleetfeed("keep", "--stop", "--json").stdout))
    assert not alive(pids[ITEM])
    assert (
        "no process of this clone keeps CMB-0002"
        in scene.me.fleetfeed("keep", "--stop", ITEM).stderr
    )
    assert files(scene.me) == []
    fenced = scene.me.fleetfeed("fence", ITEM)
    assert fenced.ok  # nothing is released


def test_its_own_group_and_session_and_no_output(scene, keep):
    """What ends a terminal, or waits for a command's output, does not touch it."""
    words = (*command("keep", ITEM, "--parent", str(os.getpid())),)
    done = subprocess.run(
        words, cwd=scene.me.folder, env=scene.me.environment, capture_output=True,
        check=True, timeout=60,
    )  # fmt: skip
    pid = only(keep(ITEM, serves=os.getpid()))["pid"]
    assert f"process {pid} ".encode() in done.stdout
    assert os.getsid(pid) == pid
    told = {str(Path(f"/proc/{pid}/fd/{number}").readlink()) for number in (0, 1, 2)}
    assert told == {"/dev/null"}
    os.kill(pid, signal.SIGTERM)
    gone(pid)


def test_a_module_of_a_work_tree_is_not_run(scene, keep):
    for name in ("fleetfeed/__init__.py", "json.py", "signal.py"):
        scene.me.write(name, "raise SystemExit('stranger')\n")
    assert only(keep(ITEM))["new"]


def test_who_is_served_is_who_has_started_the_shell(scene):
    """`sh -c`, as a tool runs a command, is gone in a moment; and so is one in it."""
    inner = f"{' '.join(command('keep', ITEM))}; true"
    script = f'import subprocess; subprocess.run(["bash", "-lc", {inner!r}])'
    agent = subprocess.Popen(
        (sys.executable, "-c", f"{script}\nimport time; time.sleep(600)"),
        cwd=scene.me.folder, env=scene.me.environment, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    folder = str(scene.me.folder / ".git")
    wait_for(lambda: list(keepers(folder)), agent)
    (found,) = keepers(folder)
    assert found.serves.pid == agent.pid
    agent.kill()
    agent.wait()
    gone(found.process.pid)


@pytest.mark.parametrize(
    ("words", "one_command"),
    [
        (["sh", "-c", "x"], True),
        (["/bin/bash", "-lc", "x"], True),
        (["-zsh", "-c", "x"], True),
        (["bash", "-o", "pipefail", "-ec", "x"], True),
        (["bash", "+O", "extglob", "--norc", "-c", "x"], True),
        (["bash"], False),
        (["bash", "deploy.sh", "-c"], False),
        (["-bash"], False),
        (["node", "-c", "x"], False),
        ([], False),
    ],
)
def test_which_shells_run_one_command(words, one_command):
    assert serving._runs_one_command(words) is one_command  # noqa: SLF001 - a table


@pytest.fixture(params=["proc", "ps"])
def by(request, monkeypatch):
    """How processes are looked at: where there is no proc(5), ps(1) is asked."""
    if request.param == "ps":
        if not shutil.which("ps"):
            pytest.skip("there is no ps(1) here")
        monkeypatch.setattr(serving, "process", serving._by_ps)  # noqa: SLF001
    return request.param


def test_another_process_of_that_number_is_not_taken_for_it(by, served):
    found = serving.process(served.pid)
    assert found is not None
    assert found.lives
    assert found.name == "sleep"
    assert not Process(found.pid, "another start").lives
    served.kill()
    wait_for(lambda: not alive(served.pid))
    assert not found.lives  # a zombie serves nobody
    served.wait()
    assert not found.lives
    assert serving.process(served.pid) is None


def test_the_caller_of_a_test_is_who_runs_it():
    found = caller()
    assert found == process(found.pid)


def test_who_cannot_sign_is_told_before_anything_is_begun(signed, served):
    seat = signed.seat("CAMBER-06")
    seat.fleetfeed("claim", "--new", "CMB", "--subject", "x")
    words = ("keep", "--mine", "--parent", str(served.pid))
    assert "kept by process" in seat.fleetfeed(*words).stdout
    seat.fleetfeed("keep", "--stop")
    seat.git("config", "user.signingKey", str(seat.folder / "no-such-key"))
    assert seat.fleetfeed(*words, ok=False).returncode == 3
    assert files(seat) == []


def test_a_remote_that_is_no_more_than_an_address_is_asked(scene, keep):
    """Nothing is fetched from there, so nothing is at hand."""
    url = scene.me.line("config", "remote.origin.url")
    scene.me.git("config", "fleetfeed.remote", url)
    one = only(keep(ITEM))
    scene.me.fleetfeed("done", ITEM)
    gone(one["pid"])


def test_where_no_beat_is_heard_nothing_is_kept_and_it_says_so(scene):
    scene.me.git("config", "remote.origin.url", "/nowhere")
    unheard = scene.me.fleetfeed("keep", "CMB-0002", ok=False)
    assert unheard.returncode == 3
    assert "is not kept; type this again before the lease ends" in unheard.stderr
    assert "no process of this clone" in scene.me.fleetfeed("keep", "--stop").stderr


def test_what_cannot_be_meant(scene, served):
    parent = ("--parent", str(served.pid))
    for words in (parent, (ITEM, "--mine"), ("--stop", "--mine"), ("--stop", *parent)):
        assert scene.me.fleetfeed("keep", *words, ok=False).returncode == 2
    served.kill()
    served.wait()
    said = scene.me.fleetfeed("keep", ITEM, *parent, ok=False)
    assert said.returncode == 2
    assert f"process {served.pid} is not there" in said.stderr


def test_the_file_of_another_process_is_told(tmp_path):
    """Somebody holds the lock, and never says who they are."""
    from fleetfeed.hold import keep as starting
    from fleetfeed.hold.kept import locked

    (tmp_path / "fleetfeed").mkdir()
    opened = locked(str(tmp_path / "fleetfeed/kept-CMB-0001.json"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(starting, "_BEGIN", 0.2)
        patch.setattr("fleetfeed.hold.kept._BEGINS", 0.1)
        me = process(os.getpid())
        orders = starting.Orders(str(tmp_path), "CMB-0001", "A", "x", 0.0, me)
        with pytest.raises(CannotTell, match="another process has"):
            starting.begin(Git(tmp_path), str(tmp_path), orders)
    os.close(opened)
