"""Several posts in one commit, each as a seat would write it by hand."""

from collections.abc import Mapping, Sequence

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.model.errors import Refused
from fleetfeed.model.post import Value
from fleetfeed.model.post_writer import Draft, chain
from fleetfeed.writing.request import Asked, yours


def several(
    feed: Snapshot, posts: Sequence[Mapping[str, Value]], asked: Asked
) -> tuple[Draft, ...]:
    """`posts` by their fields, ITEM and STATE among them, all of them or none.

    Who asks is the SEAT where a post names none. A post of an item that is not there
    says what the item is about.
    """
    op = {"OP": asked.fields["OP"]}
    rows = [(str(post["ITEM"]), {**asked.fields, **post, **op}) for post in posts]
    made = []
    for item in {item for item, _ in rows if feed.item(item).newest}:
        yours(feed, item, asked)
    for (before, draft), (_, said) in zip(chain(feed.item, rows), rows, strict=True):
        if not before.newest and "SUBJECT" not in said:
            todo = "give it a SUBJECT, or see `fleetfeed active`"
            raise Refused(f"there is no {before.id} on the feed; {todo}")
        made.append(draft)
    return tuple(made)
