"""pre-push without git's list: nothing to push, or a list that somebody else has read."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import FREE, TAKEN, Scene, Seat, claim, command, path, post

POST = path("CMB-0003")
HOOK = command("hook", "pre-push")


def _commit(seat: Seat, key: str) -> None:
    seat.stage(POST, claim("CMB-0003", key))
    seat.git("commit", "-q", "--no-verify", "-m", "x")


def _called(seat: Seat, *args: str, by: str = "", ok: bool | None = None) -> int:
    """The exit code of the hook, called with `args` by a shell's redirection `by`."""
    run = ("sh", "-c", f'"$@" {by}', "sh", *HOOK, *args)
    done = seat.run(run if by else (*HOOK, *args), ok=ok)
    said = "git's list of refs did not arrive" in done.stderr
    assert said == (done.returncode == 3), done
    return done.returncode


@pytest.mark.parametrize("by", ["<&-", "</dev/null", "<empty"])
@pytest.mark.parametrize("args", [(), ("origin", "x")], ids=["bare", "as git calls it"])
def test_a_list_that_cannot_be_gits(scene: Scene, by: str, args: tuple[str]) -> None:
    (scene.me.folder / "empty").touch()
    assert _called(scene.me, *args, by=by) == 3
    file = Seat(scene.me.folder / ".git")
    run = ("sh", "-c", f'hooks/pre-push "$@" {by}', "sh", *args)
    (file.folder / "empty").touch()
    assert "list of refs" in file.run(run, ok=False, env={"GIT_DIR": "."}).stderr


def test_an_empty_list_without_gits_arguments(scene: Scene) -> None:
    assert _called(scene.me) == 3


# Pushes that send nothing: git calls the hook with an empty list, and all is well.


def up_to_date(seat: Seat) -> tuple[str, ...]:
    return ("origin", "HEAD:refs/heads/main")


def no_tags(seat: Seat) -> tuple[str, ...]:
    return ("--tags",)


def no_tags_beside_a_good_draft(seat: Seat) -> tuple[str, ...]:
    _commit(seat, FREE)
    return ("--tags",)


def a_topic_that_is_there(seat: Seat) -> tuple[str, ...]:
    seat.git("switch", "-q", "-c", "topic")
    seat.write("code.py", "pass\n")
    seat.commit("code")
    seat.push("HEAD:refs/heads/topic")
    return ("origin", "topic")


def behind_and_up_to_date(seat: Seat) -> tuple[str, ...]:
    seat.git("switch", "-q", "-c", "topic", "HEAD~1")
    seat.push("HEAD:refs/heads/topic")
    return ("origin", "topic")


def an_address(seat: Seat) -> tuple[str, ...]:
    return (seat.line("remote", "get-url", "origin"), "HEAD:refs/heads/main")


def a_mirror_beside_a_bad_draft(seat: Seat) -> tuple[str, ...]:
    seat.git("init", "-q", "--bare", "../mirror.git")
    seat.git("remote", "add", "mirror", "../mirror.git")
    seat.git("push", "-q", "mirror", "HEAD:refs/heads/main")
    _commit(seat, TAKEN)
    return ("mirror", "HEAD~1:refs/heads/main")


NOTHING = (
    up_to_date,
    no_tags,
    no_tags_beside_a_good_draft,
    a_topic_that_is_there,
    behind_and_up_to_date,
    an_address,
    a_mirror_beside_a_bad_draft,
)


@pytest.mark.parametrize("way", NOTHING)
def test_a_push_that_sends_nothing_goes_through(
    scene: Scene, way: Callable[[Seat], tuple[str, ...]]
) -> None:
    done = scene.me.git("push", *way(scene.me))
    assert "Everything up-to-date" in done.stderr


# Hook managers' files in which a program before ours reads the list.


def lost(seat: Seat) -> None:
    file = seat.folder / ".git/hooks/pre-push"
    call = " ".join(f"'{word}'" for word in HOOK)
    file.write_text(f'#!/bin/sh\ncat >/dev/null\nexec {call} "$@"\n')


@pytest.mark.parametrize("spec", ["HEAD:refs/heads/main", "main", "+main"])
def test_a_push_whose_list_was_read_by_another_is_judged(
    scene: Scene, spec: str
) -> None:
    lost(scene.me)
    _commit(scene.me, TAKEN)
    refused = scene.me.push(spec, ok=False)
    assert "FF401" in refused.refusals
    assert "git listed no ref" in refused.stderr
    assert "remote:" not in refused.stderr


def test_a_good_push_whose_list_was_read_by_another(scene: Scene) -> None:
    lost(scene.me)
    _commit(scene.me, FREE)
    scene.me.push()


def test_a_detached_head_whose_list_was_read_by_another(scene: Scene) -> None:
    lost(scene.me)
    scene.me.git("checkout", "-q", "--detach")
    _commit(scene.me, TAKEN)
    assert "FF401" in scene.me.push(ok=False).refusals


def test_a_rewrite_whose_list_was_read_by_another(scene: Scene) -> None:
    me = scene.me
    lost(me)
    me.stage(POST, claim("CMB-0003", FREE))
    me.git("commit", "-q", "--amend", "--no-verify", "-m", "x")
    refused = me.push("+HEAD:refs/heads/main", ok=False)
    assert "would be rewritten" in refused.stderr
    assert "remote:" not in refused.stderr


def test_a_remote_that_does_not_answer_is_no_yes(scene: Scene) -> None:
    _commit(scene.me, FREE)
    scene.server.folder.rename(scene.folder / "away.git")
    done = scene.me.run((*HOOK, "origin", "x"), ok=False)
    assert done.returncode == 3
    assert "does not answer" in done.stderr


def test_an_empty_list_asks_nobody_where_nothing_is_new(
    scene: Scene, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    scene.me.run((*HOOK, "origin", "x"), env={"GIT_TRACE2": str(trace)})
    assert not re.search(r"start .*ls-remote", trace.read_text())
    scene.me.stage(path("CMB-0002", 2), post(item="CMB-0002", state="DONE"))
    scene.me.git("commit", "-qm", "x")
    scene.me.run((*HOOK, "origin", "x"), env={"GIT_TRACE2": str(trace)})
    assert re.search(r"start .*ls-remote", trace.read_text())
