"""The authority, and the steward who runs it, put into the feed's allowed_signers."""

import re
from collections.abc import Iterable, Iterator

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.git.ssh_certificates import revoked
from fleetfeed.install.report import Action, InstallStep
from fleetfeed.install.signers_file import (
    authorities,
    authority_line,
    key_line,
    signers_in,
    speaks_for,
    with_lines,
)
from fleetfeed.ledger.base import Files, Tip
from fleetfeed.model.errors import Refused, Usage
from fleetfeed.model.layout import REVOKED, SIGNERS
from fleetfeed.model.names import SEAT_PATTERN
from fleetfeed.model.policy import Policy
from fleetfeed.model.signers import Signers
from fleetfeed.model.ssh_format import PublicKey
from fleetfeed.repo.repository import Repo
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record
from fleetfeed.writing.rule_edit import Edited, Manner, edit_rules


@record
class Enrolment:
    """`authority` is to certify seats like `patterns`, and `own` to sign as `seat`."""

    authority: PublicKey
    patterns: tuple[str, ...]
    seat: str
    own: PublicKey

    def missing(self, signers: Signers) -> Iterator[str]:
        """The lines that `signers` lack."""
        if not self.certifies(signers):
            yield authority_line(self.patterns, self.authority)
        if not any(
            speaks_for(line.principals, self.seat) for line in signers.of(self.own)
        ):
            yield key_line(self.seat, self.own)

    def certifies(self, signers: Signers) -> bool:
        """Whether the authority is one for all the patterns already."""
        lines = list(authorities(signers, self.authority))
        return all(any(line.covers(p) for line in lines) for p in self.patterns)


def needs_patterns(texts: Iterable[str]) -> None:
    """Usage where one of `texts` is no pattern of seats."""
    for text in texts:
        if not re.fullmatch(SEAT_PATTERN, text):
            known = printable(text)
            raise Usage(f"--seats {known} is no pattern of seats such as CAMBER-*")


def needs_steward(policy: Policy, seat: str) -> None:
    """Refused where `seat` may not change the rules, or where nobody may."""
    if policy.is_steward(seat):
        return
    if not policy.stewards:
        why = "the policy names no steward, and whoever runs an authority is one"
        todo = f"write `stewards: [{seat}]` into policy.yaml and push it"
        raise Refused(f"{why}; {todo}")
    named = printable(", ".join(policy.stewards), 300)
    why = f"{printable(seat)} is no steward, and who may sign is for stewards to say"
    todo = "whoever is one too runs it with FLEETFEED_SEAT=NAME"
    raise Refused(f"{why}; ask one ({named}); {todo}")


def action_of(edited: Edited, done: Action) -> Action:
    """What became of a change of the rules that was to be `done`."""
    if edited.branch:
        return "proposed"
    return done if edited.moved else "unchanged"


def needs_unrevoked(
    key: PublicKey, feed: Snapshot, certificates: Iterable[str] = ()
) -> None:
    """Refused where `key`, or one of the certificates over it, was revoked."""
    lines = [key.plain.line, *certificates]
    if any(revoked(lines, feed.tree.read(REVOKED) or b"")):
        what = f"the key {key.fingerprint} was revoked, and may be in other hands"
        raise Refused(f"{what}; move its files away and make a new one")


def enrol(repo: Repo, wanted: Enrolment, manner: Manner) -> tuple[InstallStep, Edited]:
    """Push the lines that are missing."""

    def change(tip: Tip) -> Files:
        needs_steward(tip.feed.rules, wanted.seat)
        for key in (wanted.authority, wanted.own):
            needs_unrevoked(key, tip.feed)
        lines = list(wanted.missing(signers_in(tip.feed)))
        text = tip.feed.tree.read(SIGNERS) or b""
        return {SIGNERS: with_lines(text, lines)} if lines else {}

    title = f"Let the authority {wanted.authority.fingerprint} say who signs"
    edited = edit_rules(repo, change, title, what=SIGNERS, manner=manner)
    action = action_of(edited, "wrote")
    who = f"{printable(wanted.seat)} may sign, and the authority certify"
    who += f", on the branch {printable(edited.branch)}" if edited.branch else ""
    return InstallStep(action, SIGNERS, who), edited
