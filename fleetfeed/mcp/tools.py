"""The tools: which command each is, what it takes, and what an agent is told of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any

from fleetfeed.mcp.answers import output_schema
from fleetfeed.mcp.arguments import Argument, given, input_schema, words_of
from fleetfeed.model.post import State

Json = dict[str, Any]


class Kind(Enum):
    """What a command is to those beside it."""

    READS = "reads"
    WRITES = "writes"
    BESIDE = "beside"
    """It posts nothing, or may take hours, and waits for nobody."""


@dataclass(frozen=True)
class Tool:
    """A command as a tool.

    `adds` are the keys of its answer beside those that all have. `lasting` says that it
    takes from somebody, or ends, what cannot simply be had again; `again` that a second
    call with the same arguments changes nothing more.
    """

    name: str
    title: str
    text: str
    known: Sequence[Argument] = ()
    required: Sequence[str] = ()
    command: tuple[str, ...] = ()
    kind: Kind = Kind.READS
    adds: Sequence[str] = ()
    lasting: bool = False
    again: bool = True

    @cached_property
    def takes(self) -> Json:
        """The schema of its arguments."""
        return input_schema(self.known, self.required)

    @cached_property
    def answers(self) -> Json:
        """The schema of its answers."""
        return output_schema(*_FAILED, *self.adds)

    def words(self, arguments: Json | None) -> tuple[str, ...]:
        """The command line for `arguments`, which are as the schema has them."""
        name, *fixed = self.command or (self.name,)
        return (name, *fixed, *words_of(self.known, given(arguments)))

    def kind_with(self, arguments: Json | None) -> Kind:
        """What the command is to others, with these arguments."""
        waits = any(given(arguments).get(name) for name in ("wait", "watch"))
        return Kind.BESIDE if waits else self.kind


def _text(name: str, text: str, flag: str | None = None) -> Argument:
    return Argument(name, f"--{name.replace('_', '-')}" if flag is None else flag, text)


def _texts(name: str, text: str, flag: str | None = None) -> Argument:
    spelt = f"--{name.replace('_', '-')}" if flag is None else flag
    return Argument(name, spelt, text, "array")


def _yes(name: str, text: str) -> Argument:
    return Argument(name, f"--{name.replace('_', '-')}", text, "boolean")


_FAILED = ("words",)
"""What any answer may have: what a server's hooks said."""

_WON = ("commit", "tries", "again", "posts", "notes", "ready", "waiting")

_ITEM = _text("item", "Such as CMB-0001.", flag="")
_ITEMS = _texts("items", "Items, such as CMB-0001.", "")
_REASON = _text("reason", "Why, in a sentence.")
_BODY = _text("body", "Free text, such as what was done or what is missing.")
_EPOCH = Argument(
    "epoch",
    "--epoch",
    "The epoch at which you hold it; at another it is no longer yours.",
    "integer",
)
_OP = _text(
    "op",
    "An id of your own: called again with it, it posts only once.",
)
_SURFACE = _texts("surface", "Surface keys, such as CAMBER:file:src/app.py.")
_PROOF = _text("proof", "How this differs from each item that is near.")
_LEASE = _text("lease", "How long you hold it without a sign of life: 90s, 30m, 2h.")
_DEPENDS = _texts("depends_on", "Items that must be done before.")
_FIELD = _texts("field", "Fields of the fleet's own, each NAME=VALUE.")
_LANE = _text("lane", "Only items of this lane, or with a surface in it.")
_OFFLINE = _yes("offline", "Go by what was fetched last; do not ask the remote.")
_AT_MOST = _text(
    "at_most",
    "How long to wait, such as 50s; else for ever. Keep it below your client's limit "
    "for a call, and call again.",
)
_FILED = (
    _text("subject", "What the item is about, in a line."),
    _SURFACE,
    _PROOF,
    _DEPENDS,
    _text("parent", "The item that this one is a part of."),
    _text("priority", "A whole number from 0 to 99; 0 comes first, 50 is usual."),
    _text("branch", "The branch that its work is on."),
    _FIELD,
)
_SAID = (_REASON, _BODY, _EPOCH, _OP)

TOOLS = (
    Tool(
        "prime",
        "Know where you are",
        "Begin with this: who you are, what you hold and until when, what is ready for "
        "you, and how many notes you have not seen.",
        (_OFFLINE,),
        adds=("seat", "ready", "notes", "unseen_count"),
    ),
    Tool(
        "active",
        "List open items",
        "List the open items and who holds them. `mine`: what your seat has to do "
        "with; `ready`: what can be taken up now. `item_count`: how many there are.",
        (
            _yes("mine", "Only what your seat has to do with."),
            _yes("ready", "Only what can be taken up now."),
            _yes("waiting", "Only what depends on unfinished items."),
            _LANE,
            Argument(
                "state",
                "--state",
                "Only this state.",
                choices=tuple(state.value for state in State),
            ),
            _text("seat", "Only what this seat holds, is offered or has filed."),
            _text("search", "Only with this text in id, subject or key."),
            Argument(
                "limit", "--limit", "The first so many alone.", "integer", default=20
            ),
            _OFFLINE,
        ),
        adds=("ready", "item_count"),
    ),
    Tool(
        "surface_claim",
        "Ask whether a surface is free",
        "Ask before you begin whether a surface may be claimed: `allocated`, or `held` "
        "and by whom; and what is near it, which a claim's proof has to name.",
        (
            _text("key", "Such as CAMBER:file:src/app.py.", "--surface-claim"),
            _OFFLINE,
        ),
        ("key",),
        command=("active",),
        adds=("near", "near_more"),
    ),
    Tool(
        "show",
        "Show an item",
        "Show one item in full: its text, its posts, its notes, who holds it.",
        (_ITEM, _OFFLINE),
        ("item",),
        adds=("posts", "notes"),
    ),
    Tool(
        "inbox",
        "Read notes to you",
        "List the notes to what you hold, are offered or have filed, unseen by you.",
        (_yes("all", "What you have seen, too."), _OFFLINE),
        adds=("notes", "seat"),
    ),
    Tool(
        "fence",
        "Ask whether an item is still yours",
        "Ask at the last moment before a write that others see (a push, a deployment): "
        "`yours`, or `no longer yours` and whose. Do not write unless it is `yours`.",
        (_ITEM, _EPOCH),
        ("item",),
    ),
    Tool(
        "guard",
        "Ask whether files may be changed",
        "Ask before you change files whether another seat holds them. Without paths: "
        "what is changed in the work tree already.",
        (
            _texts("paths", "Paths that you are about to change.", ""),
            _yes("staged", "Judge what is staged."),
            _OFFLINE,
        ),
    ),
    Tool(
        "wait",
        "Wait until something is to be had",
        "Wait until a surface is free, or an item is to be had; then claim it. Posts "
        "nothing; a place in line that you have is kept meanwhile.",
        (_text("what", "A surface's key, or an item.", flag=""), _AT_MOST),
        ("what",),
        kind=Kind.BESIDE,
    ),
    Tool(
        "next",
        "Take the next ready item",
        "Take the next ready item into work, by priority and then the oldest. The "
        "answer says what the work is. `nothing ready` where there is none.",
        (
            _LANE,
            _yes("mine", "Go on with what rests with you and is ready now."),
            _LEASE,
            _REASON,
            _BODY,
            _OP,
        ),
        kind=Kind.WRITES,
        adds=_WON,
        again=False,
    ),
    Tool(
        "claim",
        "Take an item into work",
        "Take an item, or a new one by its surface, into work. `won`: it is yours, and "
        "the answer says what it is and at which epoch. `held`: somebody has it; the "
        "answer says who, and what to do. Work on nothing that you have not won.",
        (
            _ITEM,
            _text("new", "In place of item: the prefix of a new one, such as CMB."),
            *_FILED,
            _LEASE,
            _yes("resume", "Go on with what your own seat holds by another command."),
            _texts("park", "Items to park in the same commit."),
            _yes("wait", "Where it is held, take a place in line and wait for it."),
            _yes("watch", "Wait until its holder's lease has lapsed; needs reason."),
            _AT_MOST,
            _text("owner", "Who may claim it later, where that is not you."),
            *_SAID,
        ),
        kind=Kind.WRITES,
        adds=_WON,
        again=False,
    ),
    Tool(
        "renew",
        "Begin a lease anew",
        "Begin the lease of an item that you hold, or of your place in line, anew.",
        (_ITEM, _LEASE, *_SAID),
        ("item",),
        kind=Kind.WRITES,
        adds=_WON,
        again=False,
    ),
    Tool(
        "beat",
        "Show that you are alive",
        "Begin the leases of items that you hold anew, and those of your places in "
        "line, without a post. `no longer yours` where one is lost: stop work on it.",
        (
            _ITEMS,
            _yes("mine", "All that your seat itself holds or waits for."),
            _text("at_most_every", "With mine: not again so soon, such as 5m."),
        ),
        kind=Kind.BESIDE,
        adds=("seat",),
        again=False,
    ),
    Tool(
        "keep",
        "Keep items while you are here",
        "Beat for what you hold from now on, in a process of its own: until it is "
        "ended, handed on or lost, or this server ends. Call it after a claim whose "
        "work takes longer than its lease.",
        (
            _ITEMS,
            _yes("mine", "All that your seat itself holds."),
            _yes("stop", "End that: for these items, or for all."),
        ),
        kind=Kind.BESIDE,
        adds=("seat", "keepers"),
    ),
    Tool(
        "release",
        "Give an item back",
        "Give an item back unfinished: it awaits its claim, and keeps its surface. "
        "With mine, all that you hold: before you leave.",
        (
            _ITEM,
            _yes("mine", "In place of item: all that your seat itself holds."),
            _text("owner", "Who may claim it now."),
            *_SAID,
        ),
        kind=Kind.WRITES,
        adds=(*_WON, "seat"),
    ),
    Tool(
        "block",
        "Say that an item cannot go on",
        "Say that an item of yours cannot go on, and why. Its surface is free then; "
        "claim goes on with it.",
        (_ITEM, _DEPENDS, *_SAID),
        ("item",),
        kind=Kind.WRITES,
        adds=_WON,
    ),
    Tool(
        "park",
        "Lay an item aside",
        "Lay an item of yours aside, or give up a place in line. Its surface is free "
        "then; claim goes on with it.",
        (_ITEM, _DEPENDS, *_SAID),
        ("item",),
        kind=Kind.WRITES,
        adds=_WON,
    ),
    Tool(
        "done",
        "Finish an item",
        "End an item of yours: its work is done. Its surface is free; the answer says "
        "what is ready now that waited for it.",
        (_ITEM, _FIELD, *_SAID),
        ("item",),
        kind=Kind.WRITES,
        adds=_WON,
    ),
    Tool(
        "cancel",
        "End an item without its work",
        "End an item for good without its work being done. Its surface is free.",
        (_ITEM, *_SAID),
        ("item",),
        kind=Kind.WRITES,
        adds=_WON,
        lasting=True,
    ),
    Tool(
        "handoff",
        "Give an item to another seat",
        "Give an item of yours to another seat, which holds it from then on: whatever "
        "you still have at work on it is fenced.",
        (_ITEM, _text("to", "The seat that goes on with it."), *_SAID),
        ("item", "to"),
        kind=Kind.WRITES,
        adds=_WON,
        lasting=True,
    ),
    Tool(
        "yield",
        "End an item in favour of another",
        "End an item of yours in favour of another that does the same work, and which "
        "gets a note of it.",
        (
            _ITEM,
            _text("to", "The item that goes on."),
            _yes("park", "Park it; do not cancel it."),
            *_SAID,
        ),
        ("item", "to"),
        kind=Kind.WRITES,
        adds=_WON,
        lasting=True,
    ),
    Tool(
        "note",
        "Say something about an item",
        "Write a note for whoever has an item, or about none. It moves nothing; its "
        "reader is told at their next command.",
        (_ITEM, _BODY, _OP),
        ("body",),
        kind=Kind.WRITES,
        adds=_WON,
        again=False,
    ),
    Tool(
        "reserve",
        "File a new item",
        "File work that you have found and do not do now, under the next free number. "
        "Its surface is held for it until somebody claims it.",
        (
            _text("prefix", "What its number begins with, such as CMB.", flag=""),
            *_FILED,
            _text("owner", "Who alone may claim it; else anyone."),
            _REASON,
            _BODY,
            _OP,
        ),
        ("prefix", "subject"),
        kind=Kind.WRITES,
        adds=_WON,
        again=False,
    ),
)
