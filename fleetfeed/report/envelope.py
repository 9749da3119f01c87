"""The one shape of every answer to a program, and the schema that says it.

Whatever is answered, by success and failure of any command, these keys stand there, and
one name has one type wherever it stands. `answer.schema.json` beside this file is the
promise; the tests hold every command to it.
"""

from collections.abc import Iterable, Mapping

VERSION = 1
"""What `schema` says; a change that breaks a reader raises it."""

Document = Mapping[str, object]


def envelope(
    answer: str,
    code: int = 0,
    *,
    message: str | None = None,
    items: Iterable[Document] = (),
    findings: Iterable[Document] = (),
    remarks: Iterable[str] = (),
    retry_after: int | None = None,
    op: str | None = None,
    next: Iterable[str] = (),  # noqa: A002 - it is the key's name
    feed: Document | None = None,
    **more: object,
) -> dict[str, object]:
    """The answer as one document; `more` are further keys that the schema has."""
    return {
        "schema": VERSION,
        "answer": answer,
        "code": code,
        "message": message,
        "items": list(items),
        "findings": list(findings),
        "remarks": list(remarks),
        "retry_after": retry_after,
        "op": op,
        "next": list(next),
        "feed": feed,
        **more,
    }


def schema_text() -> str:
    """The JSON Schema of every answer."""
    from importlib.resources import files  # late: 3 ms, and seldom asked for

    return files(__package__).joinpath("answer.schema.json").read_text("utf-8")
