"""The policy of a feed that no commit can change: its ledger is no ref.

It is judged before it is written, as a server's hook judges a commit that does it.
"""

from collections.abc import Iterator

from fleetfeed.checks.audit_overlaps import both_held
from fleetfeed.checks.write import judge_write
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.judge.rule_changes import not_by_stewards, rule_name
from fleetfeed.ledger.base import Accepted, Ledger, Rejected, Tip, Unconfirmed
from fleetfeed.model.approval import rules_act
from fleetfeed.model.errors import CannotTell, Refused
from fleetfeed.model.findings import Finding, Place
from fleetfeed.model.identity import Speakers
from fleetfeed.model.layout import POLICY, RULES
from fleetfeed.util.printable import printable

_TRIES = 10

_WHAT = "the policy was not changed"


def put_policy(ledger: Ledger, data: bytes, reason: str, seconds: float) -> str:
    """Let the feed of `ledger` have the policy `data`: by which append it does.

    Empty where it had it already.
    Refused where it is not lawful, CannotTell where it could not be written.
    """
    told = f"\n\nReason: {printable(reason, 400)}" if reason else ""
    why = ""
    for _ in range(_TRIES):
        tip = ledger.read(seconds)
        if tip.feed.tree.read(POLICY) == data:
            return ""
        after = tip.feed.with_files({POLICY: data})
        _require_lawful(tip, after, ledger)
        message = f"change the policy{told}\n"
        outcome = ledger.swap(tip, {POLICY: data}, message, seconds)
        if isinstance(outcome, Accepted):
            return outcome.commit
        why = "; ".join((outcome.why, *outcome.words))
        if isinstance(outcome, Rejected) and not outcome.broken:
            raise Refused(f"{_WHAT}: {why}")
        if isinstance(outcome, Unconfirmed):
            raise CannotTell(f"whether the policy was changed is not known: {why}")
    raise CannotTell(f"{_WHAT}: {why}; run it again")


def _require_lawful(tip: Tip, after: Snapshot, ledger: Ledger) -> None:
    """Refused where the rules at `tip` do not allow `after`, or nothing can hold it."""
    before, speakers = tip.feed, ledger.speakers(tip)
    verdict = judge_write(before, after, ledger.where, speakers=speakers)
    found = [*verdict.findings, *_not_by_stewards(before, after, speakers)]
    if before.rules.families != after.rules.families:
        # The surfaces are those of now, compared as they would be.
        held = ((item.id, item.newest, item.held) for item in before.open)
        found += both_held(tuple(held), before.tree.folder, after.rules.families)
    refused = tuple(each for each in found if each.rejects)
    if refused:
        raise Refused(_WHAT, refused)


def _not_by_stewards(
    before: Snapshot, after: Snapshot, speakers: Speakers | None
) -> Iterator[Finding]:
    if speakers is None:
        return
    act = rules_act(_files(before), _files(after))
    place = Place(before.tree.display_path(POLICY))
    for speaker in speakers(POLICY):
        yield from not_by_stewards(before.rules, speaker, act, place, rule_name(POLICY))


def _files(feed: Snapshot) -> dict[str, bytes]:
    found = {path: feed.tree.read(path) for path in RULES}
    return {path: data for path, data in found.items() if data is not None}
