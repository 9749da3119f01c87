"""Tells coverage which test a process runs for, also in what that test has started.

A plugin of pytest puts the test's name into the environment, which children inherit; a
plugin of coverage, in each process, reads it there.
"""

import json
import os
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest
from coverage import CoveragePlugin
from coverage.plugin_support import Plugins

PLUGIN = "mutants_where"
"""What this file is called where it is a plugin."""
NAME = "MUTANTS_TEST"
"""The variable that has the test's name."""
PASSED = "MUTANTS_PASSED"
"""The variable with the file to which a line is added for each test that passed."""


# What these call is a context; they themselves are none, which would never end: a fork
# takes on the environment of its own test in the middle of them.
_FORKING = ("/harness/forked.py", "/harness/starting.py")


class _Where(CoveragePlugin):
    def dynamic_context(self, frame: FrameType) -> str | None:
        """The test that the process runs for, if any."""
        if frame.f_code.co_filename.endswith(_FORKING):
            return None
        return os.environ.get(NAME)


def coverage_init(registry: Plugins, options: Any) -> None:
    """Be found by coverage."""
    registry.add_dynamic_context(_Where())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Say which test it is for as long as it runs."""
    os.environ[NAME] = item.nodeid
    try:
        return (yield)
    finally:
        del os.environ[NAME]


class _Times:
    """Seconds of each test that has passed, its fixtures included."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}
        self._failed: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        name = report.nodeid
        self._seconds[name] = self._seconds.get(name, 0) + report.duration
        if report.outcome != "passed":
            self._failed.add(name)
        if report.when == "teardown" and name not in self._failed:
            with open(os.environ[PASSED], "a") as file:  # noqa: PTH123
                file.write(json.dumps([name, self._seconds[name]]) + "\n")


def pytest_configure(config: pytest.Config) -> None:
    """Count where the reports come in: in the one process that hands out the tests."""
    if not hasattr(config, "workerinput") and PASSED in os.environ:
        config.pluginmanager.register(_Times())
