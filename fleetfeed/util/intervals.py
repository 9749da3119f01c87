"""The numbers of a prefix that are taken, as spans: nearly all of them are one span."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator

Interval = tuple[int, int]
"""The first and the last of consecutive numbers."""


class IntervalSet:
    """A set of numbers; it is small where they follow each other."""

    __slots__ = ("_spans",)

    def __init__(self, spans: Iterable[Interval] = ()) -> None:
        """`spans` ascend, and numbers that are not taken lie between any two."""
        self._spans = list(spans)

    @classmethod
    def of(cls, numbers: Iterable[int]) -> "IntervalSet":
        """The set of `numbers`."""
        return cls.joined((number, number) for number in sorted(numbers))

    @classmethod
    def joined(cls, spans: Iterable[Interval]) -> "IntervalSet":
        """The set of what is in any of `spans`, which ascend and may meet."""
        found = cls()
        there = found._spans
        for first, last in spans:
            if there and first <= there[-1][1] + 1:
                there[-1] = (there[-1][0], max(last, there[-1][1]))
            else:
                there.append((first, last))
        return found

    @property
    def spans(self) -> tuple[Interval, ...]:
        """The spans, ascending."""
        return tuple(self._spans)

    def __eq__(self, other: object) -> bool:
        """Whether the same numbers are taken."""
        return isinstance(other, IntervalSet) and self._spans == other._spans

    def __hash__(self) -> int:
        """As `__eq__` compares."""
        return hash(self.spans)

    def __repr__(self) -> str:
        """The spans."""
        return f"IntervalSet({self._spans})"

    def __contains__(self, number: object) -> bool:
        """Whether a number is taken."""
        if not isinstance(number, int):
            return False
        at = self._before(number)
        return at >= 0 and number <= self._spans[at][1]

    def __iter__(self) -> Iterator[int]:
        """The numbers, ascending."""
        return (n for first, last in self._spans for n in range(first, last + 1))

    def __reversed__(self) -> Iterator[int]:
        """The numbers, descending."""
        spans = reversed(self._spans)
        return (n for first, last in spans for n in range(last, first - 1, -1))

    def __len__(self) -> int:
        """How many numbers are taken."""
        return sum(last - first + 1 for first, last in self._spans)

    def __or__(self, other: "IntervalSet") -> "IntervalSet":
        """The numbers that are taken in either."""
        return self.joined(sorted((*self._spans, *other._spans)))

    def changed(self, gone: Iterable[int], new: Iterable[int]) -> "IntervalSet":
        """The set without `gone` and with `new`."""
        found = IntervalSet(self._spans)
        for number in gone:
            found._drop(number)
        for number in new:
            found._add(number)
        return found

    def _before(self, number: int) -> int:
        """The place of the last span that begins at `number` or before; -1 if none."""
        return bisect_right(self._spans, number, key=lambda span: span[0]) - 1

    def _add(self, number: int) -> None:
        if number in self:
            return
        at = self._before(number) + 1
        first = last = number
        if at and self._spans[at - 1][1] == number - 1:
            at, first = at - 1, self._spans[at - 1][0]
        end = at + (first != number)
        if end < len(self._spans) and self._spans[end][0] == number + 1:
            last, end = self._spans[end][1], end + 1
        self._spans[at:end] = [(first, last)]

    def _drop(self, number: int) -> None:
        if number not in self:
            return
        at = self._before(number)
        first, last = self._spans[at]
        kept = ((first, number - 1), (number + 1, last))
        self._spans[at : at + 1] = [span for span in kept if span[0] <= span[1]]
