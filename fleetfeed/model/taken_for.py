"""For whom a server takes whoever pushes: the question, and the hook's answer.

The question is a text that is pushed below `model.server.WHO`, where nothing lands. It
proves nothing but who asks, and is good for one ref.
"""

from collections.abc import Iterable

from fleetfeed.model.identity import NONE, Speaker
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record

_FIRST = "fleetfeed who"
_LONGEST = 1000


def question(ref: str, seat: str) -> bytes:
    """The text that asks about `seat`, at a `ref` that is this question's alone."""
    return f"{_FIRST}\nref: {ref}\nseat: {seat}\n".encode()


def asked_seat(data: bytes, ref: str) -> str | None:
    """The seat that is asked about; None where this is no question at `ref`."""
    lines = data.decode("utf-8", "surrogateescape").split("\n")
    first, at, seat = (*lines, "", "", "")[:3]
    asks = first == _FIRST and at == f"ref: {ref}" and seat.startswith("seat: ")
    return seat.removeprefix("seat: ") if asks else None


@record
class TakenFor:
    """For whom the server takes the asker.

    `words` are for people. `speaks` is whether they may write the SEAT that they asked
    about; `code` the flaw's, where nobody is known.
    """

    mode: str
    speaks: bool
    words: str
    code: str = ""

    @property
    def text(self) -> str:
        """The hook's remark that says this."""
        verdict = self.code or ("yes" if self.speaks else "no")
        return f"{_TAKEN}{self.mode} {verdict}: {self.words}"


_TAKEN = "you, by identity "


def taken_for(mode: str, speaker: Speaker | None, seat: str) -> TakenFor:
    """For whom `speaker` is taken, in a fleet of this mode, asking about `seat`."""
    if mode == NONE or speaker is None:
        return TakenFor(NONE, True, "nobody is asked who they are")
    who = speaker.who or "the question"
    if speaker.flaw:
        words = f"{who} {speaker.flaw.words}"
        return TakenFor(mode, False, words, speaker.flaw.code)
    speaks = speaker.speaks_for(seat)
    named = printable(", ".join(speaker.seats), _LONGEST)
    words = f"you are {who}, who speaks for {named}"
    if not speaks:
        words += f", and not for {printable(seat)}" if seat else ""
    return TakenFor(mode, speaks, words)


def read_taken(words: Iterable[str]) -> TakenFor | None:
    """What a server's hook said of it, among all that was said; None where nothing."""
    before = f"fleetfeed: {_TAKEN}"
    for word in words:
        head, colon, said = word.removeprefix(before).partition(": ")
        mode, _, verdict = head.partition(" ")
        if word.startswith(before) and colon:
            code = verdict if verdict.startswith("FF") else ""
            return TakenFor(mode, verdict == "yes", said, code)
    return None
