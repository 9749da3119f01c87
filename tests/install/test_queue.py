"""The queue of a server's repository: put in, taken out, and where there can be none."""

import contextlib
import os
import shutil
import socket
import stat
import subprocess
import sys
import time

import pytest
from harness import Repo

from fleetfeed.git.process import Git
from fleetfeed.install.queue import no_socket
from fleetfeed.install.server import install_server, uninstall_server
from fleetfeed.model.server import QUEUE_REF, SERVER_REF, read_announcement
from fleetfeed.queue.follower import FOLDER

SETTING = "receive.procReceiveRefs"
OPTIONS = "receive.advertisePushOptions"
ALONE = "#!/bin/sh\nexit 0\n"


def install(server, fake, **options):
    return install_server(Git(server.folder), python=fake.path, **options)


def hook(server):
    return server.folder / "hooks/proc-receive"


def named(server):
    """Every value of git's setting."""
    return server.git("config", "--get-all", SETTING, ok=None).stdout.split()


def announced(server):
    said = server.git("cat-file", "blob", SERVER_REF).stdout
    return read_announcement(said.encode()).queue


def queues(server):
    """Whether there is one: the hook, git's setting and the announcement agree."""
    parts = {
        hook(server).exists(),
        named(server) == [QUEUE_REF],
        bool(announced(server)),
        server.git("config", "--get", OPTIONS, ok=None).stdout.strip() == "true",
    }
    assert len(parts) == 1
    return parts.pop()


def but_objects(files):
    return {name: file for name, file in files.items() if "objects" not in name}


def test_a_server_gets_a_queue(bare, fake, snapshot):
    before = snapshot(bare.folder)
    steps = install(bare, fake).steps
    assert queues(bare)
    assert announced(bare) == QUEUE_REF
    assert os.access(hook(bare), os.X_OK)
    assert ("set", QUEUE_REF) in [
        (s.action, s.detail) for s in steps if s.what == SETTING
    ]
    uninstall_server(Git(bare.folder))
    assert but_objects(snapshot(bare.folder)) == but_objects(before)


def test_an_older_server_gets_one_too(bare, fake):
    install(bare, fake, queued=False)
    bare.git("config", "--unset-all", "fleetfeed.queue")
    bare.git("config", "--unset-all", "fleetfeed.addedQueue")
    install(bare, fake)
    assert queues(bare)


def test_no_queue_is_remembered(bare, fake, snapshot):
    before = snapshot(bare.folder)
    for wanted, there in ((None, 1), (False, 0), (None, 0), (True, 1), (None, 1)):
        assert not install(bare, fake, queued=wanted).warnings
        assert queues(bare) is bool(there)
    install(bare, fake, queued=False)
    uninstall_server(Git(bare.folder))
    assert but_objects(snapshot(bare.folder)) == but_objects(before)


@pytest.mark.parametrize("theirs", [["refs/for"], ["refs/changes", QUEUE_REF]])
def test_what_git_was_told_before_stays(bare, fake, snapshot, theirs):
    for value in theirs:
        bare.git("config", "--add", SETTING, value)
    bare.git("config", "--add", OPTIONS, "false")
    before = snapshot(bare.folder)
    install(bare, fake)
    assert sorted(named(bare)) == sorted({*theirs, QUEUE_REF})
    install(bare, fake, queued=False)
    assert named(bare) == theirs
    install(bare, fake, queued=True)
    uninstall_server(Git(bare.folder))
    assert but_objects(snapshot(bare.folder)) == but_objects(before)


def test_the_files_of_a_queue_go_with_it(bare, fake):
    for take_out in (uninstall_server, lambda git: install_server(git, queued=False)):
        install(bare, fake, queued=True)
        folder = bare.folder / FOLDER
        folder.mkdir(exist_ok=True)
        for name in ("queue.sock", "queue.lock"):
            (folder / name).touch()
        (folder / "mine").touch()
        take_out(Git(bare.folder))
        assert [file.name for file in folder.iterdir()] == ["mine"]


# A leader that nothing but the loss of its socket ends.
LEADER = """
import fcntl, os, socket
from fleetfeed.queue import leader
own = socket.socket(socket.AF_UNIX)
own.bind("queue.sock")
own.listen()
handed = (os.open("queue.lock", os.O_RDWR | os.O_CREAT), own.detach())
lock, listening = [fcntl.fcntl(fd, fcntl.F_DUPFD, 10) for fd in handed]
os.dup2(lock, leader.LOCK)
os.dup2(listening, leader.LISTENING)
leader.LINGER = leader.LIFETIME = 1e9
leader.lead()
"""


def test_a_leader_ends_with_its_socket(bare):
    with subprocess.Popen((sys.executable, "-P", "-c", LEADER), cwd=bare.folder) as led:
        connected = socket.socket(socket.AF_UNIX)
        for _ in range(6000):
            with contextlib.suppress(OSError), contextlib.chdir(bare.folder):
                connected.connect("queue.sock")
                break
            time.sleep(0.01)
        connected.close()
        (bare.folder / "queue.sock").unlink()
        assert led.wait(60) == 0


def test_a_group_may_use_it(tmp_path, fake):
    server = Repo.init(tmp_path / "group.git", "--bare", "--shared=group")
    install(server, fake)
    assert queues(server)
    assert stat.S_IMODE(hook(server).stat().st_mode) & 0o055 == 0o055


@pytest.mark.parametrize("shared", [False, True])
def test_what_a_queue_writes_has_the_rights_of_a_push(fleet, shared):
    server = fleet.server
    if shared:
        server.git("config", "core.sharedRepository", "group")
        # As for whoever shares a repository that is there: what is in it, too.
        for there in ("objects", FOLDER):
            (server.folder / there).chmod(0o2775)
    before = set(server.folder.rglob("*"))
    seats = [fleet.seat(name) for name in ("CAMBER-06", "CAMBER-07")]
    for seat in seats:
        seat.fleetfeed("note", "--body", "x")
    own = server.folder / FOLDER
    made = {file for file in server.folder.rglob("*") if file.is_file()} - before
    kept = [file for file in made if own not in file.parents]
    assert len(kept) > 8
    read = stat.S_IRGRP if shared else stat.S_IROTH
    assert not [file for file in kept if not file.stat().st_mode & read]
    assert own.stat().st_mode == (server.folder / "objects").stat().st_mode
    assert bool((own / "queue.sock").stat().st_mode & stat.S_IWGRP) is shared
    server.fleetfeed("uninstall", "--server", ".")
    assert not own.exists()
    assert not (server.folder / "refs/fleetfeed").exists()


# Where there can be none.


def foreign(server, script):
    script(hook(server), ALONE)


def gitlab(server, _script):
    (server.folder / "custom_hooks").mkdir()


def gitea(server, script):
    script(server.folder / "hooks/pre-receive.d/gitea", ALONE)


def elsewhere(server, _script):
    hooks = server.folder.parent / "hooks of all"
    hooks.mkdir()
    server.git("config", "core.hooksPath", str(hooks))


def linked(server, _script):
    hooks = server.folder.parent / "hooks of all"
    shutil.rmtree(server.folder / "hooks", ignore_errors=True)
    hooks.mkdir()
    (server.folder / "hooks").symlink_to(hooks)


def checked_out(server, _script):
    tree = server.git("hash-object", "-t", "tree", "-w", "--stdin").stdout.strip()
    server.git(
        "update-ref", "refs/heads/main", server.line("commit-tree", "-m", "x", tree)
    )
    server.git("worktree", "add", "-q", str(server.folder.parent / "side"), "main")


def no_room(server, _script):
    (server.folder / FOLDER).write_text("a file in the folder's place")


WAYS = {
    foreign: "is not ours",
    gitlab: "of its own",
    gitea: "of its own",
    elsewhere: "serve other repositories",
    linked: "serve other repositories",
    checked_out: "is checked out in",
    no_room: "no socket can be made",
}


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_what_is_in_the_way_of_a_queue(bare, fake, script, snapshot, way):
    way(bare, script)
    before = snapshot(bare.folder)
    report = install(bare, fake)
    assert WAYS[way] in report.warnings[-1]
    assert "`queue: inbox`" in report.warnings[-1]
    assert not announced(bare)
    assert named(bare) == []
    install(bare, fake, queued=True)
    uninstall_server(Git(bare.folder))
    assert but_objects(snapshot(bare.folder)) == but_objects(before)


def test_a_repository_with_a_work_tree_has_none(repo, fake):
    assert "work tree" in install(repo, fake).warnings[-1]
    assert not (repo.folder / ".git/hooks/proc-receive").exists()


def test_a_queue_goes_where_another_hook_came(bare, fake, script):
    install(bare, fake)
    foreign(bare, script)
    assert "is not ours" in install(bare, fake).warnings[-1]
    assert (announced(bare), named(bare)) == ("", [])
    assert hook(bare).read_text() == ALONE


def test_a_git_that_is_too_old(bare, fake, monkeypatch, script, tmp_path):
    real = shutil.which("git")
    text = f'#!/bin/sh\ncase "$*" in *version) echo git version 2.28.1 ;; *) exec {real} "$@" ;; esac\n'
    script(tmp_path / "older/git", text)
    monkeypatch.setenv("PATH", f"{tmp_path / 'older'}:{os.environ['PATH']}")
    assert (
        "git version 2.28.1 knows no proc-receive" in install(bare, fake).warnings[-1]
    )
    assert not queues(bare)


def test_a_long_path_is_no_matter(tmp_path):
    folder = tmp_path / ("deep" * 30) / "server.git"
    folder.mkdir(parents=True)
    assert no_socket(folder) == ""
    assert list(folder.iterdir()) == []
