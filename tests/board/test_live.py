"""The live page over HTTP: what it tells, whom it refuses, and how it ends."""

import json
import socket
import time
from contextlib import ExitStack

import pytest
from board.live import answer, ended, filed, served, soon, stream, until
from harness import Scene

from fleetfeed.board.live import MOST_STREAMS, host_named


@pytest.fixture
def here(scene: Scene):
    with served(scene.me) as (process, port):
        yield scene, process, port


def test_a_push_is_told_as_what_has_changed(here) -> None:
    scene, _, port = here
    with stream(port) as told:
        first = until(told)
        assert first["all"]
        assert first["order"] == ["CMB-0001", "CMB-0002"]
        filed(scene.other, "third")
        then = until(told, "rows")
        assert list(then["rows"]) == ["CMB-0003"]
        assert then["words"] == "CMB-0003: new, at work, CAMBER-07"
        assert sorted(then["order"]) == ["CMB-0001", "CMB-0002", "CMB-0003"]
        assert "third" in then["rows"]["CMB-0003"]
    # Who comes again says what it was told last, and is told the rest.
    with stream(port, Last_Event_ID=first["version"]) as told:
        again = until(told, "rows")
        assert (again.get("all"), list(again["rows"])) == (None, ["CMB-0003"])
    with stream(port, Last_Event_ID="of-another-process") as told:
        assert until(told)["all"]
    assert "CMB-0003" in answer(port)[2]


def test_who_is_answered_and_who_is_not(here) -> None:
    _, _, port = here
    status, headers, text = answer(port)
    assert (status, text[:15]) == (200, "<!doctype html>")
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "http-equiv" not in text
    for name, value in (("x-content-type-options", "nosniff"), ("cache-control", "no-store"),
                        ("referrer-policy", "no-referrer"), ("cross-origin-resource-policy", "same-origin")):  # fmt: skip
        assert headers[name] == value
    for host in ("elsewhere.example", "127.0.0.1.elsewhere.example", "", "[::1", "0"):
        status, headers, text = answer(port, host=host)
        assert (status, "served at another name" in text) == (421, True), host
    for host in ("localhost", "LOCALHOST:1", f"127.0.0.1:{port}", "[::1]:80"):
        assert answer(port, host=host)[0] == 200, host
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
        assert answer(port, method=method)[0] == 405
    for asked in (
        "/feed",
        "/..%2f..%2fetc%2fpasswd",
        "/%2e%2e/",
        "/web/board.css",
        "//x",
    ):
        assert answer(port, asked)[0] == 404, asked
    # A link may lead here; a stranger's page gets nothing of it, in a frame or a script.
    site = {"sec_fetch_site": "cross-site"}
    assert answer(port, "/", **site, sec_fetch_dest="document")[0] == 200
    for asked, dest in (
        ("/", "iframe"),
        ("/", "image"),
        ("/", "empty"),
        ("/events", "document"),
    ):
        assert answer(port, asked, **site, sec_fetch_dest=dest)[0] == 403, (asked, dest)
    assert answer(port, "/", method="HEAD")[2] == ""


def test_browsers_are_bounded(here) -> None:
    _, process, port = here
    with ExitStack() as all_:
        for _ in range(MOST_STREAMS):
            until(all_.enter_context(stream(port)))
        status, headers, text = answer(port, "/events")
        assert (status, headers["retry-after"]) == (503, "10")
        assert "browsers follow" in text
        assert answer(port)[0] == 200
        assert process.poll() is None

    def free() -> bool:
        with socket.create_connection(("127.0.0.1", port)) as asked:
            asked.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return asked.recv(12) == b"HTTP/1.1 200"

    soon(free)


def test_one_ref_is_asked_for_once_a_second(scene: Scene, tmp_path) -> None:
    """However many look on: what the server is asked is in git's own trace."""
    trace = tmp_path / "trace"
    with (
        served(scene.me, env={"GIT_TRACE2": str(trace)}) as (_, port),
        ExitStack() as all_,
    ):
        told = [all_.enter_context(stream(port)) for _ in range(20)]
        for each in told:
            until(each)
        before, began = _asked(trace), time.monotonic()
        filed(scene.other, "third")
        for each in told:
            assert list(until(each, "rows")["rows"]) == ["CMB-0003"]
        time.sleep(3)
        assert 3 <= _asked(trace) - before <= time.monotonic() - began + 1


def _asked(trace) -> int:
    """How often a git was asked what its refs are at."""
    return trace.read_text().count("cmd_name upload-pack")


def test_ctrl_c_ends_it_at_once_and_well(here) -> None:
    _, process, port = here
    with stream(port) as told:
        until(told)
        began = time.monotonic()
        assert ended(process) == 0
        assert time.monotonic() - began < 8  # a stream would go on for ever
    assert process.stderr.read() == ""


def test_a_server_that_is_away_is_told_of(here) -> None:
    scene, _, port = here
    with stream(port) as told:
        until(told)
        away = scene.server.folder.with_name("away")
        scene.server.folder.rename(away)
        trouble = next(said["trouble"] for _, said in told if "trouble" in said)
        assert trouble
        away.rename(scene.server.folder)
        assert any("trouble" not in said for _, said in told)
        filed(scene.other, "after")
        assert "CMB-0003" in until(told, "rows")["rows"]


def test_where_it_cannot_be_served(scene: Scene) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = scene.me.fleetfeed("board", "--serve", "--port", port, ok=False)
    assert said.returncode == 3
    assert "--port 0 takes one that is free" in said.stderr
    for words in (("--host", "no.such.host.invalid", "--serve"), ("--port", "80"),
                  ("--serve", "--json"), ("--serve", "--offline"), ("--serve", "--html", "x")):  # fmt: skip
        said = scene.me.fleetfeed("board", *words, ok=False)
        assert said.returncode == 2, words


def test_who_serves_it_to_others_is_told(scene: Scene) -> None:
    with served(scene.me, 0, "--host", "0.0.0.0") as (process, port):  # noqa: S104
        assert answer(port)[0] == 200
        assert answer(port, host="elsewhere.example")[0] == 421
        ended(process)
        assert "no password, and no encryption" in process.stderr.read()


@pytest.mark.parametrize(
    ("header", "host"),
    [
        ("localhost", "localhost"),
        ("LOCALHOST.:80", "localhost"),
        ("[::1]", "::1"),
        ("[0:0::1]:8", "::1"),
        ("[::1]x", ""),
        ("[x]", ""),
        ("", ""),
        ("127.0.0.1@evil:80", "127.0.0.1@evil"),
        ("localhost:evil.example", ""),
        ("localhost:80:80", ""),
        ("localhost..", "localhost."),
        ("[::1", ""),
    ],
)
def test_the_host_of_a_header(header: str, host: str) -> None:
    assert host_named(header) == host


def test_what_is_told_is_one_line_of_json() -> None:
    from fleetfeed.board.live import _event

    told = _event("board", {"a": "x\r\n\u2028data: y"}, "v").decode()
    head, name, data, *rest = told.split("\n")
    assert (head, name, rest) == ("id: v", "event: board", ["", ""])
    assert json.loads(data.removeprefix("data: ")) == {"a": "x\r\n\u2028data: y"}
