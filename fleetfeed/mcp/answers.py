"""A command's answer as a tool's: the same document, and a short text of it.

Texts of others are data: each is one line, quoted, and cut.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from fleetfeed.report.envelope import schema_text
from fleetfeed.util.durations import in_words
from fleetfeed.util.printable import printable

Json = Mapping[str, Any]

_MOST = 20
"""Items, notes and findings that the text tells; the document has all."""

_LINE = 300
"""Characters of somebody's text on a line."""

_NO_ANSWER = {"usage", "cannot tell", "interrupted"}
"""Answers that say that the question could not be answered."""


def is_error(document: Json) -> bool:
    """Whether the call failed, by the protocol's meaning.

    That somebody else has it, that a rule refuses, that nothing is ready and that it is
    no longer yours are answers, and what was asked for. An error is what the caller has
    to mend or try again: a usage that cannot be, and that nobody can tell.
    """
    return document["answer"] in _NO_ANSWER


@cache
def output_schema(*extras: str) -> dict[str, Any]:
    """The schema of answers that have these keys beside those that all have.

    It is that of all answers, without its descriptions and what it has for others.
    """
    whole = _bare(json.loads(schema_text()))
    keys = (*whole["required"], *extras)
    known = {key: whole["properties"][key] for key in keys}
    defs = whole["$defs"]
    used = list(dict.fromkeys(_refs(known)))
    for name in used:
        used += [more for more in _refs(defs[name]) if more not in used]
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(whole["required"]),
        "properties": known,
        "$defs": {name: defs[name] for name in sorted(used)},
    }


def _bare(schema: Any) -> Any:  # noqa: ANN401 - any part of a JSON document
    if isinstance(schema, dict):
        text = isinstance(schema.get("description"), str)
        kept = (k for k in schema if not (text and k == "description"))
        return {key: _bare(schema[key]) for key in kept}
    return [_bare(each) for each in schema] if isinstance(schema, list) else schema


def _refs(schema: Any) -> Iterator[str]:  # noqa: ANN401 - as above
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key == "$ref":
                yield value.removeprefix("#/$defs/")
            else:
                yield from _refs(value)
    elif isinstance(schema, list):
        for each in schema:
            yield from _refs(each)


def text_of(document: Json) -> str:
    """A short text of an answer, for who reads no documents."""
    return "\n".join(_lines(document))


def _lines(document: Json) -> Iterator[str]:
    yield f"{document['answer']}{_ending(document['message'])}"
    if document.get("seat"):
        yield f"you are {printable(document['seat'])}"
    for finding in document["findings"][:_MOST]:
        if finding["message"] not in (document["message"] or ""):
            yield f"{finding['rule']}: {printable(finding['message'], _LINE)}"
    items = document["items"]
    for item in items[:_MOST]:
        yield from _item(item)
    more = (document.get("item_count") or len(items)) - len(items[:_MOST])
    if more:
        yield f"and {more} more items"
    yield from _others(document)
    if document.get("unseen_count"):
        yield f"{document['unseen_count']} unseen notes: inbox"
    yield from _notes(document.get("notes", ()))
    if document["retry_after"] is not None:
        yield f"may be taken over in {in_words(document['retry_after'])}"
    yield from (printable(remark, _LINE) for remark in document["remarks"])
    if document["op"]:
        yield f"op {document['op']}"
    if document["next"]:
        yield "next: " + " | ".join(printable(n, _LINE) for n in document["next"][:4])


def _ending(message: str | None) -> str:
    return f": {printable(message, 4 * _LINE)}" if message else ""


def _item(item: Json) -> Iterator[str]:
    """What an item is, who has it and for how long, and what is to be done."""
    who = item["holder"] or item["owner"]
    has = f" of {printable(who)} at epoch {item['epoch']}" if who else ""
    left = item["lease"]["left"]
    lease = f", lease {in_words(left)} left" if left is not None else ""
    lease = ", lease over" if item["lease"]["over"] else lease
    keys = " ".join(printable(key["text"]) for key in item["surface"])
    line = f"{item['item']} {item['state']}{has}{lease}"
    yield f"{line}{f', {keys}' if keys else ''}: {_quoted(item['subject'] or '')}"
    depends = ", ".join(f"{d['item']} {d['state']}" for d in item["depends_on"])
    if depends:
        yield f"  depends on {depends}"
    if item["notes_unseen"]:
        yield f"  {item['notes_unseen']} unseen notes: inbox"
    for line in (item["body"] or "").splitlines()[: 2 * _MOST]:
        yield f"  > {printable(line, _LINE)}"


def _others(document: Json) -> Iterator[str]:
    """What is near, what became ready, and what still waits."""
    for near in document.get("near", ()):
        keys = " ".join(printable(key["text"]) for key in near["surface"])
        whose = f"{near['state']} of {printable(near['holder'] or 'nobody')}"
        yield f"near: {near['item']} {whose}, {keys} ({near['why']})"
    for name in ("ready", "waiting"):
        found = ", ".join(each["item"] for each in document.get(name, ())[:_MOST])
        if found:
            yield f"{name}: {found}"


def _notes(notes: Sequence[Json]) -> Iterator[str]:
    for note in notes[:_MOST]:
        yield f"note on {note['item']} by {printable(str(note['seat']))}: {_said(note)}"
    if len(notes) > _MOST:
        yield f"and {len(notes) - _MOST} more notes"


def _said(note: Json) -> str:
    return _quoted(str(note.get("body") or note.get("reason") or ""))


def _quoted(text: str) -> str:
    return json.dumps(printable(text, _LINE), ensure_ascii=False)
