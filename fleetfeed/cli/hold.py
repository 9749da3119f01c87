"""`fleetfeed hold` and `fence`: work under a claim, ask whether it is still yours."""

import os
import secrets
from collections.abc import Mapping

import click

from fleetfeed.claim.asked import Asked
from fleetfeed.claim.new import first_post, known_prefix
from fleetfeed.claim.verbs import claim, move
from fleetfeed.cli.context import Shell, echo_json, edge
from fleetfeed.cli.fields import EPOCH_VARIABLE, ITEM_VARIABLE, Flag, field_flags
from fleetfeed.cli.items import known_item
from fleetfeed.cli.writing import Writer, seconds_of, write_flags
from fleetfeed.draft import Draft
from fleetfeed.errors import Usage
from fleetfeed.feed.trees import Repo
from fleetfeed.hold.child import Child
from fleetfeed.hold.keep import Keeping, boot_clock
from fleetfeed.item import Item
from fleetfeed.lease import lease_of
from fleetfeed.lease.beat import beats
from fleetfeed.policy import DEFAULT
from fleetfeed.post import State
from fleetfeed.snapshot import Snapshot
from fleetfeed.store.beating import Heart, must_hold, newest_item

_ENDS = {"done": State.DONE, "park": State.PARKED, "release": State.AWAITING_CLAIM}


@click.command(context_settings={"allow_interspersed_args": False})
@click.argument("words", metavar="[ITEM] -- COMMAND", nargs=-1, required=True)
@click.option("--new", "prefix", metavar="PREFIX", help="A new item, in work at once.")
@click.option("--resume", is_flag=True, help="Go on with what your own seat holds.")
@click.option(
    "--then",
    type=click.Choice(tuple(_ENDS)),
    help="What becomes of the item. Default: done, or park where COMMAND fails.",
)
@click.option("--keep-going", is_flag=True, help="Do not end COMMAND on a loss.")
@click.option(
    "--kill-after",
    default="10s",
    show_default=True,
    help="On a loss: how long COMMAND has to end.",
)
@field_flags("state", "epoch", "owner")
@write_flags
@click.pass_obj
@edge
def hold(
    shell: Shell,
    /,
    words: tuple[str, ...],
    *,
    prefix: str | None,
    resume: bool,
    then: str | None,
    keep_going: bool,
    kill_after: str,
    **flags: Flag,
) -> int:
    """Claim ITEM, or a new item of PREFIX, run COMMAND, and end the claim.

    While COMMAND runs, beats keep the lease alive. It finds FLEETFEED_ITEM, _EPOCH,
    _SURFACE, _OP and _SEAT in its environment, gets the signals that are sent to this
    one, and its exit code is the answer. When the claim is lost, COMMAND is told by
    SIGTERM, and ended after --kill-after: exit 4 where somebody took over, exit 3 where
    nothing was heard until the lease was over.

    \b
    Examples:
      fleetfeed hold CMB-1438 -- make deploy
      fleetfeed hold --new CMB --subject "nightly import" --lease 10m \\
          --surface CAMBER:job:import --proof "the only import" -- ./import.sh
    """
    named, command = ("", words) if prefix else (known_item(words[0]), words[1:])
    if not command:
        raise Usage("which command? give it behind `--`")
    patience = None if keep_going else seconds_of("kill-after", kill_after)
    writer = Writer.of(shell, flags)

    def plan(feed: Snapshot) -> tuple[Draft, ...]:
        if prefix:
            known = known_prefix(prefix)
            return first_post(feed, known, State.IN_PROGRESS, writer.asked)
        return claim(feed, named, writer.asked, resume=resume)

    sent = boot_clock()
    about = {"ITEM": named} if named else {}
    taken = writer.silently(plan, {"STATE": State.IN_PROGRESS.value, **about})
    feed = taken.feed
    item = feed.item(taken.post.item)
    click.echo(f"fleetfeed: holding {item.id} at epoch {item.epoch}", err=True)
    child = Child(command, {**os.environ, **_around(writer.asked, item)})
    keeping = _keeping(shell, writer.asked, feed, item, patience)
    with child.gets_signals():
        code = keeping.until_end(child, sent)
        _end(writer, item, then, code)
    return code


def _around(asked: Asked, item: Item) -> Mapping[str, str]:
    """What the command finds in its environment."""
    return {
        ITEM_VARIABLE: item.id,
        EPOCH_VARIABLE: str(item.epoch),
        "FLEETFEED_SURFACE": ",".join(key.text for key in item.keys),
        "FLEETFEED_OP": str(asked.fields["OP"]),
        "FLEETFEED_SEAT": asked.seat,
    }


def _keeping(
    shell: Shell, asked: Asked, feed: Snapshot, item: Item, patience: float | None
) -> Keeping:
    # A repository of its own: beats are sent from another thread.
    own = Repo(shell.repo.git)
    kept = {name: asked.fields[name] for name in ("SEAT", "AT")}
    heart = Heart(own, item.id, Asked(kept, item.epoch), beats(feed, item.id))
    policy = feed.policy.policy or DEFAULT
    return Keeping(heart.beat, lease_of(item, policy), patience)


def _end(writer: Writer, item: Item, then: str | None, code: int) -> None:
    """End the claim, as `then` says, or as the command ended."""
    state = _ENDS[then or ("park" if code else "done")]
    kept = {name: writer.asked.fields[name] for name in ("SEAT", "AT")}
    said = {"REASON": f"the command ended with {code}"} if code else {}
    asked = Asked({**kept, **said, "OP": secrets.token_hex(8)}, item.epoch)
    ended = writer.again(asked)
    ended.silently(lambda feed: move(feed, item.id, state, asked), {"ITEM": item.id})
    click.echo(f"fleetfeed: {item.id} is {state.value}", err=True)


@click.command()
@click.argument("item")
@click.option("--epoch", type=int, required=True, metavar="N", help="The one you hold.")
@click.option("--timeout", default="30s", show_default=True, help="How long to ask.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
@edge
def fence(
    shell: Shell, /, item: str, epoch: int, *, timeout: str, as_json: bool
) -> None:
    """Ask whether you still hold ITEM at epoch N: at the last moment before a write.

    Exit 0: you do. Exit 4: somebody else does, or nobody. Exit 3: cannot tell, so do
    not write. What happens between this answer and the write, it cannot see.

    \b
    Examples:
      fleetfeed fence CMB-1438 --epoch 2 && ./publish.sh
    """
    seconds = seconds_of("timeout", timeout)
    now = newest_item(shell.repo, known_item(item), seconds)
    must_hold(now, epoch)
    if as_json:
        known = {"item": now.id, "holder": now.holder, "epoch": now.epoch}
        echo_json({"answer": "yours", **known, "code": 0})
    else:
        click.echo(f"{now.id} is held by {now.holder} at epoch {now.epoch}")
