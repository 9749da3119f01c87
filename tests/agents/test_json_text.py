"""A piece is added to JSON, or taken out: all else stays, to the letter."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetfeed.agents.json_text import Editor, Flaw, parse, value_of

NAMES = st.text(max_size=6)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | NAMES  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3)
    ),
    max_leaves=8,
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=4)
FORMS = st.sampled_from([None, 0, 1, 2, 4, "\t"])


@st.composite
def texts(draw):
    """An object as somebody may have written it."""
    said = draw(OBJECTS)
    colon = draw(st.sampled_from([": ", ":", " : "]))
    comma = draw(st.sampled_from([",", ", ", " ,"]))
    form, letters = draw(FORMS), draw(st.booleans())
    text = json.dumps(
        said, indent=form, separators=(comma, colon), ensure_ascii=letters
    )
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    head, tail = (
        draw(st.sampled_from(["", "\ufeff", "\n "])),
        draw(st.sampled_from(["", "\n", " \n\n"])),
    )
    return said, head + text.replace("\n", newline) + tail


@given(texts(), NAMES, VALUES)
def test_a_member_is_added_and_taken_out_and_nothing_else_moves(written, name, value):
    said, text = written
    if name in said:
        return
    editor = Editor(text)
    editor.set((name,), value)
    changed = editor.text
    assert json.loads(changed.removeprefix("\ufeff")) == {**said, name: value}
    before = len(text) - len(text.lstrip("\ufeff \r\n")) if not said else None
    kept = text[: parse(text).values[-1].end] if said else text[: before + 1]
    assert changed.startswith(kept)
    rest = text[len(kept) :]
    assert changed.endswith(rest if said else rest.lstrip())
    root = editor.root
    editor.take_out(root, root.keys.index(name))
    assert editor.text == text


@given(texts(), st.data())
def test_whatever_is_taken_out_the_rest_says_what_it_said(written, data):
    said, text = written
    if not said:
        return
    name = data.draw(st.sampled_from(sorted(said)))
    editor = Editor(text)
    editor.take_out(editor.root, editor.root.keys.index(name))
    del said[name]
    assert json.loads(editor.text.removeprefix("\ufeff")) == said


@given(texts())
def test_every_value_stands_where_it_is_said_to(written):
    said, text = written
    root = parse(text)
    assert value_of(text, root) == said
    for name, node in zip(root.keys, root.values, strict=True):
        assert value_of(text, node) == said[name]
        assert root.member(name) is node


@given(st.text(alphabet='{}[]",:/*#0e-.tfn \\u1\n', max_size=12))
def test_what_python_refuses_is_refused_with_its_place(text):
    try:
        said = json.loads(text)
    except ValueError:
        said = None
        with pytest.raises(Flaw) as refused:
            parse(text)
        assert 1 <= refused.value.line <= text.count("\n") + 1
        assert refused.value.column >= 1
        return
    with suppress(Flaw):  # of a name that is there twice, which Python lets pass
        assert value_of(text, parse(text)) == said


def test_what_is_nested_too_deeply_is_refused():
    with pytest.raises(Flaw, match="nested too deeply"):
        parse("[" * 5000)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('{"a": {"b": 1}}', '{"a": {"b": 1, "c": [1]}}'),
        ('{\n    "a": {}\n}', '{\n    "a": {\n        "c": [\n            1\n        ]\n    }\n}'),
        ('{"a": {\n"b": 1}}', '{"a": {\n"b": 1,\n"c": [\n  1\n]}}'),
    ],
)  # fmt: skip
def test_what_is_added_looks_like_what_is_there(text, where):
    editor = Editor(text)
    editor.append(("a", "c"), 1)
    assert editor.text == where
