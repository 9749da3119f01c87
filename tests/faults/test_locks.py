"""Another git holds a lock: for a while, and for ever."""

import pytest

large = pytest.mark.large

SERVERS = ("refs/heads/main.lock", pytest.param("HEAD.lock", marks=large))
HINDERING = {"refs/heads/main.lock"}


def lock(folder, name):
    """What another git makes, and shell that takes it away again."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    return file, f"rm -f {file}"


@pytest.mark.parametrize("name", SERVERS)
def test_the_servers_for_a_while(bench, name):
    file, off = lock(bench.server.folder, name)
    bench.git.on("push.3", off)
    ran = bench.run("--timeout", "60s")
    file.unlink(missing_ok=True)
    assert (ran.code, bench.landed()) == (0, 1)
    bench.check(ran)


@large
def test_the_servers_for_ever(bench):
    file, _ = lock(bench.server.folder, "refs/heads/main.lock")
    ran = bench.run("--timeout", "5s")
    file.unlink()
    assert ran.code == 3
    # Where time was up in the middle of a push, that one is in doubt.
    assert (
        "nothing was written: another push was first, or has the lock" in ran.err
        or ("took too long" in ran.err)
    )
    bench.check(ran)


# The clone's, none of which a write waits for.
CLONES = (
    ".git/refs/remotes/origin/main.lock",
    pytest.param(".git/index.lock", marks=large),
    pytest.param(".git/packed-refs.lock", marks=large),
    pytest.param(".git/shallow.lock", marks=large),
    pytest.param(".git/HEAD.lock", marks=large),
    pytest.param(".git/config.lock", marks=large),
    pytest.param(".git/refs/heads/main.lock", marks=large),
)


@pytest.mark.parametrize("name", CLONES)
def test_the_clones(bench, name):
    """What was fetched is old: somebody has posted since."""
    other = bench.scene.other
    other.fleetfeed("note", "--body", "meanwhile")
    before = bench.me.tip()
    file, _ = lock(bench.me.folder, name)
    ran = bench.run()
    file.unlink()
    assert (ran.code, bench.landed()) == (0, 1), ran
    if bench.me.tip() == before:
        assert "your " in ran.err
        assert "was left as it is" in ran.err
    assert not bench.me.line("status", "--porcelain")
    bench.check(ran)


@pytest.fixture
def alone(bench):
    """The bench of a seat that has no remote: the feed is its own branch."""
    bench.me.alone()
    bench.server = bench.me
    return bench


@large
def test_without_a_remote_for_a_while(alone):
    file, off = lock(alone.me.folder, ".git/refs/heads/main.lock")
    alone.git.on("update-ref.3", off)
    ran = alone.run("--timeout", "60s")
    assert (ran.code, alone.landed(), file.exists()) == (0, 1, False)
    assert not alone.me.line("status", "--porcelain")
    alone.check(ran)


@large
@pytest.mark.parametrize("name", [".git/refs/heads/main.lock", ".git/index.lock"])
def test_without_a_remote_for_ever(alone, name):
    file, _ = lock(alone.me.folder, name)
    ran = alone.run("--timeout", "1s")
    file.unlink()
    assert ran.code == 3, ran
    assert not alone.landed()
    assert not alone.me.line("status", "--porcelain")
    alone.check(ran)


@large
def test_without_a_remote_for_a_while_the_index(alone):
    _, off = lock(alone.me.folder, ".git/index.lock")
    alone.git.on("read-tree.3", off)
    ran = alone.run("--timeout", "5s")
    assert (ran.code, alone.landed()) == (0, 1)
    assert not alone.me.line("status", "--porcelain")
    alone.check(ran)
