"""Waiting for a turn, by simulated time: the dead delay those behind them once."""

from itertools import pairwise

import pytest
from writing.simulated_line import KEY, Line

from fleetfeed.ledger.base import Rejected
from fleetfeed.ledger.testing.faults import Scripted
from fleetfeed.model.catalogue import finding
from fleetfeed.model.errors import CannotTell, Refused
from fleetfeed.model.findings import Place, Severity
from fleetfeed.writing.line import turn_of
from fleetfeed.writing.looks import Terms
from fleetfeed.writing.turn import _advised, _Watch, until_turn

TURN, WORK, PAUSE = 60, 10, 5
"""Seconds; the pause is the longest between two looks, soon after something moved."""


@pytest.fixture(params=[True, False], ids=["a server's time", "nobody's time"])
def line(request):
    return Line(TURN, keeps_time=request.param)


def seats(line, many, dead=()):
    """One at work from 0 to 100, and so many in line behind it; the items of these.

    Those that are `dead` take their place, and do nothing ever after.
    """
    holder = line.comes("A-00")
    items = [line.comes(f"A-{n:02d}") for n in range(1, many + 1)]
    for number, item in enumerate(items, 1):
        if number not in dead:
            line.waits(f"A-{number:02d}", item, WORK)

    def works():
        line.time.sleep(100.0)
        line.done("A-00", holder)

    line.time.start(works)
    line.time.run()
    return items


def delays(line):
    """For how long it was free before each of those that began to hold it."""
    free, found = 100.0, []
    for _, began in line.began:
        found.append(began - free)
        free = began + WORK
    return found


def test_all_who_live_come_in_order(line):
    items = seats(line, 8)
    assert [item for item, _ in line.began] == items
    assert max(delays(line)) <= PAUSE


def test_who_is_dead_delays_those_behind_it_by_one_turn_all_in_all(line):
    one, two, _, *rest = seats(line, 8, dead={3})
    assert [item for item, _ in line.began] == [one, two, *rest]
    first, second, waited, *others = delays(line)
    assert max(first, second, *others) <= PAUSE
    assert TURN <= waited <= TURN + PAUSE


@pytest.mark.parametrize("keeps_time", [True, False])
def test_a_turn_is_over_when_it_is_and_not_at_the_next_look(keeps_time):
    """However long it is, what comes on top is what it took to see that it began."""
    beyond = set()
    for turn in range(60, 65):
        line = Line(turn, keeps_time=keeps_time)
        seats(line, 2, dead={1})
        beyond.add(delays(line)[0] - turn)
    assert len(beyond) == 1
    assert 0 <= beyond.pop() <= PAUSE


def test_each_of_the_dead_delays_them_once(line):
    items = seats(line, 7, dead={1, 2, 5})
    assert [item for item, _ in line.began] == [items[n - 1] for n in (3, 4, 6, 7)]
    assert sum(each > PAUSE for each in delays(line)) == 2
    assert sum(delays(line)) <= 3 * TURN + 8 * PAUSE


@pytest.mark.parametrize("every", [1, 4, 20, 60])
def test_beats_come_as_often_as_a_lease_needs_them_however_long_the_pauses(line, every):
    holder, item = line.comes("A-00"), line.comes("A-01")
    line.waits("A-01", item, WORK, every)

    def works():
        line.time.sleep(400.0)
        line.done("A-00", holder)

    line.time.start(works)
    line.time.run()
    beats = line.beats["A-01"]
    gaps = [after - before for before, after in pairwise(beats)]
    assert len(gaps) >= 400 // every - 1
    assert set(gaps) == {every}


def test_who_comes_with_many_gets_a_place_all_the_same():
    """A server refuses who was quick six times; by then it would be another's fault."""
    line = Line(TURN, keeps_time=False)
    line.comes("A-00")
    there = line.ledger

    def beaten(number):
        def step(*_):
            line.ledger = there
            line.comes(f"A-{number:02d}")
            words = (
                f"feed/x.yaml:8:7: FF506 the next place in line for {KEY} is another"
            )
            return Rejected("refused by the queue", (words, "    mended: TURN: 9"))

        return step

    line.ledger = Scripted(there, *map(beaten, range(1, 7)))
    last = line.comes("A-07")
    assert there.read(9).feed.item(last).turn == 7


def test_a_place_for_two_surfaces_keeps_one_while_it_waits_for_the_other(line):
    two = ("A:f:x", "A:f:y")
    ends = {line.comes(f"A-{n}", key): 100.0 + 300 * n for n, key in enumerate(two)}
    wide, one = line.comes("A-02", *two), line.comes("A-03", two[0])
    line.waits("A-02", wide, WORK)
    line.waits("A-03", one, WORK)

    def works():
        for number, (item, end) in enumerate(ends.items()):
            line.time.sleep(end - line.time.now)
            line.done(f"A-{number}", item)

    line.time.start(works)
    line.time.run()
    assert [item for item, _ in line.began] == [wide, one]


def test_a_turn_begins_anew_when_it_is_free_again():
    """Who has seen that it was free before has not seen the turn of the next."""
    line = Line(TURN, keeps_time=False)
    holder, one, two, three = (line.comes(f"A-0{n}") for n in range(4))
    line.waits("A-03", three, TURN)

    def works():
        for seat, item in (("A-00", holder), ("A-01", one), ("A-02", two)):
            if item != holder:
                line.time.sleep(TURN / 2)
                line.takes(seat, item)
            line.time.sleep(2.0 * TURN)
            line.done(seat, item)

    line.time.start(works)
    line.time.run()
    assert [item for item, _ in line.began] == [three]


def test_a_turn_is_over_when_it_was_free_for_as_long_and_not_before():
    line, now = Line(TURN, keeps_time=False), [0.0]
    holder, one, two = (line.comes(f"A-0{n}") for n in range(3))
    line.done("A-00", holder)
    feed = line.ledger.read(9).feed
    watch = _Watch(None, line, lambda: now[0])
    for seconds, over in ((0, set()), (TURN - 0.5, set()), (TURN, {one})):
        now[0] = float(seconds)
        assert watch.over(turn_of(feed, feed.item(two), None), feed) == over
        assert watch.opens == TURN - seconds


def test_who_waits_in_vain_is_told_of_its_item(line):
    line.comes("A-00")
    item = line.comes("A-01")
    terms = Terms(10.0, lambda: line.time.now, lambda _: None)
    now = line.view(offline=False)
    line.time.start(lambda: until_turn(line, now, item, terms, None, repo=None))
    with pytest.raises(CannotTell, match="time is up") as raised:
        line.time.run()
    asked = raised.value.question
    assert (asked.seat, asked.items) == ("A-01", (item,))


LEASE, GRACE = 3600, 60
"""Seconds of a place in line without a beat, and those on top of it."""


def behind_one_who_waits_for_more(line, *, dead):
    """The second in line is in the way of the first, which waits for yet another."""
    two = ("A:f:x", "A:f:y")
    holder = line.comes("A-00", two[1])
    wide, one = line.comes("A-01", *two), line.comes("A-02", two[0])
    if not dead:
        line.waits("A-01", wide, WORK, LEASE / 3)
    line.waits("A-02", one, WORK, LEASE / 3)

    def works():
        line.time.sleep(4.0 * LEASE)
        line.done("A-00", holder)

    line.time.start(works)
    line.time.run()
    return wide, one


@pytest.mark.parametrize("keeps_time", [True, False])
def test_who_waits_for_more_and_is_dead_keeps_nothing_for_ever(keeps_time):
    line = Line(TURN, keeps_time=keeps_time, lease=f"{LEASE}s")
    _, one = behind_one_who_waits_for_more(line, dead=True)
    ((item, began),) = line.began
    assert item == one
    assert LEASE + GRACE <= began <= LEASE + GRACE + 2 * GRACE


def test_two_who_are_dead_are_passed_though_their_leases_differ():
    """The shorter silence is complete before the other one, and that is looked at on."""
    line = Line(TURN, keeps_time=False, lease=f"{LEASE}s")
    two, leases = ("A:f:x", "A:f:y"), (100, 150)
    holder = line.comes("A-00", two[1])
    for number, lease in enumerate(leases, 1):
        line.comes(f"A-0{number}", *two, LEASE=f"{lease}s")
    one = line.comes("A-03", two[0])
    line.waits("A-03", one, WORK, LEASE / 3)

    def works():
        line.time.sleep(float(LEASE))
        line.done("A-00", holder)

    line.time.start(works)
    line.time.run()
    assert line.began[0][0] == one
    assert max(leases) + GRACE <= line.began[0][1] <= max(leases) + 3 * GRACE


def test_who_was_silent_and_cannot_be_looked_at_now_may_be_alive(monkeypatch):
    line = Line(TURN, keeps_time=False, lease=f"{LEASE}s")
    two = ("A:f:x", "A:f:y")
    line.comes("A-00", two[1])
    wide, one = line.comes("A-01", *two), line.comes("A-02", two[0])
    watch = _Watch(None, line, lambda: line.time.now)
    feed = line.view(offline=False).snapshot
    turn = turn_of(feed, feed.item(one), None)
    for line.time.now in range(0, LEASE + GRACE, 60):
        assert watch.over(turn, feed) == frozenset()
    line.time.now = LEASE + GRACE
    assert watch.over(turn, feed) == {wide}

    def away(*, offline):
        raise CannotTell("origin does not answer")

    monkeypatch.setattr(line, "view", away)
    line.time.now += 60
    assert watch.over(turn, feed) == frozenset()


@pytest.mark.parametrize("keeps_time", [True, False])
def test_who_waits_for_more_and_lives_is_waited_for(keeps_time):
    line = Line(TURN, keeps_time=keeps_time, lease=f"{LEASE}s")
    wide, one = behind_one_who_waits_for_more(line, dead=False)
    assert [item for item, _ in line.began] == [wide, one]


@pytest.mark.parametrize(
    ("judged", "words", "again"),
    [
        (["FF401"], [], True),
        (["FF401", "FF507"], [], True),
        (["FF401", "FF301"], [], False),
        (["FF301"], [], False),
        ([], ["fleetfeed: FF401 COLLIDE-WITH-CMB-0001"], True),
        ([], ["fleetfeed: FF301 no"], False),
        ([], [], False),
    ],
)
def test_another_try_may_help_where_only_somebody_is_in_the_way(judged, words, again):
    found = tuple(finding(code, Place("x"), "no") for code in judged)
    refused = Refused("no", found, tuple(words))
    assert (_advised(refused) is not None) is again
    warned = finding("FF301", Place("x"), "no", severity=Severity.WARN)
    refused = Refused("no", (*found, warned), tuple(words))
    assert (_advised(refused) is not None) is again
