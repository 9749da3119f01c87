"""Large repositories that are built once, and kept for later runs.

A repository is named after all that it depends on, and has its name only when it is
whole. Nothing is measured in it: it is cloned, and its packs are shared with the clones
by hard links.
"""

import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain, islice
from pathlib import Path

from harness import Repo
from harness.ed25519 import Signer
from harness.raw_history import sign_all

from bench.feeds import FEED_REF, File, write_commits
from bench.identity import signed_rules
from bench.scale.sizes import START, VERSION, Size, life

_SAMPLE = 5
_WORDS = 10

Part = Iterable[File]
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Cache:
    """Repositories below `folder`; `tell` hears what is being built."""

    folder: Path
    tell: Tell

    def base(self, size: Size) -> Repo:
        """A bare repository with the closed items of `size`, in one commit."""
        layout = "sealed" if size.sealed else "plain"
        name = f"{size.posts}-{layout}-{_mark(chain.from_iterable(size.below()))}"

        def build(bare: Repo) -> None:
            parts = self._counted(size.below(), len(size.shards) + 1, size.label)
            write_commits(bare, [chain.from_iterable(parts)])

        return self._kept(name, build)

    def history(self, commits: int) -> Repo:
        """A bare repository of as many commits, each with one post, on a policy."""
        name = f"{commits}-commits-{_mark(life(commits))}"

        def build(bare: Repo) -> None:
            posts = ([file] for file in life(commits))
            said = f"{commits:,} commits"
            write_commits(bare, chain([START], self._counted(posts, commits, said)))

        return self._kept(name, build)

    def signed(self, commits: int) -> Repo:
        """The same history by a policy that wants signatures: by three keys in turn.

        Each of them speaks for every seat.
        """
        keys = [Signer(f"bench {number}") for number in range(3)]
        name = f"{commits}-signed-{_mark(life(commits))}"

        def build(bare: Repo) -> None:
            posts = ([file] for file in life(commits - 1))
            said = f"{commits:,} signed commits"
            rules = [*signed_rules(keys)]
            write_commits(bare, chain([rules], self._counted(posts, commits, said)))
            self.tell(f"signing {commits:,} commits")
            sign_all(bare.folder, FEED_REF, keys)

        return self._kept(name, build)

    def _kept(self, name: str, build: Callable[[Repo], None]) -> Repo:
        place = self.folder / f"{name}.git"
        if not place.exists():
            fresh = place.with_suffix(".part")
            shutil.rmtree(fresh, ignore_errors=True)
            bare = Repo.init(fresh, "--bare")
            build(bare)
            bare.git("symbolic-ref", "HEAD", FEED_REF)
            self.tell(f"packing {name}")
            # As git's own `gc` would leave it; without bitmaps, since a clone has none.
            bare.git("repack", "-a", "-d", "-f", "-q", "--no-write-bitmap-index")
            fresh.rename(place)
        return Repo(place)

    def _counted(self, parts: Iterable[Part], total: int, what: str) -> Iterator[Part]:
        """`parts`, with a word about every tenth of their `total`."""
        step = max(1, total // _WORDS)
        for number, part in enumerate(parts):
            if not number % step:
                self.tell(f"building {what}, once: {100 * number // total} %")
            yield part


def _mark(files: Iterable[File]) -> str:
    """The generator's version, and a look at what it makes."""
    sample = repr((VERSION, list(islice(files, _SAMPLE))))
    return sha256(sample.encode()).hexdigest()[:10]
