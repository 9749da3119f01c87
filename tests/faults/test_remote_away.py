"""The remote goes away: before the look, between look and push, for a while, for good."""

import socket
from contextlib import ExitStack

import pytest
from harness.transport import GIT_DAEMON, HTTP, Address

large = pytest.mark.large


def moved(bench):
    """Shell that takes the server's repository away, and that brings it back."""
    here = bench.server.folder
    return f"mv {here} {here}.away", f"mv {here}.away {here}"


@large
def test_before_the_look(bench):
    away, back = moved(bench)
    bench.git.on("fetch.1", away)
    ran = bench.run("--timeout", "2s")
    assert ran.code == 3
    assert "does not answer" in ran.err
    bench.me.run(("sh", "-c", back))
    bench.check(ran)


@large
@pytest.mark.parametrize("call", ["push.1", "commit-tree.1"])
def test_between_look_and_push_for_good(bench, call):
    away, back = moved(bench)
    bench.git.on(call, away)
    ran = bench.run("--timeout", "6s")
    bench.me.run(("sh", "-c", back))
    assert ran.code == 3
    assert "--op one-command finds its post, or writes it" in ran.err
    bench.check(ran)


def test_between_look_and_push_for_a_while(bench):
    away, back = moved(bench)
    bench.git.on("push.1", away)
    bench.git.on("fetch.3", back)
    ran = bench.run("--timeout", "20s")
    assert (ran.code, bench.landed()) == (0, 1)
    bench.check(ran)


@large
@pytest.mark.parametrize("transport", [GIT_DAEMON, HTTP], ids=str)
@pytest.mark.parametrize("call", ["fetch.1", "push.1"])
def test_the_server_is_stopped(bench, transport, call):
    gate = bench.gate()
    bench.git.on(call, gate.shell)
    with ExitStack() as stack:
        stack.enter_context(transport.open(bench.server)).join(bench.me)
        run = bench.start("--timeout", "10s")
        gate.reached()
    gate.open()
    ran = run.end()
    assert ran.code == 3
    with transport.open(bench.server) as address:
        address.join(bench.me)
        bench.check(ran)


def nobody():
    """A port of the loopback address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@large
@pytest.mark.parametrize("scheme", ["git", "http"])
def test_nobody_listens(bench, scheme):
    url = bench.me.line("remote", "get-url", "origin")
    Address(f"{scheme}://127.0.0.1:{nobody()}/x.git").join(bench.me)
    ran = bench.run("--timeout", "2s")
    assert ran.code == 3
    assert "does not answer" in ran.err
    Address(url).join(bench.me)
    bench.check(ran)


SILENT = {
    "git": lambda port: Address(f"git://127.0.0.1:{port}/x.git"),
    "http": lambda port: Address(f"http://127.0.0.1:{port}/x.git", {"http.proxy": ""}),
    "ssh": lambda _: Address(
        "ssh://git@127.0.0.1/x.git",
        {"core.sshCommand": "sleep 1000 #", "ssh.variant": "ssh"},
    ),
}


@pytest.mark.parametrize(
    "scheme",
    [pytest.param("git", marks=large), pytest.param("http", marks=large), "ssh"],
)
def test_a_server_that_never_answers(bench, scheme):
    """The deadline holds, and nothing that was started runs on."""
    url = bench.me.line("remote", "get-url", "origin")
    with socket.create_server(("127.0.0.1", 0)) as server:
        SILENT[scheme](server.getsockname()[1]).join(bench.me)
        run = bench.start("--timeout", "2s")
        ran = run.end()
        assert run.left == []
    assert ran.code == 3
    assert "ls-remote.1" not in bench.git.calls
    assert ran.seconds < 30, ran
    bench.me.git("config", "--unset", "core.sshCommand", ok=None)
    Address(url).join(bench.me)
    bench.check(ran)


@large
@pytest.mark.parametrize("call", ["push.1", "fetch.2"])
def test_a_server_that_stops_answering(bench, call):
    """It has taken the push, or been asked again, and says nothing any more."""
    if call == "fetch.2":
        bench.git.on("push.1", "exit 128")
    bench.git.on(call, "exec sleep 1000")
    run = bench.start("--timeout", "2s")
    ran = run.end()
    assert run.left == []
    assert ran.seconds < 40, ran
    bench.check(ran)
