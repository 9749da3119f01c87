"""The law of surfaces: one file is one key, and a folder's key holds what lies in it."""

import os

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st
from model import oracle_file_system, oracle_old_surface
from model.gen_paths import NAMES, pairs, paths, spellings

from fleetfeed.model.surface import SurfaceKey, segments
from fleetfeed.model.surface_parts import escaped, folded, spelled
from fleetfeed.model.surface_path import key_of_path
from fleetfeed.model.surface_shape import LONGEST_KEY, shape_flaw
from fleetfeed.model.yaml.reader import load
from fleetfeed.model.yaml.writer import dump

EXAMPLES = 5000 if os.environ.get("FLEETFEED_STRESS") else 200


def key_of(path):
    return SurfaceKey.of(key_of_path("CAMBER", "file", path))


@settings(max_examples=EXAMPLES)
@given(pairs())
@example((("ά",), ("Ά",)))
@example((("α\u0345\u0301",), ("αι\u0301",)))
def test_two_paths_are_one_surface_exactly_if_no_file_system_could_tell(two):
    one, other = two
    same = oracle_file_system.one_file(one, other)
    held = oracle_file_system.in_folder(one, other)
    event(f"same: {same}, held: {held and not same}")
    assert (key_of(one) == key_of(other)) is same
    assert key_of(one).contains(key_of(other)) is held
    both = held or oracle_file_system.in_folder(other, one)
    assert key_of(one).overlaps(key_of(other)) is both


@settings(max_examples=EXAMPLES)
@given(st.data(), paths)
def test_all_spellings_of_a_path_are_one_surface(data, path):
    artifact = data.draw(spellings(path))
    written = f" CAMBER:file:{artifact}"
    assert SurfaceKey.of(written) == key_of(path)
    flaw = shape_flaw(written)
    # `all` and the like, as they are, say everything.
    assert not flaw or flaw.code == "FF203" or len(written.encode()) > LONGEST_KEY


@settings(max_examples=EXAMPLES)
@given(paths)
def test_what_a_path_is_given_is_lawful_and_its_own_normal_form(path):
    key = key_of(path)
    assert shape_flaw(key.text) is None or len(key.text.encode()) > LONGEST_KEY
    assert segments(str(key)) == key.parts
    assert SurfaceKey.of(str(key)) == key
    assert str(key).isprintable()
    assert len(key.parts) == len(path) + 2


def test_the_generated_paths_do_meet():
    met = {"same": 0, "held": 0, "apart": 0}

    @settings(max_examples=400, derandomize=True)
    @given(pairs())
    def count(two):
        same = oracle_file_system.one_file(*two)
        held = oracle_file_system.in_folder(*two)
        met["same" if same else "held" if held else "apart"] += 1

    count()
    assert min(met.values()) > 20, met


def test_folding_twice_is_folding_once_for_every_character():
    # The surrogates are no characters; marks meet letters that they may melt into.
    for ch in map(chr, (*range(0xD800), *range(0xE000, 0x110000))):
        once = folded(ch)
        assert once == ch or folded(once) == once, ascii(ch)
    for ch in "\u0301\u0308\u0345\u0327\u0338":
        for name in NAMES:
            once = folded(name + ch)
            assert folded(once) == once, ascii(name + ch)


def test_what_stands_in_a_key_as_it_is_can_stand_in_a_post():
    characters = map(chr, (*range(0x20, 0xD800), *range(0xE000, 0x110000)))
    seen = (ch for ch in characters if ch.isprintable())
    plain = [ch for ch in seen if spelled(f"a{ch}a") == f"a{ch}a"]
    assert len(plain) > 100_000
    for at in range(0, len(plain), 4000):
        text = dump([("SURFACE_KEY", f"a{'a'.join(plain[at : at + 4000])}a")])
        table, findings = load(text.encode(), "x")
        assert table, findings[:3]


# Keys as they were before: what was lawful is, and means the same.

old_keys = st.lists(
    st.text(st.sampled_from("aBz09._-@+#"), min_size=1, max_size=5),
    min_size=1,
    max_size=6,
).flatmap(
    lambda parts: st.lists(
        st.sampled_from("::/"), min_size=len(parts), max_size=len(parts)
    ).map(lambda signs: "".join(map("".join, zip(parts, signs, strict=True)))[:-1])
)


@settings(max_examples=EXAMPLES)
@given(
    st.one_of(
        old_keys,
        old_keys.map(lambda key: f" A:b:{key}"),
        st.text(),
        st.text("aB:/* ._\\"),
    )
)
@example("CAMBER:file:" + "x" * 188)
def test_a_key_of_the_first_feeds_means_what_it_meant(text):
    lawful = oracle_old_surface.shape_flaw(text) is None
    event(f"lawful: {lawful}")
    if lawful:
        assert shape_flaw(text) is None
        assert segments(text) == oracle_old_surface.segments(text)


@settings(max_examples=EXAMPLES)
@given(
    st.lists(st.text("aB:/*?\\ ._-é", min_size=1, max_size=8), min_size=2, max_size=2)
)
def test_what_landed_past_the_hooks_holds_no_less_than_it_did(texts):
    old = [oracle_old_surface.segments(text) for text in texts]
    one, two = map(SurfaceKey.of, texts)
    if old[1][: len(old[0])] == old[0]:
        assert one.contains(two)


@pytest.mark.parametrize(
    "unit", ["\u0301\u0323", "a/", "%2A", "%", "\u200b", "é/", ":"]
)
def test_a_key_as_long_as_a_file_takes_time_by_its_length(unit):
    # To put so many marks in order would take minutes.
    key = f"CAMBER:file:a{unit * (400_000 // len(unit))}"
    assert segments(key)[:2] == ("camber", "file")
    flaw = shape_flaw(key)
    assert flaw
    assert "more than 1024" in flaw.why


@pytest.mark.parametrize("unseen", "\u034f\u180b\u180f\ufe00\ufe0e\ufe0f\u200d\xad")
def test_no_two_keys_look_alike_by_what_nobody_sees(unseen):
    """A joiner of marks and a variant's sign are printable to Unicode, and unseen."""
    raw = f"CAMBER:file:a{unseen}b"
    key = key_of_path("CAMBER", "file", (f"a{unseen}b",))
    flaw = shape_flaw(raw)
    assert flaw is not None
    assert flaw.mended == key == f"CAMBER:file:a{escaped(unseen)}b"
    assert shape_flaw(key) is None
    assert segments(raw) == segments(key) != segments("CAMBER:file:ab")


@pytest.mark.parametrize("blank", "\r\xa0\u3000\u2003\x85")
def test_a_blank_that_nobody_sees_is_not_dropped_at_the_end(blank):
    """The key would be another file's; a claim of it with a CR would be refused."""
    flaw = shape_flaw(f"CAMBER:file:a{blank}")
    assert flaw is not None
    assert flaw.mended == key_of_path("CAMBER", "file", (f"a{blank}",))
    assert shape_flaw("CAMBER:file:a \n") is None
