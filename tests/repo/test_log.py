"""What `fleetfeed log` lists: each post once, newest first, whatever history is like."""

from contextlib import closing

import pytest
from harness import FREE, Repo, claim, path, post
from harness.answers import document

from fleetfeed.git.log import added
from fleetfeed.git.process import Git
from fleetfeed.model.errors import GitFailed
from fleetfeed.repo.log import entries
from fleetfeed.repo.repository import Repo as Seen

NOTE = "feed/notes/2026/11/20261120T15520{}Z-{}-9f3a.yaml"


def note(number, text, seat="CAMBER-06", item=""):
    """A note's path and text."""
    named = f"ITEM: {item}\n" if item else ""
    name = NOTE.format(number, seat.replace("/", "~"))
    return name, f"SEAT: {seat}\n{named}BODY: {text}\n"


@pytest.fixture
def repo(tmp_path):
    """A feed without a remote: an item's life, and another item beside it."""
    repo = Repo.init(tmp_path / "repo")
    repo.fleetfeed("init")
    repo.commit("a feed")
    put(repo, path("CMB-0001"), post(subject="sort the tests"))
    put(repo, path("CMB-0002"), post(item="CMB-0002", seat="ORA-02"))
    put(repo, path("CMB-0001", 2), claim("CMB-0001", FREE, at="2026-11-20T15:52:00Z"))
    return repo


def put(repo, name, text):
    repo.write(name, text)
    repo.commit()
    return repo.tip()


def lines(repo, *args):
    return repo.fleetfeed("log", *args).stdout.splitlines()


def places(repo, *args):
    """Place and state of each line."""
    return [" ".join(line.split(" ")[1:3]) for line in lines(repo, *args)]


def posts(repo, *args):
    said = document(repo.fleetfeed("log", "--json", *args).stdout)
    assert (said["answer"], said["code"]) == ("listed", 0)
    return said["posts"]


def test_the_newest_comes_first(repo):
    assert lines(repo) == [
        "2026-11-20T15:52:00Z CMB-0001/0002 IN_PROGRESS CAMBER-06: a piece of work",
        "- CMB-0002/0001 AWAITING_CLAIM ORA-02: a piece of work",
        "- CMB-0001/0001 AWAITING_CLAIM CAMBER-06: sort the tests",
    ]


def test_an_empty_feed_lists_nothing(tmp_path):
    repo = Repo.init(tmp_path / "repo")
    repo.fleetfeed("init")
    repo.commit("a feed")
    said = repo.fleetfeed("log")
    assert said.stdout == ""
    assert said.stderr == "refs/heads/main, no remote\n"
    assert posts(repo) == []


def test_of_one_commit_the_later_posts_come_first(repo):
    for number in (3, 4):
        repo.write(path("CMB-0001", number), post(state="IN_PROGRESS", subject=None))
    repo.commit()
    assert places(repo, "-n", "2") == [
        "CMB-0001/0004 IN_PROGRESS",
        "CMB-0001/0003 IN_PROGRESS",
    ]


def test_the_limit_counts_what_is_listed(repo):
    assert len(lines(repo, "--limit", "2")) == 2
    assert places(repo, "-n", "1", "--seat", "ORA-02") == [
        "CMB-0002/0001 AWAITING_CLAIM"
    ]
    repo.fleetfeed("log", "-n", "0", ok=False)


def test_twenty_are_listed_unless_told(repo):
    for number in range(10, 40):
        repo.write(path(f"CMB-00{number}"), post(item=f"CMB-00{number}"))
    repo.commit()
    assert len(lines(repo)) == 20
    assert len(lines(repo, "-n", "99")) == 33


def test_a_seat_stands_for_its_sub_seats_too(repo):
    put(repo, path("CMB-0003"), post(item="CMB-0003", seat="ora-02/task"))
    assert [p["seat"] for p in posts(repo, "--seat", "ORA-02")] == [
        "ora-02/task",
        "ORA-02",
    ]
    assert posts(repo, "--seat", "ORA-0") == []
    wrong = repo.fleetfeed("log", "--seat", "no seat", ok=False)
    assert wrong.returncode == 2
    assert "is no seat" in wrong.stderr


def test_an_item_has_its_posts_and_the_notes_about_it(repo):
    put(repo, *note(1, "about the first", item="CMB-0001"))
    put(repo, *note(2, "about nothing"))
    put(repo, *note(3, "about the second", item="CMB-0002"))
    assert places(repo, "CMB-0001") == [
        "CMB-0001 note",
        "CMB-0001/0002 IN_PROGRESS",
        "CMB-0001/0001 AWAITING_CLAIM",
    ]
    assert lines(repo, "-n", "2")[1] == "- - note CAMBER-06: about nothing"


@pytest.mark.parametrize(
    ("item", "words"), [("cmb-1", "write CMB-0001"), ("CMB-0009", "no CMB-0009")]
)
def test_an_item_that_is_not_there_is_said(repo, item, words):
    said = repo.fleetfeed("log", item, ok=False)
    assert said.returncode == 2
    assert words in said.stderr


def side(repo, name, text):
    """A branch beside the newest commit, with one more file on it."""
    repo.git("switch", "-q", "-c", "side", "HEAD~1")
    commit = put(repo, name, text)
    repo.git("switch", "-q", "main")
    return commit


def test_what_came_through_a_merge_is_listed_once_under_its_own_commit(repo):
    name = path("CMB-0003")
    commit = side(repo, name, post(item="CMB-0003"))
    repo.git("merge", "-q", "--no-edit", "side")
    there = [p for p in posts(repo) if p["path"] == name]
    assert [p["commit"] for p in there] == [commit]
    assert len(posts(repo)) == 4


def test_what_both_sides_brought_is_listed_once(repo):
    side(repo, path("CMB-0003"), post(item="CMB-0003"))
    repo.write("feed/notes/README", "no note\n")
    repo.git("cherry-pick", "side")
    put(repo, path("CMB-0004"), post(item="CMB-0004"))
    repo.git("merge", "-q", "--no-edit", "side")
    assert sorted(p["item"] for p in posts(repo)) == [
        "CMB-0001",
        "CMB-0001",
        "CMB-0002",
        "CMB-0003",
        "CMB-0004",
    ]


def test_what_a_merge_adds_itself_is_listed_and_what_it_changes_is_not(repo):
    side(repo, path("CMB-0003"), post(item="CMB-0003"))
    repo.git("merge", "-q", "--no-commit", "--no-ff", "side")
    repo.write(path("CMB-0004"), post(item="CMB-0004"))
    repo.write(path("CMB-0003"), post(item="CMB-0003", body="a third version"))
    repo.commit("merge")
    by_item = {p["item"]: p["commit"] for p in posts(repo)}
    assert by_item["CMB-0004"] == repo.tip()
    assert by_item["CMB-0003"] == repo.tip("side")


def test_a_post_that_is_not_there_any_more_is_not_listed(repo):
    (repo.folder / path("CMB-0002")).unlink()
    repo.commit("taken away")
    assert "CMB-0002/0001 AWAITING_CLAIM" not in places(repo)


def test_unreadable_posts_and_notes_are_listed_as_such(repo):
    put(repo, path("CMB-0001", 3), "ITEM: CMB-0001\nSTATE: IN_PROGRESS\n")
    put(repo, NOTE.format(1, "ORA-02"), "SEAT: ORA-02\n")
    link = repo.folder / NOTE.format(2, "ORA-02")
    link.symlink_to("/nowhere")
    repo.commit("a link")
    assert [line.split(":")[0] for line in lines(repo, "-n", "3")] == [
        "- - unreadable ORA-02",
        "- - unreadable ORA-02",
        "- CMB-0001/0003 unreadable -",
    ]
    assert lines(repo)[2].endswith("FF101 SEAT is missing; add `SEAT: …`")
    bad = posts(repo, "CMB-0001")[0]
    assert bad["unreadable"] == ["FF101 SEAT is missing; add `SEAT: …`"]
    assert (bad["number"], bad["state"], bad["seat"]) == (3, None, None)


def test_what_a_program_reads(repo):
    name, text = note(1, "|\n  the first line\n  the second", item="CMB-0001")
    commit = put(repo, name, "AT: 2026-11-20T15:52:01Z\n" + text)
    newest, before, *_ = posts(repo)
    assert newest == {
        "item": "CMB-0001",
        "number": None,
        "path": name,
        "state": None,
        "seat": "CAMBER-06",
        "at": "2026-11-20T15:52:01Z",
        "subject": None,
        "reason": None,
        "body": "the first line\nthe second\n",
        "fields": {
            "AT": ["2026-11-20T15:52:01Z"],
            "SEAT": ["CAMBER-06"],
            "ITEM": ["CMB-0001"],
            "BODY": ["the first line\nthe second\n"],
        },
        "unreadable": [],
        "commit": commit,
        "signature": None,
    }
    assert before["number"] == 2
    assert before["state"] == "IN_PROGRESS"
    assert before["subject"] == "a piece of work"


def test_the_reason_says_more_than_the_subject(repo):
    put(repo, path("CMB-0003"), post(item="CMB-0003", reason="it came back"))
    assert lines(repo, "-n", "1")[0].endswith(": it came back")


def test_hostile_text_is_shown_and_not_acted_on(repo):
    text = 'SEAT: CAMBER-06\nBODY: "a\\e[2J\\u202eb"\n'
    put(repo, NOTE.format(1, "CAMBER-06"), text)
    put(repo, path("CMB-0003"), post(item="CMB-0003", subject="x\x1b[31m"))
    put(repo, path("CMB-0004"), post(item="CMB-0004", subject="long " * 100))
    said = repo.fleetfeed("log").stdout
    assert said.replace("\n", "").isprintable()
    assert max(map(len, said.splitlines())) < 300


def test_a_users_git_settings_change_nothing(repo):
    expected = lines(repo)
    for name, value in (
        ("log.showRoot", "false"),
        ("log.follow", "true"),
        ("log.showSignature", "true"),
        ("log.diffMerges", "off"),
        ("log.decorate", "full"),
        ("diff.relative", "true"),
        ("diff.renames", "copies"),
        ("color.ui", "always"),
        ("format.pretty", "oneline"),
    ):
        repo.git("config", name, value)
    assert lines(repo) == expected
    assert lines(Repo(repo.folder / "feed/CMB", repo.environment)) == expected


def test_the_remotes_newest_is_listed_and_the_last_fetch_when_offline(scene):
    scene.me.git("fetch", "-q")
    scene.other.stage(path("CMB-0003"), claim("CMB-0003", FREE, seat="CAMBER-07"))
    scene.other.git("commit", "-qm", "a claim")
    scene.other.push()
    assert "CMB-0003/0001 IN_PROGRESS" not in places(scene.me, "--offline")
    assert places(scene.me)[0] == "CMB-0003/0001 IN_PROGRESS"


def test_git_is_ended_where_nobody_reads_on(repo):
    for number in range(3, 200):
        item = f"CMB-{number:04d}"
        repo.write(path(item), post(item=item))
    repo.commit("many")
    with closing(added(Git(repo.folder), repo.tip(), ("feed",))) as found:
        assert next(found) == (repo.tip(), "feed/CMB/000/CMB-0199/0001.yaml")
    seen = Seen(Git(repo.folder))
    with closing(entries(seen, seen.at_head, repo.tip())) as found:
        assert next(found).said.item == "CMB-0199"
    seen.objects.close()


def test_a_history_that_cannot_be_read_is_said(repo):
    with pytest.raises(GitFailed, match="git log failed with code 128: fatal: bad obj"):
        list(added(Git(repo.folder), "0" * 40, ("feed",)))
