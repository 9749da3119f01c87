"""The mutants of a file: each is its text with one small change.

What is changed is mutmut's (`mutmut.mutation.mutators`), and a little more: a condition
that is turned round, a filter or a statement that is left out. mutmut itself leaves out
all that is decorated, properties too, so the walk is our own.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators

Key = tuple[str, str, str, str]
"""A mutant's file, function, and lines as they were and are; see `Mutant.key`."""


@dataclass(frozen=True)
class Mutant:
    """One change: `was`, the lines as they are, and `now`, each as one line.

    `lines` are those of the change itself and `statement` that where its statement
    begins, counted from 1. `run` are the lines by which the tests come that may notice:
    of a parameter's default those of the function, of what is `in_function` otherwise
    `lines`. What is not runs when the module is imported.
    """

    file: str
    function: str
    lines: range
    run: range
    statement: int
    was: str
    now: str
    in_function: bool
    _source: str
    _begin: int
    _end: int
    _new: str

    @property
    def text(self) -> str:
        """The whole file with the change."""
        return self._source[: self._begin] + self._new + self._source[self._end :]

    @property
    def key(self) -> Key:
        """What it is called, whatever stands above it in the file."""
        return self.file, self.function, self.was, self.now


def mutants(file: str, text: str) -> list[Mutant]:
    """All mutants of a file's text, in their order; a few of them do not compile."""
    wrapper = MetadataWrapper(cst.parse_module(text))
    walk = _Walk(file, wrapper.module, text)
    wrapper.visit(walk)
    return list({each.key: each for each in walk.found}.values())


def sample(
    by_file: Mapping[str, Sequence[Mutant]], size: int, seed: int
) -> list[Mutant]:
    """Of each file as many as is its part of all, by lot; a fixed lot for a `seed`."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    every = [
        each
        for file in sorted(by_file)
        for each in chance.sample(by_file[file], len(by_file[file]))
    ]
    step = max(len(every) / size, 1)
    start = chance.uniform(0, step)
    places = (int(start + n * step) for n in range(size))
    near = (every[at : at + int(step)] for at in places)
    compiled = (next(filter(_compiles, some), None) for some in near)
    return [each for each in compiled if each]


def _compiles(mutant: Mutant) -> bool:
    try:
        compile(mutant.text, mutant.file, "exec")
    except SyntaxError:
        return False
    return True


_STATEMENT = (cst.BaseSmallStatement, cst.BaseCompoundStatement)


class _Walk(cst.CSTVisitor):
    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, file: str, module: cst.Module, text: str) -> None:
        super().__init__()
        self.found: list[Mutant] = []
        self._file, self._module = file, module
        self._text, self._lines = text, text.splitlines(keepends=True)
        self._offsets = list(accumulate(map(len, self._lines), initial=0))
        self._within: list[str] = []
        self._statements = [1]
        self._bodies: list[range] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        # Of what is left alone `on_leave` is called, too.
        if isinstance(node, (cst.FunctionDef, cst.ClassDef)):
            self._within.append(node.name.value)
        if isinstance(node, cst.FunctionDef):
            begin, end = self._at(node.body.body[0]).start, self._at(node).end
            self._bodies.append(range(begin.line, end.line + 1))
        if isinstance(node, _STATEMENT):
            self._statements.append(self._at(node).start.line)
        if _left_alone(node):
            return False
        for old, new in _changed(node):
            self._add(old, new)
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if isinstance(original_node, (cst.FunctionDef, cst.ClassDef)):
            self._within.pop()
        if isinstance(original_node, cst.FunctionDef):
            self._bodies.pop()
        if isinstance(original_node, _STATEMENT):
            self._statements.pop()

    def _at(self, node: cst.CSTNode) -> CodeRange:
        at: CodeRange = self.get_metadata(PositionProvider, node)
        return at

    def _add(self, old: cst.CSTNode, new: cst.CSTNode) -> None:
        start, end = self._at(old).start, self._at(old).end
        was = self._lines[start.line - 1 : end.line]
        code = self._module.code_for_node(new).strip()
        now = was[0][: start.column] + code + was[-1][end.column :]
        lines = range(start.line, end.line + 1)
        # Where this is in a function's head, it shows when that is called.
        called = next((b for b in self._bodies if start.line < b.start), None)
        mutant = Mutant(
            file=self._file,
            function=".".join(self._within),
            lines=lines,
            run=called or lines,
            statement=self._statements[-1],
            was=_one_line("".join(was)),
            now=_one_line(now),
            in_function=bool(self._bodies),
            _source=self._text,
            _begin=self._offsets[start.line - 1] + start.column,
            _end=self._offsets[end.line - 1] + end.column,
            _new=code,
        )
        if mutant.was != mutant.now:
            self.found.append(mutant)


def _one_line(text: str) -> str:
    return " ".join(text.split())


_HARMLESS = {"isinstance", "len", "cast"}
"""Calls that, changed, say a TypeError at once."""


def _left_alone(node: cst.CSTNode) -> bool:
    """What is for readers and for tools: annotations, decorators, imports."""
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Name):
        return node.func.value in _HARMLESS
    return isinstance(node, (cst.Annotation, cst.Decorator, cst.Import, cst.ImportFrom))


def _changed(node: cst.CSTNode) -> Iterator[tuple[cst.CSTNode, cst.CSTNode]]:
    for kind, operator in mutation_operators:
        if isinstance(node, kind):
            for new in operator(node):
                yield node, new
                if isinstance(node, cst.BaseString):  # one change of a text is enough
                    break
    if isinstance(node, (cst.If, cst.While, cst.CompIf)) and not _turned(node.test):
        yield node.test, _not(node.test)
    if isinstance(node, cst.CompIf):
        yield node.test, cst.Name("True")
    if isinstance(node, cst.Raise) or (
        isinstance(node, cst.Expr) and not isinstance(node.value, _NO_CALL)
    ):
        yield node, cst.Pass()


_NO_CALL = (cst.SimpleString, cst.ConcatenatedString, cst.Ellipsis)
_OPPOSITES = (cst.Equal, cst.NotEqual, cst.Is, cst.IsNot, cst.In, cst.NotIn)


def _turned(test: cst.BaseExpression) -> bool:
    """Whether mutmut turns `test` round already."""
    return isinstance(test, cst.UnaryOperation) or (
        isinstance(test, cst.Comparison)
        and isinstance(test.comparisons[0].operator, _OPPOSITES)
    )


def _not(test: cst.BaseExpression) -> cst.BaseExpression:
    if not test.lpar:
        test = test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return cst.UnaryOperation(cst.Not(), test)
