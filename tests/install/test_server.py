from pathlib import Path

import pytest
from harness import Repo

from fleetfeed.git.process import Git
from fleetfeed.install.server import install_server, uninstall_server
from fleetfeed.model.errors import FleetfeedError, Usage

# As Gitea and Forgejo write it: all in the folder run, and each may refuse.
GITEA = """\
#!/usr/bin/env bash
data=$(cat)
codes=""
for hook in "$(dirname "$0")"/pre-receive.d/*; do
  test -x "$hook" && test -f "$hook" || continue
  echo "$data" | "$hook"
  codes="$codes $?"
done
for code in $codes; do [ "$code" -eq 0 ] || exit "$code"; done
"""
# As Gitolite's multi-hook driver behaves: the last one's answer is the answer.
GITOLITE = """\
#!/bin/sh
stdin=`cat`
for h in $0.*; do
    [ -x $h ] || continue
    echo "$stdin" | $h
done
"""


def install(bare, fake, **options):
    return install_server(Git(bare.folder), python=fake.path, **options)


def bring_policy(bare, branch, ref):
    """A commit on `branch` with a feed whose policy names `ref`."""
    blob = bare.git("hash-object", "-w", "--stdin", stdin=f"ref: {ref}\n").stdout
    row = f"100644 blob {blob.strip()}\tpolicy.yaml\n"
    feed = bare.git("mktree", stdin=row).stdout.strip()
    tree = bare.git("mktree", stdin=f"040000 tree {feed}\tfeed\n").stdout.strip()
    commit = bare.line("commit-tree", "-m", "a feed", tree)
    bare.git("update-ref", f"refs/heads/{branch}", commit)


def uninstall(bare):
    return uninstall_server(Git(bare.folder))


def commit_on(bare, *branches):
    tree = bare.git("hash-object", "-t", "tree", "-w", "--stdin").stdout.strip()
    commit = bare.line("commit-tree", "-m", "x", tree)
    for branch in branches:
        bare.git("update-ref", f"refs/heads/{branch}", commit)


def but_objects(files):
    """A repository's files; git's own cleaning takes away what nothing names."""
    return {name: file for name, file in files.items() if "objects" not in name}


def push_all(repo, bare, ok):
    repo.commit()
    return repo.git("push", "-q", str(bare.folder), "main", ok=ok)


def test_a_plain_repository(bare, fake):
    report = install(bare, fake)
    name = bare.line("config", "fleetfeed.server")
    assert [(s.action, s.detail) for s in report.steps] == [
        ("installed", ""),
        ("installed", ""),
        ("set", "refs/heads/main"),
        ("set", "feed"),
        ("set", name),
        ("set", "true"),
        ("set", "refs/for/feed"),
        ("set", "true"),
        ("set", name),
    ]
    assert bare.line("config", "fleetfeed.ref") == "refs/heads/main"
    assert bare.line("config", "receive.fsckObjects") == "true"
    again = install(bare, fake)
    assert {step.action for step in again.steps} == {"unchanged"}


def test_a_repository_with_a_work_tree(repo, fake):
    install(repo, fake)
    assert (repo.folder / ".git/hooks/pre-receive").is_file()


def test_a_folder_inside_somebody_elses_checkout_is_not_taken_for_it(repo, fake):
    (repo.folder / "feed.git").mkdir()
    for folder in (repo.folder / "feed.git", repo.folder.parent):
        with pytest.raises(Usage, match="not a git repository itself"):
            install_server(Git(folder), python=fake.path)


@pytest.mark.parametrize(
    "config",
    [
        "",
        "[receive]\n\tfsckObjects = true\n",
        "[receive]\n\tfsckobjects=no # as it was\n\tdenyDeletes = true\n",
        "[receive]\n\tfsckObjects = true\n\tfsckObjects = false\n",
        "[fleetfeed]\n\tref = refs/heads/old ; mine\n\tdir = posts\n",
        "[fleetfeed]\n\tref = refs/heads/new\n",
    ],
)
def test_uninstall_restores_hooks_and_config_byte_for_byte(
    bare, fake, script, snapshot, config
):
    script(bare.folder / "hooks/pre-receive", "#!/bin/sh\nexit 0\n", 0o750)
    with (bare.folder / "config").open("a") as file:
        file.write(config)
    before = snapshot(bare.folder)
    install(bare, fake, ref="refs/heads/other")
    install(bare, fake, ref="refs/heads/new")
    install(bare, fake)
    assert bare.line("config", "fleetfeed.ref") == "refs/heads/new"
    assert bare.line("config", "--type=bool", "receive.fsckObjects") == "true"
    uninstall(bare)
    assert but_objects(snapshot(bare.folder)) == but_objects(before)


def test_uninstall_after_the_settings_were_taken_out_by_hand(bare, fake):
    install(bare, fake)
    bare.git("config", "--unset", "fleetfeed.ref")
    bare.git("config", "--unset", "receive.fsckObjects")
    uninstall(bare)
    assert "fleetfeed" not in (bare.folder / "config").read_text()


def test_a_failure_changes_nothing(bare, fake, snapshot):
    (bare.folder / "custom_hooks").write_text("a file where GitLab wants a folder")
    before = snapshot(bare.folder)
    with pytest.raises(FleetfeedError, match="custom_hooks"):
        install(bare, fake, layout="gitlab")
    assert but_objects(snapshot(bare.folder)) == but_objects(before)


# Where the feed ref comes from.


@pytest.mark.parametrize(
    "ref", ["main", "heads/main", "refs/heads/a b", "refs", "refs/feed", "", "-x"]
)
def test_only_a_full_ref_name_is_taken(bare, fake, ref, snapshot):
    before = snapshot(bare.folder)
    with pytest.raises(Usage, match="not a full ref name"):
        install(bare, fake, ref=ref)
    assert but_objects(snapshot(bare.folder)) == but_objects(before)


@pytest.mark.parametrize(
    ("given", "policy", "head", "branches", "expected"),
    [
        ("refs/heads/a", "refs/heads/b", "c", ["c"], "refs/heads/a"),
        (None, "refs/heads/b", "c", ["c"], "refs/heads/b"),
        (None, None, "trunk", ["trunk", "x"], "refs/heads/trunk"),
        (None, None, "master", ["main"], "refs/heads/main"),
        (None, None, "trunk", [], "refs/heads/trunk"),
    ],
)
def test_the_feed_ref(bare, fake, given, policy, head, branches, expected):
    bare.git("symbolic-ref", "HEAD", f"refs/heads/{head}")
    commit_on(bare, *branches)
    if policy:
        bring_policy(bare, "c", policy)
    install(bare, fake, ref=given)
    assert bare.line("config", "fleetfeed.ref") == expected


def test_which_branch_is_asked_where_nothing_says(bare, fake):
    bare.git("symbolic-ref", "HEAD", "refs/heads/gone")
    commit_on(bare, "one", "two")
    with pytest.raises(Usage, match="--ref"):
        install(bare, fake)


def test_a_pin_does_not_move_by_what_is_pushed(bare, fake):
    install(bare, fake)
    bring_policy(bare, "side", "refs/heads/evil")
    report = install(bare, fake)
    assert bare.line("config", "fleetfeed.ref") == "refs/heads/main"
    assert "--ref refs/heads/evil" in report.warnings[0]


# Servers with layouts of their own.


def test_gitea_runs_ours_beside_its_own(repo, bare, fake, script, snapshot):
    script(bare.folder / "hooks/pre-receive", GITEA)
    script(bare.folder / "hooks/pre-receive.d/gitea", "#!/bin/sh\ncat > seen\n")
    before = snapshot(bare.folder)
    install(bare, fake)
    assert (bare.folder / "hooks/pre-receive").read_text() == GITEA
    fake.refuse()
    push_all(repo, bare, ok=False)
    assert (bare.folder / "seen").read_text().endswith("refs/heads/main\n")
    assert sum(not line.startswith("< ") for line in fake.calls()) == 1
    (bare.folder / "seen").unlink()
    uninstall(bare)
    assert snapshot(bare.folder / "hooks") == {
        name.removeprefix("hooks/"): value
        for name, value in before.items()
        if name.startswith("hooks/")
    }


@pytest.mark.parametrize("older", [False, True])
def test_gitlab_gets_a_file_in_its_own_folder(bare, fake, script, snapshot, older):
    if older:
        script(bare.folder / "custom_hooks/pre-receive", "#!/bin/sh\nexit 0\n")
    else:
        (bare.folder / "custom_hooks").mkdir()
    before = snapshot(bare.folder)
    install(bare, fake)
    ours = bare.folder / "custom_hooks/pre-receive.d/fleetfeed"
    bare.run([str(ours)], stdin="a b c\n")
    judges = "-E -P -m fleetfeed hook pre-receive --end"
    assert fake.calls() == [judges, "< a b c", "< end"]
    assert not (bare.folder / "hooks/pre-receive").exists()
    uninstall(bare)
    assert but_objects(snapshot(bare.folder)) == but_objects(before)


def test_gitlab_storage_is_known_by_its_path(tmp_path, fake, snapshot):
    bare = Repo.init(tmp_path / "@hashed/ab/cd/abcd.git", "--bare")
    before = snapshot(bare.folder)
    install(bare, fake)
    assert (bare.folder / "custom_hooks/pre-receive.d/fleetfeed").is_file()
    uninstall(bare)
    assert but_objects(snapshot(bare.folder)) == but_objects(before)


def test_a_strangers_file_of_our_name_is_not_touched(bare, fake, script):
    file = script(bare.folder / "custom_hooks/pre-receive.d/fleetfeed", "#!/bin/sh\n")
    with pytest.raises(Usage, match="is not ours"):
        install(bare, fake)
    uninstall(bare)
    assert file.read_text() == "#!/bin/sh\n"


def test_gitolite_chains_a_hook_that_was_there(repo, bare, fake, script, tmp_path):
    common = script(
        tmp_path / "local/hooks/common/pre-receive", "#!/bin/sh\ncat > seen\n"
    )
    script(bare.folder / "hooks/update", "#!/bin/sh\nexit 0\n")
    (bare.folder / "hooks/pre-receive").symlink_to(common)
    report = install(bare, fake)
    assert "is a link" in report.warnings[0]
    push_all(repo, bare, ok=True)
    assert (bare.folder / "seen").exists()
    assert len(fake.calls()) == 3


def test_gitolite_with_its_driver(repo, bare, fake, script, tmp_path, snapshot):
    driver = script(tmp_path / "local/hooks/multi-hook-driver", GITOLITE)
    (bare.folder / "hooks/pre-receive").symlink_to(driver)
    script(bare.folder / "hooks/pre-receive.h00-first", "#!/bin/sh\ncat > seen\n")
    before = snapshot(bare.folder)
    report = install(bare, fake)
    assert "repo-specific" in report.warnings[0]
    fake.refuse()
    push_all(repo, bare, ok=False)
    assert (bare.folder / "seen").exists()
    assert Path(bare.folder / "hooks/pre-receive").is_symlink()
    uninstall(bare)
    (bare.folder / "seen").unlink()
    assert but_objects(snapshot(bare.folder)) == but_objects(before)
