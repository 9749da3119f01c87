"""The changelog from its fragments, and a release of a copy of this checkout."""

import importlib.util
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest
from harness import Repo, clean
from ruamel.yaml import YAML

from fleetfeed import __version__

TOP = Path(__file__).parents[2]
FRAGMENTS = [
    file
    for file in sorted((TOP / "changelog.d").rglob("*.md"))
    if file.name not in {"README.md", "template.md"}
]
TOOL = tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))["tool"]["towncrier"]
WORKFLOWS = sorted((TOP / ".github/workflows").glob("*.yml"))
RELEASE = TOP / ".ci/release"
# What hatchling adds by itself, and what nobody needs without git.
BESIDE = {
    *("pyproject.toml", "README.md", "LICENSE", ".gitignore"),
    *(".gitattributes", ".editorconfig", ".pre-commit-config.yaml"),
}


def test_a_fragment_is_of_a_matter_and_a_kind():
    folders = {section["path"] for section in TOOL["section"]}
    kinds = {kind["directory"] for kind in TOOL["type"]}
    for file in FRAGMENTS:
        folder = file.parent.relative_to(TOP / "changelog.d").as_posix()
        assert folder.replace(".", "") in folders, file
        assert re.fullmatch(rf"[\w-]+\.({'|'.join(kinds)})\.md", file.name), file


def test_links_of_the_changelog_lead_somewhere():
    for file in (*FRAGMENTS, TOP / "CHANGELOG.md"):
        for link in re.findall(r"\]\(([^)#]+)", file.read_text("utf-8")):
            assert link.startswith("https://") or (TOP / link).is_file(), (file, link)


def _copied(folder):
    """A copy of what a release is made of, as a repository."""
    repo = Repo.init(folder)
    for name in ("pyproject.toml", "CHANGELOG.md", "action.yml"):
        shutil.copy(TOP / name, repo.folder)
    for name in (".ci", "changelog.d", "ci", "docs"):
        shutil.copytree(TOP / name, repo.folder / name)
    # Behind a release there is none.
    repo.write("changelog.d/packaging/a-test.added.md", "A fragment of a test.\n")
    (repo.folder / "fleetfeed").mkdir()
    shutil.copy(TOP / "fleetfeed/__init__.py", repo.folder / "fleetfeed")
    repo.commit("all of it")
    return repo


@pytest.fixture
def checkout(tmp_path):
    return _copied(tmp_path / "copy")


@pytest.fixture(scope="module")
def unreleased(tmp_path_factory):
    """One for those that change nothing, whose changelog has no version yet."""
    repo = _copied(tmp_path_factory.mktemp("unreleased") / "copy")
    head = repo.holds("CHANGELOG.md").partition("<!-- releases -->")[0]
    repo.write("CHANGELOG.md", head)
    repo.commit("nothing released")
    return repo


def _release(repo, *words, ok=True):
    return repo.run((sys.executable, ".ci/release", *words), ok=ok)


def _words(text):
    return " ".join(text.split())


def test_a_release_has_every_fragment_once_and_all_that_names_the_version(checkout):
    fragments = [*FRAGMENTS, checkout.folder / "changelog.d/packaging/a-test.added.md"]
    texts = [_words(file.read_text("utf-8")) for file in fragments]
    said = _release(checkout, "prepare", "7.8.9")
    assert "git tag -s v7.8.9" in said.stdout
    built = (checkout.folder / "CHANGELOG.md").read_text("utf-8")
    assert built.count("## 7.8.9 (") == 1
    for text in texts:
        assert _words(built).count(text) == 1, text
    left = {file.name for file in (checkout.folder / "changelog.d").rglob("*.md")}
    assert left == {"README.md", "template.md"}
    pins = checkout.git("grep", "-hoE", r"fleetfeed(@v|==)[0-9][0-9.]*").stdout.split()
    assert {re.split("@v|==", pin)[1] for pin in pins} == {"7.8.9"}
    checkout.commit("Version 7.8.9")
    notes = _release(checkout, "notes", "v7.8.9").stdout
    assert notes.startswith("### ")
    assert "<!--" not in notes


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("notes", "v9.9.9"), "the tag is v9.9.9, and the version"),
        (("notes", "main"), "the tag is main"),
        (("notes", f"v{__version__}"), "CHANGELOG.md has no section"),
        (("prepare", "1.2"), "is no version"),
        (("prepare", "v1.2.3"), "is no version"),
        (("prepare", ""), "make release VERSION="),
        (("publish", "1.2.3"), "make release VERSION="),
    ],
)
def test_what_is_no_release(unreleased, words, said):
    refused = _release(unreleased, *words, ok=False)
    assert said in refused.stderr
    assert not unreleased.line("status", "--porcelain")


def test_changes_and_tags_are_in_the_way_of_a_release(checkout):
    checkout.git("tag", "v1.2.3")
    assert "a tag v1.2.3" in _release(checkout, "prepare", "1.2.3", ok=False).stderr
    checkout.write("docs/ci.md", "mine\n")
    assert "has changes" in _release(checkout, "prepare", "1.2.4", ok=False).stderr
    assert checkout.holds("docs/ci.md") != "mine\n"


def test_what_is_tracked_is_in_the_sdist():
    """But for what git and the editor alone read."""
    if not (TOP / ".git").exists():
        pytest.skip("what is tracked git alone can tell")
    tracked = Repo(TOP, clean()).git("ls-tree", "--name-only", "HEAD").stdout.split()
    built = tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]
    sdist = {*built["build"]["targets"]["sdist"]["only-include"], *BESIDE}
    assert set(tracked) <= sdist


def test_the_version_is_one_everywhere():
    loader = SourceFileLoader("release", str(RELEASE))
    module = importlib.util.module_from_spec(
        importlib.util.spec_from_loader("release", loader)
    )
    loader.exec_module(module)
    for name, said in module.STANDS.items():
        assert module.stands(said, __version__) in (TOP / name).read_text("utf-8"), name


# The workflows.


def _jobs(name):
    text = (TOP / ".github/workflows" / name).read_text("utf-8")
    return YAML(typ="safe", pure=True).load(text)["jobs"]


def _steps(jobs):
    return [step for job in jobs.values() for step in job.get("steps", ())]


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_what_a_workflow_may_do(file):
    text = file.read_text("utf-8")
    read = YAML(typ="safe", pure=True).load(text)
    assert read["permissions"] == {"contents": "read"}
    assert "secrets." not in text
    for used in re.findall(r"uses: (\S+)", text):
        assert used.startswith("./") or re.search(r"@(v\d+|release/v1)$", used), used
    for step in _steps(read["jobs"]):
        assert "${{" not in step.get("run", "")


def test_one_build_is_tried_and_published():
    jobs = _jobs("release.yml")
    builds = [step["run"] for step in _steps(jobs) if "wheel" in step.get("run", "")]
    assert builds == ["make wheel-test"]
    assert jobs["pypi"]["needs"] == ["test", "build"]
    assert jobs["pypi"]["permissions"] == {"id-token": "write"}
    assert jobs["github"]["needs"] == ["pypi"]
    may_write = {
        n for n, j in jobs.items() if "write" in j.get("permissions", {}).values()
    }
    assert may_write == {"build", "pypi", "github"}


def test_what_the_workflows_make_is_there():
    makefile = (TOP / "Makefile").read_text("utf-8")
    runs = [s.get("run", "") for f in WORKFLOWS for s in _steps(_jobs(f.name))]
    targets = re.findall(r"\bmake ([a-z-]+)", "\n".join(runs))
    ci = (TOP / ".ci/run").read_text("utf-8")
    assert set(re.findall(r"^make ([a-z-]+)", ci, re.MULTILINE)) <= set(targets)
    assert all(f"\n{target}:" in makefile for target in targets)


def test_every_python_is_tried_that_the_package_says():
    pythons = _jobs("test.yml")["test"]["strategy"]["matrix"]["python"]
    text = (TOP / "pyproject.toml").read_text("utf-8")
    assert f'requires-python = ">={pythons[0]}"' in text


def test_a_tag_is_no_part_of_a_script(tmp_path):
    """Whoever may push a tag may call it so; `make` hands a name on, too."""
    name = 'v0.0.0-"`touch${IFS}pwned`"'
    (step,) = (
        s for s in _steps(_jobs("release.yml")) if "release notes" in s.get("run", "")
    )
    around = clean(GITHUB_REF_NAME=name, RUNNER_TEMP=str(tmp_path))
    shell = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c")
    make = ("make", "release-notes", f"PYTHON={sys.executable}", f"TAG={name}")
    for command in ((*shell, step["run"]), make):
        done = subprocess.run(
            command, cwd=TOP, env=around, capture_output=True, text=True, check=False
        )
        assert f"the tag is {name[:8]}" in done.stderr
        assert not (TOP / "pwned").exists()
