"""Where a feed may be in a repository that nobody has said it of: looked for once.

Setting up asks here, and a refusal that names where the feed might be. A hook and a
writer never do: a guess would guard one place while claims land in another.
"""

import shlex
from collections.abc import Iterator, Mapping

from fleetfeed.model.errors import CannotTell
from fleetfeed.model.pointer import Pointer
from fleetfeed.repo.location import told
from fleetfeed.repo.repository import Repo, policy_ref
from fleetfeed.util.records import record


@record
class Candidate:
    """A feed's folder and full ref name."""

    dir: str
    ref: str

    @property
    def words(self) -> str:
        """Such as `feed/ on refs/heads/main`."""
        return f"{self.dir}/ on {self.ref}"

    @property
    def flags(self) -> str:
        """What `fleetfeed install --server` takes to guard it, as a shell reads it."""
        return shlex.join(("--dir", self.dir, "--ref", self.ref))


def candidates(repo: Repo, refs: Mapping[str, str]) -> tuple[Candidate, ...]:
    """The places of feeds that commits have, or point to, each place once.

    `refs` are full names of branches, as the feed's repository has them, with their
    commits. What stands in a feed folder's place on a branch, or cannot be read there,
    is that branch's business.
    """
    found: dict[tuple[str, str], Candidate] = {}
    for name, commit in refs.items():
        for each in _on(repo, name, commit):
            found.setdefault((each.dir, each.ref), each)
    return tuple(found.values())


def _on(repo: Repo, name: str, commit: str) -> Iterator[Candidate]:
    try:
        pointer = repo.pointer(commit) or Pointer()
        looked = Repo(repo.git, known=told({}, pointer))
        feed = looked.snapshot(commit)
        carries = feed.tree.root is not None
        if carries or ((pointer.ref or pointer.dir) and not pointer.remote):
            ref = pointer.ref or (policy_ref(feed) if carries else None) or name
            yield Candidate(looked.folder, ref)
    except CannotTell as error:
        if error.finding is None:
            raise
