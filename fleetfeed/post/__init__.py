"""Posts: what one YAML file of the feed says, and whether it says it well."""

from fleetfeed.post.model import ACTIVE, TERMINAL, Note, Post, State, Unreadable
from fleetfeed.post.read import read_fields, read_note, read_post, read_request

__all__ = [
    "ACTIVE",
    "TERMINAL",
    "Note",
    "Post",
    "State",
    "Unreadable",
    "read_fields",
    "read_note",
    "read_post",
    "read_request",
]
