"""What every store promises, asked of each one."""

import pytest
from ledger.gen_posts import KEY, OTHER, first, then

from fleetfeed.ledger.contract import Append, Conflict, NotFound, Ok
from fleetfeed.model.errors import Refused, Usage


def count_of(world):
    return sum(
        path.endswith(".yaml") and "policy" not in path for path in world.files()
    )


def test_a_first_post_lands(world):
    store = world.store()
    ended = store.append_if_match("CMB-0001", 0, first())
    assert isinstance(ended, Ok)
    assert (ended.tries, ended.again, ended.remark) == (1, False, "")
    assert (ended.post.item, ended.post.number) == ("CMB-0001", 1)
    assert len(world.item("CMB-0001")) == 1
    assert ended.feed.item("CMB-0001").holder == "CAMBER-06"
    assert world.store().read().item("CMB-0001").holder == "CAMBER-06"


def test_what_is_given_is_what_lands(two):
    store = two.store()
    given = first(
        STATE="AWAITING_CLAIM",
        BODY="two\nlines\n",
        PRIORITY="3",
        REASON="a: b",
        SURFACE_KEY=(KEY, OTHER),
        DEPENDS_ON=("CMB-0002",),
        AT="2026-05-03T18:55:12Z",
    )
    post = store.append_if_match("CMB-0001", 0, given).post
    assert {name: post.fields[name] for name in given} == given
    assert set(post.fields) - set(given) == {"ITEM", "OP"}


def test_a_post_upon_another(two):
    store = two.store()
    store.append_if_match("CMB-0001", 0, first())
    ended = two.store().append_if_match("CMB-0001", 1, then("DONE"))
    assert ended.post.number == 2
    assert ["STATE: DONE" in text for text in two.item("CMB-0001")] == [False, True]


@pytest.mark.parametrize("expected", [0, 2])
def test_another_number_than_expected(world, expected):
    store = world.store()
    store.append_if_match("CMB-0001", 0, first())
    ended = world.store().append_if_match("CMB-0001", expected, then("DONE"))
    assert ended == Conflict("CMB-0001", 1, "CAMBER-06")
    assert len(world.item("CMB-0001")) == 1


def test_an_item_that_is_not_there(two):
    store = two.store()
    ended = store.append_if_match("CMB-0001", 1, first())
    assert ended == NotFound("CMB-0001")
    assert count_of(two) == 0


def test_a_surface_that_is_held(world):
    store = world.store()
    store.append_if_match("CMB-0001", 0, first())
    with pytest.raises(Refused) as refused:
        world.store().append_if_match("CMB-0002", 0, first(seat="ORA-01"))
    (found,) = refused.value.findings
    assert found.code == "FF401"
    assert "COLLIDE-WITH-CMB-0001" in found.message
    assert count_of(world) == 1


def test_warnings_come_with_the_answer(two):
    store = two.store()
    store.append_if_match("CMB-0001", 0, first())
    ended = store.append_if_match("CMB-0002", 0, first("CAMBER:file:a.py"))
    assert [found.rejects for found in ended.warnings] == [False]


def test_several_items_in_one_commit(two):
    store = two.store()
    ended = store.append_all(
        [Append("CMB-0001", 0, first()), Append("CMB-0002", 0, first(OTHER))]
    )
    assert [post.item for post in ended.posts] == ["CMB-0001", "CMB-0002"]
    assert len({post.fields["OP"] for post in ended.posts}) == 1
    assert count_of(two) == 2


def test_two_posts_of_one_item_in_one_commit(two):
    store = two.store()
    ended = store.append_all(
        [Append("CMB-0001", 0, first()), Append("CMB-0001", 1, then("DONE"))]
    )
    assert [post.number for post in ended.posts] == [1, 2]
    assert len(two.item("CMB-0001")) == 2


def test_the_first_mismatch_answers_for_all(two):
    store = two.store()
    store.append_if_match("CMB-0001", 0, first())
    ended = store.append_all(
        [
            Append("CMB-0002", 0, first(OTHER)),
            Append("CMB-0003", 4, then("DONE")),
            Append("CMB-0001", 7, then("DONE")),
        ]
    )
    assert ended == NotFound("CMB-0003")
    assert count_of(two) == 1


def test_what_is_refused_of_one_is_refused_of_all(two):
    store = two.store()
    store.append_if_match("CMB-0001", 0, first())
    with pytest.raises(Refused):
        store.append_all(
            [Append("CMB-0002", 0, first(OTHER)), Append("CMB-0003", 0, first())]
        )
    assert count_of(two) == 1


def test_a_park_and_a_claim(world):
    store = world.store()
    store.append_if_match("CMB-0001", 0, first())
    store.append_all(
        [Append("CMB-0001", 1, then("PARKED")), Append("CMB-0002", 0, first())]
    )
    held = world.store().read().holders.overlapping
    (key,) = store.read().item("CMB-0002").keys
    assert [hold.item for hold in held(key)] == ["CMB-0002"]


def test_two_claims_of_one_surface(two):
    store = two.store()
    with pytest.raises(Refused) as refused:
        store.append_all(
            [Append("CMB-0001", 0, first()), Append("CMB-0002", 0, first())]
        )
    assert {found.code for found in refused.value.findings} == {"FF401"}
    assert count_of(two) == 0


def test_the_epoch_is_filled_in(two):
    store = two.store()
    store.append_if_match("CMB-0001", 0, first())
    store.append_if_match("CMB-0001", 1, then("AWAITING_CLAIM"))
    ended = store.append_if_match("CMB-0001", 2, then("IN_PROGRESS", "ORA-01"))
    assert ended.post.epoch == 2


def test_the_same_op_again(two):
    store = two.store()
    won = store.append_if_match("CMB-0001", 0, first(OP="one"))
    for each in (store, two.store()):
        again = each.append_if_match("CMB-0001", 0, first(OP="one"))
        assert again.again
        assert (again.commit, again.post) == (won.commit, won.post)
    assert count_of(two) == 1


def test_the_same_op_after_others_and_the_item_went_on(world):
    store = world.store()
    won = store.append_if_match("CMB-0001", 0, first(OP="one"))
    store.append_if_match("CMB-0002", 0, first(OTHER))
    store.append_if_match("CMB-0001", 1, then("DONE"))
    again = world.store().append_if_match("CMB-0001", 0, first(OP="one"))
    assert again.again
    assert (again.commit, again.post) == (won.commit, won.post)
    assert len(world.item("CMB-0001")) == 2


def test_the_same_op_of_several_posts(two):
    store = two.store()
    both = [
        Append("CMB-0001", 0, first(OP="one")),
        Append("CMB-0002", 0, first(OTHER)),
    ]
    won = store.append_all(both)
    again = two.store().append_all(both)
    assert again.again
    assert again.posts == won.posts
    assert count_of(two) == 2


@pytest.mark.parametrize(
    "other",
    [
        pytest.param([Append("CMB-0002", 0, first(OP="one"))], id="item"),
        pytest.param([Append("CMB-0001", 0, first(OTHER, OP="one"))], id="surface"),
        pytest.param([Append("CMB-0001", 1, then("DONE", OP="one"))], id="state"),
        pytest.param(
            [
                Append("CMB-0001", 0, first(OP="one")),
                Append("CMB-0002", 0, first(OTHER)),
            ],
            id="one more",
        ),
    ],
)
def test_the_same_op_for_another_command(two, other):
    store = two.store()
    store.append_if_match("CMB-0001", 0, first(OP="one"))
    with pytest.raises(Usage, match="OP one was used for another command"):
        two.store().append_all(other)
    assert count_of(two) == 1


def test_an_op_that_is_no_op_is_refused(two):
    store = two.store()
    with pytest.raises(Refused, match="OP"):
        store.append_if_match("CMB-0001", 0, first(OP="two words"))
    assert count_of(two) == 0
