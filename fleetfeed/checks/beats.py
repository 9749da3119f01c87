"""A server's answer to a beat: whether the present holder shows that it is alive.

Where the policy says how a fleet proves who it is, a beat is the holder's: of the login
that pushes it, or of the key that signed it.
"""

from fleetfeed.checks.push import PushedBy
from fleetfeed.checks.server_leases import ServerLeases
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.lease.heartbeat import beat_ids, beyond, heard, item_of_ref
from fleetfeed.lease.stamps import numbered
from fleetfeed.model.catalogue import finding
from fleetfeed.model.findings import Place, Verdict
from fleetfeed.model.identity import PUSHER, SIGNED, Speaker
from fleetfeed.model.item import Item
from fleetfeed.repo.repository import Repo
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record


def judge_beat(
    repo: Repo,
    ref: str,
    new: str | None,
    tip: str | None,
    leases: ServerLeases,
    *,
    by: PushedBy,
) -> Verdict:
    """The verdict on a move of `ref`, an item's beats, to `new`; the feed is at `tip`.

    A beat that is let through has been stamped, which is remarked. `by` knows who
    pushes.
    """
    feed = repo.snapshot(tip)
    item = feed.item(item_of_ref(ref) or "")
    if new is None:
        flaw = _removed(item)
    else:
        rules = _rules(repo, feed, tip)
        flaw = _of_nobody(item) or _Beat(repo, feed, rules, item, leases).flaw(new, by)
    if not flaw:
        return Verdict(remarks=(heard(item),) if new else ())
    code, message = flaw
    place = Place(printable(ref))
    found = finding(code, place, message, item=item.id, holder=item.holder)
    return Verdict((found,))


def _rules(repo: Repo, feed: Snapshot, tip: str | None) -> Snapshot:
    """The feed that says who may beat: the last one whose policy can be read."""
    if tip is None or not feed.policy.findings:
        return feed
    from fleetfeed.checks.rule_book import RuleBook  # late: policies can be read

    return RuleBook(repo).at(tip, tip).feed


_Flaw = tuple[str, str]
"""A rule's code, and what is wrong with a beat."""


def _removed(item: Item) -> _Flaw | None:
    if not item.beating:
        return None
    verb = "in line" if item.turn else "in progress"
    message = f"{item.id} is {verb}, and its beats are {printable(item.beating)}'s"
    return "FF505", f"{message}; they may be taken away when it is not"


def _of_nobody(item: Item) -> _Flaw | None:
    if item.beating:
        return None
    state = item.state.value if item.state else "not on the feed"
    return "FF505", f"{item.id} is {state}, so nobody holds it; claim it first"


@record
class _Beat:
    """What is pushed as a beat of `item`, which somebody has in progress in `feed`.

    Or is in line with.
    """

    repo: Repo
    feed: Snapshot
    rules: Snapshot
    item: Item
    leases: ServerLeases

    def flaw(self, new: str, by: PushedBy) -> _Flaw | None:
        """What is wrong with `new`; it has been stamped where nothing is."""
        mode = self.rules.rules.identity
        if mode == SIGNED:
            return self._signed(new)
        if new not in beat_ids(self.item, self.repo.id_size):
            return self._of_another()
        if mode == PUSHER:
            who = by(self.rules.rules)
            known = who.flaw and (who.flaw.code, f"{who.who} {who.flaw.words}")
            return known or self._not_the_holders(who, "pushes") or self._late(new)
        return self._late(new)

    def _signed(self, new: str) -> _Flaw | None:
        # Late: where nobody signs, nobody reads signatures.
        from fleetfeed.checks.signed_beats import beat_signers, read_beat

        item, (kind, data) = self.item, self.repo.objects.read(new)
        beat = read_beat(item, data) if kind == "blob" else None
        if beat is None and new in beat_ids(item, self.repo.id_size):
            todo = "beat by `fleetfeed hold`, which signs"
            return "FF602", f"this beat of {item.id} is not signed; {todo}"
        if beat is None:
            return self._of_another()
        signer = beat_signers(self.rules, [beat])[0]
        if signer.flaw:
            what = f"this beat of {item.id}, held by {printable(item.beating)},"
            return signer.flaw.code, f"{what} {signer.flaw.words}"
        flaw = self._not_the_holders(signer, "signed")
        if flaw:
            return flaw
        last = self.leases.last_beat(self.feed, item)
        if beat.number <= last:
            message = f"this is beat {beat.number}, and {beyond(item, last)}"
            return "FF614", f"{message}; `fleetfeed hold` beats with a higher number"
        return self._late(numbered(beat.number))

    def _of_another(self) -> _Flaw:
        item = self.item
        message = f"this is no beat of {item.id} at epoch {item.epoch}, held by"
        todo = "whoever held it before has been replaced, and must stop"
        return "FF304", f"{message} {printable(item.beating)}; {todo}"

    def _not_the_holders(self, speaker: Speaker, does: str) -> _Flaw | None:
        """What is wrong with `speaker` being the one who `does` the beat."""
        if speaker.acts_for(self.item.beating):
            return None
        item, holder = self.item.id, printable(self.item.beating)
        message = f"{speaker.who} {does} a beat of {item}, and may not act for {holder}"
        todo = f"let {holder} beat, or take {item} over once its lease is over"
        return "FF614", f"{message}, who holds it; {todo}"

    def _late(self, stamp: str) -> _Flaw | None:
        """A beat counts while the lease runs; later, a post tells who was first."""
        item = self.item
        if self.leases.stamp_beat(self.feed, item, stamp):
            return None
        message = f"the lease of {printable(item.beating)} on {item.id} is over"
        todo = f"`fleetfeed renew {item.id}` goes on, if nobody has taken over"
        return "FF504", f"{message}, so a beat is late; {todo}"
