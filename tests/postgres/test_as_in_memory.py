"""Any history of writes, on tables and in memory at once: the same answers, the same feed.

The tables are asked as far as somebody looks, and a plain feed is a tree that is walked.
Nothing that a judge, a command or a reader asks may tell the two apart.
"""

import re
from collections import Counter
from dataclasses import dataclass, field

import pytest
from hostile.corpus import FINE, HOSTILE, SLIPS
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)
from postgres.gen_ledgers import InTables, made

from fleetfeed.feed.diff import changes
from fleetfeed.feed.surface_index import Hold
from fleetfeed.feed.tree import FeedTree
from fleetfeed.lease.lease import signs_of_life, standing
from fleetfeed.ledger.base import Accepted
from fleetfeed.ledger.contract import Append, Conflict, NotFound, Ok
from fleetfeed.ledger.memory import MemoryLedger
from fleetfeed.model import layout, post_writer
from fleetfeed.model.errors import FleetfeedError
from fleetfeed.model.liveness import Lapse
from fleetfeed.model.surface import SurfaceKey
from fleetfeed.writing import transaction
from fleetfeed.writing.api import FeedStore
from fleetfeed.writing.idempotency import ExpectedPost, WriteRequest

SEATS = ("FLEET-01", "CAMBER-06", "ORA-02", "ORA-02/task")
ITEMS = ("CMB-0001", "CMB-0002", "CMB-0003", "CMB-0010", "ORA-0001")
KEYS = (
    *("A", "A:b", "A:b:c", "a:B:C:d", "A:b:c/d", "A:b:e", "A:b:e_f", "A:b:ef.py"),
    *("B:b:c", "C:bb:c", "A:bb:c", "B:x:jobs", "B:x:job", "B:x:job/one", "B:x:job/two"),
    *("A:b:straße", "A:b:STRASSE", "A:b:cafe\u0301", "A:b:caf%C3%A9", "none", "A::b"),
)  # fmt: skip
STATES = ("AWAITING_CLAIM", "IN_PROGRESS", "IN_PROGRESS", "IN_PROGRESS", "BLOCKED")
ENDED = ("PARKED", "DONE", "CANCELLED", "FAILED", "RUNNING")
PROOFS = (
    *("", "nobody else", "CMB-0001 and CMB-0002 and CMB-0003 are others"),
    *("COLLIDE-WITH-CMB-0001", "CMB-0001 CMB-0002 CMB-0003 CMB-0010 ORA-0001"),
)  # fmt: skip
LONG = "a very long text"
ODD = ("a\0b", "\ud800", LONG, "\u202eevil", "☃", "a\nb", "a: b", "'", "\\", "")
POLICIES = (
    "stewards: [FLEET-01]\n",
    "stewards: [FLEET-01]\nproof: reject\nsurface: required\n",
    "families: {b: {lane: any}, x: {paths: true}}\naliases: {bb: b}\n",
    "families: {b: {}, c: {}}\nunknown_family: reject\n",
    "stewards: [ORA-*]\naliases: {bb: b}\nlanes: {A: {seats: [CAMBER-*]}, B: {}, C: {}}\n",
    "no: policy\n",
)  # fmt: skip

FILES = tuple(row.data for row in (*HOSTILE, *SLIPS, *FINE))


def often(usual, *others):
    return st.sampled_from([usual] * 4 + list(others))


posts = st.fixed_dictionaries(
    {"STATE": st.sampled_from([*STATES, *STATES, *ENDED]), "SEAT": st.sampled_from(SEATS)},
    optional={
        "SUBJECT": often("a piece of work", *ODD),
        "SURFACE_KEY": st.one_of(
            st.sampled_from(KEYS),
            st.lists(st.sampled_from(KEYS), min_size=1, max_size=3).map(tuple),
        ),
        "NO_OVERLAP_PROOF": st.sampled_from(PROOFS),
        "OWNER": st.sampled_from(SEATS),
        "REASON": often("agreed by all", *ODD),
        "PRIORITY": often("3", "0", "99", "100"),
        "LEASE": often("2h", "none", "3d", "soon"),
        "DEPENDS_ON": st.lists(st.sampled_from(ITEMS), max_size=3).map(tuple),
        "PARENT": st.sampled_from(ITEMS),
        "REPAIRS": often("1", "9"),
        "EPOCH": often("1", "0", "7"),
        "X": st.sampled_from(ODD),
    },
)  # fmt: skip
ops = st.one_of(
    st.none(), st.sampled_from([f"op-{n}" for n in range(4)]), often("new", *ODD)
)


@dataclass(frozen=True)
class Meant:
    """A post for an item, `off` from the number that is right."""

    item: str
    post: dict = field(hash=False)
    off: int


meant = st.builds(Meant, st.sampled_from(ITEMS), posts, often(0, 0, 0, -1, 1))


class InStep(MemoryLedger):
    """In memory, and as if each sign of life were of this moment."""

    def signs(self, tip):
        feed = tip.feed

        def sign(item):
            now = feed.item(item)
            if not now.active:
                return Lapse.UNKNOWN
            rows = signs_of_life(item, feed.posts(item), feed.rules)
            longest = max(float(r.seconds or "inf") for r in rows)
            return standing(longest, 0.0, feed.rules.leases.grace)

        return sign


class Both(RuleBasedStateMachine):
    """`tables` makes a feed in a database, `seen` counts what was answered."""

    seen: Counter

    def __init__(self):
        super().__init__()
        self.world = self.tables()
        memory = InStep(POLICIES[0].encode())
        self.ledgers = (self.world.ledger(), memory)
        self.number = 0
        self.since = None

    @rule(wanted=st.lists(meant, min_size=1, max_size=3), op=ops)
    def append(self, wanted, op):
        self.number += 1
        op = f"new-{self.number}" if op == "new" else op
        feed, counts, appends = self.ledgers[1].read(0).feed, Counter(), []
        for each in wanted:
            now = feed.item(each.item)
            expected = max(0, now.newest + counts[each.item] + each.off)
            counts[each.item] += 1
            post = {n: _long(value) for n, value in each.post.items()}
            if not now.newest:
                post.setdefault("SUBJECT", "a piece of work")
            appends.append(Append(each.item, expected, post))
        first = appends[0]
        known = {"OP": op if op is not None else f"own-{self.number}"}
        appends[0] = Append(first.item, first.expected, {**first.post, **known})
        self.both(lambda ledger: FeedStore(ledger).append_all(appends))

    @rule(prefix=st.sampled_from(["CMB", "ORA", "NEW", "cmb"]), post=posts)
    def reserve(self, prefix, post):
        self.number += 1
        given = {"SUBJECT": "more", **post, "OP": f"own-{self.number}"}
        given["STATE"] = "AWAITING_CLAIM"
        self.both(lambda ledger: FeedStore(ledger).reserve(prefix, given))

    @rule(seat=st.sampled_from(SEATS), proof=st.sampled_from(PROOFS))
    def next(self, seat, proof):
        self.number += 1
        given = {"SEAT": seat, "NO_OVERLAP_PROOF": proof, "OP": f"own-{self.number}"}
        self.both(lambda ledger: FeedStore(ledger).next(given))

    @rule(about=st.sampled_from(["", *ITEMS]), month=st.integers(1, 4))
    def note(self, about, month):
        self.number += 1
        op = f"own-{self.number}"
        at = f"2026-{month:02d}-20T12:00:00Z"
        given = {"SEAT": "CAMBER-06", "BODY": "a remark", "OP": op, "AT": at}
        given |= {"ITEM": about} if about else {}
        plan = WriteRequest(
            op,
            lambda _: (post_writer.note(given, f"{self.number:04x}"),),
            fresh=False,
            expected=(ExpectedPost(given),),
        )
        self.both(
            lambda ledger: transaction.write(ledger, plan, FeedStore(ledger).retry)
        )

    @rule(item=st.sampled_from(ITEMS), row=st.integers(0, len(FILES) - 1))
    def land(self, item, row):
        """What no judge has seen lands, as in a feed that was imported."""
        number = self.ledgers[1].read(0).feed.item(item).newest + 1
        files = {layout.post_path(item, number): FILES[row]}
        for ledger in self.ledgers:
            tip = ledger.read(9)
            assert isinstance(ledger.swap(tip, files, "landed", 9), Accepted)

    @rule(policy=st.sampled_from(POLICIES))
    def legislate(self, policy):
        """Where two hold what becomes one surface, the tables say no."""
        done = [self._legislated(ledger, policy) for ledger in self.ledgers[:1]]
        if done == [True]:
            assert self._legislated(self.ledgers[1], policy)

    def _legislated(self, ledger, policy):
        files = {"policy.yaml": policy.encode()}
        ended = ledger.swap(ledger.read(9), files, "policy", 9)
        return isinstance(ended, Accepted)

    def both(self, act):
        told, plain = (answer(act, ledger) for ledger in self.ledgers)
        self.seen[plain[0]] += 1
        assert told == plain, f"{told!r:.900}\n{plain!r:.900}"

    @invariant()
    def the_same_feed(self):
        there, plain = (ledger.read(9).feed for ledger in self.ledgers)
        assert self.world.contents() == shown(plain)
        asked = facts(there), facts(plain)
        for mine, theirs in zip(*asked, strict=True):
            assert mine == theirs, f"{mine!r:.900}\n{theirs!r:.900}"

    def teardown(self):
        self.world.close()


def _long(value):
    """What stands for a long text is one: hypothesis would show it in full."""
    return "x" * 70_000 if value == LONG else value


def answer(act, ledger):
    """What a write says, in words."""
    try:
        said = act(ledger)
    except FleetfeedError as error:
        found = tuple(f.sentence for f in getattr(error, "findings", ()))
        return type(error).__name__, told(str(error)), tuple(map(told, found))
    if isinstance(said, Ok):
        posts = [(post.path, dict(post.fields)) for post in said.posts]
        warned = tuple(told(found.sentence) for found in said.warnings)
        return "Ok", said.again, posts, warned
    assert isinstance(said, Conflict | NotFound)
    return type(said).__name__, said


def told(text):
    """A sentence without the seconds that passed meanwhile."""
    return re.sub(r"\d+ (s|seconds|min|minutes|h|hours)\b", "N", text)


def shown(feed):
    """The bytes of each file, by its path."""
    nothing = FeedTree(feed.tree.store, None, feed.tree.folder)
    rows = changes(nothing, feed.tree)
    return {row.path: feed.tree.content(row.new, row.path) for row in rows}


def facts(feed):
    """What can be asked of a feed, one after the other."""
    found = feed.lives(0)
    yield sorted((life.item, life.phases) for life in found.lives), found.undated
    families = feed.rules.families
    for item in (*ITEMS, "NEW-0001", "CMB-0011"):
        now = feed.item(item)
        yield item, now, feed.posts(item), feed.post_numbers(item)
        yield feed.posts(item, {1, now.newest}), feed.posts(item, ())
        yield [feed.post(item, number) for number in range(now.newest + 2)]
        yield item, feed.notes.about(item)
    yield "holders", held(feed.holders)
    yield "resting", held(feed.resting)
    yield "open", feed.open
    for name in ("DEPENDS_ON", "PARENT", "OWNER", "REASON"):
        yield name, feed.keeping(name)
    for prefix in ("CMB", "ORA", "NEW", "XXX"):
        yield prefix, list(feed.numbers(prefix)), feed.highest(prefix)
    yield "items", sorted(item.id for item in feed.items)
    yield "notes", feed.notes.items, feed.notes.newest_items
    for op in ("op-0", "op-1", "own-1", "own-2", "nobody's"):
        yield op, feed.posts_by_op(op)
    for text in KEYS:
        key = SurfaceKey.of(text)
        yield text, held(feed.holders.under(families).overlapping(key))
        yield text, feed.neighbours.under(families).near([key])
    yield "policy", feed.policy


def held(holds):
    return sorted(tuple(hold) for hold in holds if isinstance(hold, Hold))


SURELY = {"Ok", "Conflict", "Refused", "Held", "NotFound"}


@pytest.fixture
def tables(postgres):
    url, admin = made(postgres.url()), postgres.connect()
    return lambda: InTables(url, admin, POLICIES[0])


@pytest.mark.timeout(1800)
def test_any_history_is_answered_alike(tables, stress):
    machine = type("Both", (Both,), {"tables": staticmethod(tables), "seen": Counter()})
    steps = settings(
        stateful_step_count=40 if stress else 20,
        max_examples=200 if stress else 5,
        phases=[Phase.generate],
        report_multiple_bugs=False,
    )
    run_state_machine_as_test(machine, settings=steps)
    print(dict(machine.seen))
