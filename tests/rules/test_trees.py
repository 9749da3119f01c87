"""Trees that git would not make: what is refused, and what they do not change."""

from rules.feeds import life, snapshot

from fleetfeed.judge import no_signs, validate
from fleetfeed.policy import DEFAULT
from fleetfeed.snapshot import Snapshot
from fleetfeed.tree import FOLDER, Entry, Layered, overlay

EMPTY = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
FAR = "CMB/394/CMB-394196"
FILED = {"seat": "CAMBER-06", "state": "AWAITING_CLAIM"}


def with_tree(before, path, rows=(), id_=EMPTY):
    """`before` with a folder of the entries `rows` at `path`."""
    base = before.tree
    laid = overlay(base, {path: Entry("", FOLDER, id_)})
    return Snapshot(
        type(laid)(Layered(laid.store, {id_: rows}, {}), laid.root, laid.folder)
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
    assert list(feed.items) == ["CMB-0001"]
    assert feed.highest("CMB") == 1
    assert feed.item("CMB-394196").newest == 0


def test_where_nothing_but_empty_folders_is_the_first_number_is_free():
    assert with_tree(snapshot({}), FAR).highest("CMB") == 0
