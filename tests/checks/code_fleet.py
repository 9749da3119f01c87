"""A fleet whose policy maps code to surfaces, and what is claimed of it.

`CAMBER-07` holds `web/theirs` by CMB-0001 at epoch 2, which `CAMBER-06` had at epoch 1;
`CAMBER-06`, whose clone is `me`, holds `web/mine` by CMB-0002@1. Nobody holds the rest
of `web`, nor `lib`, which is not there; `web/gen` is mapped to nothing, and `docs` is
not mapped at all.
"""

import re
from pathlib import Path

from harness import Fleet, Seat, claim, path, post
from harness.repo import Result

PATHS = """\
paths: {"web/gen/**": none, "web/**": "CAMBER:file", "lib/**": "CAMBER:file"}
"""
GUARD = "guard: {held: reject, unclaimed: warn, push: reject}\n"
FILES = {
    "docs/page.md": "a page\n",
    "web/mine/a.ts": "one\ntwo\n",
    "web/mine/b.ts": "one\n",
    "web/theirs/a.ts": "one\ntwo\n",
    "web/theirs/b.ts": "one\n",
    "web/free/a.ts": "one\n",
    "web/gen/a.ts": "one\n",
}


def mapped(policy: str, paths: str = PATHS, guard: str = GUARD) -> str:
    """The policy `policy` with `paths` and `guard`."""
    text = re.sub("(?m)^# (paths|guard): .*\n", "", policy)
    return text.replace("grace: 60s", "grace: 1s") + paths + guard


def play(fleet: Fleet) -> Fleet:
    """Make it out of a new fleet, whose later seats start with it."""
    first = fleet.first()
    policy = first.folder / "feed/policy.yaml"
    for name, text in FILES.items():
        first.write(name, text)
    policy.write_text(mapped(policy.read_text()))
    first.commit("code, and paths")
    proof = {"no_overlap_proof": "apart from CMB-0001 and CMB-0002 (another folder)"}
    rows = (
        claim("CMB-0001", "CAMBER:file:web/theirs", seat="CAMBER-06", **proof),
        post(state="AWAITING_CLAIM", owner="CAMBER-07", subject=None),
        post(state="IN_PROGRESS", seat="CAMBER-07", epoch=2, subject=None, **proof),
    )
    for number, text in enumerate(rows, 1):
        first.write(path("CMB-0001", number), text)
    first.write(path("CMB-0002"), claim("CMB-0002", "CAMBER:file:web/mine", **proof))
    first.commit("two claims")
    first.push()
    first.git("pull", "-q", "--ff-only")
    first.install()
    fleet.server.install()
    return Fleet(fleet.folder)


def trailers(seat: Seat) -> list[str]:
    """Those of HEAD that name claims."""
    form = "--format=%(trailers:key=Fleetfeed,valueonly)"
    return seat.git("log", "-1", form).stdout.split()


def pushed(seat: Seat, name: str, *options: str) -> Result:
    """What becomes of pushing HEAD as the branch `name`."""
    return seat.git(
        "push", "-q", *options, "origin", f"HEAD:refs/heads/{name}", ok=None
    )


def python_dies(folder: Path, hook: str) -> None:
    """Have a hook's Python be none that can be started: it must not be asked."""
    file = folder / hook
    text = re.sub(
        "(?m)^fleetfeed_python=.*", "fleetfeed_python=/nowhere", file.read_text()
    )
    file.write_text(text)
