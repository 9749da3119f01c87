"""The table of examples holds, and covers the catalogue."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest
from harness import Repo
from judge.gen_feeds import SIGNS, policy_of
from judge.rule_scene import Scene
from judge.rule_table import ROWS, Odd

import fleetfeed
from fleetfeed.feed.objects import PLAIN, Entry, object_id
from fleetfeed.feed.overlay import from_files, overlay
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.feed.tree import FeedTree
from fleetfeed.judge.validate import validate
from fleetfeed.model.catalogue import CATALOGUE, finding
from fleetfeed.model.findings import Place
from fleetfeed.model.policy import DEFAULT


def tree(files) -> FeedTree:
    entries, blobs = {}, {}
    for name, what in files.items():
        if what is None:
            continue
        text = what.text if isinstance(what, Odd) else what
        data = text.encode() if isinstance(text, str) else text
        id_ = object_id("blob", data)
        mode = what.mode if isinstance(what, Odd) else PLAIN
        entries[name.removeprefix("feed/")] = Entry("", mode, id_)
        blobs[id_] = data
    return overlay(from_files({}), entries, blobs)


def findings(row, folder):
    if row.play:
        return row.play(Scene(Repo.init(folder)))
    before = Snapshot(tree(row.before))
    after = Snapshot(tree({**row.before, **row.after}))
    policy = policy_of(row.policy) if row.policy else DEFAULT
    return validate(before, after, policy, lambda _: SIGNS[row.signs])


def place(found):
    return f"{found.place.line}:{found.place.column}" if found.place.line else "-"


# What to do next stands in every finding, warnings too.
STEP = re.compile(
    r"; |\b(write|add|use|take|put|keep|quote|save|did you mean|must be)\b"
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.code}-{row.name}")
def test_says_what_it_must_and_nothing_else(row, tmp_path):
    found = findings(row, tmp_path / "repo")
    assert [(f.code, place(f)) for f in found] == [(s.code, s.at) for s in row.expected]
    for one, says in zip(found, row.expected, strict=True):
        assert says.words in one.message
        assert one.rejects is not says.warns
        assert STEP.search(one.message), one.message
        # How it is printed: a sentence on a line, without a full stop.
        assert one.message.isprintable()
        assert not one.message.endswith(".")
        assert one.mended.replace("\n", "").isprintable()
        assert one.place.path.isprintable()


def test_every_rule_has_an_example_that_passes_and_one_that_does_not():
    assert {row.code for row in ROWS if not row.expected} == CATALOGUE.keys()
    assert {row.code for row in ROWS if row.fails} == CATALOGUE.keys()
    assert all(row.fails for row in ROWS if row.expected)


def test_every_row_has_a_name_of_its_own():
    names = [(row.code, row.name, row.fails) for row in ROWS]
    assert len(set(names)) == len(names)
    assert all(bool(row.play) == bool(row.how) for row in ROWS)


def test_a_code_outside_the_catalogue_cannot_be_given():
    with pytest.raises(KeyError):
        finding("FF999", Place("p"), "a message")


def _calls_of_finding():
    for file in sorted(Path(fleetfeed.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call):
                yield file, getattr(node.func, "id", getattr(node.func, "attr", ""))


def test_findings_are_made_in_one_place_alone():
    makers = {file.name for file, name in _calls_of_finding() if name == "Finding"}
    assert makers == {"catalogue.py"}


# They ask after findings of others.
ASKING = {
    "ledger/testing/contract.py",
    "cli/check.py",
    "checks/audit.py",
    "doctor/scratch.py",
    "ledger/server.py",
    "model/refused.py",
    "model/server.py",
    "writing/line.py",
    "writing/planned.py",
    "writing/takeover.py",
}


def test_every_code_of_the_catalogue_is_in_use():
    package = Path(fleetfeed.__file__).parent
    texts = [f.read_text() for f in package.rglob("*.py") if f.name != "catalogue.py"]
    given = set(re.findall(r'"(FF\d{3})"', "".join(texts)))
    assert given == CATALOGUE.keys()


def test_the_catalogue_says_where_each_rule_is_judged():
    package, judging = Path(fleetfeed.__file__).parent, defaultdict(set)
    for file in package.rglob("*.py"):
        module = file.relative_to(package).as_posix()
        for code in re.findall(r'"(FF\d{3})"', file.read_text()):
            if module not in ASKING | {"model/catalogue.py"}:
                judging[code].add(module)
    assert judging == {code: {*rule.where.split()} for code, rule in CATALOGUE.items()}


@pytest.mark.parametrize("code", CATALOGUE)
def test_what_the_catalogue_says(code):
    known = CATALOGUE[code]
    assert re.fullmatch(r"FF[0-7]\d\d", code)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", known.name)
    for text in (known.summary, known.why, known.mend):
        assert text.isprintable()
        assert text.endswith((".", "?"))


def test_names_are_the_rules_own():
    assert len({each.name for each in CATALOGUE.values()}) == len(CATALOGUE)
    assert list(CATALOGUE) == sorted(CATALOGUE)
