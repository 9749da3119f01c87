"""A feed in the middle of its work: an item in every state, and who has it.

| item | |
| --- | --- |
| `CMB-0001` | awaits its claim, by anyone; filed by CAMBER-06 |
| `CMB-0002` | CAMBER-06 is on it |
| `CMB-0003` | CAMBER-06 had it, it is blocked; `CMB-0010` has its surface now |
| `CMB-0004` | CAMBER-06 had it, it is parked |
| `CMB-0005` | CAMBER-06 has done it |
| `CMB-0006` | CAMBER-06 filed it, it is cancelled |
| `CMB-0007` | CAMBER-07 is on it |
| `CMB-0008` | awaits its claim, by CAMBER-07 alone |
| `CMB-0009` | awaits its claim, by the pool `any-camber` |
| `CMB-0010` | CAMBER-07 is on it |
| `CMB-0011` | CAMBER-06/tests, a sub-seat, is on it |
"""

from harness import claim, path, post

POLICY = """\
ref: refs/heads/main
prefixes: {CMB: CAMBER, HWD: HEARTWOOD}
pools: {any-camber: ["CAMBER-*"]}
stewards: [FLEET-01]
"""

AT = "2026-11-20T15:52:00Z"


def key(number):
    """The surface of an item."""
    return f"CAMBER:file:src/{number}.py"


def _first(number, state="IN_PROGRESS", seat="CAMBER-06", **more):
    item = f"CMB-{number:04d}"
    surface = more.pop("surface", key(number))
    said = {"state": state, "seat": seat, "at": AT, "subject": f"work {number}"}
    return {path(item): claim(item, surface, **said, **more)}


def _then(number, state, seat="CAMBER-06", **more):
    item = f"CMB-{number:04d}"
    text = post(item=item, state=state, seat=seat, at=AT, subject=None, **more)
    return {path(item, 2): text}


SEEDS = {
    "feed/policy.yaml": POLICY,
    **_first(1, "AWAITING_CLAIM"),
    **_first(2),
    **_first(3),
    **_then(3, "BLOCKED"),
    **_first(4),
    **_then(4, "PARKED"),
    **_first(5),
    **_then(5, "DONE"),
    **_first(6, "CANCELLED"),
    **_first(7, seat="CAMBER-07"),
    **_first(8, "AWAITING_CLAIM", owner="CAMBER-07"),
    **_first(9, "AWAITING_CLAIM", owner="any-camber"),
    **_first(10, seat="CAMBER-07", surface=key(3)),
    **_first(11, seat="CAMBER-06/tests"),
}
