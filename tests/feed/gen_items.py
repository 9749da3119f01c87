"""Items of any content, as hypothesis makes them."""

from hypothesis import strategies as st

from fleetfeed.model.item import Item, Renewal
from fleetfeed.model.post import State
from fleetfeed.model.surface import SurfaceKey

# What stands in posts is UTF-8, but a line of text must survive anything.
texts = st.text(max_size=12) | st.sampled_from(["\u2028", "a\tb\nc", "\0", '"', "\\"])
keys = st.lists(texts.map(SurfaceKey.of), max_size=3).map(tuple)
renewals = st.builds(Renewal, texts, texts, st.none() | texts, texts)
values = texts | st.lists(texts, max_size=3).map(tuple)


def items(ids):
    """Items with one of `ids`, such as a fold could make them."""
    return st.builds(
        Item,
        id=ids,
        newest=st.integers(0, 9_999_999),
        state=st.none() | st.sampled_from(State),
        seat=texts,
        filer=texts,
        owner=texts,
        holder=texts,
        epoch=st.integers(0, 2**40),
        subject=texts,
        keys=keys,
        ever_held=keys.map(lambda found: frozenset(key.parts for key in found)),
        lease=st.none() | texts,
        op=texts,
        renewals=st.lists(renewals, max_size=3).map(tuple),
        unreadable=st.lists(st.integers(1, 9999), max_size=3).map(tuple),
        unreadable_keys=keys,
        kept=st.dictionaries(texts, values, max_size=3).map(
            lambda d: tuple(sorted(d.items()))
        ),
    )
