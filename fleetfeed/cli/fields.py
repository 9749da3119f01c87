"""The field names as flags, for every command that writes a post."""

import os
from collections.abc import Callable, Iterable, Mapping

from fleetfeed.cli.words import ClickType, Command, option
from fleetfeed.model import names
from fleetfeed.model.errors import Usage
from fleetfeed.model.fields import SPECS, is_none
from fleetfeed.model.post import State, Value
from fleetfeed.model.seats import checked_seat
from fleetfeed.model.yaml.characters import MAX_BYTES
from fleetfeed.util.printable import printable
from fleetfeed.writing.request import EPOCH_VARIABLE, ITEM_VARIABLE, OP_VARIABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

    import click

Flag = str | tuple[str, ...] | int | None
"""What click hands over for a flag: a text, several, a number, yes or no, nothing."""

_DIGITS = 9
"""An epoch of more digits is nobody's."""

_MOST_READ = 2 * MAX_BYTES
"""Bytes of a text: its CRs are taken out. A device or a log may have no end."""

_OPTIONS = {
    "state": option(
        "--state",
        type=ClickType("Choice", ([state.value for state in State],)),
        help="The item's state from this post on.",
    ),
    "seat": option(
        "--seat", help="Who posts. Default: FLEETFEED_SEAT, fleetfeed.seat."
    ),
    "subject": option("--subject", help="What the item is about."),
    "owner": option("--owner", help="Who holds it, or who may claim it."),
    "surface": option(
        "--surface", multiple=True, help="A surface key; may be repeated."
    ),
    "proof": option("--proof", help="How this differs from what is near."),
    "lease": option("--lease", help="90s, 30m, 2h, 1d, or none."),
    "epoch": option(
        "--epoch",
        type=int,
        metavar="N",
        help=f"The epoch you hold; exit 4 if stale. Default: {EPOCH_VARIABLE}.",
    ),
    "reason": option("--reason", help="Why you reopen, take over or act as a steward."),
    "depends_on": option(
        "--depends-on", multiple=True, help="An item, or none; may be repeated."
    ),
    "parent": option("--parent", help="The item that this one is a part of."),
    "priority": option(
        "--priority", help="A whole number from 0 to 99; 0 comes first."
    ),
    "branch": option("--branch", help="The branch that its work is on."),
    "others": option(
        "--field",
        "others",
        multiple=True,
        metavar="NAME=VALUE",
        help="A field of the fleet's own; may be repeated.",
    ),
    "body": option("--body", help="Free text."),
    "body_file": option(
        "-F",
        "--body-file",
        type=ClickType("File", ("rb",)),
        callback=lambda ctx, _option, file: file and _text_of(ctx, file),
        help="Free text from a file.",
    ),
}

_BODY_FILE = "fleetfeed.cli.fields.body_file"
"""Where click's context keeps the name of the file that `--body-file` names."""

_NAMES = {"surface": "SURFACE_KEY", "proof": "NO_OVERLAP_PROOF"}
_OTHERS = ("epoch", "others", "body", "body_file")
FLAGS = {n: _NAMES.get(n, n.upper()) for n in _OPTIONS if n not in _OTHERS}
"""Flag -> field."""


def known_item(text: str) -> str:
    """`text` where it spells an item rightly; Usage with the right spelling if not."""
    if names.parse(text):
        return text
    right = names.meant(text)
    hint = f"; write {right}" if right else " such as CMB-1438"
    raise Usage(f"{printable(text)} is no item{hint}")


def field_flags(*without: str) -> Callable[[Command], Command]:
    """Gives a command all field flags but those `without`; it gets them by keyword."""

    def add(command: Command) -> Command:
        for name, flag in reversed(_OPTIONS.items()):
            if name not in without:
                command = flag(command)
        return command

    return add


def given_fields(flags: Mapping[str, Flag]) -> dict[str, Value]:
    """The fields that the flags name, left out where a flag was not given.

    Usage where a flag is given and empty: nobody would see that it was left out.
    """
    found = {
        name: _value(flag, given)
        for flag, name in FLAGS.items()
        if (given := flags.get(flag)) not in (None, ())
    }
    for flag in ("seat", "owner"):
        name = found.get(FLAGS[flag])
        if isinstance(name, str) and not (flag == "owner" and is_none(name)):
            checked_seat(f"--{flag}", name)
    others = flags.get("others")
    found |= _others(others if isinstance(others, tuple) else ())
    if flags.get("body") is not None and flags.get("body_file") is not None:
        raise Usage("give --body or --body-file, not both")
    for flag in ("body", "body_file"):
        if flags.get(flag) is not None:
            found["BODY"] = _value(flag, flags[flag])
    return found


def said_by(flags: Mapping[str, Flag]) -> dict[str, str]:
    """What said each field: its flag, or the file of its text."""
    given = {flag for flag, value in flags.items() if value not in (None, ())}
    named = {flag: flag.replace("_", "-") for flag in given}
    found = {name: f"--{named[f]}" for f, name in FLAGS.items() if f in given}
    others = flags.get("others")
    for text in others if isinstance(others, tuple) else ():
        name = text.partition("=")[0]
        found[name] = f"--field {printable(name)}"
    if "body" in given:
        found["BODY"] = "--body"
    if "body_file" in given:
        import click  # late: it has opened the file

        found["BODY"] = printable(click.get_current_context().meta[_BODY_FILE], 400)
    return found


def held_epoch(given: Flag, item: str) -> tuple[int | None, str]:
    """The epoch that the caller holds, and the item that it is of (empty: any).

    The flag is about `item`, which the command names; the environment about the item
    that stands there beside it, where one does.
    """
    if isinstance(given, int):
        return given, item
    text, about = os.environ.get(EPOCH_VARIABLE), os.environ.get(ITEM_VARIABLE, "")
    if text and not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
        raise Usage(f"{EPOCH_VARIABLE} '{printable(text)}' is no whole number")
    return int(text) if text else None, about


def held_claim(given: int | None, item: str) -> tuple[int | None, str]:
    """The epoch of `item` that the caller holds, and the OP of its claim.

    None and empty where nothing says so. The environment's OP is about the item and the
    epoch that stand there beside it.
    """
    epoch, about = held_epoch(None, item)
    if about not in ("", item) or given not in (None, epoch):
        return given, ""
    return epoch, os.environ.get(OP_VARIABLE, "") if about else ""


def _others(given: Iterable[str]) -> dict[str, Value]:
    """The fields of `--field NAME=VALUE`."""
    found: dict[str, Value] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise Usage(f"--field {printable(text)} is not of the form NAME=VALUE")
        if name in SPECS:
            raise Usage(f"--field {name}: {_instead(name)}")
        if name in found:
            raise Usage(f"--field {printable(name)} is given twice")
        found[checked_text("field", name)] = _value(f"field {name}", value)
    return found


def _instead(name: str) -> str:
    """How a field of fleetfeed's own is given."""
    flag = next((flag for flag, field in FLAGS.items() if field == name), name.lower())
    if flag in (*FLAGS, "body", "epoch"):
        return f"use --{flag.replace('_', '-')}"
    return "name the item itself" if name == "ITEM" else "fleetfeed writes it itself"


def _value(flag: str, given: Flag) -> Value:
    texts = given if isinstance(given, tuple) else (str(given),)
    texts = tuple(checked_text(flag, text) for text in texts)
    return texts[0] if len(texts) == 1 else texts


def checked_text(flag: str, text: str) -> str:
    """`text` where it says something that can be written down; Usage otherwise."""
    named = printable(flag.replace("_", "-"))
    if not text.strip():
        raise Usage(f"--{named} is empty; leave it out or say something")
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise Usage(f"--{named} is not UTF-8: {printable(text)}")
    return text


def checked_field(flag: str, text: str) -> str:
    """`text` where it may be the field of the flag's name; Usage otherwise."""
    wrong = SPECS[flag.upper()].check(text)
    if wrong:
        raise Usage(f"--{flag} '{printable(text)}' {wrong}")
    return text


def _text_of(ctx: "click.Context", file: "BinaryIO") -> str:
    import click

    ctx.meta[_BODY_FILE] = file.name
    with file:
        data = file.read(_MOST_READ + 1)
    if len(data) > _MOST_READ:
        why = f"no post has more than {MAX_BYTES} bytes; shorten the file"
        raise click.BadParameter(why)
    try:
        return data.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise click.BadParameter("the file is not UTF-8") from error
