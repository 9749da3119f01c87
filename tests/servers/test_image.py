"""examples/server: what its container file says is done, and a fleet lives on it."""

import subprocess
import tomllib
from pathlib import Path

import pytest
from harness import Address, Seat, clean
from harness.logins import pusher_policy
from harness.serving import HOST
from ruamel.yaml import YAML
from servers.fleet_there import new
from servers.host import written
from servers.image import FILE, TOP, Image, steps
from servers.openssh import make_key, needs_openssh

ENTRY = FILE.parent / "entry"
REPOSITORY = "srv/fleet/fleet.git"
SEATS = {"fleet": "FLEET-01", "alice": "CAMBER-06", "bob": "CAMBER-07"}
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJmDEuD1q2bYbUSEtkxVPlfyvw2LyoaRFTUp1d8K3mUH"
LINE = written("authorized_keys", {"ssh-ed25519 AAAA... alice": f"{KEY} alice"})


# What can be read.


def _steps(name):
    return [step.words for step in steps(FILE.read_text("utf-8")) if step.name == name]


def test_what_is_copied_is_there_and_root_does_not_serve():
    for words in _steps("COPY"):
        *sources, _ = (w for w in words.split() if not w.startswith("--"))
        assert all((TOP / source).exists() for source in sources)
    assert _steps("USER") == ["git"]


def test_all_that_the_wheel_is_made_of_is_copied():
    settings = tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))
    project = settings["project"]
    wheel = settings["tool"]["hatch"]["build"]["targets"]["wheel"]
    made_of = {"pyproject.toml", project["readme"], *project["license-files"]}
    made_of |= {*wheel["packages"], *wheel["force-include"], *wheel["shared-data"]}
    copied = [Path(word) for words in _steps("COPY") for word in words.split()]
    for name in map(Path, made_of):
        assert any(name.is_relative_to(there) for there in copied), name


def test_the_composition_lets_nobody_write_but_where_the_fleet_is():
    file = FILE.parent / "compose.yaml"
    (service,) = YAML(typ="safe").load(file.read_text("utf-8"))["services"].values()
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    targets = [volume.split(":", 1)[1] for volume in service["volumes"]]
    assert targets == ["/srv/fleet", "/srv/keys:ro"]
    assert (file.parent / service["build"]["context"]).resolve() == TOP
    assert TOP / service["build"]["dockerfile"] == FILE


@pytest.mark.parametrize(
    ("file", "text", "lines"),
    [
        ("alice.pub", f"{KEY} alice@laptop\n", LINE),
        ("alice.pub", f"{KEY}", LINE),
        ("alice.pub", f"{KEY}\r\n", LINE),
        ("alice.pub", f"# mine\n\n{KEY} one\n{KEY} two\n", LINE + LINE),
        ("alice.pub", f'command="sh" {KEY}\n', ""),
        ("alice.pub", f"restrict,pty {KEY}\n", ""),
        ("alice.pub", f",pty {KEY}\n", ""),
        ("alice.pub", "-----BEGIN OPENSSH PRIVATE KEY-----\n", ""),
        ("alice", f"{KEY}\n", ""),
        ("x;id.pub", f"{KEY}\n", ""),
        ("two words.pub", f"{KEY}\n", ""),
        ("$(id).pub", f"{KEY}\n", ""),
        ("-n.pub", f"{KEY}\n", ""),
        (".pub", f"{KEY}\n", ""),
        ("al\nice.pub", f"{KEY}\n", ""),
    ],
)
def test_the_keys_that_may_log_in(file, text, lines, tmp_path):
    """Each line is that of docs/servers.md, whatever the files hold."""
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / file).write_text(text, newline="")
    script = ENTRY.read_text("utf-8")
    assert "\nkeys=/srv/keys\n" in script
    here = tmp_path / "entry"
    here.write_text(script.replace("keys=/srv/keys\n", f"keys='{tmp_path}/keys'\n"))
    asked = ("sh", str(here), "keys")
    done = subprocess.run(asked, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == (lines, "")


def test_no_keys_are_no_lines(tmp_path):
    here = tmp_path / "entry"
    script = ENTRY.read_text("utf-8")
    here.write_text(script.replace("keys=/srv/keys\n", f"keys='{tmp_path}/none'\n"))
    assert subprocess.check_output(("sh", str(here), "keys"), text=True) == ""


def test_what_sshd_allows():
    text = (FILE.parent / "sshd_config").read_text("utf-8")
    rows = [line.split(maxsplit=1) for line in text.splitlines() if line]
    said = {row[0]: row[1] for row in rows if row[0] != "#"}
    for one in ("PasswordAuthentication", "KbdInteractiveAuthentication", "PermitTTY"):
        assert said[one] == "no"
    assert said["AcceptEnv"] == "GIT_PROTOCOL"
    assert said["AuthorizedKeysFile"] == "none"


# What is built and run. It takes half a minute to build, so one test plays it all.


class World:
    """The server under way, and the clones of those who have a key for it."""

    def __init__(self, image, folder, port):
        self.image, self.folder, self.port = image, folder, port
        self.clones = {}

    def let_in(self, login):
        key = make_key(self.folder / login)
        (self.image.folder / "keys" / f"{login}.pub").write_text(key)

    def ssh(self, login, *words):
        there = ("ssh", *self._options(login), "-p", str(self.port), f"git@{HOST}")
        return subprocess.run(
            (*there, *words),
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    def clone(self, login):
        ssh = " ".join(("ssh", *self._options(login)))
        url = f"ssh://git@{HOST}:{self.port}/{REPOSITORY}"
        address = Address(url, {"core.sshCommand": ssh, "ssh.variant": "ssh"})
        seat = address.clone(self.folder / f"{login}-clone")
        seat.git("config", "user.name", login)
        return Seat(seat.folder, clean(FLEETFEED_SEAT=SEATS[login]))

    def _options(self, login):
        known = f"UserKnownHostsFile={self.folder}/known_hosts"
        new = ("-o", "StrictHostKeyChecking=accept-new", "-o", known)
        only = ("-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes")
        return ("-F", "/dev/null", "-i", str(self.folder / login), *new, *only)

    def begin(self):
        """The feed's start by the steward, who has the server ask who pushes."""
        steward = self.clone("fleet")
        steward.fleetfeed("init")
        policy = steward.folder / "feed/policy.yaml"
        logins = ", ".join(f"{login}: [{seat}]" for login, seat in SEATS.items())
        policy.write_text(pusher_policy(policy.read_text(), logins))
        steward.commit("start the feed")
        said = steward.git("push", "-u", "origin", "HEAD").said
        assert "judged by server" in said
        self.clones |= {login: self.clone(login) for login in ("alice", "bob")}


def a_fleet_lives_there(world):
    alice, bob = world.clones["alice"], world.clones["bob"]
    item = alice.fleetfeed("claim", *new("hers")).stdout.split()[0]
    refused = bob.fleetfeed("claim", item, ok=False)
    assert "held since" in refused.stderr
    alice.fleetfeed("done", item)


def a_login_speaks_for_its_own_seat_alone(world):
    bob = Seat(world.clones["bob"].folder, clean(FLEETFEED_SEAT="CAMBER-06"))
    assert bob.fleetfeed("claim", *new("not-his"), ok=False).refusals == {"FF601"}


def the_doctor_finds_it_in_order(world):
    alice = world.clones["alice"]
    alice.git("config", "fleetfeed.seat", "CAMBER-06")
    said = alice.fleetfeed("doctor", ok=None).stdout
    assert "you are login alice, who speaks for CAMBER-06" in said


def nobody_has_a_shell(world):
    log = ("git", "-C", f"/{REPOSITORY}", "log")
    for words in ("id",), log, ("sh", "-c", "id"), ():
        said = world.ssh("alice", *words)
        assert said.returncode != 0, words
        assert not said.stdout


def nobody_comes_in_without_a_key(world):
    make_key(world.folder / "mallory")
    said = world.ssh("mallory", "git-upload-pack", f"/{REPOSITORY}")
    assert "Permission denied (publickey)" in said.stderr


def who_is_taken_off_the_list_is_out(world):
    world.let_in("carol")
    ask = ("git-upload-archive", f"/{REPOSITORY}")
    assert "Permission denied" not in world.ssh("carol", *ask).stderr
    (world.image.folder / "keys/carol.pub").unlink()
    assert "Permission denied (publickey)" in world.ssh("carol", *ask).stderr


def it_is_the_same_host_and_server_after_a_new_start(world):
    image = world.image
    key = image.folder / "fleet/.ssh/host_ed25519.pub"
    config = image.folder / "fleet/fleet.git/config"
    before = key.read_text(), config.read_text()
    with image.serving(world.folder / "second-log"):
        pass
    assert (key.read_text(), config.read_text()) == before


def root_is_refused(world):
    words = ("/usr/lib/fleetfeed/server", "serve")
    done = subprocess.run(
        world.image.within("run", *words), capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "root serves nobody" in done.stderr


def nothing_is_written_but_on_its_volume(world):
    """As composed: neither by a client nor by what it would run."""
    words = ("touch", "/etc/x", "/opt/fleetfeed/x", "/srv/keys/x", "/srv/fleet/x")
    done = subprocess.run(
        world.image.within("run", *words), capture_output=True, text=True, check=False
    )
    assert done.stderr.count("Read-only file system") == 3
    assert (world.image.folder / "fleet/x").exists()


PLAYED = (
    a_fleet_lives_there,
    a_login_speaks_for_its_own_seat_alone,
    the_doctor_finds_it_in_order,
    nobody_has_a_shell,
    nobody_comes_in_without_a_key,
    who_is_taken_off_the_list_is_out,
    it_is_the_same_host_and_server_after_a_new_start,
    root_is_refused,
    nothing_is_written_but_on_its_volume,
)


@pytest.mark.timeout(900)
def test_what_is_built_serves_a_fleet(tmp_path):
    needs_openssh()
    image, people = Image(tmp_path / "image"), tmp_path / "people"
    for folder in (image.folder, people):
        folder.mkdir()
    # The account must be able to enter what it serves.
    for folder in (image.folder, *image.folder.parents[:3]):
        folder.chmod(0o755)
    image.build()
    with image.serving(people / "log") as port:
        world = World(image, people, port)
        assert "nobody can log in yet" in (people / "log").read_text()
        # Each is let in by the file alone: the server is not started anew.
        for login in SEATS:
            world.let_in(login)
        world.begin()
        for play in PLAYED:
            play(world)
