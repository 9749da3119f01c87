"""`fleetfeed agents`: whatever lies there, a second time changes nothing, and back is back."""

import json
import os
import re
import shutil
import stat
import subprocess
import tomllib
from pathlib import Path

import pytest
from agents.states import ALL_TOOLS, OTHERS, STARTS, put, settings
from harness import Repo, clean, command
from harness.answers import document

from fleetfeed.agents.read_by import EXAMPLE
from fleetfeed.agents.setup import Setup
from fleetfeed.agents.tools import BY_NAME, TOOLS, Program
from fleetfeed.git.process import Git

PROGRAM = Program(("/opt/a venv/bin/python", "-E", "-P", "-m", "fleetfeed"))
by_tool = pytest.mark.parametrize("tool", ALL_TOOLS, ids=lambda tool: tool.name)
by_start = pytest.mark.parametrize("start", STARTS, ids=lambda start: start.name)


@pytest.fixture
def repo(tmp_path):
    return Repo.init(tmp_path / "a clone")


def setup(repo, program=PROGRAM, *, server=True):
    git = Git(str(repo.folder), repo.environment)
    return Setup(git, repo.folder, program, server=server)


def files(repo):
    """Every file, folder and link, with its rights; of git's own, what is ours."""
    found = {}
    for file in sorted(repo.folder.rglob("*")):
        path = file.relative_to(repo.folder)
        own = str(path) == ".git/info/exclude" or "fleetfeed" in path.parts
        if path.parts[0] != ".git" or own:
            said = file.readlink() if file.is_symlink() else None
            said = said or (file.read_bytes() if file.is_file() else None)
            found[str(path)] = (said, stat.S_IMODE(file.lstat().st_mode))
    return found


@by_tool
@by_start
def test_twice_is_once_and_what_is_taken_out_leaves_no_trace(repo, tool, start):
    start.lay(repo, tool)
    before = files(repo)
    done = setup(repo).install([tool])
    assert bool(done.wanted) == bool(start.left), done
    assert all(each.lines for each in done.wanted)
    if start.left:
        assert any(start.left in each.why for each in done.wanted), done.wanted
    once = files(repo)
    again = setup(repo).install([tool])
    assert files(repo) == once
    assert {step.action for step in again.steps} <= {"unchanged", "left"}
    checked = setup(repo).check([tool])
    assert checked.code == (1 if start.left else 0), checked
    setup(repo).remove([tool])
    assert files(repo) == before


@by_tool
def test_what_was_there_before_is_there_still(repo, tool):
    STARTS[1].lay(repo, tool)
    before = files(repo)
    setup(repo).install([tool])
    after = files(repo)
    for path in (tool.context, tool.skill):
        assert after[path][0].startswith(before[path][0])
    for path in settings(tool):
        was, now = before[path][0].decode(), after[path][0].decode()
        if path.endswith(".toml"):
            assert now.startswith(was)
            assert tomllib.loads(now)["mcp_servers"].keys() == {"docs", "fleetfeed"}
            continue
        # Lines are added, and a comma behind the last one; an empty array is opened.
        lines = iter(now.splitlines())
        for line in was.splitlines():
            forms = {line, f"{line},", line.replace("[],", "[")}
            assert any(each in forms for each in lines), line
        assert json.loads(now)["ünknown"] == ["é", 1.5, True, None]


@by_tool
def test_every_event_calls_the_hook_and_the_server_is_named(repo, tool):
    setup(repo).install([tool])
    said = "".join((repo.folder / path).read_text() for path in settings(tool))
    for event in tool.events:
        call = rf"fleetfeed agents hook {tool.name} {event}\b"
        assert len(re.findall(call, said)) == 1
    assert said.count("'/opt/a venv/bin/python'") == len(tool.events)
    assert '"fleetfeed", "mcp"]' in " ".join(said.split()).replace(" ]", "]")


@by_tool
def test_what_one_edits_stays_and_the_rest_goes(repo, tool):
    STARTS[1].lay(repo, tool)
    setup(repo).install([tool])
    context = repo.folder / tool.context
    context.write_text(context.read_text() + "\nMine.\n")
    hooks = repo.folder / tool.hooks.path
    hooks.write_text(
        hooks.read_text().replace('"large"', '"small"').replace(": 30", ": 7")
    )
    edited = files(repo)
    setup(repo).install([tool])
    assert files(repo) == edited
    setup(repo).remove([tool])
    assert context.read_text().endswith("* short\n\nMine.\n")
    left = hooks.read_text()
    assert '"small"' in left
    assert "fleetfeed" not in left + context.read_text()
    json.loads(left)


@by_tool
def test_a_line_that_does_more_than_ours_is_its_writers(repo, tool):
    setup(repo).install([tool])
    hooks = repo.folder / tool.hooks.path
    event = next(iter(tool.events))
    own = f"fleetfeed agents hook {tool.name} {event} | tee log; mine"
    said = json.loads(hooks.read_text())
    said["hooks"][event].append({"hooks": [{"type": "command", "command": own}]})
    hooks.write_text(json.dumps(said))
    setup(repo).remove([tool])
    left = json.loads(hooks.read_text())["hooks"]
    assert [*left] == [event]
    assert [own in json.dumps(each) for each in left[event]] == [True]


@by_tool
@pytest.mark.parametrize("to", ["config", "hooks/pre-commit"])
def test_a_link_into_gits_own_folder_is_not_followed(repo, tool, to):
    file, there = repo.folder / tool.context, repo.folder / ".git" / to
    there.parent.mkdir(exist_ok=True)
    there.touch()
    before = there.read_bytes()
    file.symlink_to(there)
    said = setup(repo).install([tool])
    assert tool.context in {wanted.file for wanted in said.wanted}
    setup(repo).remove([tool])
    assert there.read_bytes() == before


@by_tool
@pytest.mark.timeout(60)
def test_what_is_no_file_is_not_waited_for(repo, tool):
    for path in {tool.context, tool.hooks.path}:
        file = repo.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        os.mkfifo(file)
    said = setup(repo).install([tool])
    assert {wanted.file for wanted in said.wanted} >= {tool.context, tool.hooks.path}
    setup(repo).remove([tool])


@by_tool
def test_without_what_was_noted_what_is_ours_is_found_by_the_files(repo, tool):
    STARTS[1].lay(repo, tool)
    before = files(repo)
    setup(repo).install([tool])
    (repo.folder / ".git/fleetfeed/agents.json").unlink()
    setup(repo).remove([tool])
    for path, said in files(repo).items():
        if path.endswith(".json"):
            known = {**json.loads(said[0]), "version": 1}
            hooks = {k: v for k, v in OTHERS["hooks"].items() if v}
            assert {**known["hooks"], "BeforeTool": []} == {**hooks, "BeforeTool": []}
            assert known == {**OTHERS, "version": 1, "hooks": known["hooks"]}
        elif path != ".git/info/exclude":
            assert said == before[path]


@by_tool
def test_another_python_is_an_old_one_until_it_is_put_in_anew(repo, tool):
    setup(repo).install([tool])
    other = Program(("/usr/bin/python3", *PROGRAM.words[1:]))
    assert setup(repo, other).check([tool]).code == 1
    done = setup(repo, other).install([tool])
    assert {s.what for s in done.steps if s.action == "upgraded"} == {*settings(tool)}
    assert setup(repo, other).check([tool]).code == 0
    setup(repo).remove([tool])
    assert [p for p in files(repo) if not p.startswith(".git/info")] == []


@by_tool
def test_by_its_name_alone_it_may_be_started_by_hand(repo, tool):
    for path in settings(tool):
        put(repo, path, b"")
    setup(repo, BY_NAME).install([tool])
    by_hand = {path: (repo.folder / path).read_bytes() for path in settings(tool)}
    setup(repo).install([tool])
    for path in settings(tool):
        if not path.endswith(".toml"):
            assert (repo.folder / path).read_bytes() == by_hand[path]


@by_tool
def test_a_committed_file_that_has_it_all_is_let_be(repo, tool):
    setup(repo, BY_NAME).install([tool])
    repo.git("add", "-f", *settings(tool))
    repo.git("commit", "-q", "-m", "for all of us")
    assert setup(repo).install([tool]).code == 0
    assert repo.git("status", "--porcelain", "--", *settings(tool)).stdout == ""


@pytest.mark.parametrize("folder", [".", "sub/folder"])
def test_by_the_command_a_committed_file_is_left_alone_too(repo, folder):
    """Ours runs git with settings of its own, where a test's are a stranger's."""
    committed = ".claude/settings.local.json", ".codex/hooks.json"
    for path in committed:
        put(repo, path, b"{}\n")
    repo.git("add", "-f", *committed)
    repo.git("commit", "-q", "-m", "for all of us")
    there = repo.folder / folder
    there.mkdir(parents=True, exist_ok=True)
    words = ("agents", "install", "claude", "codex")
    done = repo.fleetfeed(*words, cwd=there, ok=False)
    assert done.returncode == 1
    for path in committed:
        assert (repo.folder / path).read_bytes() == b"{}\n"
        assert f"left {path}: it is committed, and would run on every" in done.stdout
        assert (repo.folder / (path + EXAMPLE)).is_file()
    assert repo.git("status", "--porcelain", "--", *committed).stdout == ""


@by_tool
def test_the_example_beside_a_committed_file_is_what_would_be_added(repo, tool):
    put(repo, tool.hooks.path, b"{}\n")
    repo.git("add", "-f", ".")
    repo.git("commit", "-q", "-m", "ours")
    setup(repo).install([tool])
    example = repo.folder / (tool.hooks.path + EXAMPLE)
    (repo.folder / tool.hooks.path).write_bytes(example.read_bytes())
    assert "python" not in example.read_text()
    assert setup(repo).check([tool]).code == 0
    example.write_text("mine\n")
    assert "changed by hand" in setup(repo).remove([tool]).wanted[0].why
    assert example.read_text() == "mine\n"


def test_what_has_commands_run_is_not_committed_by_accident(repo):
    setup(repo).install(ALL_TOOLS)
    repo.git("add", ".")
    staged = repo.git("diff", "--cached", "--name-only").stdout.split()
    assert not {path for tool in ALL_TOOLS for path in settings(tool)} & {*staged}
    assert "AGENTS.md" in staged


def test_what_several_tools_read_stays_for_the_last_of_them(repo):
    before = files(repo)
    setup(repo).install([TOOLS["codex"], TOOLS["cursor"]])
    setup(repo).remove([TOOLS["codex"]])
    assert setup(repo).check([TOOLS["cursor"]]).code == 0
    assert setup(repo).installed() == ("cursor",)
    setup(repo).remove([TOOLS["cursor"]])
    assert files(repo) == before


@pytest.mark.parametrize(
    ("name", "path", "text"),
    [
        ("claude", "CLAUDE.md", "# Mine\n@AGENTS.md\n"),
        ("claude", "CLAUDE.md", "Mind (@./AGENTS.md) first.\n"),
        ("gemini", "GEMINI.md", "@./AGENTS.md\n"),
        ("gemini", ".gemini/settings.json", '{"context": {"fileName": ["AGENTS.md", "GEMINI.md"]}}'),
        ("gemini", ".gemini/settings.json", '{"context": {"fileName": "AGENTS.md"}}'),
    ],
)  # fmt: skip
def test_the_section_goes_where_the_tool_reads(repo, name, path, text):
    put(repo, path, text.encode())
    setup(repo).install([TOOLS[name]])
    assert "fleetfeed: begin" in (repo.folder / "AGENTS.md").read_text()
    if path.endswith(".md"):
        assert (repo.folder / path).read_text() == text
    setup(repo).remove([TOOLS[name]])
    assert (repo.folder / path).read_text() == text
    assert not (repo.folder / "AGENTS.md").exists()


def test_a_file_that_is_agents_md_by_another_name_gets_one_section(repo):
    put(repo, "AGENTS.md", b"# Ours\n")
    (repo.folder / "CLAUDE.md").symlink_to("AGENTS.md")
    setup(repo).install([TOOLS["claude"], TOOLS["codex"]])
    assert (repo.folder / "AGENTS.md").read_text().count("fleetfeed: begin") == 1
    setup(repo).remove(ALL_TOOLS)
    assert (repo.folder / "AGENTS.md").read_text() == "# Ours\n"


def test_a_linked_worktree_has_its_own_files(repo, tmp_path):
    repo.commit("first")
    repo.git("worktree", "add", "-q", "-b", "other", str(tmp_path / "linked"))
    linked = Repo(tmp_path / "linked", clean())
    exclude = repo.folder / ".git/info/exclude"
    before = exclude.read_bytes()
    for place in (repo, linked):
        setup(place).install([TOOLS["claude"]])
        place.git("add", ".")
        assert "settings.local" not in place.git("status", "--porcelain").stdout
    setup(repo).remove([TOOLS["claude"]])
    assert setup(linked).check([TOOLS["claude"]]).code == 0
    assert "settings.local" not in linked.git("status", "--porcelain").stdout
    setup(linked).remove([TOOLS["claude"]])
    assert exclude.read_bytes() == before


def test_several_worktrees_are_set_up_at_once(repo, tmp_path):
    repo.commit("first")
    places = [tmp_path / name for name in "abc"]
    for place in places:
        repo.git("worktree", "add", "-q", "--detach", str(place))
    before = (repo.folder / ".git/info/exclude").read_bytes()
    for word in ("install", "remove"):
        args = command("agents", word, "claude", "gemini")
        begun = [subprocess.Popen(args, cwd=p, env=repo.environment) for p in places]
        assert {process.wait() for process in begun} == {0}
        said = repo.git("worktree", "list").stdout
        assert len(said.splitlines()) == 4
        for place in places:
            shown = repo.git("status", "--porcelain", cwd=place).stdout
            assert "settings" not in shown
            assert bool(shown) == (word == "install")
    assert (repo.folder / ".git/info/exclude").read_bytes() == before
    assert not (repo.folder / ".git/fleetfeed").exists()


def test_a_list_of_what_is_ignored_that_cannot_be_changed_is_told(repo):
    exclude = repo.folder / ".git/info/exclude"
    exclude.chmod(0o444)
    done = setup(repo).install([TOOLS["claude"]])
    assert done.code == 0
    assert (
        "it is read-only; do not commit /.claude/settings.local.json"
        in done.warnings[0]
    )
    exclude.unlink()
    exclude.symlink_to(repo.folder.parent / "mine")
    (repo.folder.parent / "mine").write_text("*.o\n")
    setup(repo).install([TOOLS["claude"]])
    assert exclude.is_symlink()
    setup(repo).remove([TOOLS["claude"]])
    assert exclude.read_text() == "*.o\n"


def test_without_the_servers_package_no_server_is_named(repo):
    setup(repo, server=False).install(ALL_TOOLS)
    assert not (repo.folder / ".mcp.json").exists()
    assert setup(repo, server=False).check(ALL_TOOLS).code == 0
    assert setup(repo).check(ALL_TOOLS).code == 1


def test_the_command_says_what_it_did(repo):
    below = repo.folder / "src"
    below.mkdir()
    done = repo.fleetfeed("agents", "install", "claude", cwd=below)
    assert "installed .claude/settings.local.json\n" in done.stdout
    assert repo.fleetfeed("agents", "check").stdout.endswith("fleetfeed: set up\n")
    (repo.folder / "CLAUDE.md").write_text("# Mine\n")
    checked = repo.fleetfeed("agents", "check", "--json", ok=False)
    said = document(checked.stdout)
    assert (said["code"], said["answer"]) == (1, "off")
    assert said["wanted"][0]["message"] == "CLAUDE.md has not what Claude Code needs"
    assert said["wanted"][0]["mend"] == "fleetfeed agents install claude"
    done = repo.fleetfeed("agents", "remove")
    assert "removed .claude/settings.local.json\n" in done.stdout
    nothing = repo.fleetfeed("agents", "check", ok=False)
    assert nothing.returncode == 2
    assert "no tool is set up in this work tree" in nothing.stderr


def test_an_agent_that_would_not_find_the_command_is_told_of(repo, tmp_path):
    git = str(Path(shutil.which("git")).parent)
    done = repo.fleetfeed("agents", "install", "codex", env={"PATH": git})
    assert "note: `fleetfeed` is not on the PATH here, where an agent" in done.stdout
    there = tmp_path / "bin/fleetfeed"
    there.parent.mkdir()
    there.touch(0o755)
    path = {"PATH": f"{there.parent}:{git}"}
    done = repo.fleetfeed("agents", "install", "codex", env=path)
    assert "on the PATH" not in done.stdout


def test_what_to_add_by_hand_is_shown(repo):
    put(repo, ".claude/settings.local.json", b'{"model": "x", // mine\n}\n')
    done = repo.fleetfeed("agents", "install", "claude", ok=False)
    assert done.returncode == 1
    assert (
        "it has a comment (line 1, column 16); add what is ours by hand" in done.stdout
    )
    shown = [line[4:] for line in done.stdout.splitlines() if line.startswith("    ")]
    added = "\n".join(shown)
    put(repo, ".claude/settings.local.json", b"// mine\n" + added.encode())
    assert repo.fleetfeed("agents", "check", "claude").ok
