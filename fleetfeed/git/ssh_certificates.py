"""ssh-keygen as an authority's hand: keys are made, certificates issued, keys revoked.

Each gets its files in a folder of its own that nobody else can read, by names that are
ours: what strangers call their keys is no part of a command line.
"""

import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import gmtime, strftime

from fleetfeed.git.process import Done
from fleetfeed.git.ssh_keygen import run
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.revoked_keys import is_krl
from fleetfeed.model.ssh_format import key_of_line
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record

_DATE = slice(20, 28)
"""Where a KRL says when it was made, behind magic and versions (PROTOCOL.krl)."""
_STAMP = "%Y%m%d%H%M%S"


@record
class Wanted:
    """What an authority is to say of a key; `starts` and `ends` in seconds of UTC.

    `ends` is the first second at which it does not hold any more.
    """

    key_id: str
    principals: tuple[str, ...]
    serial: int
    starts: int
    ends: int


def make_key(file: Path, comment: str, *, asks: bool) -> None:
    """Make a key pair, `file` and `file`.pub; its passphrase is asked for, or empty."""
    secret = () if asks else ("-N", "")
    words = ("-q", "-t", "ed25519", *secret, "-C", comment, "-f", str(file))
    _ran(*words, stdin=None if asks else b"")


def certified(authority: Path, public: str, what: Wanted) -> str:
    """A certificate over the public key `public`, a line without its newline.

    `authority` is the file of a private key, its public half beside it; an agent that
    has the key is asked first. The certificate opens no login: it has no permission but
    to sign. CannotTell where nobody can use the key.
    """
    span = ":".join(strftime(_STAMP, gmtime(at)) for at in (what.starts, what.ends))
    said = ("-I", what.key_id, "-n", ",".join(what.principals), "-z", str(what.serial))
    with tempfile.TemporaryDirectory() as name:
        file = Path(name, "key.pub")
        file.write_text(f"{public}\n", "utf-8")
        how = (*said, "-V", span, "-O", "clear", str(file))
        _certify(authority, how)
        made = Path(name, "key-cert.pub").read_text("utf-8")
    return " ".join(made.split()[:2])


def _certify(authority: Path, how: Sequence[str]) -> None:
    agent, by_agent = "SSH_AUTH_SOCK" in os.environ, ("-U", "-s", f"{authority}.pub")
    if agent and not run("-q", *by_agent, *how).returncode:
        return
    done = run("-q", "-s", str(authority), *how, stdin=None)
    if done.returncode:
        name = printable(str(authority), 400)
        what = f"{name} certifies nothing ({_words(done)})"
        asked = "its passphrase is asked for on a terminal alone"
        raise CannotTell(f"{what}; {asked}, `ssh-add {name}` gives it to the agent")


def with_revoked(old: bytes, rows: Sequence[str], authority: str = "") -> bytes:
    """The list of revoked keys `old`, and with it what `rows` say, as a KRL.

    A row is a key's or a certificate's line, or `serial: N` of what the key `authority`
    has certified. The list has no date: the same keys make the same bytes, whoever
    revokes them, so that stewards can agree to it beforehand.
    """
    before = [] if is_krl(old) else list(_keys_in(old))
    with tempfile.TemporaryDirectory() as name:
        listed, said, by = (Path(name, each) for each in ("list", "rows", "by.pub"))
        said.write_text("".join(f"{row}\n" for row in (*before, *rows)), "utf-8")
        how = ["-q", "-k", "-f", str(listed)]
        if is_krl(old):
            listed.write_bytes(old)
            how.append("-u")
        if authority:
            by.write_text(f"{authority}\n", "utf-8")
            how += ("-s", str(by))
        _ran(*how, str(said))
        made = bytearray(listed.read_bytes())
    made[_DATE] = bytes(8)
    return bytes(made)


def revoked_words(listed: bytes) -> list[str]:
    """What is on the list, in ssh-keygen's words, a line a key or certificate."""
    if not listed:
        return []
    with tempfile.NamedTemporaryFile() as krl:
        krl.write(listed if is_krl(listed) else with_revoked(listed, ()))
        krl.flush()
        said = _ran("-Q", "-l", "-f", krl.name).decode("utf-8", "replace")
    return [line for line in said.splitlines() if line and not line.startswith("# ")]


def _keys_in(listed: bytes) -> Iterator[str]:
    """The keys of a list that has one in each line; CannotTell where that is none."""
    for number, line in enumerate(listed.decode("utf-8", "replace").splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            try:
                yield key_of_line(line).line
            except ValueError as error:
                what = f"line {number} of the feed's revoked_keys is no key: {error}"
                raise CannotTell(f"{what}; mend it, in a commit of its own") from error


def revoked(keys: Sequence[str], listed: bytes) -> list[bool]:
    """Whether each of `keys`, lines of keys or certificates, is on the list."""
    if not listed or not keys:
        return [False] * len(keys)
    with tempfile.TemporaryDirectory() as name:
        krl = Path(name, "list")
        krl.write_bytes(listed if is_krl(listed) else with_revoked(listed, ()))
        files = [Path(name, f"{number}.pub") for number in range(len(keys))]
        for file, key in zip(files, keys, strict=True):
            file.write_text(f"{key}\n", "utf-8")
        said = _ran("-Q", "-f", str(krl), *map(str, files), accept=(0, 1))
    rows = [row for row in said.decode().splitlines() if row.endswith(": REVOKED")]
    return [any(row.startswith((f"{f} ", f"{f}:")) for row in rows) for f in files]


def _ran(*words: str, stdin: bytes | None = b"", accept: Sequence[int] = (0,)) -> bytes:
    """What `ssh-keygen words` prints; CannotTell with what it said."""
    done = run(*words, stdin=stdin)
    if done.returncode not in accept:
        raise CannotTell(f"ssh-keygen failed: {_words(done)}")
    return done.stdout


def _words(done: Done) -> str:
    """What it said, where it failed."""
    said = " ".join(done.stderr.decode("utf-8", "replace").split())
    return printable(said, 400) or "it said nothing"
