"""What is on a feed, read a second time: from plain files, in a few lines, by plain YAML.

Judge, fold and store cannot be wrong together with this.
"""

from functools import cache
from itertools import combinations

from ruamel.yaml import YAML

ACTIVE = {"AWAITING_CLAIM", "IN_PROGRESS"}


def posts(files):
    """Item, number and fields of each post and note, as plain YAML has them."""
    for path, text in sorted(files.items()):
        if path.startswith("/notes/"):
            yield "", 0, read(text)
        elif path != "/policy.yaml":
            *_, item, name = path.split("/")
            yield item, int(name.removesuffix(".yaml")), read(text)


@cache
def read(text):
    return YAML(typ="safe").load(text)


def holders(files):
    """(segments, item) of all that is held: state and key of each item's last word."""
    state, key = {}, {}
    for item, _, post in posts(files):
        if item:
            state[item] = post["STATE"]
            key[item] = post.get("SURFACE_KEY", key.get(item))
    active = [item for item in state if state[item] in ACTIVE and key[item]]
    return [(segments(key[item]), item) for item in active]


def segments(key):
    """A key's segments, after design section 5."""
    return tuple(key.lower().replace("_", "-").replace("/", ":").split(":"))


def shared(held):
    """Pairs of items that hold surfaces of which one contains the other."""
    return [
        (one, two)
        for (mine, one), (theirs, two) in combinations(held, 2)
        if mine[: len(theirs)] == theirs[: len(mine)]
    ]
