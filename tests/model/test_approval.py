"""An approval's text, and the line of a commit's message that brings it."""

import pytest

from fleetfeed.model import approval
from fleetfeed.model.approval import ApprovalText, read_text, trailer, trailers

TEXT = ApprovalText("feed on refs/heads/main", "evict CMB-0001", "2026-12-06T10:00:00Z")
LINE = trailer(b"signed").encode()
OTHER = trailer(b"other").encode()


def test_a_text_is_read_as_it_is_written():
    assert str(TEXT) == (
        "fleetfeed approval\n"
        "feed: feed on refs/heads/main\n"
        "act: evict CMB-0001\n"
        "until: 2026-12-06T10:00:00Z\n"
    )
    assert read_text(str(TEXT)) == TEXT


@pytest.mark.parametrize(
    "text",
    [
        "",
        "fleetfeed beat\n" + str(TEXT).partition("\n")[2],
        str(TEXT) + "more: 1\n",
        str(TEXT).replace("act: ", "act: x\nact: "),
        str(TEXT).replace("act: evict CMB-0001", "act: "),
        str(TEXT).replace("feed: ", "feed:\t"),
        str(TEXT).replace("2026", "soon "),
        str(TEXT).replace("\n", "\r\n"),
        str(TEXT)[:-1],
    ],
)
def test_what_is_written_otherwise_is_none(text):
    assert read_text(text) is None


@pytest.mark.parametrize(
    ("message", "found"),
    [
        (b"", []),
        (b"subject\n", []),
        (b"subject\n\n" + LINE + b"\n", [b"signed"]),
        (b"subject\n\nbody\n\n" + LINE + b"\nAttempt: 01\n" + OTHER + b"\n",
         [b"signed", b"other"]),
        (b"subject\r\n\r\n" + LINE + b"\r\n", [b"signed"]),
        (b"subject\n\n" + LINE.replace(b"Approval: ", b"approval :") + b"\n", [b"signed"]),
        (b"subject\n\n" + LINE + b"\n\nbody\n", []),
        (b"subject\n\n" + LINE + b"\n \t\n" + OTHER + b"\n", [b"other"]),
        (b"subject\n\n> " + LINE + b"\n", []),
        (b"subject\n\nApproval: !!\n", [b""]),
        (b"subject\n\nApproval:\n", [b""]),
        (b"subject\n\nApproval: " + b"QUJD" * 9000, [b""]),
    ],
)  # fmt: skip
def test_lines_of_the_last_paragraph_count(message, found):
    assert list(trailers(message)) == found


def test_of_very_many_the_first_are_looked_at():
    message = b"subject\n\n" + (LINE + b"\n") * 1000
    assert len(list(trailers(message))) == approval.MOST


def test_rules_are_told_apart_by_their_bytes_and_names():
    sets = [
        {},
        {"a": b""},
        {"a": b"b"},
        {"b": b"a"},
        {"a": b"", "b": b"a"},
        {"a": b"b 1\na"},
    ]
    acts = {approval.rules_act({}, files) for files in sets}
    assert len(acts) == len(sets)
    assert approval.rules_act({"a": b"1", "b": b"2"}, {}) == approval.rules_act(
        {"b": b"2", "a": b"1"}, {}
    )
