"""`show`, one item and the posts that made it; `log`, the newest posts of all."""

from contextlib import closing
from itertools import islice

import click

from fleetfeed.cli.context import Shell, echo_json, uncut, with_shell
from fleetfeed.cli.fields import checked_field
from fleetfeed.cli.output import LeaseEstimates, item_json, known_item, row
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.lease.estimate import Estimate
from fleetfeed.model.errors import Usage
from fleetfeed.model.item import Item
from fleetfeed.model.layout import PostPath
from fleetfeed.model.names import acts_as
from fleetfeed.model.post import Note, Post, Unreadable
from fleetfeed.repo.log import LogEntry, entries
from fleetfeed.repo.view import newest_view
from fleetfeed.util.printable import printable

_TEXTS = ("REASON", "SUBJECT", "BODY")
"""What may stand for all that was said, the most telling first."""


@click.command()
@click.argument("item")
@click.option("--offline", is_flag=True, help="Do not ask the remote.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_shell
def show(shell: Shell, item: str, offline: bool, as_json: bool) -> None:
    """Show ITEM as it is on the feed ref, with all its posts.

    \b
    Examples:
      fleetfeed show CMB-1438
      fleetfeed show CMB-1438 --offline --json
    """
    known = known_item(item)
    view = newest_view(shell.repo, offline=offline)
    now, posts = view.snapshot.item(known), view.snapshot.posts(known)
    if not posts:
        raise Usage(f"there is no {known} on the feed ({view.age})")
    lease = LeaseEstimates(shell.repo, view).of(now)
    if as_json:
        listed = [_post_json(post) for post in posts]
        shown = {"answer": "shown", **item_json(now, lease), "history": listed}
        echo_json({**shown, "feed": view.age, "code": 0})
        return
    head = _head(now, lease)
    click.echo("\n".join([*head, *map(_post_line, posts), *_deps(view.snapshot, now)]))
    click.echo(view.age, err=True)


def _head(item: Item, lease: Estimate) -> list[str]:
    who = f"filed by {item.filer}, epoch {item.epoch}, lease {item.lease or 'default'}"
    lines = [row(item, lease), f"  {uncut(item.subject)}", f"  {uncut(who)}"]
    if lease.over:
        todo = f"`fleetfeed claim {item.id} --reason …` takes it over, if so"
        lines.append(f"  {lease.words}; {todo}")
    if item.unreadable:
        numbers = ", ".join(map(str, item.unreadable))
        lines.append(f"  unreadable: post {numbers}; the next post needs REPAIRS")
    return lines


def _post_line(post: Post | Unreadable) -> str:
    if isinstance(post, Unreadable):
        why = post.findings[0]
        return f"  {post.number:04d} unreadable: {why.code} {why.message}"
    text = post.reason or post.proof or post.subject
    at = post.text("AT") or "-"
    line = f"  {post.number:04d} {at} {post.state.value} {post.seat}"
    return uncut(f"{line}: {printable(text)}" if text else line)


def _deps(snapshot: Snapshot, item: Item) -> list[str]:
    """What the item depends on, and how far that is."""
    names = item.texts("DEPENDS_ON")
    states = ((name, snapshot.item(name).state) for name in names)
    return [f"  depends on {n}: {s.value if s else 'not there'}" for n, s in states]


def _post_json(post: Post | Unreadable) -> dict[str, object]:
    if isinstance(post, Unreadable):
        why = [f"{f.code} {f.message}" for f in post.findings]
        return {"number": post.number, "path": post.path, "unreadable": why}
    return {"number": post.number, "path": post.path, "fields": dict(post.fields)}


@click.command()
@click.argument("item", required=False)
@click.option("--seat", help="Only what this seat wrote, its sub-seats included.")
@click.option(
    "-n",
    "--limit",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    metavar="N",
    help="The newest N.",
)
@click.option("--offline", is_flag=True, help="Do not ask the remote.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_shell
def log(
    shell: Shell,
    *,
    item: str | None,
    seat: str | None,
    limit: int,
    offline: bool,
    as_json: bool,
) -> None:
    """List the newest posts and notes on the feed ref, newest first.

    With ITEM, its posts and the notes about it. The order is that in which git's
    history has them; the times are what the seats wrote.

    \b
    Examples:
      fleetfeed log
      fleetfeed log CMB-1438 --json
      fleetfeed log --seat CAMBER-06 -n 5
    """
    known = known_item(item) if item is not None else None
    if seat is not None:
        checked_field("seat", seat)
    view = newest_view(shell.repo, offline=offline)
    if known and not view.snapshot.posts(known):
        raise Usage(f"there is no {known} on the feed ({view.age})")
    with closing(entries(shell.repo, view.snapshot, view.commit, known)) as found:
        wanted = (e for e in found if seat is None or acts_as(seat, _seat(e)))
        newest = islice(wanted, limit)
        if as_json:
            listed = [_entry_json(entry) for entry in newest]
            shown = {"answer": "listed", "posts": listed, "feed": view.age}
            echo_json({**shown, "code": 0})
            return
        for entry in newest:
            click.echo(_entry_line(entry))
    click.echo(view.age, err=True)


def _entry_line(entry: LogEntry) -> str:
    """An entry as `TIME PLACE STATE SEAT: what it says`."""
    said = entry.said
    if isinstance(said, Unreadable):
        why, seat = said.findings[0], _seat(entry) or "-"
        return uncut(f"- {_place(entry)} unreadable {seat}: {why.code} {why.message}")
    state = said.state.value if isinstance(said, Post) else "note"
    at = _text(said, "AT") or "-"
    line = uncut(f"{at} {_place(entry)} {state} {said.seat}")
    text = next(filter(None, (_text(said, name) for name in _TEXTS)), "")
    return f"{line}: {printable(text)}" if text else line


def _place(entry: LogEntry) -> str:
    """`CMB-0001/0002` for a post; for a note the item that it is about, or `-`."""
    slot = entry.slot
    if isinstance(slot, PostPath):
        return f"{slot.item}/{slot.number:04d}"
    return entry.said.item or "-"


def _seat(entry: LogEntry) -> str:
    """Who wrote it, as far as that can be read; a note's path says it too."""
    slot, said = entry.slot, entry.said
    if isinstance(said, Unreadable):
        return "" if isinstance(slot, PostPath) else slot.seat
    return said.seat


def _text(said: Post | Note | Unreadable, field: str) -> str:
    """The first line of a field that is one text."""
    value = "" if isinstance(said, Unreadable) else said.fields.get(field, "")
    return value.strip().partition("\n")[0] if isinstance(value, str) else ""


def _entry_json(entry: LogEntry) -> dict[str, object]:
    """An entry for a program; the shape is documented in docs/commands.md."""
    said, slot = entry.said, entry.slot
    why = said.findings if isinstance(said, Unreadable) else ()
    return {
        "item": said.item or None,
        "number": slot.number if isinstance(slot, PostPath) else None,
        "path": said.path,
        "state": said.state.value if isinstance(said, Post) else None,
        "seat": _seat(entry) or None,
        **{name.lower(): _text(said, name) or None for name in ("AT", *_TEXTS)},
        "unreadable": [f"{f.code} {f.message}" for f in why],
        "commit": entry.commit,
    }
