"""One active owner per surface, after any sequence of pushes that the judge accepts.

Pushes are made at random: claims, releases, moves to another key, lists, parts of one
another's surfaces, reopening, several items at once. What an item holds afterwards is
worked out here a second time, from the design and in a few lines (`Model`), so that
fold, index and judge cannot be wrong together.
"""

from collections import Counter
from dataclasses import dataclass, field

import pytest
from harness import path, post
from hypothesis import HealthCheck, Phase, assume, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from fleetfeed.feed.overlay import from_files
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.judge.validate import validate
from fleetfeed.model.findings import refuses
from fleetfeed.model.item import Item, apply_post, fold
from fleetfeed.model.liveness import Lapse
from fleetfeed.model.policy import Policy
from fleetfeed.model.post_reader import read_post

ITEMS = ["CMB-0001", "CMB-0002", "CMB-0003", "ORA-0001"]
SEATS = ["FLEET-01", "FLEET-01", "FLEET-01", "CAMBER-06", "ORA-02", "ORA-02/task"]
STATES = ["AWAITING_CLAIM", "IN_PROGRESS", "IN_PROGRESS", "BLOCKED", "PARKED", "DONE"]
KEYS = [
    "A:b:c",
    "a:B:C",
    "A:b:c:d",
    "A:b:c/d",
    "A:b:e",
    "A:b:c_f",
    "A:b:c-f:g",
    "B:b:c",
]
POLICY = Policy(stewards=("FLEET-01",))
ACTIVE = {"AWAITING_CLAIM", "IN_PROGRESS"}


@dataclass(frozen=True)
class Move:
    """What a seat means to post; number and EPOCH come from the feed."""

    item: str
    seat: str
    state: str
    keys: tuple[str, ...] | None
    owner: str | None


keys = st.one_of(
    st.none(),
    st.just(("none",)),
    st.lists(st.sampled_from(KEYS), min_size=1, max_size=2).map(tuple),
    st.lists(st.sampled_from(KEYS), min_size=1, max_size=1).map(tuple),
)
moves = st.builds(
    Move,
    st.sampled_from(ITEMS),
    st.sampled_from(SEATS),
    st.sampled_from(STATES),
    keys,
    st.one_of(st.none(), st.none(), st.sampled_from(SEATS)),
)
pushes = st.lists(st.lists(moves, min_size=1, max_size=3), min_size=6, max_size=12)


def normal(key):
    """A key's segments, after design section 5."""
    return tuple(key.lower().replace("_", "-").replace("/", ":").split(":"))


@dataclass
class Model:
    """State and keys of each item, and nothing else."""

    state: dict[str, str] = field(default_factory=dict)
    keys: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def after(self, push):
        new = Model(dict(self.state), dict(self.keys))
        for move in push:
            new.state[move.item] = move.state
            if move.keys is not None:
                new.keys[move.item] = () if move.keys == ("none",) else move.keys
        return new

    def held(self):
        """(segments, item) of all that is held."""
        active = [item for item, state in self.state.items() if state in ACTIVE]
        return {(normal(k), item) for item in active for k in self.keys.get(item, ())}

    def shared(self):
        """Pairs of different items that hold surfaces of which one contains the other."""
        held = self.held()
        return [
            (one, two)
            for one, mine in held
            for two, theirs in held
            if mine != theirs and two[: len(one)] == one
        ]


def written(files, push):
    """`files` and the posts of `push`, numbered, with the epoch that each must carry."""
    files = dict(files)
    for move in push:
        known = [files[p] for p in sorted(files) if f"/{move.item}/" in f"/{p}"]
        now = Item(move.item)
        for number, data in enumerate(known, 1):
            now = apply_post(now, read_post(data, "p", move.item, number))
        number = len(known) + 1
        text = _text(move, None)
        epoch = apply_post(now, read_post(text, "p", move.item, number)).epoch
        files[path(move.item, number, "").lstrip("/")] = _text(move, epoch or None)
    return files


def _text(move, epoch):
    return post(
        item=move.item,
        state=move.state,
        seat=move.seat,
        owner=move.owner,
        surface_key=list(move.keys) if move.keys else None,
        no_overlap_proof=f"other files than {' '.join(ITEMS)}",
        reason="because",
        epoch=epoch,
    ).encode()


def judge(before, after):
    return validate(before, after, POLICY, lambda _: Lapse.LAPSED)


def play(pushes, judge=judge, count=None):
    """The model and the feed after each accepted push."""
    count = Counter() if count is None else count
    model, files, before = Model(), {}, Snapshot(from_files({}))
    for push in pushes:
        proposed = written(files, push)
        after = Snapshot(from_files(proposed), before.cache)
        found = judge(before, after)
        count["pushes"] += 1
        count.update({f"refused by {f.code}" for f in found if f.rejects})
        if refuses(found):
            continue
        count["accepted"] += 1
        model, files, before = model.after(push), proposed, after
        count["holding two and more"] += len(model.held()) > 1
        yield model, after


def broken(pushes, judge=judge):
    """Whether some surface has two holders after some accepted push."""
    return any(model.shared() for model, _ in play(pushes, judge))


def test_each_surface_has_at_most_one_holder_after_accepted_pushes():
    count = Counter()

    @given(pushes)
    def holds(pushes):
        for model, after in play(pushes, count=count):
            assert model.shared() == []
            held = {(k.parts, item.id) for item in after.items for k in item.held}
            assert held == model.held()

    holds()
    # The property is not about empty feeds and refused pushes.
    assert count["accepted"] > count["pushes"] / 4, count
    assert count["holding two and more"] > count["pushes"] / 100, count
    assert count["refused by FF401"] > count["pushes"] / 100, count


def without(*codes):
    """The judge, deaf to what it says under `codes`."""

    def deaf(before, after):
        return tuple(f for f in judge(before, after) if f.code not in codes)

    return deaf


# The smallest counterexample is not worth its time: any will do.
TRIES = settings(
    max_examples=500,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize(
    "lax", [lambda *_: (), without("FF401")], ids=["no judge", "no collisions"]
)
def test_without_the_judge_the_same_pushes_give_one_surface_two_holders(lax):
    example = find(pushes, lambda p: broken(p, lax), settings=TRIES)
    assert broken(example, lax)
    assert not broken(example)


def test_the_judge_alone_cannot_be_broken_by_as_many_tries():
    with pytest.raises(NoSuchExample):
        find(pushes, broken, settings=settings(TRIES, max_examples=30))


@given(pushes)
def test_what_is_there_is_not_judged_again(pushes):
    files = {}
    for push in pushes:
        files = written(files, push)
    feed = Snapshot(from_files(files))
    assert (
        validate(feed, Snapshot(from_files(files)), POLICY, lambda _: Lapse.UNKNOWN)
        == ()
    )


@given(st.dictionaries(st.text(min_size=1).filter(lambda t: "/" not in t), st.binary()))
def test_no_feed_is_worse_than_itself_however_odd(files):
    named = {name.replace("\0", "0"): data for name, data in files.items()}
    assume(all(name not in (".", "..", ".git") for name in named))
    feed = {**named, "CMB/000/CMB-0001/0001.yaml": b"what: ever\n"}
    one, two = (
        Snapshot(from_files(feed)),
        Snapshot(from_files(dict(reversed(feed.items())))),
    )
    assert validate(one, two, POLICY, lambda _: Lapse.UNKNOWN) == ()


@given(pushes, st.randoms(use_true_random=False))
def test_the_fold_does_not_depend_on_the_order_of_the_files(pushes, dice):
    files = {}
    for push in pushes:
        files = written(files, push)
    mixed = dict(dice.sample(list(files.items()), len(files)))
    one, two = Snapshot(from_files(files)), Snapshot(from_files(mixed))
    assert [*one.items] == [*two.items]
    assert set(one.holders) == set(two.holders)
    for item in one.items:
        posts = list(one.posts(item.id))
        assert (
            fold(item.id, dice.sample(posts, len(posts))) == item == one.item(item.id)
        )
