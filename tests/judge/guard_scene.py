"""Code that is changed beside one claim, for the rules that judge it."""

from judge.rule_scene import Scene

from fleetfeed.feed.overlay import from_files
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.judge.guard import Author, Guard, Levels, claims_said
from fleetfeed.model.findings import Finding

PATHS = 'paths: {"web/gen/**": none, "web/**": "CAMBER:file"}\n'
_POST = "ITEM: CMB-0001\nSTATE: {state}\nSEAT: {seat}\nSUBJECT: a page\n{more}"
_KEY = "SURFACE_KEY: CAMBER:file:web/a.ts\nNO_OVERLAP_PROOF: nobody else is on it\n"


def feed(guard: str = "") -> Snapshot:
    """CAMBER-07 holds web/a.ts by CMB-0001@2, which CAMBER-06 had at epoch 1."""
    begun = _POST.format(state="IN_PROGRESS", seat="CAMBER-06", more=_KEY)
    more = "OWNER: CAMBER-07\nEPOCH: 2\nREASON: the lease is over\n"
    taken = _POST.format(state="IN_PROGRESS", seat="CAMBER-07", more=more)
    at = "AT: 2026-05-03T18:55:12Z\n"
    files = {
        "policy.yaml": PATHS + guard,
        "CMB/000/CMB-0001/0001.yaml": begun,
        "CMB/000/CMB-0001/0002.yaml": taken + at,
    }
    return Snapshot(from_files({name: text.encode() for name, text in files.items()}))


def before(
    seat: str, *paths: str, guard: str = "guard: {unclaimed: warn}\n"
) -> "tuple[Finding, ...]":
    """What is said of a `seat` that would change `paths`."""
    there = feed(guard)
    judged = Guard(there, Levels.before(there.rules))
    return tuple(judged.judge(paths, Author(seat)))


def pushed(trailer: str, *paths: str) -> "tuple[Finding, ...]":
    """What a server says of a commit that says for which claim it was made."""
    there = feed("guard: {push: reject}\n")
    by = Author(claims=claims_said([trailer]), words="commit 3f2a9c1d0b7e")
    judged = Guard(there, Levels.of_push(there.rules))
    return tuple(judged.judge(paths, by))


def committed(scene: Scene, seat: str, path: str) -> "tuple[Finding, ...]":
    """As `before`, for the table of rules."""
    del scene
    return before(seat, path)


def received(scene: Scene, trailer: str, path: str) -> "tuple[Finding, ...]":
    """As `pushed`, for the table of rules."""
    del scene
    return pushed(trailer, path)
