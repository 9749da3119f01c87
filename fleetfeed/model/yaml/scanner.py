"""The one place that knows ruamel.yaml: a text's events, from its C or pure scanner.

The import is inside the functions: it costs 35 ms, and `--help` or a hook on a commit
without posts must not pay it.
"""

from collections.abc import Callable
from functools import cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
else:
    Any = object

Source = Callable[[str], Callable[[], Any]]


class ScanError(Exception):
    """The scanner cannot read the text. `line` and `column` count from 1."""

    def __init__(self, problem: str, line: int, column: int) -> None:
        super().__init__(problem)
        self.problem, self.line, self.column = problem, line, column


@cache
def fastest() -> Source:
    """The C scanner where it is installed, else the pure one."""
    try:
        return c_scanner()
    except ImportError:
        return pure_scanner()


@cache
def c_scanner() -> Source:
    """libyaml, through ruamel.yaml.clib. ImportError where that is missing."""
    from fleetfeed.model.yaml.libyaml import c_parser

    parser = c_parser()

    def source(text: str) -> Callable[[], Any]:
        return _guarded(parser(text).get_event)

    return source


@cache
def pure_scanner() -> Source:
    """ruamel.yaml's own scanner, set to YAML 1.1 as libyaml is."""
    from ruamel.yaml.parser import Parser
    from ruamel.yaml.reader import Reader
    from ruamel.yaml.scanner import Scanner

    class Pure(Reader, Scanner, Parser):
        processing_version = (1, 1)

        def __init__(self, text: str) -> None:
            self.comment_handling = None
            self._resolver = self
            Reader.__init__(self, text, loader=self)
            Scanner.__init__(self, loader=self)
            Parser.__init__(self, loader=self)

    def source(text: str) -> Callable[[], Any]:
        return _guarded(Pure(text).get_event)

    return source


def _guarded(get_event: Callable[[], Any]) -> Callable[[], Any]:
    def get() -> Any:
        try:
            return get_event()
        except Exception as error:  # the scanners also raise ValueError and others
            raise _as_scan_error(error) from error

    return get


def _as_scan_error(error: Exception) -> ScanError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "context", None)
    if mark is None:
        return ScanError(str(problem or "unreadable text"), 1, 1)
    return ScanError(str(problem or "unreadable text"), mark.line + 1, mark.column + 1)
