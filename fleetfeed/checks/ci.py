"""A change as CI tells of it: which branch moves, from which commit and to which.

GitHub Actions, and Gitea's and Forgejo's as they do, say so by variables and by a file,
GitLab CI by variables. Nothing of that is ever part of a shell's text: a branch may be
called `$(id)`.

Sources: GitHub Docs, "Events that trigger workflows" and "Variables"; GitLab Docs,
"Predefined CI/CD variables reference".
"""

import json
from collections.abc import Mapping
from pathlib import Path

from fleetfeed.checks.code import judge_code_between
from fleetfeed.checks.push import bring, cut_off, deleted, judge_move, with_feed
from fleetfeed.git import queries
from fleetfeed.git.remote import remote_value
from fleetfeed.model.errors import CannotTell, Usage
from fleetfeed.model.findings import Verdict
from fleetfeed.repo.location import feed_unknown, locate
from fleetfeed.repo.repository import Repo, policy_ref
from fleetfeed.repo.view import View
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record

_BRANCHES = "refs/heads/"
_NONE = "0" * 40
_BY_HAND = "`fleetfeed check --range BASE..HEAD` names the commits"


@record
class Change:
    """The branch `ref` (a full name) moves from `old` to `new`, both ids.

    Zeros stand for no commit. Where `old` is empty it is what `ref` of `origin` was at
    when it was fetched: what a pull request would be merged upon.
    """

    ref: str
    old: str
    new: str


def change_told(told: Mapping[str, str]) -> Change | None:
    """What CI says in the environment `told`; None where it is about no change.

    So is a run by the clock or by hand. CannotTell where what is said is not what would
    land, Usage where no CI is known by its variables.
    """
    if told.get("GITHUB_ACTIONS") == "true":
        return _on_github(told, _event(told.get("GITHUB_EVENT_PATH", "")))
    if told.get("GITLAB_CI") == "true":
        return _on_gitlab(told)
    message = "neither GITHUB_ACTIONS nor GITLAB_CI says that this is CI"
    raise Usage(f"{message}; {_BY_HAND}")


def _event(path: str) -> Mapping[str, object]:
    """The event that GitHub has written to the file at `path`."""
    try:
        event = json.loads(Path(path).read_text("utf-8"))
    except (OSError, ValueError) as error:
        message = f"GITHUB_EVENT_PATH cannot be read: {printable(str(error))}"
        raise CannotTell(f"{message}; {_BY_HAND}") from error
    return event if isinstance(event, dict) else {}


def _on_github(told: Mapping[str, str], event: Mapping[str, object]) -> Change | None:
    name = told.get("GITHUB_EVENT_NAME", "")
    if name == "push":
        return Change(
            _said(told, "GITHUB_REF"), _said(event, "before"), _said(event, "after")
        )
    if name == "pull_request":
        base = _BRANCHES + _said(told, "GITHUB_BASE_REF")
        return Change(base, "", _said(told, "GITHUB_SHA"))
    if name == "merge_group":
        group = event.get("merge_group")
        said = group if isinstance(group, dict) else {}
        ref, *ends = (_said(said, key) for key in ("base_ref", "base_sha", "head_sha"))
        return Change(ref, *ends)
    if name == "pull_request_target":
        message = "pull_request_target is about the base, and not what would be merged"
        raise CannotTell(f"{message}; let the workflow run on `pull_request`")
    return None


def _on_gitlab(told: Mapping[str, str]) -> Change | None:
    source = told.get("CI_PIPELINE_SOURCE", "")
    new = _said(told, "CI_COMMIT_SHA")
    if source == "merge_request_event":
        target = "CI_MERGE_REQUEST_PROJECT_ID"
        if _said(told, target) != _said(told, "CI_PROJECT_ID"):
            message = "this pipeline runs in a fork, whose branches are not the feed's"
            raise CannotTell(
                f"{message}; let a member of the parent project run it there"
            )
        name = _said(told, "CI_MERGE_REQUEST_TARGET_BRANCH_NAME")
        return Change(_BRANCHES + name, "", new)
    if source != "push":
        return None
    if told.get("CI_COMMIT_TAG"):
        return Change(f"refs/tags/{told['CI_COMMIT_TAG']}", _NONE, new)
    branch = _said(told, "CI_COMMIT_BRANCH")
    return Change(_BRANCHES + branch, _said(told, "CI_COMMIT_BEFORE_SHA"), new)


def _said(told: Mapping[str, object], name: str) -> str:
    """What `told` says under `name`; CannotTell where that is no text."""
    value = told.get(name)
    if isinstance(value, str) and value:
        return value
    raise CannotTell(f"CI does not say {name}; {_BY_HAND}")


def judge_change(repo: Repo, change: Change) -> Verdict:
    """The verdict on `change`, as its push to the feed ref would be judged.

    Another branch passes, as it does at a server. Where the feed is, the commit before
    the change says: a change must not say where to look for what it is judged by.
    """
    old, new = _old(repo, change), _new(repo, change)
    seen = with_feed(repo, old, new) or repo.as_of(str(old or new))
    told = seen.snapshot(old) if old else seen.snapshot(new)
    feed_ref = locate(policy_ref(told), seen.told, seen.settings).ref
    if change.ref != feed_ref:
        ref = printable(change.ref)
        remark = f"{ref} is not the feed ref, {feed_ref}: nothing was judged"
        return Verdict(remarks=(remark,))
    if new is None:
        return deleted(feed_ref)
    if not (told.tree.root or seen.snapshot(new).tree.root):
        message = f"there is no feed in {printable(seen.folder)}/ on {feed_ref}"
        raise feed_unknown(f"{message}; set fleetfeed.dir to where the feed is")
    return judge_move(seen, feed_ref, old, new)


def judge_code_of(repo: Repo, view: View, change: Change) -> Verdict:
    """The verdict on the code that `change` brings, whatever its branch.

    A branch that is new has no commit of its own to begin at: what it brings is judged
    when it is to be merged.
    """
    old, new = _old(repo, change), _new(repo, change)
    if old and new:
        return judge_code_between(repo, view, old, new)
    what = "deleted" if old else "new"
    ref = printable(change.ref)
    return Verdict(remarks=(f"{ref} is {what}: no code was judged",))


def _old(repo: Repo, change: Change) -> str | None:
    """The commit that the branch is at before; None where it is new."""
    if not change.old:
        return _fetched(repo, change.ref)
    if not change.old.strip("0"):
        return None
    found = queries.commit_of(repo.git, change.old)
    if found is None:
        lost = printable(change.old)
        if repo.shallow:
            raise cut_off(repo, f"{lost} is not in it")
        ref = printable(change.ref)
        message = f"{ref} was at {lost}, which no branch has any more: it was rewritten"
        todo = f"who has that commit pushes it, `git push origin {lost}:refs/heads/was`"
        raise CannotTell(f"{message}; {todo}, and this job runs again")
    return found


def _fetched(repo: Repo, ref: str) -> str:
    """What `ref` of `origin` is at, and was when it was fetched.

    A runner that keeps its clones may have one of yesterday, and a change that was
    judged upon that would be called sound.
    """
    name = printable(f"origin/{ref.removeprefix(_BRANCHES)}")
    found = repo.tip(f"refs/remotes/origin/{ref.removeprefix(_BRANCHES)}")
    if found is None:
        if repo.shallow:
            raise cut_off(repo, f"{name} is not in it")
        raise CannotTell(f"{name} is not here; {bring(repo)} brings it")
    now = remote_value(repo.git, "origin", ref)
    if now != found:
        at = now[:12] if now else "nothing"
        message = f"{name} was fetched at {found[:12]}, and is at {at} now"
        raise CannotTell(f"{message}; {bring(repo)} brings it, or this job run again")
    return found


def _new(repo: Repo, change: Change) -> str | None:
    """The commit that would be there; None where the branch is deleted."""
    if not change.new.strip("0"):
        return None
    found = queries.commit_of(repo.git, change.new)
    if found is None:
        message = f"{printable(change.new)}, which CI is about, is not in this checkout"
        todo = "check out that commit (a checkout without `ref:` does)"
        raise CannotTell(f"{message}; {todo}")
    return found
