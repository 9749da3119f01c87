"""What commands tell of dependencies: what is ready now, and what waits for what."""

from collections.abc import Iterable, Iterator

from fleetfeed.cli.output import More
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.judge.dependencies import (
    MOST_NAMED,
    dependents,
    resumable,
    told,
)
from fleetfeed.model.fields import is_none
from fleetfeed.model.item import Item
from fleetfeed.model.names import acts_as
from fleetfeed.model.post import Note, Post, State
from fleetfeed.report.documents import Json, brief_json, waiting_json
from fleetfeed.util.printable import printable


def ready_for(feed: Snapshot, seat: str, known: More) -> More:
    """What rests in the hands of `seat` and is ready, behind what is `known` of it."""
    already = known.facts.get("ready")
    rows = list(already) if isinstance(already, list) else []
    told_of = [row["item"] for row in rows]
    found = [item for item in resumable(feed, seat) if item.id not in told_of]
    lines = [_ready(item, "what it depends on is done") for item in found[:MOST_NAMED]]
    if len(found) > MOST_NAMED:
        todo = "`fleetfeed active --mine --ready` lists them"
        lines.append(f"and {len(found) - MOST_NAMED} more of yours are ready; {todo}")
    ready = [*rows, *(brief_json(feed, item.id) for item in found)]
    return More((*known.lines, *lines), {**known.facts, "ready": ready})


def _ready(item: Item, why: str) -> str:
    """That a seat's own item is ready, and how it goes on."""
    todo = f"`fleetfeed claim {item.id}` resumes it"
    return f"{told(item)} is ready, {why}; {todo}"


def not_there(feed: Snapshot, posts: Iterable[Post | Note]) -> Iterator[str]:
    """What `posts` make their items depend on, and nobody has filed."""
    for post in posts:
        if not isinstance(post, Post):
            continue
        item = feed.item(post.item)
        for name in post.texts("DEPENDS_ON"):
            if not is_none(name) and not feed.item(name).newest:
                append = f"append {item.id} --state {post.state.value}"
                todo = f"`fleetfeed {append} {_without(item, name)}` takes it out"
                yield f"{item.id} depends on {name}, which is not there; {todo}"


def after_move(feed: Snapshot, items: Iterable[str], seat: str) -> More:
    """What the end, or the rest, of `items` means for those that depend on them."""
    lines, ready, waiting = list[str](), list[Json](), list[Json]()
    for item in items:
        now, rows = feed.item(item), list(dependents(feed, item))
        done = now.state is State.DONE
        own = {each.id for each in resumable(feed, seat)} if done else set[str]()
        named = [
            row for n, row in enumerate(rows) if n < MOST_NAMED or row[0].id in own
        ]
        lines += _set_free(feed, named, own) if done else _held_up(now, named, seat)
        if len(rows) > len(named):
            lines.append(f"and {len(rows) - len(named)} more depend on {now.id}")
        ready += (brief_json(feed, other.id) for other, waits in rows if not waits)
        waiting += (waiting_json(feed, other, waits) for other, waits in rows if waits)
    return More(tuple(lines), {"ready": ready, "waiting": waiting})


_Rows = list[tuple[Item, tuple[str, ...]]]


def _set_free(feed: Snapshot, rows: _Rows, own: set[str]) -> Iterator[str]:
    """What waits no longer, and what still does; `own` are the seat's to resume."""
    for other, waits in rows:
        if waits:
            named = ", ".join(told(feed.item(name)) for name in waits)
            yield f"{other.id} still waits for {named}"
        elif other.id in own:
            yield _ready(other, "it waits for nothing any more")
        else:
            yield f"{told(other)} waits for nothing any more"


def _held_up(now: Item, rows: _Rows, seat: str) -> Iterator[str]:
    """Who waits for an item that is not going to be done, or not soon."""
    never = now.state is State.CANCELLED
    for other, _ in rows:
        what = f"{told(other)} waits for {now.id}"
        what = f"{what}, which will never be done" if never else what
        todo = f"`fleetfeed note {other.id} --body …` tells {printable(other.contact)}"
        if acts_as(seat, other.contact) and other.state:
            append = f"append {other.id} --state {other.state.value}"
            todo = (
                f"`fleetfeed {append} {_without(other, now.id)}` lets it go on without"
            )
        yield f"{what}; {todo}"


def _without(item: Item, name: str) -> str:
    """The flags that take `name`, and nothing else, out of what `item` depends on."""
    rest = [other for other in item.texts("DEPENDS_ON") if other != name]
    return " ".join(f"--depends-on {other}" for other in rest or ("none",))
