"""What an error answers goes with it: the feed that was read, and who asked."""

from collections.abc import Iterator
from contextlib import contextmanager

from fleetfeed.feed.question import Question
from fleetfeed.model.errors import FleetfeedError


@contextmanager
def answering(question: Question) -> Iterator[None]:
    """Let an error that is raised within carry what it answers."""
    try:
        yield
    except FleetfeedError as error:
        error.question = error.question or question
        raise
