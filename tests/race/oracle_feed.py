"""What is on a feed, by plain git and a plain YAML reader: never by what is tested."""

from dataclasses import dataclass

from harness import Repo
from ruamel.yaml import YAML

ACTIVE = {"AWAITING_CLAIM", "IN_PROGRESS"}

_KEPT = ("STATE", "OWNER", "SURFACE_KEY", "SUBJECT", "PRIORITY")


@dataclass(frozen=True, slots=True)
class Feed:
    """The posts of each item in their order, and the feed's line, oldest first.

    `added` has what each commit of it brought: a queue's merge, what it merges.
    """

    posts: dict[str, list[dict[str, str]]]
    commits: list[str]
    added: dict[str, list[str]]

    @classmethod
    def read(cls, server: Repo) -> "Feed":
        """The feed on a server's main branch."""
        said = server.git(
            "log", "--reverse", "--first-parent", "--diff-merges=first-parent",
            "--format=%x00%H", "--name-status", "refs/heads/main", "--", "feed/",
        ).stdout  # fmt: skip
        added = {}
        for block in said.split("\0")[1:]:
            commit, *rows = block.split()
            if rows == ["M", "feed/policy.yaml"]:
                continue  # before the race (`Server.disarm`)
            # Every commit of a race adds: nothing is altered or taken away.
            assert set(rows[::2]) <= {"A"}, block
            added[commit] = rows[1::2]
        return cls(_posts(server), list(added), added)

    def __len__(self) -> int:
        return sum(map(len, self.posts.values()))

    def now(self, item: str) -> dict[str, str]:
        """An item's fields as its posts leave them."""
        folded: dict[str, str] = {}
        for post in self.posts[item]:
            folded = {k: v for k, v in folded.items() if k in _KEPT} | post
        return folded

    def holders(self, surface: str) -> list[tuple[str, str]]:
        """Item and seat of each that holds `surface`."""
        found = ((item, self.now(item)) for item in self.posts)
        return [
            (item, post["SEAT"])
            for item, post in found
            if post["STATE"] in ACTIVE and same(post.get("SURFACE_KEY", ""), surface)
        ]

    def by(self, op: str) -> list[tuple[str, int]]:
        """Item and number of each post that the command `op` wrote."""
        return [
            (item, number)
            for item, posts in self.posts.items()
            for number, post in enumerate(posts, 1)
            if post.get("OP") == op
        ]

    def items_added(self) -> list[list[str]]:
        """The items of each commit, oldest first."""
        return [
            [path.split("/")[3] for path in paths if path.count("/") == 4]
            for paths in self.added.values()
        ]


def same(one: str, other: str) -> bool:
    """Whether two keys name one surface (design: case, `_` as `-`, `/` as `:`)."""
    folded = (key.lower().replace("_", "-").replace("/", ":") for key in (one, other))
    return next(folded) == next(folded)


def _posts(server: Repo) -> dict[str, list[dict[str, str]]]:
    listed = server.git("ls-tree", "-r", "-z", "refs/heads/main", "feed/").stdout
    rows = (row.split("\t") for row in listed.split("\0") if row)
    ids = {path: meta.split()[2] for meta, path in rows if path.count("/") == 4}
    asked = "".join(f"{id_}\n" for id_ in ids.values())
    # Everything in a race is plain ASCII: characters are bytes; `base` reads all as text.
    rest = server.git("cat-file", "--batch", stdin=asked).stdout
    posts: dict[str, list[dict[str, str]]] = {}
    for path in ids:
        head, _, rest = rest.partition("\n")
        size = int(head.split()[2])
        text, rest = rest[:size], rest[size + 1 :]
        *_, item, name = path.split("/")
        so_far = posts.setdefault(item, [])
        so_far.append(YAML(typ="base", pure=True).load(text))
        assert name == f"{len(so_far):04d}.yaml", path
        assert so_far[-1]["ITEM"] == item
    return posts
