"""A file system that folds case and Unicode, written down letter by letter.

It knows Unicode's tables and nothing of fleetfeed: each character is taken apart
(canonically), marks are put in order, letters are folded, and once more.
"""

from unicodedata import combining, decomposition

Path = tuple[str, ...]

# Hangul syllables are taken apart by arithmetic (Unicode 3.12).
_S, _L, _V, _T = 0xAC00, 0x1100, 0x1161, 0x11A7
_V_COUNT, _T_COUNT, _S_COUNT = 21, 28, 11172


def one_file(one: Path, two: Path) -> bool:
    """Whether two paths cannot be told apart."""
    return _seen(one) == _seen(two)


def in_folder(folder: Path, path: Path) -> bool:
    """Whether `path` is `folder`, or lies in it."""
    return _seen(path)[: len(folder)] == _seen(folder)


def _seen(path: Path) -> list[list[str]]:
    return [_name(name) for name in path]


def _name(name: str) -> list[str]:
    letters = [low for ch in _apart(name) for low in ch.casefold()]
    return ["-" if ch == "_" else ch for ch in _apart("".join(letters))]


def _apart(text: str) -> list[str]:
    """`text` in its smallest pieces, the marks behind each letter in their order."""
    pieces = [piece for ch in text for piece in _pieces(ch)]
    done: list[str] = []
    marks: list[str] = []
    for piece in pieces:
        if combining(piece):
            marks.append(piece)
        else:
            done += [*sorted(marks, key=combining), piece]
            marks = []
    return [*done, *sorted(marks, key=combining)]


def _pieces(ch: str) -> list[str]:
    at = ord(ch) - _S
    if 0 <= at < _S_COUNT:
        rest = [chr(_T + at % _T_COUNT)] if at % _T_COUNT else []
        lead = chr(_L + at // (_V_COUNT * _T_COUNT))
        return [lead, chr(_V + at % (_V_COUNT * _T_COUNT) // _T_COUNT), *rest]
    known = decomposition(ch)
    if not known or known.startswith("<"):
        return [ch]
    return [piece for code in known.split() for piece in _pieces(chr(int(code, 16)))]
