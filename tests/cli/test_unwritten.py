"""A refused post has no file: the refusal names the flag, or the file that was given."""

import re
import shlex

import pytest
from harness import FREE, TAKEN, Scene
from harness.rows import of_each_kind

NEW = ("claim", "--new", "CMB", "--subject", "x")
PROOF = ("--proof", "far from CMB-0001 and CMB-0002")
ESCAPES = "ok\n\x1b[32mPASS\x1b[0m t1\n"
ROWS = [
    (("done", "CMB-0002", "--body", "a\x1bb"), "--body: FF002"),
    (("done", "CMB-0002", "--body", ESCAPES), "--body:2:1: FF002"),
    (("note", "CMB-0002", "--body", ESCAPES), "--body:2:1: FF002"),
    (("done", "CMB-0002", "--reason", "a\x1bb"), "--reason: FF002"),
    (("done", "CMB-0002", "--field", "PROOF=a\x1bb"), "--field PROOF: FF002"),
    (("done", "CMB-0002", "--field", "SURFACEKEY=x"), "--field SURFACEKEY: FF102"),
    (("done", "CMB-0002", "--priority", "500"), "--priority: FF103"),
    (("done", "CMB-0002", "--parent", "cmb-2"), "--parent: FF104"),
    (("done", "CMB-0002", "--depends-on", "cmb-2"), "--depends-on: FF104"),
    ((*NEW, "--lease", "soon"), "--lease: FF103"),
    ((*NEW, "--surface", TAKEN, *PROOF), "--surface: FF401"),
    ((*NEW, "--surface", "CAMBER:all", *PROOF), "--surface: FF203"),
    ((*NEW, "--surface", FREE), "--surface: FF206"),
    ((*NEW, "--surface", FREE, "--proof", "none"), "--proof: FF207"),
    (("reserve", "CMB", "--subject", "a\x1bb"), "--subject: FF002"),
    (("done", "CMB-0001"), "CMB-0001: FF301"),
    (("hold", *NEW[1:], "--surface", TAKEN, *PROOF, "--", "true"), "--surface: FF401"),
]


@pytest.mark.parametrize(
    ("args", "place"),
    of_each_kind(ROWS, ROWS[::3].__contains__),
    ids=lambda row: str(row)[-30:],
)
def test_the_place_is_in_what_was_given(
    scene: Scene, args: tuple[str, ...], place: str
) -> None:
    for more in ((), ("--dry-run",)):
        if more and args[0] == "hold":
            continue
        done = scene.me.fleetfeed(*args, *more, ok=False)
        assert done.returncode == 1
        assert re.search(f"^{re.escape(place)} ", done.stderr, re.MULTILINE), (
            done.stderr
        )
        assert ".yaml" not in done.stderr


@pytest.mark.parametrize("flag", ["-F", "--body-file"])
@pytest.mark.parametrize("command", [("done", "CMB-0002"), ("note", "CMB-0001")])
def test_a_file_is_named_by_line_and_column(
    scene: Scene, command: tuple[str, ...], flag: str
) -> None:
    scene.me.write("log.txt", ESCAPES)
    done = scene.me.fleetfeed(*command, flag, "log.txt", ok=False)
    places = re.findall(r"^(\S+): FF002", done.stderr, re.MULTILINE)
    assert places == ["log.txt:2:1"]
    (mended,) = re.findall("mended: (.*)", done.stderr)
    scene.me.write("log.txt", ESCAPES.replace("\x1b[32mPASS\x1b[0m t1", mended))
    scene.me.fleetfeed(*command, flag, "log.txt")


def test_the_same_in_json(scene: Scene) -> None:
    done = scene.me.fleetfeed("done", "CMB-0002", "--priority=x", "--json", ok=False)
    assert '"path": "--priority"' in done.stdout
    assert ".yaml" not in done.stdout


def test_a_mended_flag_can_be_typed(scene: Scene) -> None:
    asked = ("--surface", r"CAMBER:file:Content\Maps\A.uasset")
    done = scene.me.fleetfeed(*NEW, *PROOF, *asked, ok=False)
    (mended,) = re.findall("mended: (.*)", done.stderr)
    scene.me.fleetfeed(*NEW, *PROOF, *shlex.split(mended))


def test_a_mended_item_can_be_typed(scene: Scene) -> None:
    done = scene.me.fleetfeed("park", "CMB-0002", "--parent", "cmb 1", ok=False)
    (mended,) = re.findall("mended: (.*)", done.stderr)
    scene.me.fleetfeed("park", "CMB-0002", *shlex.split(mended))


def test_what_stands_in_a_file_of_its_own_is_looked_for_there(scene: Scene) -> None:
    scene.me.write("bad.yaml", "ITEM: CMB-0002\nSTATE: DNOE\n")
    done = scene.me.fleetfeed("append", "--post", "bad.yaml", ok=False)
    assert "bad.yaml:2:8: FF103" in done.stderr
