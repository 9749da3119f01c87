"""Reading and writing hold for every text, and both scanners read alike."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetfeed.model.yaml.characters import bad_in_value
from fleetfeed.model.yaml.nodes import POLICY, POST, Listing, Scalar
from fleetfeed.model.yaml.reader import load, load_with
from fleetfeed.model.yaml.salvage import salvage
from fleetfeed.model.yaml.scanner import c_scanner, pure_scanner
from fleetfeed.model.yaml.writer import dump

# Pieces on which YAML readers are known to differ, and what surrounds them.
PIECES = (
    *"ABx0=é😀\u3000\xa0-?:#&*!%@`~|>[]{},'\"\\ \n\t",
    "B: ", "y: z", "- ", ": ", "  ", "\n\n", "\n  ", "\n ", "\n- ", "\n  - ", "''",
    '""', ", ", " #", "|\n", "|-\n", ">\n", "|+\n", "|2\n", ">1-\n", "|#\n", "<<",
    "---", "...", "\n---\n", "\n...\n", "\\n", "\\/", "\\x41", "\\u00e9", "\\\n",
    "\\e", "\\N", "\\P", "\r\n", "//", "a:b", "[a: b]", "{a: b}", "\nB: ",
    "\nC: |\n  q\n", "\nD:\n  e: f\n", "\nF: [x, y]\n", "\n   \n", "A?B",
    "\nG: 'm\n  n'\n", '\nH: "m\n  n"\n', "%YAML 1.1\n", "C: |\n \tt\n", "BODY: |\n",
)  # fmt: skip
SEEDS = (
    "A: b\nC: d\nE:\n  - f\n  - g\nBODY: |\n  text\n\n  more\n",
    "A: {b: c, d: [e, f]}\nG:\n  h: i\n  j:\n    k: l # c\n",
    "A: 'x'\nB: \"y\"\n# c\nC: a\n  b\nD:\n- e\n- f\n",
)

letters = st.one_of(
    st.sampled_from("\n\n \t:#'\"-|>\\&*!%@`[]{},?=<~aZ09é\u3000\xa0"),
    st.characters(exclude_categories=["Cs"]),
)
words = st.sampled_from(
    (
        "fix",
        "it's",
        " #",
        ": ",
        ":",
        " ",
        "  ",
        ", ",
        "- ",
        "\n",
        "\n\n",
        "\n ",
        '"',
        "0x",
    )
)


def carriable(value):
    """Whether a post may carry `value`."""
    return bad_in_value(value) is None


texts = st.one_of(st.text(letters), st.lists(words).map("".join)).filter(carriable)
values = st.one_of(texts, st.lists(texts, min_size=1).map(tuple))
names = st.from_regex(r"[A-Z][A-Z_]{0,20}", fullmatch=True)
posts = st.dictionaries(names, values, min_size=1).map(lambda d: tuple(d.items()))


@st.composite
def yamlish(draw):
    """A file near to YAML: pieces alone, or pieces thrown into a file that is fine."""
    pieces = draw(st.lists(st.sampled_from(PIECES), min_size=1, max_size=12))
    if draw(st.booleans()):
        return "".join(pieces)
    text = draw(st.sampled_from(SEEDS))
    for piece in pieces[:3]:
        at = draw(st.integers(0, len(text)))
        cut = draw(st.sampled_from((0, 0, 0, 1, 2, 4)))
        text = text[:at] + piece + text[at + cut :]
    return text


def _plain(node):
    if isinstance(node, Scalar):
        return node.text
    assert isinstance(node, Listing)
    return tuple(item.text for item in node.items)


@given(posts)
def test_a_post_written_and_read_again_is_the_same(post):
    for source in (c_scanner(), pure_scanner()):
        table, findings = load_with(source, dump(post).encode(), "p.yaml")
        assert findings == ()
        assert tuple((k.text, _plain(v)) for k, v in table.entries) == post


@given(yamlish(), st.sampled_from([POST, POLICY]))
def test_both_scanners_say_the_same(text, dialect):
    data = text.encode("utf-8", "surrogatepass")
    fast = load_with(c_scanner(), data, "p.yaml", dialect)
    assert fast == load_with(pure_scanner(), data, "p.yaml", dialect)


@pytest.mark.parametrize("seed", range(4))
def test_both_scanners_say_the_same_of_seeded_mutations(seed):
    dice = random.Random(seed)  # noqa: S311
    read = 0
    for _ in range(150):
        text = dice.choice(SEEDS)
        for _ in range(dice.randint(1, 3)):
            at = dice.randrange(len(text) + 1)
            text = text[:at] + dice.choice(PIECES) + text[at + dice.choice((0, 0, 2)) :]
        data = text.encode()
        fast = load_with(c_scanner(), data, "p.yaml", POLICY)
        assert fast == load_with(pure_scanner(), data, "p.yaml", POLICY), text
        read += fast[0] is not None
    assert read > 15  # the mutations are not all refused: values are compared too


@given(st.one_of(st.binary(), yamlish().map(lambda t: t.encode("utf-8", "replace"))))
def test_load_never_raises_and_refuses_or_reads(data):
    table, findings = load(data, "p.yaml")
    assert (table is None) == any(finding.rejects for finding in findings)
    assert all(f.message.isprintable() for f in findings)


@given(st.one_of(st.binary(), yamlish().map(lambda t: t.encode("utf-8", "replace"))))
def test_salvage_never_raises(data):
    assert all(salvage(data, "A"))


@given(st.text(st.characters(codec="utf-8")))
def test_a_value_that_reads_is_one_that_a_post_may_carry(text):
    table, _ = load(b'A: "' + text.encode() + b'"\n', "p.yaml")
    assert table is None or carriable(table.get("A").text)
