"""A line before the map, and the ways to jump it: files that are laid over a feed.

CMB-0002 of ORA-02 is first in line for the map, CMB-0003 of ORA-03 second; CMB-0004 of
ORA-04 is in another line. CMB-0001, who had the map, is done with it.
"""

from harness import path
from judge.gen_feeds import claim, life

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
POLICY = "aliases: {datei: file}\nstewards: [FLEET-01]\n"
FILED = of(NEW, {"seat": "ORA-04", "state": "AWAITING_CLAIM"})


def taken(key=MAP, **more):
    return of(NEW, claim(key, **{"seat": "ORA-04", **PROOF, **more}))


JUMPS = {
    "a hand-written claim": taken(),
    "another spelling": taken("camber:FILE:src/./map%2Ets"),
    "another case": taken("camber:File:SRC/MAP.ts"),
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
