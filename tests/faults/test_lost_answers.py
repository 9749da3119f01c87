"""The remote takes the post, and the writer is told something else, or nothing."""

from io import BufferedReader

import pytest
from harness.serving import GitHttp, listening
from harness.transport import TRANSPORTS, Address

large = pytest.mark.large

# How a push ends, its work done; the rest of the table is in test_every_call.
ENDINGS = {
    "a row that breaks off": '"$real" "$@" | head -c 60; exit 1',
    "a row without its flag": '"$real" "$@" | cut -c 2-; exit 0',
    "another ref's row": r'"$real" "$@" >/dev/null; printf "\t:refs/tags/x\tx\n"; exit 1',
    "the wrong reason": (
        '"$real" "$@" >/dev/null; '
        r'printf "!\tx:refs/heads/main\t[remote failure] (no status)\n"; exit 1'
    ),
    "an error and a code": '"$real" "$@" >/dev/null 2>&1; echo fatal: no >&2; exit 128',
}


@large
@pytest.mark.parametrize("said", ENDINGS)
def test_what_git_says(bench, said):
    bench.git.on("push.1", ENDINGS[said])
    ran = bench.run()
    assert (ran.code, bench.landed()) == (0, 1)
    bench.check(ran)


@pytest.mark.parametrize(
    ("push", "then"),
    [
        # It landed, and which commit that was cannot be asked.
        ('"$real" "$@" >/dev/null; exit 128', "log.1"),
        # It did not, and there is no room for another try.
        pytest.param("exit 128", "commit-tree.2", marks=large),
        pytest.param("exit 128", "for-each-ref.2", marks=large),
    ],
)
def test_a_lost_answer_and_then_something_else(bench, push, then):
    """Whatever comes after it, the doubt is said, and how to be rid of it."""
    bench.git.on("push.1", push)
    bench.git.on(then, "echo fatal: no >&2; exit 128")
    ran = bench.run()
    assert ran.code == 3 or then == "for-each-ref.2"
    assert ran.code == 0 or "--op one-command finds its post" in ran.err
    bench.check(ran)


@large
def test_every_push_ends_like_that(bench):
    """Nothing ever lands, and nothing is ever said: three tries, and no answer."""
    bench.git.on("push.each", "exit 128")
    ran = bench.run()
    assert (ran.code, bench.landed()) == (3, 0)
    assert "--op one-command finds its post, or writes it" in ran.err
    assert bench.git.calls.count("push.3") == 1
    assert "push.4" not in bench.git.calls
    bench.check(ran)


@pytest.mark.parametrize(
    "transport", [pytest.param(t, marks=large) for t in TRANSPORTS], ids=str
)
def test_the_servers_program_dies(bench, transport):
    """The ref has moved; receive-pack is killed before it says so."""
    bench.hook("reference-transaction", '[ "$1" != committed ] || kill -KILL $PPID')
    with transport.open(bench.server) as address:
        address.join(bench.me)
        ran = bench.run()
        bench.alone()
        bench.unhook("reference-transaction")
        assert (ran.code, bench.landed()) == (0, 1)
        bench.check(ran)


class Cut(GitHttp):
    """HTTP whose answer to the first push breaks off after `keep` bytes."""

    keep = 0
    pushes = 0

    def _relay(self, answer: BufferedReader) -> None:
        push = self.command == "POST" and self.path.endswith("git-receive-pack")
        cut = type(self)
        cut.pushes += push
        if not push or cut.pushes > 1:
            super()._relay(answer)
            return
        whole = answer.read()
        self.close_connection = True
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/x-git-receive-pack-result\r\nContent-Length: {len(whole)}\r\n\r\n"
        body = whole.partition(b"\r\n\r\n")[2]
        self.wfile.write((head.encode() + body)[: self.keep])


@pytest.mark.parametrize(
    "keep", [0, pytest.param(40, marks=large), pytest.param(140, marks=large)]
)
def test_http_that_is_cut_after_the_server_answered(bench, keep):
    handler = type("CutHere", (Cut,), {"keep": keep, "pushes": 0})
    bench.server.git("config", "http.receivepack", "true")
    bench.server.disarm()  # nobody is asked his name at a new address
    with listening(handler, bench.server.folder, bench.server.environment) as port:
        url = f"http://127.0.0.1:{port}/{bench.server.folder.name}"
        Address(url, {"http.proxy": ""}).join(bench.me)
        ran = bench.run()
        assert handler.pushes
        assert (ran.code, bench.landed()) == (0, 1)
        bench.check(ran)
