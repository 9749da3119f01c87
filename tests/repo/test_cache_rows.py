"""Items and summaries as text and back; a text that has changed is none."""

import pytest
from feed.gen_items import items
from hypothesis import given
from hypothesis import strategies as st

from fleetfeed.feed.codec import item_from_text, item_to_text
from fleetfeed.feed.summary import Summary, SummaryRow
from fleetfeed.model.item import Item
from fleetfeed.model.names import ItemId, parse
from fleetfeed.repo.cache_file import Row, row_of, summary_of
from fleetfeed.util.records import replace

ids = st.builds(
    ItemId,
    st.sampled_from(["CMB", "X1"]),
    st.integers(1, 9) | st.integers(990, 10**9 - 1),
)
any_item = items(ids.map(str))
trees = st.sampled_from(["a" * 40, "b" * 64, "0" * 40])
places = st.builds(
    lambda i, tree: SummaryRow(parse(i.id), i, tree), any_item, trees
) | st.builds(SummaryRow, ids, st.none(), trees)


@given(any_item)
def test_an_item_is_one_line_and_comes_back(item):
    text = item_to_text(item)
    assert text.isascii()
    assert text.isprintable()
    back = item_from_text(text)
    assert back == item
    # Keys are equal where their parts are; what was written comes back, too.
    assert [k.text for k in back.held] == [k.text for k in item.held]


def test_every_field_of_an_item_is_in_its_line():
    """A field that is added and left out of the text would be lost: see `MEANING`."""
    from feed.gen_full_item import FULL

    bare = Item(FULL.id)
    same = [n for n in Item.__match_args__ if getattr(FULL, n) == getattr(bare, n)]
    assert same == ["id"]
    assert item_from_text(item_to_text(FULL)) == FULL


def of(rows):
    """The summary of `rows`: of places with one id, the last."""
    return Summary.of({place.id: place for place in rows}.values())


@given(st.lists(places, max_size=6))
def test_a_summary_comes_back(rows):
    summary = of(rows)
    row = row_of("CMB/001", "f" * 40, summary)
    assert row.sound
    back = summary_of(row)
    assert back.facts == summary.facts
    assert [hold.text for hold in back.holds] == [hold.text for hold in summary.holds]


@given(st.lists(places, min_size=1, max_size=3), st.data())
def test_a_changed_character_is_noticed(rows, data):
    row = row_of("", "f" * 40, of(rows))
    name = data.draw(st.sampled_from(["path", "id", "held", "open", "taken"]))
    text = getattr(row, name)
    at = data.draw(st.integers(0, max(len(text) - 1, 0)))
    other = data.draw(st.characters())
    changed = text[:at] + other + text[at + 1 :]
    assert replace(row, **{name: changed}).sound == (changed == text)
    assert not replace(row, **{name: text + other}).sound


@given(st.lists(places, min_size=1, max_size=2))
def test_every_flipped_bit_is_noticed(rows):
    row = row_of("", "f" * 40, of(rows))
    data = row.open.encode()
    for at in range(len(data)):
        for bit in (1, 32, 128):
            flipped = data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :]
            assert not replace(row, open=flipped.decode("utf-8", "replace")).sound


@pytest.mark.parametrize("seal", [None, 0, "x", b"x", 1.5, -1])
def test_a_row_without_its_check_is_none(seal):
    row = row_of("", "f" * 40, Summary())
    assert row.sound
    assert not replace(row, seal=seal).sound
    assert not Row(None, None, None, None, None, seal).sound


@given(
    st.lists(places, max_size=6),
    st.lists(places, max_size=4),
    st.lists(ids, max_size=3),
)
def test_a_changed_summary_is_that_of_what_is_there(before, new, gone):
    were = {place.id: place for place in before}
    come = {place.id: place for place in new}
    left = {id_: place for id_, place in were.items() if id_ not in gone}
    changed = Summary.of(were.values()).changed(gone, come.values())
    assert changed.facts == Summary.of({**left, **come}.values()).facts


@given(st.lists(places, max_size=8), st.integers(0, 8))
def test_two_parts_are_the_whole(rows, at):
    there = list({place.id: place for place in rows}.values())
    whole = Summary.of(there[:at]) | Summary.of(there[at:])
    assert whole.facts == Summary.of(there).facts
