"""The checkout after a write: brought along where nothing can be lost, or left alone."""

import pytest
from harness import Repo, Seat, path
from ledger.gen_worlds import Remote, checked_out

from fleetfeed.git.process import Git
from fleetfeed.ledger.base import Accepted, RaceLost
from fleetfeed.ledger.checkout import begin_here, follow, standing
from fleetfeed.ledger.testing.posts import first
from fleetfeed.model.errors import CannotTell
from fleetfeed.writing.api import FeedStore
from fleetfeed.writing.retry import RetryPolicy

POST = path("CMB-0001")
POLICY = "feed/policy.yaml"


@pytest.fixture
def shared(fleet):
    made = Remote(fleet, guarded=False)
    yield made
    made.close()


@pytest.fixture
def seat(shared):
    """A clone that is one commit behind, and has README.md to be changed."""
    clone = shared.clone()
    clone.write("README.md", "about\n")
    clone.commit("a file", "--no-verify")
    clone.git("push", "-q", "--no-verify", "origin", "HEAD")
    return clone


def append(shared, folder):
    """A post, written from a clone; how it ended."""
    store = FeedStore(shared.at(folder), RetryPolicy(30))
    ended = store.append_if_match("CMB-0001", 0, first())
    assert shared.item("CMB-0001")
    return ended


def state(repo):
    """All that a write must leave as it is."""
    return (
        repo.git("symbolic-ref", "-q", "HEAD", ok=None).stdout,
        repo.tip(),
        repo.git("status", "--porcelain", "--untracked-files=all").stdout,
        repo.git("diff", "HEAD").stdout,
        repo.holds(POST),
    )


def test_clean_and_behind_is_fast_forwarded(shared, seat):
    ended = append(shared, seat.folder)
    assert ended.remark == ""
    assert seat.tip() == ended.commit
    assert seat.line("status", "--porcelain") == ""
    assert (seat.folder / POST).is_file()


def test_no_hook_of_the_clone_runs_for_it(shared, seat):
    hook = seat.folder / ".git/hooks/post-merge"
    hook.write_text("#!/bin/sh\n: >ran\n")
    hook.chmod(0o755)
    ended = append(shared, seat.folder)
    assert seat.tip() == ended.commit
    assert not (seat.folder / "ran").exists()


def test_where_its_branch_cannot_move_its_files_do_not_either(shared, seat):
    """git brings them up first, and leaves them there."""
    before = state(seat)
    lock = seat.folder / ".git/HEAD.lock"
    lock.touch()
    remark = append(shared, seat.folder).remark
    lock.unlink()
    assert remark.startswith("your branch main was left as it is: ")
    assert "HEAD.lock" in remark
    assert state(seat) == before


def test_further_behind_and_untracked_files(shared, seat):
    seat.git("reset", "-q", "--hard", "HEAD~1")
    seat.write("untracked", "mine\n")
    assert append(shared, seat.folder).remark == ""
    assert seat.line("status", "--porcelain") == "?? untracked"


def changed(seat):
    seat.write("README.md", "changed\n")


def staged(seat):
    seat.stage("new", "staged\n")


def ahead(seat):
    seat.write("README.md", "mine\n")
    seat.commit("mine", "--no-verify")


def diverged(seat):
    seat.git("reset", "-q", "--hard", "HEAD~1")
    ahead(seat)


def untracked_in_the_way(seat):
    seat.write(POST, "in the way\n")


def merging(seat):
    seat.git("branch", "side")
    ahead(seat)
    seat.git("checkout", "-q", "side")
    seat.write("README.md", "other\n")
    seat.commit("other", "--no-verify")
    seat.git("checkout", "-q", "main")
    seat.git("reset", "-q", "--hard", "origin/main")
    seat.git("merge", "-q", "--no-ff", "--no-commit", "side", ok=None)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (changed, "changes that are not committed"),
        (staged, "changes that are not committed"),
        (ahead, "commits of its own"),
        (diverged, "commits of its own"),
        (untracked_in_the_way, "would be overwritten"),
        (merging, "changes that are not committed"),
    ],
)
def test_it_is_left_as_it_is_and_that_is_said(shared, seat, make, why):
    make(seat)
    before = state(seat)
    remark = append(shared, seat.folder).remark
    assert remark.startswith("your branch main was left as it is: ")
    assert why in remark
    assert state(seat) == before


def test_another_branch_or_none_is_nobodys_business(shared, seat):
    for options in (("-b", "side"), ("--detach",)):
        seat.git("checkout", "-q", *options)
        before = state(seat)
    assert append(shared, seat.folder).remark == ""
    assert state(seat) == before


def test_a_branch_of_another_name_that_follows_the_feed(shared, seat):
    seat.git("checkout", "-q", "-b", "mine", "--track", "origin/main")
    ended = append(shared, seat.folder)
    assert (seat.tip(), ended.remark) == (ended.commit, "")


def test_a_bare_clone(shared, fleet):
    bare = Seat.clone(fleet.server, fleet.folder / "bare", "--bare", install=False)
    assert append(shared, bare.folder).remark == ""


def test_a_linked_worktree(shared, seat):
    """The one that the command runs in is brought along, another is not."""
    seat.git("worktree", "add", "-q", "-b", "side", "../linked")
    before = state(seat)
    assert append(shared, seat.folder.parent / "linked").remark == ""
    assert state(seat) == before


def test_a_linked_worktree_with_the_feeds_branch(shared, seat):
    seat.git("checkout", "-q", "-b", "side")
    linked = Seat(seat.folder.parent / "linked", seat.environment)
    seat.git("worktree", "add", "-q", str(linked.folder), "main")
    ended = append(shared, linked.folder)
    assert (linked.tip(), ended.remark) == (ended.commit, "")
    assert linked.line("status", "--porcelain") == ""


# Without a remote the local branch is the feed.


@pytest.fixture
def alone(fleet):
    made = checked_out(fleet)
    made.truth.write("README.md", "about\n")
    made.truth.commit("a file", "--no-verify")
    yield made
    made.close()


def test_alone_what_is_changed_stays_changed(alone):
    repo = alone.truth
    repo.write("README.md", "changed\n")
    repo.stage("new", "staged\n")
    repo.write("untracked", "mine\n")
    before = repo.git("status", "--porcelain").stdout
    ended = append(alone, repo.folder)
    assert (repo.tip(), ended.remark) == (ended.commit, "")
    assert repo.git("status", "--porcelain").stdout == before
    assert (repo.folder / "README.md").read_text() == "changed\n"


def conflicted(repo):
    for branch, text in (("side", "one\n"), ("main", "two\n")):
        repo.git("checkout", "-q", *(["-b"] if branch == "side" else []), branch)
        repo.write("README.md", text)
        repo.commit(branch, "--no-verify")
    repo.git("merge", "-q", "side", ok=False)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (untracked_in_the_way, "is in the way"),
        (conflicted, "its files cannot be brought up to date"),
    ],
)
def test_alone_and_in_the_way_nothing_is_moved(alone, make, words):
    repo = alone.truth
    make(repo)
    before = state(repo)
    with pytest.raises(CannotTell, match=words):
        append(alone, repo.folder)
    assert state(repo) == before


def test_alone_on_another_branch_only_the_ref_moves(alone):
    repo = alone.truth
    repo.git("checkout", "-q", "-b", "side")
    before = state(repo)
    ended = append(alone, repo.folder)
    assert state(repo) == before
    assert repo.tip("refs/heads/main") == ended.commit


def test_alone_checked_out_elsewhere_nothing_is_moved(alone):
    repo = alone.truth
    repo.git("checkout", "-q", "-b", "side")
    linked = repo.folder.parent / "linked"
    repo.git("worktree", "add", "-q", str(linked), "main")
    before = repo.tip("refs/heads/main")
    with pytest.raises(CannotTell, match=r"is checked out in .*linked; run this there"):
        append(alone, repo.folder)
    assert repo.tip("refs/heads/main") == before
    assert append(alone, linked).remark == ""


@pytest.fixture
def new(tmp_path):
    """A repository without commits but one, which no ref names; and its file."""
    repo = Repo.init(tmp_path / "new")
    repo.stage(POST, "one\n")
    tree = repo.line("write-tree")
    repo.git("rm", "-q", "--cached", POST)
    (repo.folder / POST).unlink()
    return repo, repo.line("commit-tree", "-m", "one", tree), repo.folder / POST


def test_a_first_commit_comes_with_its_files_where_its_branch_is_checked_out(new):
    repo, commit, file = new
    repo.write("untracked", "mine\n")
    assert begin_here(Git(repo.folder), "refs/heads/main", commit) == Accepted(commit)
    assert (repo.tip("refs/heads/main"), file.read_text()) == (commit, "one\n")
    assert repo.line("status", "--porcelain") == "?? untracked"
    again = begin_here(Git(repo.folder), "refs/heads/main", commit)
    assert isinstance(again, RaceLost)


def test_a_first_commit_of_another_branch_leaves_the_checkout_alone(new):
    repo, commit, file = new
    assert begin_here(Git(repo.folder), "refs/heads/feed", commit) == Accepted(commit)
    assert repo.tip("refs/heads/feed") == commit
    assert not file.exists()
    assert repo.line("status", "--porcelain") == ""


def test_a_first_commit_does_not_come_over_files_that_are_there(new):
    repo, commit, file = new
    file.write_text("mine\n")
    with pytest.raises(CannotTell, match="files are in the way of its own"):
        begin_here(Git(repo.folder), "refs/heads/main", commit)
    assert repo.line("for-each-ref") == ""
    assert file.read_text() == "mine\n"


def test_a_worktree_of_a_bare_repository(fleet):
    """What a bare repository's HEAD names is checked out nowhere."""
    bare = fleet.server
    bare.git("worktree", "add", "-q", "-b", "side", "../linked")
    shared = Remote(fleet, guarded=False)
    ended = append(shared, bare.folder.parent / "linked")
    assert bare.tip("refs/heads/main") == ended.commit
    shared.close()


def test_alone_with_an_index_that_another_git_has(alone, monkeypatch):
    """The ref has moved by then: the files follow as soon as they can."""
    repo = alone.truth
    lock = repo.folder / ".git/index.lock"
    lock.touch()
    slept = []

    def sleep(seconds):
        slept.append(seconds)
        lock.unlink(missing_ok=True)

    monkeypatch.setattr("fleetfeed.ledger.checkout.time.sleep", sleep)
    ended = append(alone, repo.folder)
    assert slept
    assert (repo.tip(), ended.remark) == (ended.commit, "")
    assert repo.line("status", "--porcelain") == ""


def test_alone_what_is_left_behind_is_told_with_what_brings_it_up(alone, monkeypatch):
    """Another git takes the index at the moment in which the ref moves, and keeps it."""
    repo = alone.truth
    hook = repo.folder / ".git/hooks/reference-transaction"
    hook.write_text('#!/bin/sh\n[ "$1" != committed ] || : >.git/index.lock\n')
    hook.chmod(0o755)
    monkeypatch.setattr("fleetfeed.ledger.checkout.time.sleep", lambda _: None)
    ended = append(alone, repo.folder)
    hook.unlink()
    (repo.folder / ".git/index.lock").unlink()
    assert repo.tip() == ended.commit
    assert not (repo.folder / POST).exists()
    what, todo, _ = ended.remark.split("`")
    assert what == "the files of refs/heads/main were left behind: "
    assert repo.git(*todo.split()[1:])
    assert (repo.folder / POST).is_file()
    assert repo.line("status", "--porcelain") == ""


def test_what_was_checked_out_before_the_push_is_looked_at_again(shared, seat):
    """What is asked while a post is on its way holds only for that branch."""
    git, where = Git(seat.folder), shared.at(seat.folder).where
    known = standing(git, where)
    assert known.head
    assert known.lasts
    seat.git("checkout", "-q", "-b", "work")
    other = shared.clone()
    commit = append(shared, other.folder).commit
    seat.git("fetch", "-q", "origin")
    before = state(seat)
    assert not known.lasts
    assert follow(git, where, commit, known) == ""
    assert state(seat) == before
    seat.git("checkout", "-q", "-")
    assert follow(git, where, commit, known) == ""
    assert seat.tip() == commit
