"""Trees that git would not make: what is refused, and what they do not change."""

import pytest
from judge.gen_feeds import life, snapshot

from fleetfeed.feed.diff import changes
from fleetfeed.feed.objects import SUBTREE, Entry, MalformedTree
from fleetfeed.feed.overlay import OverlayStore, overlay
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.judge import paths
from fleetfeed.judge.paths import judge_path
from fleetfeed.judge.validate import validate
from fleetfeed.model.liveness import no_signs
from fleetfeed.model.policy import DEFAULT

EMPTY = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
FAR = "CMB/394/CMB-394196"
FILED = {"seat": "CAMBER-06", "state": "AWAITING_CLAIM"}


def with_tree(before, path, rows=(), id_=EMPTY):
    """`before` with a folder of the entries `rows` at `path`."""
    base = before.tree
    laid = overlay(base, {path: Entry("", SUBTREE, id_)})
    return Snapshot(
        type(laid)(OverlayStore(laid.store, {id_: rows}, {}), laid.root, laid.folder)
    )


def said(before, after):
    return validate(before, after, DEFAULT, no_signs)


def test_an_empty_folder_is_refused():
    before = snapshot(life(FILED))
    (found,) = said(before, with_tree(before, FAR))
    assert (found.code, found.place.path) == ("FF022", f"feed/{FAR}")
    assert "empty folder" in found.message


def test_an_empty_folder_that_slipped_in_may_go():
    feed = snapshot(life(FILED))
    assert said(with_tree(feed, FAR), feed) == ()


def test_an_item_folder_without_posts_is_no_item_and_no_number():
    feed = with_tree(snapshot(life(FILED)), FAR)
    assert [item.id for item in feed.items] == ["CMB-0001"]
    assert feed.highest("CMB") == 1
    assert feed.item("CMB-394196").newest == 0


def test_where_nothing_but_empty_folders_is_the_first_number_is_free():
    assert with_tree(snapshot({}), FAR).highest("CMB") == 0


class Broken:
    """A store whose tree `bad` readers disagree about."""

    def __init__(self, below, bad):
        self.below, self.bad = below, bad

    def tree(self, id_):
        if id_ == self.bad:
            raise MalformedTree("entries that are not sorted, or named twice")
        return self.below.tree(id_)

    def blob(self, id_):
        return self.below.blob(id_)

    def expect(self, ids):
        self.below.expect(ids)


def broken(feed, path):
    """`feed` where the folder at `path` is malformed."""
    tree = feed.tree
    bad = tree.entry(path).id
    return Snapshot(type(tree)(Broken(tree.store, bad), tree.root, tree.folder))


SOUND = snapshot(life(FILED))
MORE = snapshot({**life(FILED), **life(FILED, item="CMB-0002")})


@pytest.mark.parametrize("path", ["", "CMB", "CMB/000", "CMB/000/CMB-0001"])
def test_a_malformed_folder_that_comes_in_is_refused(path):
    (found,) = said(snapshot({}), broken(SOUND, path))
    assert (found.code, found.place.path) == ("FF022", f"feed/{path}".rstrip("/"))
    assert "build the commit with git itself" in found.message
    after = broken(SOUND, path)
    (change,) = changes(snapshot({}).tree, after.tree)
    assert [*judge_path(change, snapshot({}), after, DEFAULT, set())] == [found]


@pytest.mark.parametrize("path", ["", "CMB", "CMB/000", "CMB/000/CMB-0001"])
def test_over_a_malformed_folder_nothing_can_be_told(path):
    with pytest.raises(MalformedTree) as caught:
        said(broken(SOUND, path), snapshot({}))
    place = f"feed/{path}".rstrip("/")
    assert str(caught.value).startswith(f"{place} has entries that are not sorted")
    assert "the server's keeper must set the feed ref back" in str(caught.value)
    assert caught.value.finding.code == "FF022"
    assert caught.value.finding.place.path == place


def test_a_malformed_folder_that_is_not_touched_is_named_where_it_is_read():
    claim = {"seat": "ORA-02", "state": "IN_PROGRESS", "surface_key": "A:b:c"}
    with pytest.raises(MalformedTree, match="feed/CMB/000/CMB-0001 has entries"):
        broken(MORE, "CMB/000/CMB-0001").holders  # noqa: B018 - read lazily
    claimed = snapshot({**life(FILED), **life(claim, item="CMB-0002")})
    with pytest.raises(MalformedTree, match="keeper"):
        said(broken(SOUND, "CMB/000"), broken(claimed, "CMB/000/CMB-0001"))


def test_nothing_is_laid_over_a_malformed_folder():
    with pytest.raises(MalformedTree, match=r"feed/CMB has entries.*keeper"):
        with_tree(broken(SOUND, "CMB"), FAR)


def test_who_edits_a_published_post_is_told_whose_it_is_and_what_is_free():
    files = life(FILED)
    ((path, text),) = files.items()
    (found,) = said(SOUND, snapshot({path: text + "BODY: more\n"}))
    following = "feed/CMB/000/CMB-0001/0002.yaml"
    assert found.message == (
        "post 1 of CMB-0001 is published by CAMBER-06 and may not be edited; put it"
        f" back; your next post is {following}, a new ticket's number CMB-0002"
    )
    assert (found.code, found.item, found.mended) == ("FF402", "CMB-0001", following)


LAWFUL = {**life(FILED), **life(FILED, item="CMB-0003")}
ELSEWHERE = {f"feed/{n}.txt": f"{n}" for n in "abc"}
(POST, *_) = life(FILED).values()
BORROWED = {f"feed/CMB/000/CMB-000{n}/0001.yaml": POST for n in (5, 6, 7)}


@pytest.mark.parametrize(
    ("files", "most", "seen", "all_seen"),
    [
        (LAWFUL, 1, 2, True),
        (LAWFUL | ELSEWHERE, 4, 5, True),
        (LAWFUL | ELSEWHERE, 3, 5, False),
        (ELSEWHERE, 2, 2, False),
        (BORROWED, 2, 3, False),
        (BORROWED, 3, 3, True),
    ],
)
def test_behind_so_much_that_has_no_place_nobody_looks_on(
    files, most, seen, all_seen, monkeypatch
):
    monkeypatch.setattr(paths, "MOST_MISPLACED", most)
    changed = changes(snapshot({}).tree, snapshot(files).tree)
    taken, more = paths.take_until_limit(changed)
    assert (len(taken), not more) == (seen, all_seen)


def test_names_that_were_alike_before_are_not_blamed_on_an_edit_beside_them():
    alike = {"feed/A.txt": "x", "feed/a.txt": "x"}
    before = snapshot({**alike, "feed/policy.yaml": "stewards: [A-01]\n"})
    assert (
        said(before, snapshot({**alike, "feed/policy.yaml": "stewards: [A-02]\n"}))
        == ()
    )
