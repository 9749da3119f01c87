"""The demo's script: two seats, one surface, told in numbered steps on eighty columns.

Each step is checked before the next is told.
"""

import textwrap
from collections.abc import Iterable
from itertools import count
from secrets import SystemRandom

import click

from fleetfeed.demo.sandbox import (
    DemoFailed,
    Ended,
    Running,
    Sandbox,
    Seat,
    all_must,
    failed,
    fleetfeed,
)
from fleetfeed.model import layout
from fleetfeed.model.yaml.writer import dump
from fleetfeed.util.records import record

_WIDTH = 80


class Screen:
    """Prints the demo; `colour` where a person looks on."""

    def __init__(self, colour: bool) -> None:
        """The next step is the first."""
        self.colour = colour
        self._numbers = count(1)

    def title(self, text: str) -> None:
        """The first line."""
        self._print(text, bold=True)

    def step(self, text: str) -> None:
        """A numbered heading."""
        self._print(f"\n{next(self._numbers)}. {text}", bold=True)

    def say(self, text: str) -> None:
        """A sentence of the teller's."""
        self._wrapped(text, "   ")

    def command(self, seat: str, text: str) -> None:
        """What `seat` types."""
        self._print(f"   {seat} $ {text}", fg="cyan")

    def quote(self, lines: Iterable[str], fg: str | None = None) -> None:
        """What somebody else says, in its own words."""
        for line in lines:
            self._wrapped(line, "     | ", fg=fg)

    def _wrapped(self, text: str, indent: str, fg: str | None = None) -> None:
        lines = textwrap.wrap(
            text, _WIDTH - len(indent), break_long_words=False, break_on_hyphens=False
        )
        for line in lines:
            self._print(indent + line, fg=fg)

    def _print(self, text: str, *, fg: str | None = None, bold: bool = False) -> None:
        click.echo(click.style(text, fg=fg, bold=bold) if self.colour else text)


SURFACE = "CAMBER:file:tools/push.mjs"
_REBASE = "git fetch && git rebase origin/main"


@record
class Actor:
    """A seat, and the item under which it wants the surface."""

    seat: Seat
    item: str
    subject: str

    @property
    def name(self) -> str:
        """The seat's name."""
        return self.seat.name

    def path(self, number: int) -> str:
        """Where post `number` of the item stands."""
        return f"feed/{layout.post_path(self.item, number)}"

    def write(self, number: int, state: str, **fields: str) -> str:
        """Write and stage post `number` of the item; its text."""
        given = {"ITEM": self.item, "STATE": state, "SEAT": self.name, **fields}
        text = dump(given.items())
        file = self.seat.folder / self.path(number)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        self.seat.must("git", "add", "feed")
        return text

    def commit(self) -> Running:
        """Start the commit of what is staged."""
        return self.seat.start("git", "commit", "-q", "-m", self.subject)

    def rebase(self) -> None:
        """Take over what the server has, and put the own commits on top."""
        self.seat.must("git", "fetch", "-q")
        self.seat.must("git", "rebase", "-q", "origin/main")


@record
class Play:
    """The demo in `sandbox`, told on `screen`."""

    sandbox: Sandbox
    screen: Screen

    def run(self) -> None:
        """All of it. DemoFailed where it does not go as it must."""
        actors = self._set_up()
        self._claims(actors)
        winner, loser = self._race(actors)
        self._second_try(winner, loser)
        self._work(winner)
        self._third_try(winner, loser)
        self._what_is_open(winner, loser)

    def _set_up(self) -> tuple[Actor, Actor]:
        self.screen.title("fleetfeed demo: one surface, two seats, one winner")
        self.screen.say(
            "What follows happens for real, in a throw-away folder: git, the hooks "
            "that `fleetfeed install` puts in, and a server that both seats push to."
        )
        one, two = self._seat("CAMBER-06"), self._seat("HEARTWOOD-03")
        self.screen.step("A server with an empty feed, and two clones of it")
        server = str(self.sandbox.folder / "server.git")
        one.must("git", "init", "-q", "--bare", "--template=", server)
        one.must("git", "clone", "-q", "--template=", server, ".")
        one.must(*fleetfeed("init"))
        one.must("git", "add", "feed")
        one.must("git", "commit", "-q", "-m", "Start the feed")
        one.must("git", "push", "-q", "-u", "origin", "HEAD:refs/heads/main")
        two.must("git", "clone", "-q", "--template=", server, ".")
        install = fleetfeed("install")
        keeper = one.start(*install, "--server", server)
        all_must(self.sandbox, keeper, one.start(*install), two.start(*install))
        self.screen.say(
            f"{one.name} and {two.name} ran `fleetfeed install`, and the server's "
            "keeper `fleetfeed install --server server.git`."
        )
        return (
            Actor(one, "CMB-0001", "push.mjs stops at the first refused transfer"),
            Actor(two, "HWD-0001", "push.mjs writes a log of its own"),
        )

    def _seat(self, name: str) -> Seat:
        folder = self.sandbox.folder / name
        folder.mkdir()
        return Seat(name, folder, self.sandbox)

    def _claims(self, actors: tuple[Actor, Actor]) -> None:
        self.screen.step(f"Both seats claim {SURFACE}")
        proof = {"SURFACE_KEY": SURFACE, "NO_OVERLAP_PROOF": "nobody else works on it"}
        for actor in actors:
            text = actor.write(1, "IN_PROGRESS", SUBJECT=actor.subject, **proof)
            self.screen.say(f"{actor.name} writes {actor.path(1)}")
            self.screen.quote(text.splitlines())
            self.screen.command(actor.name, "git add feed && git commit")
        all_must(self.sandbox, *(actor.commit() for actor in actors))
        self.screen.say(
            "Both commits pass: neither seat has heard of the other's claim yet."
        )

    def _race(self, actors: tuple[Actor, Actor]) -> tuple[Actor, Actor]:
        self.screen.step("Both push at the same moment")
        order = list(actors)
        SystemRandom().shuffle(order)
        pushes = {actor: actor.seat.start("git", "push", "-q") for actor in order}
        ends = {actor: self.sandbox.finish(push) for actor, push in pushes.items()}
        won = [actor for actor, end in ends.items() if end.returncode == 0]
        if len(won) != 1:
            who = "both pushes" if won else "neither push"
            raise DemoFailed(f"the demo went astray: {who} of the race went through")
        winner, loser = won[0], next(actor for actor in actors if actor not in won)
        self._must_be_at(winner)
        for actor in actors:
            self.screen.command(actor.name, "git push")
            if actor is winner:
                self.screen.quote(
                    [f"(accepted: {winner.item} is on the server)"], "green"
                )
            else:
                self.screen.quote(_gits_words(ends[loser]), "red")
        self.screen.say(
            "Both were built on the same commit. git moves a branch only from the "
            f"commit that the push was built on, so one landed: {winner.name} won, and "
            f"{loser.name} is not up to date."
        )
        return winner, loser

    def _second_try(self, winner: Actor, loser: Actor) -> None:
        self.screen.step(f"{loser.name} fetches, rebases and pushes again")
        loser.rebase()
        self.screen.command(loser.name, f"{_REBASE} && git push")
        collides = f"COLLIDE-WITH-{winner.item}"
        own = loser.seat.run("git", "push", "-q")
        _refused(own, collides)
        if _servers_words(own):
            what = f"the server was asked before {loser.name}'s own hook"
            raise failed(what, own.stdout)
        self.screen.say(
            f"{loser.name}'s own pre-push hook refuses this, before the server is "
            "asked. A hook in a clone is a courtesy that can be skipped:"
        )
        self.screen.command(loser.name, "git push --no-verify")
        bare = loser.seat.run("git", "push", "-q", "--no-verify")
        _refused(bare, f"remote: {loser.path(1)}")
        _refused(bare, collides)
        self._must_be_at(winner)
        self.screen.say("The server judges for itself. Its words:")
        self.screen.quote(_servers_words(bare), "red")

    def _work(self, winner: Actor) -> None:
        what = f"goes on with {winner.item}, on the same surface"
        self.screen.step(f"{winner.name} {what}")
        for number, state in enumerate(("IN_PROGRESS", "DONE"), 2):
            text = winner.write(number, state, SURFACE_KEY=SURFACE)
            all_must(self.sandbox, winner.commit())
            winner.seat.must("git", "push", "-q")
            self._must_be_at(winner)
            self.screen.say(f"{winner.name} writes {winner.path(number)}")
            self.screen.quote(text.splitlines())
            self.screen.command(winner.name, "git add feed && git commit && git push")
            self.screen.quote([f"(accepted: {winner.item} is {state})"], "green")
        self.screen.say(
            "An item never collides with itself, and DONE lets the surface go."
        )

    def _third_try(self, winner: Actor, loser: Actor) -> None:
        self.screen.step(f"{loser.name} pushes its claim once more")
        loser.rebase()
        loser.seat.must("git", "push", "-q")
        self._must_be_at(loser)
        self.screen.command(loser.name, f"{_REBASE} && git push")
        self.screen.quote([f"(accepted: {loser.item} is on the server)"], "green")
        self.screen.say(
            f"The same post as before, unchanged; {winner.item} no longer holds the "
            "surface."
        )

    def _what_is_open(self, winner: Actor, loser: Actor) -> None:
        self.screen.step("What is open")
        self.screen.command(winner.name, "fleetfeed active")
        listed = winner.seat.must(*fleetfeed("active"))
        if f"item={loser.item} " not in listed or f"item={winner.item} " in listed:
            raise failed("`active` does not say who holds what", listed)
        self.screen.quote(listed.splitlines())

    def _must_be_at(self, actor: Actor) -> None:
        """The server's feed ref is what `actor` has committed last."""
        mine = actor.seat.must("git", "rev-parse", "HEAD").strip()
        at = actor.seat.must("git", "ls-remote", "origin", "refs/heads/main")
        if not at.startswith(mine):
            raise failed(f"the server is not where {actor.name} is", at)


def _refused(push: Ended, words: str) -> None:
    if push.returncode == 0 or words not in push.stdout:
        raise failed(f"a push was not refused with {words}", push.stdout)


def _servers_words(push: Ended) -> list[str]:
    """What the server's hook said: git puts `remote: ` before each of its lines."""
    marked = [line for line in push.stdout.splitlines() if line.startswith("remote: ")]
    return [line.removeprefix("remote: ").rstrip() for line in marked]


def _gits_words(push: Ended) -> list[str]:
    """Why a push was turned down: git's own lines, or else those of the seat's hook."""
    lines = push.stdout.splitlines()
    errors = [line for line in lines if line.startswith(("remote: error: ", " ! "))]
    if errors:
        return [line.removeprefix("remote: ").strip() for line in errors]
    return [line for line in lines if not line.startswith("error: failed to push")]
