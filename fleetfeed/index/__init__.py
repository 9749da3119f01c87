"""The memo on disk: summaries of trees in one SQLite file, beside the repository.

It holds nothing that the feed does not: whatever becomes of it, answers stay the same
and only take longer.
"""

from fleetfeed.index.shelf import Index

__all__ = ["Index"]
