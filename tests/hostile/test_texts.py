"""Any title and any body goes in, by hand and by command, and comes back the same."""

import json
import re
import shlex
from textwrap import dedent

import pytest
from harness import Scene, path
from harness.rows import of_each_kind
from hostile.texts import BODIES, REFUSED, TITLES

from fleetfeed.model.post import Post
from fleetfeed.model.post_reader import read_post
from fleetfeed.model.yaml.characters import bad_in_value, cleaned
from fleetfeed.model.yaml.scanner import c_scanner, pure_scanner
from fleetfeed.util.printable import printable

TEXTS = {**TITLES, **BODIES, **REFUSED}
PLACE = path("CMB-0003")
HEAD = "ITEM: CMB-0003\nSTATE: AWAITING_CLAIM\nSEAT: CAMBER-06\n"


def by_hand(text: str) -> str:
    """A post whose title, or whose body, is `text`, without any thought of YAML."""
    if "\n" not in text:
        return f"{HEAD}SUBJECT: {text}\n"
    lines = text.removesuffix("\n").split("\n")
    indented = "".join(f"  {line}\n" if line else "\n" for line in lines)
    chomp = "-" if not text.endswith("\n") else "+" if text.endswith("\n\n") else ""
    return f"{HEAD}SUBJECT: x\nBODY: |{chomp}\n{indented}"


def read(written: str):
    """The post, or the findings that refuse it."""
    found = read_post(written.encode(), PLACE, "CMB-0003", 1)
    return found if isinstance(found, Post) else found.findings


def mended(written: str, findings) -> str:
    """`written` with each mended line in its place."""
    lines: list[str | None] = [*written.replace("\r\n", "\n").split("\n")]
    for found in findings:
        gone = "take the line out" in found.message
        assert found.mended or gone, found
        lines[found.place.line - 1] = None if gone else found.mended
    return "\n".join(line for line in lines if line is not None)


def lawful(text: str) -> str:
    """What is left of a text whose characters are refused: line by line."""
    kept = ((cleaned(line), line) for line in text.split("\n"))
    return "\n".join(left for left, line in kept if left or not line)


def as_block(text: str) -> str:
    """What YAML makes of a block: the indentation that all lines share is not text."""
    shared = all(line[0] == " " for line in text.split("\n") if line.strip())
    return dedent(text) if shared else text


def test_the_corpus_is_as_large_as_it_says() -> None:
    assert len(TEXTS) == len(TITLES) + len(BODIES) + len(REFUSED) >= 150
    assert all(not bad_in_value(text) for text in (*TITLES.values(), *BODIES.values()))
    assert all(bad_in_value(text) for text in REFUSED.values())


@pytest.mark.parametrize("name", TEXTS)
def test_by_hand_it_is_read_as_it_is_or_mended(name: str) -> None:
    text = TEXTS[name]
    written = by_hand(text)
    post = read(written)
    if not isinstance(post, Post):
        post = read(mended(written, post))
    assert isinstance(post, Post), post
    field = "BODY" if "\n" in text else "SUBJECT"
    assert post.text(field) == (lawful(text) if name in REFUSED else as_block(text))


def test_both_scanners_read_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    for text in TEXTS.values():
        seen = []
        for scanner in (c_scanner, pure_scanner):
            monkeypatch.setattr("fleetfeed.model.yaml.scanner.fastest", scanner)
            seen.append(read(by_hand(text)))
        assert seen[0] == seen[1], text


def test_what_is_printed_breaks_no_word() -> None:
    for text in (*TITLES.values(), *BODIES.values()):
        assert not re.search(
            r"\\(u200[b-f]|u061c|U000e)", printable(text, len(text) + 1)
        )


def _some(rows: dict[str, str]) -> list[object]:
    return of_each_kind(list(rows), list(rows)[::9].__contains__)


@pytest.fixture(scope="module")
def play(scene_template: Scene, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """One scene for all texts."""
    return scene_template.copy(tmp_path_factory.mktemp("texts") / "scene")


def landed(play: Scene, *flags: str) -> Post:
    """A new item's first post, as the server has it."""
    item = play.me.fleetfeed("reserve", "CMB", *flags).stdout.split()[0]
    blob = f"origin/main:{path(item)}"
    data = play.me.git("cat-file", "blob", blob).stdout
    post = read_post(data.encode(), path(item), item, 1)
    assert isinstance(post, Post), post
    return post


@pytest.mark.parametrize("name", _some(TITLES))
def test_a_title_goes_in_by_command(play: Scene, name: str) -> None:
    assert landed(play, "--subject", TITLES[name]).text("SUBJECT") == TITLES[name]


@pytest.mark.parametrize("name", _some(BODIES))
def test_a_body_goes_in_by_command_and_by_file(play: Scene, name: str) -> None:
    text = BODIES[name]
    play.me.write("body.txt", text)
    for flags in (("--body", text), ("-F", "body.txt")):
        assert landed(play, "--subject", "x", *flags).text("BODY") == text


def test_bodies_written_by_hand_are_committed_and_pushed(play: Scene) -> None:
    fine = {n: t for n, t in BODIES.items() if isinstance(read(by_hand(t)), Post)}
    items = {f"HAND-{number:04d}": t for number, t in enumerate(fine.values(), 1)}
    for item, text in items.items():
        play.me.write(path(item), by_hand(text).replace("CMB-0003", item))
    play.me.commit()
    play.me.push()
    for item, text in list(items.items())[::9]:
        shown = json.loads(play.me.fleetfeed("show", item, "--json").stdout)
        assert as_block(text) in _texts(shown)


def _texts(document: object) -> list[str]:
    """Every text of a document."""
    if isinstance(document, str):
        return [document]
    parts = document.values() if isinstance(document, dict) else document
    return [t for part in parts for t in _texts(part)] if _has(document) else []


def _has(document: object) -> bool:
    return isinstance(document, dict | list)


@pytest.mark.parametrize("name", _some(REFUSED))
def test_a_refused_text_is_mended_as_a_flag_or_line_by_line(
    play: Scene, name: str
) -> None:
    text, me = REFUSED[name], play.me
    if "\n" not in text:
        done = me.fleetfeed("reserve", "CMB", "--subject", text, ok=False)
        (line,) = re.findall("mended: (.*)", done.stderr)
        assert landed(play, *shlex.split(line)).text("SUBJECT") == lawful(text)
        return
    me.write("log.txt", text)
    args = ("note", "CMB-0001", "-F", "log.txt")
    done = me.fleetfeed(*args, ok=False)
    lines: list[str | None] = [*text.split("\n")]
    told = re.findall(r"log\.txt:(\d+):.*(?:\n    mended: (.*))?", done.stderr)
    for at, line in told:
        lines[int(at) - 1] = line or None
    me.write("log.txt", "\n".join(line for line in lines if line is not None))
    me.fleetfeed(*args)
