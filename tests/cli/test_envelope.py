"""Every command's answer for programs is one by the schema: done, refused, or in error.

`Desk.json` holds each answer to the schema, and to silence on standard error. The kinds
of refusal, one by one, are in `test_refusals`; here stands each command.
"""

import json
import re
import shlex

import jsonschema
import pytest
from cli.busy import key
from harness import Repo, command
from harness.answers import document, schema

from fleetfeed.cli.main import COMMANDS

SIX, SEVEN = "CAMBER-06", "CAMBER-07"
NEW = ("CMB", "--subject", "x", "--surface", key(50), "--proof", "src/50 alone")

WITHOUT = {
    "completion": "a script for a shell",
    "hook": "git calls it, and reads its words",
    "demo": "a play for people",
    "mcp": "it speaks a protocol, which has its own way to answer",
}
"""Commands without JSON, and why."""

DONE = {
    "join": [("on", 0, ("join", "--seat", SIX))],
    "install": [("done", 0, ("install",))],
    "uninstall": [("done", 0, ("uninstall",))],
    "doctor": [("cannot tell", 3, ("doctor",))],
    "seat": [("shown", 0, ("seat", SIX))],
    "ca": [("listed", 0, ("ca", "list")), ("usage", 2, ("ca", "issue", SIX))],
    "agents": [("off", 1, ("agents", "check", "claude")), ("usage", 2, ("agents", "check", "x"))],
    "approve": [("refused", 1, ("approve", "CMB-0001", "evict", "--by", SIX)), ("usage", 2, ("approve",))],
    "check": [("passes", 0, ("check",))],
    "prime": [("shown", 0, ("prime",)), ("shown", 0, ("prime", "--offline"))],
    "active": [
        ("open", 0, ("active", "--ready")),
        ("allocated", 0, ("active", "--surface-claim", key(50))),
        ("held", 1, ("active", "--surface-claim", key(7))),
    ],
    "board": [("open", 0, ("board",)), ("usage", 2, ("board", "--html", "x.html"))],
    "stats": [("shown", 0, ("stats",)), ("usage", 2, ("stats", "--since", "x"))],
    "near": [
        ("listed", 0, ("near", "--report")),
        ("listed", 0, ("near", key(7))),
        ("usage", 2, ("near",)),
        ("usage", 2, ("near", "a")),
    ],
    "reserve": [("dry run", 0, ("reserve", *NEW, "--dry-run")), ("won", 0, ("reserve", *NEW))],
    "claim": [("won", 0, ("claim", "CMB-0001")), ("held", 1, ("claim", "CMB-0007"))],
    "wait": [
        ("free", 0, ("wait", key(50))),
        ("cannot tell", 3, ("wait", "CMB-0007", "--at-most", "1s")),
    ],
    "next": [("won", 0, ("next",)), ("nothing ready", 1, ("next", "--lane", "ORBIT"))],
    "release": [
        ("won", 0, ("release", "CMB-0002")),
        ("done", 0, ("release", "--mine")),
        ("usage", 2, ("release",)),
    ],
    "block": [("won", 0, ("block", "CMB-0002"))],
    "park": [("won", 0, ("park", "CMB-0002"))],
    "cancel": [("won", 0, ("cancel", "CMB-0002"))],
    "done": [("won", 0, ("done", "CMB-0002")), ("refused", 1, ("done", "CMB-0007"))],
    "hold": [("ended", 0, ("hold", "CMB-0001", "--json", "--", "true"))],
    "beat": [
        ("alive", 0, ("beat", "CMB-0002")),
        ("alive", 0, ("beat", "--mine")),
        ("no longer yours", 4, ("beat", "CMB-0007")),
    ],
    "keep": [("no longer yours", 4, ("keep", "CMB-0007")), ("done", 0, ("keep", "--stop"))],
    "fence": [("yours", 0, ("fence", "CMB-0002")), ("no longer yours", 4, ("fence", "CMB-0007"))],
    "guard": [("passes", 0, ("guard",))],
    "orphans": [("usage", 2, ("orphans",))],
    "renew": [("won", 0, ("renew", "CMB-0002"))],
    "evict": [("refused", 1, ("evict", "CMB-0001", "--reason", "x"))],
    "handoff": [("won", 0, ("handoff", "CMB-0002", "--to", SEVEN))],
    "yield": [("won", 0, ("yield", "CMB-0002", "--to", "CMB-0007"))],
    "append": [("won", 0, ("append", "CMB-0002", "--state", "DONE"))],
    "note": [("won", 0, ("note", "--body", "x")), ("won", 0, ("note", "CMB-0007", "--body", "x"))],
    "draft": [
        ("drafted", 0, ("draft", *NEW)),
        ("dry run", 0, ("draft", "CMB-0002", "--state", "DONE", "--dry-run")),
    ],
    "show": [("shown", 0, ("show", "CMB-0003"))],
    "log": [("listed", 0, ("log",))],
    "inbox": [("listed", 0, ("inbox", "--all"))],
    "surface": [("listed", 0, ("surface", "src/a.py", "--lane", "CAMBER"))],
    "audit": [("refused", 1, ("audit",))],
    "verify": [("passes", 0, ("verify",)), ("usage", 2, ("verify", "--since", "x"))],
    "seal": [("would seal", 0, ("seal", "--dry-run")), ("refused", 1, ("seal", "CMB/007"))],
    "index": [("rebuilt", 0, ("index", "rebuild")), ("agrees", 0, ("index", "verify"))],
    "ledger": [("usage", 2, ("ledger", "export")), ("cannot tell", 3, ("ledger", "init", "postgresql:///x?host=/nowhere"))],
    "rule": [("shown", 0, ("rule", "FF401")), ("listed", 0, ("rule",))],
}  # fmt: skip
"""Command -> what it answers, its exit code, and how it is typed."""


def answered(desk, args, code):
    """The answer to `args`; that it is one, and nothing is said beside it."""
    asked = args if "--json" in args else (*args, "--json")
    said = desk(*asked, code=code)
    assert said.stderr == "", said
    found = document(said.stdout)
    assert found["code"] == code
    return found


def test_each_command_has_a_row():
    assert {*DONE, *WITHOUT, "init"} == set(COMMANDS)


@pytest.mark.parametrize("name", [n for n in DONE if n not in ("join", "hold")])
def test_what_a_command_answers(busy, name):
    desk = busy.of(SIX)
    for answer, code, args in DONE[name]:
        assert answered(desk, args, code)["answer"] == answer


def test_hold_answers_when_all_is_over(scene):
    """What its command prints goes elsewhere, and its exit code is the answer's."""
    done = scene.me.fleetfeed(
        "hold", "--new", *NEW, "--json", "--", "sh", "-c", "echo one; exit 7", ok=False
    )
    found = document(done.stdout)
    assert (done.returncode, found["code"], found["answer"]) == (7, 7, "ended")
    assert [item["state"] for item in found["items"]] == ["PARKED"]
    assert done.stderr == "one\n"
    assert any(line.startswith("holding ") for line in found["remarks"])


def test_hold_says_who_has_it_when_it_is_lost(scene):
    handoff = f"{shlex.join(command('handoff'))} $FLEETFEED_ITEM --to {SEVEN} >&2"
    run = ("sh", "-c", f"{handoff}; sleep 60")
    lost = ("hold", "--new", *NEW, "--lease", "9s", "--json", "--", *run)
    done = scene.me.fleetfeed(*lost, ok=False)
    found = document(done.stdout)
    assert (done.returncode, found["answer"]) == (4, "no longer yours")
    assert [item["holder"] for item in found["items"]] == [SEVEN]


def test_join_and_init(fleet, tmp_path):
    seat = fleet.seat()
    found = document(seat.fleetfeed("join", "--seat", SIX, "--json").stdout)
    assert (found["answer"], found["code"]) == ("on", 0)
    repo = Repo.init(tmp_path / "new")
    found = document(repo.fleetfeed("init", "--json").stdout)
    assert (found["answer"], found["code"], len(found["next"])) == ("done", 0, 2)
    again = repo.fleetfeed("init", "--json", ok=False)
    assert (document(again.stdout)["answer"], again.stderr) == ("usage", "")


@pytest.mark.parametrize("name", [n for n in COMMANDS if n not in WITHOUT])
def test_a_command_line_that_cannot_be_parsed(still, name):
    desk = still.of(SIX)
    found = answered(desk, (name, "--no-such-option"), 2)
    assert (found["answer"], found["next"][0][-6:]) == ("usage", "--help")
    assert "no-such-option" in found["message"]
    for todo in found["next"]:
        desk(*todo.split()[1:])


def test_what_is_asked_of_no_command(still):
    desk = still.of(SIX)
    found = answered(desk, ("clam",), 2)
    assert found["next"] == ["fleetfeed claim --help"]
    assert answered(desk, ("--json", "done"), 2)["answer"] == "usage"
    assert answered(desk, ("check", "--format", "json", "a", "--staged"), 2)
    assert answered(desk, ("--version",), 0)["version"]
    assert answered(desk, ("--json", "active"), 0)["answer"] == "open"


@pytest.mark.parametrize("name", [n for n in DONE if n != "rule"])
def test_outside_of_a_repository(still, tmp_path, name):
    desk = still.of(SIX).at(tmp_path)
    found = answered(desk, DONE[name][0][2], 2)
    assert found["answer"] == "usage"


@pytest.mark.parametrize(
    "name",
    [
        "active",
        "claim",
        "next",
        "reserve",
        "done",
        "fence",
        "show",
        "log",
        "note",
        "hold",
        "seal",
    ],
)
def test_the_remote_is_away(busy, name):
    desk = busy.of(SIX)
    desk.seat.git("config", "remote.origin.url", str(desk.folder / "away.git"))
    found = answered(desk, DONE[name][0][2], 3)
    assert found["answer"] == "cannot tell"


def test_the_server_refuses(busy):
    desk, server = busy.of(SIX), busy.fleet.server
    hook = server.folder / "hooks/pre-receive"
    hook.write_text("#!/bin/sh\necho 'not on Sundays' >&2\nexit 1\n")
    hook.chmod(0o755)
    found = answered(desk, ("claim", "CMB-0001"), 1)
    assert found["answer"] == "refused"
    assert any("not on Sundays" in word for word in found["words"])


def test_nobody_knows_whether_it_landed(busy):
    """The same command with its op is the one that works: it is typed, and it does."""
    desk, server = busy.of(SIX), busy.fleet.server
    hook = server.folder / "hooks/pre-receive"
    hook.write_text("#!/bin/sh\nsleep 3\n")
    hook.chmod(0o755)
    found = answered(desk, ("claim", "CMB-0001", "--timeout", "1s"), 3)
    assert (found["answer"], found["op"] is not None) == ("cannot tell", True)
    hook.unlink()
    (todo,) = found["next"]
    assert todo.endswith(f"--op {found['op']}")
    again = document(desk(*todo.split()[1:]).stdout)
    assert (again["answer"], again["op"]) == ("won", found["op"])


def test_the_work_is_told_to_whoever_takes_it(me, other):
    """A title alone is not what the work is: by text, and for a program."""
    first = me.reserve()
    more = (
        "--body",
        "Look at the lexer.\n\nThen at the parser.\n",
        "--depends-on",
        first,
    )
    item = me.reserve(*more, "--priority", "3", key=key(1))
    me("claim", first)
    me("done", first)
    said = other("next", "--dry-run")
    assert item in said.stdout
    said = other.json("next")
    assert said["body"] == "Look at the lexer.\n\nThen at the parser.\n"
    assert said["subject"] == "a piece of work"
    assert said["depends_on"] == [{"item": first, "state": "DONE"}]
    assert [each["text"] for each in said["surface"]] == [key(1)]
    other("release", item)
    lines = other("claim", item).stdout.splitlines()[2:]
    assert lines == [
        "  a piece of work",
        "    Look at the lexer.",
        "",
        "    Then at the parser.",
        f"  depends on {first}: DONE",
    ]


def _types(node, names):
    """Collect the type of each property that the schema has, at any depth."""
    for name, kind in node.get("properties", {}).items():
        names.setdefault(name, []).append(_type(kind))
        _types(kind, names)
    items = node.get("items")
    if items:
        _types(items, names)


def _type(kind):
    return {k: v for k, v in kind.items() if k != "description"}


def test_no_name_has_two_types():
    names = {}
    for each in (schema(), *schema()["$defs"].values()):
        _types(each, names)
    assert len(names) > 60
    assert {
        n: kinds for n, kinds in names.items() if any(k != kinds[0] for k in kinds)
    } == {}


def test_the_schema_is_whole():
    """It is one, it lets nothing else in, and each key says what it is."""
    jsonschema.Draft202012Validator.check_schema(schema())
    for each in (schema(), *schema()["$defs"].values()):
        if each.get("type") == "object":
            assert each["additionalProperties"] is False
            assert all("description" in kind for kind in each["properties"].values())


def test_it_can_be_asked_for(still):
    said = still.of(SIX)("--schema")
    assert json.loads(said.stdout) == schema()
    words = set(
        re.findall("`([a-z ]+)`:", schema()["properties"]["answer"]["description"])
    )
    assert words == set(schema()["properties"]["answer"]["enum"])
