"""What an installation did, as data: `cli` prints it as sentences or as JSON."""

from typing import Literal

from fleetfeed.util.printable import printable
from fleetfeed.util.records import as_dict, record

Action = Literal[
    "installed",  # a hook of ours was put where none of ours was
    "upgraded",  # our hook was there with another text
    "unchanged",  # our hook, or a setting, was there already
    "kept",  # a hook that was there before; it still runs
    "set aside",  # a hook kept earlier that no longer runs
    "restored",  # the hook that was there before is back
    "removed",  # ours is gone
    "left",  # found, not ours, not touched
    "set",  # a setting in git's config
    "unset",  # the setting as it was before
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


@record
class Report:
    """The steps in their order, and what the reader should know about them."""

    steps: tuple[InstallStep, ...] = ()
    warnings: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """The report for a person, one printable line each."""
        lines = [step.sentence for step in self.steps] or ["nothing to do"]
        return lines + [f"warning: {printable(text, 1000)}" for text in self.warnings]

    def as_json(self) -> dict[str, object]:
        """The report for a program."""
        return {
            "answer": "done",
            "steps": [as_dict(step) for step in self.steps],
            "warnings": list(self.warnings),
            "code": 0,
        }
