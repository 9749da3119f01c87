"""`fleetfeed --schema`: of answers, as it always was, and of the files that people write."""

import json

import pytest
from jsonschema import Draft202012Validator

KINDS = ("answer", "post", "note", "policy")


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_of_a_kind(still, kind):
    said = still.of("CAMBER-06")("--schema", kind).stdout
    schema = json.loads(said)
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"urn:fleetfeed:{kind}:1"
    assert still.of("CAMBER-06")(f"--schema={kind}").stdout == said


def test_alone_it_is_of_answers_whatever_else_is_typed(still, tmp_path):
    desk = still.of("CAMBER-06")
    said = desk("--schema").stdout
    assert json.loads(said)["$id"] == "urn:fleetfeed:answer:1"
    for words in (
        ("--schema", "--json"),
        ("--json", "--schema"),
        ("--schema", "active"),
    ):
        assert desk(*words).stdout == said
    assert desk.at(tmp_path)("--schema").stdout == said


def test_of_nothing_else(still):
    said = still.of("CAMBER-06")("--schema", "item", code=2).stderr
    assert "'item' is not one of 'answer', 'post', 'note', 'policy'" in said
