"""The seat of a worktree: its own, whatever the layout, and said where it is shared."""

import contextlib

import pytest
from harness import FREE, Repo, Scene, Seat
from harness.answers import document

from fleetfeed.git.process import Git
from fleetfeed.install.seat import set_seat


def shown(repo: Repo, *args: str) -> dict:
    return document(repo.fleetfeed("seat", "--json", *args).stdout)


def linked(repo: Repo, name: str) -> Repo:
    tree = repo.folder.parent / name
    repo.git("worktree", "add", "-q", "-b", name, str(tree))
    return type(repo)(tree, repo.environment)


@pytest.fixture
def repo(tmp_path):
    repo = Repo.init(tmp_path / "main")
    repo.commit("first")
    return repo


def local(repo: Repo) -> dict[str, str]:
    """The settings of all worktrees of the clone."""
    file = repo.line("rev-parse", "--path-format=absolute", "--git-path", "config")
    return dict(
        row.split("\n", 1)
        for row in repo.git("config", "--file", file, "-z", "--list").stdout.split("\0")
        if "\n" in row
    )


def test_one_worktree_has_it_in_the_clones_settings(repo):
    before = local(repo)
    assert (
        "has no seat; run `fleetfeed seat NAME`"
        in repo.fleetfeed("seat", ok=False).stderr
    )
    found = shown(repo, "CAMBER-06")
    assert (found["seat"], found["source"], found["shared_with"]) == (
        "CAMBER-06",
        "local",
        [],
    )
    assert local(repo) == {**before, "fleetfeed.seat": "CAMBER-06"}
    assert repo.fleetfeed("seat").stdout == "CAMBER-06 (local)\n"


@pytest.mark.parametrize("name", ["", "none", "a b", "x" * 200, "../up"])
def test_a_name_that_is_no_seat_changes_nothing(repo, name):
    before = local(repo)
    done = repo.fleetfeed("seat", name, ok=False)
    assert (done.returncode, local(repo)) == (2, before)
    joined = repo.fleetfeed("join", "--seat", name, ok=False)
    assert (joined.returncode, local(repo)) == (2, before)


@pytest.mark.parametrize("order", ["main first", "linked first"])
def test_each_worktree_has_its_own(repo, order):
    other, third = linked(repo, "one"), linked(repo, "two")
    names = {repo.folder: "A-1", other.folder: "A-2", third.folder: "A-3"}
    trees = [repo, other, third]
    for tree in trees if order == "main first" else reversed(trees):
        assert shown(tree, names[tree.folder])["source"] == "worktree"
    for tree in trees:
        found = shown(tree)
        assert (found["seat"], found["shared_with"]) == (names[tree.folder], [])


def test_a_worktree_that_comes_later_has_the_clones_until_it_has_its_own(repo):
    shown(repo, "A-1")
    other = linked(repo, "one")
    assert shown(other)["shared_with"] == [str(repo.folder)]
    said = repo.fleetfeed("seat").stderr
    assert f"A-1 is the seat of {other.folder}, too" in said
    shown(other, "A-2")
    assert shown(repo)["shared_with"] == shown(other)["shared_with"] == []
    assert (shown(repo)["seat"], shown(other)["seat"]) == ("A-1", "A-2")


@pytest.mark.parametrize("kind", ["bare", "--separate-git-dir", "core.worktree"])
def test_what_is_the_main_worktrees_stays_its_own(tmp_path, kind):
    """As git-worktree(1) asks for, where the extension is turned on."""
    first = Repo.init(tmp_path / "first")
    first.commit("first")
    if kind == "bare":
        first.git("clone", "-q", "--bare", str(first.folder), str(tmp_path / "main"))
        main = Repo(tmp_path / "main")
    elif kind == "core.worktree":
        main = Repo(first.folder)
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        main.git("config", "core.worktree", str(elsewhere))
    else:
        main = Repo.init(tmp_path / "main", f"--separate-git-dir={tmp_path}/away")
        main.commit("first")
    other, third = linked(main, "one"), linked(main, "two")
    asked = ("rev-parse", "--is-bare-repository", "--show-toplevel")
    before = [tree.git(*asked, ok=None).stdout for tree in (main, other, third)]
    shown(other, "A-2")
    shown(third, "A-3")
    assert [t.git(*asked, ok=None).stdout for t in (main, other, third)] == before
    assert (shown(other)["seat"], shown(third)["seat"]) == ("A-2", "A-3")
    assert not {"core.worktree", "core.bare"} & {
        name for name, value in local(main).items() if value != "false"
    }


def test_all_programs_still_read_the_repository(repo):
    other = linked(repo, "one")
    shown(other, "A-2")
    import pygit2

    assert pygit2.Repository(str(repo.folder)).head.target
    assert pygit2.Repository(str(other.folder)).head.target


def test_wherever_it_is_broken_off_each_worktree_works_as_before(repo, monkeypatch):
    main = repo.folder.parent / "bare"
    repo.git("clone", "-q", "--bare", str(repo.folder), str(main))
    bare = Repo(main)
    other = linked(bare, "one")
    real, step = Git.run, 0
    for last in range(12):
        step = 0

        def some(git, *args, last=last, **more):
            nonlocal step
            step += 1
            if step > last:
                raise KeyboardInterrupt
            return real(git, *args, **more)

        monkeypatch.setattr(Git, "run", some)
        with contextlib.suppress(KeyboardInterrupt):
            set_seat(Git(other.folder), "A-2")
        monkeypatch.setattr(Git, "run", real)
        assert bare.line("rev-parse", "--is-bare-repository") == "true"
        assert other.line("rev-parse", "--is-bare-repository") == "false"
    set_seat(Git(other.folder), "A-2")
    assert shown(other)["seat"] == "A-2"


def test_the_variable_comes_first_and_is_said(repo):
    env = {"FLEETFEED_SEAT": "B-1"}
    done = repo.fleetfeed("seat", "A-1", env=env)
    assert done.stdout == "B-1 (FLEETFEED_SEAT)\n"
    assert "FLEETFEED_SEAT is B-1 here, and comes first" in done.stderr
    assert repo.fleetfeed("seat").stdout == "A-1 (local)\n"


def test_a_bare_repository_has_no_seat(tmp_path):
    bare = Repo.init(tmp_path / "x.git", "--bare")
    assert bare.fleetfeed("seat", "A-1", ok=False).returncode == 2


@pytest.fixture
def shared(scene: Scene) -> tuple[Seat, Seat]:
    """Two worktrees of one clone that are one seat, by a setting and no variable."""
    me = scene.me
    environment = {k: v for k, v in me.environment.items() if k != "FLEETFEED_SEAT"}
    main = Seat(me.folder, environment)
    main.fleetfeed("seat", "CAMBER-06")
    return main, linked(main, "linked")


def claim_new(seat: Repo, surface: str):
    args = ("--subject", "s", "--surface", surface, "--proof", "apart from all others")
    return seat.fleetfeed("claim", "--new", "CMB", *args)


def test_the_first_writing_command_says_it_once(shared):
    main, other = shared
    first = claim_new(other, FREE)
    assert f"CAMBER-06 is the seat of {main.folder}, too" in first.stderr
    assert first.stderr.count("warning") == 1
    assert "is the seat of" not in other.fleetfeed("note", "--body", "x").stderr
    assert "is the seat of" in main.fleetfeed("note", "--body", "x").stderr
    assert "is the seat of" not in main.fleetfeed("note", "--body", "x").stderr
    tip = other.line("log", "-1", "--format=%H")
    other.fleetfeed("seat", "CAMBER-06/topic")
    for seat in shared:
        assert "is the seat of" not in seat.fleetfeed("note", "--body", "x").stderr
    assert other.line("log", "-1", "--format=%H") == tip


def test_a_seat_that_is_named_for_one_command_is_nobodys_fault(shared):
    _, other = shared
    said = other.fleetfeed("note", "--body", "x", "--seat", "CAMBER-06").stderr
    assert "is the seat of" not in said


def test_no_hook_asks_for_other_worktrees(shared):
    _, other = shared
    other.write("feed/notes/x", "x")
    other.git("add", "feed")
    assert "is the seat of" not in other.git("commit", "-qm", "x", ok=False).said


def test_the_doctor_says_it(shared):
    main, other = shared
    for seat, unlike in ((main, other), (other, main)):
        found = document(seat.fleetfeed("doctor", "--json", ok=None).stdout)
        (check,) = (c for c in found["checks"] if c["name"] == "seat")
        assert check["status"] == "warn"
        assert str(unlike.folder) in check["message"]
    other.fleetfeed("seat", "CAMBER-06/topic")
    found = document(main.fleetfeed("doctor", "--json", ok=None).stdout)
    assert [c["status"] for c in found["checks"] if c["name"] == "seat"] == ["ok"]


def test_a_worktree_that_was_removed_by_hand_shares_nothing(repo):
    shown(repo, "A-1")
    other = linked(repo, "one")
    other.folder.rename(f"{other.folder}-gone")
    assert shown(repo)["shared_with"] == []


def test_a_submodule_is_no_second_worktree(repo, tmp_path):
    outer, allowed = Repo.init(tmp_path / "outer"), ("-c", "protocol.file.allow=always")
    outer.git(*allowed, "submodule", "add", "-q", str(repo.folder), "sub")
    sub = Repo(outer.folder / "sub", outer.environment)
    sub.fleetfeed("seat", "CAMBER-06")
    assert shown(sub)["shared_with"] == []
