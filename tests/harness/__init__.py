"""What many tests share: real repositories, servers, seats, and the text of posts."""

from harness.environment import clean, command, make_home
from harness.fleet import Fleet, Seat, Server
from harness.posts import claim, path, post
from harness.repo import Repo, Result
from harness.scene import FREE, MINE, TAKEN, Scene

__all__ = [
    "FREE",
    "MINE",
    "TAKEN",
    "Fleet",
    "Repo",
    "Result",
    "Scene",
    "Seat",
    "Server",
    "claim",
    "clean",
    "command",
    "make_home",
    "path",
    "post",
]
