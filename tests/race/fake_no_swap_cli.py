"""The command line over a store that reads, checks and writes: it must lose races.

All but the compare-and-set is the real thing, and nothing waits anywhere: whatever
goes wrong, goes wrong because the processes run at one time.
"""

from ledger.fake_no_swap import GitTwin

from fleetfeed.__main__ import main as real_main
from fleetfeed.ledger import git_fleet

TWIN = __name__


def main() -> None:
    """Run the command line with the twin in the ledger's place."""
    git_fleet.GitFleet = lambda repo: GitTwin(repo, lambda: None)
    real_main()
