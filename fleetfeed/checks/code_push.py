"""Code that is pushed: what lies under a held surface comes from its holder alone.

What counts are the paths and who brings them, so a trailer that got lost in a squash or
a rebase is missed only where nobody proves who he is. Each commit that a branch has
none of is judged; a merge by what it changes against all its parents, and by what it
leaves out of what the branch has.
"""

from collections.abc import Iterable, Sequence

from fleetfeed.checks.code_commits import judge_commits, nobody_asked
from fleetfeed.checks.patch import Patch
from fleetfeed.checks.push import PushedBy
from fleetfeed.feed.code_paths import CodePaths
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.git import queries
from fleetfeed.git.changed import Changed, left_out
from fleetfeed.judge.guard import (
    LEAVES_OUT,
    TRAILER,
    Author,
    Guard,
    Levels,
    readable_rules,
)
from fleetfeed.model.findings import Verdict, in_order
from fleetfeed.model.identity import NONE, PUSHER, Speaker
from fleetfeed.repo.repository import Repo
from fleetfeed.util.records import record

BRANCHES = "refs/heads/"


@record
class CodeFeed:
    """The feed that code is judged by: its repository, and the commit that it is at.

    `beside` says that the code is in the same repository.
    """

    repo: Repo
    commit: str
    beside: bool = True

    @property
    def snapshot(self) -> Snapshot:
        """What is in force there."""
        return self.repo.snapshot(self.commit)

    @property
    def guards(self) -> bool:
        """Whether its policy has code judged when it is pushed.

        CannotTell where that cannot be read.
        """
        rules = readable_rules(self.snapshot)
        return bool(rules.paths) and rules.guard.push is not None

    @property
    def pathspecs(self) -> tuple[str, ...]:
        """What git is asked with about code: posts are judged as posts."""
        known = CodePaths(self.snapshot.rules.paths)
        if not self.beside:
            return known.pathspecs
        return known.pathspecs_beside(self.repo.folder)


Move = tuple[str, str | None, str | None]
"""A ref, and the commits that it goes from and to; None where it is not there."""


def judge_branches(
    repo: Repo, feed: CodeFeed, moves: Iterable[Move], by: PushedBy
) -> Verdict:
    """The verdict on the code that a push brings to the branches among `moves`."""
    heads = [move for move in moves if move[0].startswith(BRANCHES)]
    if not heads or not feed.guards:
        return Verdict()
    return sum((_brought(repo, feed, move, by) for move in heads), Verdict())


def _brought(repo: Repo, feed: CodeFeed, move: Move, by: PushedBy) -> Verdict:
    """The verdict on the code that one move brings to a branch of `repo`."""
    ref, old, new = move
    if new is None or repo.objects.read(new)[0] != "commit":
        return Verdict()
    beyond, specs = _known_before(repo, ref, old), feed.pathspecs
    guard = Guard(feed.snapshot, Levels.of_push(feed.snapshot.rules))

    def speakers(rows: Sequence[Changed]) -> Sequence[Speaker | None]:
        return _speakers(repo, feed, rows, by)

    found = judge_commits(repo.git, (new,), beyond, specs, guard, speakers=speakers)
    lost = old and left_out(repo.git, old, new, TRAILER, specs)
    if lost:
        (speaker,) = speakers([lost])
        author = Author.of_commit(lost.commit, lost.trailers, speaker, LEAVES_OUT)
        found += guard.judge(lost.paths, author)
    return Verdict(in_order(found))


def _known_before(repo: Repo, ref: str, old: str | None) -> tuple[str, ...]:
    """Which commits a push does not bring, as `git rev-list` takes them.

    What another branch has was judged when it came there, but for the branch that HEAD
    names: to that it is brought now, by whoever pushes it.
    """
    if old and ref == queries.head_ref(repo.git):
        return (f"^{old}",)
    return ("--not", "--branches")


def _speakers(
    repo: Repo, feed: CodeFeed, rows: Sequence[Changed], by: PushedBy
) -> Sequence[Speaker | None]:
    """Who brings each commit, as the policy asks; None where it asks nobody."""
    policy = feed.snapshot.rules
    if policy.identity == NONE:
        return nobody_asked(rows)
    if policy.identity == PUSHER:
        return [by(policy)] * len(rows)
    # late: it brings ssh-keygen and the formats of keys
    from fleetfeed.checks.commit_signers import commit_signers
    from fleetfeed.checks.rule_book import RuleBook

    rules = RuleBook(feed.repo).at(feed.commit, feed.commit)
    patches = [Patch(row.commit, None, row.paths) for row in rows]
    return commit_signers(repo, rules, patches, None)
