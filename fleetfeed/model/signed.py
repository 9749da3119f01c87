"""What was signed: the bytes of a commit, or of a text, and the signature apart."""

import re
from collections.abc import Iterator

from fleetfeed.model.identity import Flaw
from fleetfeed.model.ssh_format import BEGIN
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record

_SHA1 = 40
_ANEW = "`git rebase -f -S` signs anew what is not pushed yet"
_BY_SSH = "`git config gpg.format ssh`, `git config user.signingKey FILE`"
_UNSIGNED = "is not signed, and this fleet's policy wants signatures"
_OURS = "or write by fleetfeed's commands, which sign"
_SIGN_COMMIT = (
    f"{_BY_SSH}, then `git rebase -f -S` sign what is not pushed yet; {_OURS}"
)
_SIGN_TEXT = "hand it in by fleetfeed's commands, which sign"
_FOREIGN = {
    b"-----BEGIN PGP": "by PGP",
    b"-----BEGIN SIGNED MESSAGE-----": "by X.509",
}

# As git writes a commit. A header between the parents would hide those below it from
# git, though what was signed has them.
_LAID_OUT = (
    rb"tree %(id)b\n(?:parent %(id)b\n)*author [^\n]*\n"
    rb"committer [^<>\n]*<[^<>\n]*> (\d{1,12}) [+-]\d{4}(?:\n|$)"
)
_OF_SIGNATURES = b"gpgsig"


@record
class Signed:
    """A commit or text without its signature, and the signature as it was given.

    With a `flaw` there is none that could be verified. `dated` is when the committer
    says that it was made, in seconds since 1970; 0 where nobody says.
    """

    payload: bytes
    signature: bytes | None = None
    flaw: Flaw | None = None
    dated: int = 0


def signed_commit(data: bytes, digits: int) -> Signed:
    """What was signed in a commit object, whose id has so many hexadecimal digits.

    git signs a commit without its headers `gpgsig` and `gpgsig-sha256` (2.39; any that
    begins so is left out when it verifies). Which of them is the signature follows from
    the repository's hash.
    """
    ours = b"gpgsig" if digits == _SHA1 else b"gpgsig-sha256"
    head, _, message = data.partition(b"\n\n")
    payload = list[bytes]()
    signatures = list[bytes]()
    others = list[bytes]()
    for name, text in _headers(head):
        if name == ours:
            signatures.append(text[len(name) + 1 :].replace(b"\n ", b"\n"))
        elif name in (b"gpgsig", b"gpgsig-sha256"):
            continue
        elif name.startswith(_OF_SIGNATURES):
            others.append(name)
        else:
            payload.append(text)
    signed = b"\n".join(payload) + data[len(head) : len(head) + 2] + message
    laid_out = _LAID_OUT % {b"id": b"[0-9a-f]{%d}" % digits}
    known = re.match(laid_out, head)
    dated = int(known[1]) if known else 0
    flaw = _flaw_of_commit(signatures, others, laid_out=bool(known))
    return Signed(signed, signatures[0] if signatures else None, flaw, dated)


def _headers(head: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Each header's name, and all its lines as they are."""
    lines = head.split(b"\n")
    start = 0
    for end in range(1, len(lines) + 1):
        if end == len(lines) or not lines[end].startswith(b" "):
            name = lines[start].partition(b" ")[0]
            yield name, b"\n".join(lines[start:end])
            start = end


def _flaw_of_commit(
    signatures: list[bytes], others: list[bytes], *, laid_out: bool
) -> Flaw | None:
    if not laid_out:
        why = "is not laid out as git lays out commits, so it cannot be verified"
        return Flaw("FF606", f"{why}; let git make it")
    if others:
        name = printable(others[0].decode("ascii", "replace"))
        return Flaw("FF606", f"has a header {name}, which no signature covers; {_ANEW}")
    if not signatures:
        return Flaw("FF602", f"{_UNSIGNED}; {_SIGN_COMMIT}")
    if len(signatures) > 1:
        return Flaw("FF606", f"is signed {len(signatures)} times; {_ANEW}")
    return _flaw_of_signature(signatures[0])


def _flaw_of_signature(signature: bytes) -> Flaw | None:
    if not signature.strip():
        return Flaw("FF606", f"has an empty signature; {_ANEW}")
    for start, by in _FOREIGN.items():
        if signature.lstrip().startswith(start):
            why = f"is signed {by}, and this fleet's keys are SSH keys"
            return Flaw("FF606", f"{why}; {_BY_SSH}, then {_ANEW}; {_OURS}")
    return None


def signed_text(data: bytes) -> Signed:
    """What was signed in a text that its armoured signature follows."""
    text, armour, rest = data.partition(BEGIN)
    if not armour:
        return Signed(data, None, Flaw("FF602", f"{_UNSIGNED}; {_SIGN_TEXT}"))
    if BEGIN in rest or not text.endswith(b"\n"):
        why = "is not one text with one signature on a line of its own after it"
        return Signed(text, None, Flaw("FF606", f"{why}; {_SIGN_TEXT}"))
    return Signed(text, armour + rest)
