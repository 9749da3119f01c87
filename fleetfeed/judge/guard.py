"""Whether a change of code lies under a surface that somebody else holds.

Pure, as every rule: what is changed, and by whom, is told. Findings are one for each
claim that stands in the way, however many paths lie under it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from fleetfeed.feed.code_paths import CodePaths
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.feed.surface_index import Hold
from fleetfeed.judge.advice import Asker, next_step
from fleetfeed.model import names
from fleetfeed.model.catalogue import finding
from fleetfeed.model.errors import CannotTell
from fleetfeed.model.findings import Finding, Place, Severity
from fleetfeed.model.identity import Speaker
from fleetfeed.model.policy import Policy
from fleetfeed.model.post import State
from fleetfeed.model.surface import SurfaceKey
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record

TRAILER = "Fleetfeed"
"""The trailer of a commit that says under which claim it was made: `ITEM@EPOCH`."""

OVER = "FF703"
"""The rule that a commit made under an epoch that is over breaks."""

LEAVES_OUT = ", by a merge that leaves out what the branch has,"
"""How a commit changes what no commit of a push changes."""

_EPOCH = r"[1-9][0-9]{0,8}"
_LONGEST = 400


def claims_said(trailers: Iterable[str]) -> dict[str, int]:
    """The items that a commit's trailers name, each with the newest epoch they do."""
    found = dict[str, int]()
    for text in trailers:
        item, _, epoch = text.rpartition("@")
        if names.parse(item) and re.fullmatch(_EPOCH, epoch):
            found[item] = max(int(epoch), found.get(item, 0))
    return found


@record
class Author:
    """Who brings a change: a seat, before the commit; what proves it, behind.

    `claims` are the items that a commit says it was made for, and their epochs; None
    where it is not committed yet. `speaker` is who pushed or signed it, None where the
    fleet asks for no proof: then what it says is believed. `words` is what it is
    called (`commit 3f2a…`), empty where that goes without saying.
    """

    seat: str = ""
    claims: Mapping[str, int] | None = None
    speaker: Speaker | None = None
    words: str = ""

    @classmethod
    def of_commit(
        cls,
        commit: str,
        trailers: Sequence[str],
        speaker: Speaker | None = None,
        how: str = "",
    ) -> "Author":
        """Who brings a commit, by its trailers; `how` it changes what it does."""
        words = f"commit {commit[:12]}{how}"
        return cls(claims=claims_said(trailers), speaker=speaker, words=words)


@record
class Levels:
    """How hard it weighs that a path is held by another, and by nobody (None: not)."""

    held: Severity | None
    unclaimed: Severity | None

    @classmethod
    def before(cls, policy: Policy) -> "Levels":
        """Of a change that is not pushed."""
        return cls(policy.guard.held, policy.guard.unclaimed)

    @classmethod
    def of_push(cls, policy: Policy) -> "Levels":
        """Of a push, at the server: what the guard says, and no more than `push`."""
        rules, most = policy.guard, policy.guard.push
        return cls(_milder(rules.held, most), _milder(rules.unclaimed, most))


def _milder(one: Severity | None, two: Severity | None) -> Severity | None:
    if one is None or two is None:
        return None
    return Severity.WARN if Severity.WARN in (one, two) else Severity.REJECT


def readable_rules(feed: Snapshot) -> Policy:
    """The rules of `feed`; CannotTell where there is a policy that cannot be read."""
    for wrong in feed.policy.findings:
        todo = "a steward must mend it"
        raise CannotTell(f"what code is held is not known: {wrong.message}; {todo}")
    return feed.rules


class Guard:
    """Who holds what in one feed, for whoever changes code."""

    def __init__(self, feed: Snapshot, levels: Levels) -> None:
        """By the policy of `feed`; CannotTell where that cannot be read."""
        readable_rules(feed)
        self._feed, self._levels = feed, levels
        self._holders = feed.holders.under(feed.rules.families)
        self._paths = CodePaths(feed.rules.paths)

    def judge(self, paths: Sequence[str], by: Author) -> Iterator[Finding]:
        """What stands in the way of `by` changing those of `paths` that are mapped."""
        keys = self._paths.keys(paths)
        _, others, free = self._sorted(keys, by)
        if self._levels.held:
            for hold, below in others.items():
                yield self._held(hold, below, by, self._levels.held)
        if self._levels.unclaimed and free:
            yield self._unclaimed(free, keys[free[0]], by, self._levels.unclaimed)

    def claims(self, paths: Sequence[str], seat: str) -> dict[str, int]:
        """The claims of `seat` under which `paths` lie, and their epochs."""
        own = self._sorted(self._paths.keys(paths), Author(seat))[0]
        return {hold.item: self.epoch(hold.item) for hold in own}

    def epoch(self, item: str) -> int:
        """The epoch of `item` in this feed."""
        return self._feed.item(item).epoch

    def brings(self, item: str, by: Author) -> bool:
        """Whether a commit of `by` says that it is for `item` as it is held now.

        Where proof is asked for, whoever proves it must act for its holder.
        """
        now = self._feed.item(item)
        if (by.claims or {}).get(item) != now.epoch:
            return False
        return by.speaker is None or by.speaker.acts_for(now.contact)

    def _sorted(
        self, keys: Mapping[str, SurfaceKey], by: Author
    ) -> tuple[list[Hold], dict[Hold, list[str]], list[str]]:
        """What `by` holds of the paths; what others do, with the paths; what nobody."""
        own, others, free = dict[Hold, bool](), dict[Hold, list[str]](), list[str]()
        for path, key in keys.items():
            holds = list(self._holders.overlapping(key))
            for hold in holds:
                if hold in own or (hold not in others and self._is_own(hold, by)):
                    own[hold] = True
                else:
                    others.setdefault(hold, []).append(path)
            if not holds:
                free.append(path)
        return list(own), others, free

    def _is_own(self, hold: Hold, by: Author) -> bool:
        """Whether what `by` changes may lie under `hold`.

        What awaits its claim is nobody's yet, whoever filed it.
        """
        if hold.state != State.IN_PROGRESS.value:
            return False
        if by.claims is None:
            return names.acts_as(by.seat, hold.contact)
        if by.speaker and hold.item not in by.claims:
            return by.speaker.acts_for(hold.contact)
        return self.brings(hold.item, by)

    def _held(
        self, hold: Hold, paths: Sequence[str], by: Author, level: Severity
    ) -> Finding:
        item = self._feed.item(hold.item)
        begun = item.renewals[0].at if item.renewals else ""
        since = f" since {begun}" if begun else ""
        whose = f"{hold.item}@{item.epoch} of {printable(hold.contact) or 'nobody'}"
        held = f"{printable(hold.text, _LONGEST)}, which {whose} holds{since}"
        said = (by.claims or {}).get(hold.item)
        brings = f"{by.words} changes it; " if by.words else ""
        over = said is not None and said != item.epoch
        if by.speaker and by.speaker.flaw:
            brings = f"{by.words} {by.speaker.flaw.words}; "
        elif by.speaker:
            brings = f"{by.words} changes it, by {by.speaker.who}; "
        if over:
            brings = f"{by.words} was made under {hold.item}@{said}, which is over; "
        todo = brings + self._todo(hold, by, over=over)
        message = f"{_listed(paths)} under {held}; {todo}"
        return finding(
            OVER if over else "FF701",
            Place(printable(paths[0], _LONGEST)),
            message,
            severity=level,
            item=hold.item,
            surface=hold.text,
            holder=hold.contact,
        )

    def _todo(self, hold: Hold, by: Author, *, over: bool) -> str:
        item, policy = self._feed.item(hold.item), self._feed.rules
        names_none = by.claims is not None and hold.item not in by.claims
        if (over or (names_none and by.speaker is None)) and item.holder:
            trailer = f"{TRAILER}: {item.id}@{item.epoch}"
            # What is built on a commit of an old epoch takes it over, whoever made it.
            how = "--allow-empty -m 'Take over'" if over else "--amend --no-edit"
            says = f"`git commit {how} --trailer '{trailer}'`"
            who = printable(item.holder)
            return f"{who} says that it is theirs by {says}; anybody else must wait"
        return next_step(self._feed, item, Asker(by.seat, policy))

    def _unclaimed(
        self, paths: Sequence[str], key: SurfaceKey, by: Author, level: Severity
    ) -> Finding:
        place = Place(printable(paths[0], _LONGEST))
        shown = printable(key.text, _LONGEST)
        brings = f"{by.words} changes it; " if by.words else ""
        todo = "`fleetfeed claim --new PREFIX --subject … --proof … --surface"
        message = f"{_listed(paths)} under no claim; {brings}claim it first: {todo}"
        return finding(
            "FF702", place, f"{message} {shown}`", severity=level, surface=key.text
        )


def _listed(paths: Sequence[str]) -> str:
    """The first of `paths`, how many more there are, and the verb."""
    first, more = printable(paths[0], _LONGEST), len(paths) - 1
    if not more:
        return f"{first} lies"
    return f"{first} and {more} more {'path' if more == 1 else 'paths'} lie"
