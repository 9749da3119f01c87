"""Feeds made of plain dictionaries, for tests that need no git."""

from collections.abc import Mapping

from harness import path, post

from fleetfeed.feed.overlay import from_files
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.judge.validate import validate
from fleetfeed.model.findings import Finding, Severity
from fleetfeed.model.item import Item
from fleetfeed.model.liveness import Alive, Lapse, no_signs
from fleetfeed.model.policy import DEFAULT, Policy
from fleetfeed.model.policy_reader import read_policy

ITEM = "CMB-0001"
KEY = "CAMBER:file:a"
PROOF = "nothing else touches this file"
SIGNS = {"alive": Alive(90), "lapsed": Lapse.LAPSED, "unknown": Lapse.UNKNOWN}

Files = Mapping[str, str | bytes | None]


def snapshot(files: Files) -> Snapshot:
    """The feed that `files` (paths from the repository's top) make."""
    rows = {name.removeprefix("feed/"): data for name, data in files.items()}
    return Snapshot(
        from_files(
            {
                name: data.encode() if isinstance(data, str) else data
                for name, data in rows.items()
                if data is not None
            }
        )
    )


def life(*posts: Mapping[str, object], item: str = ITEM) -> dict[str, str]:
    """The files of an item with `posts`, whose numbers and ITEM are filled in."""
    return {
        path(item, number): post(item=item, **{"subject": None, **_first(number), **p})
        for number, p in enumerate(posts, 1)
    }


def _first(number: int) -> dict[str, object]:
    return {"subject": "a piece of work"} if number == 1 else {}


def claim(text: object, **more: object) -> dict[str, object]:
    """The fields of a post of CAMBER-06 that claims the surface `text`, or several."""
    return {
        "seat": "CAMBER-06",
        "state": "IN_PROGRESS",
        "surface_key": text,
        "no_overlap_proof": PROOF,
        **more,
    }


def item(*posts: Mapping[str, object]) -> Item:
    """The item after `posts`."""
    return snapshot(life(*posts)).item(ITEM)


def judged(
    before: Files,
    after: Files,
    policy: Policy = DEFAULT,
    signs: str = "unknown",
    unknown: Severity = Severity.REJECT,
) -> tuple[Finding, ...]:
    """What is said of laying `after` over `before`."""
    told = (lambda _: SIGNS[signs]) if signs != "unknown" else no_signs
    old, new = snapshot(before), snapshot({**before, **after})
    return validate(old, new, policy, told, unknown)


def policy_of(text: str) -> Policy:
    """The policy that `text` writes down."""
    policy, findings = read_policy(text.encode(), "feed/policy.yaml")
    assert policy, findings
    return policy


def codes(findings: tuple[Finding, ...], *families: str) -> list[str]:
    """The codes of `findings`, of all families or of some (`FF2`)."""
    return [f.code for f in findings if f.code.startswith(families or "FF")]


def next_post(posts: tuple[Mapping[str, object], ...], **fields: object) -> Files:
    """One more post of the item that has `posts`."""
    more = life(*posts, fields)
    last = path(ITEM, len(posts) + 1)
    return {last: more[last]}
