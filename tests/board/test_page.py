"""The page: complete, small, its own policy; and nothing from a post is more than text."""

import base64
import builtins
import re
from hashlib import sha256
from html.parser import HTMLParser

import pytest
from board.hostile_feed import ELSEWHERE, RUNS, hostile_files
from board.scenes import NOON, board_of, snapshot
from harness import claim, path

from fleetfeed.board import page as module
from fleetfeed.board.page import page
from fleetfeed.board.table import table
from fleetfeed.feed.overlay import from_files
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.model.errors import Usage
from fleetfeed.model.refused import Refused, RefusedRow

_TAGS = (
    "html head meta title style body script svg symbol circle path use rect line polygon "
    "polyline a header main footer section div p span b br h1 h2 h3 ul ol li dl dt dd bdi "
    "time form label input select option button output table caption thead tbody tr th td "
    "figure figcaption"
)
TAGS = set(_TAGS.split())


class Seen(HTMLParser):
    """Every tag and attribute of a page, and what stands in its script and style."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.own = [], [], {"script": "", "style": ""}
        self.ids, self.text = [], ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.ids += [value for name, value in attrs if name == "id"]

    def handle_data(self, data):
        if self.cdata_elem:
            self.own[self.cdata_elem] += data
        else:
            self.text += data


def made(board):
    return page(board, commit="a" * 40, age="asked just now")


@pytest.fixture(scope="module")
def hostile():
    feed = Snapshot(from_files(hostile_files()))
    rows = tuple(
        RefusedRow(int(NOON // 86400), text[:200], "FF401", 3) for text in RUNS
    )
    return board_of(feed, Refused(NOON, rows))


@pytest.fixture(scope="module")
def seen(hostile):
    return Seen(made(hostile))


def test_only_our_own_tags_and_attributes(seen):
    assert set(seen.tags) <= TAGS
    assert seen.tags.count("script") == seen.tags.count("style") == 1
    for tag, name, value in seen.attributes:
        assert not name.startswith("on"), (tag, name, value)
        assert name not in ("style", "src", "srcset", "srcdoc", "action", "formaction")
        if name in ("href", "xlink:href"):
            assert re.fullmatch(r"#[A-Za-z0-9_-]+", value), (tag, value)


def test_the_policy_names_the_digests_of_script_and_style(seen):
    (policy,) = [
        v
        for t, n, v in seen.attributes
        if (t, n) == ("meta", "content") and "default-src" in v
    ]
    for kind, text in seen.own.items():
        digest = base64.b64encode(sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy


def test_what_is_hostile_is_shown_as_text(seen):
    for text in RUNS[:-2]:
        assert text[:60] in seen.text
    assert ELSEWHERE in seen.text
    assert "49" not in re.findall(r"\{\{ 7 \* 7 \}\}|\b49\b", seen.text)


def test_nothing_is_hidden_in_it(hostile, seen):
    """No control, no override of direction: what is not seen is written out."""
    text = made(hostile)
    bad = {
        ch for ch in text if not ch.isprintable() and ch not in "\n\u200d\u200c\ufe0f"
    }
    assert {ch for ch in bad if not _belongs(ch)} == set()
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", text)
    text.encode("utf-8")
    assert len(seen.ids) == len(set(seen.ids))


def _belongs(ch):
    """What `printable` leaves since a text of some script, or an emoji, needs it."""
    from fleetfeed.util.printable import printable

    return any(ch in printable(t, 400) for t in hostile_texts())


def hostile_texts():
    from hostile.texts import BODIES, REFUSED, TITLES

    return (*TITLES.values(), *BODIES.values(), *REFUSED.values())


def test_the_table_of_it_is_printable(hostile):
    from fleetfeed.util.invisible import masked

    for line in table(hostile, 80):
        assert all(ch.isprintable() for ch in masked(line)), line


def test_a_thousand_items_are_small():
    more = {}
    for number in range(1000, 2000):
        item = f"CMB-{number}"
        key = f"CAMBER:file:src/module-{number}/part.py"
        text = claim(item, key, seat=f"CAMBER-{number % 20}", subject="the work of an item, as long as a subject usually is", lease="2h", at="2026-11-30T10:00:00Z")  # fmt: skip
        more[path(item)[5:]] = text.encode()
    text = made(board_of(snapshot(more)))
    assert text.count("<tr role") > 1000
    assert len(text.encode()) < 1_500_000


def test_what_it_says_without_script():
    text = Seen(made(board_of(snapshot()))).text
    for words in ("11 open: 1 cannot be read, 2 leases are over, 3 are stuck, 1 may go on now, 1 runs out soon",
                  "CAMBER-07", "Ines Álvarez", "in line, turn 2", "What the server has refused is not known here"):  # fmt: skip
        assert words in " ".join(text.split()), words


def test_without_jinja_it_says_how_to_get_it(monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.startswith("jinja2"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    module._environment.cache_clear()  # noqa: SLF001
    with monkeypatch.context() as patch:
        patch.setattr(builtins, "__import__", without)
        with pytest.raises(Usage, match=r"fleetfeed\[board\]"):
            made(board_of(snapshot()))
    module._environment.cache_clear()  # noqa: SLF001
