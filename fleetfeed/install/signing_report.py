"""Whether a clone of a signed fleet can sign, told where it is set up."""

import time
from collections.abc import Iterator

from fleetfeed.checks.committer import own_speaker
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.install.report import InstallStep, Report
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.identity import SIGNED
from fleetfeed.repo.repository import Repo
from fleetfeed.repo.signing import signing_key, unsigned_by_git
from fleetfeed.util.printable import printable
from fleetfeed.util.records import replace


def with_signing(report: Report, repo: Repo, seat: str) -> Report:
    """`report`, and by what `repo` signs; the same where its fleet does not.

    `seat` is who works in this clone, empty where nobody has said.
    """
    try:
        feed = _newest_here(repo)
    except CannotTell:  # others say what is wrong with the feed
        return report
    if feed.rules.identity != SIGNED:
        return report
    try:
        key = signing_key(repo, feed.rules.stewards)
        speaker = own_speaker(key, feed, time.time())
    except CannotTell as error:
        return replace(report, warnings=(*report.warnings, str(error)))
    if speaker.flaw:
        doubts = [f"what is signed here is refused: it {speaker.flaw.words}"]
    else:
        doubts = list(_doubts(speaker.seats, seat, speaks=speaker.speaks_for(seat)))
    doubts += _by_hand(repo)
    name = f"{printable(key.name, 300)}, {speaker.who}"
    step = InstallStep("unchanged", key.setting, name)
    steps = (*report.steps, *([] if speaker.flaw else [step]))
    return replace(report, steps=steps, warnings=(*report.warnings, *doubts))


def _newest_here(repo: Repo) -> Snapshot:
    """The feed as it was fetched last, or as it is here."""
    where = repo.where(repo.at_head)
    refs = (ref for ref in (where.tracking, where.ref) if ref)
    tips = (repo.tip(ref) for ref in refs)
    found = (repo.snapshot(tip) for tip in tips if tip)
    return next((feed for feed in found if feed.tree.root), repo.at_head)


def _doubts(seats: tuple[str, ...], seat: str, *, speaks: bool) -> Iterator[str]:
    own = printable(", ".join(seats), 300) or "no seat"
    if seat and not speaks:
        todo = "`fleetfeed seat NAME` says who you are, a steward gives a key its seats"
        yield f"what is signed here speaks for {own}, and not for {seat}: {todo}"


def _by_hand(repo: Repo) -> Iterator[str]:
    missing = " && ".join(unsigned_by_git(repo))
    if missing:
        yield f"commands sign, and git itself does not yet: `{missing}`"
