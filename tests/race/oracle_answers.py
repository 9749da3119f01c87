"""What the commands of a race said, and whether it is true of the feed.

Of each command the exit code, the words and (where it was asked for) the JSON document
are held against what plain git finds on the server when all is over.
"""

import re
from dataclasses import dataclass

from harness.answers import flat
from harness.starting import Ended
from race.oracle_feed import Feed, same

_AT = r"(?P<since>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)"
_ITEM = r"(?P<item>[A-Z]+-\d+)"
_SEAT = r"(?P<holder>[A-Z]+-\d+)"

ITEM_HELD = re.compile(
    rf"fleetfeed: {_ITEM} is held since {_AT} by {_SEAT} \(epoch (?P<epoch>\d+)\); wait \("
)
ITEM_HELD_BY_OWN = re.compile(
    rf"fleetfeed: {_ITEM} is held since {_AT} by your own seat {_SEAT}, in another "
    r"command; `fleetfeed claim (?P=item) --resume` takes it up"
)
SURFACE_HELD = re.compile(
    rf"FF401 COLLIDE-WITH-{_ITEM}: \S+ holds (?P<surface>\S+) \(IN_PROGRESS,[^\0]*"
    rf"^fleetfeed: (?P<named>\S+) is held since {_AT} through (?P=item) by {_SEAT}; wait \(",
    re.MULTILINE,
)
SURFACE_HELD_BY_OWN = re.compile(
    rf"FF401 COLLIDE-WITH-{_ITEM}: \S+ holds (?P<surface>\S+) \(IN_PROGRESS,[^\0]*"
    rf"^fleetfeed: (?P<named>\S+) is held since {_AT} through (?P=item) by your own seat {_SEAT}; "
    r"go on with that \(`fleetfeed claim (?P=item) --resume`\)",
    re.MULTILINE,
)

_ROW = re.compile(
    r"(?P<alone>\S+)\nitem=(?P<item>\S+) state=(?P<state>\S+) owner=(?P<holder>\S+) "
    r"surface=(?P<surface>\S+) epoch=(?P<epoch>\d+) post=(?P<post>\d+)\n(?:  .*\n)*"
)


@dataclass(frozen=True, slots=True)
class Told:
    """A command, who gave it, and how it ended."""

    seat: str
    ended: Ended

    @property
    def won(self) -> bool:
        """Whether it was told that it won."""
        return self.ended.code == 0

    @property
    def document(self) -> dict[str, object]:
        """The JSON document; empty where words were asked for."""
        return flat(self.ended.stdout) if self.ended.stdout[:1] == "{" else {}

    @property
    def words(self) -> str:
        """What a person would have read; the document has the same sentences."""
        if not self.document:
            return self.ended.stderr
        found = (f"{f['rule']} {f['message']}" for f in self.document["findings"])
        return "\n".join([*found, f"fleetfeed: {self.document['message']}"])

    @property
    def rows(self) -> list[tuple[str, int]]:
        """Item and number of each post that it was told of."""
        if self.document:
            return [(post["item"], post["number"]) for post in self.document["posts"]]
        found = list(_ROW.finditer(self.ended.stdout))
        assert "".join(each[0] for each in found) == self.ended.stdout, self
        assert all(each["alone"] == each["item"] for each in found), self
        return [(each["item"], int(each["post"])) for each in found]

    @property
    def item(self) -> str:
        """The item that it was told it has."""
        return self.rows[0][0]


def check_won(told: Told, feed: Feed) -> None:
    """The posts that it was told of are on the feed, are its own, and were its all."""
    assert told.won, told
    assert not told.ended.stderr, told
    posts = [feed.posts[item][number - 1] for item, number in told.rows]
    op = posts[0]["OP"]
    assert all(post["OP"] == op for post in posts), told
    assert told.seat in {post["SEAT"] for post in posts}, told
    assert sorted(feed.by(op)) == sorted(told.rows), told
    if told.document:
        _check_document(told, feed, posts[0])
    else:
        row = _ROW.match(told.ended.stdout)
        holder = _holder(posts[0]) or "-"
        assert (row["state"], row["holder"]) == (posts[0]["STATE"], holder), told
        assert row["epoch"] == _epoch(posts[0]), told


def _check_document(told: Told, feed: Feed, post: dict[str, str]) -> None:
    said = told.document
    paths = [each["path"] for each in said["posts"]]
    assert feed.added[said["commit"]] == sorted(paths), told
    assert (said["answer"], said["code"], said["op"]) == ("won", 0, post["OP"]), told
    assert (said["item"], said["state"]) == (post["ITEM"], post["STATE"]), told
    facts = (said["holder"] or "", str(said["epoch"]))
    assert facts == (_holder(post), _epoch(post)), told
    assert said["again"] is False, told
    assert said["tries"] > 0, told


def _holder(post: dict[str, str]) -> str:
    return post["SEAT"] if post["STATE"] == "IN_PROGRESS" else ""


def _epoch(post: dict[str, str]) -> str:
    """The epoch after a post that writes it where it is 2 or more."""
    return post.get("EPOCH", str(int(post["STATE"] == "IN_PROGRESS")))


def _began(post: dict[str, str], said: re.Match[str], surface: str) -> bool:
    """Whether it is with this post that the item, or its surface, came to be held."""
    told = (said["holder"], said["since"], "IN_PROGRESS")
    named = not surface or same(post.get("SURFACE_KEY", ""), surface)
    return named and told == (post["SEAT"], post.get("AT"), post["STATE"])


def check_held(told: Told, feed: Feed, words: re.Pattern[str]) -> str:
    """It was refused since another item or command was first, and that one is named.

    The item that it was told of.
    """
    assert told.ended.code == 1, told
    said = words.search(told.words)
    assert said, told
    surface = said.groupdict().get("surface", "")
    begun = [post for post in feed.posts[said["item"]] if _began(post, said, surface)]
    assert begun, told
    assert same(said.groupdict().get("named", ""), surface), told
    document = told.document
    if not document:
        assert not told.ended.stdout, told
        return said["item"]
    assert (document["answer"], document["code"]) == ("held", 1), told
    # Of an item is said since when it is held, in words since when its surface is.
    for name in ("item", "holder") if surface else ("item", "holder", "since"):
        assert document[name] == said[name], told
    assert document["epoch"] == 1, told
    assert not told.ended.stderr, told
    keys = [key["text"] for key in document["surface"]]
    assert not surface or any(same(key, surface) for key in keys), told
    return said["item"]
