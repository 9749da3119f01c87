"""`show`, one item and the posts that made it; `log`, the newest posts of all."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from itertools import islice

import click

from fleetfeed.cli.context import Shell, json_flag, uncut, with_shell
from fleetfeed.cli.fields import checked_field, known_item
from fleetfeed.cli.messages import INBOX, counted, indented, message_json, message_lines
from fleetfeed.cli.output import dependency_lines, row
from fleetfeed.cli.pager import paged
from fleetfeed.feed.line import ahead_of, places
from fleetfeed.feed.messages import Message, messages, reader
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.judge.advice import after_lapse
from fleetfeed.judge.dependencies import MOST_NAMED
from fleetfeed.lease.estimate import Estimate
from fleetfeed.model.errors import Usage
from fleetfeed.model.item import Item
from fleetfeed.model.layout import PostPath
from fleetfeed.model.names import acts_as
from fleetfeed.model.post import Note, Post, Unreadable
from fleetfeed.repo.log import LogEntry
from fleetfeed.report.documents import Json, feed_json, item_json, post_json
from fleetfeed.util.printable import printable
from fleetfeed.writing.estimates import LeaseEstimates
from fleetfeed.writing.next_steps import steps_with

_TEXTS = ("REASON", "SUBJECT", "BODY")
"""What may stand for all that was said, the most telling first."""


_SIGNATURES = click.option(
    "--signatures/--no-signatures",
    default=None,
    help="Tell who signed each. Default: where the policy asks for signatures.",
)


@click.command()
@click.argument("item")
@_SIGNATURES
@click.option("--offline", is_flag=True, help="Do not ask the remote.")
@json_flag
@with_shell
@paged
def show(shell: Shell, item: str, *, signatures: bool | None, offline: bool) -> None:
    """Show ITEM as it is on the feed, with all its posts.

    Who signed is told by the rules under which each landed, as of the date of its
    commit; `fleetfeed verify` proves it.

    \b
    Examples:
      fleetfeed show CMB-1438
      fleetfeed show CMB-1438 --signatures
      fleetfeed show CMB-1438 --offline --json
    """
    known = known_item(item)
    view = shell.ledger.view(offline=offline)
    now, posts = view.snapshot.item(known), view.snapshot.posts(known)
    if not posts:
        raise Usage(f"there is no {known} on the feed ({view.age})")
    lease = LeaseEstimates(shell.repo, view).of(now)
    said = messages(view.snapshot, known, reader(now))
    brought = dict[str, str]()
    ledger = shell.ledger
    if ledger.tells_who(view.snapshot) if signatures is None else signatures:
        with closing(ledger.entries(view, known)) as found:
            brought = {entry.said.path: entry.commit for entry in found}
    signed = ledger.brought_by(view, frozenset(brought.values()))
    by = {path: signed.get(commit, "") for path, commit in brought.items()}
    if shell.as_json:
        steps = steps_with(view.snapshot, now, shell.seat_if_known, lease)
        shell.show(
            "shown",
            items=[item_json(view.snapshot, now, lease, body=True)],
            posts=[
                post_json(p, brought.get(p.path, ""), by.get(p.path, "")) for p in posts
            ],
            notes=[message_json(message) for message in said],
            next=shell.typed(steps),
            feed=feed_json(view.basis),
        )
        return
    head = _head(now, lease, shell.seat_if_known)
    deps = (*_line(view.snapshot, now), *dependency_lines(view.snapshot, now))
    lines = (line for p in posts for line in (_post_line(p), *_by(by.get(p.path, ""))))
    click.echo("\n".join([*head, *lines, *deps]))
    for line in _said(said, reader(now)):
        click.echo(line)
    click.echo(view.age, err=True)


def _by(words: str) -> Iterator[str]:
    """The line that tells who signed the post above it, where that is known."""
    if words:
        yield f"       {uncut(words)}"


def _head(item: Item, lease: Estimate, seat: str) -> list[str]:
    who = f"filed by {item.filer}, epoch {item.epoch}, lease {item.lease or 'default'}"
    lines = [row(item, lease), f"  {uncut(item.subject)}", f"  {uncut(who)}"]
    if item.value("BRANCH"):
        lines.append(f"  its work is on {uncut(str(item.value('BRANCH')))}")
    if lease.over:
        so = "" if lease.exact else "if so, "
        lines.append(f"  {lease.words}; {so}{after_lapse(item, seat)}")
    if item.unreadable:
        numbers = ", ".join(map(str, item.unreadable))
        lines.append(f"  unreadable: post {numbers}; the next post needs REPAIRS")
    return lines


def _line(feed: Snapshot, item: Item) -> Iterator[str]:
    """Who is in line for what an item has, and where it stands itself."""
    families = feed.rules.families
    there = ahead_of(feed, item, families) if item.turn else ()
    if item.turn and not there:
        yield f"  in line with TURN {item.turn}, nobody before it"
    elif item.turn:
        yield f"  in line with TURN {item.turn}, behind {_places(there)}"
    elif item.held:
        there = places(feed, item.held, families, item.id)
        if there:
            yield f"  in line for it: {_places(there)}"


def _places(there: tuple[Item, ...]) -> str:
    names = [f"{i.id} of {uncut(i.waiter)} (TURN {i.turn})" for i in there]
    shown, more = ", ".join(names[:MOST_NAMED]), len(names) - MOST_NAMED
    return f"{shown} and {more} more" if more > 0 else shown


def _post_line(post: Post | Unreadable) -> str:
    if isinstance(post, Unreadable):
        why = post.findings[0]
        return f"  {post.number:04d} unreadable: {why.code} {why.message}"
    text = post.reason or post.proof or post.subject
    at = post.text("AT") or "-"
    line = f"  {post.number:04d} {at} {post.state.value} {post.seat}"
    return uncut(f"{line}: {printable(text)}" if text else line)


def _said(said: tuple[Message, ...], whose: str) -> Iterator[str]:
    """The messages to an item, and how many of them `whose` they are has not seen."""
    unseen = sum(not message.seen for message in said)
    if unseen:
        yield f"  {counted(unseen)} for {uncut(whose)}: {INBOX}"
    for message in said:
        yield from message_lines(message)


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
@click.option("--full", is_flag=True, help="Each as a whole, with all its fields.")
@_SIGNATURES
@click.option("--offline", is_flag=True, help="Do not ask the remote.")
@json_flag
@with_shell
@paged
def log(
    shell: Shell,
    *,
    item: str | None,
    seat: str | None,
    limit: int,
    full: bool,
    signatures: bool | None,
    offline: bool,
) -> None:
    """List the newest posts and notes on the feed, newest first.

    With ITEM, its posts and the notes about it. The order is that in which they
    landed; the times are what the seats wrote.

    \b
    Examples:
      fleetfeed log
      fleetfeed log CMB-1438 --json
      fleetfeed log --seat CAMBER-06 -n 5 --full
      fleetfeed log --signatures
    """
    known = known_item(item) if item is not None else None
    if seat is not None:
        checked_field("seat", seat)
    view = shell.ledger.view(offline=offline)
    if known and not view.snapshot.posts(known):
        raise Usage(f"there is no {known} on the feed ({view.age})")
    ledger = shell.ledger
    asks = ledger.tells_who(view.snapshot) if signatures is None else signatures
    with closing(ledger.entries(view, known)) as found:
        wanted = (e for e in found if seat is None or acts_as(seat, _seat(e)))
        newest: Iterable[LogEntry] = islice(wanted, limit)
        signed: Mapping[str, str] = {}
        if asks:
            newest = list(newest)
            signed = ledger.brought_by(view, frozenset(e.commit for e in newest))
        if shell.as_json:
            posts = [_entry_json(e, signed.get(e.commit, "")) for e in newest]
            shell.show("listed", posts=posts, feed=feed_json(view.basis))
            return
        for entry in newest:
            click.echo(_entry_line(entry))
            for line in _by(signed.get(entry.commit, "")):
                click.echo(line)
            if full:
                click.echo("\n".join(_fields(entry.said)))
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


def _fields(said: Post | Note | Unreadable) -> Iterator[str]:
    """All fields of an entry, a text of several lines below its name."""
    for name, value in {} if isinstance(said, Unreadable) else said.fields.items():
        text = value if isinstance(value, str) else ", ".join(value)
        if "\n" in text.strip("\n"):
            yield f"    {uncut(name)}:"
            yield from indented(text)
        else:
            yield f"    {uncut(name)}: {uncut(text.strip())}"
    yield ""


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


def _entry_json(entry: LogEntry, signature: str) -> Json:
    """An entry for a program; its path tells number and seat of what is unreadable."""
    slot = entry.slot
    number = slot.number if isinstance(slot, PostPath) else None
    known = {"number": number, "seat": _seat(entry) or None}
    return {**post_json(entry.said, entry.commit, signature), **known}
