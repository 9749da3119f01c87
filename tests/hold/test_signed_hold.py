"""`hold` in a fleet that signs: by a certificate that lasts, ends, or is renewed."""

import os
import pty
import shutil
import subprocess
import time

import pytest
from harness import command
from harness.signing import between, ssh_keygen

from fleetfeed.git.process import Git
from fleetfeed.model.errors import CannotTell
from fleetfeed.repo.repository import Repo
from fleetfeed.writing.beat_objects import beat_objects

SEAT = "CAMBER-06"
NEW = ("--new", "CMB", "--subject", "held work")


@pytest.fixture
def by_certificate(signed):
    """Has a clone of CAMBER-06 sign by a certificate that ends in so many seconds."""

    def give(seconds, serial=1):
        now = int(time.time())
        valid = between(now - 3600, now + seconds)
        issued = signed.certificate(SEAT, key="stranger", serial=serial, valid=valid)
        seat = signed.fleet.seat(SEAT)
        own = seat.folder / ".git/seat-key"
        for name in ("", ".pub", "-cert.pub"):
            shutil.copy(
                f"{str(issued.file).removesuffix('-cert.pub')}{name}", f"{own}{name}"
            )
        seat.git("config", "fleetfeed.signingKey", str(own))
        return seat

    return give


def objects(seat, item="CMB-0001"):
    seat.git("fetch", "-q")
    repo = Repo(Git(seat.folder))
    return beat_objects(repo.git, repo.snapshot(seat.tip("origin/main")), item)


def test_a_certificate_that_outlives_the_lease_is_not_spoken_of(by_certificate):
    seat = by_certificate(7200)
    said = seat.fleetfeed("hold", "--lease", "1h", *NEW, "--", "true")
    assert "certificate" not in said.stderr


@pytest.mark.parametrize("lease", ["1d", "none"])
def test_one_that_does_not_is_to_be_renewed(signed, by_certificate, lease):
    if lease == "none":
        steward = signed.seat("FLEET-01")
        text = steward.holds("feed/policy.yaml")
        text = text.replace("indefinite: false", "indefinite: true")
        steward.write("feed/policy.yaml", text)
        steward.commit("leases without end")
        steward.push()
    seat = by_certificate(7200, serial=77)
    said = seat.fleetfeed("hold", "--lease", lease, *NEW, "--", "true")
    assert f"certificate 77 of {SEAT}" in said.stderr
    assert "before the lease does; put a new one in its place by then" in said.stderr


def test_a_certificate_is_read_anew_for_each_beat(by_certificate):
    seat = by_certificate(7200)
    seat.fleetfeed("claim", *NEW)
    made = objects(seat)
    first = made.following()
    by_certificate(-60, serial=8)
    with pytest.raises(CannotTell, match=f"certificate 8 of {SEAT} .* expired at"):
        made.following()
    by_certificate(7200, serial=9)
    assert made.following() != first


def test_who_cannot_sign_any_more_stops_as_one_that_is_not_heard(by_certificate):
    seat = by_certificate(6)
    began = time.monotonic()
    said = seat.fleetfeed("hold", "--lease", "6s", *NEW, "--", "sleep", "600", ok=False)
    assert said.returncode == 3
    assert "expired at" in said.stderr
    assert "nothing was heard from the remote until the lease was over" in said.stderr
    assert 5 < time.monotonic() - began < 60
    assert "owner=CAMBER-06" in seat.fleetfeed("show", "CMB-0001", "--offline").stdout


def test_no_beat_asks_the_terminal_that_the_command_has(by_certificate):
    seat = by_certificate(7200)
    own, secret = seat.folder / ".git/seat-key", "a passphrase"
    ssh_keygen("-q", "-p", "-P", "", "-N", secret, "-f", own)
    top, terminal = pty.openpty()
    held = subprocess.Popen(
        command("hold", *NEW, "--", "touch", "begun"),
        cwd=seat.folder, env={**seat.environment, "SSH_AUTH_SOCK": ""},
        stdin=terminal, stdout=terminal, stderr=terminal,
        preexec_fn=lambda: os.login_tty(os.dup(terminal)),  # noqa: PLW1509 - one thread
    )  # fmt: skip
    os.close(terminal)
    said = _typed(top, secret)
    assert held.wait() == 3, said
    assert "by which nothing can be signed" in said
    assert "`ssh-add " in said
    assert "holding" not in said
    assert "0 open" in seat.fleetfeed("active").said
    assert not (seat.folder / "begun").exists()


def _typed(top, secret):
    """All that a terminal shows, whose user types the passphrase when asked."""
    said = ""
    while True:
        try:
            new = os.read(top, 9999).decode()
        except OSError:  # nobody has the other end any more
            os.close(top)
            return said
        said += new
        if "Enter passphrase" in new:
            os.write(top, f"{secret}\n".encode())


@pytest.mark.large
@pytest.mark.timeout(300)
def test_signed_beats_keep_a_claim_alive_for_a_minute(signed, by_certificate):
    seat = by_certificate(600)
    flags = ("--lease", "6s", *NEW)
    said = seat.fleetfeed("hold", *flags, "--", "sleep", "60")
    assert "no sign of life" not in said.stderr
    posts = signed.fleet.server.git("ls-tree", "-r", "--name-only", "main", "feed/CMB")
    assert len(posts.stdout.split()) == 2
