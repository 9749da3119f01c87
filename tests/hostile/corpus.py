r"""Malformed and malicious files, and the slips of honest hands, each with its answer.

A row says where the first finding must stand, under which code, and the mended line:
`None` where it is not this row's point, `""` where no line can be known.
"""

from dataclasses import dataclass

LIMIT = 64 * 1024


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    data: bytes
    code: str
    line: int
    column: int
    mended: str | None = None


@dataclass(frozen=True, slots=True)
class Good:
    """A file that must be read, and what its field `A` says, where."""

    name: str
    data: bytes
    text: str
    line: int
    column: int


def _full(unit: str, head: str = "") -> bytes:
    """`head` and as many `unit` as a file may hold."""
    return (head + unit * ((LIMIT - len(head)) // len(unit))).encode()


def _slip(name: str, text: str, line: int, column: int, mended: str, code="FF006"):
    return Row(name, text.encode(), code, line, column, mended)


_LAUGHS = "a: &a [x]\n" + "".join(
    f"{chr(b)}: &{chr(b)} [*{chr(b - 1)}, *{chr(b - 1)}]\n" for b in range(98, 106)
)
_CONFLICT = "ITEM: CMB-1438\n<<<<<<< HEAD\nSTATE: DONE\n=======\nSTATE: PARKED\n>>>>>>> theirs\n"

SLIPS = (
    _slip(
        "colon in prose",
        "SUBJECT: fix: the thing\n",
        1,
        10,
        'SUBJECT: "fix: the thing"',
    ),
    _slip("colon at the end", "SUBJECT: later:\n", 1, 10, 'SUBJECT: "later:"'),
    _slip(
        "colon in a list item", "KEYS:\n  - fix: it\n", 2, 5, '  - "fix: it"', "FF007"
    ),
    _slip(
        "leading asterisk",
        "SUBJECT: *urgent* fix\n",
        1,
        10,
        'SUBJECT: "*urgent* fix"',
        "FF009",
    ),
    _slip(
        "leading ampersand", "SUBJECT: &co fix\n", 1, 10, 'SUBJECT: "&co fix"', "FF009"
    ),
    _slip(
        "leading exclamation mark",
        "SUBJECT: !now fix\n",
        1,
        10,
        'SUBJECT: "!now fix"',
        "FF009",
    ),
    _slip("leading bracket", "SUBJECT: [WIP] fix\n", 1, 10, 'SUBJECT: "[WIP] fix"'),
    _slip("open bracket", "SUBJECT: [WIP\nSTATE: DONE\n", 1, 10, 'SUBJECT: "[WIP"'),
    _slip("leading brace", "SUBJECT: {x} y\n", 1, 10, 'SUBJECT: "{x} y"', "FF007"),
    _slip("leading percent", "SUBJECT: %done\n", 1, 10, 'SUBJECT: "%done"'),
    _slip("leading at", "SUBJECT: @bob look\n", 1, 10, 'SUBJECT: "@bob look"'),
    _slip("leading backtick", "SUBJECT: `x` fails\n", 1, 10, 'SUBJECT: "`x` fails"'),
    _slip("leading bar", "SUBJECT: | pipe\n", 1, 10, 'SUBJECT: "| pipe"'),
    _slip(
        "leading greater-than",
        "SUBJECT: > 3 retries\n",
        1,
        10,
        'SUBJECT: "> 3 retries"',
    ),
    _slip("leading dash", "SUBJECT: - first\n", 1, 10, 'SUBJECT: "- first"'),
    _slip(
        "leading question mark", "SUBJECT: ? unclear\n", 1, 10, 'SUBJECT: "? unclear"'
    ),
    _slip("leading comma", "SUBJECT: , and\n", 1, 10, 'SUBJECT: ", and"'),
    _slip(
        "single quotes around a single quote",
        "SUBJECT: 'it's'\n",
        1,
        10,
        'SUBJECT: "it\'s"',
    ),
    _slip(
        "double quotes in double quotes",
        'SUBJECT: "say "hi""\n',
        1,
        10,
        r'SUBJECT: "say \"hi\""',
    ),
    _slip("text behind a quote", 'SUBJECT: "a" b\n', 1, 10, r'SUBJECT: "\"a\" b"'),
    _slip(
        "unclosed double quote",
        'SUBJECT: "open\nSTATE: DONE\n',
        1,
        10,
        'SUBJECT: "open"',
    ),
    _slip(
        "unclosed single quote",
        "SUBJECT: 'open\nSTATE: DONE\n",
        1,
        10,
        'SUBJECT: "\'open"',
    ),
    _slip(
        "backslash in double quotes",
        'SUBJECT: "C:\\dir"\n',
        1,
        10,
        r'SUBJECT: "C:\\dir"',
    ),
    _slip(
        "number sign in prose",
        "SUBJECT: fix #1438 overflow\n",
        1,
        14,
        'SUBJECT: "fix #1438 overflow"',
        "FF010",
    ),
    _slip("number sign first", "SUBJECT: #1438\n", 1, 10, 'SUBJECT: "#1438"', "FF010"),
    _slip(
        "comment behind a quoted value",
        "SUBJECT: 'a' # why\n",
        1,
        14,
        "SUBJECT: 'a'",
        "FF010",
    ),
    _slip(
        "comment behind a block's head",
        "BODY: | # why\n  text\n",
        1,
        9,
        "BODY: |",
        "FF010",
    ),
    _slip(
        "comment behind a list item",
        "KEYS:\n  - a # why\n",
        2,
        7,
        '  - "a # why"',
        "FF010",
    ),
    _slip("blank missing", "ITEM: CMB-1\nSTATE:DONE\n", 2, 7, "STATE: DONE"),
    _slip("blank missing, alone", "STATE:DONE\n", 1, 7, "STATE: DONE"),
    _slip(
        "colon missing",
        "ITEM: CMB-1\nSTATE: DONE\n\nSEAT CAMBER-06\n",
        4,
        1,
        "  SEAT CAMBER-06",
    ),
    _slip("empty value", "ITEM: CMB-1\nOWNER:\n", 2, 1, ""),
    _slip("empty list", "KEYS: []\n", 1, 7, ""),
    _slip("tab behind the colon", "STATE:\tDONE\n", 1, 7, "STATE: DONE"),
    _slip("tab in a text", "SUBJECT: a\tb\n", 1, 11, r'SUBJECT: "a\tb"'),
    _slip("tab before a name", "\tSTATE: DONE\n", 1, 1, "STATE: DONE"),
    _slip("tab before an item", "KEYS:\n\t- a\n", 2, 1, "  - a"),
    _slip("tab before a block's text", "BODY: |\n\ttext\n", 2, 1, "  text"),
    _slip("body not indented", "BODY: |\ntext\n", 2, 1, "  text"),
    _slip(
        "body's second line not indented", "BODY: |\n  one\ntwo\nthree\n", 3, 1, "  two"
    ),
    _slip(
        "body's second line less indented",
        "BODY: |\n    one\n  two\n",
        1,
        7,
        "BODY: |2",
    ),
    _slip("text goes on in the first column", "SUBJECT: one\ntwo\n", 2, 1, "  two"),
    _slip(
        "name not in the first column",
        "ITEM: CMB-1\n  STATE: DONE\n",
        2,
        1,
        "STATE: DONE",
    ),
    _slip("colon in a text that goes on", "SUBJECT: one\n  two: three\n", 2, 6, ""),
    _slip(
        "surfaces in brackets",
        "KEYS: [A:b:c, A:b:d]\n",
        1,
        8,
        'KEYS: ["A:b:c", "A:b:d"]',
    ),
    _slip(
        "block begins with a blank line of blanks",
        "BODY: |\n \n  text\n",
        1,
        7,
        "BODY: |2",
    ),
)

HOSTILE = (
    Row("nothing", b"", "FF007", 1, 1),
    Row("blanks alone", b"  \n\n", "FF007", 1, 1),
    Row("a comment alone", b"# nothing\n", "FF007", 1, 1),
    Row("a document marker alone", b"---", "FF007", 1, 4),
    Row("an empty value where the file ends", b"A?:", "FF006", 1, 1),
    Row("a list", b"- a\n- b\n", "FF007", 1, 1),
    Row("a text", b"hello\n", "FF006", 1, 1),
    Row("too large by one byte", b"A: " + b"x" * (LIMIT - 2), "FF004", 0, 0),
    Row("ten megabytes", b"\x00" * 10_000_000, "FF004", 0, 0),
    Row("utf-8 mark", b"\xef\xbb\xbfA: b\n", "FF001", 1, 1),
    Row("utf-16 with mark", "A: b\n".encode("utf-16"), "FF001", 1, 1),
    Row("utf-16 without mark", "ITEM: CMB\n".encode("utf-16-be"), "FF001", 1, 1),
    Row("utf-32 with mark", "A: b\n".encode("utf-32"), "FF001", 1, 1),
    Row("utf-32 without mark", "A: b\n".encode("utf-32-le"), "FF001", 1, 1),
    Row("latin-1", "A: b\nB: caf\xe9\n".encode("latin-1"), "FF001", 2, 7),
    Row("overlong slash", b"A: \xc0\xaf\n", "FF001", 1, 4),
    Row("surrogate in utf-8", b"A: \xed\xa0\x80\n", "FF001", 1, 4),
    Row("beyond Unicode", b"A: \xf4\x90\x80\x80\n", "FF001", 1, 4),
    Row("half a character at the end", "A: é".encode()[:-1], "FF001", 1, 4),
    Row("binary", bytes(range(256)), "FF001", 2, 118),
    Row("null", b"A: b\0c\n", "FF002", 1, 5),
    Row("escape to the terminal", b"A: \x1b[2J\x1b[31mred\n", "FF002", 1, 4),
    Row("bell", b"A: \x07\n", "FF002", 1, 4),
    Row("backspace", b"A: safe\x08\x08\n", "FF002", 1, 8),
    Row("carriage return hides a line", b"A: evil\rA: good\n", "FF002", 1, 8),
    Row("form feed", b"A: b\x0c\n", "FF002", 1, 5),
    Row("delete", b"A: b\x7f\n", "FF002", 1, 5),
    Row("one-byte escape (C1)", "A: \x9b31m\n".encode(), "FF002", 1, 4),
    Row("next line", "A: b\x85B: c\n".encode(), "FF002", 1, 5),
    Row("line separator", "A: b\u2028B: c\n".encode(), "FF002", 1, 5),
    Row("noncharacter", "A: \ufffe\n".encode(), "FF002", 1, 4),
    Row("noncharacter of another plane", "A: \U0001ffff\n".encode(), "FF002", 1, 4),
    Row("escape by a YAML escape", rb'A: "\e[31m"' + b"\n", "FF002", 1, 4),
    Row("null by a YAML escape", rb'A: "\0"' + b"\n", "FF002", 1, 4),
    Row("return by a YAML escape", rb'A: "\r"' + b"\n", "FF002", 1, 4),
    Row("C1 by a YAML escape", rb'A: "\x9b"' + b"\n", "FF002", 1, 4),
    Row("next line by a YAML escape", rb'A: "\N"' + b"\n", "FF002", 1, 4),
    Row("separator by a YAML escape", rb'A: "\L"' + b"\n", "FF002", 1, 4),
    Row("surrogate by a YAML escape", rb'A: "\ud800"' + b"\n", "FF002", 1, 4),
    Row("override by a YAML escape", rb'A: "\u202e"' + b"\n", "FF003", 1, 4),
    Row("escape in a name", rb'"\e[31m": b' + b"\n", "FF002", 1, 1),
    Row("beyond Unicode by a YAML escape", rb'A: "\U00110000"' + b"\n", "FF006", 1, 4),
    Row("right-to-left override", "A: \u202egpj.exe\n".encode(), "FF003", 1, 4),
    Row("isolate", "A: \u2066x\u2069\n".encode(), "FF003", 1, 4),
    Row("override in a comment", "# \u202e\nA: b\n".encode(), "FF003", 1, 3),
    Row("right-to-left mark", "A: \u200f\n".encode(), "FF003", 1, 4),
    Row("arabic letter mark", "A: \u061c\n".encode(), "FF003", 1, 4),
    Row("zero-width space in a name", "STA\u200bTE: DONE\n".encode(), "FF003", 1, 4),
    Row("byte order mark within", "A: b\ufeff\n".encode(), "FF003", 1, 5),
    Row("tag characters", "A: \U000e0041\n".encode(), "FF003", 1, 4),
    Row("conflict markers", _CONFLICT.encode(), "FF005", 2, 1),
    Row("conflict in diff3 style", b"A: b\n||||||| base\nB: c\n", "FF005", 2, 1),
    Row("conflict markers with CRLF", _CONFLICT.replace("\n", "\r\n").encode(), "FF005", 2, 1),
    Row("duplicate name", b"STATE: DONE\nSTATE: PARKED\n", "FF008", 2, 1),
    Row("duplicate name, one quoted", b'STATE: DONE\n"STATE": PARKED\n', "FF008", 2, 1),
    Row("duplicate name by an escape", b'STATE: DONE\n"S\\x54ATE": PARKED\n', "FF008", 2, 1),
    Row("anchor", b"A: &x b\nB: *x\n", "FF009", 1, 4),
    Row("alias", b"A: *x\n", "FF009", 1, 4),
    Row("alias as a name", b"A: b\n*x : c\n", "FF009", 2, 1),
    Row("billion laughs", _LAUGHS.encode(), "FF009", 1, 4),
    Row("tag runs code", b"A: !!python/object/apply:os.system ['x']\n", "FF009", 1, 4),
    Row("tag on the table", b"!!map\nA: b\n", "FF009", 1, 1),
    Row("tag on a list", b"A: !!set [b]\n", "FF009", 1, 4),
    Row("merge key", b"<<: b\nA: c\n", "FF009", 1, 1),
    Row("version directive", b"%YAML 1.1\n---\nA: b\n", "FF009", 1, 1),
    Row("tag directive", b"%TAG ! tag:x,2000:\n---\nA: b\n", "FF009", 1, 1),
    Row("second document", b"A: b\n---\nA: c\n", "FF007", 2, 1),
    Row("second document, after an end", b"A: b\n...\n---\nA: c\n", "FF007", 3, 1),
    Row("table in a table", b"A:\n  b: c\n", "FF007", 2, 3),
    Row("list in a list", b"A: [b, [c]]\n", "FF007", 1, 8),
    Row("table in a list", b"A: [b, c: d]\n", "FF007", 1, 8),
    Row("complex name", b"? A\n: b\n", "FF006", 1, 1),
    Row("list as a name", b"[a, b]: c\n", "FF006", 1, 1),
    Row("empty name", b'"": c\n', "FF007", 1, 1),
    Row("no name", b": c\n", "FF006", 1, 1),
    Row("block with a comment as its head", b"A: |#x\n  b\n", "FF006", 1, 4),
    Row("deep brackets", _full("[", "A: "), "FF007", 1, 5),
    Row("deep braces", _full("{a: "), "FF007", 1, 5),
    Row("deep dashes", _full("- "), "FF006", 1, 3),
    Row("deep indentation", "".join(f"{' ' * n}a:\n" for n in range(350)).encode(), "FF007", 2, 2),
    Row("sixty thousand quotes", _full('"', "A: "), "FF006", 1, 4),
    Row("sixty thousand tabs", _full("\t", "A: b"), "FF006", 1, 5),
    Row("sixty thousand colons", _full(": ", "A: "), "FF006", 1, 4),
    Row("many names", "".join(f"K{n}: v\n" for n in range(6000)).encode(), "FF007", 2001, 1),
    Row("one name many times", _full("A: b\n"), "FF008", 2, 1),
    Row("many items", _full("a,", "A: ["), "FF007", 1, 8003),
    Row("many unclosed quotes", _full("A: 'x\n"), "FF006", 1, 4),
    Row("a name of sixty thousand letters", _full("x")[:-3] + b": b", "FF007", 1, 1),
)  # fmt: skip

ROWS = SLIPS + HOSTILE

FINE = (
    Good("apostrophe", b"A: it's\n", "it's", 1, 4),
    Good("number sign without a blank", b"A: fix#1438\n", "fix#1438", 1, 4),
    Good("quoted number sign", b"A: 'fix #1438'\n", "fix #1438", 1, 4),
    Good("CRLF", b"A: b\r\nB: c\r\n", "b", 1, 4),
    Good("CRLF in a block", b"A: |\r\n  b\r\n  c\r\n", "b\nc\n", 1, 4),
    Good("NO", b"A: NO\n", "NO", 1, 4),
    Good("float", b"A: 12e4567\n", "12e4567", 1, 4),
    Good("version", b"A: 1.10\n", "1.10", 1, 4),
    Good("octal", b"A: 0012\n", "0012", 1, 4),
    Good("tilde", b"A: ~\n", "~", 1, 4),
    Good("null", b"A: null\n", "null", 1, 4),
    Good("date", b"A: 2026-01-01\n", "2026-01-01", 1, 4),
    Good("time", b"A: 12:30:00\n", "12:30:00", 1, 4),
    Good("surface", b"A: CAMBER:file:src/app\n", "CAMBER:file:src/app", 1, 4),
    Good("quoted nothing", b"A: ''\n", "", 1, 4),
    Good("comment above", b"# why\nA: b\n", "b", 2, 4),
    Good("one document marker", b"---\nA: b\n", "b", 2, 4),
    Good("text over two lines", b"A: b\n  c\n", "b c", 1, 4),
    Good("tab in a block", b"A: |\n  b\tc\n", "b\tc\n", 1, 4),
    Good("number sign in a block", b"A: |\n  b #c\n", "b #c\n", 1, 4),
    Good("equals signs in a block", b"A: |\n  =======\n  b\n", "=======\nb\n", 1, 4),
    Good("other scripts", "A: 日本 é 😀\n".encode(), "日本 é 😀", 1, 4),
    Good("no newline at the end", b"A: b", "b", 1, 4),
    Good("a huge text", _full("x", "A: "), "x" * (LIMIT - 3), 1, 4),
)  # fmt: skip
