"""What a refusal advises works when it is typed.

Each advice in the sources has a row that provokes it in a repository, takes the command
out of the answer, fills in what stands open and types it; or it is listed with where
else that is done, or why it cannot be.
"""

import ast
import re
import shlex
import time
from collections import defaultdict
from pathlib import Path

import pytest
from cli.busy import key
from harness import claim, path, post

import fleetfeed

PACKAGE = Path(fleetfeed.__file__).parent
TOP = PACKAGE.parent
WINGS = ["judge", "writing", "cli", "ledger", "checks", "report", "hold", "model"]
SIX, SEVEN, ORA = "CAMBER-06", "CAMBER-07", "ORA-01"

OPEN = "another page of it"
FILLED = {
    "NAME": ["CAMBER-77"],
    "PATH": ["src/app.py"],
}
"""What stands for something, and what is typed for it."""


def texts(tree):
    """The texts in a source that are no docstrings, `{}` for what is put in."""
    kinds = (ast.Module, ast.FunctionDef, ast.ClassDef)
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, kinds) and isinstance(node.body[0], ast.Expr)
    }
    strings = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    parts = {id(part) for node in strings for part in node.values}
    for node in ast.walk(tree):
        if id(node) in docs | parts:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(
                part.value if isinstance(part, ast.Constant) else "{}"
                for part in node.values
            )


def advices():
    """Each command that a text advises, and the modules that do."""
    found = defaultdict(set)
    for file in sorted(
        each for wing in WINGS for each in (PACKAGE / wing).rglob("*.py")
    ):
        for text in texts(ast.parse(file.read_text("utf-8"))):
            for said in re.findall(r"`fleetfeed ([^`]*)`?", text):
                found[said].add(str(file.relative_to(PACKAGE)))
    return dict(found)


def advised(said, advice):
    """The words of the advised command in an answer."""
    wanted = ".+?".join(map(re.escape, advice.split("{}")))
    named = re.findall(r"`fleetfeed ([^`]*)`", said)
    commands = [each for each in named if re.fullmatch(wanted, each)]
    assert commands, f"{advice} is not advised by: {said}"
    return filled(shlex.split(commands[0]))


def filled(words):
    """`words` with what stands open filled in."""
    if words[-2:] == ["--surface", "…"]:
        # Its proof is asked for in turn.
        return [*words[:-1], "CAMBER:file:docs/a.md", "--proof", "the only page"]
    whole = [text for word in words for text in FILLED.get(word, [word])]
    return [word.replace("…", OPEN) for word in whole]


ROWS = []


def row(advice, name="", **how):
    """One way to be told `advice`; `how` are what the test is given."""

    def add(play):
        ROWS.append(pytest.param(advice, play, how, id=name or play.__name__))
        return play

    return add


def new(surface, *more):
    proof = ("--proof", "unlike all the others in what it does")
    return (
        "claim",
        "--new",
        "CMB",
        "--subject",
        "x",
        "--surface",
        surface,
        *proof,
        *more,
    )


STRICT = "ref: refs/heads/main\ndepends: reject\nproof: reject\n"
UNREADABLE = "ITEM: CMB-0001\nSTATE: DONE\nSEAT: [\n"


def filed(number, **more):
    item = f"CMB-{number:04d}"
    said = {"item": item, "seat": ORA, "subject": f"work {number}", **more}
    return {path(item): post(**said)}


@row("active")
def nothing_awaits(desks, _busy):
    return desks.of(SIX), ("next",), 1


@row("active")
def no_such_item(_desks, busy):
    return busy.of(SIX), ("done", "CMB-0099"), 1


@row("reserve {} --subject …")
def no_such_item_and_a_new_one(_desks, busy):
    return busy.of(SIX), ("done", "CMB-0099"), 1


@row("active --mine")
def nothing_of_mine(_desks, busy):
    return busy.of(SIX), ("next", "--mine"), 1


@row("active --state AWAITING_CLAIM")
def offered_to_others(desks, _busy):
    desks.seed(filed(1, owner="CAMBER-09"))
    return desks.of(SIX), ("next",), 1


@row("active --waiting")
def all_wait(desks, _busy):
    desks.seed({**filed(1, state="BLOCKED"), **filed(2, depends_on="CMB-0001")})
    return desks.of(SIX), ("next",), 1


@row("active --mine --ready")
def many_of_mine_are_ready(desks, _busy):
    rest = {"state": "BLOCKED", "seat": SIX, "depends_on": "CMB-0001"}
    blocked = [filed(number, **rest) for number in range(2, 12)]
    desks.seed({k: v for f in (filed(1, state="DONE"), *blocked) for k, v in f.items()})
    return desks.of(SIX), ("active",), 0


@row("append {} --state IN_PROGRESS")
def my_own_in_another_command(_desks, busy):
    return busy.of(SIX), ("claim", "CMB-0002"), 1


@row("claim {} --resume")
def my_own_resumed(_desks, busy):
    return busy.of(SIX), ("claim", "CMB-0002"), 1


@row("claim {} --resume")
def my_own_surface(_desks, busy):
    return busy.of(SIX), new(key(2)), 1


@row("park {}")
def my_own_surface_laid_aside(_desks, busy):
    return busy.of(SIX), new(key(2)), 1


@row("append {} --state {}")
def done_already(_desks, busy):
    return busy.of(SIX), ("done", "CMB-0005"), 1


@row("cancel {}")
def yields_to_what_is_over(_desks, busy):
    return busy.of(SIX), ("yield", "CMB-0002", "--to", "CMB-0006"), 1


@row("claim {}")
def nobody_is_on_it(_desks, busy):
    return busy.of(SEVEN), new(key(1)), 1


@row("park {}")
def nobody_is_on_it_laid_aside(_desks, busy):
    return busy.of(SEVEN), new(key(1)), 1


@row("park {}")
def nobody_is_on_it_and_it_waits(desks, _busy):
    me, other = desks.of(SIX), desks.of(SEVEN)
    first = me.reserve()
    me.reserve("--depends-on", first, key=key(1))
    return other, new(key(1)), 1


@row("claim {}")
def begun_upon_what_awaits(desks, _busy):
    me = desks.of(SIX)
    me.reserve("--depends-on", me.reserve())
    return me, ("claim", "CMB-0002"), 1


@row("done {}")
def begun_upon_what_one_has_oneself(desks, _busy):
    me = desks.of(SIX)
    me.reserve("--depends-on", me.new())
    return me, ("claim", "CMB-0002"), 1


@row("note {} --body …")
def begun_upon_what_another_has(desks, _busy):
    me, other = desks.of(SIX), desks.of(SEVEN)
    me.reserve("--depends-on", other.new())
    return me, ("claim", "CMB-0002"), 1


@row("show {}")
def begun_upon_what_cannot_be_read(desks, _busy):
    desks.seed({path("CMB-0001"): UNREADABLE, **filed(2, depends_on="CMB-0001")})
    return desks.of(SIX), ("claim", "CMB-0002"), 1


@row("claim {}")
def mine_is_ready(desks, _busy):
    me, other = desks.of(SIX), desks.of(SEVEN)
    first = other.new()
    me("block", me.reserve("--depends-on", first))
    other("done", first)
    return me, ("note", first, "--body", "thanks"), 0


@row("note {} --body …")
def others_wait_for_it(desks, _busy):
    me, other = desks.of(SIX), desks.of(SEVEN)
    first = me.reserve()
    other.reserve("--depends-on", first)
    return me, ("cancel", first), 0


@row("append {} --depends-on none")
def mine_waits_for_it(desks, _busy):
    me = desks.of(SIX)
    first = me.reserve()
    me.reserve("--depends-on", first)
    return me, ("cancel", first), 0


@row("claim {}")
def nothing_to_renew(_desks, busy):
    return busy.of(SIX), ("renew", "CMB-0004"), 1


@row("claim {} --proof '{}'")
def a_proof_is_wanted(desks, _busy):
    texts = {
        path(f"CMB-000{n}"): claim(
            f"CMB-000{n}", key(n), seat=ORA, state=state, subject="x"
        )
        for n, state in ((1, "AWAITING_CLAIM"), (2, "IN_PROGRESS"))
    }
    desks.seed({"feed/policy.yaml": STRICT, **texts})
    return desks.of(SIX), ("next",), 1


@row("claim {} {}")
def a_flag_that_next_lacks(desks, _busy):
    desks.seed({"feed/policy.yaml": "surface: required\n", **filed(1)})
    return desks.of(SIX), ("next",), 1


@row("claim {} --reason …")
def over_and_handed_on(_desks, busy):
    return busy.of(SIX), ("handoff", "CMB-0005", "--to", SEVEN), 1


@row("note {} --body …")
def anothers_item(_desks, busy):
    return busy.of(SIX), ("claim", "CMB-0007"), 1


@row("note {} --body …")
def offered_to_another(_desks, busy):
    return busy.of(ORA), new(key(8)), 1


@row("yield {} --to {}")
def mine_meets_anothers(_desks, busy):
    moved = ("--surface", key(7), "--proof", "the page moved, unlike CMB-0007")
    return busy.of(SIX), ("append", "CMB-0002", "--state", "IN_PROGRESS", *moved), 1


@row("release {}")
def handed_to_nobody(_desks, busy):
    return busy.of(SIX), ("handoff", "CMB-0002", "--to", "none"), 2


@row("rule {}")
def a_rule_refuses(_desks, busy):
    return busy.of(SIX), ("done", "CMB-0007"), 1


@row("rule")
def no_such_rule(_desks, busy):
    return busy.of(SIX), ("rule", "FF999"), 2


@row("show {}")
def fenced(_desks, busy):
    return busy.of(SEVEN), ("fence", "CMB-0002"), 4


@row("show {}")
def held_by_an_unreadable_post(desks, _busy):
    torn = f"ITEM: CMB-0001\nSTATE: IN_PROGRESS\nSEAT:\nSURFACE_KEY: {key(1)}\n"
    desks.seed({path("CMB-0001"): torn})
    return desks.of(SIX), new(key(1)), 1


@row("seat NAME")
def without_a_seat(_desks, busy):
    return busy.of(""), ("next",), 2


@row("seat NAME")
def a_seat_is_asked_for(_desks, busy):
    return busy.of(""), ("seat",), 2


@row("park {}")
def two_hold_one_surface(desks, _busy):
    held = {
        path(f"CMB-000{n}"): claim(f"CMB-000{n}", key(1), seat=SIX, subject="x")
        for n in (1, 2)
    }
    desks.seed(held)
    return desks.of(SIX), ("audit",), 1


@row("surface PATH")
def too_local(_desks, busy):
    return busy.of(SIX), new("my-branch"), 1


@pytest.mark.parametrize(("advice", "play", "how"), ROWS)
def test_it_works_when_it_is_typed(advice, play, how, desks, busy):
    desk, args, code = play(desks, busy, **how)
    said = desk(*args, code=code)
    assert code is not None or said.returncode in (1, 2), said
    desk(*advised(said.said, advice))


LAPSING = "ref: refs/heads/main\nleases: {default: 1s, max: 1h, grace: 1s}\n"


def test_what_has_lapsed_is_taken_over_as_advised(fleet):
    """`claim ITEM --reason …`, as `claim`, `show`, `active` and a collision say it."""
    first = fleet.first()
    first.write("feed/policy.yaml", LAPSING)
    first.commit("short leases")
    first.push("HEAD:refs/heads/main")
    me, other = fleet.seat(SIX), fleet.seat(SEVEN)
    for number in range(1, 5):
        me.fleetfeed(*new(f"CAMBER:work-{number}:all-of-it-{number}"))
    time.sleep(2.5)
    told = [
        ("active",),
        ("show", "CMB-0002"),
        ("claim", "CMB-0003"),
        new("CAMBER:work-4:all-of-it-4:part"),
    ]
    for args in told:
        said = other.fleetfeed(*args, ok=None).said
        took = other.fleetfeed(*advised(said, "claim {} --reason …"))
        assert f"owner={SEVEN}" in took.stdout
    time.sleep(1.5)
    said = other.fleetfeed("show", "CMB-0002").stdout
    other.fleetfeed(*advised(said, "renew {}"))


ELSEWHERE = {
    "agents install TOOL": "tests/agents/test_setup.py",
    "check --range BASE..HEAD": "tests/checks/test_keys_table.py",
    "append": "tests/ledger/test_commands.py",
    "append --dry-run": "tests/ledger/test_commands.py",
    "index rebuild": "tests/repo/test_cache_versions.py",
    "append --post FILE": "tests/ledger/test_commands.py",
    "ledger export": "tests/postgres/test_export.py",
    "ledger import {}": "tests/postgres/test_import.py",
    "ledger init": "tests/postgres/test_import.py",
    "ledger verify": "tests/postgres/test_verify.py",
    "log --json": "tests/ledger/test_commands.py",
    "reserve": "tests/ledger/test_commands.py",
    "approve": "tests/cli/test_approve.py",
    "approve BRANCH": "tests/cli/test_approve.py",
    "init": "tests/install/test_init.py",
    "join": "tests/install/test_join.py",
    "join ADDRESS": "tests/install/test_join.py",
    "join --name-server": "tests/install/test_join.py",
    "install --server . {}": "tests/install/test_join.py",
    "install --server . --ref {}": "tests/checks/test_elsewhere.py",
    "install --server . --{} {}": "tests/install/test_join.py",
    "install --server . --pusher-from KIND": "tests/servers/test_pusher.py",
    "install --server . --pusher-from …": "tests/servers/test_pusher.py",
    "seal": "tests/seal/test_command.py",
    "seat {}": "tests/install/test_seat.py",
    "ca issue": "tests/cli/test_ca.py",
    "ca revoke": "tests/cli/test_ca.py",
    "hold": "tests/hold/test_signed_hold.py",
    "wait {}": "tests/cli/test_wait.py",
    "claim {} --wait --proof …": "tests/cli/test_wait.py",
    "claim {} --proof …": "tests/cli/test_wait.py",
    "claim {} --watch --reason …": "tests/writing/test_takeover_watch.py",
    "claim … --wait": "tests/cli/test_wait.py",
    "claim --new … --wait": "tests/cli/test_wait.py",
    "claim --new PREFIX --subject … --proof … --surface": "tests/hooks/test_code.py",
}
"""Advices for who sets a clone or a server up, and the tests that type them."""

UNTYPED = {
    "ledger grant ROLE": "said to a seat, and typed by who keeps the database",
    "install": "`… --server .` on the server, put together of two texts",
    "install --server": "said by a server's hook to whoever keeps the server",
    "doctor --server .": "said of a name that only the server knows",
    "{} {} --epoch {}": "the remote is away when it is said, and may stay so",
    "agents": "named in the help of `join --agent`, which does it",
    "doctor": "said of a server that stops answering while a command runs",
}
"""Advices that no test types, and why."""


ASSEMBLED = {
    "{}": {"active --state AWAITING_CLAIM", "active --waiting"},
    "{} {}": {"append {} --depends-on none"},
}
"""Advices that the sources put together of several texts, and the rows that type them."""

ELSEWHERE_ASSEMBLED = {"claim {} {}"}
"""A row's whose text has no command in it: `cli/places.py` is given one."""


def test_every_advice_is_typed_or_says_why_not():
    typed = {param.values[0] for param in ROWS}
    known = (
        typed | ELSEWHERE.keys() | UNTYPED.keys() | {"claim {} --reason …", "renew {}"}
    )
    made = ELSEWHERE_ASSEMBLED.union(*ASSEMBLED.values())
    assert made <= typed
    told = advices().keys() - ASSEMBLED.keys()
    assert told <= known, told - known
    assert known - made <= told, known - made - told


@pytest.mark.parametrize(("advice", "file"), ELSEWHERE.items())
def test_what_is_typed_elsewhere_is_there(advice, file):
    text = (TOP / file).read_text("utf-8")
    stand_for = (
        "{}",
        ".",
        "…",
        "ADDRESS",
        "BASE..HEAD",
        "BRANCH",
        "KIND",
        "PREFIX",
        "TOOL",
    )
    words = [word for word in advice.split() if word not in stand_for]
    words = [word.partition("{")[0] for word in words]
    assert all(word in text for word in words)
