"""Where the time goes: a command, run in this process with a clock on each stage.

Run as `python -P stages.py REPORT ARGS` where `fleetfeed ARGS` would run: where git
would run the hook of `hook NAME`, in a clone for `claim`. The time of a stage is its own: what a stage inside it takes is not counted twice. The clock's own
work (some microseconds a call) is in the figures.
"""

import sys
import time

FIRST_LINE = time.monotonic()

# What this file itself needs of the standard library, the command needs too.
import builtins  # noqa: E402
import gc  # noqa: E402
import os  # noqa: E402
from collections import defaultdict  # noqa: E402
from collections.abc import Callable  # noqa: E402
from functools import partial  # noqa: E402
from typing import Any  # noqa: E402

OTHER = "everything else"
IMPORTS = {
    "pygit2": "import of pygit2",
    "_ruamel_yaml": "import of the YAML scanner",
    "ruamel": "import of the YAML scanner",
    "click": "import of click",
    "fleetfeed": "import of fleetfeed",
}
STANDARD = "import of the standard library"

# Module, function in it, stage: looked up where it is called, or the clock would not
# be on the way.
CALLS = (
    ("fleetfeed.git.process", "Git.run", "git processes"),
    ("fleetfeed.git.hook_process", "HookGit.ahead", "git processes"),
    ("fleetfeed.git.process", "Git.within", "git processes"),
    ("fleetfeed.git.objects", "Objects.read", "reading objects"),
    ("fleetfeed.git.objects", "ParseCache.parse", "reading objects"),
    ("fleetfeed.git.objects", "Objects.write", "writing objects"),
    ("fleetfeed.feed.tree_reader", "read_post", "parsing posts"),
    ("fleetfeed.feed.snapshot", "read_policy", "parsing the policy"),
    ("fleetfeed.feed.tree_reader", "fold", "folding items"),
    ("fleetfeed.repo.cache_store", "DiskCacheStore.load", "the cache"),
    ("fleetfeed.repo.cache_store", "DiskCacheStore.newest", "the cache"),
    ("fleetfeed.repo.cache_store", "DiskCacheStore.save", "the cache"),
    ("fleetfeed.checks.commit", "validate", "judging"),
    ("fleetfeed.checks.push", "validate", "judging"),
    ("fleetfeed.checks.write", "validate", "judging"),
    ("fleetfeed.report.text", "text_report", "printing"),
    ("fleetfeed.hooks.main", "_say", "printing"),
    ("fleetfeed.cli.context", "echo_json", "printing"),
)

# What each command loads on its way, so that the clock can be put on it beforehand.
MODULES = {
    "pre-commit": (
        "fleetfeed.checks.commit",
        "fleetfeed.hooks.main",
        "fleetfeed.report.text",
    ),
    "pre-receive": (
        "fleetfeed.checks.push",
        "fleetfeed.checks.server_leases",
        "fleetfeed.hooks.main",
        "fleetfeed.report.text",
    ),
    "claim": ("fleetfeed.cli.plain", "fleetfeed.cli.claim", "fleetfeed.checks.write"),
}


class Clock:
    """Adds up seconds for the stage that is innermost at each moment."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.calls: dict[str, int] = defaultdict(int)
        self.open = [OTHER]
        self.since = time.monotonic()
        self.seconds[STANDARD] = self.since - FIRST_LINE

    def turn(self) -> None:
        """Book the time since the last turn on the innermost stage."""
        now = time.monotonic()
        self.seconds[self.open[-1]] += now - self.since
        self.since = now

    def inside(self, stage: str, call: Callable[[], Any]) -> Any:
        """Make `call` as a part of `stage`."""
        self.turn()
        self.open.append(stage)
        self.calls[stage] += 1
        try:
            return call()
        finally:
            self.turn()
            self.open.pop()


def watch_imports(clock: Clock) -> None:
    """Put the clock on every import that loads something."""
    plain = builtins.__import__

    def watched(name: str, *args: Any, **kwargs: Any) -> Any:
        stage = IMPORTS.get(name.partition(".")[0], STANDARD)
        outer = clock.open[-1]
        # What pygit2 and ruamel bring with them is their cost; what fleetfeed imports
        # is booked where it comes from.
        brought = outer in IMPORTS.values() and outer != IMPORTS["fleetfeed"]
        if brought or name in sys.modules:
            return plain(name, *args, **kwargs)
        return clock.inside(stage, lambda: plain(name, *args, **kwargs))

    builtins.__import__ = watched


def watch_calls(clock: Clock) -> None:
    """Put the clock on the functions of `CALLS`, as far as they are loaded."""
    for module, name, stage in CALLS:
        if module not in sys.modules:
            continue
        holder: Any = sys.modules[module]
        *owners, last = name.split(".")
        for owner in owners:
            holder = getattr(holder, owner)
        setattr(holder, last, _watched(clock, stage, getattr(holder, last)))


def _watched(clock: Clock, stage: str, call: Callable[..., Any]) -> Callable[..., Any]:
    def watched(*args: Any, **kwargs: Any) -> Any:
        return clock.inside(_of_git(stage, args), lambda: call(*args, **kwargs))

    return watched


def _of_git(stage: str, args: tuple[Any, ...]) -> str:
    """A git process is a stage of its own, named by its command."""
    if stage != "git processes":
        return stage
    words = [arg for arg in args if isinstance(arg, str)]
    while words[0] == "-c":  # a setting comes before the command
        words = words[2:]
    return f"git {words[0]}"


def main() -> None:
    """Run the command, and write seconds and calls by stage to the report."""
    _, report, *args = sys.argv
    if args[0] == "hook":
        gc.disable()  # as the command does, before it loads the hook
    clock = Clock()
    watch_imports(clock)
    command = args[1] if args[0] == "hook" else args[0]
    for module in (*MODULES[command], "fleetfeed.__main__"):
        clock.inside(IMPORTS["fleetfeed"], partial(__import__, module))
    watch_calls(clock)
    leave = os._exit

    def told(code: int) -> None:
        _report(clock, report)
        leave(code)

    # This is how a hook ends; another command, by SystemExit.
    os._exit = told  # type: ignore[assignment]
    sys.argv = ["fleetfeed", *args]
    try:
        sys.modules["fleetfeed.__main__"].main()
    finally:
        _report(clock, report)


def _report(clock: Clock, file: str) -> None:
    clock.turn()
    found = {"seconds": dict(clock.seconds), "calls": dict(clock.calls)}
    # As Python's own text: json would have to be imported, which is no part of a hook.
    with open(file, "w", encoding="utf-8") as into:  # noqa: PTH123
        into.write(repr({**found, "first": FIRST_LINE, "last": time.monotonic()}))


if __name__ == "__main__":
    main()
