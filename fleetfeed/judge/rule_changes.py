"""Who may change the rules, and which rules nobody may make.

The rules are the policy, the signers and the revoked keys, and the pointer, which says
where the feed is. Whoever changes them can take everything else, so that is for
stewards; and no change may leave a fleet in which nobody can.
"""

from collections.abc import Iterable, Iterator

from fleetfeed.feed.diff import Change
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.judge.agreement import (
    stewards_among,
    stewards_behind,
    uncounted,
)
from fleetfeed.judge.identity import of_stewards
from fleetfeed.model import layout
from fleetfeed.model.catalogue import finding
from fleetfeed.model.findings import Finding, Place
from fleetfeed.model.identity import NONE, PUSHER, Speaker
from fleetfeed.model.layout import RulePath
from fleetfeed.model.policy import Policy
from fleetfeed.util.printable import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from fleetfeed.model.signers import SignerLine


def lawful_rules(after: Snapshot, changed: Iterable[Change]) -> Iterator[Finding]:
    """What is wrong with the rules in `after`, of which `changed` changes some."""
    touched = {change.path for change in changed if isinstance(change.kind, RulePath)}
    policy, told = after.rules, {layout.SIGNERS, layout.REVOKED} & touched
    if policy.identity == NONE and not told:
        return
    from fleetfeed.model.revoked_keys import read_revoked
    from fleetfeed.model.signers import read_signers

    path = after.tree.display_path(layout.REVOKED)
    yield from read_revoked(after.tree.read(layout.REVOKED) or b"", path)
    path = after.tree.display_path(layout.SIGNERS)
    signers, findings = read_signers(after.tree.read(layout.SIGNERS) or b"", path)
    yield from findings
    if policy.identity == NONE or signers is None:
        return
    yield from locked_out(after, signers.lines)


def rules_as_they_stand(feed: Snapshot) -> Iterator[Finding]:
    """What is wrong with the rules of a feed, whoever made them."""
    every = (Change(path, (None,), None) for path in layout.RULES)
    yield from lawful_rules(feed, every)


def locked_out(
    after: Snapshot, lines: Iterable["SignerLine"], how: str = ""
) -> Iterator[Finding]:
    """FF610 where too few of the stewards could prove who they are.

    By the logins of the policy in `after`, or by these `lines` of its allowed_signers;
    `how` tells which of them count.
    """
    policy = after.rules
    by_login = (Speaker("", name, seats) for name, seats in policy.logins.items())
    by_key = (Speaker("", li.key.fingerprint, li.principals) for li in lines)
    pusher = policy.identity == PUSHER
    there = stewards_behind(by_login if pusher else by_key, policy)
    if there >= policy.stewards_sign:
        return
    place = Place(after.tree.display_path(layout.POLICY if pusher else layout.SIGNERS))
    by = "have a login in `logins`" if pusher else "stand in allowed_signers"
    by = f"{by} {how}" if how else by
    wanted, mode = policy.stewards_sign, policy.identity
    message = f"with `identity: {{mode: {mode}}}` the rules are changed by"
    message += f" {wanted} of the stewards, and {there or 'none'} of them would"
    todo = "`stewards:` names who helps" if not policy.stewards else "add them first"
    if policy.stewards and wanted > 1:
        todo = "add a key of each first: all that one authority certifies are one"
    yield finding("FF610", place, f"{message} {by}, so nobody could; {todo}")


def not_by_stewards(
    policy: Policy, speaker: Speaker, act: str, place: Place, what: str
) -> Iterator[Finding]:
    """What is wrong with `speaker` changing the rule at `place` under `policy`.

    `act` is the change as others approve it (`model.approval`), `what` its subject in
    words: `the policy`.
    """
    if speaker.flaw:
        message = f"{what} would be changed: {speaker.who} {speaker.flaw.words}"
        yield finding(speaker.flaw.code, place, message)
        return
    if not speaker.stewards(policy.stewards):
        message = f"{speaker.who} may not change {what}, since it speaks for no steward"
        todo = f"ask {of_stewards(policy)} for the change"
        yield finding("FF608", place, f"{message}; {todo}")
        return
    signed, wanted = stewards_among(speaker, act, policy), policy.stewards_sign
    if signed < wanted:
        message = f"{what} is changed by {wanted} stewards, and {signed} signed this"
        told = "; ".join((message, *uncounted(speaker, act, policy)))
        todo = "push it as a branch, which others approve by `fleetfeed approve BRANCH`"
        add = "`git commit --amend --trailer LINE` adds what that prints"
        yield finding("FF609", place, f"{told}; {todo}, and {add}")


def rule_name(path: str) -> str:
    """What the rule's file at `path` is called in a sentence."""
    return "the policy" if path == layout.POLICY else printable(path)
