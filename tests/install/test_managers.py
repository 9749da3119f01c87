"""Hook managers and `uninstall`: what is left is as if we had never been there."""

import json
from pathlib import Path

import pytest
from harness import Repo
from harness.answers import document
from harness.managers import FOLDER, FRAMEWORK, HUSKY, LEFTHOOK, MANAGERS, Manager

# M, R: the manager puts its hooks in, takes them out; F, U: `install`, `uninstall`.
ORDERS = ("MFU", "FMU", "MFMU", "FMFU", "FMFMU", "FMRU", "MFRU", "FMUR", "MFMFRU")
SMALL = "FMU"


def params():
    return [
        pytest.param(
            manager,
            order,
            id=f"{manager.name}-{order}",
            marks=() if order == SMALL else pytest.mark.large,
        )
        for manager in MANAGERS
        for order in ORDERS
    ]


def left(repo: Repo) -> dict[str, tuple[object, int]]:
    """What git's folder and the manager's has of hooks and settings, to the byte."""
    git = repo.folder / ".git"
    files = [git / "config", *git.glob("hooks/*"), *repo.folder.glob(".husky/_/*")]
    files += repo.folder.glob(".githooks/*")
    return {
        str(file.relative_to(repo.folder)): (
            file.readlink() if file.is_symlink() else file.read_bytes(),
            file.lstat().st_mode,
        )
        for file in files
    }


def played(repo: Repo, manager: Manager, order: str, modules, earlier: bool) -> Repo:
    repo = manager.prepare(repo, modules)
    if earlier:
        hook = repo.write(".git/hooks/pre-commit", "#!/bin/sh\necho earlier\n")
        hook.chmod(0o755)
    steps = {
        "M": lambda: repo.run(manager.install),
        "R": lambda: repo.run(manager.remove),
        "F": lambda: repo.fleetfeed("install", ok=None),
        "U": lambda: repo.fleetfeed("uninstall"),
    }
    for step in order:
        steps[step]()
    return repo


@pytest.mark.parametrize(
    "earlier", [True, pytest.param(False, marks=pytest.mark.large)]
)
@pytest.mark.parametrize(("manager", "order"), params())
def test_nothing_of_ours_is_left(tmp_path, modules, manager, order, earlier):
    without = order.replace("F", "").replace("U", "")
    ours = played(Repo.init(tmp_path / "a"), manager, order, modules, earlier)
    never = played(Repo.init(tmp_path / "b"), manager, without, modules, earlier)
    assert left(ours) == left(never)


@pytest.mark.parametrize("manager", MANAGERS, ids=lambda m: m.name)
def test_nothing_is_put_into_a_managers_place(tmp_path, modules, manager):
    repo = played(Repo.init(tmp_path / "a"), manager, "M", modules, earlier=False)
    before = left(repo)
    done = repo.fleetfeed("install", "--json", ok=False)
    said = document(done.stdout)
    assert (done.returncode, said["answer"], said["code"]) == (1, "off", 1)
    after = left(repo)
    assert {name: after[name] for name in before} == before
    assert {step["what"] for step in said["steps"] if step["action"] == "left"}
    wanted = said["wanted"][0]
    assert wanted["mend"] == "fleetfeed install --edit"
    assert any("fleetfeed hook pre-commit" in line for line in wanted["lines"])


@pytest.mark.parametrize("manager", MANAGERS, ids=lambda m: m.name)
def test_the_lines_are_written_once_and_what_was_there_stays(
    tmp_path, modules, manager
):
    repo = played(Repo.init(tmp_path / "a"), manager, "M", modules, earlier=False)
    repo.fleetfeed("install", "--edit", ok=None)
    repo.git("add", "-A")
    assert repo.fleetfeed("install").ok
    for path, text in manager.files.items():
        now = (repo.folder / path).read_text().splitlines()
        assert [line for line in text.splitlines() if line in now] == text.splitlines()
    said = repo.fleetfeed("uninstall").stdout
    assert "it calls fleetfeed: take the lines out in a commit" in said
    before = {file: Path(repo.folder, file).read_bytes() for file in manager.files}
    repo.fleetfeed("install", "--edit")
    assert before == {f: Path(repo.folder, f).read_bytes() for f in manager.files}


@pytest.mark.parametrize("manager", [HUSKY, LEFTHOOK], ids=lambda m: m.name)
def test_the_page_has_the_lines(tmp_path, modules, manager):
    repo = played(Repo.init(tmp_path / "a"), manager, "M", modules, earlier=False)
    said = document(repo.fleetfeed("install", "--json", ok=False).stdout)
    page = (Path(__file__).parents[2] / "docs/hooks.md").read_text("utf-8")
    there = {line.strip() for line in page.splitlines()}
    for wanted in said["wanted"]:
        assert {line.strip() for line in wanted["lines"]} <= there


@pytest.mark.parametrize("manager", MANAGERS, ids=lambda m: m.name)
def test_lines_for_another_folder_are_no_call(tmp_path, modules, manager):
    repo = played(Repo.init(tmp_path / "a"), manager, "M", modules, earlier=False)
    repo.fleetfeed("install", "--edit", ok=None)
    repo.git("add", "-A")
    repo.fleetfeed("install")
    repo.git("config", "fleetfeed.dir", "ops/feed")
    said = document(repo.fleetfeed("install", "--json", ok=False).stdout)
    assert any("-- ops/feed ||" in text for text in said["wanted"][0]["lines"])
    repo.fleetfeed("install", "--edit", ok=None)
    repo.git("add", "-A")
    assert repo.fleetfeed("install").ok


LEFTHOOK_FORMS = [
    "pre-commit:\n  commands:\n    own:\n      run: echo own\n",
    "pre-commit:\n    jobs:\n        - run: echo own\n\npre-push:\n  jobs: # none\n",
    "pre-commit: # ours\n  parallel: true\n\n  jobs:\n  - run: echo own\n",
    "# nothing yet\n",
]


@pytest.mark.parametrize("text", LEFTHOOK_FORMS, ids=range(len(LEFTHOOK_FORMS)))
def test_lines_go_into_every_form_of_lefthooks_file(tmp_path, modules, text):
    repo = Manager("l", {"lefthook.yml": text}, ("lefthook", "install"), (), True)
    repo = played(Repo.init(tmp_path / "a"), repo, "M", modules, earlier=False)
    repo.write(".git/hooks/pre-commit", "#!/bin/sh\ncall_lefthook() { :; }\n")
    repo.fleetfeed("install", "--edit", ok=None)
    said = json.loads(repo.run(("lefthook", "dump", "--format", "json")).stdout)
    names = [job.get("name") for job in said["pre-commit"]["jobs"]]
    assert names[0] == "fleetfeed"
    assert ("own" in said["pre-commit"].get("commands", {})) == ("commands" in text)


@pytest.mark.parametrize(
    ("manager", "path", "text"),
    [
        (LEFTHOOK, "lefthook.yml", "pre-commit: {jobs: [{run: echo own}]}\n"),
        (FRAMEWORK, ".pre-commit-config.yaml", "repos: []\n"),
    ],
    ids=["lefthook", "framework"],
)
def test_a_form_that_no_line_goes_into_is_told(tmp_path, modules, manager, path, text):
    repo = played(Repo.init(tmp_path / "a"), manager, "M", modules, earlier=False)
    repo.write(path, text)
    done = repo.fleetfeed("install", "--edit", ok=False)
    assert done.returncode == 2
    assert "by hand" in done.stderr
    assert (repo.folder / path).read_text() == text


@pytest.mark.parametrize("manager", [HUSKY, LEFTHOOK], ids=lambda m: m.name)
def test_a_manager_that_is_to_come_is_told(tmp_path, modules, manager):
    """Its file is in the work tree; its hooks would take our place in silence."""
    repo = manager.prepare(Repo.init(tmp_path / "a"), modules)
    said = repo.fleetfeed("install").stdout
    assert f"where {manager.name} is installed, it runs pre-commit and not" in said


@pytest.mark.parametrize("manager", [HUSKY, LEFTHOOK], ids=lambda m: m.name)
def test_ours_in_a_managers_place_gives_it_back(tmp_path, modules, manager):
    """As older versions left it."""
    repo = played(Repo.init(tmp_path / "a"), manager, "M", modules, earlier=False)
    before = left(repo)
    folder = repo.folder / (".husky/_" if manager is HUSKY else ".git/hooks")
    for name in ("pre-commit", "pre-push"):
        if (folder / name).exists():
            (folder / name).rename(folder / f"{name}.before-fleetfeed")
            (folder / name).write_text("# Installed by fleetfeed as it was\n")
    repo.fleetfeed("install", ok=False)
    after = left(repo)
    assert {name: after[name] for name in before} == before


def test_a_tracked_hook_that_is_not_executable(tmp_path, modules):
    repo = played(Repo.init(tmp_path / "a"), FOLDER, "M", modules, earlier=False)
    repo.fleetfeed("install", "--edit")
    (repo.folder / ".githooks/pre-commit").chmod(0o644)
    assert "next: chmod +x " in repo.fleetfeed("install", ok=False).stdout
