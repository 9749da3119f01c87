"""Answers for programs, held to the schema that travels in the package."""

import json
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from fleetfeed.report.envelope import schema_text


@cache
def schema() -> dict[str, Any]:
    """The schema of every answer."""
    found: dict[str, Any] = json.loads(schema_text())
    return found


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(schema())


def document(text: str) -> dict[str, Any]:
    """The answer that is printed as `text`; it must be one by the schema."""
    found: dict[str, Any] = json.loads(text)
    wrong = [f"{e.json_path}: {e.message}" for e in _validator().iter_errors(found)]
    assert not wrong, wrong
    return found


def flat(text: str) -> dict[str, Any]:
    """The same, with its first item's keys beside its own: no name has two types."""
    found = document(text)
    return {**(found["items"] or [{}])[0], **found}
