"""Names that no seat may have: the refusal is about what said them, and names a cure."""

import re
import shlex

import pytest
from harness import FREE, MINE, Scene
from harness.rows import of_each_kind

NEW = ("--subject", "x", "--surface", FREE, "--proof", "far from CMB-0001")
NOBODY = ("none", "None", " none ", "NONE")
MALFORMED = ("dependabot[bot]", "two words", "-x", "a//b", "a/", "Zoë", "x" * 101, "[]")
SMALL = {"none", " none ", "dependabot[bot]", "-x", "Zoë"}
BY_SEAT = [
    ("claim", "--new", "CMB", *NEW),
    ("claim", "CMB-0002", "--resume"),
    ("next",),
    ("reserve", "CMB", *NEW),
    ("done", "CMB-0002"),
    ("renew", "CMB-0002"),
    ("note", "--body", "hi"),
    ("append", "CMB-0002", "--state", "PARKED"),
    ("handoff", "CMB-0002", "--to", "ORA-01"),
    ("hold", "CMB-0002", "--resume", "--", "true"),
    ("draft", "CMB", "--subject", "x"),
]


def _refused(scene: Scene, *args: str, **env: str) -> str:
    before = scene.server.tip("main")
    done = scene.me.fleetfeed(*args, ok=False, env=env)
    assert done.returncode == 2, done
    assert len(done.stderr.splitlines()) == 1
    assert scene.server.tip("main") == before
    return done.stderr


@pytest.mark.parametrize(
    "args",
    of_each_kind(
        [(row,) for row in BY_SEAT],
        lambda row: row[0][0] in ("claim", "next", "done", "hold", "draft"),
    ),
    ids=lambda args: " ".join(args[:2]),
)
def test_a_seat_of_every_command(scene: Scene, args: tuple[str, ...]) -> None:
    command, *rest = args
    for name in (NOBODY[0], MALFORMED[0]):
        said = _refused(scene, command, "--seat", name, *rest)
        assert said.startswith(f"fleetfeed: --seat '{name}' is no")
        said = _refused(scene, *args, FLEETFEED_SEAT=name)
        assert said.startswith(f"fleetfeed: FLEETFEED_SEAT '{name}' is no")
        scene.me.git("config", "fleetfeed.seat", name)
        said = _refused(scene, *args, FLEETFEED_SEAT="")
        assert said.startswith(f"fleetfeed: fleetfeed.seat '{name}' is no")


@pytest.mark.parametrize(
    "name", of_each_kind([*NOBODY, *MALFORMED], SMALL.__contains__)
)
def test_the_name_that_is_written_instead_is_one(scene: Scene, name: str) -> None:
    said = _refused(scene, "reserve", "CMB", *NEW, f"--seat={name}")
    (meant,) = re.findall(
        r"write (?:one such as )?([^\s,]+)|such as (\S+)|shorten it", said
    )
    other = "".join(meant) or "CAMBER-06"
    scene.me.fleetfeed("reserve", "CMB", *NEW, "--seat", other)


@pytest.mark.parametrize("name", of_each_kind(MALFORMED, SMALL.__contains__))
def test_another_seat_that_is_named(scene: Scene, name: str) -> None:
    said = _refused(scene, "reserve", "CMB", *NEW, f"--owner={name}")
    assert said.startswith("fleetfeed: --owner '")
    given = ("handoff", "CMB-0002", f"--to={name}")
    said = scene.me.fleetfeed(*given, ok=False).stderr
    assert said.startswith("--to: FF103 ")
    for mended in re.findall("mended: (.*)", said):
        scene.me.fleetfeed(*given[:2], *shlex.split(mended))


@pytest.mark.parametrize("name", of_each_kind(NOBODY, SMALL.__contains__))
def test_nobody_gets_nothing_by_a_handoff(scene: Scene, name: str) -> None:
    said = _refused(scene, "handoff", "CMB-0002", f"--to={name}")
    (cure,) = re.findall("`fleetfeed ([^`]*)`", said)
    scene.me.fleetfeed(*shlex.split(cure))
    shown = scene.me.fleetfeed("active", "--surface-claim", MINE, ok=None)
    assert "AWAITING_CLAIM" in shown.said


def test_nobody_is_an_owner_who_lets_go(scene: Scene) -> None:
    scene.me.fleetfeed("reserve", "CMB", *NEW, "--owner", "none")


def test_a_post_that_nobody_wrote(scene: Scene) -> None:
    scene.me.write("x.yaml", "ITEM: CMB-0002\nSTATE: DONE\nSEAT: none\n")
    said = _refused(scene, "append", "--post", "x.yaml")
    assert "SEAT in x.yaml 'none' is nobody" in said
