"""One seat of a race in a process of its own: `python -m ledger.racer CLONE`.

It reads a job a line, meets the others before its first swap (it says `here`, and goes
on when it is answered), and prints how it ended.
"""

import json
import sys
from pathlib import Path

from ledger.fake_no_swap import GitTwin, Meeting

from fleetfeed.git.process import Git
from fleetfeed.ledger.git import GitLedger
from fleetfeed.model.errors import Refused
from fleetfeed.repo.repository import Repo
from fleetfeed.writing.api import FeedStore
from fleetfeed.writing.retry import RetryPolicy


def appended(ledger, item, expected, post):
    """How an append ends: the name of the answer."""
    store = FeedStore(ledger, RetryPolicy(60))
    try:
        return type(store.append_if_match(item, expected, post)).__name__
    except Refused:
        return "Refused"


def say(text):
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def meet():
    say("here")
    sys.stdin.readline()


def main():
    repo = Repo(Git(Path(sys.argv[1])))
    for line in sys.stdin:
        job = json.loads(line)
        twin = job.pop("twin")
        real = GitLedger(repo)
        say(appended(GitTwin(repo, meet) if twin else Meeting(real, meet), **job))
    repo.objects.close()


if __name__ == "__main__":
    main()
