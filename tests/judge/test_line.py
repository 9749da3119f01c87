"""Nobody jumps a line, whatever way they come: each way is refused, and passes in order.

By the judge alone; by real pushes and commands in `checks/test_line_jumps.py`.
"""

import pytest
from judge.gen_feeds import codes, judged, policy_of
from judge.line_rows import (
    FREE,
    HELD,
    JUMPS,
    MAP,
    NEW,
    NEWER,
    NUMBERS,
    ONE,
    POLICY,
    PROOF,
    THREE,
    TWO,
    of,
    taken,
    then,
    waits,
)

ALIASES = policy_of(POLICY)


@pytest.mark.parametrize("way", JUMPS)
def test_nobody_jumps(way):
    found = judged(FREE, JUMPS[way], ALIASES, "alive")
    assert "FF507" in codes(found), found
    assert "kept for ORA-02 by CMB-0002" in str(found)


@pytest.mark.parametrize("way", JUMPS)
def test_the_same_passes_when_the_turn_is_over(way):
    found = judged(FREE, JUMPS[way], ALIASES, "lapsed")
    assert "FF507" not in codes(found), found


@pytest.mark.parametrize("way", JUMPS)
def test_where_nobody_keeps_the_time_nobody_jumps_either(way):
    assert "FF501" in codes(judged(FREE, JUMPS[way], ALIASES))


IN_ORDER = {
    "the first in line": (FREE, then(TWO, 2, "ORA-02", **PROOF)),
    "the first, for a part": (
        FREE,
        then(TWO, 2, "ORA-02", surface_key=f"{MAP}:legend", **PROOF),
    ),
    "the second, as the first gives up": (
        FREE,
        then(TWO, 2, "ORA-02", "PARKED", turn="none") | then(THREE, 2, "ORA-03", **PROOF),
    ),
    "let go and taken by the first in one push": (
        HELD,
        then(ONE, 2, "CAMBER-06", "DONE") | then(TWO, 2, "ORA-02", **PROOF),
    ),
    "another surface": (FREE, taken("CAMBER:file:src/map.css")),
    "who has it spells it otherwise": (
        HELD,
        then(ONE, 2, "CAMBER-06", surface_key=MAP.lower() + "/", no_overlap_proof="mine"),
    ),
    "who has it keeps a part": (
        HELD,
        then(ONE, 2, "CAMBER-06", surface_key=f"{MAP}:a", no_overlap_proof="mine"),
    ),
    "who has it hands it over": (HELD, then(ONE, 2, "CAMBER-06", owner="ORA-05", epoch=2)),
    "the next place": (FREE, of(NEW, waits("ORA-04", 3))),
    "two places in one push": (
        FREE,
        of(NEW, waits("ORA-04", 4)) | of(NEWER, waits("ORA-05", 3)),
    ),
    "a place for another surface": (FREE, then(TWO, 2, "ORA-02", "PARKED", surface_key="CAMBER:file:docs/a", turn=2)),
    "a longer lease of the place": (
        FREE,
        then(TWO, 2, "ORA-02", "PARKED", lease="2d", turn=1),
    ),
}  # fmt: skip


@pytest.mark.parametrize("way", IN_ORDER)
def test_who_comes_in_order_passes(way):
    before, after = IN_ORDER[way]
    assert not [f for f in judged(before, after, ALIASES, "alive") if f.rejects]


@pytest.mark.parametrize("way", NUMBERS)
def test_no_place_is_chosen(way):
    assert "FF506" in codes(judged(HELD, NUMBERS[way], ALIASES, "alive"))


@pytest.mark.parametrize("state", ["PARKED", "CANCELLED", "IN_PROGRESS"])
def test_the_place_of_another_is_not_given_up_for_it(state):
    more = {"turn": "none"} if state == "PARKED" else {}
    found = judged(FREE, then(TWO, 2, state=state, **more, **PROOF), ALIASES, "alive")
    assert "FF301" in codes(found)


def test_who_waits_with_another_s_item_may_take_it():
    filed = of(NEW, {"seat": "ORA-05", "state": "AWAITING_CLAIM"})
    place = then(NEW, 2, state="PARKED", turn=1, surface_key="CAMBER:page:a", **PROOF)
    assert not judged({}, filed | place, ALIASES)
    assert not judged(filed | place, then(NEW, 3, no_overlap_proof="my turn"), ALIASES)
