"""What it adds to ask who stands behind a post: the same acts in each of the modes.

In mode `pusher` the server is told a login; in mode `signed` every commit has an SSH
signature, by one key that `allowed_signers` knows.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from harness import Seat, Server, command
from harness.ed25519 import Signer
from harness.signing import Key, signs

from bench import feeds
from bench.claims import ARGS, Claim
from bench.feeds import FEED_REF, Shape
from bench.subjects import Received, Staged, Subject, name_in
from bench.world import Hooks, World, shelved

MODES = ("none", "pusher", "signed")
BY_IDENTITY = "by identity: "
HOOK = f"{BY_IDENTITY}pre-commit, one post"
RECEIVED = f"{BY_IDENTITY}pre-receive, one post"
MANY = f"{BY_IDENTITY}pre-receive, {{count}} commits of one post"
CLAIM = f"{BY_IDENTITY}a claim, on a guarded server"
PLAIN = MODES[0]
_LOGIN = "alice"
_SEATS = '"*", "*/*"'


def identity(folder: Path, shape: Shape, count: int) -> Iterator[Subject]:
    """The acts in each mode, over feeds of one shape in the new folder `folder`.

    `count` commits are the large push.
    """
    for mode in MODES:
        yield from _in_mode(_world(folder / mode, shape, mode), mode, count)


def groups(count: int) -> tuple[str, ...]:
    """The names of the groups, in the order in which they are read."""
    return HOOK, RECEIVED, MANY.format(count=count), CLAIM


def _in_mode(world: World, mode: str, count: int) -> Iterator[Subject]:
    commit, receive = (
        (str(shelved(repo, Hooks.OURS) / name),)
        for repo, name in ((world.seat, "pre-commit"), (world.server, "pre-receive"))
    )
    hook, received, many, claim = (name_in(world, g, mode) for g in groups(count))
    given = world.record_commit(world.fresh(post=True))
    yield Staged(hook, world, commit, given, touches=True)
    yield Received(received, world, receive, world.record_push(FEED_REF))
    large = world.record_many(count, signed=mode == "signed")
    yield Received(many, world, receive, large)
    ahead = world.advance()
    yield Claim(claim, world, ahead, Hooks.OURS, command(*ARGS))


def _world(folder: Path, shape: Shape, mode: str) -> World:
    """A world whose policy says `mode`."""
    server = Server.create(folder / "server.git", install=False)
    feeds.write(server, shape)
    key = Key.make(folder / "keys", "key")
    feeds.write_commits(
        server, [_rules(mode, key.public)], onto=server.line("rev-parse", FEED_REF)
    )
    server.git("symbolic-ref", "HEAD", FEED_REF)
    server.git("config", "fleetfeed.pusherFrom", "forced-command")
    seat = Seat.clone(server, folder / "seat", install=False)
    if mode == "signed":
        signs(seat, key)
    told = {**seat.environment, "FLEETFEED_PUSHER": _LOGIN}
    return World.around(shape, server, Seat(seat.folder, told))


def signed_rules(keys: Iterable[Signer]) -> Iterator[feeds.File]:
    """The rules of mode `signed` by which each of `keys` speaks for every seat."""
    return _rules("signed", *(key.public for key in keys))


def _rules(mode: str, *keys: str) -> Iterator[feeds.File]:
    """The rules by which one login, and each of `keys`, speaks for every seat."""
    said = {
        "identity:": f"identity: {{mode: {mode}}}",
        "stewards:": "stewards: [FLEET-01]",
    }
    rows = feeds.policy().splitlines()
    kept = [said.get(row.split(" ", 1)[0], row) for row in rows]
    yield (
        "feed/policy.yaml",
        "\n".join([*kept, f"logins: {{{_LOGIN}: [{_SEATS}]}}", ""]),
    )
    yield "feed/allowed_signers", "".join(f"*,*/* {key}\n" for key in keys)
