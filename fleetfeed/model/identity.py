"""Who stands behind what is written: the login that pushed, or the key that signed.

`SEAT` is what a post says of itself. Where the policy's `identity:` asks for proof, the
judge is handed a `Speaker` with each post, and compares the two.
"""

from collections.abc import Callable, Iterable

from fleetfeed.model.names import matches
from fleetfeed.util.records import record

NONE, PUSHER, SIGNED = MODES = ("none", "pusher", "signed")
"""What the policy's `identity: {mode: …}` may say."""

NAMESPACE = "fleetfeed"
"""What SSH signatures are for (`ssh-keygen -n`) over any text that is no commit."""


@record
class Flaw:
    """Why nobody is known to stand behind something: a rule's code, and words.

    The words have no subject (`is not signed; …`): whoever says them puts it before.
    """

    code: str
    words: str


@record
class Approval:
    """That somebody agreed to one act; `act` is its text (`judge.agreement`)."""

    act: str
    by: "Speaker"


@record
class Speaker:
    """Who stands behind a post, a beat or a change of the rules.

    `who` is said to people (`login alice`, `key SHA256:…`); `id` is the same for what
    is one and the same prover. `seats` are the patterns of the seats that they may
    speak for. With a `flaw` nobody is known, whatever the rest says, and `who` is what
    was to be proven (`commit 3f2a…`). `approvals` are what others agreed to, as far as
    it was handed in together with this. `authority` is whose word makes the seats
    theirs, by a certificate; empty where that is the feed's own.
    """

    who: str
    id: str = ""
    seats: tuple[str, ...] = ()
    flaw: Flaw | None = None
    approvals: tuple[Approval, ...] = ()
    authority: str = ""

    def speaks_for(self, seat: str) -> bool:
        """Whether they may write `SEAT: seat`."""
        return not self.flaw and any(matches(pattern, seat) for pattern in self.seats)

    def acts_for(self, seat: str) -> bool:
        """Whether they speak for `seat`, or for a seat that it is a sub-seat of."""
        parts = seat.split("/")
        above = ("/".join(parts[:n]) for n in range(1, len(parts) + 1))
        return any(self.speaks_for(one) for one in above)

    def stewards(self, stewards: Iterable[str]) -> frozenset[str]:
        """Those of `stewards` (a policy's) as whom they may act, case folded."""
        return frozenset(s.casefold() for s in stewards if self.acts_for(s))


Speakers = Callable[[str], tuple[Speaker, ...]]
"""From the path of a new post or note in the feed to who brought it.

More than one where several commits did, each of which must be lawful; none where that
is not known, which is refused. Where nobody asks who it was, there is no such function.
"""
