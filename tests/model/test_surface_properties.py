"""Surfaces for every text: one normal form, an order, a symmetric collision."""

from hypothesis import event, given
from hypothesis import strategies as st

from fleetfeed.feed.surface_index import Holders
from fleetfeed.model.item import Item
from fleetfeed.model.post import State
from fleetfeed.model.surface import SurfaceKey, segments
from fleetfeed.model.surface_shape import shape_flaw

texts = st.one_of(
    st.text(st.sampled_from("aAbB:/_- \t.İß")),
    st.text(),
    st.text().map(lambda t: f"A:b:{t}"),
)
# A small alphabet, so that keys often contain each other; `of` normalises.
keys = st.lists(
    st.sampled_from(["a", "b", "A_b", "a-b", "a/b"]), min_size=1, max_size=4
).map(lambda parts: SurfaceKey.of(":".join(parts)))
# Also keys that no rule would let in today: short ones may have landed.
items = st.lists(st.lists(keys, max_size=3, unique=True), min_size=2, max_size=8).map(
    lambda held: [
        Item(f"CMB-{n:04d}", 1, State.IN_PROGRESS, keys=tuple(some))
        for n, some in enumerate(held, 1)
    ]
)


@given(texts)
def test_normalising_twice_is_normalising_once(text):
    once = segments(text)
    assert segments(":".join(once)) == once
    key = SurfaceKey.of(text)
    assert SurfaceKey.of(str(key)) == key


@given(texts)
def test_what_passes_has_a_normal_form_of_three_segments_and_more(text):
    if shape_flaw(text) is None:
        parts = segments(text)
        assert len(parts) >= 3
        assert all(part == part.strip() and part.isprintable() for part in parts)


@given(keys, keys, keys)
def test_containment_is_an_order(one, two, three):
    assert one.contains(one)
    if one.contains(two) and two.contains(one):
        assert one == two
    if one.contains(two) and two.contains(three):
        event("a chain of three")
        assert one.contains(three)


@given(keys, keys)
def test_collision_is_symmetric(one, two):
    assert (
        one.overlaps(two)
        == two.overlaps(one)
        == (one.contains(two) or two.contains(one))
    )


def _named(holds):
    return sorted((item.id, key.parts) for key, item in holds)


def _told(holds):
    return sorted((hold.item, hold.key.parts) for hold in holds)


def _all(items):
    return [(key, item) for item in items for key in item.keys]


@given(items, keys)
def test_the_index_of_holders_agrees_with_looking_at_all_of_them(items, key):
    held, index = _all(items), Holders.of(items)
    overlapping = [hold for hold in held if hold[0].overlaps(key)]
    assert _told(index.overlapping(key)) == _named(overlapping)
    event(f"overlapping: {bool(overlapping)}")


def test_the_generated_holders_do_meet():
    met = {"overlapping": 0, "all": 0}

    @given(items, keys)
    def count(items, key):
        met["all"] += 1
        met["overlapping"] += any(held.overlaps(key) for held, _ in _all(items))

    count()
    assert met["overlapping"] > met["all"] / 10
