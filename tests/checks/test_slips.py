"""Slips in real files: what `check` prints is pasted, and `check` passes."""

import re
from pathlib import Path

import pytest
from harness import FREE, Scene, Seat, claim, path, post

FILE = path("CMB-0003")
POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{7:064}\nsize 9\n"
HEAD = post(item="CMB-0003", subject=None)
SLIPS = {
    "an apostrophe": f"{HEAD}SUBJECT: 'tis broken\n",
    "a colon": f"{HEAD}SUBJECT: it: is\n",
    "a sharp": f"{HEAD}SUBJECT: see #3 # and 4\n",
    "an at": f"{HEAD}SUBJECT: @home\n",
    "a quote that is not closed": f'{HEAD}SUBJECT: "half\n',
    "a tab": f"{HEAD}SUBJECT:\tx\n",
    "no blank": f"{HEAD}SUBJECT:x\n",
    "a name that is indented": f"{HEAD}  SUBJECT: x\n",
    "a state in lower case": post(item="CMB-0003", state="in_progress"),
    "a state with a blank": post(item="CMB-0003", state="Awaiting claim"),
    "an item in lower case": post(item="CMB-0003").replace("CMB-0003", "cmb-3"),
    "a seat that is none": post(item="CMB-0003", seat="dependabot[bot]"),
    "a path with backslashes": claim("CMB-0003", r"CAMBER:file:Content\Maps\A.uasset"),
}


def _paste(seat: Seat, said: str) -> int:
    """Paste each mended line where it was printed; how many there were."""
    rows = re.findall(rf"{FILE}:(\d+):\d+: .*\n    mended: (.*)", said)
    lines = (seat.folder / FILE).read_text().split("\n")
    for number, mended in rows:
        lines[int(number) - 1] = mended
    seat.write(FILE, "\n".join(lines))
    return len(rows)


@pytest.mark.parametrize("slip", SLIPS)
def test_the_mended_line_is_pasted_and_passes(scene: Scene, slip: str) -> None:
    me = scene.me
    me.write(FILE, SLIPS[slip])
    assert _paste(me, me.fleetfeed("check", ok=False).stdout)
    assert "nothing to refuse" in me.fleetfeed("check").stdout


def test_an_apostrophe_is_not_lost(scene: Scene) -> None:
    scene.me.write(FILE, SLIPS["an apostrophe"])
    _paste(scene.me, scene.me.fleetfeed("check", ok=False).stdout)
    assert "'tis broken" in (scene.me.folder / FILE).read_text()


def test_a_markdown_fence_is_taken_out(scene: Scene) -> None:
    me = scene.me
    text = claim("CMB-0003", FREE)
    me.write(FILE, f"```yaml\n{text}```\n")
    said = me.fleetfeed("check", ok=False).stdout
    assert said.count("a Markdown fence stands here; take this line out") == 2
    assert "mended" not in said
    me.write(FILE, text)
    me.fleetfeed("check")


def test_a_feed_that_git_lfs_has_taken(scene: Scene, tmp_path: Path) -> None:
    """Its filter makes a pointer of what is added; the mend is typed as it is said."""
    me = scene.me
    (tmp_path / "pointer").write_text(POINTER)
    me.git("config", "filter.lfs.clean", f"cat {tmp_path}/pointer")
    me.write(".gitattributes", "*.yaml filter=lfs\n")
    me.write(FILE, claim("CMB-0003", FREE))
    me.git("add", FILE, ".gitattributes")
    refused = me.git("commit", "-qm", "x", ok=False)
    assert "a pointer of Git LFS" in refused.stderr
    (line,) = re.findall("write `([^`]*)`", refused.stderr)
    (command,) = re.findall("and `(git [^`]*)`", refused.stderr)
    me.write(".gitattributes", f"*.yaml filter=lfs\n{line}\n")
    me.run(command.split())
    me.git("commit", "-qm", "x")
