"""Writing in every kind of clone: how it came to be, how it is set up, who else is there."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from harness import Repo, Seat, Server, clean, path
from ledger.gen_worlds import OverGit, Remote

from fleetfeed.ledger.contract import Ok
from fleetfeed.ledger.testing.posts import first
from fleetfeed.model.errors import CannotTell
from fleetfeed.writing.api import FeedStore
from fleetfeed.writing.retry import RetryPolicy

TESTS = Path(__file__).resolve().parent.parent
ITEM = "CMB-0001"


@pytest.fixture
def remote(fleet):
    made = Remote(fleet, guarded=False)
    yield made
    made.close()


def append(remote, clone, item=ITEM, key="CAMBER:file:a"):
    """A post, written from a clone; how it ended, which must be well."""
    store = FeedStore(remote.at(clone.folder), RetryPolicy(30))
    ended = store.append_if_match(item, 0, first(key))
    assert isinstance(ended, Ok)
    return ended


def assert_whole(server, commit, item=ITEM, feed="feed"):
    """The server's feed ref is at `commit`, which carries the post; nothing is broken."""
    assert server.tip("refs/heads/main") == commit
    assert f"ITEM: {item}" in server.holds(path(item, feed=feed), "refs/heads/main")
    server.git("fsck", "--strict", "--no-dangling")


# How the clone is set up.


def settings(*rows):
    def put(clone):
        for name, value in rows:
            clone.git("config", name, value)

    return put


def by_url(clone):
    """The remote is said as a URL: there is no ref that keeps what was fetched."""
    url = clone.line("remote", "get-url", "origin")
    settings(("fleetfeed.remote", url))(clone)


def by_push_url(clone):
    """What is fetched from one place is pushed to another, which is the same."""
    url = clone.line("remote", "get-url", "origin")
    settings(("remote.origin.pushurl", f"file://{url}"))(clone)


def without_tracking(clone):
    clone.git("config", "--unset-all", "remote.origin.fetch")


def locked_tracking(clone):
    """Another git has, or left, the lock of the ref that a fetch moves."""
    lock = clone.folder / ".git/refs/remotes/origin/main.lock"
    lock.touch()


def packed(clone):
    clone.git("gc", "-q", "--prune=now")


def tag_like_the_branch(clone):
    for name in ("main", "origin/main"):
        clone.git("tag", name, "HEAD")


@pytest.mark.parametrize(
    "set_up",
    [
        by_url,
        by_push_url,
        without_tracking,
        locked_tracking,
        pytest.param(packed, marks=pytest.mark.large),
        tag_like_the_branch,
        pytest.param(settings(("core.logAllRefUpdates", "always")), id="reflogs"),
        pytest.param(
            settings(("push.default", "nothing")),
            id="push.default",
            marks=pytest.mark.large,
        ),
        pytest.param(
            settings(("push.followTags", "true")),
            id="push.followTags",
            marks=pytest.mark.large,
        ),
        pytest.param(
            settings(("fetch.prune", "true")), id="fetch.prune", marks=pytest.mark.large
        ),
        pytest.param(settings(("merge.ff", "false")), id="merge.ff"),
        pytest.param(settings(("remote.origin.mirror", "true")), id="mirror"),
        pytest.param(
            settings(("status.showUntrackedFiles", "all")),
            id="status",
            marks=pytest.mark.large,
        ),
    ],
)
def test_settings(remote, set_up):
    clone = remote.clone()
    set_up(clone)
    append(remote, remote.clone(), "CMB-0002", "CAMBER:page:b")
    assert_whole(remote.truth, append(remote, clone).commit)


def test_a_folder_below_the_top(remote):
    clone = remote.clone()
    below = Repo(clone.folder / "feed", clone.environment)
    ended = append(remote, below)
    assert_whole(remote.truth, ended.commit)
    assert clone.tip() == ended.commit


def test_the_feed_in_a_folder_of_its_own(tmp_path):
    server = Server.create(tmp_path / "server.git", install=False)
    server.git("symbolic-ref", "HEAD", "refs/heads/main")
    clone = Seat.clone(server, tmp_path / "clone", install=False)
    clone.git("config", "fleetfeed.dir", "work/fleet")
    clone.write("work/fleet/policy.yaml", "ref: refs/heads/main\n")
    clone.write("work/beside", "it stays\n")
    clone.commit("start")
    clone.push()
    made = OverGit(server)
    ended = append(made, clone)
    assert_whole(server, ended.commit, feed="work/fleet")
    assert server.holds("work/beside", "main") == "it stays\n"
    made.close()


# How the clone came to be.


@pytest.mark.parametrize(
    "options",
    [
        ("--depth=1",),
        ("--filter=blob:none", "--no-checkout"),
        ("--filter=tree:0", "--no-checkout"),
        ("--single-branch", "--no-tags"),
        ("--shared",),
    ],
    ids=" ".join,
)
def test_kinds_of_clones(remote, options):
    server, folder = remote.truth, remote.truth.folder.parent / "kind"
    append(remote, remote.clone(), "CMB-0002", "CAMBER:page:b")
    server.git("config", "uploadpack.allowFilter", "true")
    url = f"file://{server.folder}"
    server.git("clone", "-q", *options, url, str(folder), cwd=folder.parent)
    ended = append(remote, Seat(folder, clean()))
    assert_whole(server, ended.commit)
    assert ended.feed.item("CMB-0002").newest == 1


@pytest.mark.parametrize(("depth", "known"), [(1, False), (2, False), (3, True)])
def test_a_shallow_clone_does_not_guess_which_commit_brought_a_post(
    remote, depth, known
):
    """Where its history ends, everything looks as if it began there."""

    def run(folder):
        store = FeedStore(remote.at(folder), RetryPolicy(30))
        return store.append_if_match(ITEM, 0, first(OP="one"))

    server, clone, folder = (
        remote.truth,
        remote.clone(),
        remote.truth.folder / "shallow",
    )
    brought = run(clone.folder).commit
    append(remote, clone, "CMB-0002", "CAMBER:page:b")
    url = f"file://{server.folder}"
    server.git("clone", "-q", f"--depth={depth}", url, str(folder))
    ended = run(folder)
    assert ended.again
    assert ended.commit == (brought if known else "")


def test_sha256(tmp_path):
    server = Server(tmp_path / "server.git", clean())
    server.folder.mkdir()
    server.git("init", "-q", "--bare", "-b", "main", "--object-format=sha256", ".")
    # `git clone` of an empty repository (git 2.39) takes no SHA-256 from it.
    clone = Seat.init(tmp_path / "clone", "--object-format=sha256")
    clone.git("remote", "add", "origin", str(server.folder))
    clone.write("feed/policy.yaml", "ref: refs/heads/main\n")
    clone.commit("start")
    clone.push("HEAD:refs/heads/main")
    made = OverGit(server)
    ended = append(made, clone)
    assert len(ended.commit) == 64
    assert_whole(server, ended.commit)
    made.close()


# Signing.


@pytest.fixture
def signing(remote):
    """A clone that signs with an SSH key, and a file of who may."""
    if not shutil.which("ssh-keygen"):
        pytest.skip("ssh-keygen is not installed")
    clone = remote.clone()
    key = clone.folder.parent / "key"
    clone.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)])
    allowed = clone.folder.parent / "allowed"
    public = key.with_suffix(".pub").read_text()
    allowed.write_text(f"tester@example.invalid {public}")
    settings(
        ("gpg.format", "ssh"),
        ("user.signingKey", str(key)),
        ("gpg.ssh.allowedSignersFile", str(allowed)),
        ("commit.gpgSign", "true"),
    )(clone)
    return clone


def test_a_commit_is_signed_where_git_says_so(remote, signing):
    ended = append(remote, signing)
    verified = signing.git("verify-commit", "-v", ended.commit).said
    assert "Good" in verified
    assert "tester@example.invalid" in verified


def test_a_commit_is_not_signed_where_git_does_not_say_so(remote, signing):
    signing.git("config", "commit.gpgSign", "false")
    commit = append(remote, signing).commit
    assert "gpgsig" not in signing.line("cat-file", "commit", commit)


def test_who_cannot_sign_writes_nothing(remote, signing):
    signing.git("config", "gpg.ssh.program", "/bin/false")
    before = remote.truth.tip("refs/heads/main")
    with pytest.raises(CannotTell) as raised:
        append(remote, signing)
    assert raised.value.exit_code == 3
    assert remote.truth.tip("refs/heads/main") == before


# Who else is there.

_WRITER = """
import sys
from pathlib import Path
from fleetfeed.repo.repository import Repo
from fleetfeed.git.process import Git
from fleetfeed.writing.api import FeedStore, RetryPolicy
from fleetfeed.ledger.git import GitLedger
from fleetfeed.ledger.testing.posts import first
repo = Repo(Git(Path.cwd()))
number = int(sys.argv[1])
post = first(f"CAMBER:crowd:part-{number}", f"CAMBER-{number:02d}")
store = FeedStore(GitLedger(repo), RetryPolicy(100))
sys.stdin.readline()
print(store.append_if_match(f"CMB-{number:04d}", 0, post).commit)
repo.objects.close()
"""


def test_many_processes_in_one_clone(remote, stress):
    clone, crowd = remote.clone(), 8 if stress else 5
    writers = [
        subprocess.Popen(
            (sys.executable, "-c", _WRITER, str(number)),
            cwd=clone.folder,
            env=clean(PYTHONPATH=os.pathsep.join([str(TESTS), str(TESTS.parent)])),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(1, crowd + 1)
    ]
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    commits = {writer.communicate(timeout=110)[0].strip() for writer in writers}
    assert len(commits) == crowd
    listed = remote.truth.line("rev-list", "--first-parent", f"-{crowd}", "main")
    assert set(listed.split()) == commits
    assert sum(ITEM[:4] in name for name in remote.files()) == crowd
    remote.truth.git("fsck", "--strict", "--no-dangling")
    # The checkout is where some of them left it, and whole.
    assert clone.line("status", "--porcelain") == ""
    clone.git("merge-base", "--is-ancestor", "HEAD", "origin/main")
