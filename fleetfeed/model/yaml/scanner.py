"""The one place that knows ruamel.yaml: a text's events, from its C or pure scanner.

The import is inside the functions: `--help`, or a hook on a commit without posts, must
not pay it. And libyaml comes without the four fifths of ruamel.yaml that scanning has
no use for, which saves 10 ms of a commit of one post (57 ms; medians of 31).

`_ruamel_yaml`, the C scanner, makes its events with four small modules of ruamel.yaml.
But importing one of them runs the package itself, which imports all the others, and the
scanner asks eight more for nothing but an exception each. So two things stand in for a
moment: for the package, a module whose own code runs when something of it is first
asked for; for the eight, modules with the exceptions alone. Afterwards the eight are
gone again, and whoever imports ruamel.yaml gets all of it: the package runs its code
then, and gives the scanner the exceptions it would have had. With a version of which
that does not hold the ordinary import is made; a test names those that it holds for.
"""

import sys
from _thread import RLock  # `threading` is not imported by hooks
from collections.abc import Callable
from functools import cache
from types import ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from typing import Any
else:
    Any = object

Source = Callable[[str], Callable[[], Any]]


class ScanError(Exception):
    """The scanner cannot read the text. `line` and `column` count from 1."""

    def __init__(self, problem: str, line: int, column: int) -> None:
        super().__init__(problem)
        self.problem, self.line, self.column = problem, line, column


_ALONE = RLock()
"""While it is imported, others would find modules that are there for a moment."""


@cache
def fastest() -> Source:
    """The C scanner where it is installed, else the pure one."""
    with _ALONE:
        try:
            return c_scanner()
        except ImportError:
            return pure_scanner()


@cache
def c_scanner() -> Source:
    """libyaml, through ruamel.yaml.clib. ImportError where that is missing."""
    return _source_of(c_parser())


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

    return _source_of(Pure)


def _source_of(parser: Callable[[str], Any]) -> Source:
    def source(text: str) -> Callable[[], Any]:
        get_event = parser(text).get_event

        def get() -> Any:
            try:
                return get_event()
            except Exception as error:  # the scanners also raise ValueError and others
                raise _as_scan_error(error) from error

        return get

    return source


def _as_scan_error(error: Exception) -> ScanError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "context", None)
    line, column = (mark.line, mark.column) if mark else (0, 0)
    return ScanError(str(problem or "unreadable text"), line + 1, column + 1)


# The light import (see the module): 2 ms, where the ordinary one takes 7.
_PACKAGE, _BELOW, _SCANNER = "ruamel.yaml", "ruamel.yaml.", "_ruamel_yaml"
_ERRORS = {
    "reader": ("ReaderError", "YAMLError"),
    "scanner": ("ScannerError", "MarkedYAMLError"),
    "parser": ("ParserError", "MarkedYAMLError"),
    "composer": ("ComposerError", "MarkedYAMLError"),
    "constructor": ("ConstructorError", "MarkedYAMLError"),
    "emitter": ("EmitterError", "YAMLError"),
    "serializer": ("SerializerError", "YAMLError"),
    "representer": ("RepresenterError", "YAMLError"),
}
"""Of each of the eight the exception that is asked for, and what that derives from."""


def c_parser() -> "type[Any]":
    """The class `CParser` of the scanner. ImportError where that is not installed."""
    with _ALONE:
        return _c_parser()


def _c_parser() -> "type[Any]":
    if not any(map(_is_part, sys.modules)):
        try:
            _import_lightly()
        except Exception:  # noqa: BLE001 - the ordinary import says what is wrong
            for name in filter(_is_part, list(sys.modules)):
                del sys.modules[name]
    from _ruamel_yaml import CParser  # type: ignore[import-not-found]

    return CParser  # type: ignore[no-any-return]


def _is_part(module: str) -> bool:
    return module in (_PACKAGE, _SCANNER) or module.startswith(_BELOW)


def _import_lightly() -> None:
    import ruamel

    found = (each.find_spec(_PACKAGE, ruamel.__path__) for each in sys.meta_path)
    sys.modules[_PACKAGE] = _Package(next(spec for spec in found if spec))
    import ruamel.yaml.error as errors

    for module, (name, base) in _ERRORS.items():
        stand_in = sys.modules[_BELOW + module] = ModuleType(_BELOW + module)
        setattr(stand_in, name, type(name, (getattr(errors, base),), {}))
    try:
        import _ruamel_yaml  # noqa: F401
    finally:
        for module in _ERRORS:
            del sys.modules[_BELOW + module]
    ruamel.yaml = sys.modules[_PACKAGE]


class _Package(ModuleType):
    """ruamel.yaml, its own code not yet run: its modules can be imported."""

    def __init__(self, spec: "ModuleSpec") -> None:
        super().__init__(spec.name)
        self.__spec__, self.__loader__, self.__package__ = spec, spec.loader, spec.name
        self.__path__ = spec.submodule_search_locations or []
        self.__file__ = spec.origin

    def __getattr__(self, name: str) -> "Any":
        """Run the code at the first question for something of it."""
        self.__class__ = ModuleType  # type: ignore[assignment]
        loader: Any = self.__loader__
        loader.exec_module(self)
        scanner = sys.modules[_SCANNER]
        for module, (error, _) in _ERRORS.items():
            setattr(scanner, error, getattr(sys.modules[_BELOW + module], error))
        return getattr(self, name)
