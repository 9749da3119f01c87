"""What every store promises of one call after another."""

import pytest

from fleetfeed.ledger.contract import Append, Conflict, NotFound, Ok
from fleetfeed.ledger.testing.faults import (
    Step,
    after,
    answer_lost,
    delayed,
    locked,
    request_lost,
    turned_down,
)
from fleetfeed.ledger.testing.feeds import Feed
from fleetfeed.ledger.testing.posts import KEY, OTHER, first, then
from fleetfeed.model.errors import CannotTell, NothingReady, Refused, Unknown, Usage
from fleetfeed.model.post import Post


class TestContract:
    """What a call answers, and what is on the feed then."""

    def test_a_first_post_lands(self, feed: Feed) -> None:
        store = feed.store()
        ended = landed(store.append_if_match("CMB-0001", 0, first()))
        assert isinstance(ended, Ok)
        assert (ended.tries, ended.again, ended.remark) == (1, False, "")
        assert (ended.post.item, posted(ended).number) == ("CMB-0001", 1)
        assert len(feed.item("CMB-0001")) == 1
        assert ended.feed.item("CMB-0001").holder == "CAMBER-06"
        assert feed.store().read().item("CMB-0001").holder == "CAMBER-06"

    def test_what_is_given_is_what_lands(self, feed: Feed) -> None:
        store = feed.store()
        given = first(
            STATE="AWAITING_CLAIM",
            BODY="two\nlines\n",
            PRIORITY="3",
            REASON="a: b",
            SURFACE_KEY=(KEY, OTHER),
            DEPENDS_ON=("CMB-0002",),
            AT="2026-05-03T18:55:12Z",
        )
        post = landed(store.append_if_match("CMB-0001", 0, given)).post
        assert {name: post.fields[name] for name in given} == given
        assert set(post.fields) - set(given) == {"ITEM", "OP"}

    def test_a_post_upon_another(self, feed: Feed) -> None:
        store = feed.store()
        store.append_if_match("CMB-0001", 0, first())
        ended = landed(feed.store().append_if_match("CMB-0001", 1, then("DONE")))
        assert posted(ended).number == 2
        assert ["STATE: DONE" in text for text in feed.item("CMB-0001")] == [
            False,
            True,
        ]

    @pytest.mark.parametrize("expected", [0, 2])
    def test_another_number_than_expected(self, feed: Feed, expected: int) -> None:
        store = feed.store()
        store.append_if_match("CMB-0001", 0, first())
        ended = feed.store().append_if_match("CMB-0001", expected, then("DONE"))
        assert ended == Conflict("CMB-0001", 1, "CAMBER-06")
        assert len(feed.item("CMB-0001")) == 1

    def test_an_item_that_is_not_there(self, feed: Feed) -> None:
        store = feed.store()
        ended = store.append_if_match("CMB-0001", 1, first())
        assert ended == NotFound("CMB-0001")
        assert feed.posts() == 0

    def test_a_surface_that_is_held(self, feed: Feed) -> None:
        store = feed.store()
        store.append_if_match("CMB-0001", 0, first())
        with pytest.raises(Refused) as refused:
            feed.store().append_if_match("CMB-0002", 0, first(seat="ORA-01"))
        (found,) = refused.value.findings
        assert found.code == "FF401"
        assert "COLLIDE-WITH-CMB-0001" in found.message
        assert feed.posts() == 1

    def test_warnings_come_with_the_answer(self, feed: Feed) -> None:
        store = feed.store()
        store.append_if_match("CMB-0001", 0, first())
        ended = landed(store.append_if_match("CMB-0002", 0, first("CAMBER:file:a.py")))
        assert [found.rejects for found in ended.warnings] == [False]

    def test_several_items_in_one_commit(self, feed: Feed) -> None:
        store = feed.store()
        ended = landed(
            store.append_all(
                [Append("CMB-0001", 0, first()), Append("CMB-0002", 0, first(OTHER))]
            )
        )
        assert [post.item for post in ended.posts] == ["CMB-0001", "CMB-0002"]
        assert len({post.fields["OP"] for post in ended.posts}) == 1
        assert feed.posts() == 2

    def test_two_posts_of_one_item_in_one_commit(self, feed: Feed) -> None:
        store = feed.store()
        ended = landed(
            store.append_all(
                [Append("CMB-0001", 0, first()), Append("CMB-0001", 1, then("DONE"))]
            )
        )
        assert [str(post.path)[-9:] for post in ended.posts] == [
            "0001.yaml",
            "0002.yaml",
        ]
        assert len(feed.item("CMB-0001")) == 2

    def test_the_first_mismatch_answers_for_all(self, feed: Feed) -> None:
        store = feed.store()
        store.append_if_match("CMB-0001", 0, first())
        ended = store.append_all(
            [
                Append("CMB-0002", 0, first(OTHER)),
                Append("CMB-0003", 4, then("DONE")),
                Append("CMB-0001", 7, then("DONE")),
            ]
        )
        assert ended == NotFound("CMB-0003")
        assert feed.posts() == 1

    def test_what_is_refused_of_one_is_refused_of_all(self, feed: Feed) -> None:
        store = feed.store()
        store.append_if_match("CMB-0001", 0, first())
        with pytest.raises(Refused):
            store.append_all(
                [Append("CMB-0002", 0, first(OTHER)), Append("CMB-0003", 0, first())]
            )
        assert feed.posts() == 1

    def test_a_park_and_a_claim(self, feed: Feed) -> None:
        store = feed.store()
        store.append_if_match("CMB-0001", 0, first())
        store.append_all(
            [Append("CMB-0001", 1, then("PARKED")), Append("CMB-0002", 0, first())]
        )
        held = feed.store().read().holders.overlapping
        (key,) = store.read().item("CMB-0002").keys
        assert [hold.item for hold in held(key)] == ["CMB-0002"]

    def test_two_claims_of_one_surface(self, feed: Feed) -> None:
        store = feed.store()
        with pytest.raises(Refused) as refused:
            store.append_all(
                [Append("CMB-0001", 0, first()), Append("CMB-0002", 0, first())]
            )
        assert {found.code for found in refused.value.findings} == {"FF401"}
        assert feed.posts() == 0

    def test_the_epoch_is_filled_in(self, feed: Feed) -> None:
        store = feed.store()
        store.append_if_match("CMB-0001", 0, first())
        store.append_if_match("CMB-0001", 1, then("AWAITING_CLAIM"))
        ended = landed(
            store.append_if_match("CMB-0001", 2, then("IN_PROGRESS", "ORA-01"))
        )
        assert posted(ended).epoch == 2

    def test_the_same_op_again(self, feed: Feed) -> None:
        store = feed.store()
        won = landed(store.append_if_match("CMB-0001", 0, first(OP="one")))
        for each in (store, feed.store()):
            again = landed(each.append_if_match("CMB-0001", 0, first(OP="one")))
            assert again.again
            assert (again.commit, again.post) == (won.commit, won.post)
        assert feed.posts() == 1

    def test_the_same_op_after_others_and_the_item_went_on(self, feed: Feed) -> None:
        store = feed.store()
        won = landed(store.append_if_match("CMB-0001", 0, first(OP="one")))
        store.append_if_match("CMB-0002", 0, first(OTHER))
        store.append_if_match("CMB-0001", 1, then("DONE"))
        again = landed(feed.store().append_if_match("CMB-0001", 0, first(OP="one")))
        assert again.again
        assert (again.commit, again.post) == (won.commit, won.post)
        assert len(feed.item("CMB-0001")) == 2

    def test_the_same_op_of_several_posts(self, feed: Feed) -> None:
        store = feed.store()
        both = [
            Append("CMB-0001", 0, first(OP="one")),
            Append("CMB-0002", 0, first(OTHER)),
        ]
        won = landed(store.append_all(both))
        again = landed(feed.store().append_all(both))
        assert again.again
        assert again.posts == won.posts
        assert feed.posts() == 2

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
    def test_the_same_op_for_another_command(
        self, feed: Feed, other: list[Append]
    ) -> None:
        store = feed.store()
        store.append_if_match("CMB-0001", 0, first(OP="one"))
        with pytest.raises(Usage, match="OP one was used for another command"):
            feed.store().append_all(other)
        assert feed.posts() == 1

    def test_an_op_that_is_no_op_is_refused(self, feed: Feed) -> None:
        store = feed.store()
        with pytest.raises(Refused, match="OP"):
            store.append_if_match("CMB-0001", 0, first(OP="two words"))
        assert feed.posts() == 0

    def test_each_write_has_a_commit_of_its_own(self, feed: Feed) -> None:
        store = feed.store()
        one = landed(store.append_if_match("CMB-0001", 0, first(OP="one")))
        two = landed(store.append_if_match("CMB-0002", 0, first(OTHER, OP="two")))
        assert one.commit != two.commit
        again = feed.store().append_if_match("CMB-0002", 0, first(OTHER, OP="two"))
        assert landed(again).commit == two.commit

    def test_a_new_item_gets_the_next_number(self, feed: Feed) -> None:
        store = feed.store()
        store.append_if_match("CMB-0001", 0, first())
        ended = store.reserve("CMB", first(OTHER, state="AWAITING_CLAIM"))
        assert (ended.post.item, posted(ended).number) == ("CMB-0002", 1)
        other = feed.store().reserve("ORA", first("ORA:a:b", state="AWAITING_CLAIM"))
        assert other.post.item == "ORA-0001"

    def test_the_next_item_is_taken_up(self, feed: Feed) -> None:
        store = feed.store()
        waiting = first(OTHER, "FLEET-01", "AWAITING_CLAIM")
        store.append_if_match("CMB-0001", 0, first())
        store.append_if_match("CMB-0002", 0, waiting)
        assert [item.id for item in feed.store().open()] == ["CMB-0001", "CMB-0002"]
        ended = feed.store().next({"SEAT": "ORA-01"})
        assert (ended.post.item, posted(ended).number) == ("CMB-0002", 2)
        assert store.read().item("CMB-0002").holder == "ORA-01"
        with pytest.raises(NothingReady):
            store.next({"SEAT": "ORA-02"})

    def test_a_new_item_is_found_by_its_op(self, feed: Feed) -> None:
        given = first(OTHER, state="AWAITING_CLAIM", OP="one")
        feed.store().append_if_match("CMB-0001", 0, first())
        for known in (False, True):
            ended = feed.store().reserve("CMB", given)
            assert (ended.post.item, ended.again) == ("CMB-0002", known)
        assert feed.posts() == 2

    def test_what_was_taken_up_is_found_by_its_op(self, feed: Feed) -> None:
        for item, key in (("CMB-0001", KEY), ("CMB-0002", OTHER)):
            waiting = first(key, "FLEET-01", "AWAITING_CLAIM")
            feed.store().append_if_match(item, 0, waiting)
        for known in (False, True):
            ended = feed.store().next({"SEAT": "ORA-01", "OP": "one"})
            assert (ended.post.item, ended.again) == ("CMB-0001", known)
        assert feed.posts() == 3

    def test_what_is_over_is_open_no_more(self, feed: Feed) -> None:
        store = feed.store()
        store.append_if_match("CMB-0001", 0, first())
        store.append_if_match("CMB-0001", 1, then("DONE"))
        assert not feed.store().open()
        landed(store.append_if_match("CMB-0002", 0, first(seat="ORA-01")))

    def test_who_lost_the_race_is_judged_again(self, feed: Feed) -> None:
        other = feed.store()

        def quicker() -> None:
            taken = first(f"{KEY}/part", "ORA-01")
            landed(other.append_if_match("CMB-0002", 0, taken))

        with pytest.raises(Refused) as refused:
            feed.store(after(quicker)).append_if_match("CMB-0001", 0, first())
        assert [found.code for found in refused.value.findings] == ["FF401"]
        assert not feed.item("CMB-0001")

    def test_who_lost_the_item_is_told_who_has_it(self, feed: Feed) -> None:
        other = feed.store()

        def quicker() -> None:
            landed(other.append_if_match("CMB-0001", 0, first(seat="ORA-01")))

        ended = feed.store(after(quicker)).append_if_match("CMB-0001", 0, first())
        assert ended == Conflict("CMB-0001", 1, "ORA-01")
        assert len(feed.item("CMB-0001")) == 1

    @pytest.mark.parametrize("step", [answer_lost, request_lost, delayed])
    def test_what_nobody_confirmed_is_found_or_written(
        self, feed: Feed, step: Step
    ) -> None:
        ended = landed(feed.store(step).append_if_match("CMB-0001", 0, first()))
        assert ended.post.seat == "CAMBER-06"
        assert len(feed.item("CMB-0001")) == 1

    def test_in_doubt_the_same_call_tells(self, feed: Feed) -> None:
        """Whose time is up before it could look does not know, and asks again."""
        unheard = feed.store(*[request_lost] * 9)
        with pytest.raises(Unknown):
            unheard.append_if_match("CMB-0001", 0, first(OP="one"))
        assert feed.posts() == 0
        for known in (False, True):
            store = feed.store()
            ended = landed(store.append_if_match("CMB-0001", 0, first(OP="one")))
            assert ended.again is known
        assert feed.posts() == 1

    @pytest.mark.parametrize("step", [locked, turned_down])
    def test_what_was_not_written_is_written_later(
        self, feed: Feed, step: Step
    ) -> None:
        try:
            feed.store(*[step] * 40).append_if_match("CMB-0001", 0, first(OP="one"))
        except (CannotTell, Refused):
            assert feed.posts() == 0
        again = landed(feed.store().append_if_match("CMB-0001", 0, first(OP="one")))
        assert not again.again


def landed(ended: Ok | Conflict | NotFound) -> Ok:
    """The answer that says so."""
    assert isinstance(ended, Ok)
    return ended


def posted(ended: Ok) -> Post:
    """Its post, which is no note."""
    assert isinstance(ended.post, Post)
    return ended.post
