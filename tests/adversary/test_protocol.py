"""Pushes by a client that does not keep to git's protocol, over real transports."""

import pytest
from adversary.over import over
from harness import FREE, TAKEN, claim, path
from harness.pushes import everything, put
from harness.raw_push import NOTHING, new_objects, pack_of, push_raw

MAIN = "refs/heads/main"
EMPTY = pack_of([])


@pytest.fixture
def ids(scene):
    """The feed's tip, a sound commit on it, a colliding one, and one on top of that."""
    me, base = scene.me, scene.server.tip(MAIN)
    good = put(me, path("CMB-0003"), claim("CMB-0003", FREE))
    me.git("reset", "-q", "--hard", base)
    bad = put(me, path("CMB-0003"), claim("CMB-0003", TAKEN))
    top = put(me, path("CMB-0004"), claim("CMB-0004", FREE))
    return {"base": base, "good": good, "bad": bad, "top": top, "none": NOTHING}


def send(scene, way, ids, *lines, pack=None):
    """The answer to `lines`, in which ids have names, with all that is new."""
    whole = pack or pack_of(new_objects(scene.me, scene.server))
    with way.open(scene.server) as address:
        return push_raw(address, [line.format(**ids) for line in lines], whole)


LIES = {
    "nothing was there": ("FF401", f"{{none}} {{bad}} {MAIN}"),
    "nothing was there, and it is sound": ("ng ", f"{{none}} {{good}} {MAIN}"),
    "the collision was there before": ("ng ", f"{{bad}} {{top}} {MAIN}"),
    "the feed ref twice": (
        "FF411",
        f"{{base}} {{good}} {MAIN}",
        f"{{good}} {{bad}} {MAIN}",
    ),
    "the feed ref twice, the same": (
        "FF411",
        f"{{base}} {{good}} {MAIN}",
        f"{{base}} {{bad}} {MAIN}",
    ),
    "a collision beside a deletion": (
        "FF411",
        f"{{base}} {{none}} {MAIN}",
        f"{{none}} {{bad}} {MAIN}",
    ),
    "a deletion": ("FF405", f"{{base}} {{none}} {MAIN}"),
    "the server's head": ("ng HEAD funny refname", "{base} {bad} HEAD"),
    "two slashes": ("ng ", "{base} {bad} refs/heads//main"),
    "a dot": ("ng ", "{base} {bad} refs/heads/./main"),
    "a way up": ("ng ", "{base} {bad} refs/x/../heads/main"),
    "a blank behind": ("ng ", f"{{base}} {{bad}} {MAIN} "),
    "nothing is behind it": ("FF401", "shallow {bad}", f"{{base}} {{bad}} {MAIN}"),
    "nothing is behind the feed": (
        "FF401",
        "shallow {base}",
        f"{{base}} {{bad}} {MAIN}",
    ),
    "a certificate that nobody asked for": (
        "FF401",
        "push-cert",
        "certificate version 0.1",
        "pusher CAMBER-07 1 +0000",
        "",
        f"{{base}} {{bad}} {MAIN}",
        "-----BEGIN SSH SIGNATURE-----",
        "-----END SSH SIGNATURE-----",
        "push-cert-end",
    ),
}


SHALLOW = {"its tip": "shallow {bad}", "the feed": "shallow {base}"}
NO_PACKS = {"empty": EMPTY, "cut": EMPTY[:-1], "short": b"PACK", "noise": b"x" * 99}
SOUND = {"sound": f"{{base}} {{good}} {MAIN}"}


def refused(scene, way, ids, *lines, pack=None):
    """As `send`; nothing may land. git may keep objects, which no ref names."""
    before = everything(scene.server)[0]
    said = send(scene, way, ids, *lines, pack=pack)
    assert everything(scene.server)[0] == before
    assert "ng " in said
    assert "ok refs/" not in said
    assert "this is a bug" not in said
    return said


@pytest.mark.parametrize(("line", "way"), over(SOUND))
def test_what_is_sent_by_hand_lands_where_it_is_sound(scene, ids, line, way):
    said = send(scene, way, ids, line)
    assert f"ok {MAIN}" in said
    assert scene.server.tip(MAIN) == ids["good"]


@pytest.mark.parametrize(("lie", "way"), over(LIES))
def test_a_lie(scene, ids, lie, way):
    says, *lines = lie
    assert says in refused(scene, way, ids, *lines)


@pytest.mark.parametrize(("lie", "way"), over(SHALLOW))
def test_a_shallow_push_to_a_server_that_takes_them(scene, ids, lie, way):
    """Which would let the server forget what is behind a commit."""
    scene.server.git("config", "receive.shallowUpdate", "true")
    assert "FF4" in refused(scene, way, ids, lie, f"{{base}} {{bad}} {MAIN}")
    assert not (scene.server.folder / "shallow").exists()


@pytest.mark.parametrize(("pack", "way"), over(NO_PACKS))
def test_a_pack_that_is_none(scene, ids, pack, way):
    refused(scene, way, ids, f"{{base}} {{bad}} {MAIN}", pack=pack)
