"""What stands in for modules that are dear to import does what they do."""

import hashlib
import re
import sys
from datetime import datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fleetfeed.model.fields import _at
from fleetfeed.util import lazy
from fleetfeed.util.lazy import pattern

DATA = (b"", b"a post\n", bytes(range(256)) * 100)


def test_digests_are_those_of_hashlib():
    for data in DATA:
        assert lazy.sha1()(data).hexdigest() == hashlib.sha1(data).hexdigest()  # noqa: S324
        assert lazy.sha256()(data).hexdigest() == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("make", [lazy.sha1, lazy.sha256])
def test_a_python_without_them_has_hashlib(monkeypatch, make):
    for name in ("_sha1", "_sha2", "_sha256"):
        monkeypatch.setitem(sys.modules, name, None)
    make.cache_clear()
    try:
        assert make()(b"").hexdigest() == getattr(hashlib, make.__name__)().hexdigest()
    finally:
        make.cache_clear()


def test_a_pattern_is_compiled_at_its_first_use():
    late = pattern("(A)B", re.IGNORECASE)
    assert "fullmatch" not in vars(late)
    assert late.fullmatch("ab")[1] == "a"
    assert "fullmatch" in vars(late)
    assert [found.start() for found in late.finditer("abAB")] == [0, 2]
    assert not late.fullmatch("b")
    assert late.pattern == "(A)B"


def is_time(text):
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


limits = (9999, 14, 33, 26, 62, 62)


@given(st.tuples(*(st.integers(0, limit) for limit in limits)))
@example((1900, 2, 29, 0, 0, 0))
@example((2000, 2, 29, 23, 59, 59))
@example((2024, 2, 29, 0, 0, 0))
@example((2023, 2, 29, 0, 0, 0))
@example((0, 1, 1, 0, 0, 0))
def test_a_time_is_what_datetime_takes_for_one(numbers):
    year, month, day, hour, minute, second = numbers
    text = f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
    assert (_at(text + "Z") == "") is is_time(text)
