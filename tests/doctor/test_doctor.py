"""The doctor in real repositories: what it says of each, and that it leaves no trace."""

import os
import re
import shlex
import shutil
import stat
import sys
from pathlib import Path

import pytest
from harness import Repo, Seat
from harness.answers import document
from harness.rows import of_each_kind

from fleetfeed.doctor.environment import reading
from fleetfeed.doctor.feed_ref import feed_of
from fleetfeed.git.objects import Objects
from fleetfeed.git.process import Git
from fleetfeed.repo import repository

HOOKS = ("pre-commit", "pre-merge-commit", "pre-push")


def below(folder: Path) -> dict[str, object]:
    """Every file below `folder`: its mode, its bytes, and when it was written.

    But for what a server's queue has while it runs, which a push of the doctor's starts.
    """
    return {
        str(file.relative_to(folder)): (
            info.st_mode,
            info.st_mtime_ns if stat.S_ISREG(info.st_mode) else None,
            file.read_bytes() if file.is_file() else None,
        )
        for file in sorted(folder.rglob("*"))
        for info in [file.lstat()]
        if file.name not in ("fleetfeed", "queue.lock", "queue.sock")
    }


@pytest.fixture(autouse=True)
def scratch(tmp_path):
    """Where the doctor makes its scratch repositories; empty again at the end."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    yield folder
    assert list(folder.iterdir()) == []


@pytest.fixture
def server(fleet, scratch):
    return Repo(
        fleet.server.folder, {**fleet.server.environment, "TMPDIR": str(scratch)}
    )


@pytest.fixture
def seat(fleet, scratch):
    seat = fleet.seat()
    return Seat(seat.folder, {**seat.environment, "TMPDIR": str(scratch)})


def doctor(repo, *options, code, cwd=None):
    """What the doctor says of `repo`; that it exits so, and changes no byte."""
    around = next((p for p in repo.folder.parents if p.name == "fleet"), repo.folder)
    before = below(around)
    done = repo.fleetfeed("doctor", "--json", *options, ok=None, cwd=cwd)
    assert below(around) == before
    assert done.returncode == code, done.said
    said = document(done.stdout)
    assert said["code"] == code
    assert said["answer"] == {0: "on", 1: "off", 3: "cannot tell"}[code]
    for check in said["checks"]:
        assert check["status"] != "bad" or check["mend"]
    return Said(said)


class Said:
    def __init__(self, found):
        self.found = found

    def status(self, name):
        return [c["status"] for c in self.found["checks"] if c["name"] == name]

    def text(self, name):
        return " ".join(
            f"{c['message']} {c['mend'] or ''}"
            for c in self.found["checks"]
            if c["name"] == name
        )

    @property
    def bad(self):
        return {c["name"] for c in self.found["checks"] if c["status"] == "bad"}


def hook(repo, name="pre-commit"):
    return repo.folder / ".git/hooks" / name


def script(file, text, mode=0o755):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    file.write_text(text)
    file.chmod(mode)


# A clone.


def test_a_healthy_clone(seat):
    said = doctor(seat, code=0)
    assert [said.status(name) for name in HOOKS] == [["ok"]] * 3
    assert "refused (FF102)" in said.text("pre-merge-commit")
    assert "CAMBER-06" in said.text("seat")
    assert any("--no-verify" in limit for limit in said.found["limits"])
    assert any("was not tried from here" in limit for limit in said.found["limits"])


def test_what_a_person_reads(seat):
    seat.write("feed/a draft", "not staged")
    said = seat.fleetfeed("doctor").stdout
    assert said.splitlines()[0].startswith("ok       git: git version")
    assert "\nWhat hooks cannot stop:\n  - `git commit --no-verify`" in said
    assert said.endswith("fleetfeed: enforcement is on here; it was tried\n")
    assert "\x1b" not in said


def test_a_clone_in_the_middle_of_work_is_not_disturbed(seat):
    seat.stage("feed/CMB/staged", "x")
    seat.write("feed/policy.yaml", "edited\n")
    seat.write("untracked", "x")
    doctor(seat, code=0)


def test_from_a_subfolder(seat):
    doctor(seat, code=0, cwd=seat.folder / "feed")


@pytest.mark.parametrize(
    ("gone", "passes", "refuses"),
    of_each_kind(
        [HOOKS, HOOKS[1:] + HOOKS[:1], HOOKS[2:] + HOOKS[:2]], lambda row: row == HOOKS
    ),
)
def test_a_hook_that_is_gone_or_passes_everything_or_nothing(
    seat, gone, passes, refuses
):
    hook(seat, gone).unlink()
    script(hook(seat, passes), "#!/bin/sh\nexit 0\n")
    script(hook(seat, refuses), "#!/bin/sh\necho no way >&2\nexit 1\n")
    said = doctor(seat, code=1)
    assert said.bad == set(HOOKS)
    assert "there is no " in said.text(gone)
    assert "run `fleetfeed install`" in said.text(gone)
    assert "let it pass" in said.text(passes)
    assert "refuses a good post too" in said.text(refuses)
    assert "no way" in said.text(refuses)


def test_hooks_that_are_not_executable(seat):
    for name in HOOKS:
        hook(seat, name).chmod(0o644)
    said = doctor(seat, code=1)
    assert said.bad == set(HOOKS)
    assert "not executable" in said.text("pre-commit")


def test_hooks_that_git_does_not_look_at(seat):
    seat.git("config", "core.hooksPath", "elsewhere")
    said = doctor(seat, code=1)
    assert said.bad == set(HOOKS)
    assert "/elsewhere (core.hooksPath)" in said.text("hooks folder")


def test_a_hooks_path_that_is_no_folder(seat):
    seat.git("config", "core.hooksPath", "/dev/null")
    assert doctor(seat, code=1).bad == {"hooks"}


def test_hooks_in_a_folder_of_the_users_choice(seat):
    seat.git("config", "core.hooksPath", ".githooks")
    seat.install()
    said = doctor(seat, code=0)
    assert "lies in the work tree" in said.text("hooks folder")


@pytest.mark.parametrize(
    "guarded", [True, pytest.param(False, marks=pytest.mark.large)]
)
def test_a_linked_worktree(seat, tmp_path, guarded):
    tree = tmp_path / "fleet/linked"
    seat.git("worktree", "add", "-q", str(tree), "-b", "topic")
    if not guarded:
        hook(seat).unlink()
    linked = Seat(tree, seat.environment)
    said = doctor(linked, code=0 if guarded else 1)
    assert said.bad == (set() if guarded else {"pre-commit"})
    assert "on refs/heads/topic" in said.text("HEAD")


@pytest.mark.parametrize("how", ["gone", "bare"])
def test_a_python_that_is_gone_or_has_no_fleetfeed(seat, tmp_path, how):
    python = tmp_path / "python"
    if how == "bare":
        clean = f"exec {shlex.quote(sys.executable)} -S"
        script(python, f'#!/bin/sh\n{clean} "$@"\n')
    for name in HOOKS:
        text = hook(seat, name).read_text()
        line = next(r for r in text.splitlines() if r.startswith("fleetfeed_python="))
        hook(seat, name).write_text(text.replace(line, f"fleetfeed_python={python}"))
    said = doctor(seat, code=1)
    assert {*HOOKS, "hook's Python"} == said.bad
    assert "its Python" in said.text("pre-commit")
    assert "run `fleetfeed install`" in said.text("pre-commit")


def test_a_feed_folder_that_changed_after_the_installation(seat):
    seat.git("config", "fleetfeed.dir", "posts")
    said = doctor(seat, code=1)
    # The server guards another folder, too.
    elsewhere = {"feed ref", "server"}
    assert {"pre-commit", "pre-merge-commit", "feed folder", *elsewhere} == said.bad
    assert "`git config fleetfeed.dir feed`" in said.text("feed ref")
    seat.install()
    assert doctor(seat, code=1).bad == elsewhere
    seat.git("config", "fleetfeed.dir", "feed")
    seat.install()
    doctor(seat, code=0)


def test_a_variable_that_leads_elsewhere_is_to_be_unset(seat):
    done = seat.fleetfeed("doctor", ok=False, env={"FLEETFEED_DIR": "posts"})
    assert "next: `unset FLEETFEED_DIR`" in done.stdout


def test_a_policy_and_settings_that_disagree(seat):
    seat.git("config", "fleetfeed.ref", "refs/heads/other")
    said = doctor(seat, code=1)
    assert {*HOOKS[:2], "feed ref"} <= said.bad
    assert "FF406" in said.text("pre-commit")


def test_a_remote_that_would_have_to_be_guessed(seat):
    seat.git("remote", "rename", "origin", "one")
    seat.git("remote", "add", "two", "nowhere.git")
    said = doctor(seat, code=1)
    assert "several remotes (one, two)" in said.text("remote")
    assert {"pre-commit", "remote"} <= said.bad
    seat.git("config", "fleetfeed.remote", "one")
    doctor(seat, code=0)


def test_an_earlier_hook_is_kept_and_not_run(seat, tmp_path):
    ours = hook(seat).read_bytes()
    ran = tmp_path / "ran"
    script(hook(seat), f"#!/bin/sh\ntouch {ran}\n")
    seat.install()
    assert hook(seat).read_bytes() == ours
    said = doctor(seat, code=0)
    assert "runs first" in said.text("other hooks")
    assert said.status("other hooks") == ["untried"]
    assert not ran.exists()


@pytest.mark.large
def test_hooks_of_another_tool_that_call_ours(seat):
    ours = f"exec {shlex.quote(sys.executable)} -m fleetfeed hook"
    text = f'#!/bin/sh\n. "${{0%/*}}/helper"\n{ours}'
    script(hook(seat), f"{text} pre-commit\n")
    script(hook(seat, "pre-push"), f'{text} pre-push "$@" 2>&1\n')
    script(hook(seat, "helper"), "true\n", 0o644)
    said = doctor(seat, code=0)
    assert said.status("hook files") == ["warn"]


def test_a_push_is_tried_with_nothing_staged(seat):
    text = "#!/bin/sh\ngit diff --cached --quiet || echo fleetfeed: refused FF102 >&2\n"
    script(hook(seat, "pre-push"), f"{text}git diff --cached --quiet\n")
    assert doctor(seat, code=1).bad == {"pre-push"}


@pytest.mark.large
def test_a_hook_of_another_tool_that_refuses_here_and_holds_ours(seat):
    hook(seat).rename(hook(seat, "pre-commit.legacy"))
    framework = (
        "#!/bin/sh\n# File generated by pre-commit: https://pre-commit.com\n"
        '"${0%/*}/pre-commit.legacy"\necho no linter here >&2\nexit 1\n'
    )
    script(hook(seat), framework)
    said = doctor(seat, code=0)
    assert "no linter here" in said.text("pre-commit")
    script(hook(seat), framework.replace('"${0%/*}/pre-commit.legacy"\n', ""))
    said = doctor(seat, code=3)
    assert said.status("pre-commit") == ["skipped"]


@pytest.mark.large
def test_a_stranger_that_stashes_and_makes_refs_finds_a_scratch_repository(seat):
    script(
        hook(seat),
        "#!/bin/sh\ngit update-ref refs/heads/left HEAD\ngit add -A\n"
        "git tag left\necho x > left\n",
    )
    seat.write("mine", "x")
    doctor(seat, code=1)


def test_a_remote_is_asked_for_its_word_and_its_queue_once(seat, tmp_path):
    receive = f'#!/bin/sh\necho "$@" >>{tmp_path}/ran\nexec git-receive-pack "$@"\n'
    script(tmp_path / "other", receive)
    seat.git("config", "remote.origin.receivepack", str(tmp_path / "other"))
    seat.git("config", "remote.mirror.url", "ext::false")
    said = doctor(seat, code=0)
    assert (said.status("server"), said.status("queue")) == (["ok"], ["ok"])
    assert len((tmp_path / "ran").read_text().splitlines()) == 2


def test_a_remote_that_does_not_answer_is_not_on(seat):
    seat.git("config", "remote.origin.pushurl", "ext::false")
    said = doctor(seat, code=3)
    assert said.status("remote") == ["ok", "skipped"]


@pytest.mark.large
def test_before_the_first_commit(tmp_path, scratch):
    repo = Seat.init(tmp_path / "new", TMPDIR=str(scratch))
    repo.fleetfeed("install")
    said = doctor(repo, code=3)
    assert [said.status(name) for name in HOOKS] == [["ok"]] * 3
    assert said.status("feed ref") == ["skipped"]


def test_a_replacement_ref_is_told(seat):
    blob = seat.git("hash-object", "-w", "--stdin", stdin="x").stdout.strip()
    seat.git("replace", "HEAD:feed/policy.yaml", blob)
    assert doctor(seat, code=0).status("refs/replace") == ["warn"]


@pytest.mark.large
def test_a_shallow_and_a_partial_clone(server, tmp_path):
    server.git("config", "uploadpack.allowFilter", "true")
    url = server.folder.as_uri()
    for number, how in enumerate(("--depth=1", "--filter=blob:none")):
        folder = tmp_path / f"clone{number}"
        server.git("clone", "-q", how, url, str(folder))
        clone = Seat(folder, server.environment)
        clone.install()
        doctor(clone, code=0)


def test_sha_256(tmp_path, scratch):
    repo = Seat.init(tmp_path / "new", "--object-format=sha256", TMPDIR=str(scratch))
    repo.fleetfeed("init")
    repo.commit()
    repo.fleetfeed("install")
    assert "SHA-256" in doctor(repo, code=0).text("objects")


# A server.


def on_server(server, code):
    return doctor(server, "--server", ".", code=code)


def test_a_healthy_server(server):
    said = on_server(server, code=0)
    assert said.status("pre-receive") == ["ok"]
    assert not any("no-verify" in limit for limit in said.found["limits"])


@pytest.mark.parametrize("ref", ["refs/fleetfeed/beats/CMB-0001", "refs/heads/topic"])
def test_a_ref_that_points_to_nothing_stops_every_push(server, seat, ref):
    """As `git gc --prune=now` leaves it that takes what a push has just brought."""
    file = server.folder / ref
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{'1' * 40}\n")
    seat.git("commit", "-q", "--allow-empty", "--no-verify", "-m", "more")
    stopped = seat.git("push", "-q", "origin", "HEAD:refs/heads/x", ok=False)
    assert "missing necessary objects" in stopped.said
    said = on_server(server, code=1)
    assert f"{ref} points to nothing, so git refuses every push" in said.text("refs")
    todo = re.search(r"`(git -C [^`]*)`", said.text("refs"))[1]
    server.run(shlex.split(todo))
    on_server(server, code=0)
    seat.git("push", "-q", "origin", "HEAD:refs/heads/x")


def test_from_elsewhere(server, tmp_path):
    doctor(server, "--server", str(server.folder), code=0, cwd=tmp_path)


def test_a_server_without_hook(server):
    (server.folder / "hooks/pre-receive").unlink()
    said = on_server(server, code=1)
    assert said.bad == {"pre-receive"}
    assert "fleetfeed install --server" in said.text("pre-receive")


@pytest.mark.parametrize(
    "text",
    of_each_kind(
        ["exit 0", "echo no >&2; exit 1", "cat >/dev/null"],
        lambda text: text == "exit 0",
    ),
)
def test_a_server_with_another_hook(server, text):
    script(server.folder / "hooks/pre-receive", f"#!/bin/sh\n{text}\n")
    assert on_server(server, code=1).bad == {"pre-receive"}


def test_a_servers_hook_that_is_not_executable(server):
    (server.folder / "hooks/pre-receive").chmod(0o644)
    assert on_server(server, code=1).bad == {"pre-receive"}


@pytest.fixture
def clone(tmp_path):
    repo = Repo.init(tmp_path / "clone")
    repo.write("file", "text")
    repo.git("add", "file")
    repo.git("commit", "-q", "-m", "one")
    return feed_of(repository.Repo(Git(repo.folder)))


def test_libgit2_is_tried_on_a_commit(clone, monkeypatch):
    tried = []
    read = Objects.by_libgit2
    monkeypatch.setattr(Objects, "by_libgit2", lambda o, i: tried.append(read(o, i)))
    assert reading(clone).sentence == "read through libgit2"
    assert [kind for kind, _ in tried] == ["commit"]


def test_a_libgit2_that_is_not_there(clone, monkeypatch):
    monkeypatch.setitem(sys.modules, "pygit2", None)
    found = reading(clone)
    assert (found.status, found.next) == ("bad", "install fleetfeed again")
    assert "libgit2 cannot be loaded" in found.sentence


def test_a_libgit2_that_finds_no_objects(clone, tmp_path, monkeypatch):
    """git looks where its environment says, and libgit2 where git says it lies."""
    monkeypatch.setattr(Git, "line", lambda *_: str(tmp_path / "nowhere"))
    found = reading(clone)
    assert (found.status, found.next) == ("warn", "run `git fsck`")
    assert "libgit2 cannot read" in found.sentence


def test_a_server_that_takes_malformed_objects(server):
    server.git("config", "--unset-all", "receive.fsckObjects")
    said = on_server(server, code=1)
    assert said.bad == {"receive.fsckObjects"}


def test_a_server_that_keeps_time(server):
    said = on_server(server, code=0)
    assert said.status("leases") == ["ok"]
    assert "fleetfeed/stamps.sqlite" in said.text("leases")


def test_a_server_that_does_not_say_that_it_keeps_time(server):
    server.git("update-ref", "-d", "refs/fleetfeed/server")
    said = on_server(server, code=0)
    assert said.status("leases") == ["warn"]
    assert "no client takes over" in said.text("leases")


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_server_whose_stamps_cannot_be_written(server):
    file = server.folder / "fleetfeed/stamps.sqlite"
    file.parent.mkdir(exist_ok=True)
    file.touch(0o444)
    said = on_server(server, code=0)
    assert said.status("leases") == ["warn"]
    assert "no lease lapses" in said.text("leases")


def test_a_server_whose_policy_and_settings_disagree(server):
    server.git("update-ref", "refs/heads/other", "refs/heads/main")
    server.git("config", "fleetfeed.ref", "refs/heads/other")
    said = on_server(server, code=1)
    assert {"pre-receive", "feed ref"} == said.bad


def test_a_server_without_a_pinned_ref(server):
    server.git("config", "--unset-all", "fleetfeed.ref")
    assert {"pre-receive", "feed ref"} == on_server(server, code=1).bad


def test_an_empty_server(tmp_path, scratch):
    bare = Repo.init(tmp_path / "new.git", "--bare", TMPDIR=str(scratch))
    bare.fleetfeed("install", "--server", ".")
    said = on_server(bare, code=3)
    assert said.status("feed ref") == ["skipped"]
    assert said.status("pre-receive") == ["ok"]


def test_hooks_that_act_on_a_push_are_not_run(server, tmp_path):
    for name in ("post-receive", "update", "post-update", "reference-transaction"):
        script(server.folder / "hooks" / name, f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    on_server(server, code=0)
    assert not (tmp_path / "ran").exists()


def test_proc_receive_is_told(server):
    server.git("config", "receive.procReceiveRefs", "refs/for")
    assert on_server(server, code=0).status("proc-receive") == ["warn"]


@pytest.mark.large
def test_gitea_whose_own_hook_refuses_what_does_not_come_through_it(server):
    hooks = server.folder / "hooks"
    (hooks / "pre-receive").unlink()
    script(
        hooks / "pre-receive.d/gitea", "#!/bin/sh\necho not through gitea >&2\nexit 1\n"
    )
    driver = (
        '#!/bin/sh\ndata=$(cat)\ncode=0\nfor hook in "${0%/*}"/pre-receive.d/*; do\n'
        '    printf "%s\\n" "$data" | "$hook" || code=1\ndone\nexit $code\n'
    )
    script(hooks / "pre-receive", driver)
    server.fleetfeed("install", "--server", ".")
    said = on_server(server, code=0)
    assert "not through gitea" in said.text("pre-receive")
    assert said.status("layout") == ["untried"]
    (hooks / "pre-receive.d/fleetfeed").unlink()
    assert "pre-receive" in on_server(server, code=1).bad


def test_gitlab(server):
    server.fleetfeed("uninstall", "--server", ".")
    (server.folder / "custom_hooks").mkdir()
    server.fleetfeed("install", "--server", ".")
    assert "not tried" in on_server(server, code=0).text("layout")
    shutil.rmtree(server.folder / "custom_hooks/pre-receive.d")
    assert "pre-receive" in on_server(server, code=1).bad


def test_a_folder_that_is_no_repository_itself(seat):
    done = seat.fleetfeed("doctor", "--server", "feed", ok=False)
    assert done.returncode == 2
    assert "not a git repository itself" in done.stderr


def test_a_bare_repository_wants_the_option(server):
    assert server.fleetfeed("doctor", ok=False).returncode == 2
