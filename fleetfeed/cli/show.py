"""`fleetfeed show`: one item, and the posts that made it."""

import click

from fleetfeed.cli.context import Shell, echo_json, uncut, with_shell
from fleetfeed.cli.output import (
    LeaseEstimates,
    item_json,
    known_item,
    lease_fields,
    lease_json,
    row,
)
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.lease.estimate import Estimate
from fleetfeed.model.errors import Usage
from fleetfeed.model.item import Item
from fleetfeed.model.post import Post, Unreadable
from fleetfeed.repo.view import newest_view
from fleetfeed.util.printable import printable


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
        known_now = {"answer": "shown", **item_json(now), **lease_json(lease)}
        echo_json({**known_now, "history": listed, "feed": view.age, "code": 0})
        return
    head = _head(now, lease)
    click.echo("\n".join([*head, *map(_line, posts), *_deps(view.snapshot, now)]))
    click.echo(view.age, err=True)


def _head(item: Item, lease: Estimate) -> list[str]:
    who = f"filed by {item.filer}, epoch {item.epoch}, lease {item.lease or 'default'}"
    first = f"{row(item)} {lease_fields(lease)}"
    lines = [first, f"  {uncut(item.subject)}", f"  {uncut(who)}"]
    if lease.over:
        todo = f"`fleetfeed claim {item.id} --reason …` takes it over, if so"
        lines.append(f"  {lease.words}; {todo}")
    if item.unreadable:
        numbers = ", ".join(map(str, item.unreadable))
        lines.append(f"  unreadable: post {numbers}; the next post needs REPAIRS")
    return lines


def _line(post: Post | Unreadable) -> str:
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
