"""From what a hook did with the two samples to what that proves."""

import re
from collections.abc import Callable
from pathlib import Path

from fleetfeed.doctor.report import Check, Status
from fleetfeed.doctor.scratch import REFUSAL
from fleetfeed.util.records import record

_CODE = re.compile(r"\bFF\d{3}\b")
_WHO = "FF6"
"""What every code of a rule about who stands behind something begins with."""
# A remark begins with `fleetfeed: ` too, and says nothing of a refusal.
_OURS = re.compile(r"\bfleetfeed: .*\brefused\b")
_TELLING = re.compile(rf"\bFF\d{{3}} (?!warning)|{_OURS.pattern}")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
# What git adds, and remarks of ours.
_ASIDE = ("error: ", "hint: ", "To ", "fleetfeed: ")
_AGAIN = "read what it says; `fleetfeed install` puts fleetfeed's own hook in again"


@record
class Try:
    """What became of one sample: whether it was refused, and what was said."""

    refused: bool
    said: str

    @property
    def as_expected(self) -> bool:
        """Whether it was refused with the code that the bad sample earns."""
        return self.refused and REFUSAL in _CODE.findall(self.said)

    @property
    def for_its_author(self) -> bool:
        """Whether it was refused only since nobody is known to stand behind it."""
        codes = _CODE.findall(self.said)
        return self.refused and bool(codes) and all(c.startswith(_WHO) for c in codes)

    @property
    def by_us(self) -> bool:
        """Whether it was refused in fleetfeed's words."""
        return self.refused and bool(_OURS.search(self.said))

    @property
    def line(self) -> str:
        """The line of what was said that tells most."""
        said = _COLOUR.sub("", self.said).splitlines()
        words = (line.strip().removeprefix("remote:").strip() for line in said)
        lines = [line for line in words if re.search(r"\w", line)]
        ours = [line for line in lines if _TELLING.search(line)]
        others = [line for line in lines if not line.startswith(_ASIDE)]
        return next(iter([*ours, *others]), "it said nothing")


@record
class Pair:
    """What became of the sample that must be refused, and of the one that must pass."""

    bad: Try
    good: Try


@record
class Trial:
    """What is tried: the `act` in words (`a commit`), and where git's hook is.

    `again` is what to do where it does not judge; `by` the hook manager that runs it.
    """

    name: str
    act: str
    hook: Path
    again: str
    by: str = ""


def judged(trial: Trial, pair: Pair, alone: Callable[[], Pair] | None) -> Check:
    """What the pair proves; `alone` tries fleetfeed's hook without its neighbours."""
    if not pair.bad.refused:
        return _let_through(trial, pair.bad)
    if pair.bad.as_expected and not pair.good.refused:
        return Check(trial.name, "ok", _proven(trial))
    if pair.bad.as_expected and pair.good.for_its_author:
        return Check(trial.name, "ok", _proven(trial, _FOR_ITS_AUTHOR))
    if pair.bad.by_us and pair.good.by_us:
        message = f"{trial.hook} refuses everything: {pair.good.line}"
        # Mostly its own words say what to do.
        broken = "its Python" in pair.good.said or "No module named" in pair.good.said
        todo = trial.again if broken else "do what the refusal says, then try again"
        return Check(trial.name, "bad", message, todo)
    return _in_company(trial, pair, alone() if alone else None)


_FOR_ITS_AUTHOR = "was refused for its author alone"


def _proven(trial: Trial, good: str = "passed") -> str:
    through = f" through {trial.by}" if trial.by else ""
    return (
        f"tried{through}: {trial.act} of a malformed post was refused ({REFUSAL}), and "
        f"the same post without the mistake {good}"
    )


def _let_through(trial: Trial, bad: Try) -> Check:
    hook = trial.hook
    if not hook.exists():
        why = f"there is no {hook}"
    elif not hook.stat().st_mode & 0o111:
        why = f"{hook} is not executable, so git does not run it"
    else:
        why = f"{hook} let it pass: {bad.line}"
    message = f"tried: {trial.act} of a malformed post was NOT refused: {why}"
    return Check(trial.name, "bad", message, trial.again)


def _in_company(trial: Trial, pair: Pair, alone: Pair | None) -> Check:
    """Where another hook refuses a scratch repository, ours is tried by itself."""
    if alone is None:
        return _by_others(trial, pair)
    if not (alone.bad.as_expected and not alone.good.refused):
        message = f"fleetfeed's hook does not work: {alone.good.line}"
        return Check(trial.name, "bad", message, trial.again)
    other = f"{trial.hook}, which is not fleetfeed's, refused a good post"
    if pair.bad.as_expected:
        message = f"{_proven(trial)} fleetfeed's hook by itself; {other}"
        return Check(trial.name, "ok", f"{message} from here: {pair.good.line}")
    message = f"fleetfeed's hook works by itself, but {other} before it was its turn"
    todo = f"try it by hand, by {trial.act} of a malformed post"
    return Check(trial.name, "skipped", f"{message}: {pair.good.line}", todo)


def _by_others(trial: Trial, pair: Pair) -> Check:
    """Nothing of ours is there, and what is there refuses in words of its own."""
    if not pair.good.refused:
        message = f"{trial.hook} refused the malformed post in words that are not ours"
        return Check(trial.name, "skipped", f"{message}: {pair.bad.line}", _AGAIN)
    message = f"{trial.hook} refuses a good post too, not in fleetfeed's words"
    status: Status = "skipped" if pair.bad.as_expected else "bad"
    return Check(trial.name, status, f"{message}: {pair.good.line}", _AGAIN)
