"""What many tests share: real repositories, servers, seats, and the text of posts."""

from harness.environment import clean, command, make_home
from harness.fleet import Fleet, Seat, Server
from harness.posts import path, post
from harness.repo import Repo, Result

__all__ = [
    "Fleet",
    "Repo",
    "Result",
    "Seat",
    "Server",
    "clean",
    "command",
    "make_home",
    "path",
    "post",
]
