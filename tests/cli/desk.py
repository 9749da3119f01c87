"""A seat at its clone, who gives commands: each runs here, and says how it ended.

Starting Python for each of some hundred commands would be most of these tests' time.
"""

from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner
from harness import Fleet, Result, Seat
from harness.answers import flat

from fleetfeed.cli.main import cli

PROOF = "nobody else works on it"


@dataclass(frozen=True)
class Desk:
    """The clone of a seat, and a folder from where the seat gives commands."""

    name: str
    seat: Seat
    folder: Path

    def at(self, folder):
        """The same seat in another folder."""
        return Desk(self.name, self.seat, Path(folder))

    def __call__(self, *args, code=0, **env):
        """Run `fleetfeed args`, which must end with `code` (None: anyhow)."""
        around = {"FLEETFEED_SEAT": self.name, **env}
        with chdir(self.folder):
            ended = CliRunner().invoke(cli, args, env=around, prog_name="fleetfeed")
        result = Result(args, ended.exit_code, ended.stdout, ended.stderr)
        assert code is None or ended.exit_code == code, result
        return result

    def json(self, *args, code=0, **env):
        """The same with `--json`: the document, its first item's keys beside its own."""
        result = self(*args, "--json", code=code, **env)
        document = flat(result.stdout)
        assert code is None or document["code"] == code
        assert result.stderr == ""
        return document

    def reserve(self, *args, key=None):
        """File an item; its id."""
        return self("reserve", *_work(key), *args).stdout.partition("\n")[0]

    def new(self, *args, key=None):
        """Claim a new item; its id."""
        return self("claim", "--new", *_work(key), *args).stdout.partition("\n")[0]

    def item(self, item):
        """The item's newest state, as `show` has it."""
        return self.json("show", item)


def _work(key):
    surface = () if key is None else ("--surface", key, "--proof", PROOF)
    return ("CMB", "--subject", "a piece of work", *surface)


@dataclass(frozen=True)
class Desks:
    """The desks of a fleet, and what is on its server."""

    fleet: Fleet

    @classmethod
    def unguarded(cls, fleet):
        """The fleet, its server without the hook."""
        fleet.server.disarm()
        return cls(fleet)

    def copy(self, folder):
        """A copy of all as it is."""
        return Desks(self.fleet.copy(folder))

    def of(self, name):
        """The desk of a seat."""
        seat = self.fleet.seat(name.replace("/", "~"))
        return Desk(name, seat, seat.folder)

    def seed(self, files):
        """Push files as any program could; later clones have them."""
        seat = self.fleet.first()
        for path, text in files.items():
            seat.write(path, text)
        seat.commit("seeds", "--no-verify")
        seat.push("HEAD:refs/heads/main", "--no-verify")
        seat.git("pull", "-q", "--ff-only")

    def posts(self):
        """Path and text of each post and note on the server, read by plain git."""
        server = self.fleet.server
        listed = server.git("ls-tree", "-r", "--name-only", "-z", "main").stdout
        names = [n for n in listed.split("\0") if n.startswith("feed/")]
        texts = {name: server.holds(name, "main") for name in names}
        return {n: t for n, t in texts.items() if n != "feed/policy.yaml"}

    def note(self):
        """The text of the one note on the server."""
        (text,) = (t for n, t in self.posts().items() if n.startswith("feed/notes/"))
        return text

    def tip(self):
        """The commit at the feed ref."""
        return self.fleet.server.tip("main")


def written(key):
    """A surface as answers have it."""
    return {"text": key, "key": key.lower().replace("/", ":")}


def post_of(document):
    """What tells a post from others in an answer."""
    return document["item"], document["number"], document["path"]
