"""Value classes, as `dataclasses` makes them, without what that costs at start-up.

Importing `dataclasses` takes 7 ms, since it brings `inspect`, and each class takes
0.35 ms more, for methods that most processes never call. A hook would pay both at every
commit that touches a post, for some fifty classes: 88 ms instead of 55 (medians of 41,
interleaved, 2 cores). Here a class gets shared methods at once, and an `__init__` of
its own when a few instances have been made: to write one takes 60 µs, to do without
takes 2 an instance. Of the 55 classes that a claim makes instances of, most have two.

As there: fields are the annotated names of the class, in their order; instances are
equal and hash by their fields, and can be matched by position, copied and pickled.
All are slotted; a class with a `cached_property` has a dictionary, too, for its value.
"""

from functools import cached_property
from operator import attrgetter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    # A checker knows what it may change; the alias says that it is for others too.
    from dataclasses import replace as replace  # noqa: PLC0414
    from typing import Any, TypeVar, dataclass_transform

    T = TypeVar("T")

    class _Record:
        """What every record has, beside its fields."""

        __match_args__: tuple[str, ...]
        __repr_fields__: tuple[str, ...]

else:

    def dataclass_transform(**_: object) -> "Callable[[T], T]":
        """Tell type checkers what a decorator does; `typing` costs 4 ms."""
        return lambda decorator: decorator

    def replace(instance: "T", /, **changes: "Any") -> "T":
        """A new record like `instance`, with other values in the fields named."""
        cls = type(instance)
        for name in cls.__match_args__:
            if name not in changes:
                changes[name] = getattr(instance, name)
        return cls(**changes)


def as_dict(instance: "Any") -> "dict[str, Any]":
    """A record's values by the names of its fields, as JSON has them."""
    return {name: getattr(instance, name) for name in instance.__match_args__}


class FrozenRecord(AttributeError):
    """A field of a frozen record would have been changed."""


class Field:
    """What `field` says of a field."""

    __slots__ = ("compare", "factory", "show")

    def __init__(self, factory: "Any", *, compare: bool, show: bool) -> None:
        self.factory, self.compare, self.show = factory, compare, show


def field(
    *,
    default_factory: "Callable[[], Any] | None" = None,
    compare: bool = True,
    show: bool = True,
) -> "Any":
    """A field whose default is made anew for each instance, or that is left out.

    `compare=False` leaves it out of `==` and the hash, `show=False` out of `repr`.
    """
    return Field(default_factory, compare=compare, show=show)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: "type[T]") -> "type[T]":
    """The class decorator for a value, whose fields do not change.

    It makes the class anew: which slots a class has is settled when it is made.
    """
    own = {k: v for k, v in vars(cls).items() if k not in ("__dict__", "__weakref__")}
    names = tuple(cls.__annotations__)
    given = {name: own.pop(name) for name in names if name in own}
    special = {name: v for name, v in given.items() if isinstance(v, Field)}
    keeps = any(isinstance(each, cached_property) for each in own.values())
    shown = tuple(n for n in names if n not in special or special[n].show)
    compared = tuple(n for n in names if n not in special or special[n].compare)
    body = {
        "__qualname__": cls.__qualname__,
        "__slots__": (*names, "__dict__") if keeps else names,
        "__match_args__": names,
        "__repr_fields__": shown,
        "__repr__": _repr,
        "__reduce__": _reduce,
        **_compared(compared),
        "__setattr__": _no_setting,
        "__delattr__": _no_deleting,
        **own,
    }
    made: Any = type(cls)(cls.__name__, cls.__bases__, body)  # type: ignore[misc]
    made.__init__ = _first_init(made, given)
    return made  # type: ignore[no-any-return]


def _compared(names: tuple[str, ...]) -> "dict[str, Any]":
    """`==` and the hash, by the values of these fields."""
    key = attrgetter(*names or ("__class__",))

    def __eq__(self: object, other: object) -> object:  # noqa: N807
        if other.__class__ is self.__class__:
            return key(self) == key(other)
        return NotImplemented

    def __hash__(self: object) -> int:  # noqa: N807
        return hash(key(self))

    return {"__eq__": __eq__, "__hash__": __hash__}


_FEW = 8
"""Instances of a class that are made before it gets an `__init__` of its own."""


def _first_init(made: type, given: "dict[str, Any]") -> "Callable[..., None]":
    """The `__init__` of the first few instances, which then writes the class's own."""
    left = _FEW

    def __init__(self: "Any", *args: "Any", **kwargs: "Any") -> None:  # noqa: N807
        nonlocal left
        left -= 1
        if left < 0 or not _filled(self, made, given, args, kwargs):
            own = made.__init__ = _own_init(made, given)  # type: ignore[misc]
            own(self, *args, **kwargs)

    return __init__


def _filled(
    self: "Any",
    made: "Any",
    given: "dict[str, Any]",
    args: "tuple[Any, ...]",
    kwargs: "dict[str, Any]",
) -> bool:
    """Fill the fields one by one; False where the arguments are not those of a call."""
    names: tuple[str, ...] = made.__match_args__
    values = {**dict(zip(names, args, strict=False)), **kwargs}
    if len(values) < len(args) + len(kwargs) or values.keys() - names:
        return False
    slots = vars(made)
    for name in names:
        if name in values:
            value = values[name]
        elif name not in given:
            return False
        else:
            value = given[name]
            if isinstance(value, Field):
                if value.factory is None:
                    return False
                value = value.factory()
        slots[name].__set__(self, value)
    return True


def _own_init(made: "Any", given: "dict[str, Any]") -> "Callable[..., None]":
    """An `__init__` with the fields as its parameters.

    Written and run, as `dataclasses` does it: a loop over the fields makes an instance
    twice as slow, and a feed has millions. Each value is put into its slot by the
    slot's own setter, since assigning is what a frozen record forbids.
    """
    around: dict[str, Any] = {}
    parameters, lines = "self", ""
    for name in made.__match_args__:
        parameter, value = name, name
        default = given.get(name)
        factory = default.factory if isinstance(default, Field) else None
        if factory:
            around[f"_make_{name}"] = factory
            parameter = f"{name}=_make_{name}"
            value = f"_make_{name}() if {name} is _make_{name} else {name}"
        elif name in given and not isinstance(default, Field):
            around[f"_default_{name}"] = default
            parameter = f"{name}=_default_{name}"
        around[f"_set_{name}"] = vars(made)[name].__set__
        parameters += f", {parameter}"
        lines += f"\n    _set_{name}(self, {value})"
    exec(f"def __init__({parameters}):{lines or ' pass'}", around)  # noqa: S102
    init: Callable[..., None] = around["__init__"]
    init.__qualname__ = f"{made.__qualname__}.__init__"
    return init


def _repr(self: "_Record") -> str:
    shown = ", ".join(f"{n}={getattr(self, n)!r}" for n in self.__repr_fields__)
    return f"{type(self).__qualname__}({shown})"


def _reduce(self: "_Record") -> "tuple[type[_Record], tuple[Any, ...]]":
    """How a record is copied and pickled: by its class and its values."""
    return type(self), tuple(getattr(self, n) for n in self.__match_args__)


def _no_setting(self: object, name: str, value: object) -> None:  # noqa: ARG001
    raise FrozenRecord(f"{type(self).__name__}.{name} cannot be set: it is frozen")


def _no_deleting(self: object, name: str) -> None:
    raise FrozenRecord(f"{type(self).__name__}.{name} cannot be deleted: it is frozen")
