"""Lawful files in unlawful amounts, and spellings that would slip by."""

import pytest
from harness import claim, post

from fleetfeed.feed.overlay import from_files
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.judge.validate import validate
from fleetfeed.model.findings import Finding
from fleetfeed.model.layout import post_path
from fleetfeed.model.liveness import no_signs
from fleetfeed.model.policy import DEFAULT

Files = dict[str, str]


def _judged(before: Files, new: Files) -> tuple[Finding, ...]:
    def snapshot(files: Files) -> Snapshot:
        return Snapshot(from_files({p: text.encode() for p, text in files.items()}))

    found = validate(snapshot(before), snapshot({**before, **new}), DEFAULT, no_signs)
    assert all(f.message.isprintable() for f in found)
    return found


def _codes(found: tuple[Finding, ...]) -> set[str]:
    return {f.code for f in found if f.rejects}


@pytest.mark.timeout(60)  # it was minutes while each compared itself with each
def test_a_thousand_neighbours_in_one_push() -> None:
    items = [f"CMB-{n:04d}" for n in range(1, 1001)]
    new = {post_path(i, 1): claim(i, f"CAMBER:page:admin/{i}") for i in items}
    found = _judged({}, new)
    assert _codes(found) == set()
    told = [f.message for f in found if f.code == "FF208"]
    assert len(told) == len(items)
    assert all(
        text.count("is near") == 10 and "; and 989 more;" in text for text in told
    )


def test_the_neighbours_that_stood_are_told_first() -> None:
    old = {post_path("CMB-0999", 1): claim("CMB-0999", "CAMBER:page:admin/old")}
    items = [f"CMB-{n:04d}" for n in range(1, 21)]
    new = {post_path(i, 1): claim(i, f"CAMBER:page:admin/{i}") for i in items}
    found = _judged(old, new)
    told = [f for f in found if f.place.path.endswith(post_path("CMB-0020", 1))]
    assert "CMB-0999" in {f.item for f in told}


@pytest.mark.timeout(30)
def test_a_post_with_thousands_of_keys_is_refused() -> None:
    keys: list[str] = [f"A:b:c{n}" for n in range(3000)]
    text = claim("CMB-0001", "x").replace("SURFACE_KEY: x", _listed(keys))
    found = _judged({}, {post_path("CMB-0001", 1): text})
    assert "3000 values, more than 50" in found[0].message


def _listed(keys: list[str]) -> str:
    return "SURFACE_KEY:\n" + "\n".join(f'- "{key}"' for key in keys)


@pytest.mark.parametrize(
    "key",
    ["CAMBER:f:./one", "CAMBER:f:x/../one", "CAMBER:f:.", "CAMBER:f:%2E%2e", "A:_:b"],
)
def test_a_segment_that_names_nothing_is_refused(key: str) -> None:
    held = {post_path("CMB-0001", 1): claim("CMB-0001", "CAMBER:f:one")}
    found = _judged(held, {post_path("CMB-0002", 1): claim("CMB-0002", key)})
    assert "FF201" in _codes(found)


FILED = {post_path("CMB-0001", 1): post(item="CMB-0001", subject="do it", seat="A")}


@pytest.mark.parametrize("state", ["IN_PROGRESS", "DONE"])
def test_a_claim_and_a_second_post_do_not_change_the_subject(state: str) -> None:
    first = post(item="CMB-0001", state="IN_PROGRESS", seat="B", subject=None)
    second = post(item="CMB-0001", state=state, seat="B", subject="other work")
    new = {post_path("CMB-0001", 2): first, post_path("CMB-0001", 3): second}
    assert _codes(_judged(FILED, new)) == {"FF303"}


def test_the_filer_rewords_what_nobody_has_taken_up() -> None:
    text = post(item="CMB-0001", subject="do it well", seat="A")
    assert _codes(_judged(FILED, {post_path("CMB-0001", 2): text})) == set()
    taken = post(item="CMB-0001", state="IN_PROGRESS", seat="A", subject="other")
    assert _codes(_judged(FILED, {post_path("CMB-0001", 2): taken})) == {"FF303"}
