import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
from harness import Repo, Seat, Server, clean

from fleetfeed.model import layout
from fleetfeed.model.item import Item, fold
from fleetfeed.model.policy import Policy
from fleetfeed.model.policy_reader import read_policy
from fleetfeed.model.policy_template import template
from fleetfeed.model.post import Note, Post, State
from fleetfeed.model.post_reader import read_note, read_post
from fleetfeed.model.surface import SurfaceKey

ROOT = Path(__file__).parents[2]
FEED = ROOT / "examples" / "feed"


@dataclass(frozen=True)
class Example:
    policy: Policy
    posts: dict[str, list[Post]]
    notes: list[Note]

    @property
    def items(self) -> dict[str, Item]:
        return {name: fold(name, posts) for name, posts in self.posts.items()}

    @property
    def steps(self) -> Iterator[tuple[Post, Post]]:
        for posts in self.posts.values():
            yield from pairwise(posts)


@pytest.fixture(scope="module")
def example() -> Example:
    policy, _ = read_policy((FEED / "policy.yaml").read_bytes(), "policy.yaml")
    assert policy
    found = Example(policy, {}, [])
    for file in sorted(FEED.rglob("*.yaml")):
        path = file.relative_to(FEED).as_posix()
        place = layout.classify(path)
        if isinstance(place, layout.PostPath):
            post = read_post(file.read_bytes(), path, place.item, place.number)
            assert isinstance(post, Post)
            found.posts.setdefault(place.item, []).append(post)
        elif isinstance(place, layout.NotePath):
            note, _ = read_note(file.read_bytes(), path, place.seat)
            assert note
            found.notes.append(note)
    return found


def test_it_passes_without_a_word():
    said = Repo(ROOT, clean()).fleetfeed("check", "examples/feed").said
    assert said == "fleetfeed: nothing to refuse\n"


def test_its_first_push_passes_a_guarded_server(tmp_path):
    server = Server.create(tmp_path / "server.git")
    seat = Seat.clone(server, tmp_path / "seat")
    shutil.copytree(FEED, seat.folder / "feed")
    assert "FF" not in seat.commit("the feed so far").said
    said = seat.push("HEAD:refs/heads/main").said
    assert not re.search(r"FF\d{3}", said)
    assert server.tip("refs/heads/main") == seat.tip()


def test_a_proof_that_named_nobody_would_be_warned_of(tmp_path):
    shutil.copytree(FEED, tmp_path / "feed")
    post = tmp_path / "feed" / layout.post_path("FLT-1310", 1)
    text = post.read_text()
    assert "ORA-0311" in text
    post.write_text(text.replace("ORA-0311 has", "somebody has"))
    assert Repo(tmp_path, clean()).fleetfeed("check", "feed").warnings == {"FF208"}


def test_some_two_dozen_items_of_four_lanes(example):
    lanes = (example.policy.prefixes or {}).values()
    assert set(lanes) == {"CAMBER", "HEARTWOOD", "ORA", "FLEET"}
    homes = {name.split("-")[0] for name in example.items}
    assert homes == set(example.policy.prefixes or {})
    assert len(example.items) == 25


@pytest.mark.parametrize("state", State)
def test_every_state_is_somebodys_present(example, state):
    assert any(item.state is state for item in example.items.values())


def test_the_policy_has_every_key():
    text = (FEED / "policy.yaml").read_text()
    keys = set(re.findall(r"(?m)^(?:# )?([a-z]+):", template("refs/heads/main")))
    # But for what a fleet of friends has no use for.
    assert keys - {"agreed", "logins"} <= set(re.findall(r"(?m)^([a-z]+):", text))


def _step(example: Example, before: str, after: str) -> bool:
    pairs = {(a.state.value, b.state.value) for a, b in example.steps}
    return (before, after) in pairs


def _post(example: Example, wanted: Callable[[Post], object]) -> bool:
    return any(wanted(post) for posts in example.posts.values() for post in posts)


def _names_a_holder(example: Example) -> bool:
    items = example.items
    return _post(
        example,
        lambda post: any(
            items[name].held
            for name in re.findall(r"[A-Z]{3}-\d+", post.proof)
            if name in items
        ),
    )


def _parents(example: Example) -> dict[str, list[Item]]:
    found: dict[str, list[Item]] = {}
    for item in example.items.values():
        if item.value("PARENT"):
            found.setdefault(str(item.value("PARENT")), []).append(item)
    return found


def _needs(item: Item) -> tuple[str, ...]:
    return item.texts("DEPENDS_ON")


def _keys(item: Item) -> tuple[SurfaceKey, ...]:
    return (*item.keys, *map(SurfaceKey.of, (":".join(k) for k in item.ever_held)))


def _a_key(example: Example, part: str) -> bool:
    return any(part in key.text for i in example.items.values() for key in i.keys)


FEATURES: dict[str, Callable[[Example], object]] = {
    "a claim": lambda e: _step(e, "AWAITING_CLAIM", "IN_PROGRESS"),
    "a block": lambda e: _step(e, "IN_PROGRESS", "BLOCKED"),
    "a resumption": lambda e: _step(e, "BLOCKED", "IN_PROGRESS"),
    "a hand-over": lambda e: any(
        b.owner and b.owner != b.seat and a.seat == b.seat and b.epoch == 2
        for a, b in e.steps
    ),
    "a reopening": lambda e: any(
        a.state.terminal and not b.state.terminal and b.reason for a, b in e.steps
    ),
    "a release": lambda e: _step(e, "IN_PROGRESS", "AWAITING_CLAIM"),
    "a steward's act": lambda e: _post(
        e, lambda post: e.policy.is_steward(post.seat) and post.reason
    ),
    "a list of keys": lambda e: _post(e, lambda post: len(post.keys or ()) > 1),
    "a key let go": lambda e: _post(e, lambda post: post.keys == ()),
    "a key corrected": lambda e: any(
        a.keys and b.keys and a.keys != b.keys for a, b in e.steps
    ),
    "a parent without a key, whose children have their own": lambda e: any(
        e.items[name].active
        and not e.items[name].ever_held
        and len({key for c in children for key in c.held}) > 1
        for name, children in _parents(e).items()
    ),
    "a pool as OWNER": lambda e: _post(
        e, lambda post: post.owner and e.policy.pool(post.owner)
    ),
    "a named seat as OWNER": lambda e: any(
        item.state is State.AWAITING_CLAIM
        and item.owner
        and e.policy.pool(item.owner) is None
        for item in e.items.values()
    ),
    "a sub-seat": lambda e: _post(e, lambda post: "/" in post.seat),
    "a parent acting as its sub-seat": lambda e: any(
        item.holder.startswith(f"{item.seat}/") for item in e.items.values()
    ),
    "a nearby item named in a proof": _names_a_holder,
    "DEPENDS_ON, one and several": lambda e: (
        {len(p.texts("DEPENDS_ON")) for posts in e.posts.values() for p in posts}
        >= {1, 2}
    ),
    "a diamond: two wait for one, and one for both": lambda e: any(
        {e.items[name].texts("DEPENDS_ON") for name in item.texts("DEPENDS_ON")}
        == {("CMB-1442",)}
        for item in e.items.values()
        if len(item.texts("DEPENDS_ON")) > 1
    ),
    "one that waits, and says for what": lambda e: any(
        item.state is State.BLOCKED
        and any(e.items[name].state is not State.DONE for name in _needs(item))
        for item in e.items.values()
    ),
    "one that began when what it needs was done": lambda e: any(
        item.held
        and _needs(item)
        and all(e.items[name].state is State.DONE for name in _needs(item))
        for item in e.items.values()
    ),
    "a family whose lanes are one, by both its names": lambda e: (
        {key.parts[1] for item in e.items.values() for key in _keys(item)}
        >= {"file", "code"}
    ),
    "a path with brackets": lambda e: _a_key(e, "[id]"),
    "a path with parentheses": lambda e: _a_key(e, "(main)"),
    "a path with a percent sign, a blank and an umlaut": lambda e: _a_key(
        e, "R\u00fcckzahlung 50%25.json"
    ),
    "a proof that names who has the file beside it": lambda e: _post(
        e, lambda post: "loading" in str(post.keys) and "CMB-1443" in post.proof
    ),
    "leases that fit a pool": lambda e: e.policy.leases.pools,
    "a note that its holder has not seen": lambda e: any(
        note.item
        and e.items[note.item].held
        and str(note.fields["AT"]) > e.posts[note.item][-1].text("AT")
        for note in e.notes
    ),
    "a field of the fleet's own": lambda e: all(
        _post(e, lambda post, name=name: name in post.fields)
        for name in e.policy.fields
    ),
    "a note about an item": lambda e: any(note.item for note in e.notes),
    "a note about none": lambda e: any(not note.item for note in e.notes),
    "a note that quotes a claim": lambda e: any(
        "\nSURFACE_KEY: " in str(note.fields["BODY"]) for note in e.notes
    ),
}


def test_posts_notes_and_the_policy_have_comments():
    commented = {
        f.relative_to(FEED).parts[0]
        for f in FEED.rglob("*.yaml")
        if f.read_text()[0] == "#"
    }
    assert commented == {"CMB", "HWD", "ORA", "FLT", "notes", "policy.yaml"}


@pytest.mark.parametrize("feature", FEATURES)
def test_it_shows(example, feature):
    assert FEATURES[feature](example)


def test_what_belongs_together_refers_to_what_is_there(example):
    for item in example.items.values():
        named = item.value("DEPENDS_ON")
        for other in (named,) if isinstance(named, str) else named:
            assert not other or other in example.items
    assert {note.item for note in example.notes} <= {"", *example.items}
