"""`.fleetfeed.yaml`: strict, and what is wrong is told with its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetfeed.model.pointer import Pointer, read_pointer
from fleetfeed.repo.location import POINTER


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("dir: ops/feed\n", Pointer(dir="ops/feed")),
        ("dir: /ops/feed/\n", Pointer(dir="ops/feed")),
        ("# why\nref: refs/heads/x  # the fleet's\n", Pointer(ref="refs/heads/x")),
        (
            'remote: "git@host.example:a b.git"\nserver: 5f1c8a0e\n',
            Pointer(remote="git@host.example:a b.git", server="5f1c8a0e"),
        ),
    ],
)
def test_what_a_pointer_says(text, expected):
    found, wrong = read_pointer(text.encode(), POINTER)
    if expected is None:
        assert wrong
    else:
        assert (found, wrong) == (expected, ())


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("folder: x\n", (1, 1), "unknown key folder; a pointer has dir, ref, remote"),
        ("ref: refs/heads/x\ndir: ../up\n", (2, 6), "'../up' is no folder"),
        ("dir: a//b\n", (1, 6), "is no folder"),
        ("dir: .git\n", (1, 6), "is no folder"),
        ("dir: [a]\n", (1, 6), "is no folder"),
        ("ref: main\n", (1, 6), "is no full ref name such as refs/heads/main"),
        ("remote: --upload-pack=x\n", (1, 9), "is no address"),
        ("remote: ext::sh -c id\n", (1, 9), "is no address"),
        ("server: a b\n", (1, 9), "is no server's name"),
        ("ledger: mysql://h/d\n", (1, 9), "is no URL such as postgresql://"),
        ("ledger: postgresql://a:b@h/d\n", (1, 9), "'postgresql://a:…@h/d' is no URL"),
        ("ledger: postgresql://h/d?password=b\n", (1, 9), "password=…' is no URL"),
        ("dir: a\ndir: b\n", (2, 1), ""),
        ("dir: &x a\n", (1, 6), ""),
        ("- dir\n", (1, 1), ""),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text, place, words):
    _, wrong = read_pointer(text.encode(), POINTER)
    first = wrong[0]
    assert first.rejects
    assert (first.place.line, first.place.column) == place
    assert words in first.message


names = st.from_regex(r"[A-Za-z0-9_.-]{1,12}", fullmatch=True).filter(
    lambda name: name not in (".", "..", ".git")
)


@given(
    st.lists(names, max_size=3).map("/".join),
    st.sampled_from(["", "refs/heads/main", "refs/heads/a/b"]),
    st.sampled_from(["", "../x.git", "ssh://h/x y.git", "C:\\x", 'a"b', "a: b"]),
    st.sampled_from(["", "5f1c8a0e9b7d4f26"]),
    st.sampled_from(["", "git", "postgresql://me@h:5433/d?options=-csearch_path%3Dx"]),
)
def test_what_is_written_is_read_back(folder, ref, remote, server, ledger):
    made = Pointer(folder, ref, remote, server, ledger)
    if made == Pointer():
        return
    assert read_pointer(made.text.encode(), POINTER) == (made, ())
