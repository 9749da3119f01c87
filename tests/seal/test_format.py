"""The sealed file: any posts go in and come out, and one set of posts has one file."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seal.gen_feeds import HEAD, sealed

from fleetfeed.feed.seal_format import LARGEST, BadSeal, seal, unseal

# What could be taken for the file's own lines.
NASTY = (
    b"",
    b"\n",
    b"\n\n",
    b"no newline at the end",
    b"CR LF\r\n",
    b"NUL \0 and \xff\n",
    HEAD,
    b"--- # CMB-0002/0001.yaml 3\nabc\n",
    b"--- # CMB-0002/0001.yaml 3",
    b"---\n...\n",
    "ITEM: CMB-0001\nSUBJECT: clés\n".encode(),
)
texts = st.one_of(st.sampled_from(NASTY), st.binary(max_size=200))
places = st.builds(
    "CMB-{:04d}/{:04d}.yaml".format, st.integers(1, 10_500), st.integers(1, 10_500)
)
posts_of = st.dictionaries(places, texts, min_size=1, max_size=12)


@given(posts_of)
def test_what_goes_in_comes_out(posts):
    file = seal(posts)
    assert file == sealed(posts)
    assert unseal(file) == posts


@given(posts_of, st.randoms())
def test_equal_posts_make_equal_files(posts, random):
    shuffled = list(posts.items())
    random.shuffle(shuffled)
    assert seal(dict(shuffled)) == seal(posts)


@given(posts_of, st.data())
def test_any_file_that_is_read_is_the_one_that_is_written(posts, data):
    """One byte is changed, taken out or put in: it is refused, or means other posts."""
    file = bytearray(seal(posts))
    at = data.draw(st.integers(0, len(file) - 1))
    new = data.draw(st.binary(max_size=1))
    file[at : at + data.draw(st.integers(0, 1))] = new
    try:
        read = unseal(bytes(file))
    except BadSeal:
        return
    assert seal(read) == bytes(file)


ONE, TWO = b"--- # CMB-0001/0001.yaml 2\na\n", b"--- # CMB-0002/0001.yaml 2\nb\n"
REFUSED = {
    "nothing": (b"", "another first line"),
    "no post": (HEAD, "no post in it"),
    "another version": (HEAD.replace(b"1", b"2") + ONE, "another first line"),
    "the items' order": (HEAD + TWO + ONE, "CMB-0001/0001.yaml out of order"),
    "a post twice": (HEAD + ONE + ONE, "CMB-0001/0001.yaml out of order"),
    "two items of one number": (
        HEAD + ONE + ONE.replace(b"CMB", b"ORA"),
        "ORA-0001/0001.yaml out of order",
    ),
    "the posts' order": (
        HEAD + ONE.replace(b"0001.", b"0002.") + ONE,
        "CMB-0001/0001.yaml out of order",
    ),
    "a length with a zero before it": (
        HEAD + ONE.replace(b" 2\n", b" 02\n"),
        "no line of a post at byte 57",
    ),
    "a length that is too short": (
        HEAD + ONE.replace(b" 2\n", b" 0\n"),
        "CMB-0001/0001.yaml that does not end where its line says",
    ),
    "a length that is too long": (
        HEAD + ONE.replace(b" 2\n", b" 9999\n"),
        "CMB-0001/0001.yaml that does not end where its line says",
    ),
    "more behind the last": (HEAD + ONE + b"x", "no line of a post at byte 86"),
    "a blank line": (HEAD + b"\n" + ONE, "no line of a post at byte 57"),
    "a number of five digits": (
        HEAD + ONE.replace(b"CMB-0001", b"CMB-00001"),
        "which is no post's place",
    ),
    "a post number of five digits": (
        HEAD + ONE.replace(b"/0001", b"/00001"),
        "which is no post's place",
    ),
    "post 0": (HEAD + ONE.replace(b"/0001", b"/0000"), "which is no post's place"),
    "another file": (HEAD + ONE.replace(b".yaml", b".yml"), "no line of a post"),
    "CR LF": (HEAD + ONE.replace(b"\n", b"\r\n"), "no line of a post"),
    "a name that climbs": (
        HEAD + ONE.replace(b"CMB-0001", b"../../x"),
        "no line of a post",
    ),
    "git's conflict": (HEAD + b"<<<<<<< HEAD\n" + ONE, "no line of a post at byte 57"),
    "too much": (HEAD + b"-" * LARGEST, f"more than {LARGEST} bytes"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_every_other_spelling_is_refused(name):
    file, says = REFUSED[name]
    with pytest.raises(BadSeal) as refused:
        unseal(file)
    assert says in str(refused.value)


def test_the_length_says_whose_the_last_newline_is():
    for length, post in ((2, b"a\n"), (1, b"a")):
        file = HEAD + b"--- # CMB-0001/0001.yaml %d\na\n" % length
        assert unseal(file) == {"CMB-0001/0001.yaml": post}


def test_a_path_that_is_no_posts_cannot_be_sealed():
    with pytest.raises(ValueError, match="no post's place"):
        seal({"CMB-0001/readme.yaml": b"x"})


def _seconds(file):
    began = time.process_time()
    unseal(file)
    return time.process_time() - began


def test_the_time_to_read_grows_as_the_file(stress):
    """Ten times the posts take about ten times as long, and never a hundred times."""
    many = 200_000 if stress else 20_000
    small, large = (
        seal({f"CMB-{n:04d}/0001.yaml": b"x" * 100 for n in range(1, count)})
        for count in (many // 10, many)
    )
    least = [min(_seconds(file) for _ in range(5)) for file in (small, large)]
    assert least[1] < 40 * max(least[0], 1e-4)
