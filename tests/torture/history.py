"""What was recorded of a fleet: the commands and their answers, and the feed at the end.

Times are seconds of one machine's boot clock. A history is a file of JSON, a record a
line: `rules`, then `run`, `work` and `step` records. Runs are in the order in which they
began, steps in the order of the feed.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

Post = Mapping[str, str | list[str]]
"""A post's fields, as they stand in the file."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Seconds of the policy: a lease where none was asked for, the grace, a turn.

    `snapshots`: an answer names the very step that it is told from. In a database it
    names an append, and those that are numbered before may come later.
    """

    lease: float
    grace: float
    turn: float
    snapshots: bool = True
    world: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """An item, as an answer tells it; `newest` is the number of its newest post."""

    item: str
    state: str
    holder: str
    epoch: int
    turn: int
    newest: int
    held: tuple[str, ...] = ()

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Told":
        """From an item of an answer in JSON, or of a history."""
        held = (key if isinstance(key, str) else key["text"] for key in row["held"])
        return cls(
            row["item"],
            row["state"] or "",
            row["holder"] or "",
            row["epoch"],
            row["turn"] or 0,
            row["newest"],
            tuple(held),
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command said: its answer in a word, its exit code, and of what feed.

    `posts` are the items and numbers of what it wrote, `step` the commit (or append)
    that brought them, `basis` the one that the answer is told from; `asked`: the
    remote was asked for that just now. `against` are the rules that refused it, each
    with the item that is in the way.
    """

    word: str
    code: int
    items: tuple[Told, ...] = ()
    posts: tuple[tuple[str, int], ...] = ()
    step: str = ""
    basis: str = ""
    asked: bool = True
    again: bool = False
    count: int | None = None
    message: str = ""
    against: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "Answer":
        """From a command's answer in JSON."""
        feed = said["feed"] or {}
        against = (
            (row["rule"], row["item"] or "")
            for row in said["findings"]
            if row["severity"] == "reject"
        )
        return cls(
            said["answer"],
            said["code"],
            tuple(Told.of(row) for row in said["items"] if row["item"]),
            tuple((row["item"], row["number"]) for row in said.get("posts", ())),
            said.get("commit") or "",
            feed.get("commit") or "",
            bool(feed.get("asked")),
            bool(said.get("again")),
            said.get("item_count"),
            said["message"] or "",
            tuple(against),
        )


@dataclass(frozen=True, slots=True)
class Run:
    """A command that was run: by whom, with which words, from when to when.

    `op` is the command's id: runs that have the same are one command, tried again.
    `code` is None where it was killed; then it may have done anything, or do it still.
    `wrote` is the id that its post carries, where that is chosen by the command itself.
    """

    seat: str
    verb: str
    args: tuple[str, ...]
    op: str
    begin: float
    end: float
    code: int | None
    answer: Answer | None = None
    wrote: str = ""

    def __str__(self) -> str:
        said = self.answer.word if self.answer else ""
        how = "killed" if self.code is None else f"{self.code} {said}"
        words = " ".join(self.args)
        return f"{self.begin:.3f} to {self.end:.3f} {self.seat} {words}: {how}"


@dataclass(frozen=True, slots=True)
class Work:
    """A command under `hold` was at work, from its first sign to its last."""

    seat: str
    item: str
    epoch: int
    op: str
    begin: float
    end: float


@dataclass(frozen=True, slots=True)
class Step:
    """A commit (or append) of the feed, and the posts that it brought."""

    id: str
    posts: tuple[Post, ...] = ()


@dataclass(frozen=True, slots=True)
class History:
    """All that was recorded of one fleet."""

    rules: Rules
    runs: tuple[Run, ...] = ()
    steps: tuple[Step, ...] = ()
    works: tuple[Work, ...] = ()

    def write(self, file: Path) -> None:
        """Keep it in a file."""
        records: Iterable[tuple[str, Any]] = (
            ("rules", self.rules),
            *(("run", run) for run in self.runs),
            *(("work", work) for work in self.works),
            *(("step", step) for step in self.steps),
        )
        with file.open("w", encoding="utf-8") as out:
            out.writelines(
                json.dumps({kind: asdict(each)}) + "\n" for kind, each in records
            )


@dataclass(slots=True)
class _Reading:
    """What was read of a file so far."""

    rules: Rules | None = None
    runs: list[Run] = field(default_factory=list)
    works: list[Work] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    def add(self, kind: str, row: dict[str, Any]) -> None:
        match kind:
            case "rules":
                self.rules = Rules(**row)
            case "run":
                self.runs.append(_run(row))
            case "work":
                self.works.append(Work(**row))
            case "step":
                self.steps.append(Step(row["id"], tuple(row["posts"])))
            case _:
                raise ValueError(f"no record of a history: {kind}")


def read(file: Path) -> History:
    """The history that a file keeps; ValueError where it is none."""
    found = _records(file)
    if found.rules is None:
        raise ValueError(f"{file}: its rules are missing")
    return History(
        found.rules, tuple(found.runs), tuple(found.steps), tuple(found.works)
    )


def read_runs(file: Path) -> list[Run]:
    """The runs in a file that a seat has written; none where it has written none."""
    return _records(file).runs if file.exists() else []


def _records(file: Path) -> _Reading:
    found = _Reading()
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            ((kind, row),) = json.loads(line).items()
            found.add(kind, row)
    return found


def _run(row: dict[str, Any]) -> Run:
    said = row.pop("answer")
    answer = None
    if said:
        items = tuple(Told.of(item) for item in said.pop("items"))
        posts = tuple((item, number) for item, number in said.pop("posts"))
        against = tuple((rule, item) for rule, item in said.pop("against"))
        answer = Answer(items=items, posts=posts, against=against, **said)
    return Run(args=tuple(row.pop("args")), answer=answer, **row)
