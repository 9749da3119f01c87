"""`fleetfeed append` and `note`: any post, and a remark that moves nothing."""

import secrets
from collections.abc import Mapping
from pathlib import Path

from fleetfeed.cli.context import Shell
from fleetfeed.cli.fields import Flag, known_item
from fleetfeed.cli.words import ClickType, argument, command, option
from fleetfeed.cli.writer import Writer, writes
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.model.errors import Refused, Usage
from fleetfeed.model.post import State, Value
from fleetfeed.model.post_reader import read_request
from fleetfeed.model.post_writer import note as make_note
from fleetfeed.model.seats import checked_seat
from fleetfeed.model.yaml.characters import MAX_BYTES
from fleetfeed.util.printable import printable
from fleetfeed.util.records import replace
from fleetfeed.writing.dating import noted_at
from fleetfeed.writing.idempotency import ExpectedPost
from fleetfeed.writing.request import Drafts, require_item
from fleetfeed.writing.verbs import append as append_one
from fleetfeed.writing.verbs import several


@command()
@argument("item", required=False)
@option(
    "--post",
    "files",
    multiple=True,
    type=ClickType("Path", how=(("path_type", Path),)),
    help="A post as YAML, ITEM in it; several go in one commit, all or none.",
)
@writes()
def append(
    shell: Shell, /, item: str | None, files: tuple[Path, ...], **flags: Flag
) -> None:
    """Append any post to ITEM, or several posts at once.

    Number, EPOCH, AT and OP are filled in. The item must be there already, or be given
    a --subject and a number that nobody has.

    \b
    Examples:
      fleetfeed append CMB-1438 --state IN_PROGRESS --surface CAMBER:page:home \\
          --proof "the page moved"
      fleetfeed append --post park.yaml --post claim.yaml
    """
    if bool(files) == (item is not None):
        raise Usage("give ITEM and --state, or --post FILE for each post")
    if item is not None:
        _one(shell, known_item(item), flags)
    else:
        # What is wrong with a file is looked for in it, and not among the flags.
        _several(replace(Writer.of(shell, flags), given=None), files, flags)


def _one(shell: Shell, item: str, flags: dict[str, Flag]) -> None:
    if flags["state"] is None:
        raise Usage("which state? give --state")
    writer = Writer.of(shell, flags, item)
    state, titled = State(flags["state"]), "SUBJECT" in writer.request.fields
    new: list[bool] = []

    def plan(feed: Snapshot) -> Drafts:
        # What was to be new at the first look must not be another's at a later one.
        new.append(titled and not feed.item(item).newest)
        return append_one(feed, item, state, writer.request, new=new[0])

    known = {"ITEM": item, "STATE": state.value}
    writer.land(plan, ExpectedPost.of(writer.request, known), own=(item,))


def _several(writer: Writer, files: tuple[Path, ...], flags: dict[str, Flag]) -> None:
    rows = [_read(file) for file in files]
    alone = ("seat", "op", "timeout", "dry_run", "files")
    extra = [n for n, v in flags.items() if n not in alone and v not in (None, ())]
    if extra:
        named = f"--{extra[0].replace('_', '-')}"
        raise Usage(f"{named} says nothing with --post: write it into the file")
    expected = (ExpectedPost.of(writer.request, row) for row in rows)
    own = [str(row["ITEM"]) for row in rows]
    writer.land(lambda feed: several(feed, rows, writer.request), *expected, own=own)


def _read(file: Path) -> Mapping[str, Value]:
    try:
        with file.open("rb") as post:
            data = post.read(MAX_BYTES + 1)  # a device may have no end
    except OSError as error:
        why = error.strerror or "it cannot be read"
        raise Usage(f"--post {printable(str(file))}: {why}") from error
    fields, findings = read_request(data, printable(str(file)))
    if fields is None:
        raise Refused(findings[0].message, findings)
    if "SEAT" in fields:
        checked_seat(f"SEAT in {printable(str(file))}", str(fields["SEAT"]))
    return fields


@command()
@argument("item", required=False)
@writes(
    "state", "owner", "surface", "proof", "lease", "epoch", "reason",
    "depends_on", "parent", "priority", "approval",
)  # fmt: skip
def note(shell: Shell, /, item: str | None, **flags: Flag) -> None:
    """Write a note about ITEM, or about nothing in particular.

    A note moves nothing, claims nothing, and takes no number of the item's. Whoever has
    ITEM is told it in full by their next command on it, and finds it in `inbox`.

    \b
    Examples:
      fleetfeed note CMB-1438 --body "the vendor answered: it is fixed"
      fleetfeed note -F farewell.txt
    """
    known = known_item(item) if item else None
    writer = Writer.of(shell, flags)
    if "BODY" not in writer.request.fields:
        raise Usage("what does the note say? give --body or --body-file")
    fields, token = writer.request.fields, secrets.token_hex(4)

    def plan(feed: Snapshot) -> Drafts:
        if known is None:
            return (make_note(fields, token),)
        require_item(feed, known)
        at = noted_at(feed, known, str(fields["AT"]))
        return (make_note({**fields, "ITEM": known, "AT": at}, token),)

    writer.land(plan, ExpectedPost.of(writer.request, {"ITEM": known or ()}))
