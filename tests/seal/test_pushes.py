"""Seals made by hand, pushed to a guarded server: what is no seal is refused there."""

import pytest
from harness import path, post
from harness.pushes import Table, past, play_row, put
from harness.rows import of_each_kind
from seal.gen_feeds import FOLDER, SEAL, again, item_id, life, sealed, shard

TABLE = Table()
row = TABLE.row
POSTS = shard()
A = item_id(970)


def lay(seat, data, *, keep=()):
    """Write a seal; the folder goes, but for the paths `keep`."""
    seat.write(SEAL, data)
    for file in (seat.folder / FOLDER).glob("*/*.yaml"):
        if str(file.relative_to(seat.folder)) not in keep:
            file.unlink()


def seal(seat, data=None, **more):
    """A commit that seals the shard; its id."""
    lay(seat, sealed(POSTS) if data is None else data, **more)
    return past(seat)


def unseal(seat, posts=None):
    """A commit that takes the seal away, and puts `posts` back."""
    (seat.folder / SEAL).unlink()
    for name, text in (posts or {}).items():
        seat.write(name, text)
    return past(seat)


@row()
def the_whole_shard(scene):
    seal(scene.me)


@row()
def some_of_its_items(scene):
    kept = life(item_id(999))
    seal(scene.me, sealed({n: t for n, t in POSTS.items() if n not in kept}), keep=kept)


@row("FF402 FF409", client="FF402 FF409", says="may not be edited")
def one_byte_of_one_post(scene):
    changed = POSTS | {path(A): POSTS[path(A)].replace("work", "werk")}
    seal(scene.me, sealed(changed))


@row("FF402 FF409", says="may not be removed")
def one_post_missing(scene):
    seal(scene.me, sealed({n: t for n, t in POSTS.items() if n != path(A)}))


@row("FF414", says="none before it had the post")
def one_post_more(scene):
    seal(scene.me, sealed(POSTS | life(item_id(969))))


@row("FF409", says="alters this post")
def one_byte_and_put_right_later(scene):
    changed = POSTS | {path(A): POSTS[path(A)].replace("work", "werk")}
    seal(scene.me, sealed(changed))
    put(scene.me, SEAL, sealed(POSTS))


@row("FF409 FF414", says="removes this post")
def one_post_missing_and_put_back_later(scene):
    seal(scene.me, sealed({n: t for n, t in POSTS.items() if n != path(A)}))
    put(scene.me, SEAL, sealed(POSTS))


@row("FF413", says="is PARKED by what is sealed")
def an_open_item(scene):
    opened = again(A)
    put(scene.me, *next(iter(opened.items())))
    seal(scene.me, sealed(POSTS | opened))


@row("FF021", says="symbolic link")
def as_a_symbolic_link(scene):
    scene.me.write("sealed.txt", sealed(POSTS))
    (scene.me.folder / SEAL).symlink_to("../../sealed.txt")
    past(scene.me)


@row("FF021", says="executable file")
def as_an_executable(scene):
    scene.me.write(SEAL, sealed(POSTS)).chmod(0o755)
    past(scene.me)


@row("FF021 FF402 FF409", says="may not be removed")
def as_an_executable_in_the_folders_place(scene):
    kept = life(A)
    lay(scene.me, sealed(POSTS), keep=POSTS.keys() - kept.keys())
    (scene.me.folder / SEAL).chmod(0o755)
    past(scene.me)


@row("FF024", says="a post that is sealed already")
def beside_the_folder(scene):
    seal(scene.me, keep=POSTS)


@row("FF024", says="a post that is sealed already")
def beside_the_folder_that_goes_later(scene):
    seal(scene.me, keep=life(A))
    seal(scene.me)


@row("FF024", says="which CMB/000.sealed has otherwise")
def beside_other_posts(scene):
    changed = POSTS | {path(A): POSTS[path(A)].replace("work", "werk")}
    seal(scene.me, sealed(changed), keep=life(A))


@row()
def taken_apart_again(scene):
    seal(scene.me)
    unseal(scene.me, POSTS)


@row("FF409 FF414", says="removes this post")
def taken_away_and_put_back(scene):
    seal(scene.me)
    unseal(scene.me)
    seal(scene.me)


@row("FF402 FF409", says="may not be removed")
def taken_away(scene):
    seal(scene.me)
    scene.me.git("push", "-q", "origin", "HEAD:refs/heads/main")
    unseal(scene.me)


@row("FF402 FF409", says="may not be edited")
def edited_later(scene):
    seal(scene.me)
    scene.me.git("push", "-q", "origin", "HEAD:refs/heads/main")
    put(scene.me, SEAL, sealed(POSTS).replace(b"work", b"werk", 1))


@row()
def a_post_and_then_the_seal(scene):
    reopened = again(A) | again(A, 4, "DONE", epoch=2)
    for name, text in reopened.items():
        put(scene.me, name, text)
    seal(scene.me, sealed(POSTS | reopened))


@row("FF024", says="a post that is sealed already")
def a_post_and_then_a_seal_beside_it(scene):
    reopened = again(A) | again(A, 4, "DONE", epoch=2)
    for name, text in reopened.items():
        put(scene.me, name, text)
    seal(scene.me, sealed(POSTS | reopened))
    put(scene.me, path(A, 3), reopened[path(A, 3)])


@row()
def the_seal_and_then_a_post(scene):
    seal(scene.me)
    put(scene.me, *next(iter(again(A).items())))


@row()
def sealed_again_after_an_item_was_done_again(scene):
    seal(scene.me)
    reopened = again(A) | again(A, 4, "DONE", epoch=2)
    for name, text in reopened.items():
        put(scene.me, name, text)
    scene.me.git("push", "-q", "origin", "HEAD:refs/heads/main")
    seal(scene.me, sealed(POSTS | reopened))


@row("FF024", says="where it does not belong")
def with_an_item_of_another_shard(scene):
    put(scene.me, path("CMB-1000", 2), post(item="CMB-1000", state="CANCELLED"))
    more = life("CMB-1000")
    seal(scene.me, sealed(POSTS | more))


@row("FF020", says="no place in a feed")
def of_a_shard_with_too_many_digits(scene):
    put(scene.me, "feed/CMB/0000.sealed", sealed(POSTS))


@row()
def in_a_merge_with_a_post_of_the_other_side(scene):
    """The merge itself seals the post that one of its parents alone has."""
    me = scene.me
    me.git("checkout", "-q", "-b", "other")
    reopened = again(A) | again(A, 4, "DONE", epoch=2)
    for name, text in reopened.items():
        put(me, name, text)
    me.git("checkout", "-q", "main")
    seal(me)
    me.git("merge", "-q", "--no-commit", "--no-ff", "other")
    seal(me, sealed(POSTS | reopened))


@row("FF414", says="none before it had the post")
def in_a_merge_with_a_post_of_neither_side(scene):
    me = scene.me
    me.git("checkout", "-q", "-b", "other")
    put(me, path("CMB-1001"), post(item="CMB-1001", subject="a page"))
    me.git("checkout", "-q", "main")
    seal(me)
    me.git("merge", "-q", "--no-commit", "--no-ff", "other")
    me.write(SEAL, sealed(POSTS | life(item_id(969))))
    past(me)


# The last of those that pass, and the last that each rule refuses.
SMALL = [*{row.server: row for row in TABLE.rows}.values()]


@pytest.mark.parametrize(
    "row", of_each_kind(TABLE.rows, SMALL.__contains__), ids=lambda row: row.name
)
def test_push(row, closed):
    play_row(row, closed)
