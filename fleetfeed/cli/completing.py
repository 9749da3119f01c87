r"""What a shell asks at a Tab, answered without click: what the last word may become.

The scripts in `shells` ask `fleetfeed completion --words SHELL BREAKS WORD...`; the
last WORD ends at the cursor. The first line of the answer says what the shell itself
is to do: complete a `file`, `folder` or `command` of its own, and put no blank behind a
word (`nospace`). Each line below it is one word: for bash as it is to be typed, for
others with a tab and what it means behind it.

Nothing is ever said on standard error, and nothing fails: who types asked nothing.
"""

import os
import re
from collections.abc import Iterator, Sequence

from fleetfeed.cli.streams import echo
from fleetfeed.cli.typed_words import Typed, typed
from fleetfeed.git.hook_process import HookGit
from fleetfeed.git.queries import BATCH, PLACES, SETTINGS
from fleetfeed.util.printable import printable

_BY_THE_SHELL = ("file", "folder", "command")

_UNQUOTED = r"[\w@%+=:,./-]"
"""Characters that bash takes as they are."""

_OPEN = re.compile(r"""'[^']*|"(?:[^"\\]|\\.)*\\?""", re.DOTALL)
"""A word that is one quotation, which is not closed yet."""

_IN_DOUBLE_QUOTES = re.compile(r'["$`\\!]')


def main(args: Sequence[str]) -> int:
    """Answer a shell on standard output; 0."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    # Nothing is fetched, be it an object that a partial clone lacks.
    os.environ |= {"GIT_ALLOW_PROTOCOL": "", "GIT_TERMINAL_PROMPT": "0"}
    echo("\n".join(answer(*args)))
    return 0


def answer(shell: str, breaks: str, program: str, *raw: str) -> Iterator[str]:
    """The lines of the answer to `shell`, which parts words at `breaks`."""
    words = [_unquoted(word) for word in raw] if shell == "bash" else raw
    line = typed(program, words)
    found = list(_found(line))
    flags = [kind for kind in line.takes if kind in _BY_THE_SHELL]
    if found and all(word.endswith(":") for word, _ in found):
        flags.append("nospace")
    yield " ".join(flags) or "-"
    for word, about in found:
        whole = f"{line.head}{word}"
        if shell == "bash":
            yield _for_bash(whole, raw[-1], breaks)
        else:
            yield f"{whole}\t{printable(about)}" if about else whole


def _found(line: Typed) -> Iterator[tuple[str, str]]:
    """The words that the last one may become, each once, and what each means."""
    told = dict(line.words)
    kinds = [kind for kind in line.takes if kind not in _BY_THE_SHELL]
    if kinds:
        told |= _of_feed(line, kinds)
    start = line.last.casefold()
    for word, about in told.items():
        if word.casefold().startswith(start) and word.isprintable():
            yield word, about


def _of_feed(line: Typed, kinds: Sequence[str]) -> dict[str, str]:
    """The words that the feed has; none where there is none, or it cannot be read."""
    git = HookGit()
    try:
        if line.folder:
            os.chdir(os.path.expanduser(line.folder))
        for question in (PLACES, SETTINGS):
            git.ahead(*question)
        git.ahead(*BATCH, talk=True)
        from fleetfeed.cli.candidates import Candidates  # late: git answers meanwhile
        from fleetfeed.cli.context import Shell

        there = Candidates(Shell((), git), line)
        return {w: about for kind in kinds for w, about in there.of(kind)}
    except Exception:  # noqa: BLE001 - who types asked nothing
        return {}
    finally:
        git.end()


def _unquoted(word: str) -> str:
    r"""What bash makes of `word`, be a quotation still open: `a\ b`, `"a b`, `'a b`."""
    found, quote, letters = "", "", iter(word)
    for letter in letters:
        if letter == quote:
            quote = ""
        elif letter == "\\" and quote != "'":
            following = next(letters, "")
            kept = quote and not _IN_DOUBLE_QUOTES.match(following)
            found += f"\\{following}" if kept else following
        elif letter in "\"'" and not quote:
            quote = letter
        else:
            found += letter
    return found


def _for_bash(word: str, last: str, breaks: str) -> str:
    r"""`word` as bash is to put it in place of what it takes for the word so far.

    That begins behind the last character at which it breaks words (`CAMBER:file:src`
    is three to it), or within the quotation that is open. One that is closed is put in
    the place of, and whatever a shell would act on is escaped.
    """
    if _OPEN.fullmatch(last):
        if last[0] == "'":
            return word.replace("'", "'\\''")
        return _IN_DOUBLE_QUOTES.sub(r"\\\g<0>", word)
    if last[:1] not in ("'", '"'):
        so_far = _unquoted(last)
        at = max(so_far.rfind(letter) if letter in breaks else -1 for letter in ":=")
        word = word[at + 1 :]
    return "".join(
        letter if re.match(_UNQUOTED, letter) else f"\\{letter}" for letter in word
    )
