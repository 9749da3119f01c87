"""The queue as plain git meets it: pushes to `refs/for/feed` of a guarded server."""

import random
import sys
import time

import pytest
from harness import Repo, claim, path, post
from harness.fleet import MAIN, Server

from fleetfeed.model import pusher
from fleetfeed.model.server import (
    FORMER_TIPS,
    QUEUE_AWAY,
    QUEUE_CANNOT_TELL,
    QUEUE_REF,
    QUEUE_REFUSED,
    landed,
)
from fleetfeed.queue import follower


@pytest.fixture
def server(fleet):
    return fleet.server


@pytest.fixture
def seat(fleet):
    return fleet.seat()


def commit(seat, files, on="origin/main", message="a push"):
    """A commit of `files` on `on`, beside what is checked out; its id."""
    seat.git("checkout", "-q", "--detach", on)
    for name, text in files.items():
        seat.stage(name, text)
    seat.git("commit", "-q", "--no-verify", "-m", message)
    return seat.line("rev-parse", "HEAD")


def filed(item):
    return {path(item): post(item=item)}


def push(seat, *specs, ok=True, options=()):
    """What the server says of a push of `specs`; the names of the words that matter."""
    args = ("push", "--no-verify", "--porcelain", *options, "origin", *specs)
    done = seat.git(*args, ok=ok)
    words = [
        line.removeprefix("remote: ").rstrip() for line in done.stderr.splitlines()
    ]
    return words, done.stdout


def queued(seat, commit, ok=True):
    return push(seat, f"{commit}:{QUEUE_REF}", ok=ok)


def on_feed(server):
    return server.line("rev-parse", MAIN)


def test_the_reasons_are_the_same_on_both_sides():
    """A follower imports nothing of fleetfeed's, so it has a copy."""
    assert follower.AWAY == QUEUE_AWAY
    assert follower.CANNOT_TELL.decode() == QUEUE_CANNOT_TELL
    assert {*follower.TELL_WHO} >= {*pusher.SOURCES.values()}
    deploy_keys = {key for keys in pusher.DEPLOY_KEYS.values() for key in keys}
    assert {*follower.TELL_WHO} >= deploy_keys


def test_what_is_lawful_lands_and_whoever_pushed_is_told_where(server, seat):
    base = seat.line("rev-parse", "origin/main")
    first = commit(seat, filed("CMB-0001"), base)
    second = commit(seat, filed("CMB-0002"), base)
    words, _ = queued(seat, first)
    assert landed(words).commit == first == on_feed(server)
    words, _ = queued(seat, second)
    merge = on_feed(server)
    assert landed(words).commit == merge
    assert server.line("rev-parse", f"{merge}^1", f"{merge}^2").split() == [
        first,
        second,
    ]
    # Again: nothing is done twice, and the answer is the same.
    words, _ = queued(seat, second)
    assert landed(words).commit == merge == on_feed(server)
    # No ref of that name is left, and the rest is as plain git has it.
    assert server.git("for-each-ref", "refs/for").stdout == ""
    seat.git("pull", "-q", "--no-rebase", "origin", "main")
    assert seat.line("rev-parse", "HEAD") == merge


def test_what_is_unlawful_is_turned_down_with_the_judges_words(server, seat):
    base = seat.line("rev-parse", "origin/main")
    queued(
        seat, commit(seat, {path("CMB-0001"): claim("CMB-0001", "CAMBER:page:a")}, base)
    )
    before = on_feed(server)
    other = commit(seat, {path("CMB-0002"): claim("CMB-0002", "CAMBER:page:a")}, base)
    words, rows = queued(seat, other, ok=False)
    assert f"({QUEUE_REFUSED})" in rows
    assert any("FF401" in word and "CMB-0001" in word for word in words)
    assert landed(words) is None
    assert on_feed(server) == before


@pytest.mark.parametrize("atomic", [(), ("--atomic",)])
def test_what_is_for_the_queue_is_pushed_by_itself(server, seat, atomic):
    """All or nothing could not be kept: what has landed is not taken back."""
    base = seat.line("rev-parse", "origin/main")
    good = commit(seat, filed("CMB-0001"), base)
    specs = (f"{good}:{QUEUE_REF}", f"{base}:refs/heads/topic")
    words, _ = push(seat, *specs, options=atomic, ok=False)
    assert any("FF411" in word and "refs/heads/topic" in word for word in words)
    assert on_feed(server) == base
    assert server.git("for-each-ref", "refs/heads/topic").stdout == ""
    words, _ = push(seat, specs[0], options=atomic)
    assert landed(words).commit == good


@pytest.mark.parametrize(
    ("specs", "code"),
    [
        (f"{{c}}:{QUEUE_REF} {{c}}:{MAIN}", "FF411"),
        (f"{{c}}:{QUEUE_REF} {{b}}:refs/fleetfeed/beats/CMB-0001", "FF411"),
        (f"{{c}}:{QUEUE_REF}/mine", "FF407"),
        (f":{QUEUE_REF}", "FF407"),
        (f"{{b}}:{QUEUE_REF}", "FF405"),
    ],
)
def test_what_is_no_push_to_the_queue_is_refused(server, seat, specs, code):
    here = {
        "c": commit(seat, filed("CMB-0001")),
        "b": seat.git("hash-object", "-w", "--stdin", stdin="x").stdout.strip(),
    }
    before = server.git("for-each-ref").stdout
    words, _ = push(seat, *specs.format(**here).split(), ok=False)
    assert any(code in word for word in words), words
    assert server.git("for-each-ref").stdout == before


def test_without_a_queue_its_ref_is_refused(server, seat):
    server.install("--no-queue")
    words, _ = queued(seat, commit(seat, filed("CMB-0001")), ok=False)
    assert any("FF407" in word for word in words)
    # The setting alone is not enough, nor is the hook.
    server.git("config", "receive.procReceiveRefs", "refs/for")
    _, rows = queued(seat, commit(seat, filed("CMB-0001")), ok=False)
    assert "rejected" in rows
    assert server.git("for-each-ref", "refs/for").stdout == ""


def test_a_queue_that_lost_its_setting_lets_no_such_ref_come_to_be(server, seat):
    server.git("config", "--unset-all", "receive.procReceiveRefs")
    words, _ = queued(seat, commit(seat, filed("CMB-0001")), ok=False)
    assert any("FF407" in word for word in words)
    assert server.git("for-each-ref", "refs/for").stdout == ""


def test_what_is_large_is_judged_before_it_is_let_in(server, seat):
    noise = random.Random(1).randbytes(1_500_000)  # noqa: S311 - no secret
    items = [f"CMB-{n:04d}" for n in range(1, 60)]
    files = {path(item): post(item=item) for item in items}
    large = commit(seat, {**files, "feed/noise": noise})
    words, rows = queued(seat, large, ok=False)
    assert "pre-receive hook declined" in rows
    assert any("FF020" in word for word in words)
    assert server.git("cat-file", "-e", large, ok=None).returncode
    # A pack that is not is judged once.
    bad = commit(seat, {**files, path("CMB-0060"): "ITEM: ["})
    words, rows = queued(seat, bad, ok=False)
    assert QUEUE_REFUSED in rows
    assert any("FF006" in word for word in words)
    good = commit(seat, files)
    words, _ = queued(seat, good)
    assert landed(words).commit == good == on_feed(server)


def test_who_may_not_move_the_feed_ref_may_not_by_the_queue(server, seat):
    """Gitolite's rules are in `update`, which git asks about the refs it moves."""
    hook = server.write("hooks/update", '#!/bin/sh\necho "$@" >>asked\n[ ! -e no ]\n')
    hook.chmod(0o755)
    base = on_feed(server)
    first = commit(seat, filed("CMB-0001"), base)
    queued(seat, first)
    assert (server.folder / "asked").read_text() == f"{MAIN} {base} {first}\n"
    (server.folder / "no").touch()
    second = commit(seat, filed("CMB-0002"), first)
    _, rows = queued(seat, second, ok=False)
    assert "pre-receive hook declined" in rows
    assert on_feed(server) == first
    # All that comes is asked about, from where the feed is: a rule may be of paths.
    (server.folder / "no").unlink()
    third = commit(seat, filed("CMB-0003"), second)
    queued(seat, third)
    *_, last = (server.folder / "asked").read_text().splitlines()
    assert last == f"{MAIN} {first} {third}"


def test_a_name_that_no_leader_hears_is_said_at_once(server, seat):
    seat.environment["FLEETFEED_PUSHER"] = "x" * 40_000
    words, rows = queued(seat, commit(seat, filed("CMB-0001")), ok=False)
    assert f"({QUEUE_AWAY})" in rows
    assert any("FLEETFEED_PUSHER has 40000 bytes" in word for word in words)


def test_another_ref_that_git_hands_to_us_is_no_queues(server, seat):
    """What pre-receive does for the queue's ref, it does for no other."""
    server.git("config", "--add", "receive.procReceiveRefs", "refs/for")
    before = on_feed(server)
    given = f"{commit(seat, filed('CMB-0001'))}:refs/for/more"
    words, rows = push(seat, given, ok=False)
    assert f"({QUEUE_AWAY})" in rows, words
    assert on_feed(server) == before


def test_a_work_tree_is_not_left_behind(server, seat):
    """git turns down a push to a branch that somebody has checked out there."""
    server.git("worktree", "add", "-q", "../checkout", "main")
    before = on_feed(server)
    words, rows = queued(seat, commit(seat, filed("CMB-0001")), ok=False)
    assert f"({QUEUE_AWAY})" in rows, words
    assert on_feed(server) == before
    server.git("worktree", "remove", "../checkout")
    queued(seat, commit(seat, filed("CMB-0001")))


def test_a_namespace_has_no_queue(server, seat):
    """Whoever may push to that alone moves no ref beside it."""
    before = server.git("for-each-ref").stdout
    seat.environment["GIT_NAMESPACE"] = "apart"
    words, rows = queued(seat, commit(seat, filed("CMB-0001")), ok=False)
    assert f"({QUEUE_AWAY})" in rows, words
    assert server.git("for-each-ref").stdout == before


def test_a_history_that_begins_anew_is_no_push_to_the_feed(server, seat):
    """A row called parent is one to git where it stands behind the tree alone."""
    base = seat.line("rev-parse", "origin/main")
    tree = seat.line("rev-parse", f"{base}^{{tree}}")
    by = "a <a@example.org> 1700000000 +0000"
    text = f"tree {tree}\nauthor {by}\ncommitter {by}\nparent {base}\n\nx\n"
    made = ("hash-object", "-t", "commit", "-w", "--stdin", "--literally")
    foreign = seat.git(*made, stdin=text).stdout.strip()
    words, _ = queued(seat, foreign, ok=False)
    assert any("FF415" in word for word in words), words
    assert on_feed(server) == base


def test_post_receive_is_told_what_the_queue_has_moved(server, seat):
    hook = server.write("hooks/post-receive", "#!/bin/sh\ncat >>told\n")
    hook.chmod(0o755)
    base = on_feed(server)
    first = commit(seat, filed("CMB-0001"), base)
    queued(seat, first)
    told, moved = server.folder / "told", f"{base} {first} {MAIN}\n"
    # The leader runs it behind its answers; git's own call tells of the queue's ref.
    for _ in range(600):
        if told.exists() and moved in told.read_text():
            return
        time.sleep(0.05)
    pytest.fail(told.read_text())


def test_what_is_built_on_an_older_tip_is_sent_alone(server, seat):
    """git leaves out what some ref of the server has: old tips are kept on some."""
    for n in range(1, 8):
        base = on_feed(server)
        queued(seat, commit(seat, filed(f"CMB-{n:04d}"), base))
        seat.git("fetch", "-q")
    # Another clone, so that this one has no newer tip.
    other = Repo(seat.folder.parent / "other", seat.environment)
    other.folder.mkdir()
    other.git("clone", "-q", str(server.folder), ".")
    queued(seat, commit(seat, filed("CMB-0008"), "origin/main"))
    assert server.line(
        "for-each-ref", "--contains", other.line("rev-parse", "HEAD"), FORMER_TIPS
    )
    late = commit(other, filed("CMB-0009"))
    other.git("push", "-q", "--no-verify", "origin", f"{late}:{QUEUE_REF}")
    said = other.git(
        "push",
        "--no-verify",
        "--progress",
        "origin",
        f"{commit(other, filed('CMB-0010'), late)}:{QUEUE_REF}",
    ).stderr
    total = next(line for line in said.splitlines() if "Total " in line)
    assert int(total.split("Total ")[1].split()[0]) < 20, said


def test_a_python_that_is_gone_is_said(server, seat):
    hook = server.folder / "hooks/proc-receive"
    hook.write_text(hook.read_text().replace(sys.executable, "/nowhere/python"))
    words, rows = queued(seat, commit(seat, filed("CMB-0001")), ok=False)
    assert "rejected" in rows
    assert any("its Python is gone: /nowhere/python" in word for word in words)


def test_a_queue_of_sha_256(tmp_path):
    folder = tmp_path / "sha256.git"
    folder.mkdir()
    server = Server(folder)
    server.git("init", "-q", "--bare", "-b", "main", "--object-format=sha256", ".")
    server.install()
    seat = Repo(tmp_path / "seat", server.environment)
    seat.folder.mkdir()
    seat.git("init", "-q", "-b", "main", "--object-format=sha256", ".")
    seat.git("remote", "add", "origin", str(folder))
    seat.stage("feed/policy.yaml", "ref: refs/heads/main\n")
    seat.git("commit", "-q", "-m", "start")
    seat.git("push", "-q", "origin", f"HEAD:{MAIN}")
    base = seat.line("rev-parse", "HEAD")
    commits = [commit(seat, filed(f"CMB-000{n}"), base) for n in (1, 2)]
    for each in commits:
        words, _ = queued(seat, each)
        assert landed(words).commit == on_feed(server)


def test_a_feed_ref_may_have_any_name_that_git_takes(server, seat):
    name = "refs/heads/größe"
    server.rewrite(server.holds("feed/policy.yaml", MAIN).replace(MAIN, name))
    server.git("update-ref", name, MAIN)
    seat.git("fetch", "-q", "origin")
    server.install("--ref", name)
    new = commit(seat, filed("CMB-0001"), seat.line("rev-parse", "origin/main"))
    words, _ = queued(seat, new)
    assert landed(words).commit == new == server.line("rev-parse", name)
