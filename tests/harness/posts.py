"""The text of posts, and where they stand, written without the package under test."""

import json
import re

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./:@+-]*[A-Za-z0-9]|[A-Za-z0-9]")

Value = str | int | list[str] | None

_DEFAULTS: dict[str, Value] = {
    "ITEM": "CMB-0001",
    "STATE": "AWAITING_CLAIM",
    "SEAT": "CAMBER-06",
    "SUBJECT": "a piece of work",
}


def post(**fields: Value) -> str:
    """A post's text: `post(item="CMB-0002", surface_key="CAMBER:file:a", proof=...)`.

    Names are written in upper case. What is not given has a default for ITEM, STATE,
    SEAT and SUBJECT; None leaves a field out.
    """
    given = {name.upper(): value for name, value in fields.items()}
    lines = [
        f"{name}: {_value(value)}\n"
        for name, value in {**_DEFAULTS, **given}.items()
        if value is not None
    ]
    return "".join(lines)


def claim(item: str, key: str, **fields: Value) -> str:
    """A post that takes `item` into work and claims `key`, with a proof."""
    given: dict[str, Value] = {
        "state": "IN_PROGRESS",
        "surface_key": key,
        "no_overlap_proof": "nobody else works on it",
    }
    return post(item=item, **{**given, **fields})


def path(item: str, number: int = 1, feed: str = "feed") -> str:
    """Where post `number` of `item` stands."""
    prefix, digits = item.split("-")
    return f"{feed}/{prefix}/{int(digits) // 1000:03d}/{item}/{number:04d}.yaml"


def _value(value: Value) -> str:
    if isinstance(value, list):
        # Inside brackets a text with a colon, as keys are, must be quoted.
        return json.dumps(value, ensure_ascii=False)
    text = str(value)
    # A JSON string is a YAML string in double quotes.
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)
