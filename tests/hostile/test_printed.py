"""The whole corpus through the commit hook: refused, named, and nothing printed raw."""

from harness import Scene, path
from harness.answers import document
from hostile.corpus import ROWS


def _items() -> dict[str, bytes]:
    rows = enumerate(ROWS, 3)
    return {path(f"CMB-{number:04d}"): row.data for number, row in rows}


def test_every_hostile_post_is_refused_and_named(scene: Scene) -> None:
    for place, data in _items().items():
        scene.me.write(place, data)
    done = scene.me.fleetfeed("check", "--format", "json", ok=False)
    said = document(done.stdout)
    named = {found["path"] for found in said["findings"]}
    assert named == set(_items())
    assert done.returncode == 1


def test_the_terminal_sees_only_printable_text(scene: Scene) -> None:
    for place, data in _items().items():
        scene.me.write(place, data)
    done = scene.me.commit(ok=False)
    assert "FF0" in done.stderr
    assert "and" in done.stderr.splitlines()[-3]
    for line in done.stderr.splitlines():
        assert line.isprintable(), line


def test_a_path_of_escapes_is_shown_and_not_obeyed(scene: Scene) -> None:
    scene.me.stage("feed/CMB/\x1b[2J\n\u202e.yaml", "x")
    done = scene.me.git("commit", "-qm", "x", ok=False)
    assert "FF020" in done.stderr
    assert r"\x1b[2J\n\u202e" in done.stderr
    assert all(line.isprintable() for line in done.stderr.splitlines())


def test_a_path_that_is_no_text_is_shown_and_refused(scene: Scene) -> None:
    scene.me.write("x", "x")
    blob = scene.me.line("hash-object", "-w", "x")
    done = scene.me.run(
        (
            "sh",
            "-c",
            f"printf '100644 {blob}\\tfeed/CMB/\\377\\0' | git update-index -z --index-info && git commit -qm x",
        ),
        ok=False,
    )
    assert "FF020" in done.stderr
    assert all(line.isprintable() for line in done.stderr.splitlines())


def test_folders_in_folders_are_refused_and_no_bug(scene: Scene) -> None:
    me = scene.me
    blob = me.line("hash-object", "-w", "README.md")
    deep = "feed/" + "a/" * 1500 + "x"
    me.git("update-index", "-z", "--index-info", stdin=f"100644 {blob}\t{deep}\0")
    refused = me.git("commit", "-qm", "x", ok=False)
    assert "deeper than any post" in refused.stderr
    me.git("commit", "-q", "--no-verify", "-m", "x")
    refused = me.push("--no-verify", "HEAD:refs/heads/main", ok=False)
    assert "feed/a: FF020" in refused.stderr
