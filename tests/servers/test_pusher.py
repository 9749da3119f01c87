"""Who pushes, as each server says it: a seat for its login, and for nobody else.

What a client sends along is no word of the server's: variables over SSH, headers over
HTTP, settings and push options.
"""

import re
from contextlib import contextmanager

import pytest
from harness import Seat, clean, path, post
from harness.logins import pusher_policy
from servers.forced_command import forced_command
from servers.gitolite import gitolite
from servers.web import apache, web

from fleetfeed.doctor import identity
from fleetfeed.doctor.feed_ref import feed_of
from fleetfeed.git.process import Git
from fleetfeed.repo import repository

# What is recorded for each server, and a login that the policy gives no seat.
SOURCES = {
    forced_command: "forced-command", gitolite: "gitolite", web: "http", apache: "http"
}  # fmt: skip
SEATS = {"fleet": "FLEET-01", "alice": "CAMBER-06", "mallory": "CAMBER-07"}
STRANGER = "stranger"
LOGINS = ", ".join(f'{login}: [{seat}, "{seat}/*"]' for login, seat in SEATS.items())
NEW = ("claim", "--new", "CMB", "--proof", "new work", "--subject", "x", "--surface")
# More than docs/servers.md allows a client to set.
LOOSE = "GIT_PROTOCOL GL_USER FLEETFEED_PUSHER REMOTE_USER"
VARIABLES = "GL_USER=alice FLEETFEED_PUSHER=alice REMOTE_USER=alice"
HEADERS = ("Remote-User", "REMOTE_USER", "X-Remote-User", "X-Forwarded-User")


@contextmanager
def begun(kind, account, folder):
    """A server of this kind, and a clone of each user's, in a fleet that asks."""
    (folder / "keys").mkdir()
    loose = {} if SOURCES[kind] == "http" else {"accepted": LOOSE}
    users = (*SEATS, STRANGER)
    here = account.at(f"pushers-{kind.__name__}")
    with kind(here, folder / "keys", users, **loose) as host:
        record = ("--pusher-from", SOURCES[kind])
        host.fleetfeed("install", "--server", host.folder, *record)
        steward = joined(host, folder, "fleet")
        steward.fleetfeed("init", "--steward", "FLEET-01")
        policy = steward.folder / "feed/policy.yaml"
        policy.write_text(pusher_policy(policy.read_text(), LOGINS))
        steward.commit("start the feed")
        steward.git("push", "-q", "-u", "origin", "HEAD")
        yield (
            host,
            {"fleet": steward}
            | {user: joined(host, folder, user) for user in users if user != "fleet"},
        )


def joined(host, folder, user, seat=None):
    clone = host.address(user).clone(folder / user)
    clone.git("config", "user.name", user)
    return as_seat(clone, seat or SEATS.get(user, "CAMBER-06"))


def as_seat(clone, seat):
    return Seat(clone.folder, clean(FLEETFEED_SEAT=seat))


@pytest.mark.parametrize(
    "kind",
    [pytest.param(k, marks=pytest.mark.large if k is not web else []) for k in SOURCES],
)
def test_a_login_has_its_seat_and_no_other(account, kind, tmp_path):
    with begun(kind, account, tmp_path) as (host, users):
        alice, mallory, stranger = users["alice"], users["mallory"], users[STRANGER]
        item = alice.fleetfeed(*NEW, "CAMBER:job:hers").stdout.split()[0]
        tip = host.git("rev-parse", "HEAD")
        impostor = as_seat(mallory, "CAMBER-06")
        refused = impostor.fleetfeed("done", item, ok=False)
        assert refused.refusals == {"FF601"}, refused
        assert "login mallory may not speak for CAMBER-06" in refused.stderr
        refused = stranger.fleetfeed(*NEW, "CAMBER:job:other", ok=False)
        assert refused.refusals == {"FF607"}, refused
        assert f"login {STRANGER} is given no seat" in refused.stderr
        push = by_hand(host, kind, impostor)
        refused = impostor.git(*push, ok=False)
        assert refused.refusals == {"FF601"}, refused
        refused = beat(impostor, item, ok=False)
        assert refused.refusals == {"FF614"}, refused
        assert host.git("rev-parse", "HEAD") == tip
        assert [taken_for(users[user]) for user in users] == [
            ("ok", "fleet"), ("ok", "alice"), ("ok", "mallory"), ("bad", STRANGER)
        ]  # fmt: skip
        host.git("config", "--unset", "fleetfeed.pusherFrom")
        refused = alice.fleetfeed("done", item, ok=False)
        assert refused.refusals == {"FF607"}, refused
        assert "has not recorded where logins come from" in refused.stderr
        host.git("config", "fleetfeed.pusherFrom", SOURCES[kind])
        alice.git("pull", "-q", "--ff-only")
        assert f"heard {item}" in beat(alice, item, ok=True).stderr
        alice.fleetfeed("done", item)
        if kind is forced_command:
            it_matters_which_is_recorded(host, impostor, push)


def it_matters_which_is_recorded(host, impostor, push):
    """A variable that no way in sets is the client's, where sshd accepts it."""
    host.git("config", "fleetfeed.pusherFrom", "http")
    impostor.git("pull", "-q", "--rebase")
    impostor.git(*push)


def by_hand(host, kind, impostor):
    """The push of a post that no command wrote, with all that a client can say."""
    host.git("config", "receive.advertisePushOptions", "true")
    impostor.git("pull", "-q", "--ff-only")
    impostor.write(path("CMB-0009"), post(item="CMB-0009", seat="CAMBER-06"))
    impostor.commit("a post by hand", "--no-verify")
    options = ("-c", f"fleetfeed.pusherFrom={SOURCES[kind]}")
    if SOURCES[kind] == "http":
        said = (f"http.extraHeader={name}: alice" for name in HEADERS)
        options += tuple(word for one in said for word in ("-c", one))
    else:
        options += host.address("mallory", "-o", f"SetEnv={VARIABLES}").options
    push = ("push", "--no-verify", "-o", "FLEETFEED_PUSHER=alice", "origin", "HEAD")
    return *options, *push


def beat(seat, item, ok):
    """A sign of life of whoever holds `item`, pushed by plain git."""
    (op,) = re.findall(r"^OP: (.*)$", seat.holds(path(item)), re.MULTILINE)
    text = f"ITEM: {item}\nEPOCH: 1\nOP: {op}\nBEAT: 0\n"
    blob = seat.git("hash-object", "-w", "--stdin", stdin=text).stdout.strip()
    return seat.git("push", "origin", f"+{blob}:refs/fleetfeed/beats/{item}", ok=ok)


def taken_for(seat):
    """What the doctor's row says: its status, and the login."""
    seat.git("config", "fleetfeed.seat", seat.environment["FLEETFEED_SEAT"])
    git = Git(seat.folder, seat.environment)
    (row,) = identity.tried(feed_of(repository.Repo(git)))
    return row.status, re.search(r"login (\w+)", row.sentence)[1]
