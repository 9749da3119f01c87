"""What the doctor says of a server's queue: from a clone, and on the server."""

import shutil

import pytest
from harness import Repo, command
from harness.answers import document
from harness.rights import humble

REF = "refs/for/feed"
SETTING = "receive.procReceiveRefs"


def row(repo, *options, code=0):
    """The rows about the queue: each one's status, sentence, and what to do."""
    done = repo.fleetfeed("doctor", "--json", *options, ok=None)
    assert done.returncode == code, done.said
    checks = document(done.stdout)["checks"]
    found = [c for c in checks if c["name"] == "queue"]
    return [(c["status"], f"{c['message']} {c['mend'] or ''}") for c in found]


def on_server(server, code=0):
    return row(server, "--server", ".", code=code)


def refs(server):
    return server.git("for-each-ref").stdout


@pytest.fixture
def server(fleet):
    return Repo(fleet.server.folder, fleet.server.environment)


@pytest.fixture
def seat(fleet):
    return fleet.seat()


def test_a_queue_that_works(server, seat):
    before = refs(server)
    ((status, text),) = on_server(server)
    assert status == "ok"
    assert f"a push to {REF} of a malformed post was refused (FF102)" in text
    ((status, text),) = row(seat)
    assert status == "ok"
    assert "refused what is no commit" in text
    assert refs(server) == before


def hook(server):
    return server.folder / "hooks/proc-receive"


def unset(server):
    server.git("config", "--unset-all", SETTING)


def taken_out(server):
    hook(server).unlink()


def not_run(server):
    hook(server).chmod(0o644)


def not_announced(server):
    server.git("update-ref", "-d", "refs/fleetfeed/server")


@pytest.mark.parametrize(
    "broken", [unset, taken_out, pytest.param(not_run, marks=pytest.mark.large)]
)
def test_a_part_that_is_missing(server, seat, broken):
    broken(server)
    before = refs(server)
    ((status, text),) = on_server(server)
    assert (status, "a part of it is missing" in text) == ("warn", True)
    ((status, text),) = row(seat)
    assert (status, "does not work" in text) == ("warn", True)
    assert refs(server) == before
    server.fleetfeed("install", "--server", ".")
    assert [on_server(server)[0][0], row(seat)[0][0]] == ["ok", "ok"]


def test_a_queue_that_cannot_be_asked(server, seat):
    server.git("config", "receive.advertisePushOptions", "false")
    tried, (status, text) = on_server(server)
    assert tried[0] == "ok"
    assert (status, "advertisePushOptions is not true" in text) == ("warn", True)
    assert row(seat)[0][0] == "ok"
    server.fleetfeed("install", "--server", ".")
    assert [status for status, _ in on_server(server)] == ["ok"]


def test_a_queue_that_is_not_announced(server, seat):
    not_announced(server)
    ((status, text),) = on_server(server)
    assert (status, "its line in refs/fleetfeed/server" in text) == ("warn", True)
    ((status, text),) = row(seat)
    assert (status, "announces none" in text) == ("ok", True)


def test_a_server_that_is_to_have_none(server, seat):
    server.fleetfeed("install", "--server", ".", "--no-queue")
    ((status, text),) = on_server(server)
    assert (status, "off, as --no-queue has it" in text) == ("ok", True)
    ((status, text),) = row(seat)
    assert (status, "announces none" in text) == ("ok", True)


def test_a_server_of_an_older_version(server):
    server.fleetfeed("install", "--server", ".", "--no-queue")
    server.git("config", "--unset-all", "fleetfeed.queue")
    ((status, text),) = on_server(server)
    assert (status, "there is none" in text) == ("warn", True)
    assert "`fleetfeed install --server" in text


def test_a_server_that_can_have_none(server):
    server.fleetfeed("uninstall", "--server", ".")
    hook(server).write_text("#!/bin/sh\nexit 0\n")
    server.fleetfeed("install", "--server", ".")
    ((status, text),) = on_server(server)
    assert (status, "is not ours" in text) == ("ok", True)


def test_a_hook_that_takes_the_queues_ref_for_any_other(server, seat):
    """As that of an older version does, on a server that announces a queue."""
    hooks, ours = server.folder / "hooks", "pre-receive.ours"
    (hooks / "pre-receive").rename(hooks / ours)
    text = f"""#!/bin/sh
        given=$(cat)
        case $given in *" {REF}") exit 0 ;; esac
        printf '%s\\n' "$given" | "${{0%/*}}/{ours}"
    """
    (hooks / "pre-receive").write_text(text)
    (hooks / "pre-receive").chmod(0o755)
    unset(server)
    before = refs(server)
    ((status, said),) = row(seat)
    assert (status, "a ref there like any other" in said) == ("warn", True)
    assert refs(server) == before


def test_a_lock_that_another_account_has_left(server):
    """As root's leader does, where root has pushed to a repository that is not its own."""
    lock = server.folder / "fleetfeed/queue.lock"
    lock.parent.mkdir(exist_ok=True)
    lock.touch()
    lock.chmod(0o000)
    ours = (*humble(), *command())
    said = document(server.run((*ours, "doctor", "--server", ".", "--json")).stdout)
    (warned,) = (each for each in said["checks"] if each["status"] == "warn")
    assert warned["message"].startswith(f"{lock} is another account's")
    assert warned["mend"] == f"run `fleetfeed install --server {server.folder}` again"
    done = server.run((*ours, "install", "--server", "."))
    assert f"removed {lock}" in done.stdout
    assert {status for status, _ in on_server(server)} == {"ok"}


def test_a_ref_that_lies_there_is_told(server):
    server.git("update-ref", REF, "refs/heads/main")
    (_, (status, text)) = on_server(server)
    assert status == "warn"
    command = text.partition("`")[2].partition("`")[0]
    server.git(*command.split()[1:])
    assert len(on_server(server)) == 1


def test_a_leader_that_cannot_start(server, seat):
    shutil.rmtree(server.folder / "fleetfeed", ignore_errors=True)
    (server.folder / "fleetfeed").write_text("in the way")
    ((status, text),) = row(seat)
    assert (status, "the queue does not work here" in text) == ("warn", True)
    ((status, text),) = on_server(server)
    assert (status, "no socket can be made" in text) == ("warn", True)
