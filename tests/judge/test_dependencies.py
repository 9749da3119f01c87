"""Cycles of dependencies: found however long, and blamed on who closes them."""

import pytest
from harness.rows import of_each_kind
from judge.gen_feeds import codes, judged, life

FILED = {"state": "AWAITING_CLAIM"}


def item(number, *depends_on, **more):
    """A filed item, and what it depends on."""
    wanted = [f"CMB-{n:04d}" for n in depends_on]
    given = {"depends_on": wanted} if wanted else {}
    return life({**FILED, **given, **more}, item=f"CMB-{number:04d}")


def later(number, *depends_on):
    """The same item's second post alone."""
    wanted = [f"CMB-{n:04d}" for n in depends_on]
    given = {"depends_on": wanted} if wanted else {}
    files = life(FILED, {**FILED, **given}, item=f"CMB-{number:04d}")
    return dict(list(files.items())[1:])


def test_a_cycle_of_three_is_named_whole():
    (found,) = judged(item(1, 2) | item(2, 3) | item(3), later(3, 1))
    assert found.code == "FF311"
    assert "CMB-0003 -> CMB-0001 -> CMB-0002 -> CMB-0003; " in found.message
    assert found.message.endswith(
        "take CMB-0001 out of DEPENDS_ON, or change what CMB-0002 depends on first"
    )


def test_the_shortest_of_several_ways_is_named():
    before = item(1, 2) | item(2, 3) | item(3, 4) | item(4)
    (found,) = judged(before, later(4, 1, 3))
    assert "CMB-0004 -> CMB-0003 -> CMB-0004; take CMB-0003 out" in found.message


def test_two_new_items_that_wait_for_each_other_are_both_refused():
    assert codes(judged({}, item(1, 2) | item(2, 1))) == ["FF311", "FF311"]


@pytest.mark.parametrize("closed", of_each_kind([True, False], bool))
def test_a_chain_of_ten_thousand_items(closed):
    before = {}
    for number in range(1, 10_000):
        before |= item(number, number + 1)
    found = judged(before, item(10_000, *([1] if closed else [10_001])))
    assert codes(found) == (["FF311"] if closed else [])
    if closed:
        (message,) = (f.message for f in found)
        assert "CMB-0002 -> CMB-0003 -> … (9993 more) -> CMB-9997 -> " in message
        assert len(message) < 300


def test_an_old_cycle_elsewhere_is_not_blamed_on_this_post():
    before = item(1, 2) | item(2, 1) | item(3)
    assert judged(before, later(3, 1)) == ()


def test_an_old_cycle_is_asked_for_only_where_a_post_says_it_again():
    before = item(1, 2) | item(2, 1)
    assert judged(before, later(1)) == ()
    assert codes(judged(before, later(1, 2))) == ["FF311"]
    assert judged(before, later(1, 3)) == ()


def test_a_cycle_that_the_same_push_opens_again_passes():
    before = item(2, 1)
    twice = life(
        {**FILED, "depends_on": "CMB-0002"}, {**FILED, "depends_on": "ORA-0001"}
    )
    assert judged(before, twice) == ()
    assert judged(item(1, 2) | item(2), later(2, 1) | later(1, 3)) == ()


def test_a_cycle_that_a_later_post_of_the_push_closes_is_that_posts():
    before = item(2, 1)
    twice = life(
        {**FILED, "depends_on": "ORA-0001"}, {**FILED, "depends_on": "CMB-0002"}
    )
    (found,) = judged(before, twice)
    assert (found.code, found.place.path) == ("FF311", list(twice)[1])


def test_an_unreadable_item_and_a_missing_one_end_the_way():
    before = {
        "feed/CMB/000/CMB-0002/0001.yaml": "ITEM: CMB-0002\nDEPENDS_ON: CMB-0001\n"
    }
    assert judged(before, item(1, 2, 3)) == ()
