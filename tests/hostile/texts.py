r"""Titles and bodies as people, agents and machines write them.

A row is a name and a text. `TITLES` are one line each, `BODIES` are not; each goes in
as it is, or is refused with a mended line. `REFUSED` are those of the second kind.
"""

ZWJ, ZWNJ, VS16 = "\u200d", "\u200c", "\ufe0f"
LRM, RLM, ALM = "\u200e", "\u200f", "\u061c"
ESC = "\x1b"


def _region(letters: str) -> str:
    """The flag of a region: a black flag, its letters as tags, and the end of tags."""
    return "\U0001f3f4" + "".join(chr(0xE0000 + ord(c)) for c in letters) + "\U000e007f"


TITLES = {
    # What YAML would take for something else.
    "a colon": "fix: the thing",
    "a colon at the end": "later:",
    "a number sign": "fix #1438 overflow",
    "an issue first": "#1438",
    "a dash": "- not a list",
    "a star": "*urgent* fix",
    "an ampersand": "&co and their import",
    "an exclamation mark": "!important in the sheet",
    "a percent sign": "% of failed jobs",
    "an at sign": "@alice asks for a review",
    "a backtick": "`make test` hangs",
    "brackets": "[WIP] the page",
    "braces": "{name} is not filled in",
    "an open brace": "{ in the template",
    "a pipe": "| as a separator",
    "a greater sign": "> quoted mail",
    "a question mark": "? what is this",
    "a tilde": "~ is home",
    "no": "no",
    "null": "null",
    "a number": "0012",
    "a float": "1e3",
    "a date": "2026-05-03",
    "a sexagesimal": "12:30:45",
    "infinity": ".inf",
    "an apostrophe": "'tis broken",
    "apostrophes": "it's the users' turn",
    "quotes": 'say "hello" twice',
    "one quote": '6" of rain',
    "both quotes": "\"it's\" said O'Neil",
    "a backslash": r"C:\new\table",
    "a backslash at the end": "path\\",
    "a document mark": "--- is a rule",
    "an end mark": "... and so on",
    "a tab": "one\ttwo",
    "blanks within": "two  blanks",
    "a merge key": "<<: *base",
    "a tag": "!!python/object:os.system",
    "a url": "see https://example.org/a?b=c&d=e#f",
    "a shell line": "run `git push --force-with-lease origin HEAD:main`",
    "a regular expression": r"^(?:[a-z]+|\d{2,})$ matches too much",
    "json on a line": '{"a": [1, 2, {"b": null}]}',
    "html": "<b>bold</b> &amp; co",
    "a sum": "1 + 1 = 2, 3 > 2",
    "a semver range": ">=1.2,<2.0",
    "a commit's title": "feat(api)!: drop v1 (#42)",
    # Letters of the world.
    "german": "Größe der Straße prüfen",
    "french": "l’été à Besançon",
    "polish": "zażółć gęślą jaźń",
    "vietnamese": "Tiếng Việt: sửa lỗi",
    "decomposed": "cafe\u0301 au lait",
    "turkish": "ISPARTA ve İstanbul ılık",
    "greek": "Οδυσσέας: έλεγχος",
    "russian": "исправить отчёт",
    "ukrainian": "під’їзд і ґанок",
    "chinese": "修复登录页面的错误",
    "japanese": "ログイン画面の不具合を直す",
    "korean": "로그인 오류 수정",
    "korean as letters": "\u1112\u1161\u11ab\u1100\u1173\u11af",
    "hindi": "लॉगिन पृष्ठ की त्रुटि",
    "hindi with a joiner": f"क्{ZWJ}ष और क्{ZWNJ}ष",
    "malayalam": f"അവന്{ZWJ} വന്നു",
    "bengali": f"র{ZWJ}্য",
    "tamil": "உள்நுழைவு பிழை",
    "sinhala": f"ශ්{ZWJ}රී ලංකා",
    "thai": "แก้ไขหน้าเข้าสู่ระบบ",
    "thai with its space": "แก้\u200bไข",
    "khmer with its space": "កែ\u200bទំព័រ",
    "burmese": "အမှား\u200bပြင်",
    "amharic": "ስህተትን አስተካክል",
    "georgian": "შეცდომის გასწორება",
    "armenian": "ուղղել սխալը",
    "persian": f"صفحه ورود نمی{ZWNJ}شود",
    "arabic": "إصلاح صفحة تسجيل الدخول",
    "hebrew": "לתקן את דף הכניסה",
    "arabic with a name in it": f"إصلاح {LRM}src/app.py{LRM} اليوم",
    "hebrew with a mark": f"גרסה 2.0{RLM} (טיוטה)",
    "an arabic letter mark": f"السعر{ALM} 12-15",
    "a mark first": f"{RLM}שלום",
    "an ideograph's variant": "葛\U000e0100城市の地図",
    # Pictures.
    "an emoji": "ship it 🚀",
    "shrugs": f"no idea why \U0001f937{ZWJ}\u2642{VS16}",
    "a family": ZWJ.join(("\U0001f468", "\U0001f469", "\U0001f467", "\U0001f466")),
    "a profession with a tone": f"\U0001f469\U0001f3fd{ZWJ}\U0001f4bb is on it",
    "a heart on fire": f"\u2764{VS16}{ZWJ}\U0001f525",
    "a rainbow flag": f"\U0001f3f3{VS16}{ZWJ}\U0001f308",
    "a pirate flag": f"\U0001f3f4{ZWJ}\u2620{VS16}",
    "a flag of two letters": "\U0001f1e9\U0001f1ea office",
    "a region's flag": f"{_region('gbsct')} office",
    "two regions": f"{_region('gbeng')}{_region('gbwls')}",
    "a keycap": f"step 1{VS16}\u20e3",
    "a text picture": "\u2714\ufe0e done",
    "a tone alone": "\U0001f3ff",
    "arrows": "a → b ⇒ c ↦ d",
    "boxes": "├── src └── app",
    "mathematics": "∀x∈ℝ: ⌈x⌉ = −⌊−x⌋",
    "superscripts": "x² + y³ ≈ 10⁻³",
    "currency": "12 € or £10 or ¥1 500",
    "a no-break space": "10\u00a0000 rows",
    "thin spaces": "10\u202f000\u2009rows",
    "an ideographic space": "東京\u3000大阪",
    "dashes": "a – b — c ‑ d",
    "typographic quotes": "“so” ‘it’ «was» „said“",
    "an ellipsis": "and so on…",
    "a private letter": "\ue0a0 main",
    "a letter of plane two": "𠮷野家",
}

_DIFF = """\
diff --git a/src/app.py b/src/app.py
index 3b18e51..a5bce3f 100644
--- a/src/app.py
+++ b/src/app.py
@@ -1,4 +1,4 @@
 import os
-print("old")
+print('new')  # 42
\t
 \\ No newline at end of file
"""
_PYTHON = """\
Traceback (most recent call last):
  File "/srv/app.py", line 3, in <module>
    main()
    ~~~~^^
KeyError: 'job-id'
"""
_JAVA = """\
Exception in thread "main" java.lang.NullPointerException
\tat com.example.Main.run(Main.java:42)
\tat com.example.Main.main(Main.java:7)
Caused by: java.io.IOException: broken pipe
\t... 12 more
"""
_MARKDOWN = """\
# Title

* one
  * two
- [ ] three
1. four

> quoted: `code` and **bold**

```yaml
key: [value, "x"]
```

| a | b |
|---|---|
| 1 | 2 |

[link]: https://example.org "with a title"
"""
_JSON = """\
{
  "surface": "CAMBER:file:src/app.py",
  "path": "C:\\\\temp\\\\new",
  "ok": true,
  "text": "line\\nbreak \\u00e9"
}
"""
_LOG = (
    "=== RUN   TestA\n"
    f"{ESC}[32mPASS{ESC}[0m TestA (0.01s)\n"
    f"{ESC}[1;31mFAIL{ESC}[0m TestB\n"
)

BODIES = {
    "one line and its end": "done\n",
    "two lines without an end": "one\ntwo",
    "paragraphs": "one\n\ntwo\n\n\nthree\n",
    "empty lines at the end": "one\n\n\n",
    "an empty line first": "\none\n",
    "blanks first": "    at the right\nand at the left\n",
    "a line of blanks first": "   \ntext\n",
    "a tab first": "\tall: build\n\tmake\n",
    "blanks at the ends": "one  \ntwo \n",
    "tabs": "a\tb\tc\n1\t2\t3\n",
    "only indented": "  a\n  b\n",
    "less and less": "      a\n    b\n  c\nd\n",
    "a diff": _DIFF,
    "a diff's middle": " context\n-old\n+new\n",
    "a python trace": _PYTHON,
    "a java trace": _JAVA,
    "a rust panic": "thread 'main' panicked at 'index out of bounds: the len is 3', src/main.rs:4:5\nnote: run with `RUST_BACKTRACE=1`\n",
    "a go panic": "panic: runtime error\n\ngoroutine 1 [running]:\nmain.main()\n\t/tmp/x.go:4 +0x1d\nexit status 2\n",
    "markdown": _MARKDOWN,
    "markdown with a fence first": "```\ncode\n```\n",
    "json": _JSON,
    "json lines": '{"a": 1}\n{"a": 2}\n',
    "yaml": "---\na: &x [1]\nb: *x\n...\n",
    "yaml of a post": "ITEM: CMB-0009\nSTATE: DONE\nSEAT: X\n",
    "toml": '[tool.ruff]\nselect = ["ALL"]\n# comment\n',
    "ini": "; comment\n[a]\nb = %(c)s\n",
    "shell": "set -e\nfor f in *.py; do echo \"$f\" | sed 's/a/b/'; done\n",
    "a here document": "cat <<'EOF'\n$x `y`\nEOF\n",
    "sql": "SELECT * FROM t WHERE a = 'it''s' -- why\n;\n",
    "a page of html": '<!doctype html>\n<p class="x">a &amp; b</p>\n',
    "csv": 'a,"b, c",d\n1,,3\n',
    "a table": "name   |  n\n-------+----\n é     | 10\n(1 row)\n",
    "a mail": "On Mon, A wrote:\n> one\n>> two\n-- \nA\n",
    "comments": "# one\n#two\n\n  # three\n",
    "question marks": "? a\n: b\n",
    "percent signs": "%YAML 1.1\n% x\n",
    "conflict markers quoted": "  <<<<<<< HEAD\n  =======\n  >>>>>>> x\n",
    "a pointer": "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
    "windows paths": "C:\\a\\b\n\\\\server\\share\n",
    "latex": "\\begin{x}\n$a_{1}^2 \\ne b$ % why\n\\end{x}\n",
    "a calendar": "BEGIN:VCALENDAR\nSUMMARY:x\nEND:VCALENDAR\n",
    "a key": "-----BEGIN PUBLIC KEY-----\nMIIB+/==\n-----END PUBLIC KEY-----\n",
    "base64": "aGVsbG8=\n" * 20,
    "a long line": "x" * 3000 + "\nend\n",
    "many lines": "".join(f"line {n}\n" for n in range(300)),
    "emoji on lines": f"\U0001f937{ZWJ}\u2642{VS16}\n{_region('gbsct')}\n",
    "persian on lines": f"می{ZWNJ}شود\nنمی{ZWNJ}دانم\n",
    "hebrew and english": f"שלום world{LRM}\n{RLM}(שלום)\n",
    "two scripts": "العربية and English\nعربى 123\n",
    "chinese on lines": "第一行\n第二行：完成\n",
    "a poem": "  indented\n\n    more\n  less\n",
    "boxes on lines": "├── a\n│   └── b\n└── c\n",
    "a progress bar in dots": "........F..\n" + "=" * 70 + "\n",
}

REFUSED = {
    "a log with colours": _LOG,
    "a title of a terminal": f"{ESC}]0;make test{ESC}\\\nok\n",
    "a link of a terminal": f"see {ESC}]8;;https://example.org{ESC}\\here{ESC}]8;;{ESC}\\\nend\n",
    "a cursor that goes up": f"one\n{ESC}[1A{ESC}[2Ktwo\n",
    "a progress bar": "10%\r50%\r100%\ndone\n",
    "overstruck": "N\bNA\bAM\bME\bE\nfoo\n",
    "a bell": "done\a\nend\n",
    "a form feed": "page\x0cnext\nend\n",
    "a null": "a\0b\nend\n",
    "a line separator": "a\u2028b\nend\n",
    "a next line": "a\x85b\nend\n",
    "an override": "abc\u202egpj.exe\nend\n",
    "an embedding": "\u202babc\u202c\nend\n",
    "isolates": "\u2066if (admin)\u2069\nend\n",
    "a byte order mark": "\ufeffone\ntwo\n",
    "a soft hyphen": "Donau\xaddampf\nend\n",
    "a zero-width space in a name": "pass\u200bword\nend\n",
    "a joiner between latin letters": f"ad{ZWJ}min\nend\n",
    "a word joiner": "a\u2060b\nend\n",
    "letters of no flag": "x\U000e0061\U000e0062\nend\n",
    "a noncharacter": "a\ufffeb\nend\n",
    "colours in a title": f"{ESC}[31mred: alert{ESC}[0m",
    "an override in a title": "user\u202enimda",
    "a hidden title": "ok\u200b\u200b",
}
