"""What a writing command answers: the same facts as lines and as JSON.

The keys are stable and documented in docs/commands.md.
"""

from collections.abc import Iterator

import click

from fleetfeed.cli.context import echo_json, printable
from fleetfeed.cli.items import row
from fleetfeed.cli.leases import left_of
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.ledger.contract import Ok
from fleetfeed.model.findings import Finding
from fleetfeed.model.post import Note, Post
from fleetfeed.report.formats import finding_json
from fleetfeed.report.text import finding_lines
from fleetfeed.util.records import field, record
from fleetfeed.writing.transaction import Judged


@record
class More:
    """What one command adds to the answer of all."""

    lines: tuple[str, ...] = ()
    facts: dict[str, object] = field(default_factory=dict)


@record
class Answer:
    """`lines` for standard output, `remarks` for standard error; or the document."""

    lines: tuple[str, ...]
    remarks: tuple[str, ...]
    document: dict[str, object]

    def tell(self, *, as_json: bool) -> None:
        """Print it."""
        for remark in self.remarks:
            click.echo(remark, err=True)
        if as_json:
            echo_json(self.document)
        else:
            click.echo("\n".join(self.lines))


def won(landed: Ok, op: str, more: More) -> Answer:
    """The answer where the posts are on the feed."""
    facts = {
        "commit": landed.commit or None,
        "op": op,
        "tries": landed.tries,
        "again": landed.again,
    }
    remarks = [*_warnings(landed.warnings)]
    if landed.again:
        said = "an earlier run of this command wrote it, and nothing was written now"
        remarks.append(f"fleetfeed: {said}")
        remarks += [f"fleetfeed: {said}" for said in _since(landed)]
    if landed.remark:
        remarks.append(f"fleetfeed: {landed.remark}")
    lines = [line for post in landed.posts for line in _lines(post, landed.feed)]
    known = _document("won", landed.posts, landed.feed, landed.warnings)
    return Answer(
        (*lines, *more.lines),
        tuple(remarks),
        {**known, **facts, **more.facts, "code": 0},
    )


def _since(landed: Ok) -> Iterator[str]:
    """What has become of an item since an earlier run of the command wrote its post."""
    for post in landed.posts:
        if isinstance(post, Post):
            now = landed.feed.item(post.item)
            if now.newest > post.number:
                said = f"that was post {post.number}; {now.id} has gone on to"
                yield f"{said} post {now.newest}, and is as it stands above"


def would_be(judged: Judged) -> Answer:
    """The answer to a dry run: the posts as they would be written."""
    folder = judged.after.tree.folder
    texts = {f"{folder}/{path}": data.decode() for path, data in judged.files.items()}
    lines = [f"# {path}\n{text.rstrip()}" for path, text in texts.items()]
    known = _document("dry run", judged.posts, judged.after, judged.warnings)
    document = {**known, "texts": texts, "code": 0}
    return Answer(tuple(lines), tuple(_warnings(judged.warnings)), document)


def _lines(post: Post | Note, feed: Snapshot) -> tuple[str, ...]:
    """A post's item, alone on its line, and how the item is now; a note's path."""
    if isinstance(post, Note):
        return (printable(post.path),)
    item = feed.item(post.item)
    return (item.id, f"{row(item)} epoch={item.epoch} post={post.number}")


def _document(
    answer: str,
    posts: tuple[Post | Note, ...],
    feed: Snapshot,
    warnings: tuple[Finding, ...],
) -> dict[str, object]:
    main = posts[0]
    item = feed.item(main.item) if isinstance(main, Post) else None
    return {
        "answer": answer,
        "item": main.item or None,
        "state": item.state.value if item and item.state else None,
        "surface": [str(key) for key in item.keys] if item else [],
        "holder": item.holder if item else None,
        "epoch": item.epoch if item else None,
        "lease_left": left_of(feed, item),
        "posts": [_post_json(post) for post in posts],
        "findings": [finding_json(found) for found in warnings],
    }


def _post_json(post: Post | Note) -> dict[str, object]:
    number = post.number if isinstance(post, Post) else None
    return {"item": post.item or None, "number": number, "path": post.path}


def _warnings(warnings: tuple[Finding, ...]) -> list[str]:
    return [line for found in warnings for line in finding_lines(found)]
