"""Nobody jumps a line, whatever way they come: each way is refused, and passes in order.

CMB-0002 of ORA-02 is first in line for the map, CMB-0003 of ORA-03 second; CMB-0004 of
ORA-04 is in another line. CMB-0001, who had the map, is done with it.
"""

import pytest
from harness import path
from judge.gen_feeds import claim, codes, judged, life, policy_of

MAP = "CAMBER:file:src/map.ts"
ONE, TWO, THREE, FOUR, NEW, NEWER = (f"CMB-000{number}" for number in range(1, 7))


def waits(seat, turn, key=MAP, **more):
    return claim(key, seat=seat, state="PARKED", turn=turn, **more)


def of(item, *posts):
    """The files of `posts`, the first of an item that is not there."""
    return life(*posts, item=item)


def then(item, number, seat="ORA-04", state="IN_PROGRESS", **more):
    """A later post of `item`."""
    posts = [{}] * (number - 1) + [{"seat": seat, "state": state, **more}]
    return {path(item, number): of(item, *posts)[path(item, number)]}


HELD = {
    **of(ONE, claim(MAP)),
    **of(TWO, waits("ORA-02", 1)),
    **of(THREE, waits("ORA-03", 2)),
    **of(FOUR, waits("ORA-04", 1, "CAMBER:file:docs")),
}
FREE = {**HELD, **then(ONE, 2, "CAMBER-06", "DONE")}
PROOF = {"no_overlap_proof": "CMB-0002 and CMB-0003 only wait"}
MINE = {**PROOF, "surface_key": MAP}
ALIASES = policy_of("aliases: {datei: file}\nstewards: [FLEET-01]\n")
FILED = of(NEW, {"seat": "ORA-04", "state": "AWAITING_CLAIM"})


def taken(key=MAP, **more):
    return of(NEW, claim(key, seat="ORA-04", **{**PROOF, **more}))


JUMPS = {
    "a hand-written claim": taken(),
    "another spelling": taken("camber:FILE:src/./map%2Ets"),
    "another name of the family": taken("CAMBER:datei:src/map.ts"),
    "a wider key": taken("CAMBER:file:src"),
    "a narrower key": taken(f"{MAP}:legend"),
    "one of several keys": taken(["CAMBER:file:a", MAP]),
    "a reservation": taken(state="AWAITING_CLAIM"),
    "a place and the claim in one push": of(
        NEW, waits("ORA-04", 3), {"seat": "ORA-04", "state": "IN_PROGRESS", **PROOF}
    ),
    "two items in one push": {
        **taken("CAMBER:file:a"),
        **of(NEWER, claim(MAP, seat="ORA-05", **PROOF)),
    },
    "the second in line": then(THREE, 2, "ORA-03", **PROOF),
    "the place of another line": then(FOUR, 2, **MINE),
    "a place that is handed over": then(
        THREE, 2, "ORA-03", "AWAITING_CLAIM", owner="ORA-04", **PROOF
    ),
    "an item that takes the map too": {**FILED, **then(NEW, 2, **MINE)},
    "what is done, taken up again": then(
        ONE, 3, "CAMBER-06", reason="not done", epoch=2, **PROOF
    ),
    "a steward": of(NEW, claim(MAP, seat="FLEET-01", reason="I say so", **PROOF)),
    "a takeover that takes the map too": {
        **of(NEW, claim("CAMBER:file:b", seat="ORA-05")),
        **then(NEW, 2, epoch=2, reason="ORA-05 is silent", **MINE),
    },
}


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


NUMBERS = {
    "that of another": of(NEW, waits("ORA-04", 2)),
    "before all": of(NEW, waits("ORA-04", 1)),
    "behind nobody": of(NEW, waits("ORA-04", 5)),
    "one for a wider key": of(NEW, waits("ORA-04", 1, "CAMBER:file:src")),
    "one for a narrower key": of(NEW, waits("ORA-04", 1, f"{MAP}:a")),
    "twice in one push": of(NEW, waits("ORA-04", 3)) | of(NEWER, waits("ORA-05", 3)),
    "a better one for the own item": then(
        THREE, 2, "ORA-03", "PARKED", turn=1, surface_key=MAP, no_overlap_proof="x"
    ),
    "that of another line": then(
        FOUR, 2, "ORA-04", "PARKED", turn=1, surface_key=MAP, no_overlap_proof="x"
    ),
}


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
