"""The hook files in every shell at hand, with a stand-in for Python."""

import shutil

import pytest
from harness import Repo

from fleetfeed.git.process import Git
from fleetfeed.install.client import install_client
from fleetfeed.install.server import install_server

HOOK = "-E -P -m fleetfeed hook pre-commit --staged"
COMMIT = f"{HOOK} feed"
LOG = '#!/bin/sh\nprintf "%s\\n" "$*" >> earlier\n'


@pytest.fixture(params=["as git runs it", "dash", "bash", "busybox"])
def shell(request) -> list[str]:
    """What to put before a hook's name to run it in one shell; empty: git does."""
    if request.param == "as git runs it":
        return []
    program = shutil.which(request.param)
    if program is None:
        pytest.skip(f"{request.param} is not installed")
    return [program, "sh"] if request.param == "busybox" else [program]


@pytest.fixture
def guarded(repo, fake) -> Repo:
    install_client(Git(repo.folder), feed="feed", python=fake.path)
    return repo


def commit(repo, shell, ok=True):
    """Commit what is staged, or run the hook as the commit would."""
    if not shell:
        return repo.git("commit", "-q", "--allow-empty", "-m", "x", ok=ok)
    return repo.run([*shell, ".git/hooks/pre-commit"], ok=ok)


def test_a_commit_that_touches_no_post_starts_no_python(guarded, fake, shell):
    guarded.write("feedback/x", "x")
    guarded.git("add", ".")
    fake.refuse()
    commit(guarded, shell)
    assert fake.calls() == []


def test_a_commit_that_touches_a_post_is_judged(guarded, fake, shell):
    guarded.write("feed/CMB/a.yaml", "x")
    guarded.git("add", ".")
    commit(guarded, shell)
    assert fake.calls() == [COMMIT]


def test_a_refusal_refuses(guarded, fake, shell):
    guarded.write("feed/CMB/a.yaml", "x")
    guarded.git("add", ".")
    fake.refuse()
    commit(guarded, shell, ok=False)


def test_a_python_that_is_gone_refuses_in_words(guarded, fake, shell):
    shutil.rmtree(fake.folder)
    guarded.write("feed/a", "x")
    guarded.git("add", ".")
    said = commit(guarded, shell, ok=False)
    assert f"its Python is gone: {fake.path}" in said.stderr
    assert "`fleetfeed install` again" in said.stderr
    assert len(said.stderr.splitlines()) == 1


def test_a_python_without_fleetfeed_refuses_in_words(guarded, fake, shell):
    fake.lose_fleetfeed()
    guarded.write("feed/a", "x")
    guarded.git("add", ".")
    said = commit(guarded, shell, ok=False)
    assert f"its Python has no fleetfeed: {fake.path}" in said.stderr
    assert "`fleetfeed install` again" in said.stderr


def test_a_git_that_cannot_compare_refuses(repo, fake, shell):
    install_client(Git(repo.folder), feed="../outside", python=fake.path)
    said = commit(repo, shell, ok=False)
    assert "could not compare the index with HEAD" in said.stderr
    assert fake.calls() == []


@pytest.mark.parametrize(
    "variable",
    [
        "GIT_LITERAL_PATHSPECS",
        "GIT_GLOB_PATHSPECS",
        "GIT_NOGLOB_PATHSPECS",
        "GIT_ICASE_PATHSPECS",
    ],
)
def test_settings_for_patterns_do_not_matter(guarded, fake, variable):
    guarded.write("feed/a", "x")
    guarded.git("add", ".")
    guarded.git("commit", "-q", "-m", "x", env={variable: "1"})
    assert fake.calls() == [COMMIT]


@pytest.mark.parametrize(
    "feed",
    ["a feed", "-feed", "fe*d", "[x]", ":(icase)x", "it's", 'a"b', "a$HOME`x`", "föd"],
)
def test_a_feed_folder_of_any_name(repo, fake, feed, shell):
    install_client(Git(repo.folder), feed=feed, python=fake.path)
    for other in ("feed/x", "x", "fed/x"):
        repo.write(other, "x")
    repo.git("add", ".")
    commit(repo, shell)
    assert fake.calls() == []
    repo.write(f"{feed}/x", "x")
    repo.git("add", ".")
    commit(repo, shell)
    assert fake.calls() == [f"{HOOK} {feed}"]


def test_deletions_renames_and_modes_count(guarded, fake):
    guarded.write("feed/a", "x")
    guarded.commit("a")
    guarded.git("mv", "feed/a", "out")
    guarded.commit("moved out")
    (guarded.folder / "feed").rmdir()
    guarded.write("feed", "a file")
    guarded.commit("a file of the folder's name")
    guarded.git("update-index", "--chmod=+x", "feed")
    guarded.git("commit", "-q", "-m", "mode")
    guarded.git("rm", "-q", "-f", "feed")
    guarded.git("commit", "-q", "-m", "gone")
    assert fake.calls() == [COMMIT] * 5


def test_the_index_that_git_commits_from_is_the_one_looked_at(guarded, fake):
    guarded.write("feed/a", "x")
    guarded.write("b", "x")
    guarded.commit("both")
    guarded.write("feed/a", "y")
    guarded.write("b", "y")
    guarded.git("commit", "-q", "-m", "only b", "--", "b")
    assert fake.calls() == [COMMIT]
    guarded.git("commit", "-q", "-m", "all", "-a")
    assert fake.calls() == [COMMIT] * 2


def test_work_tree_elsewhere_and_subfolder(guarded, fake, tmp_path):
    guarded.write("sub/feed/a", "not the feed")
    guarded.git("add", ".")
    guarded.git("commit", "-q", "-m", "x", cwd=guarded.folder / "sub")
    assert fake.calls() == []
    other = Repo(tmp_path / "other")
    other.write("feed/a", "x")
    at = ("--git-dir", str(guarded.folder / ".git"), "--work-tree", str(other.folder))
    other.git(*at, "add", "feed")
    other.git(*at, "commit", "-q", "-m", "x")
    assert fake.calls() == [COMMIT]


def test_a_submodule_in_the_feed_counts_though_submodules_are_ignored(guarded, fake):
    guarded.commit("first")
    guarded.git("config", "diff.ignoreSubmodules", "all")
    entry = f"160000,{guarded.tip()},feed/sub"
    guarded.git("update-index", "--add", "--cacheinfo", entry)
    guarded.git("commit", "-q", "--allow-empty", "-m", "x")
    assert fake.calls() == [COMMIT]


def test_a_clean_merge_is_judged_by_its_own_hook(guarded, fake):
    guarded.commit("base")
    guarded.git("switch", "-q", "-c", "side")
    guarded.write("feed/a", "x")
    guarded.commit("post")
    guarded.git("switch", "-q", "main")
    guarded.write("b", "x")
    guarded.commit("other")
    guarded.git("merge", "-q", "--no-edit", "side")
    assert fake.calls() == [COMMIT, COMMIT.replace("pre-commit", "pre-merge-commit")]


def test_the_earlier_hook_runs_first_and_may_change_the_index(repo, fake, script):
    hook = '#!/bin/sh\necho "$0" "$#" > earlier\nmkdir -p feed\necho x > feed/a\ngit add feed\n'
    script(repo.folder / ".git/hooks/pre-commit", hook)
    install_client(Git(repo.folder), feed="feed", python=fake.path)
    repo.git("commit", "-q", "--allow-empty", "-m", "x")
    assert (
        repo.folder / "earlier"
    ).read_text() == ".git/hooks/pre-commit.before-fleetfeed 0\n"
    assert fake.calls() == [COMMIT]
    assert repo.line("show", "HEAD:feed/a") == "x"


def test_the_earlier_hook_refuses_with_its_own_code(repo, fake, script, shell):
    script(repo.folder / ".git/hooks/pre-commit", "#!/bin/sh\necho no >&2\nexit 7\n")
    install_client(Git(repo.folder), feed="feed", python=fake.path)
    repo.write("feed/a", "x")
    repo.git("add", ".")
    said = commit(repo, shell, ok=False)
    assert said.stderr == "no\n"
    assert said.returncode == (7 if shell else 1)
    assert fake.calls() == []


def test_an_earlier_hook_that_git_would_not_run_does_not_run(repo, fake, script, shell):
    script(repo.folder / ".git/hooks/pre-commit", "#!/bin/sh\nexit 7\n", mode=0o644)
    install_client(Git(repo.folder), feed="feed", python=fake.path)
    commit(repo, shell)


def test_a_push_reaches_both_hooks_with_arguments_and_updates(repo, bare, fake, script):
    script(repo.folder / ".git/hooks/pre-push", LOG + "cat >> earlier\n")
    install_client(Git(repo.folder), feed="feed", python=fake.path)
    repo.commit()
    url, zero, tip = str(bare.folder), "0" * 40, repo.tip()
    repo.git("push", "-q", url, "main")
    update = f"refs/heads/main {tip} refs/heads/main {zero}"
    assert (repo.folder / "earlier").read_text().splitlines() == [
        f"{url} {url}",
        update,
    ]
    assert fake.calls() == [
        f"-E -P -m fleetfeed hook pre-push {url} {url}",
        f"< {update}",
    ]


def test_a_refused_push_does_not_land(guarded, bare, fake):
    guarded.commit()
    fake.refuse()
    guarded.git("push", "-q", str(bare.folder), "main", ok=False)
    assert not Repo(bare.folder).tip("main")


def serve(bare, fake):
    install_server(Git(bare.folder), python=fake.path)


def test_the_server_judges_after_its_earlier_hook(repo, bare, fake, script):
    script(bare.folder / "hooks/pre-receive", LOG + "cat >> earlier\n")
    serve(bare, fake)
    repo.commit()
    repo.git("push", "-q", str(bare.folder), "main", "main:other")
    rows = [
        f"{'0' * 40} {repo.tip()} refs/heads/main",
        f"{'0' * 40} {repo.tip()} refs/heads/other",
    ]
    assert (bare.folder / "earlier").read_text().splitlines() == ["", *rows]
    assert fake.calls() == [
        "-E -P -m fleetfeed hook pre-receive --end",
        *(f"< {row}" for row in (*rows, "end")),
    ]


@pytest.mark.parametrize("who", ["earlier", "ours"])
def test_the_server_refuses_when_either_does(repo, bare, fake, script, who):
    code = 1 if who == "earlier" else 0
    script(bare.folder / "hooks/pre-receive", f"#!/bin/sh\nexit {code}\n")
    serve(bare, fake)
    fake.refuse()
    repo.commit()
    repo.git("push", "-q", str(bare.folder), "main", ok=False)
    assert not bare.tip("refs/heads/main")
    assert bool(fake.calls()) == (who == "ours")


def test_stdin_in_every_shell(bare, fake, script, shell):
    if not shell:
        pytest.skip("git's own shell: see the pushes above")
    script(bare.folder / "hooks/pre-receive", "#!/bin/sh\nexit 0\n")
    serve(bare, fake)
    rows = "".join(f"a b refs/heads/{'n' * 80}{n}\n" for n in range(2000))
    bare.run([*shell, "hooks/pre-receive"], stdin=rows)
    assert fake.calls()[1:] == [f"< {row}" for row in (*rows.splitlines(), "end")]
    fake.refuse()
    bare.run([*shell, "hooks/pre-receive"], stdin=rows, ok=False)


def test_a_server_without_its_python_refuses_in_words(repo, bare, fake):
    serve(bare, fake)
    shutil.rmtree(fake.folder)
    repo.commit()
    said = repo.git("push", "-q", str(bare.folder), "main", ok=False)
    assert "its Python is gone" in said.stderr
    assert not bare.tip("refs/heads/main")


def test_a_server_whose_python_has_no_fleetfeed_refuses_in_words(repo, bare, fake):
    serve(bare, fake)
    fake.lose_fleetfeed()
    repo.commit()
    said = repo.git("push", "-q", str(bare.folder), "main", ok=False)
    assert "its Python has no fleetfeed" in said.stderr
    assert "install --server" in said.stderr
    assert not bare.tip("refs/heads/main")


@pytest.mark.parametrize(
    ("env", "prefix"),
    [({}, "fleetfeed: "), ({"GL_REPOSITORY": "x"}, "GL-HOOK-ERR: fleetfeed: ")],
)
def test_gitlab_shows_the_shells_refusal_too(bare, fake, env, prefix):
    serve(bare, fake)
    shutil.rmtree(fake.folder)
    said = bare.run(["hooks/pre-receive"], stdin="a b c\n", env=env, ok=False)
    assert said.stderr.startswith(f"{prefix}refused: its Python is gone")
