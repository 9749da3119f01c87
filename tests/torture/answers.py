"""Whether what a command said is so, at the place of the feed that it tells from."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from torture.anomaly import Anomaly
from torture.fold import ACTIVE, RUNNING, Version, key_of, same
from torture.history import Answer, Run, Told
from torture.law import Walk


@dataclass(frozen=True, slots=True)
class Known:
    """The lowest and the highest state that an answer may be from.

    `ready` has for each state until which one something that is ready then stays so.
    """

    low: int
    high: int
    begin: float
    ready: Sequence[int] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answers:
    """The feed that answers are held against.

    `at` has the number of each step, `seen` when somebody had been told of that one.
    """

    walk: Walk
    at: Mapping[str, int]
    seen: Mapping[int, float]
    snapshots: bool

    def flaws(self, run: Run, answer: Answer, known: Known) -> Iterator[Anomaly]:
        """What is wrong with an answer."""
        state = self.at.get(answer.basis) if self.snapshots else None
        if self.snapshots and answer.basis and state is None:
            yield Anomaly(
                "wrong answer", f"{run}: {answer.basis} is no step of the feed"
            )
            return
        for told in answer.items:
            for kind, flaw in self._item(told, answer, state, known):
                yield Anomaly(kind, f"{run}: {told}: {flaw}")
        for flaw in self._word(run, answer, state, known):
            yield Anomaly("wrong answer", f"{run}: {flaw}")

    def _item(
        self, told: Told, answer: Answer, state: int | None, known: Known
    ) -> Iterator[tuple[str, str]]:
        """An item was as it is told, when it was told."""
        at = told.item, told.newest
        version = self.walk.versions.get(at)
        if version is None:
            yield "wrong answer", "there is no such post"
            return
        if not _matches(told, version):
            yield "wrong answer", f"it is {version}"
        until = self.walk.until.get(at)
        if state is not None and not (
            version.begins <= state and (until is None or state < until)
        ):
            yield "wrong answer", f"at {state} it was another: {version}, to {until}"
        if version.begins > known.high:
            yield "out of order", f"{version} was not there yet, {known}"
        if answer.asked and until and self.seen.get(until, math.inf) < known.begin:
            yield "went back", f"{version} was over with step {until}, as was told"

    def _word(
        self, run: Run, answer: Answer, state: int | None, known: Known
    ) -> Iterator[str]:
        """What the answer says in a word is so."""
        first = self._version(answer.items[0]) if answer.items else None
        match answer.word:
            case "open":
                yield from self._open(answer, state)
            case "nothing ready":
                ready = (
                    known.ready[known.low] >= known.high
                    if state is None
                    else self.walk.awaiting[state] > 0
                )
                if ready and not answer.against:
                    yield "something was ready"
            case "yours" if first and not _has(first, run):
                yield f"it was not: {first}"
            case "no longer yours" if first and _has(first, run):
                yield f"it was: {first}"
            case "held":
                yield from self._held(run, answer)

    def _version(self, told: Told) -> Version | None:
        return self.walk.versions.get((told.item, told.newest))

    def _open(self, answer: Answer, state: int | None) -> Iterator[str]:
        """A list has each item that is open, once."""
        listed = {told.item for told in answer.items}
        if len(listed) != len(answer.items) or answer.count != len(listed):
            yield f"{answer.count} are told of, and {len(answer.items)} listed"
        over = [told for told in answer.items if told.state in {"DONE", "CANCELLED"}]
        if over:
            yield f"{over} are not open"
        if state is not None and len(listed) != self.walk.open[state]:
            yield f"{len(listed)} are listed, and {self.walk.open[state]} were open"

    def _held(self, run: Run, answer: Answer) -> Iterator[str]:
        """What is named as in the way has it, and it is what was asked for."""
        asked = [args[1] for args in zip(run.args, run.args[1:], strict=False)
                 if args[0] == "--surface"]  # fmt: skip
        for told in answer.items[:1]:
            version = self._version(told)
            if version is None:
                continue
            if version.state not in ACTIVE:
                yield f"nobody held {version}"
            elif asked and not _overlap(asked[0], version):
                yield f"{asked[0]} was not held by {version}"


def _matches(told: Told, version: Version) -> bool:
    held = {key_of(text) for text in told.held}
    return (
        told.state == version.state
        and told.holder.casefold() == version.holder.casefold()
        and (told.epoch, told.turn) == (version.epoch, version.turn)
        and held == set(version.held)
    )


def _has(version: Version, run: Run) -> bool:
    """Whether the item is the seat's, at the epoch that it has said, if any."""
    args = run.args
    said = args[args.index("--epoch") + 1] if "--epoch" in args else None
    mine = version.state == RUNNING and same(version.holder, run.seat)
    return mine and said in {None, str(version.epoch)}


def _overlap(text: str, version: Version) -> bool:
    key = key_of(text)
    return any(
        key[: len(each)] == each or each[: len(key)] == key for each in version.held
    )
