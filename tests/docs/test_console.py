"""Every session in the README and the docs is played, and prints what they print."""

from pathlib import Path

import pytest
from docs.console import commands, files, play

TOP = Path(__file__).parents[2]
PAGES = [TOP / "README.md", *sorted((TOP / "docs").glob("*.md"))]
ON_DATABASE = "postgres"
"""The page that is played with a database at hand."""
PLAYED = [
    page
    for page in PAGES
    if page.stem != ON_DATABASE and any(commands(page.read_text("utf-8")))
]


# As git's defaults have it, and as somebody has set it.
FIRST = ["", pytest.param("trunk", marks=pytest.mark.large)]


@pytest.mark.parametrize("first", FIRST, ids=["unset", "trunk"])
@pytest.mark.parametrize("page", PLAYED, ids=lambda page: page.stem)
def test_the_sessions_of_a_page_are_real(page, first, tmp_path):
    text = page.read_text("utf-8")
    session = list(commands(text))
    played = play(session, tmp_path, first, files(text))
    for command, real in zip(session, played, strict=False):
        assert command.matches(real), f"$ {command.text}\nprints:\n{real}"


def test_the_sessions_on_a_database_are_real(postgres, tmp_path):
    text = (TOP / "docs" / f"{ON_DATABASE}.md").read_text("utf-8")
    session = list(commands(text))
    admin = postgres.connect()
    admin.execute("create database fleet")
    try:
        there = postgres.server.folder / "socket"
        around = {"PGHOST": str(there), "PGUSER": "postgres"}
        played = play(session, tmp_path, files=files(text), around=around)
    finally:
        admin.execute("drop database fleet with (force)")
    for command, real in zip(session, played, strict=False):
        assert command.matches(real), f"$ {command.text}\nprints:\n{real}"


def test_the_readme_has_a_session():
    assert TOP / "README.md" in PLAYED


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_all_that_is_typed_can_be_read(page):
    assert "<!-- console" not in page.read_text("utf-8")


def _session(text):
    return list(commands(f"```console\n{text}```\n"))


def test_a_wrong_output_is_noticed(tmp_path):
    session = _session("$ echo one\ntwo\n$ printf 'a\\nb\\n'\na\n$ true\n")
    played = play(session, tmp_path)
    assert [c.matches(r) for c, r in zip(session, played, strict=False)] == [
        False,
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("printed", "real", "same"),
    [
        ("one …\n", "one two\n", True),
        ("one …\n", "one two\nthree\n", False),
        ("one\n…\n", "one\n", True),
        ("one\n…\nfour\n", "one\ntwo\nthree\nfour\n", True),
        ("…\n", "one\ntwo\n", True),
        ("at 2026-01-01T00:00:00Z\n", "at 2027-12-31T10:11:12Z\n", True),
        ("commit 1a2b3c4\n", "commit fedcba9\n", True),
        ("fetched 3 s ago\n", "fetched 2 h ago\n", True),
        ("3 open\n", "2 open\n", False),
        (
            "notes/2026/11/20261120T155200Z-ORA-02-9f3a01bc.yaml\n",
            "notes/2027/01/20270101T000000Z-ORA-02-abcdefab.yaml\n",
            True,
        ),
        (
            "notes/2026/11/20261120T155200Z-ORA-02-9f3a01bc.yaml\n",
            "notes/2026/11/20261120T155200Z-ORA-03-9f3a01bc.yaml\n",
            False,
        ),
    ],
)
def test_what_is_compared(printed, real, same):
    assert _session(f"$ x\n{printed}")[0].matches(real) is same
