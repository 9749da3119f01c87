"""The JSON Schemas in the package: of our answers, and of files that people write."""

import json
from collections.abc import Callable

from fleetfeed.report.envelope import schema_text


def schema_text_of(kind: str) -> str:
    """The schema of a kind of document (`KINDS`), as text."""
    return _TEXTS[kind]()


def _post() -> str:
    from fleetfeed.model.post_schema import post_schema  # late: one of them is asked

    return _text(post_schema())


def _note() -> str:
    from fleetfeed.model.post_schema import note_schema

    return _text(note_schema())


def _policy() -> str:
    from fleetfeed.model.policy_schema import policy_schema

    return _text(policy_schema())


def _text(schema: dict[str, object]) -> str:
    return json.dumps(schema, indent=2) + "\n"


_TEXTS: dict[str, Callable[[], str]] = {
    "answer": schema_text,
    "post": _post,
    "note": _note,
    "policy": _policy,
}
KINDS = tuple(_TEXTS)
"""What there is a schema of."""
