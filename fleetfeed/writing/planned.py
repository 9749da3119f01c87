"""What a plan comes to at one tip: its posts, and what the judge says of them.

The judge is imported where it is asked: what goes to a queue is sent before.
"""

import time
from collections.abc import Mapping

from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.ledger.base import Ledger, Tip
from fleetfeed.model.errors import Refused
from fleetfeed.model.findings import Finding, Severity, Verdict
from fleetfeed.model.post import Note, Post
from fleetfeed.model.post_writer import Draft
from fleetfeed.util.records import record
from fleetfeed.writing.idempotency import WriteRequest
from fleetfeed.writing.numbering import numbered
from fleetfeed.writing.request import Drafts, require_not_taken


@record
class Planned:
    """What a plan came to at one tip: the files, and the feed with them."""

    files: Mapping[str, bytes]
    feed: Snapshot
    posts: tuple[Post | Note, ...]
    warnings: tuple[Finding, ...]

    @property
    def texts(self) -> Mapping[str, str]:
        """The texts of the posts, by their paths in the repository."""
        shown = self.feed.tree.display_path
        return {shown(path): data.decode() for path, data in self.files.items()}


def judged_at(
    tip: Tip, request: WriteRequest, ledger: Ledger, told: str = ""
) -> Planned:
    """What would be written at `tip`. Refused where the plan or the judge says so.

    NoLongerYours where that is so because another seat has taken the item over. `told`
    is a number for its new item.
    """
    try:
        return _judged_at(tip, request, ledger, told)
    except Refused:
        require_own(tip, request)
        raise


def require_own(tip: Tip, request: WriteRequest) -> None:
    """NoLongerYours where another seat has taken over what `request` goes on with."""
    for item in request.own:
        require_not_taken(tip.feed, item, request.seat)


def unjudged_at(tip: Tip, request: WriteRequest) -> Planned | None:
    """What would be written at `tip`, not judged; None where it could not be read."""
    drafts = request.plan(tip.feed)
    files, after = _laid_over(tip, drafts)
    posts = tuple(after.post_or_note(draft.path) for draft in drafts)
    read = tuple(post for post in posts if isinstance(post, Post | Note))
    return Planned(files, after, read, ()) if len(read) == len(posts) else None


def _laid_over(tip: Tip, drafts: Drafts) -> tuple[Mapping[str, bytes], Snapshot]:
    """The files of `drafts`, and the feed at `tip` with them."""
    files = {draft.path: draft.text.encode() for draft in drafts}
    return files, tip.feed.with_files(files)


def warnings_of(verdict: Verdict) -> tuple[Finding, ...]:
    """What there is to be warned of in a verdict on what is written."""
    from fleetfeed.checks.write import BY_A_LAPSE  # late, as the judge

    found = (f for f in verdict.findings if not f.rejects)
    return tuple(f for f in found if f.code not in BY_A_LAPSE)


def _judged_at(tip: Tip, request: WriteRequest, ledger: Ledger, told: str) -> Planned:
    from fleetfeed.checks.write import BY_A_LAPSE, judge_write

    drafts = request.plan(tip.feed)
    if told:
        drafts = numbered(drafts, request.prefix, told, tip.feed)
    files, after = _laid_over(tip, drafts)
    speakers = ledger.speakers(tip)
    if speakers and request.approvals:
        from fleetfeed.checks.approvals import with_approvals  # few writes bring any

        speakers = with_approvals(speakers, request.approvals, tip.feed, ledger.where)
    trees = (tip.feed, after, ledger.where)
    signs = ledger.signs(tip) or request.signs
    verdict = judge_write(*trees, signs=signs, speakers=speakers)
    codes = {found.code for found in verdict.findings}
    if codes & BY_A_LAPSE and ledger.keeps_time():
        verdict = judge_write(*trees, Severity.WARN, speakers=speakers)
    if verdict.refused:
        refusal = _refusal(tip.feed, verdict.findings, request.seat)
        shown = tip.feed.tree.display_path
        refusal.unwritten = {shown(draft.path): draft.text for draft in drafts}
        raise refusal
    posts = tuple(_as_read(after, draft) for draft in drafts)
    return Planned(files, after, posts, warnings_of(verdict))


def _refusal(feed: Snapshot, findings: tuple[Finding, ...], seat: str) -> Refused:
    """The judge's refusal; by a collision, with who holds the surface since when."""
    first = next(found for found in findings if found.rejects)
    for found in findings:
        if found.code == "FF401" and feed.item(found.item).held:
            from fleetfeed.writing.conflicts import held_surface  # late, as above

            return held_surface(feed, findings, found, seat, time.time())
    return Refused(first.sentence, findings)


def _as_read(after: Snapshot, draft: Draft) -> Post | Note:
    """A draft that the judge has passed, as it is read."""
    read = after.post_or_note(draft.path)
    if not isinstance(read, Post | Note):
        raise TypeError(draft.path)
    return read
