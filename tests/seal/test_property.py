"""Random lives, sealed at random moments: every answer is that of a feed without seals.

Two feeds go through the same pushes. In one of them shards are sealed now and then
(whole, or some of their items), and seals are taken apart again, by whoever may. The
judge, asked with the same memo or with none, must say of each push what it says of the
other feed, and of each seal nothing.
"""

import pytest
from harness import path, post
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from seal.gen_feeds import sealed

from fleetfeed.feed.cache import Cache
from fleetfeed.feed.diff import changes
from fleetfeed.feed.overlay import from_files
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.judge.validate import validate
from fleetfeed.model.findings import refuses
from fleetfeed.model.liveness import Lapse
from fleetfeed.model.policy import Policy

POLICY = Policy(stewards=("FLEET-01",), max_gap=3000)
ITEMS = ("CMB-0001", "CMB-0002", "CMB-0999", "CMB-1001", "ORA-0001")
STATES = ("AWAITING_CLAIM", "IN_PROGRESS", "DONE", "DONE", "CANCELLED")
KEYS = (None, None, "A:b:c", "A:b:c:d", "B:b:c", "none")

posts = st.fixed_dictionaries(
    {
        "item": st.sampled_from(ITEMS),
        "state": st.sampled_from(STATES),
        "seat": st.sampled_from(("FLEET-01", "FLEET-01", "CAMBER-06")),
        "surface_key": st.sampled_from(KEYS),
        "no_overlap_proof": st.just("nobody else works on it"),
        "reason": st.sampled_from((None, "it came back", "it came back")),
    }
)
pushes = st.lists(posts, min_size=1, max_size=3).map(lambda made: ("push", made))
torn = st.sampled_from(ITEMS).map(lambda item: ("torn", item))
seals = st.lists(st.sampled_from(ITEMS), min_size=1, max_size=5).map(
    lambda items: ("seal", items)
)
apart = st.just(("apart", None))
histories = st.lists(
    st.one_of(pushes, pushes, pushes, seals, seals, torn, apart),
    min_size=4,
    max_size=14,
)


def shard_of(name):
    return name.rpartition("/")[0].rpartition("/")[0]


def snapshot(files, memo):
    rows = {name.removeprefix("feed/"): data for name, data in files.items()}
    return Snapshot(from_files(rows), memo)


def told(before, after):
    return validate(before, after, POLICY, lambda _: Lapse.UNKNOWN)


class Twins:
    """The posts, as the plain feed has them; which of them are sealed in the other."""

    def __init__(self):
        self.plain, self.sealed = {}, set()
        self.memos = Cache(), Cache()

    def both(self):
        """The plain feed, and the one with seals."""
        rows = {n: d for n, d in self.plain.items() if n not in self.sealed}
        for shard in {shard_of(name) for name in self.sealed}:
            mine = {n: self.plain[n] for n in self.sealed if shard_of(n) == shard}
            rows[f"{shard}.sealed"] = sealed(mine)
        return snapshot(self.plain, self.memos[0]), snapshot(rows, self.memos[1])

    def posts_of(self, *items):
        return {n for item in items for n in self.plain if f"/{item}/" in n}

    def push(self, made):
        """The same posts to both; they go in where both judges let them."""
        before, old = self.both(), self.plain
        self.plain = dict(old)
        for fields in made:
            self._add(fields)
        said, other = map(told, before, self.both())
        assert said == other
        if refuses(said):
            self.plain = old

    def _add(self, fields):
        """One more post, with the number and epoch that it must have."""
        now = snapshot(self.plain, Cache()).item(fields["item"])
        reopens = now.state is not None and now.state.terminal
        raised = fields["state"] == "IN_PROGRESS" or reopens
        subject = None if now.newest else "a piece of work"
        repairs = now.unreadable[-1] if now.unreadable else None
        said = {"epoch": now.epoch + raised or None, "repairs": repairs, **fields}
        text = post(subject=subject, **said)
        self.plain[path(now.id, now.newest + 1)] = text.encode()

    def torn(self, item):
        """An unreadable post slips in on both sides."""
        self.plain[path(item, len(self.posts_of(item)) + 1)] = b"STATE: [\n"

    def seal(self, items):
        """What is over is sealed and nothing is said; what is open is refused."""
        plain, before = self.both()
        over = [item for item in items if item not in plain.summary.open]
        more, was = self.posts_of(*items) - self.posts_of(*over), set(self.sealed)
        if more - was:
            self.sealed = was | more
            assert {each.code for each in told(before, self.both()[1])} == {"FF413"}
        self.sealed = was | self.posts_of(*over)
        self._is_no_change(before)

    def apart(self, _):
        """All seals are taken apart again."""
        before, self.sealed = self.both()[1], set()
        self._is_no_change(before)

    def _is_no_change(self, before):
        after = self.both()[1]
        assert not told(before, after)
        paths = [change.path for change in changes(before.tree, after.tree)]
        assert all(name.endswith(".sealed") for name in paths)

    def compare(self):
        """Every answer, by what is remembered and from nothing."""
        plain, other = self.both()
        for feed in (other, Snapshot(other.tree, Cache())):
            assert feed.summary.facts == plain.summary.facts
            assert list(feed.items) == list(plain.items)
            assert feed.open == plain.open
            assert all(feed.item(item) == plain.item(item) for item in ITEMS)
            assert all(feed.posts(item) == plain.posts(item) for item in ITEMS)
            assert all(feed.highest(p) == plain.highest(p) for p in ("CMB", "ORA"))
        for name, data in self.plain.items():
            assert other.tree.read(name.removeprefix("feed/")) == data


@given(histories)
def test_seals_change_no_answer(history):
    twins = Twins()
    for what, arguments in history:
        getattr(twins, what)(arguments)
        twins.compare()


def played(history):
    """The twins at the end, and what they went through: reopened and sealed again."""
    twins, came = Twins(), set()
    for what, arguments in history:
        sealed_before = twins.sealed
        getattr(twins, what)(arguments)
        items = {name.rpartition("/")[0] for name in sealed_before}
        loose = {n.rpartition("/")[0] for n in twins.plain.keys() - twins.sealed}
        came |= {"beside"} if items & loose else set()
        again = sealed_before and twins.sealed > sealed_before
        came |= {"again"} if again and "beside" in came else set()
    return came


@pytest.mark.parametrize(
    "what", ["beside", pytest.param("again", marks=pytest.mark.large)]
)
def test_such_things_happen(what):
    """What is drawn is not so poor that the property says nothing."""
    few = settings(max_examples=2000, phases=[Phase.generate])
    assert find(histories, lambda drawn: what in played(drawn), settings=few)
