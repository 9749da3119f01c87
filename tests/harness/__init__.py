"""What many tests share: real repositories, servers, seats, and the text of posts."""

from harness.environment import clean, command, make_home
from harness.fleet import Fleet, Seat, Server
from harness.posts import claim, path, post
from harness.repo import Repo, Result
from harness.scene import FREE, MINE, TAKEN, Scene
from harness.transport import TRANSPORTS, Address, Transport

__all__ = [
    "FREE",
    "MINE",
    "TAKEN",
    "TRANSPORTS",
    "Address",
    "Fleet",
    "Repo",
    "Result",
    "Scene",
    "Seat",
    "Server",
    "Transport",
    "claim",
    "clean",
    "command",
    "make_home",
    "path",
    "post",
]
