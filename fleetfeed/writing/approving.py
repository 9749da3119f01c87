"""What a steward approves: an act on an item, or a change of the rules."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

from fleetfeed.checks.committer import own_speaker
from fleetfeed.checks.push import commit_here
from fleetfeed.checks.rule_book import rule_files
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.git import queries
from fleetfeed.judge.identity import of_stewards
from fleetfeed.model import layout
from fleetfeed.model.approval import (
    ApprovalText,
    evict_act,
    feed_name,
    lane_act,
    reopen_act,
    rules_act,
    trailer,
    trailer_meant,
)
from fleetfeed.model.errors import Refused, Usage
from fleetfeed.model.identity import NAMESPACE, SIGNED, Speaker
from fleetfeed.model.item import Item
from fleetfeed.model.policy import Policy
from fleetfeed.model.post import TERMINAL, State
from fleetfeed.model.surface import segments
from fleetfeed.repo.location import POINTER
from fleetfeed.repo.repository import Repo
from fleetfeed.repo.signing import SigningKey, signing_key
from fleetfeed.repo.view import View
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record
from fleetfeed.writing.request import require_item


def approval_line(text: str) -> str:
    """The line that somebody hands over as an approval. Usage where it is none."""
    try:
        return trailer_meant(text)
    except ValueError:
        what = f"'{printable(text, 40)}' is no approval"
        todo = "give the line that `fleetfeed approve` prints, in quotes"
        raise Usage(f"{what}; {todo}") from None


@record
class Proposal:
    """An act that can be approved: its text, and what a steward is to see of it."""

    act: str
    told: tuple[str, ...]


def of_item(
    feed: Snapshot, item: str, act: str, seat: str, lanes: tuple[str, ...]
) -> Proposal:
    """That `seat` does `act` (`policy.AGREED`) to `item`, as it is now.

    `lanes` are those that its surface moves to. Refused where nobody has to approve it.
    """
    now = require_item(feed, item)
    _require_agreed(feed.rules, now, act, seat)
    place = (item, now.epoch, now.newest, seat)
    if act == "lane":
        moved = tuple("".join(segments(lane)) for lane in lanes)
        text = lane_act(*place, moved)
    else:
        text = (evict_act if act == "evict" else reopen_act)(*place)
    state = now.state.value if now.state else "unreadable"
    whose = f", held by {printable(now.holder)}" if now.holder else ""
    about = f"{item} '{printable(now.subject)}' is {state}{whose}"
    return Proposal(text, (f"{about}, at epoch {now.epoch}, post {now.newest}",))


def _require_agreed(policy: Policy, now: Item, act: str, seat: str) -> None:
    state = now.state.value if now.state else "unreadable"
    if act not in policy.agreed:
        why = "so one seat may do it alone: do it without"
        raise Refused(f"the policy does not list {act} in `agreed`, {why}")
    if act == "evict" and not policy.is_steward(seat):
        message = f"{seat} is no steward, so it may not act on another's claim"
        raise Refused(f"{message}; name one who is by --by")
    if act == "evict" and now.state is not State.IN_PROGRESS:
        raise Refused(f"{now.id} is {state}, so nobody is to be evicted; see `show`")
    if act == "reopen" and now.state not in TERMINAL:
        raise Refused(f"{now.id} is {state}, so it needs no reopening; claim it")


def of_commits(repo: Repo, view: View, name: str) -> tuple[Proposal, ...]:
    """The changes of the rules that the commits up to `name` make, the oldest first.

    Refused where it is not built on the feed ref as it is, or changes no rules.
    """
    commit, git, ref = commit_here(repo, name), repo.git, view.where.ref
    if not queries.is_within(git, view.commit, commit):
        message = f"{printable(name)} is not built on {ref} as it is now"
        raise Refused(f"{message}; `git rebase` it on {view.commit[:12]}")
    line = git.line(
        "rev-list", "--first-parent", "--reverse", f"{view.commit}..{commit}"
    )
    parent, found = view.commit, list[Proposal]()
    for each in line.split():
        before, after = rule_files(repo, parent), rule_files(repo, each)
        act = _changed(before, after)
        if act:
            shown = (*_diff(repo, parent, each), *_newly_revoked(before, after))
            found.append(Proposal(act, (f"commit {each[:12]}", *shown)))
        parent = each
    if not found:
        message = f"{printable(name)} changes no rules of the feed on {ref}"
        raise Refused(f"{message}; name the commit or branch that does")
    return tuple(found)


def of_staged(repo: Repo) -> tuple[Proposal, ...]:
    """The change of the rules that is staged, on top of HEAD."""
    before, after = rule_files(repo, repo.head), dict[str, bytes]()
    names = {name: f"{repo.folder}/{name}" for name in layout.RULES}
    for name, path in {**names, POINTER: POINTER}.items():
        asked = ("cat-file", "blob", f":{path}")
        done = repo.git.run(*asked, accept=(0, 128))
        if not done.returncode:
            after[name] = done.stdout
    act = _changed(before, after)
    if not act:
        message = "no change of the rules is staged"
        raise Refused(f"{message}; `git add {repo.folder}/{layout.POLICY}` stages it")
    shown = (*_diff(repo, "--cached"), *_newly_revoked(before, after))
    return (Proposal(act, shown),)


def _changed(before: dict[str, bytes], after: dict[str, bytes]) -> str:
    return rules_act(before, after) if before != after else ""


def _diff(repo: Repo, *between: str) -> Iterator[str]:
    """The change of the rules, line by line."""
    paths = (*(f"{repo.folder}/{name}" for name in layout.RULES), POINTER)
    plain = ("--no-color", "--no-ext-diff", "--no-textconv")
    text = repo.git.out("diff", *plain, *between, "--", *paths)
    for line in text.decode("utf-8", "backslashreplace").splitlines():
        yield printable(line, 1000)


def _newly_revoked(before: dict[str, bytes], after: dict[str, bytes]) -> Iterator[str]:
    """What the list of revoked keys gains and loses, which git calls binary."""
    old, new = (files.get(layout.REVOKED, b"") for files in (before, after))
    if old == new:
        return
    from fleetfeed.git.ssh_certificates import revoked_words  # late: it changes seldom

    was, now = revoked_words(old), revoked_words(new)
    yield from (f"+{layout.REVOKED}: {printable(x)}" for x in now if x not in was)
    yield from (f"-{layout.REVOKED}: {printable(x)}" for x in was if x not in now)


@record
class Approver:
    """The steward whose key this clone signs by, in the feed of `view`."""

    view: View
    key: SigningKey
    speaker: Speaker

    @classmethod
    def of(cls, repo: Repo, view: View) -> "Approver":
        """Refused where the key is no steward's, or the fleet is not a signed one."""
        policy = view.snapshot.rules
        if policy.identity != SIGNED:
            message = f"this fleet's mode of identity is {policy.identity}"
            todo = "nothing is approved by signatures before it is `signed`"
            raise Refused(f"{message}; {todo} (docs/identity.md)")
        key = signing_key(repo, policy.stewards)
        speaker = own_speaker(key, view.snapshot, time.time(), NAMESPACE)
        if speaker.flaw:
            words = speaker.flaw.words
            raise Refused(f"{key.setting} names a key by which an approval {words}")
        if not speaker.stewards(policy.stewards):
            message = f"{speaker.who} speaks for no steward, so it cannot approve"
            raise Refused(f"{message}; ask {of_stewards(policy)}")
        return cls(view, key, speaker)

    def approve(self, proposal: Proposal, seconds: float) -> tuple[str, str]:
        """The line that approves it for so many seconds, and until when that is."""
        end = datetime.fromtimestamp(time.time() + seconds, UTC)
        until, where = end.strftime("%Y-%m-%dT%H:%M:%SZ"), self.view.where
        text = ApprovalText(feed_name(where.folder, where.ref), proposal.act, until)
        data = str(text).encode()
        return trailer(data + self.key.sign(NAMESPACE, data)), until
