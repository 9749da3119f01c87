"""A post that lost the race waits in the inbox, and whoever lands something lands it."""

import subprocess
import time
from types import SimpleNamespace

import pytest
from harness.environment import command
from ledger.inbox_hosts import HOSTS, PLACES, Guarded, Host, text

from fleetfeed.git.process import Git
from fleetfeed.ledger import inbox
from fleetfeed.ledger.base import Unconfirmed
from fleetfeed.ledger.contract import Conflict, Ok
from fleetfeed.ledger.git import GitLedger
from fleetfeed.ledger.places import places
from fleetfeed.ledger.push import push_all, push_each
from fleetfeed.ledger.testing.faults import Scripted, after
from fleetfeed.ledger.testing.posts import OTHER, first, then
from fleetfeed.model.errors import CannotTell, Refused, Unknown
from fleetfeed.repo.repository import Repo as Feed
from fleetfeed.writing.api import FeedStore


def _made(request):
    made = HOSTS[request.param](request.getfixturevalue("fleet"))
    yield made
    made.close()


@pytest.fixture(params=HOSTS)
def anywhere(request):
    """Every kind of host."""
    yield from _made(request)


LARGE = [n if n == "bare" else pytest.param(n, marks=pytest.mark.large) for n in HOSTS]


@pytest.fixture(params=LARGE)
def host(request):
    """The same; all but the simplest are further cases."""
    yield from _made(request)


@pytest.fixture
def bare(fleet):
    made = Host(fleet)
    yield made
    made.close()


def posted(host, item="CMB-0100", key=OTHER, seat="ORA-01", **more):
    """Somebody else's post."""
    ok = host.store().append_if_match(item, 0, first(key, seat, **more))
    assert isinstance(ok, Ok)


def test_a_lone_writer_needs_no_more_than_before(host):
    store = host.store()
    for number in range(3):
        key = f"CAMBER:file:n{number}"
        assert store.append_if_match(f"CMB-000{number + 1}", 0, first(key)).tries == 1
    assert not host.merges()
    assert not host.waiting()
    assert len(host.places()) == 1


def test_what_lost_the_race_lands_as_it_was_made(anywhere):
    store = anywhere.store(after(lambda: posted(anywhere)))
    ok = store.append_if_match("CMB-0001", 0, first())
    assert isinstance(ok, Ok)
    assert ok.tries == 1
    assert [ok.commit] == anywhere.merges()
    assert ok.feed.item("CMB-0100").holder == "ORA-01"
    assert anywhere.item("CMB-0001")
    assert anywhere.item("CMB-0100")
    assert not anywhere.waiting()


def test_whoever_lands_something_lands_what_waits(anywhere):
    commit = anywhere.left()
    store = anywhere.store(after(lambda: posted(anywhere)))
    assert isinstance(store.append_if_match("CMB-0001", 0, first()), Ok)
    assert anywhere.item("ORA-0001") == [text("ORA-0001", "ORA:file:left")]
    assert commit in anywhere.truth.line("rev-list", "main").split()
    assert not anywhere.waiting()


def test_what_others_landed_is_known(host):
    """Another writer comes by while this one waits: its own post goes along."""
    late = host.store(after(lambda: posted(host)), after(lambda: None))
    other = host.store(after(lambda: _both(host, late)))
    assert isinstance(other.append_if_match("CMB-0002", 0, first("CAMBER:file:b")), Ok)
    assert host.item("CMB-0001")
    assert host.item("CMB-0002")


def _both(host, store):
    assert isinstance(store.append_if_match("CMB-0001", 0, first()), Ok)


def test_a_collision_has_one_winner_and_leaves_nothing_that_waits(host):
    store = host.store(after(lambda: posted(host, key="CAMBER:file:a")))
    with pytest.raises(Refused, match="ORA-01"):
        store.append_if_match("CMB-0001", 0, first("CAMBER:file:a"))
    assert not host.item("CMB-0001")
    assert not host.waiting()
    freed = host.store().append_if_match("CMB-0100", 1, then("DONE", "ORA-01"))
    assert isinstance(freed, Ok)
    posted(host, item="CMB-0101", key="CAMBER:file:c")
    assert not host.item("CMB-0001")


def test_another_post_of_the_same_item_is_a_conflict(host):
    store = host.store(after(lambda: posted(host, item="CMB-0001")))
    assert store.append_if_match("CMB-0001", 0, first()) == Conflict(
        "CMB-0001", 1, "ORA-01"
    )
    assert not host.waiting()


def test_a_colliding_post_that_waits_is_left_out(host):
    """Its owner is told; here the owner is gone, and it goes on waiting in vain."""
    posted(host, key="ORA:file:left")
    seat = host.left(item="ORA-0002", key="ORA:file:left")
    store = host.store(after(lambda: posted(host, "CMB-0101", "CAMBER:file:z")))
    assert isinstance(store.append_if_match("CMB-0001", 0, first()), Ok)
    assert not host.item("ORA-0002")
    assert seat in host.places().values()


def test_what_nobody_waits_for_any_more_is_put_away(host):
    host.left(made="2020-01-01T00:00:00Z")
    store = host.store(after(lambda: posted(host)))
    assert isinstance(store.append_if_match("CMB-0001", 0, first()), Ok)
    assert not host.item("ORA-0001")
    assert not host.waiting()


def put_away(host):
    """What somebody makes of posts that wait, who takes them for nobody's any more."""
    for ref in host.waiting():
        rest = ("-p", "main", "-m", "x", "main^{tree}")
        made = host.truth.line("commit-tree", "-p", ref, *rest)
        host.truth.git("update-ref", ref, made)


def test_who_finds_its_post_put_away_writes_it_anew(bare, monkeypatch):
    """Another took it for one that nobody waits for, by another clock."""
    monkeypatch.setattr("fleetfeed.ledger.inbox.time.sleep", lambda _: put_away(bare))
    store = bare.store(after(lambda: posted(bare)))
    ok = store.append_if_match("CMB-0001", 0, first())
    assert isinstance(ok, Ok)
    assert ok.tries == 2
    assert bare.clock.said == ["it was put away in the inbox"]
    assert len(bare.item("CMB-0001")) == 1
    assert not bare.waiting()


def test_who_was_not_told_that_its_post_waits_finds_it_put_away(bare, monkeypatch):
    def unheard(*given):
        monkeypatch.undo()
        push_each(*given)
        put_away(bare)
        return [Unconfirmed("the line was cut")] * 2

    monkeypatch.setattr("fleetfeed.ledger.inbox.push_each", unheard)
    ok = bare.store(after(lambda: posted_otherwise(bare))).append_if_match(
        "CMB-0001", 0, first()
    )
    assert (ok.again, ok.tries) == (False, 2)
    assert len(bare.item("CMB-0001")) == 1
    assert not bare.waiting()


def posted_otherwise(host):
    """A post of who knows nothing of an inbox, as by plain git."""
    seat = host.clone()
    seat.git("pull", "-q")
    seat.write("README.md", "about\n")
    seat.commit("a file", "--no-verify")
    seat.git("push", "-q", "--no-verify", "origin", "HEAD")


@pytest.mark.parametrize("many", [0, 2])
def test_who_has_waited_for_longer_is_given_the_time_to_land_it(
    bare, monkeypatch, many
):
    """Once for each of them; then nobody seems to be there."""
    earlier = f"{time.time() - 60:.0f} +0000"  # dates are in whole seconds
    for number in range(many):
        bare.left(f"ORA-000{number}", f"ORA:file:{number}", earlier)
    pauses = []
    clock = SimpleNamespace(**{**vars(time), "sleep": pauses.append})
    monkeypatch.setattr("fleetfeed.ledger.inbox.time", clock)
    store = bare.store(after(lambda: posted_otherwise(bare)))
    assert isinstance(store.append_if_match("CMB-0001", 0, first()), Ok)
    assert len(pauses) == 1 + many


def test_who_is_beaten_while_it_lands_what_waits_lands_it_at_the_next(
    bare, monkeypatch
):
    beaten = []

    def late(*given):
        if not beaten:
            beaten.append(posted_otherwise(bare))
        return push_all(*given)

    monkeypatch.setattr("fleetfeed.ledger.inbox.push_all", late)
    store = bare.store(after(lambda: posted(bare)))
    ok = store.append_if_match("CMB-0001", 0, first())
    assert (ok.tries, len(beaten)) == (1, 1)
    assert [ok.commit] == bare.merges()
    assert not bare.waiting()


def test_a_writer_has_one_place_however_often_it_waits(bare):
    others = [
        after(lambda n=n: posted(bare, f"CMB-010{n}", f"A:f:{n}")) for n in (1, 2)
    ]
    store = bare.store(*others)
    for number in (1, 2):
        key = f"CAMBER:file:{number}"
        assert store.append_if_match(f"CMB-000{number}", 0, first(key)).tries == 1
    assert len(bare.merges()) == 2


def test_a_clone_that_keeps_no_copy_of_the_feed_ref_lands_what_waits_too(bare):
    bare.left()
    seat = bare.clone()
    seat.git("config", "--unset", "remote.origin.fetch")
    ledger = bare.at(seat.folder)
    ok = FeedStore(Scripted(ledger, after(lambda: posted(bare)))).append_if_match(
        "CMB-0001", 0, first()
    )
    assert (isinstance(ok, Ok), ok.tries) == (True, 1)
    assert bare.item("ORA-0001") == [text("ORA-0001", "ORA:file:left")]
    assert not bare.waiting()


@pytest.mark.parametrize("answers", [0, 1, 2])
def test_a_host_that_answers_no_more_is_not_waited_for(bare, tmp_path, answers):
    """Whichever of its questions that was, in a clone as the one above."""
    seat = bare.clone()
    seat.git("config", "--unset", "remote.origin.fetch")
    posted(bare)
    bare.left()
    log, program = tmp_path / "asked", tmp_path / "upload-pack"
    program.write_text(
        f"#!/bin/sh\necho >>{log}\n[ $(wc -l <{log}) -gt {answers} ] && exec sleep 999\n"
        'exec git-upload-pack "$@"\n'
    )
    program.chmod(0o755)
    seat.git("config", "remote.origin.uploadpack", str(program))
    where = bare.at(seat.folder).where
    with pytest.raises(CannotTell):
        places(Feed(Git(seat.folder)), where, 2.0)


def test_a_post_that_is_dated_where_no_clock_is_waits_in_vain(bare):
    bare.left(made="2090-01-01T00:00:00Z")
    store = bare.store(after(lambda: posted(bare)))
    assert isinstance(store.append_if_match("CMB-0001", 0, first()), Ok)
    assert not bare.item("ORA-0001")
    assert not bare.waiting()


def test_nobody_gives_way_for_ever_to_what_nobody_can_land(bare):
    posted(bare, key="ORA:file:left")
    vain = bare.left(item="ORA-0002", key="ORA:file:left")
    rows = (f"create {PLACES}vain{number} {vain}\n" for number in range(400))
    bare.truth.git("update-ref", "--stdin", stdin="".join(rows))
    store = bare.store(after(lambda: posted(bare, "CMB-0101", "CAMBER:file:z")))
    assert isinstance(store.append_if_match("CMB-0001", 0, first()), Ok)


def test_what_cannot_be_withdrawn_may_land_yet(bare):
    """The host takes new places, and moves none."""
    hook = bare.truth.folder / "hooks/update"
    hook.write_text(
        "#!/bin/sh\ncase $1 in refs/heads/*) exit 0 ;; esac\n"
        "case $2 in *[!0]*) exit 1 ;; esac\n"
    )
    hook.chmod(0o755)
    store = bare.store(after(lambda: posted(bare, key="CAMBER:file:a")))
    with pytest.raises(Unknown, match=r"may wait in the inbox still: .*hook declined"):
        store.append_if_match("CMB-0001", 0, first("CAMBER:file:a"))
    assert len(bare.waiting()) == 1


def test_a_post_that_the_feed_ref_refuses_does_not_wait(bare):
    """The host takes places, and the feed ref is moved by others alone."""
    hook = bare.truth.folder / "hooks/update"
    hook.write_text("#!/bin/sh\ncase $1 in refs/heads/*) exit 1 ;; esac\n")
    hook.chmod(0o755)
    with pytest.raises(Refused, match="hook declined"):
        bare.store().append_if_match("CMB-0001", 0, first("CAMBER:file:a"))
    assert bare.waiting() == []


def test_who_is_interrupted_while_it_waits_takes_its_post_away(bare, monkeypatch):
    def interrupted(_):
        raise KeyboardInterrupt

    store = bare.store(after(lambda: posted(bare)))
    monkeypatch.setattr(inbox.time, "sleep", interrupted)
    with pytest.raises(KeyboardInterrupt):
        store.append_if_match("CMB-0001", 0, first("CAMBER:file:a"))
    assert bare.waiting() == []


@pytest.mark.parametrize("alone", [True, False])
def test_no_post_is_won_where_the_fleets_server_does_not_answer(fleet, alone):
    host = Guarded(fleet)
    server = host.truth
    policy = server.holds("feed/policy.yaml", "refs/heads/main")
    server.rewrite(f"{policy}server: {server.line('config', 'fleetfeed.server')}\n")
    posted(host, "CMB-0101", "CAMBER:file:z")

    def gone():
        if not alone:
            posted(host)
        (server.folder / "hooks/pre-receive").unlink()

    with pytest.raises(CannotTell, match="is not the fleet's server"):
        host.store(after(gone)).append_if_match("CMB-0001", 0, first())
    host.close()


def test_places_of_no_more_use_are_taken_away(bare):
    old = f"{PLACES}old"
    bare.truth.git("update-ref", old, "main~0")
    tree = bare.truth.line("rev-parse", "main^{tree}")
    date = {"GIT_COMMITTER_DATE": "2020-01-01T00:00:00Z"}
    gone = bare.truth.git(
        "commit-tree", "-p", "main~0", "-p", "main~1", "-m", "x", tree, env=date
    )
    bare.truth.git("update-ref", old, gone.stdout.strip())
    posted(bare)
    assert old not in bare.places()


def test_a_host_that_takes_no_places_is_pushed_to_as_ever(bare):
    hook = bare.truth.folder / "hooks/update"
    hook.write_text("#!/bin/sh\ncase $1 in refs/heads/*) ;; *) exit 1 ;; esac\n")
    hook.chmod(0o755)
    store = bare.store(after(lambda: posted(bare)))
    assert isinstance(store.append_if_match("CMB-0001", 0, first()), Ok)
    assert not bare.merges()
    assert not bare.places()


@pytest.mark.parametrize("named", [True, False])
def test_a_batch_that_is_refused_is_tried_without_whom_the_words_name(bare, named):
    """And alone where they name nobody."""
    bare.left(item="ORA-0001")
    bare.left(item="ORA-0002", key="ORA:file:other")
    hook = bare.truth.folder / "hooks/pre-receive"
    hook.write_text(
        "#!/bin/sh\nwhile read -r old new ref; do [ $ref = refs/heads/main ] || continue\n"
        f"git diff --name-only $old $new | grep {'' if named else '-q'} ORA-0001"
        " && exit 1\ndone\nexit 0\n"
    )
    hook.chmod(0o755)
    store = bare.store(after(lambda: posted(bare)))
    assert isinstance(store.append_if_match("CMB-0001", 0, first()), Ok)
    assert bool(bare.item("ORA-0002")) is named
    assert not bare.item("ORA-0001")


def test_an_earlier_run_of_the_command_does_not_land_as_well(bare):
    bare.left(key="ORA:file:x", message="left\n\nOP: once\n")
    again = first("ORA:file:y", "ORA-07", OP="once")
    assert isinstance(bare.store().append_if_match("ORA-0009", 0, again), Ok)
    assert not bare.waiting()
    posted(bare)
    assert not bare.item("ORA-0001")


def test_the_history_is_lawful(host):
    host.left()
    store = host.store(after(lambda: posted(host)))
    assert isinstance(store.append_if_match("CMB-0001", 0, first()), Ok)
    seat = host.clone()
    seat.git("pull", "-q")
    assert seat.fleetfeed("audit").ok


@pytest.mark.stress
def test_many_processes_land_all_they_have(host, stress):
    """Each in a number of its own; with one push for several of them."""
    seats = [host.clone() for _ in range(16 if stress else 4)]
    running = [
        subprocess.Popen(
            command("claim", "--new", "CMB", "--surface", f"CAMBER:file:s{n}",
                    "--proof", "nobody else", "--subject", "x", "--timeout", "60s"),
            cwd=seat.folder, env=seat.environment, text=True, stdout=subprocess.PIPE,
        )
        for n, seat in enumerate(seats)
    ]  # fmt: skip
    said = [each.communicate()[0] for each in running]
    assert [each.returncode for each in running] == [0] * len(seats)
    there = {path.split("/")[3] for path in host.files() if "/CMB-" in path}
    assert len(there) == len(seats)
    assert {text.split()[0] for text in said} == there
    assert not host.waiting()


def test_a_signed_post_lands_as_it_was_signed(signed):
    server = signed.fleet.server
    server.install("--no-queue")
    policy = server.holds("feed/policy.yaml", "refs/heads/main")
    server.rewrite(f"{policy}queue: inbox\n")
    since = server.line("rev-parse", "main")
    feeds = [Feed(Git(signed.seat(name).folder)) for name in ("CAMBER-06", "CAMBER-07")]
    mine, other = (GitLedger(feed) for feed in feeds)
    before = lambda: FeedStore(other).append_if_match(  # noqa: E731
        "CMB-0002", 0, first(OTHER, "CAMBER-07")
    )
    store = FeedStore(Scripted(mine, after(before)))
    ok = store.append_if_match("CMB-0001", 0, first())
    for feed in feeds:
        feed.objects.close()
    assert isinstance(ok, Ok)
    brought = server.line("rev-list", "--parents", "-1", "main").split()
    assert (ok.commit, len(brought)) == (brought[0], 3)
    assert "gpgsig" in server.line("cat-file", "commit", brought[2])
    assert server.fleetfeed("verify", "--since", since).ok
