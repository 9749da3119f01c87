"""Nobody jumps a line by any way in: by git, a queue, the inbox, commands or tables.

Each row is one attempt while the turns of those in line last. It is refused in words
that say who is before it, and the feed stays where it was.
"""

import re
from contextlib import contextmanager

import pytest
from checks.line_world import BOOK, BOOKED, DONE, ELEVEN, TEN, TURN, World
from cli.desk import Desk
from harness import Repo, path, post
from harness.built import received
from harness.fleet import MAIN
from judge.gen_feeds import claim
from judge.line_rows import (
    HELD,
    JUMPS,
    MAP,
    NEW,
    NEWER,
    NUMBERS,
    POLICY,
    PROOF,
    of,
    taken,
    then,
)
from postgres.gen_ledgers import InTables, made

from fleetfeed.checks.queue import Pushed, judge_queue
from fleetfeed.checks.server_leases import ServerLeases
from fleetfeed.git.process import Git
from fleetfeed.ledger.contract import Append
from fleetfeed.ledger.postgres.document import document
from fleetfeed.ledger.postgres.fleet import PostgresFleet
from fleetfeed.model.errors import Refused
from fleetfeed.model.inbox import INBOX
from fleetfeed.model.layout import PostPath, classify
from fleetfeed.model.post_reader import read_request
from fleetfeed.model.server import QUEUE_REF
from fleetfeed.repo.location import Where
from fleetfeed.repo.repository import Repo as Judged
from fleetfeed.writing.api import FeedStore
from fleetfeed.writing.retry import RetryPolicy

KEPT = f"FF507 {MAP} is kept for ORA-02 by CMB-0002, in line with TURN 1 before"
BOOK_KEPT = f"FF507 {BOOK} is kept for ORA-02 by {ELEVEN}, in line with TURN 1 before"
NEXT = "FF506 the next place in line for"

FILES = {
    **{name: (files, KEPT) for name, files in JUMPS.items()},
    **{f"a number: {name}": (files, NEXT) for name, files in NUMBERS.items()},
    "who has it lets it go and takes it for another item": (
        then(TEN, 2, "CAMBER-06", "DONE") | taken(BOOK, seat="CAMBER-06"),
        BOOK_KEPT,
    ),
}
"""What is laid over the feed, and what is said of that."""

WHERE = Where("feed", MAIN, None, None, None)


def direct(server):
    server.install("--no-queue")


def queued(server):
    """It has one."""


def inbox(server):
    server.disarm()
    policy = server.holds("feed/policy.yaml", "main")
    server.rewrite(f"{policy}queue: inbox\n")


def _world(make):
    @pytest.fixture(scope="module")
    def world(fleet_template, tmp_path_factory):
        fleet = fleet_template.copy(tmp_path_factory.mktemp("line") / "fleet")
        return World.of(fleet, make)

    return world


at_server, at_queue, at_inbox = map(_world, (direct, queued, inbox))


def built(world, name):
    """The commit of a row, on the feed as it is, and what is said of it."""
    files, says = FILES[name]
    return world.builder.commit(files, world.tip), says


def told(verdict):
    """What refuses, and why."""
    return "\n".join(f"{f.code} {f.message}" for f in verdict.findings if f.rejects)


@contextmanager
def on_server(world):
    """The server's repository, with what a clone has made."""
    store = f"{world.seat.folder}/.git/objects"
    server = world.fleet.server
    beside = {**server.environment, "GIT_ALTERNATE_OBJECT_DIRECTORIES": store}
    repo = Judged(Git(server.folder, beside))
    try:
        yield repo
    finally:
        repo.objects.close()


# By files, as git brings them.


@pytest.mark.parametrize("name", FILES)
def test_the_hook_refuses_it(at_server, name):
    commit, says = built(at_server, name)
    moved = [(at_server.tip, commit, MAIN)]
    verdict = received(at_server.fleet.server, at_server.seat, moved)
    assert says in told(verdict)
    assert verdict.refused


@pytest.mark.parametrize("name", FILES)
def test_a_push_is_refused(at_server, name):
    commit, says = built(at_server, name)
    pushed = at_server.pushed(commit)
    assert (pushed.ok, says in pushed.said) == (False, True), pushed
    assert at_server.left_as_it_was()


@pytest.mark.parametrize("name", FILES)
def test_the_queue_refuses_it(at_queue, name):
    commit, says = built(at_queue, name)
    with on_server(at_queue) as repo:
        leases = ServerLeases(repo)
        (answer,) = judge_queue(
            repo, WHERE, at_queue.tip, [Pushed(commit)], leases
        ).answers
    assert says in told(answer.verdict)
    assert answer.landed is None


@pytest.mark.parametrize("name", FILES)
def test_a_push_to_the_queue_is_refused(at_queue, name):
    commit, says = built(at_queue, name)
    pushed = at_queue.pushed(commit, QUEUE_REF)
    assert (pushed.ok, says in pushed.said) == (False, True), pushed
    assert at_queue.left_as_it_was()


def test_where_nobody_keeps_the_time_who_lands_for_others_lands_none_of_it(at_inbox):
    """All of it waits in the inbox, and comes before what is lawful."""
    commits = [built(at_inbox, name)[0] for name in FILES]
    for number, commit in enumerate(commits):
        assert at_inbox.pushed(commit, f"{INBOX}{number:016x}").ok
    at_inbox.fleet.seat("ORA-07").fleetfeed(
        "note", "--body", "lawful", "--timeout", "15m"
    )
    line = at_inbox.fleet.server.line("rev-list", f"{at_inbox.tip}..main").split()
    assert line
    assert not {*line} & {*commits}
    changed = at_inbox.fleet.server.line("diff", "--name-only", at_inbox.tip, "main")
    assert re.fullmatch(r"feed/notes/\S+", changed)
    with on_server(at_inbox) as repo:
        nobody = ServerLeases(repo, lambda: None)
        pushes = [Pushed(commit) for commit in commits]
        queued = judge_queue(repo, WHERE, at_inbox.tip, pushes, nobody)
    for name, answer in zip(FILES, queued.answers, strict=True):
        says = FILES[name][1].replace("FF507", "FF501")
        assert says in told(answer.verdict), name


# By commits of other shapes.


def merged(w):
    side = w.builder.commit(taken(), w.start)
    return w.builder.commit(taken(), w.tip, side), MAIN


def merged_unchanged(w):
    """A merge that brings nothing but what its side has, from before the line."""
    side = w.builder.commit(taken(), w.start)
    return w.builder.commit(taken(), side, w.tip, base=w.tip), MAIN


def one_post_a_commit(w):
    """First a place behind the others, then the claim."""
    place, begun = JUMPS["a place and the claim in one push"].items()
    first = w.builder.commit(dict([place]), w.tip)
    return w.builder.commit(dict([begun]), first), MAIN


TAKEN_AND_DONE = taken() | then(NEW, 2, "ORA-04", "DONE")


def taken_and_done(w):
    """Nothing is held behind it, and all the same it was."""
    return w.builder.commit(TAKEN_AND_DONE, w.tip), MAIN


def built_on_older(w):
    """By what was there, nobody was in line: the queue puts it upon the newest."""
    return w.builder.commit(taken(), w.start), QUEUE_REF


def under_another_number(w):
    """Its number is taken, and any will do: the queue gives it another."""
    files = {path("CMB-0002"): taken()[path(NEW)].replace(NEW, "CMB-0002")}
    message = "x\n\nAny-Number: CMB-0002"
    return w.builder.commit(files, w.start, message=message), QUEUE_REF


SHAPES = {
    "at_server": (merged, merged_unchanged, one_post_a_commit, taken_and_done),
    "at_queue": (merged, one_post_a_commit, built_on_older, under_another_number),
}


@pytest.mark.parametrize(
    ("where", "made"),
    [(where, made) for where, several in SHAPES.items() for made in several],
    ids=lambda each: getattr(each, "__name__", each),
)
def test_a_commit_of_another_shape_is_refused(request, where, made):
    world = request.getfixturevalue(where)
    pushed = world.pushed(*made(world))
    assert (pushed.ok, KEPT in pushed.said) == (False, True), pushed
    assert world.left_as_it_was()


def test_who_lets_go_and_who_jumps_in_one_batch(at_queue):
    """Of three that wait, the first is done, the second no one in line, the third is."""
    done = then(TEN, 2, "CAMBER-06", "DONE")
    jump, first = taken(BOOK), then(ELEVEN, 2, "ORA-02", no_overlap_proof="my turn")
    commits = [
        at_queue.builder.commit(each, at_queue.tip) for each in (done, jump, first)
    ]
    with on_server(at_queue) as repo:
        pushes = [Pushed(commit) for commit in commits]
        leases = ServerLeases(repo)
        answers = judge_queue(repo, WHERE, at_queue.tip, pushes, leases).answers
    assert [bool(each.landed) for each in answers] == [True, False, True]
    assert BOOK_KEPT in told(answers[1].verdict)


def test_through_the_hooks_of_a_clone(at_server):
    """Nobody keeps the time there, so they only say what the server will refuse."""
    seat = at_server.fleet.seat("ORA-08")
    seat.git("pull", "-q")
    seat.write(path(NEW), post(**{**_fields(taken()), "seat": "ORA-08"}))
    said = seat.commit().said
    assert (KEPT.replace("FF507 ", "FF501 warning: ") in said) is True, said
    pushed = seat.push(ok=None)
    assert (pushed.ok, KEPT in pushed.said) == (False, True), pushed
    assert at_server.left_as_it_was()


def _fields(files):
    (text,) = files.values()
    return {name.lower(): value for name, value in _read(text).items()}


def _read(text):
    read, _ = read_request(text.encode(), "x")
    return read


# By commands.


def new(*keys, verb=("claim", "--new", "CMB")):
    surfaces = (word for key in keys for word in ("--surface", key))
    return (*verb, "--subject", "x", *surfaces, "--proof", PROOF["no_overlap_proof"])


PROVEN = ("--proof", PROOF["no_overlap_proof"])
BY_COMMAND = {
    "a claim": ("ORA-04", new(MAP), KEPT),
    "another spelling": ("ORA-04", new("camber:File:SRC/MAP.ts"), KEPT),
    "another name of the family": ("ORA-04", new("CAMBER:datei:src/map.ts"), KEPT),
    "a wider key": ("ORA-04", new("CAMBER:file:src"), KEPT),
    "a narrower key": ("ORA-04", new(f"{MAP}:legend"), KEPT),
    "one of several keys": ("ORA-04", new("CAMBER:file:a", MAP), KEPT),
    "a reservation": ("ORA-04", new(MAP, verb=("reserve", "CMB")), KEPT),
    "a hold": (
        "ORA-04",
        (*new(MAP, verb=("hold", "--new", "CMB")), "--", "true"),
        KEPT,
    ),
    "the second in line": ("ORA-03", ("claim", "CMB-0003", *PROVEN), KEPT),
    "the place of another line": (
        "ORA-04",
        ("claim", "CMB-0004", "--surface", MAP, *PROVEN),
        KEPT,
    ),
    "what is done, reopened": (
        "CAMBER-06",
        ("claim", "CMB-0001", "--reason", "not done", *PROVEN),
        KEPT,
    ),
    "a steward": ("FLEET-01", (*new(MAP), "--reason", "I say so"), KEPT),
    "a takeover that takes the map too": (
        "ORA-04",
        ("claim", TEN, "--reason", "silent", "--surface", MAP, *PROVEN),
        KEPT,
    ),
    "who has it parks it for another item": (
        "CAMBER-06",
        (*new(BOOK), "--park", TEN),
        BOOK_KEPT,
    ),
    "a place and the claim in one batch": (
        "ORA-04",
        ("append", "--post", "place.yaml", "--post", "begun.yaml"),
        KEPT,
    ),
    "two items in one batch": (
        "ORA-04",
        ("append", "--post", "aside.yaml", "--post", "claim.yaml"),
        KEPT,
    ),
    "a number of one's own": ("ORA-04", ("append", "--post", "first.yaml"), NEXT),
}
ITS_FILES = {
    "place.yaml": f"ITEM: {NEW}\nSTATE: PARKED\nSUBJECT: x\nTURN: 3\n"
    f"SURFACE_KEY: {MAP}\nNO_OVERLAP_PROOF: {PROOF['no_overlap_proof']}\n",
    "begun.yaml": f"ITEM: {NEW}\nSTATE: IN_PROGRESS\n"
    f"NO_OVERLAP_PROOF: {PROOF['no_overlap_proof']}\n",
    "aside.yaml": f"ITEM: {NEW}\nSTATE: IN_PROGRESS\nSUBJECT: x\n"
    "SURFACE_KEY: CAMBER:file:a\nNO_OVERLAP_PROOF: nobody is at a\n",
    "claim.yaml": f"ITEM: CMB-0006\nSTATE: IN_PROGRESS\nSUBJECT: x\n"
    f"SURFACE_KEY: {MAP}\nNO_OVERLAP_PROOF: {PROOF['no_overlap_proof']}\n",
    "first.yaml": f"ITEM: {NEW}\nSTATE: PARKED\nSUBJECT: x\nTURN: 1\n"
    f"SURFACE_KEY: {MAP}\nNO_OVERLAP_PROOF: {PROOF['no_overlap_proof']}\n",
}


@pytest.fixture(scope="module")
def desks(at_server, at_queue):
    return [_desk(world.fleet.seat("ORA-09")) for world in (at_server, at_queue)]


def _desk(repo):
    for name, text in ITS_FILES.items():
        repo.write(name, text)
    return Desk("", repo, repo.folder)


def jumped(desk, name):
    """What a command answers that must not end well, and has to say who is before."""
    seat, words, says = BY_COMMAND[name]
    said = Desk(seat, desk.seat, desk.folder)(*words, "--seat", seat, code=1).said
    assert says in re.sub(r"^.*?(FF50[67])", r"\1", said, flags=re.MULTILINE), said


@pytest.mark.parametrize("name", BY_COMMAND)
def test_a_command_is_refused(desks, at_server, at_queue, name):
    for desk, world in zip(desks, (at_server, at_queue), strict=True):
        jumped(desk, name)
        assert world.left_as_it_was()


# In tables.


@pytest.fixture
def tables(postgres):
    """The same line in a database, all of it written by the library."""
    world = InTables(
        made(postgres.url()),
        postgres.connect(),
        f"ref: refs/heads/main\nleases: {{{TURN}}}\n{POLICY}",
    )
    for files in (HELD | BOOKED, DONE):
        by_library(postgres.url(), files)
    return world


def by_library(url, files):
    """Append what `files` say, as a program does."""
    ledger = PostgresFleet(url)
    try:
        rows = [
            (
                kind.item,
                kind.number - 1,
                {n: v for n, v in _read(t).items() if n != "ITEM"},
            )
            for kind, t in (
                (classify(p.removeprefix("feed/")), t) for p, t in files.items()
            )
            if isinstance(kind, PostPath)
        ]
        return FeedStore(ledger, RetryPolicy(30)).append_all(
            [Append(*row) for row in rows]
        )
    finally:
        ledger.close()


def test_nobody_jumps_in_tables(tables, postgres, tmp_path):
    before = tables.contents()
    for name, (files, says) in FILES.items():
        with pytest.raises(Refused) as refused:
            by_library(postgres.url(), files)
        found = [f"{f.code} {f.message}" for f in refused.value.findings]
        assert says in "\n".join(found), (name, found)
        assert tables.contents() == before, name
    repo = Repo.init(tmp_path / "seat")
    repo.git("config", "fleetfeed.ledger", postgres.url())
    desk = _desk(repo)
    for name in BY_COMMAND:
        jumped(desk, name)
        assert tables.contents() == before, name


NEXT_CLAIM = of(NEWER, claim(MAP, seat="ORA-05", **PROOF))


def test_in_tables_who_comes_behind_their_turns_passes_them(tables, postgres):
    """Also by one write that lets it go again."""
    over = "UPDATE fleetfeed.item SET free_since = now() - interval '1 hour'"
    postgres.connect().execute(over)
    assert by_library(postgres.url(), TAKEN_AND_DONE).post.item == NEW
    assert by_library(postgres.url(), NEXT_CLAIM).post.item == NEWER


def test_who_calls_the_function_by_hand_is_seen_and_not_stopped(tables, postgres):
    """The database reads no YAML and no rules: see `docs/postgres.md`, Roles."""
    ledger = PostgresFleet(postgres.url())
    before = ledger.read(30).feed
    files = {p.removeprefix("feed/"): t.encode() for p, t in taken().items()}
    unjudged = document(before, before.with_files(files), files, "x", "")
    by_hand = postgres.connect(options="-csearch_path=fleetfeed")
    call = "SELECT append_if(%s, %s) ? 'accepted'"
    answer = by_hand.execute(call, (unjudged.text, list(unjudged.data))).fetchone()
    ledger.close()
    assert answer == (True,)
    who = "SELECT role FROM fleetfeed.append ORDER BY id DESC LIMIT 1"
    assert tables.rows(who) == [("postgres",)]
