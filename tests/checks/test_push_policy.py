"""Pushes of policies: the one before the push judges it, and it can always be mended."""

import pytest
from harness import FREE, claim, path, post
from harness.pushes import Table, past, play_row, put, slip

TABLE = Table()
row = TABLE.row
POLICY = "feed/policy.yaml"


@pytest.mark.parametrize("row", TABLE.rows, ids=lambda row: row.name)
def test_push(row, scene, stress):
    play_row(row, scene, dry_run=stress or row in TABLE.of_each_verdict())


def policy(scene, *lines):
    return put(scene.me, POLICY, "\n".join(("ref: refs/heads/main", *lines, "")))


@row()
def a_new_policy(scene):
    policy(scene, "lanes: [CAMBER, ORA]")


def slip_in_ref(scene):
    """The policy that is there names a ref that is not the feed's."""
    scene.me.git("config", "fleetfeed.ref", "refs/heads/main")
    put(scene.me, POLICY, "ref: refs/heads/other\n")
    slip(scene.me)


@row()
def the_mending_of_a_wrong_ref(scene):
    slip_in_ref(scene)
    policy(scene, "lanes: [CAMBER]")


@row("FF406", says="the policy says refs/heads/other")
def a_wrong_ref_in_place_of_another(scene):
    slip_in_ref(scene)
    put(scene.me, POLICY, "ref: refs/heads/third\n")


@row("FF406", says="the policy says refs/heads/other")
def a_wrong_ref_that_stays(scene):
    slip_in_ref(scene)
    put(scene.me, POLICY, "ref: refs/heads/other\nlanes: [CAMBER]\n")


@row("FF406", says="the policy says refs/heads/other")
def a_post_under_a_wrong_ref(scene):
    slip_in_ref(scene)
    put(scene.me, path("CMB-0003"), claim("CMB-0003", FREE))


@row("FF406", says="the policy says refs/heads/other")
def the_mending_of_a_wrong_ref_together_with_a_post(scene):
    slip_in_ref(scene)
    policy(scene)
    put(scene.me, path("CMB-0003"), claim("CMB-0003", FREE))


@row("FF406", says="put `ref: refs/heads/main` back")
def a_policy_that_names_another_ref(scene):
    put(scene.me, POLICY, "ref: refs/heads/other\n")


@row("FF404", says="make it two")
def a_policy_together_with_a_post(scene):
    scene.me.write(path("CMB-0003"), claim("CMB-0003", FREE))
    policy(scene, "stewards: [CAMBER-06]")


@row("FF404")
def a_policy_together_with_a_post_in_a_commit_in_between(scene):
    scene.me.write(path("CMB-0003"), claim("CMB-0003", FREE))
    policy(scene, "stewards: [CAMBER-06]")
    put(scene.me, path("CMB-0004"), post(item="CMB-0004"))


@row()
def a_policy_and_a_post_in_two_commits(scene):
    policy(scene, "stewards: [CAMBER-06]")
    put(scene.me, path("CMB-0003"), claim("CMB-0003", FREE))


@row("FF102", says="WORK_PROOF is no known field")
def a_policy_and_what_it_allows_in_one_push(scene):
    policy(scene, "fields:", "  WORK_PROOF: {states: [DONE], level: warn}")
    put(scene.me, path("CMB-0003"), claim("CMB-0003", FREE, work_proof="seen"))


@row()
def what_the_policy_allowed_a_push_before(scene):
    policy(scene, "fields:", "  WORK_PROOF: {states: [DONE], level: warn}")
    slip(scene.me)
    put(scene.me, path("CMB-0003"), claim("CMB-0003", FREE, work_proof="seen"))


@row("FF204")
def what_the_policy_forbade_a_push_before(scene):
    policy(scene, "lanes: [ORA]")
    slip(scene.me)
    put(scene.me, path("CMB-0003"), claim("CMB-0003", FREE))


@row("FF204")
def a_policy_taken_away_together_with_what_it_forbids(scene):
    policy(scene, "lanes: [ORA]")
    slip(scene.me)
    scene.me.git("rm", "-q", POLICY)
    past(scene.me)
    put(scene.me, path("CMB-0003"), claim("CMB-0003", FREE))


@row("FF006 FF403")
def an_unreadable_policy(scene):
    policy(scene, "lanes: {")


@row("FF021")
def a_policy_that_is_a_link(scene):
    (scene.me.folder / POLICY).unlink()
    (scene.me.folder / POLICY).symlink_to("elsewhere")
    past(scene.me)


def slip_in_policy(scene):
    policy(scene, "lanes: {")
    slip(scene.me)


@row("FF403", says="the policy that is there cannot be read")
def a_post_under_an_unreadable_policy(scene):
    slip_in_policy(scene)
    put(scene.me, path("CMB-0003"), claim("CMB-0003", FREE))


@row()
def the_mending_of_an_unreadable_policy(scene):
    slip_in_policy(scene)
    policy(scene, "lanes: [CAMBER]")


@row("FF403 FF404")
def the_mending_together_with_a_post(scene):
    slip_in_policy(scene)
    scene.me.write(path("CMB-0003"), claim("CMB-0003", FREE))
    policy(scene, "lanes: [CAMBER]")


@row("FF403")
def the_mending_and_a_post_in_two_commits(scene):
    slip_in_policy(scene)
    policy(scene, "lanes: [CAMBER]")
    put(scene.me, path("CMB-0003"), claim("CMB-0003", FREE))


@row("FF006 FF403")
def an_unreadable_policy_in_place_of_another(scene):
    slip_in_policy(scene)
    policy(scene, "lanes: [")
