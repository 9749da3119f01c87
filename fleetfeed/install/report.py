"""What an installation did, as data: `cli` prints it as sentences or as JSON."""

from typing import Literal

from fleetfeed.util.printable import printable
from fleetfeed.util.records import record

Action = Literal[
    "installed",  # a hook of ours was put where none of ours was
    "upgraded",  # our hook was there with another text
    "unchanged",  # our hook, or a setting, was there already
    "kept",  # a hook that was there before; it still runs
    "set aside",  # a hook kept earlier that no longer runs
    "restored",  # the hook that was there before is back
    "removed",  # ours is gone
    "left",  # found, not ours, not touched
    "wrote",  # lines in a file that is to be committed
    "set",  # a setting in git's config
    "unset",  # the setting as it was before
    "revoked",  # a key or certificate counts no more
    "granted",  # a role of a database was let in
    "proposed",  # on a branch, for others to approve; nothing has changed yet
]


@record
class InstallStep:
    """One thing done: `what` is a path or a setting, `detail` more about it."""

    action: Action
    what: str
    detail: str = ""

    @property
    def sentence(self) -> str:
        """The step on one printable line."""
        message = f"{self.action} {printable(self.what, 400)}"
        return f"{message}: {printable(self.detail, 400)}" if self.detail else message

    def as_json(self) -> dict[str, object]:
        """The step for a program."""
        known = {"action": self.action, "what": self.what}
        return {**known, "detail": self.detail or None}


@record
class Wanted:
    """What is missing until a hook manager calls fleetfeed.

    `why` is a sentence, `next` a command that mends it; `lines` are to be committed in
    `file`, which that command writes.
    """

    why: str
    next: str
    file: str
    lines: tuple[str, ...]

    def as_text(self) -> list[str]:
        """The same for a person."""
        shown = [f"    {line}" for line in self.lines]
        put = [f"put into {printable(self.file, 400)} and commit:", *shown]
        next_ = f"next: {self.next}"
        return [f"off: {printable(self.why, 1000)}", *(put if shown else []), next_]

    def as_json(self) -> dict[str, object]:
        """The same for a program."""
        known = {"message": self.why, "mend": self.next, "path": self.file or None}
        return {**known, "lines": list(self.lines)}


@record
class Report:
    """The steps in their order, and what the reader should know about them.

    `wanted` is what has to be done before the hooks are on.
    """

    steps: tuple[InstallStep, ...] = ()
    warnings: tuple[str, ...] = ()
    wanted: tuple[Wanted, ...] = ()

    def __add__(self, other: "Report") -> "Report":
        """This, and then the other."""
        steps, warnings = self.steps + other.steps, self.warnings + other.warnings
        return Report(steps, warnings, self.wanted + other.wanted)

    @property
    def code(self) -> int:
        """The exit code: 1 where something is still to be done by hand."""
        return 1 if self.wanted else 0

    def lines(self) -> list[str]:
        """The report for a person, in printable lines."""
        lines = [step.sentence for step in self.steps] or ["nothing to do"]
        lines += [f"warning: {printable(text, 1000)}" for text in self.warnings]
        lines += [line for each in self.wanted for line in each.as_text()]
        if self.wanted:
            lines.append("fleetfeed: not on yet; `fleetfeed doctor` says when it is")
        return lines

    @property
    def answer(self) -> str:
        """`done`, or `off` where something is still to be done."""
        return "off" if self.wanted else "done"

    @property
    def facts(self) -> dict[str, object]:
        """The report for a program, by the schema of all answers."""
        return {
            "steps": [step.as_json() for step in self.steps],
            "remarks": [f"warning: {text}" for text in self.warnings],
            "wanted": [each.as_json() for each in self.wanted],
        }
