"""One process of many: it looks at commits, and prints what it found in each.

`python -m repo.cache_reader FOLDER TIMES COMMIT…` prints `COMMIT DIGEST` for each look,
at a commit that chance picks. Limits are small, so that rows of shards are written, too.
"""

import hashlib
import random
import sys
from pathlib import Path

from feed.oracle_summary import Plain

from fleetfeed.feed import cache as cache_module
from fleetfeed.git.process import Git
from fleetfeed.repo import cache_store
from fleetfeed.repo.repository import Repo


def digest(rows, held, numbers) -> str:
    """What a feed holds, as a short text."""
    said = repr((sorted(rows), sorted(held), sorted(numbers)))
    return hashlib.sha256(said.encode()).hexdigest()[:20]


def looked(repo: Repo, commit: str) -> str:
    """What the cache says."""
    found = repo.snapshot(commit).summary
    return digest(
        ((id_, row.tree) for id_, row in found.open.items()),
        ((hold.item, hold.parts) for hold in found.holds),
        ((prefix, list(taken)) for prefix, taken in found.taken.items()),
    )


def read(repo: Repo, commit: str) -> str:
    """What reading all of it says."""
    found = Plain.of(repo.tree(commit))
    prefixes = {id_.prefix for id_ in found.taken}
    return digest(
        ((id_, tree) for id_, (tree, _) in found.open.items()),
        ((id_, "".join(f"{part}:" for part in key.parts)) for id_, key in found.held),
        ((prefix, found.numbers(prefix)) for prefix in prefixes),
    )


def main() -> None:
    """Look, as often as we are told."""
    folder, times, *commits = sys.argv[1:]
    cache_module.FEW, cache_module.WORTH_KEEPING, cache_store._MANY = 3, 1, 3  # noqa: SLF001
    chance = random.Random()  # noqa: S311
    for _ in range(int(times)):
        repo, commit = Repo(Git(Path(folder))), chance.choice(commits)
        print(commit, looked(repo, commit), flush=True)
        repo.cache_store.file.close()


if __name__ == "__main__":
    main()
