"""The server as a process: who wins a race, who waits, who is cancelled and killed."""

import json
import signal
import subprocess
from secrets import token_hex

import psutil
import pytest
from harness import command
from harness.agent import Agent, answer, gone, kill, until
from harness.scene import TAKEN

SIX, SEVEN = "CAMBER-06", "CAMBER-07"
_SLOW = "while test -e slow; do touch asked; sleep 0.02; done\n"


def slowed(server):
    """A server whose hook waits while there is a file `slow`; that file."""
    hook = server.folder / "hooks/pre-receive"
    shebang, rest = hook.read_text().split("\n", 1)
    hook.write_text(f"{shebang}\n{_SLOW}{rest}")
    return server.folder / "slow"


def is_asked(scene):
    """Wait until the server's hook waits."""
    asked = scene.server.folder / "asked"
    until(asked.exists)
    asked.unlink()


@pytest.fixture(scope="module")
def shared(scene_template, tmp_path_factory):
    """A fleet for all tests that leave its agents alive."""
    return scene_template.copy(tmp_path_factory.mktemp("shared") / "scene")


@pytest.fixture(scope="module")
def me(shared):
    """The agent of CAMBER-06."""
    with Agent.at(shared.me) as agent:
        yield agent


@pytest.fixture(scope="module")
def other(shared):
    """The agent of CAMBER-07."""
    with Agent.at(shared.other) as agent:
        yield agent


@pytest.fixture
def taken(other):
    """A surface that CAMBER-07 holds, and the item by which."""
    key = f"CAMBER:page:{token_hex(4)}"
    new = {
        "new": "CMB",
        "subject": "taken",
        "surface": [key],
        "proof": "a page of its own",
    }
    return key, other.call("claim", **new)["items"][0]["item"]


def test_two_agents_at_once_and_one_wins(me, other):
    item = me.call("reserve", prefix="CMB", subject="x")["items"][0]["item"]
    calls = [agent.begin("claim", item=item) for agent in (me, other)]
    found = [call.result(60) for call in calls]
    documents = [answer(each) for each in found]
    assert sorted(d["answer"] for d in documents) == ["held", "won"]
    assert not any(each.is_error for each in found)
    lost = next(d for d in documents if d["answer"] == "held")
    won = next(d for d in documents if d["answer"] == "won")
    assert lost["items"][0]["holder"] == won["items"][0]["holder"]
    assert lost["next"]


def test_who_waits_is_woken_and_keeps_nobody_waiting(me, other, taken):
    """Two wait, one in line and one beside it; other calls are answered meanwhile."""
    key, item = taken
    said, place = (
        [],
        {"new": "CMB", "subject": "x", "surface": [key], "proof": f"after {item}"},
    )
    free = me.begin("wait", what=item)
    turn = me.begin("claim", said, **place, wait=True, at_most="2m")
    until(lambda: [text for _, text in said if item in (text or "")])
    assert me.call("fence", item="CMB-0002")["answer"] == "yours"
    assert me.call("renew", item="CMB-0002")["answer"] == "won"
    assert [free.done(), turn.done()] == [False, False]
    assert other.call("done", item=item)["answer"] == "won"
    won = answer(turn.result(60))
    assert (won["answer"], won["items"][0]["holder"]) == ("won", SIX)
    assert answer(free.result(60))["answer"] in {"free", "refused"}
    assert [seconds for seconds, _ in said] == sorted(seconds for seconds, _ in said)


def test_time_is_up(me, taken):
    key, item = taken
    place = {"new": "CMB", "subject": "x", "surface": [key], "proof": f"after {item}"}
    found = me.call("claim", **place, wait=True, at_most="1s")
    assert (found["answer"], found["code"]) == ("cannot tell", 3)
    (item,) = (i["item"] for i in me.call("active", mine=True)["items"] if i["turn"])
    assert me.call("park", item=item, reason="too long")["answer"] == "won"


def test_a_wait_that_is_cancelled_ends_its_command(me, taken):
    call = me.begin("wait", what=taken[0])
    child = me.until_at_work()
    call.cancel()
    gone(child)
    assert me.call("active")["answer"] == "open"
    assert not me.at_work


def test_a_command_that_dies_ends_one_call_alone(me, taken):
    call = me.begin("wait", what=taken[0])
    me.until_at_work()
    kill(me.server.children()[0])
    found = answer(call.result(60))
    assert (found["answer"], found["code"]) == ("cannot tell", 3)
    assert "`fleetfeed wait` ended by signal 9" in found["message"]
    assert me.call("active")["answer"] == "open"


def test_a_write_that_is_cancelled_is_whole_or_not_there(shared, me):
    """Its op finds what became of it, and the next write has its turn."""
    waits = slowed(shared.server)
    waits.touch()
    new = {"new": "CMB", "subject": "x", "surface": ["CAMBER:file:new"], "proof": "new"}
    call = me.begin("claim", **new, op="mine-0001")
    is_asked(shared)
    there = me.at_work
    call.cancel()
    gone(*there)
    waits.unlink()
    found = me.call("claim", **new, op="mine-0001")
    assert found["answer"] == "won"
    assert shared.server.git("fsck", "--no-dangling").ok
    named = shared.server.git("log", "--format=", "--name-only", "main").stdout.split()
    path = found["posts"][0]["path"]
    assert [name for name in named if name == path] == [path]
    assert me.call("done", item=found["items"][0]["item"])["answer"] == "won"


def test_writes_of_one_agent_are_in_the_order_in_which_they_were_asked(shared, me):
    calls = [me.begin("note", body=f"note {n}") for n in range(4)]
    calls.append(me.begin("renew", item="CMB-0002"))
    found = [answer(call.result(60)) for call in calls]
    assert [(d["answer"], d["tries"]) for d in found] == [("won", 1)] * 5
    log = shared.server.git("log", "--first-parent", "--reverse", "--format=%H", "main")
    landed = log.stdout.split()
    assert [d["commit"] for d in found] == landed[-5:]


def test_many_calls_leave_the_server_as_it_was(me, stress):
    """A thousand under `make stress`, and thirty always."""
    calls = 1000 if stress else 30
    _calls(me, 10)
    before = me.server.memory_info().rss
    files = me.server.num_fds()
    _calls(me, calls)
    until(lambda: me.server.num_fds() <= files)
    grown = me.server.memory_info().rss - before
    print(f"{calls} calls: {grown >> 10} KiB more, {files} files")
    assert grown < 4 << 20
    assert not me.at_work
    assert me.server.num_threads() < 20


def _calls(agent, number):
    for _ in range(number // 5):
        arguments = [
            ("active", {}), ("show", {"item": "CMB-0001"}), ("claim", {"item": 3}),
            ("claim", {"item": "CMB-0001"}), ("fence", {"item": "CMB-0002"}),
        ]  # fmt: skip
        for call in [agent.begin(name, **given) for name, given in arguments]:
            assert answer(call.result(60))


def test_what_is_kept_is_kept_as_long_as_the_server_lives(scene):
    with Agent.at(scene.me) as agent:
        (kept,) = agent.call("keep", mine=True)["keepers"]
        assert (kept["item"], kept["serves"]) == ("CMB-0002", agent.server.pid)
        keeper = psutil.Process(kept["pid"])
        (again,) = agent.call("keep", items=["CMB-0002"])["keepers"]
        assert (again["new"], again["pid"]) == (False, keeper.pid)
        assert keeper.is_running()
    gone(keeper)


def test_a_server_that_is_killed_leaves_nothing_at_work(scene):
    """And its call is found again by its op, from another server."""
    waits = slowed(scene.server)
    new = {"new": "CMB", "subject": "x", "surface": ["CAMBER:file:new"], "proof": "new"}
    with Agent.at(scene.me) as agent:
        agent.begin("wait", what=TAKEN)
        agent.until_at_work()
        waits.touch()
        agent.begin("claim", **new, op="mine-0002")
        is_asked(scene)
        there = agent.at_work
        assert len(there) > 2
        kill(agent.server)
        gone(agent.server, *there)
    waits.unlink()
    with Agent.at(scene.me) as agent:
        found = agent.call("claim", **new, op="mine-0002")
        assert found["answer"] == "won"
        mine = agent.call("active", mine=True)["items"]
        assert [i["item"] for i in mine if i["subject"] == "x"] == [
            found["items"][0]["item"]
        ]


class Raw:
    """A server that is spoken to by hand, a line each."""

    def __init__(self, repo):
        self.process = subprocess.Popen(
            command("mcp"), cwd=repo.folder, env={**repo.environment},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        self.number = 0

    def send(self, method, **params):
        self.number += 1
        said = {"jsonrpc": "2.0", "id": self.number, "method": method, "params": params}
        self.write(json.dumps(said).encode() + b"\n")

    def write(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def read(self):
        found = json.loads(self.process.stdout.readline())
        assert found["jsonrpc"] == "2.0"
        return found

    def begin(self):
        self.send(
            "initialize", protocolVersion="2025-11-25", capabilities={},
            clientInfo={"name": "raw", "version": "0"},
        )  # fmt: skip
        assert self.read()["result"]["serverInfo"]["name"] == "fleetfeed"
        self.write(b'{"jsonrpc": "2.0", "method": "notifications/initialized"}\n')


def test_where_the_input_ends_all_ends(scene):
    raw = Raw(scene.me)
    raw.begin()
    raw.send("tools/call", name="wait", arguments={"what": TAKEN})
    server = psutil.Process(raw.process.pid)
    there = until(lambda: [*server.children(recursive=True)])
    rest, errors = raw.process.communicate(timeout=60)
    assert raw.process.returncode == 0
    gone(*there)
    assert errors == b""
    assert all(json.loads(line)["jsonrpc"] == "2.0" for line in rest.splitlines())


def test_where_nobody_reads_any_more_all_ends(scene):
    """Be it that the input is still open."""
    raw = Raw(scene.me)
    raw.begin()
    raw.send("tools/call", name="wait", arguments={"what": TAKEN})
    server = psutil.Process(raw.process.pid)
    there = until(lambda: [*server.children(recursive=True)])
    raw.process.stdout.close()
    raw.send("tools/list")
    assert raw.process.wait(60) == 141
    gone(*there)
    raw.process.stdin.close()
    assert raw.process.stderr.read() == b""
    raw.process.stderr.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_what_it_runs(scene, number):
    raw = Raw(scene.me)
    raw.begin()
    raw.send("tools/call", name="wait", arguments={"what": TAKEN})
    server = psutil.Process(raw.process.pid)
    there = until(lambda: [*server.children(recursive=True)])
    raw.process.send_signal(number)
    assert raw.process.wait(60) == -number
    gone(*there)
    raw.process.communicate()


def test_what_is_no_protocol_harms_nothing(scene):
    raw = Raw(scene.me)
    raw.begin()
    for line in (
        b"\n",
        b"hello\n",
        b"\xff\xfe\n",
        b"[1]\n",
        b"{}\n",
        b'{"jsonrpc": "2.0"}\n',
        b"[" * 100_000 + b"\n",
    ):
        raw.write(line)
    raw.send(
        "tools/call", name="note", arguments={"body": "a\u2028b \ud83d\ude00 \u202e"}
    )
    found = raw.read()
    assert found["id"] == raw.number
    assert found["result"]["structuredContent"]["answer"] in {"won", "refused"}
    lone = b'{"jsonrpc":"2.0","id":77,"method":"tools/call","params":{"name":"note","arguments":{"body":"\\ud800"}}}\n'
    raw.write(lone)
    raw.send("tools/call", name="active", arguments={})
    assert raw.read()["id"] in {77, raw.number}
    raw.process.communicate(timeout=60)
    assert raw.process.returncode == 0
