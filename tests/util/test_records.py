"""Records do what `dataclasses` does for frozen, slotted classes, and cost less."""

import copy
import dataclasses
import pickle
import subprocess
import sys
from functools import cached_property

import pytest
from harness import clean

from fleetfeed.util.records import FrozenRecord, field, record, replace


@record
class Point:
    """Where something is."""

    x: int
    y: int = 0
    tags: list[str] = field(default_factory=list)


@record
class Named:
    key: str
    text: str = field(compare=False)
    cache: dict[str, str] = field(default_factory=dict, compare=False, show=False)


@record
class Empty:
    pass


@record
class Circle:
    radius: int

    @cached_property
    def area(self):
        return [3 * self.radius**2]


@dataclasses.dataclass(frozen=True, slots=True)
class Twin:
    """What `Point` is compared with."""

    x: int
    y: int = 0
    tags: list[str] = dataclasses.field(default_factory=list)


@pytest.mark.parametrize("cls", [Point, Twin])
@pytest.mark.parametrize(
    ("args", "named", "expected"),
    [
        ((1,), {}, (1, 0, [])),
        ((1, 2), {}, (1, 2, [])),
        ((1,), {"y": 2}, (1, 2, [])),
        ((), {"y": 2, "x": 1}, (1, 2, [])),
        ((1, 2, ["a"]), {}, (1, 2, ["a"])),
        ((1, 2, None), {}, (1, 2, None)),
    ],
)
def test_fields_are_given_by_position_and_by_name(cls, args, named, expected):
    made = cls(*args, **named)
    assert (made.x, made.y, made.tags) == expected


@pytest.mark.parametrize("cls", [Point, Twin])
@pytest.mark.parametrize(
    ("args", "named"),
    [((), {}), ((1, 2, [], 4), {}), ((1,), {"x": 1}), ((1,), {"z": 1})],
)
def test_what_does_not_fit_is_a_type_error(cls, args, named):
    with pytest.raises(TypeError, match=r"__init__\(\)"):
        cls(*args, **named)


@pytest.mark.parametrize("cls", [Point, Twin])
def test_it_is_frozen_and_slotted(cls):
    made = cls(1)
    with pytest.raises(AttributeError):
        made.x = 2
    with pytest.raises(AttributeError):
        del made.x
    # `dataclasses` in Python 3.11 raises TypeError here.
    with pytest.raises((AttributeError, TypeError)):
        made.other = 2
    assert not hasattr(made, "__dict__")
    assert made.x == 1


def test_the_error_names_the_field():
    with pytest.raises(FrozenRecord, match=r"Point\.x"):
        Point(1).x = 2


def test_a_default_is_made_anew_for_each():
    one, two = Point(1), Point(1)
    one.tags.append("a")
    assert two.tags == []


def test_equality_and_hash_are_by_the_compared_fields_of_one_class():
    assert Point(1, 2) == Point(1, 2) != Point(2, 2)
    assert Point(1) != Twin(1)
    assert Point(1) != (1, 0, [])
    assert Named("k", "one") == Named("k", "two")
    assert len({Named("k", "one"), Named("k", "two"), Named("l", "one")}) == 2
    assert Empty() == Empty()
    assert hash(Empty()) == hash(Empty())
    with pytest.raises(TypeError):
        hash(Point(1))  # a list has none


def test_a_field_without_default_keeps_its_place():
    with pytest.raises(TypeError, match="text"):
        Named("k")
    assert Named("k", "t").text == "t"


def test_repr_shows_the_shown_fields():
    assert repr(Point(1, tags=["a"])) == "Point(x=1, y=0, tags=['a'])"
    assert repr(Named("k", "t")) == "Named(key='k', text='t')"
    assert repr(Empty()) == "Empty()"


def test_replace_makes_another():
    before = Point(1, 2, ["a"])
    after = replace(before, y=3)
    assert (after.x, after.y, after.tags) == (1, 3, ["a"])
    assert after.tags is before.tags
    assert before.y == 2
    with pytest.raises(TypeError):
        replace(before, z=1)


def test_it_can_be_matched_by_position():
    match Point(1, 2):
        case Point(x, y):
            assert (x, y) == (1, 2)


def thawed(value, protocol=None):
    return pickle.loads(pickle.dumps(value, protocol))  # noqa: S301 - our own


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize(
    "value", [Point(1, 2, ["a"]), Named("k", "t"), Empty(), Circle(2), [Point(1)]]
)
def test_it_pickles(value, protocol):
    assert thawed(value, protocol) == value


def test_it_pickles_what_is_not_compared():
    assert thawed(Named("k", "t")).text == "t"


def test_copies_are_equal():
    value = Point(1, 2, ["a"])
    assert copy.copy(value) == copy.deepcopy(value) == value
    assert copy.copy(value).tags is value.tags
    assert copy.deepcopy(value).tags is not value.tags


def test_what_is_cached_is_kept_by_the_instance():
    one, other = Circle(2), Circle(2)
    assert one.area is one.area == [12]
    assert one.area is not other.area
    assert one == other
    with pytest.raises(FrozenRecord):
        one.radius = 3
    with pytest.raises(FrozenRecord):
        one.area = [3]


def test_the_class_keeps_its_names():
    assert Point.__doc__ == "Where something is."
    assert (Point.__name__, Point.__module__) == ("Point", __name__)

    @record
    class Inner:
        x: int

    assert "<locals>" in Inner.__qualname__


def test_own_methods_win():
    @record
    class Loud:
        word: str

        def __repr__(self):
            return self.word.upper()

    assert repr(Loud("a")) == "A"


def test_its_import_is_cheap():
    """What it stands in for brings `inspect`, and what it needs is there anyway."""
    code = "import sys, fleetfeed.util.records; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        capture_output=True,
        text=True,
        env=clean(),
        check=True,
    )
    dear = {"dataclasses", "inspect", "typing"}
    assert set(done.stdout.split()) & dear == set()
