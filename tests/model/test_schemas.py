"""The schemas for editors: what the reader takes is valid, what is of no shape is not."""

from pathlib import Path

import pytest
from harness import post
from hostile import corpus, texts
from hostile.test_posts import ROWS as WRONG_POSTS
from jsonschema import Draft202012Validator
from model import test_policy_reader as policies
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode

from fleetfeed.model.fields import SPECS
from fleetfeed.model.policy_reader import KEYS, read_policy
from fleetfeed.model.policy_schema import policy_schema
from fleetfeed.model.policy_template import template
from fleetfeed.model.post import Post
from fleetfeed.model.post_reader import read_note, read_post
from fleetfeed.model.post_schema import note_schema, post_schema

TOP = Path(__file__).parents[2]
SCHEMAS = {"post": post_schema(), "note": note_schema(), "policy": policy_schema()}
VALIDATORS = {name: Draft202012Validator(schema) for name, schema in SCHEMAS.items()}


class Unloadable(Exception):
    """YAML that an editor underlines by itself."""


def seen_by_an_editor(text):
    """The values in `text` by YAML 1.2's core schema, as language servers have them."""
    try:
        node = YAML(typ="safe", pure=True).compose(text)
    except (YAMLError, ValueError, RecursionError) as error:
        raise Unloadable from error
    return _value(node)


def _value(node):
    if isinstance(node, MappingNode):
        return {str(_value(key)): _value(value) for key, value in node.value}
    if not isinstance(node, ScalarNode):
        return [_value(item) for item in node.value] if node else None
    kind, text = node.tag.rpartition(":")[2], node.value
    try:
        made = {"int": lambda: int(text, 0), "float": lambda: float(text)}[kind]
        return made()
    except (KeyError, ValueError):
        known = {"bool": text.lower() == "true", "null": None}
        return known.get(kind, text)


def is_valid(kind, text):
    return VALIDATORS[kind].is_valid(seen_by_an_editor(text))


@pytest.mark.parametrize("kind", SCHEMAS)
def test_it_is_a_schema(kind):
    Draft202012Validator.check_schema(SCHEMAS[kind])


def test_every_field_and_every_key_is_in_it():
    properties = {kind: schema["properties"] for kind, schema in SCHEMAS.items()}
    assert list(properties["post"]) == list(SPECS)
    assert list(properties["policy"]) == list(KEYS)
    assert all(value["description"] for value in properties["post"].values())
    told = [
        key for key, value in properties["policy"].items() if "description" in value
    ]
    assert {"ref", "lanes", "families", "leases", "guard", "identity"} <= set(told)


FILES = sorted((TOP / "examples" / "feed").rglob("*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_file_of_the_example_is_valid(file):
    kind = (
        "note"
        if "notes" in file.parts
        else "policy"
        if file.stem == "policy"
        else "post"
    )
    found = list(
        VALIDATORS[kind].iter_errors(seen_by_an_editor(file.read_text("utf-8")))
    )
    assert not found


SMALL = 4_000
"""Bytes; what is larger is refused for its size, and no editor shows it."""


def _posts():
    wrong = ((r.name, r.text) for r in WRONG_POSTS if r.path.endswith("/0001.yaml"))
    yield from ((name, text) for name, text in wrong if isinstance(text, str))
    for row in (*corpus.ROWS, *corpus.FINE):
        text = row.data.decode("utf-8", "replace")
        if len(row.data) < SMALL and "\ufffd" not in text:
            yield row.name, text


UNSAID_OF_POSTS = {
    "item of another path",
    "the 30th of February",
    "a field named by escapes",
    "key with escapes",
}
"""What no schema can say: it knows no path and no calendar, and sees what is escaped."""


def test_of_posts_it_says_what_the_reader_says():
    unsaid, taken, refused = set(), 0, 0
    for name, text in _posts():
        reads = isinstance(read_post(text.encode(), "p", "CMB-0001", 1), Post)
        try:
            valid = is_valid("post", text)
        except Unloadable:
            assert not reads, name
            continue
        assert valid or not reads, (name, text)
        taken, refused = taken + reads, refused + (not valid)
        unsaid |= {name} if valid and not reads else set()
    assert unsaid == UNSAID_OF_POSTS
    assert refused > 60


LIKE_A_POST = [
    ("EPOCH: 2", True), ("EPOCH: '2'", True), ("EPOCH: -1", False), ("EPOCH: 1.5", False), ("EPOCH: two", False),
    ("PRIORITY: 0", True), ("PRIORITY: 99", True), ("PRIORITY: 100", False), ("TURN: 0", False), ("TURN: none", True),
    ("LEASE: 90s", True), ("LEASE: none", True), ("LEASE: 90", False), ("LEASE: 0s", False), ("LEASE: 2 h", False),
    ("OWNER: none", True), ("OWNER: CAMBER-06/x", True), ("OWNER: a b", False), ("OWNER: [a]", False),
    ('SURFACE_KEY: ["A:b:c", "A:b:d"]', True), ("SURFACE_KEY: []", False), ("SUBJECT: 1438", True), ("SUBJECT: ''", False),
    ("SUBJECT: true", True), ("SUBJECT: -5", True), ("BODY: |\n  a\n  b", True), ("SUBJECT: |\n  a\n  b", False),
    ("DEPENDS_ON: none", True), ("DEPENDS_ON: [CMB-0001, CMB-0002]", True), ("DEPENDS_ON: CMB-1", False), ("AT: now", False),
    ("AT: 2026-05-03T18:55:12Z", True), ("BRANCH: -x", False), ("BRANCH: CMB-0001-x", True), ("OP: a/b", False), ("OP: 9f3a", True),
    ("WORK_PROOF: https://ci.example.org/1", True), ("WORK_PROOF: {a: b}", False), ("REPAIRS: 0", False), ("PARENT: none", False),
    (f"SEAT2: {'x' * 300}", True), (f"DEPENDS_ON: [{', '.join(['CMB-0001'] * 51)}]", False),
]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "valid"), LIKE_A_POST, ids=[row[0][:40] for row in LIKE_A_POST]
)
def test_a_line_of_a_post(line, valid):
    text = f"ITEM: CMB-0001\nSTATE: DONE\nSEAT: CAMBER-06\n{line}\n"
    assert is_valid("post", text) is valid
    assert isinstance(read_post(text.encode(), "p", "CMB-0001", 1), Post) is valid


LIKE_A_NOTE = [
    ("SEAT: A\nBODY: x\n", True),
    ("SEAT: A\n", False),
    ("SEAT: A\nBODY: x\nITEM: CMB-0001\nREASON: y\n", True),
    ("SEAT: A\nBODY: x\nSTATE: DONE\n", False),
    ("SEAT: A\nBODY: x\nSURFACE_KEY: A:b:c\n", False),
]


@pytest.mark.parametrize(("text", "valid"), LIKE_A_NOTE)
def test_a_note(text, valid):
    assert is_valid("note", text) is valid
    assert (read_note(text.encode(), "n", "A")[0] is not None) is valid


def _rows(test):
    (rows,) = (mark.args[1] for mark in test.pytestmark if mark.name == "parametrize")
    return [row if isinstance(row, str) else row[0] for row in rows]


POLICIES = [
    *_rows(policies.test_every_key_is_read),
    *_rows(policies.test_what_several_sign_is_read_in_a_signed_fleet),
    *_rows(policies.test_a_wrong_value_is_found_where_it_stands),
    *_rows(policies.test_an_unknown_key_is_refused_with_the_nearest),
    *_rows(policies.test_what_is_no_strict_yaml_is_unreadable),
    *_rows(policies.test_families_that_mean_nothing_are_found),
    template("refs/heads/main"),
    template("refs/heads/feed", "5f1c8a0e9b7d4f26", ("FLEET-01", "FLEET-02")),
]

UNSAID_OF_POLICIES = [
    "is longer than max",
    "is not in `lanes`",
    "is not in `families`",
    "is there already",
    "is no pool of this policy",
    "is not on the roster",
    "are named; name more",
    "which only signatures prove",
    "no stewards to agree",
    "queue: in an inbox seats push",
    "is no family",
    "is a family; take it out",
    "'CAMBER:*' is no key",
    "'1e3' is no whole number",
]
"""Between keys a schema cannot compare; and of some texts it does not know the law."""


def test_of_policies_it_says_what_the_reader_says():
    left = set(UNSAID_OF_POLICIES)
    for text in POLICIES:
        policy, findings = read_policy(text.encode(), "policy.yaml")
        try:
            valid = is_valid("policy", text)
        except Unloadable:
            assert policy is None, text
            continue
        assert valid or policy is None, text
        if valid and policy is None:
            said = [why for why in UNSAID_OF_POLICIES if why in findings[0].message]
            assert said, (text, findings[0].message)
            left -= set(said)
    assert not left


def test_whatever_text_a_post_may_have_is_valid():
    for said in (*texts.TITLES.values(), *texts.BODIES.values()):
        fields = {"ITEM": "CMB-0001", "STATE": "DONE", "SEAT": "A", "BODY": said}
        assert VALIDATORS["post"].is_valid(fields) is bool(said.strip()), said


def test_the_line_for_an_editor_changes_nothing():
    line = "# yaml-language-server: $schema=../../../post.schema.json\n"
    read = read_post((line + post()).encode(), "p", "CMB-0001", 1)
    assert isinstance(read, Post)
    policy, _ = read_policy((line + template("refs/heads/main")).encode(), "p")
    assert policy is not None
