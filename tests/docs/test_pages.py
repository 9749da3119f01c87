"""The pages are complete, current and linked, and promise nothing that is not there."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from fleetfeed.cli.main import COMMANDS
from fleetfeed.model.catalogue import CATALOGUE
from fleetfeed.model.fields import SPECS
from fleetfeed.model.policy_reader import read_policy
from fleetfeed.model.post_reader import read_note, read_post

TOP = Path(__file__).parents[2]
DOCS = TOP / "docs"
PAGES = [TOP / "README.md", *sorted(DOCS.glob("*.md"))]

by_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


def text_of(name):
    return (DOCS / name).read_text("utf-8")


def blocks(page, language):
    text = page.read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def generate():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(DOCS))
        spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield module
    for name in ("completion_words", "manual", "rule_examples"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("page", PAGES[1:], ids=lambda page: page.stem)
def test_generated_blocks_are_current(page, generate):
    page_text = page.read_text("utf-8")
    # Words, not lines: click's versions break lines in different places.
    made, there = generate.generated(page_text).split(), page_text.split()
    assert made == there, "run `make docs`"


def test_the_words_that_completion_reads_are_current(generate):
    assert generate.FILE.read_text("utf-8") == generate.table_text(), "run `make docs`"


def test_a_stale_block_is_noticed(generate):
    page = "<!-- generated: policy -->\nold\n<!-- end -->\n"
    assert "stewards: []" in generate.generated(page)


def headings(text):
    return re.findall(r"^#+ (.*)$", text, re.MULTILINE)


def anchors(page):
    found = headings(page.read_text("utf-8"))
    kept = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in found)
    return {heading.replace(" ", "-") for heading in kept}


@by_page
def test_links_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)]+)\)", page.read_text("utf-8")):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.is_file(), link
        assert not anchor or anchor in anchors(there), link


def test_what_the_first_screen_shows_is_played_below():
    readme = TOP / "README.md"
    (shown,) = blocks(readme, "text")
    played = "".join(blocks(readme, "console"))
    assert len(shown.splitlines()) == 2
    for line in shown.splitlines():
        assert f"\n{line.removesuffix('…').strip()}" in played, line


def test_the_readme_leads_to_every_page():
    readme = (TOP / "README.md").read_text("utf-8")
    missing = [p.name for p in PAGES[1:] if f"(docs/{p.name})" not in readme]
    assert not missing
    assert readme.count("\n") < 180


def test_every_rule_has_an_entry_with_its_examples():
    text = text_of("rules.md")
    for code, rule in CATALOGUE.items():
        entry = text.partition(f"### {code} {rule.name}\n")[2].partition("\n### ")[0]
        assert rule.why in entry
        assert f"`{code}`" in entry.partition("Passes:")[0]
        assert "Passes: " in entry


def test_every_code_that_is_named_exists():
    named = {c for p in PAGES for c in re.findall(r"\bFF\d{3}\b", p.read_text("utf-8"))}
    assert named <= set(CATALOGUE)


def test_every_command_has_a_section():
    assert set(COMMANDS) <= set(headings(text_of("commands.md")))


def test_every_command_that_is_named_exists():
    for page in PAGES:
        named = set(re.findall(r"`fleetfeed ([a-z]+)\b", page.read_text("utf-8")))
        assert named <= set(COMMANDS), (page, named)


@pytest.mark.parametrize("name", SPECS)
def test_every_field_is_described(name):
    assert f"| `{name}` |" in text_of("post-format.md")


def test_every_key_of_the_policy_is_described():
    from fleetfeed.model.policy_template import template

    keys = set(
        re.findall(r"^(?:# )?([a-z]+): ", template("refs/heads/main"), re.MULTILINE)
    )
    text = text_of("policy.md")
    assert keys
    assert not [key for key in keys if f"| `{key}` |" not in text]


def test_the_posts_that_are_shown_can_be_read():
    posts = blocks(DOCS / "post-format.md", "yaml")
    assert read_post(posts[0].encode(), "p", "CMB-1438", 1).number == 1
    note, findings = read_note(posts[1].encode(), "n", "CAMBER-06")
    assert note, findings


def test_the_policy_that_is_shown_can_be_read():
    policy, findings = read_policy(blocks(DOCS / "policy.md", "yaml")[0].encode(), "p")
    assert policy, findings


def test_the_hooks_of_the_snippet_exist():
    *_, snippet = blocks(DOCS / "hooks.md", "yaml")
    offered = (TOP / ".pre-commit-hooks.yaml").read_text("utf-8")
    ids = re.findall(r"- id: (.*)", snippet)
    assert ids == re.findall(r"^- id: (.*)", offered, re.MULTILINE)


def test_the_make_targets_of_the_readme_exist():
    makefile = (TOP / "Makefile").read_text("utf-8")
    targets = re.findall(r"\bmake (\w+)", (TOP / "README.md").read_text("utf-8"))
    assert targets
    assert all(f"\n{target}:" in makefile for target in targets)


def test_the_workflow_for_github_runs_what_the_page_plays():
    page = DOCS / "servers.md"
    *_, text = blocks(page, "yaml")
    steps = YAML(typ="safe", pure=True).load(text)["jobs"]["feed"]["steps"]
    check = steps[-1]["run"]
    assert check.startswith("fleetfeed check --range ")
    assert f"$ {check}\n" in page.read_text("utf-8")


def test_each_module_of_the_checks_is_told():
    page = text_of("architecture.md")
    told = page.partition("## The modules of `checks`")[2].partition("\n## ")[0]
    modules = {file.stem for file in (TOP / "fleetfeed/checks").glob("[!_]*.py")}
    assert modules - set(re.findall(r"`(\w+)`", told)) == set()


def test_what_the_architecture_names_is_there():
    """Every module, class and function, by its whole name."""
    named = set(re.findall(r"`(fleetfeed(?:\.\w+)+)`", text_of("architecture.md")))
    assert len(named) > 30
    for name in named:
        assert _found(name), name


def _found(name):
    module, _, attribute = name.rpartition(".")
    try:
        return bool(importlib.util.find_spec(name))
    except ModuleNotFoundError:
        return hasattr(importlib.import_module(module), attribute)


def test_every_wing_is_described():
    package = TOP / "fleetfeed"
    there = {p.name for p in package.iterdir() if (p / "__init__.py").is_file()}
    table = (
        text_of("architecture.md").partition("## The wings")[2].partition("\n## ")[0]
    )
    rows = [row.split("|")[1] for row in table.splitlines() if row.startswith("| `")]
    assert set(re.findall(r"`(\w+)`", "".join(rows))) == there


def test_few_blocks_are_not_run():
    """What needs a server or another machine is `sh`; it stays the exception."""
    assert sum(len(blocks(page, "sh")) for page in PAGES) <= 8
