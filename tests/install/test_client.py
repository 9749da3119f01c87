import os
from pathlib import Path

import pytest
from harness import Repo

from fleetfeed.git.process import Git
from fleetfeed.install.client import install_client, uninstall_client
from fleetfeed.model.errors import FleetfeedError, Usage

HOOKS = ("pre-commit", "pre-merge-commit", "pre-push")


def actions(report):
    return [step.action for step in report.steps]


def install(repo, fake, feed="feed"):
    return install_client(Git(repo.folder), feed=feed, python=fake.path)


def uninstall(repo):
    return uninstall_client(Git(repo.folder))


def hooks_of(repo):
    return repo.folder / ".git" / "hooks"


def test_a_fresh_repository_gets_three_executable_hooks(repo, fake):
    report = install(repo, fake)
    assert actions(report) == ["installed"] * 3
    assert not report.warnings
    for name in HOOKS:
        assert os.access(hooks_of(repo) / name, os.X_OK)


def test_from_a_subfolder(repo, fake):
    (repo.folder / "sub").mkdir()
    install_client(Git(repo.folder / "sub"), feed="feed", python=fake.path)
    assert (hooks_of(repo) / "pre-commit").is_file()


def test_a_second_install_changes_nothing(repo, fake, snapshot):
    install(repo, fake)
    before = snapshot(repo.folder)
    assert actions(install(repo, fake)) == ["unchanged"] * 3
    assert snapshot(repo.folder) == before


def test_a_second_install_upgrades_ours_and_keeps_the_earlier_one_once(
    repo, fake, script, snapshot
):
    script(hooks_of(repo) / "pre-commit", "#!/bin/sh\necho earlier\n")
    before = snapshot(repo.folder)
    install(repo, fake)
    report = install(repo, fake, feed="elsewhere")
    assert actions(report) == ["upgraded", "upgraded", "unchanged"]
    assert b"elsewhere" in (hooks_of(repo) / "pre-commit").read_bytes()
    uninstall(repo)
    assert snapshot(repo.folder) == before


@pytest.mark.parametrize("mode", [0o755, 0o700, 0o644])
def test_uninstall_puts_back_every_byte_and_mode(repo, fake, script, snapshot, mode):
    for name in HOOKS[:2]:
        script(hooks_of(repo) / name, f"#!/bin/sh\n# {name}\n", mode)
    before = snapshot(repo.folder)
    assert actions(install(repo, fake)) == ["kept", "installed"] * 2 + ["installed"]
    assert (
        hooks_of(repo) / "pre-commit.before-fleetfeed"
    ).stat().st_mode & 0o777 == mode
    assert actions(uninstall(repo)) == ["restored", "restored", "removed"]
    assert snapshot(repo.folder) == before


def test_uninstall_where_nothing_is_installed_touches_nothing(repo, script, snapshot):
    script(hooks_of(repo) / "pre-commit", "#!/bin/sh\n")
    before = snapshot(repo.folder)
    assert uninstall(repo).lines() == ["nothing to do"]
    assert snapshot(repo.folder) == before


def test_a_link_is_kept_as_a_link(repo, fake, script, snapshot):
    script(repo.folder / "tools" / "check", "#!/bin/sh\nexit 7\n")
    (hooks_of(repo) / "pre-commit").symlink_to("../../tools/check")
    before = snapshot(hooks_of(repo))
    report = install(repo, fake)
    assert "is a link" in report.warnings[0]
    assert repo.git("commit", "--allow-empty", "-m", "x", ok=False)
    uninstall(repo)
    assert snapshot(hooks_of(repo)) == before


def test_a_missing_hooks_folder_is_made_and_taken_away(tmp_path, fake, snapshot):
    repo = Repo.init(tmp_path / "repo", "--template=")
    before = snapshot(repo.folder)
    install(repo, fake)
    assert hooks_of(repo).is_dir()
    uninstall(repo)
    assert snapshot(repo.folder) == before


@pytest.mark.parametrize("value", [".githooks", "{top}/.githooks", "{top}/.git/own"])
def test_core_hooks_path_of_the_repository(repo, fake, value, snapshot):
    repo.git("config", "core.hooksPath", value.format(top=repo.folder))
    before = snapshot(repo.folder)
    (repo.folder / "sub").mkdir()
    report = install_client(Git(repo.folder / "sub"), feed="feed", python=fake.path)
    folder = Path(os.path.normpath(repo.folder / value.format(top=repo.folder)))
    assert (folder / "pre-commit").is_file()
    assert any("in the work tree" in text for text in report.warnings) == (
        not value.endswith("own")
    )
    uninstall(repo)
    (repo.folder / "sub").rmdir()
    assert snapshot(repo.folder) == before


def test_a_global_hooks_path_is_used_and_said_to_serve_others(repo, fake, tmp_path):
    shared = tmp_path / "shared"
    repo.git("config", "--global", "core.hooksPath", str(shared))
    report = install(repo, fake)
    assert (shared / "pre-commit").is_file()
    assert any("serve other repositories" in text for text in report.warnings)
    uninstall(repo)
    assert not shared.exists()


@pytest.mark.parametrize("value", ["/dev/null", ""])
def test_a_hooks_path_that_turns_hooks_off_is_named(repo, fake, value):
    repo.git("config", "core.hooksPath", value)
    with pytest.raises(Usage, match=r"core\.hooksPath"):
        install(repo, fake)


@pytest.mark.parametrize("value", ["/dev/null", "elsewhere"])
def test_uninstall_after_the_hooks_path_was_changed(repo, fake, value):
    install(repo, fake)
    repo.git("config", "core.hooksPath", value)
    assert actions(uninstall(repo)) == ["removed"] * 3
    assert not (hooks_of(repo) / "pre-commit").exists()


def test_a_linked_worktree_shares_the_hooks(repo, fake):
    repo.commit("first")
    repo.git("worktree", "add", "-q", "../linked")
    linked = Repo(repo.folder.parent / "linked")
    install(linked, fake)
    assert (hooks_of(repo) / "pre-commit").is_file()
    linked.write("feed/a", "a")
    linked.commit()
    assert fake.calls() == ["-E -P -m fleetfeed hook pre-commit --staged feed"]


def test_worktrees_without_the_folder_of_a_relative_hooks_path_are_named(repo, fake):
    repo.commit("first")
    repo.git("worktree", "add", "-q", "../linked")
    repo.git("config", "core.hooksPath", ".githooks")
    named = [text for text in install(repo, fake).warnings if "no such folder" in text]
    assert len(named) == 1
    assert str(repo.folder.parent / "linked") in named[0]
    linked = Repo(repo.folder.parent / "linked")
    assert not [w for w in install(linked, fake).warnings if "no such folder" in w]
    linked.stage("feed/a", "a")
    linked.commit()
    assert len(fake.calls()) == 1


def test_a_bare_repository_is_pointed_to_server(bare, fake):
    with pytest.raises(Usage, match="--server"):
        install(bare, fake)


def test_nothing_is_half_written_when_a_name_is_taken_by_a_folder(repo, fake, snapshot):
    (hooks_of(repo) / "pre-push").mkdir()
    before = snapshot(repo.folder)
    with pytest.raises(Usage, match="is a folder"):
        install(repo, fake)
    assert snapshot(repo.folder) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes into any folder")
def test_a_read_only_folder_is_named_and_nothing_is_written(repo, fake, snapshot):
    before = snapshot(hooks_of(repo))
    hooks_of(repo).chmod(0o555)
    try:
        with pytest.raises(FleetfeedError, match=r"cannot write .*hooks.*denied"):
            install(repo, fake)
    finally:
        hooks_of(repo).chmod(0o755)
    assert snapshot(hooks_of(repo)) == before


def test_a_folder_that_cannot_be_written_leaves_nothing_behind(
    repo, fake, monkeypatch, snapshot
):
    import tempfile

    real, calls = tempfile.mkstemp, []

    def second_fails(*args, **kwargs):
        calls.append(args)
        if len(calls) == 2:
            raise PermissionError(13, "Permission denied", str(kwargs["dir"]))
        return real(*args, **kwargs)

    before = snapshot(repo.folder)
    monkeypatch.setattr(tempfile, "mkstemp", second_fails)
    with pytest.raises(
        FleetfeedError, match=r"cannot write .*hooks: Permission denied"
    ):
        install(repo, fake)
    assert snapshot(repo.folder) == before


def test_files_move_into_place_by_rename_where_links_are_not_possible(
    repo, fake, script, snapshot, monkeypatch
):
    script(hooks_of(repo) / "pre-commit", "#!/bin/sh\nexit 0\n")
    before = snapshot(repo.folder)

    def no_links(*_args, **_kwargs):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    install(repo, fake)
    assert (hooks_of(repo) / "pre-commit.before-fleetfeed").exists()
    uninstall(repo)
    assert snapshot(repo.folder) == before


def test_the_report_is_printable_and_json_ready(repo, fake):
    report = install(repo, fake)
    assert report.lines()[0].startswith("installed ")
    steps = report.facts["steps"]
    assert steps[0]["action"] == "installed"


def test_a_hook_that_goes_by_its_own_name_is_warned_about(repo, fake, script):
    script(hooks_of(repo) / "pre-commit", '#!/bin/sh\nrun "$(basename "$0")"\n')
    assert any("the name it is called by" in w for w in install(repo, fake).warnings)


def test_git_runs_what_was_installed(repo, fake):
    install(repo, fake)
    repo.write("feed/CMB/a.yaml", "x")
    fake.refuse()
    repo.commit(ok=False)
    assert not repo.tip()
