"""What our hook files were filled with at the installation, against what is now."""

import shlex
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from fleetfeed import __version__
from fleetfeed.doctor.report import Check
from fleetfeed.git.process import apart
from fleetfeed.install.hook_file import SUFFIX, hook_text, is_ours
from fleetfeed.install.managers import Managed

Files = Mapping[str, Path]
"""Hook name -> the file that is ours or would be."""


def hook_files(files: Files, feed: str, again: str) -> Iterator[Check]:
    """Checks of our hook files: there, of this version, their Python, their folder."""
    ours = {name: file for name, file in files.items() if is_ours(file)}
    missing = [str(file) for name, file in files.items() if name not in ours]
    if missing:
        message = f"{', '.join(missing)}: there is no hook of fleetfeed's"
        yield Check("hook files", "warn", message, again)
    if ours:
        yield from _filled(ours, feed, again)
    yield from _others(files)


def managers(owned: Mapping[str, Managed]) -> Iterator[Check]:
    """Whose hooks these are, where as they read they do not come to call fleetfeed."""
    for name, hook in owned.items():
        if not hook.works:
            message = f"{hook.manager} runs {name}, by what {hook.file} says"
            missing = "not run as it is" if hook.called else "no call of fleetfeed"
            yield Check("hook manager", "warn", f"{message}: {missing}", hook.todo)


def _filled(ours: Files, feed: str, again: str) -> Iterator[Check]:
    values = {name: _values(file) for name, file in ours.items()}
    for python in dict.fromkeys(v.get("fleetfeed_python", "") for v in values.values()):
        yield _python(python, again)
    folders = {v["fleetfeed_dir"] for v in values.values() if "fleetfeed_dir" in v}
    for other in sorted(folders - {feed}):
        why = f"the hooks look at {other}/, but the feed is in {feed}/ (fleetfeed.dir)"
        yield Check("feed folder", "bad", why, again)
    if folders == {feed}:
        yield Check("feed folder", "ok", f"{feed}/, as the hooks have it")
    old = [str(file) for n, file in ours.items() if _outdated(n, file, values[n])]
    if old:
        why = "written by another version of fleetfeed, or edited"
        yield Check("hook files", "warn", f"{', '.join(old)}: {why}", again)


def _values(file: Path) -> dict[str, str]:
    """The values that `fleetfeed install` filled in: `name=quoted value` lines."""
    found: dict[str, str] = {}
    for line in file.read_text("utf-8", "surrogateescape").splitlines():
        name, equals, value = line.partition("=")
        if equals and name in ("fleetfeed_python", "fleetfeed_dir", "fleetfeed_guard"):
            found.setdefault(name, shlex.split(value)[0] if value else "")
    return found


def _outdated(name: str, file: Path, values: Mapping[str, str]) -> bool:
    python, feed = values.get("fleetfeed_python", ""), values.get("fleetfeed_dir", "")
    guard = bool(values.get("fleetfeed_guard"))
    return file.read_bytes() != hook_text(name, python, feed, guard=guard)


def _python(python: str, again: str) -> Check:
    """Whether the hook's Python has fleetfeed, called as the hook calls it."""
    ask = "import fleetfeed; print(fleetfeed.__version__)"
    try:
        done = subprocess.run(
            (python, "-E", "-P", "-c", ask),
            cwd="/",
            env=apart(),
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:
        message = f"{python} cannot be run: {error.strerror}"
        return Check("hook's Python", "bad", message, again)
    if done.returncode:
        message = f"{python} has no fleetfeed that works"
        why = done.stderr.strip().splitlines()[-1:]
        return Check("hook's Python", "bad", ": ".join([message, *why]), again)
    version = done.stdout.strip()
    if version != __version__:
        message = f"{python} has fleetfeed {version}, this is {__version__}"
        return Check("hook's Python", "warn", message, again)
    return Check("hook's Python", "ok", f"{python} has fleetfeed {version}")


def _others(files: Files) -> Iterator[Check]:
    """Hooks that were there before and run first; they were not run for the tries."""
    for name, file in files.items():
        kept = file.with_name(f"{name}{SUFFIX}")
        if kept.is_symlink() and not kept.exists():
            message = f"{kept} is a link that leads nowhere: the earlier hook is lost"
            todo = "put the hook back, or remove the link"
            yield Check("other hooks", "warn", message, todo)
        elif kept.exists() and is_ours(file):
            message = f"{kept} is kept and runs first; it was not run here"
            yield Check("other hooks", "untried", message)
