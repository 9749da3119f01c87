"""Which tests come by which line, and how long each takes: measured once, and kept."""

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from coverage import CoverageData

from mutants.copies import BUILD, copy, python
from mutants.mutations import Mutant
from mutants.where import PASSED, PLUGIN

_KEPT = BUILD / "measured.json"
_LEAST = 4
"""How many tests are run for a mutant, however long they take."""
_SETTINGS = """\
[run]
data_file = {data}
parallel = true
plugins = {plugin}
patch = _exit, fork
include = {include}
"""


@dataclass(frozen=True)
class Measured:
    """`seconds` of each test that passes; by file and line, which of them come by."""

    seconds: dict[str, float]
    lines: dict[str, dict[str, list[int]]]

    def with_newer(self, newer: "Measured") -> "Measured":
        """The same, and what is `newer`: of a test that is in both that alone."""
        kept = {k: v for k, v in self.seconds.items() if k not in newer.seconds}
        seconds = {**kept, **newer.seconds}
        numbers = {name: number for number, name in enumerate(seconds)}
        lines: dict[str, dict[str, list[int]]] = {}
        for part, of_part in ((self, kept), (newer, newer.seconds)):
            names = list(part.seconds)
            for file, rows in part.lines.items():
                there = lines.setdefault(file, {})
                for line, tests in rows.items():
                    met = (names[test] for test in tests)
                    there.setdefault(line, []).extend(
                        numbers[name] for name in met if name in of_part
                    )
        return Measured(seconds, lines)

    def for_mutant(self, mutant: Mutant, seconds: float) -> list[str]:
        """The tests that may notice: the module's own first, then the fastest.

        All together took no longer than `seconds` when they were measured, or they are
        the first few. What runs when the module is imported concerns each test that
        comes by the module, and not only the one for which it was.
        """
        lines, names = self.lines.get(mutant.file, {}), list(self.seconds)
        met = {test for at in mutant.run for test in lines.get(str(at), ())}
        met = met or set(lines.get(str(mutant.statement), ()))
        if not mutant.in_function:
            met = {test for tests in lines.values() for test in tests}
        tests = [names[number] for number in met]
        wing, module = Path(mutant.file).parts[1], Path(mutant.file).stem

        def order(test: str) -> tuple[bool, bool, float]:
            own = f"test_{module}" in test.partition("::")[0]
            return not own, f"tests/{wing}/" not in test, self.seconds[test]

        return list(self._within(sorted(tests, key=order), seconds))

    def _within(self, tests: Sequence[str], seconds: float) -> Iterator[str]:
        for number, test in enumerate(tests):
            if number < _LEAST or self.seconds[test] <= seconds:
                seconds -= self.seconds[test]
                yield test


def measured() -> Measured | None:
    """What was measured last; None where nothing was."""
    return Measured(*json.loads(_KEPT.read_text())) if _KEPT.exists() else None


def measure(
    files: Sequence[str], tests: Sequence[str], known: Measured | None
) -> Measured:
    """Run `tests`, folders or files of them, and keep who comes by which of `files`.

    Of tests that are `known` and not run now, what was measured before stays.
    """
    folder = copy("measured")
    data, passed = BUILD / "lines/data", BUILD / "passed"
    _run(folder, data, passed, files, tests)
    new = _read(folder, data, passed, files)
    whole = known.with_newer(new) if known else new
    _KEPT.write_text(json.dumps([whole.seconds, whole.lines]))
    return whole


def _run(
    folder: Path, data: Path, passed: Path, files: Sequence[str], tests: Sequence[str]
) -> None:
    data.parent.mkdir(exist_ok=True)
    for old in (passed, *data.parent.iterdir()):
        old.unlink(missing_ok=True)
    settings = BUILD / "coveragerc"
    include = ", ".join(f"{folder}/{file}" for file in files)
    settings.write_text(_SETTINGS.format(data=data, plugin=PLUGIN, include=include))
    quiet = ("-q", "-p", "no:cacheprovider", "-p", PLUGIN)
    # Coverage has imported the plugin before pytest would rewrite its assertions.
    known = ("-W", "ignore::pytest.PytestAssertRewriteWarning")
    asked = (python(folder), "-m", "pytest", *quiet, *known, "-n", "2", *tests)
    environment = {
        **os.environ,
        "COVERAGE_PROCESS_START": str(settings),
        PASSED: str(passed),
    }
    subprocess.run(asked, cwd=folder, env=environment, check=False)


def _read(folder: Path, data: Path, passed: Path, files: Sequence[str]) -> Measured:
    rows = map(json.loads, passed.read_text().splitlines())
    seconds: dict[str, float] = dict(rows)
    numbers = {name: number for number, name in enumerate(seconds)}
    whole = CoverageData(str(data))
    for each in data.parent.glob(f"{data.name}.*"):
        part = CoverageData(str(each))
        part.read()
        whole.update(part)
        part.close()
    lines = {
        file: {
            str(line): sorted(numbers[name] for name in names if name in numbers)
            for line, names in whole.contexts_by_lineno(f"{folder}/{file}").items()
        }
        for file in files
    }
    whole.close()
    return Measured(seconds, lines)
