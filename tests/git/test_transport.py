"""The ways to a server are real ones: what git does over each is what it should."""

import os
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness import FREE, TAKEN, TRANSPORTS, Repo, claim, path
from harness.pushes import put
from harness.transport import FORCED_COMMAND, GIT_DAEMON, HTTP

NETWORK = (GIT_DAEMON, HTTP)
CROWD = 20


@pytest.fixture(params=TRANSPORTS, ids=str)
def address(scene, request):
    """Where the scene's server is, by each transport."""
    with request.param.open(scene.server) as address:
        yield address


def test_a_clone_a_good_push_and_a_refusal(scene, address, tmp_path):
    clone = address.clone(tmp_path / "clone")
    tip = put(clone, path("CMB-0003"), claim("CMB-0003", FREE))
    clone.push()
    assert scene.server.tip("refs/heads/main") == tip
    put(clone, path("CMB-0004"), claim("CMB-0004", TAKEN))
    refused = clone.push(ok=False)
    assert refused.refusals == {"FF401"}
    assert "FF401 COLLIDE-WITH-CMB-0001: CAMBER-07 holds" in refused.said
    assert scene.server.tip("refs/heads/main") == tip


@pytest.mark.large
def test_a_seats_origin_goes_the_same_way(scene, address):
    me = address.join(scene.me)
    assert me.line("remote", "get-url", "origin") == address.url
    put(me, path("CMB-0003"), claim("CMB-0003", FREE))
    me.push()
    assert scene.server.tip("refs/heads/main") == me.tip()


def test_a_crowd_at_once(scene, address):
    def ask(_):
        return Repo(scene.folder).git(*address.options, "ls-remote", address.url)

    with ThreadPoolExecutor(CROWD) as crowd:
        answers = {each.stdout for each in crowd.map(ask, range(CROWD))}
    assert answers == {scene.server.git("ls-remote", ".").stdout}


@pytest.mark.parametrize(
    "transport",
    [
        way if way is HTTP else pytest.param(way, marks=pytest.mark.large)
        for way in TRANSPORTS
    ],
    ids=str,
)
def test_a_large_push_and_its_fetch(scene, transport, tmp_path):
    """Above a megabyte HTTP goes in chunks, and many wants are sent compressed."""
    with transport.open(scene.server) as address:
        push_and_fetch_much(scene, address, tmp_path)


def push_and_fetch_much(scene, address, tmp_path):
    clone = address.clone(tmp_path / "clone")
    clone.write("noise", os.urandom(2 << 20))
    clone.commit("large", "--no-verify")
    for number in range(25):
        clone.git(
            "tag",
            f"v{number}",
            clone.line("commit-tree", "-m", f"{number}", "HEAD^{tree}"),
        )
    clone.git("push", "-q", "origin", "HEAD:refs/heads/large", "--tags")
    scene.me.git(*address.options, "fetch", "-q", address.url, "large", "--tags")
    assert scene.me.tip("FETCH_HEAD") == clone.tip()


def test_nothing_of_a_clients_environment_reaches_the_server(scene, tmp_path):
    hook = scene.server.folder / "hooks/pre-receive"
    hook.write_text(f"#!/bin/sh\nenv >>{tmp_path}/seen\nexit 1\n")
    client = {"GIT_AUTHOR_NAME": "stray", "FLEETFEED_SEAT": "stray"}
    for transport in (GIT_DAEMON, HTTP, FORCED_COMMAND):
        with transport.open(scene.server) as address:
            push = (*address.options, "push", address.url, "HEAD:refs/heads/x")
            scene.me.git(*push, ok=False, env=client)
    seen = (tmp_path / "seen").read_text()
    assert seen.count("GIT_QUARANTINE_PATH=") == 3
    assert "stray" not in seen
    assert "GIT_TRACE" not in seen


@pytest.mark.parametrize(
    "asked", ["sh", "git-receive-pack-x '/'", "git -c a.b=c receive-pack '/x'", ""]
)
def test_a_forced_command_runs_nothing_else(scene, asked):
    with FORCED_COMMAND.open(scene.server) as address:
        script = address.settings["core.sshCommand"]
        said = scene.me.run((script, "git@127.0.0.1", asked), ok=False).said
    assert said == "this key is for git alone\n"


def test_a_forced_command_serves_one_repository(scene):
    with FORCED_COMMAND.open(scene.server) as address:
        elsewhere = "ssh://git@127.0.0.1/elsewhere.git"
        listed = scene.me.git(*address.options, "ls-remote", elsewhere)
    assert "refs/heads/main" in listed.stdout


@pytest.mark.parametrize("transport", NETWORK, ids=str)
def test_a_server_ends_with_its_block(scene, transport):
    with transport.open(scene.server) as address:
        port = int(address.url.rpartition(":")[2].partition("/")[0])
        socket.create_connection(("127.0.0.1", port)).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


@pytest.mark.parametrize("transport", NETWORK, ids=str)
def test_what_a_server_runs_ends_with_it(scene, transport):
    """Also a hook that would wait for ever."""
    alive = scene.server.folder / "alive"
    os.mkfifo(alive)
    hook = scene.server.folder / "hooks/pre-receive"
    hook.write_text("#!/bin/sh\nexec >alive\necho started\nsleep 100\n")
    with transport.open(scene.server) as address:
        push = subprocess.Popen(
            ("git", "push", "-q", address.url, "HEAD:refs/heads/x"),
            cwd=scene.me.folder,
            env=scene.me.environment,
            stderr=subprocess.PIPE,
        )
        hooks_end = alive.open()
        assert hooks_end.readline() == "started\n"
    with hooks_end:
        # The end comes when nobody can write any more.
        assert not hooks_end.read()
    assert push.communicate(timeout=10)[1]
    assert push.returncode
