"""`check --ci`, as GitHub's action and GitLab's template run it: real steps and checkouts."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest
from checks import code_fleet
from ci.hosted import MERGE, TOP, ZERO, Hosted, action_steps, installs, published
from harness import FREE, TAKEN, Scene, claim, path

from fleetfeed import __version__
from fleetfeed.checks.ci import Change, change_told
from fleetfeed.model.errors import CannotTell, FleetfeedError, Usage

ITEM = "CMB-0003"
GOOD = {path(ITEM): claim(ITEM, FREE)}
BAD = {path(ITEM): claim(ITEM, TAKEN)}
ALL = "+refs/heads/*:refs/remotes/origin/*"
PULL = "refs/remotes/pull/1/merge"
# Who opens a pull request names its branch.
HOSTILE = "$(touch${IFS}pwned);`id`&&'\"x"
REFUSED = f"::error file={path(ITEM)},line=5,col=14,title=FF401 collision::COLLIDE-WITH-CMB-0001"


@pytest.fixture
def hosted(scene: Scene, tmp_path) -> Hosted:
    return Hosted.begin(scene, tmp_path / "jobs")


def told_github(name, **more):
    return {"GITHUB_EVENT_NAME": name, "GITHUB_HEAD_REF": HOSTILE, **more}


def pull_request(hosted, files, base="main", depth=0, at=PULL):
    """The job of a pull request, from a fork as from a branch: its merge is checked out."""
    merge = hosted.merged(hosted.posts(files))
    refs = (f"+{MERGE}:{PULL}",) if depth else (ALL, f"+{MERGE}:{PULL}")
    told = told_github("pull_request", GITHUB_BASE_REF=base, GITHUB_SHA=merge)
    repo = hosted.checkout(*refs, at=at, depth=depth)
    return hosted.github(repo, {"action": "opened"}, **told)


def test_a_pull_request_that_is_sound_passes(hosted):
    said = pull_request(hosted, GOOD)
    assert (said.returncode, said.said) == (0, "")


def test_a_pull_request_that_collides_is_refused_where_it_does(hosted):
    said = pull_request(hosted, BAD)
    assert said.returncode == 1
    assert REFUSED in said.stdout
    assert not list(hosted.folder.glob("**/pwned"))


def test_a_pull_request_to_another_branch_is_not_judged_and_says_so(hosted):
    hosted.sends(hosted.main, "refs/heads/dev")
    said = pull_request(hosted, BAD, base="dev")
    assert said.returncode == 0
    assert "::notice title=fleetfeed::refs/heads/dev is not the feed ref" in said.stdout


def test_a_pull_request_does_not_say_where_the_feed_is(hosted):
    elsewhere = {".fleetfeed.yaml": "ref: refs/heads/elsewhere\ndir: other\n"}
    said = pull_request(hosted, {**BAD, **elsewhere})
    assert said.returncode != 0
    assert "nothing was judged" not in said.stdout


def test_a_checkout_of_one_commit_cannot_tell(hosted):
    said = pull_request(hosted, GOOD, depth=1)
    assert said.returncode == 3
    assert said.stdout.startswith("::error title=fleetfeed cannot tell::this clone is")
    assert "fetch-depth: 0" in said.stdout


def test_a_checkout_of_something_else_cannot_tell(hosted):
    """Of the base, say: nothing would be new there."""
    merge = hosted.merged(hosted.posts(BAD))
    repo = hosted.checkout(ALL, at="origin/main")
    told = told_github("pull_request", GITHUB_BASE_REF="main", GITHUB_SHA=merge)
    said = hosted.github(repo, {}, **told)
    assert said.returncode == 3
    assert "is not in this checkout" in said.stdout


def test_a_base_of_yesterday_cannot_tell(hosted):
    """Where a runner has kept a clone, and fetched less than all."""
    merge = hosted.merged(hosted.posts(GOOD))
    repo = hosted.checkout(ALL, f"+{MERGE}:{PULL}", at=PULL)
    hosted.scene.me.git("switch", "-q", "--detach", "origin/main")
    hosted.sends(
        hosted.posts({path("CMB-0004"): claim("CMB-0004", FREE)}), "refs/heads/main"
    )
    told = told_github("pull_request", GITHUB_BASE_REF="main", GITHUB_SHA=merge)
    said = hosted.github(repo, {}, **told)
    assert said.returncode == 3
    assert "origin/main was fetched at" in said.stdout


def push_of(hosted, new, before, ref="refs/heads/main"):
    hosted.sends(new, ref)
    repo = hosted.checkout(ALL, at=new)
    event = {"before": before, "after": new, "ref": ref}
    return hosted.github(
        repo, event, **told_github("push", GITHUB_REF=ref, GITHUB_SHA=new)
    )


@pytest.mark.parametrize(("files", "code"), [(GOOD, 0), (BAD, 1)], ids=["good", "bad"])
def test_a_push_is_judged_from_where_the_branch_was(hosted, files, code):
    before = hosted.main
    said = push_of(hosted, hosted.posts(files), before)
    assert said.returncode == code
    assert (REFUSED in said.stdout) == bool(code)


def test_a_first_push_is_judged_whole(hosted):
    new = hosted.posts(BAD)
    assert push_of(hosted, new, ZERO).returncode == 1


def test_a_new_branch_of_another_name_passes(hosted):
    said = push_of(hosted, hosted.posts(BAD), ZERO, "refs/heads/topic")
    assert said.returncode == 0
    assert "refs/heads/topic is not the feed ref, refs/heads/main" in said.stdout


def test_a_feed_that_was_rewritten_cannot_be_told(hosted):
    gone = "d" * 40
    said = push_of(hosted, hosted.posts(GOOD), gone)
    assert said.returncode == 3
    assert f"refs/heads/main was at {gone}, which no branch has any more" in said.stdout


@pytest.mark.parametrize(("files", "code"), [(GOOD, 0), (BAD, 1)], ids=["good", "bad"])
def test_by_the_clock_the_feed_is_judged_as_it_stands(hosted, files, code):
    new = hosted.posts(files)
    hosted.sends(new, "refs/heads/main")
    repo = hosted.checkout(ALL, at=new)
    said = hosted.github(repo, {"schedule": "0 4 * * *"}, **told_github("schedule"))
    assert said.returncode == code
    assert "judged as it stands" in said.stdout


def merge_request(hosted, **told):
    told = {
        "CI_PIPELINE_SOURCE": "merge_request_event",
        "CI_PROJECT_ID": "1",
        "CI_MERGE_REQUEST_PROJECT_ID": "1",
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
        "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": HOSTILE,
        "CI_COMMIT_SHA": hosted.scene.me.tip(),
        **told,
    }
    hosted.sends(told["CI_COMMIT_SHA"], "refs/pipelines/7")
    repo = hosted.checkout(
        ALL, "+refs/pipelines/7:refs/pipelines/7", at="refs/pipelines/7"
    )
    return hosted.gitlab(repo, **told)


def test_a_merge_request_on_gitlab(hosted):
    hosted.posts(BAD)
    refused = merge_request(hosted)
    assert (refused.returncode, refused.refusals) == (1, {"FF401"})


def test_a_merge_request_from_a_fork_is_for_the_parent_to_judge(hosted):
    hosted.posts(GOOD)
    said = merge_request(hosted, CI_PROJECT_ID="2")
    assert said.returncode == 3
    assert "this pipeline runs in a fork" in said.stderr


def test_a_merge_request_that_is_behind_is_to_be_rebased(hosted):
    hosted.posts(GOOD)
    hosted.scene.me.git("switch", "-q", "--detach", "origin/main")
    hosted.sends(hosted.posts({"other": "x"}), "refs/heads/main")
    hosted.scene.me.git("switch", "-q", "topic")
    assert merge_request(hosted).refusals == {"FF405"}


def test_a_push_on_gitlab(hosted):
    told = {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "main"}
    before, new = hosted.main, hosted.posts(GOOD)
    hosted.sends(new, "refs/heads/main")
    repo = hosted.checkout(ALL, at=new)
    said = hosted.gitlab(repo, **told, CI_COMMIT_BEFORE_SHA=before, CI_COMMIT_SHA=new)
    assert (said.returncode, said.stdout) == (0, "fleetfeed: nothing to refuse\n")


# Code, where the policy maps it to surfaces: CAMBER-07 holds `web/theirs`.


@pytest.fixture(scope="module")
def code_template(fleet_template, tmp_path_factory):
    return code_fleet.play(
        fleet_template.copy(tmp_path_factory.mktemp("code") / "fleet")
    )


@pytest.fixture
def guarded(code_template, tmp_path):
    scene = Scene(code_template.copy(tmp_path / "fleet").folder)
    return Hosted.begin(scene, tmp_path / "jobs", guards=True)


THEIRS = {"web/theirs/a.ts": "mine\n"}


def test_code_that_another_holds_is_refused_and_other_code_passes(guarded):
    refused = pull_request(guarded, THEIRS)
    assert refused.returncode == 1
    assert "::error file=web/theirs/a.ts,title=FF701" in refused.stdout


@pytest.mark.parametrize(
    ("guards", "files"), [(True, {"docs/page.md": "new\n"}), (False, THEIRS)]
)
def test_what_is_nobodys_passes_and_what_nobody_asks_for(guarded, guards, files):
    said = pull_request(replace(guarded, guards=guards), files)
    assert said.returncode == 0
    assert "::error" not in said.stdout


def test_code_of_a_branch_that_is_new_is_judged_when_it_is_to_be_merged(guarded):
    said = push_of(guarded, guarded.posts(THEIRS), ZERO, "refs/heads/work")
    assert said.returncode == 0
    assert "refs/heads/work is new: no code was judged" in said.stdout
    before = guarded.scene.server.tip("refs/heads/work")
    told = {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "work"}
    new = guarded.posts({"web/theirs/b.ts": "mine\n"})
    guarded.sends(new, "refs/heads/work")
    repo = guarded.checkout(ALL, at=new, folder="second")
    said = guarded.gitlab(repo, **told, CI_COMMIT_BEFORE_SHA=before, CI_COMMIT_SHA=new)
    assert (said.returncode, said.refusals) == (1, {"FF701"})


def test_by_the_clock_no_code_is_judged(guarded):
    repo = guarded.checkout(ALL, at="origin/main")
    said = guarded.github(repo, {}, **told_github("schedule"))
    assert said.returncode == 0
    assert "CI is about no change: no code was judged" in said.stdout


# What is told, without a repository.

ON_GITHUB = {"GITHUB_ACTIONS": "true"}
ON_GITLAB = {"GITLAB_CI": "true", "CI_COMMIT_SHA": "b", "CI_PROJECT_ID": "1"}
GROUP = {
    "merge_group": {"base_ref": "refs/heads/main", "base_sha": "a", "head_sha": "b"}
}
TOLD = [
    ({"GITHUB_EVENT_NAME": "merge_group"}, GROUP, Change("refs/heads/main", "a", "b")),
    ({"GITHUB_EVENT_NAME": "workflow_dispatch"}, {}, None),
    ({"GITHUB_EVENT_NAME": "pull_request_target"}, {}, CannotTell),
    ({"GITHUB_EVENT_NAME": "pull_request", "GITHUB_BASE_REF": "main"}, {}, CannotTell),
    (
        {"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/main"},
        {"before": 1},
        CannotTell,
    ),
    ({"GITHUB_EVENT_NAME": "merge_group"}, {"merge_group": []}, CannotTell),
    ({"GITHUB_EVENT_NAME": "push"}, [], CannotTell),
]


@pytest.mark.parametrize(("told", "event", "answer"), TOLD)
def test_what_github_tells(told, event, answer, tmp_path):
    file = tmp_path / "event.json"
    file.write_text(json.dumps(event))
    assert _answer({**ON_GITHUB, **told, "GITHUB_EVENT_PATH": str(file)}) == answer


@pytest.mark.parametrize("text", [None, "{", b"\xff"], ids=["none", "torn", "no text"])
def test_an_event_that_cannot_be_read(text, tmp_path):
    file = tmp_path / "event.json"
    if text:
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
    told = {"GITHUB_EVENT_NAME": "push", "GITHUB_EVENT_PATH": str(file)}
    assert _answer({**ON_GITHUB, **told}) == CannotTell


@pytest.mark.parametrize(
    ("told", "answer"),
    [
        ({"CI_PIPELINE_SOURCE": "schedule"}, None),
        ({"CI_PIPELINE_SOURCE": "web", "CI_COMMIT_BEFORE_SHA": ZERO}, None),
        (
            {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_TAG": "v1"},
            Change("refs/tags/v1", ZERO, "b"),
        ),
        ({"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "main"}, CannotTell),
        ({"CI_PIPELINE_SOURCE": "merge_request_event"}, CannotTell),
    ],
)
def test_what_gitlab_tells(told, answer):
    assert _answer({**ON_GITLAB, **told}) == answer


def test_where_no_ci_is():
    assert _answer({"CI": "true"}) == Usage


def _answer(told):
    try:
        return change_told(told)
    except FleetfeedError as error:
        return type(error)


# The files themselves.


def test_no_script_holds_what_somebody_else_names():
    scripts = [step["run"] for step in action_steps()]
    scripts += published("ci/gitlab.yml")["fleetfeed"]["script"]
    assert not [text for text in scripts if "${{" in text or "$[[" in text]


def test_a_python_that_is_too_old_is_told(tmp_path):
    (tmp_path / "old").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "old").chmod(0o755)
    refused = installs(tmp_path, PYTHON=str(tmp_path / "old"))
    assert refused.returncode == 2
    assert "3.11 or later" in refused.stdout


def test_the_action_installs_the_commit_that_it_is_of(tmp_path):
    """By pip, from where packages come from: a few seconds."""
    done = installs(tmp_path, PYTHON=sys.executable, GITHUB_ACTION_PATH=str(TOP))
    assert done.returncode == 0, done
    program = tmp_path / "fleetfeed/bin/fleetfeed"
    said = subprocess.check_output((program, "--version"), text=True)
    assert said == f"fleetfeed {__version__}\n"
