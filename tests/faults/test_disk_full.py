"""There is no room: where the writer's objects go, and on the server."""

import os
import shutil
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from faults.small_disk import can_mount, filled, small_disk
from harness.transport import FORCED_COMMAND

large = pytest.mark.large


@pytest.mark.parametrize(
    "step", ["write.1:full", pytest.param("write.3:full", marks=large)]
)
def test_no_file_can_grow_in_the_clone(bench, step):
    # Its own words go where a limit on files does not reach; no git that writes a log.
    read, write = os.pipe()
    run = bench.start(step=step, stderr=write, env=bench.me.environment)
    os.close(write)
    ran = run.end()
    with open(read, encoding="utf-8") as said:  # noqa: PTH123 - a number, no path
        ran = replace(ran, err=said.read())
    assert (ran.code, bench.landed()) == (3, 0), ran
    assert "cannot be written" in ran.err
    assert "make room" in ran.err
    leave_to_gc(bench)
    bench.check(ran)


@pytest.fixture
def full_server(bench):
    """A server whose program for pushes can write no file; what ends that."""
    bench.server_is_tidy = False
    with FORCED_COMMAND.open(bench.server) as address:
        address.join(bench.me)
        script = Path(address.settings["core.sshCommand"].strip("'"))
        text = script.read_text()
        script.write_text(
            text.replace("verb=receive-pack", "verb=receive-pack; ulimit -f 0")
        )
        yield lambda: script.write_text(text)


@large
def test_no_file_can_grow_on_the_server(bench, full_server):
    ran = bench.run()
    assert (ran.code, bench.landed()) == (3, 0), ran
    full_server()
    bench.check(ran)


@pytest.fixture
def full_disk():
    """Puts a folder on a small disk of its own, and fills that; the file that does."""
    if not can_mount():
        pytest.skip("only root can mount a small disk")
    with ExitStack() as mounted:

        def put(folder: Path) -> Path:
            try:
                mounted.enter_context(small_disk(folder))
            except OSError as error:
                pytest.skip(str(error))
            return filled(folder / "ballast")

        yield put


def leave_to_gc(bench):
    """A git that cannot write an object leaves its temporary file to `git gc`."""
    for left in (bench.me.folder / ".git/objects").rglob("tmp_obj_*"):
        left.unlink()


@large
def test_the_clones_disk_is_full(bench, full_disk):
    ballast = full_disk(bench.me.folder / ".git/objects")
    ran = bench.run()
    ballast.unlink()
    assert (ran.code, bench.landed()) == (3, 0), ran
    leave_to_gc(bench)
    bench.check(ran)


def test_the_servers_disk_is_full(bench, full_disk):
    """Nobody holds anything, and it is not said so: to exit with 1 would."""
    ballast = full_disk(bench.server.folder / "objects")
    ran = bench.run()
    ballast.unlink()
    assert (ran.code, bench.landed()) == (3, 0), ran
    assert "nothing was written: origin turned it down: unpacker error" in ran.err
    assert "No space left on device" in ran.err
    bench.check(ran)


UNWRITABLE = ("--bounding-set=-dac_override", "--inh-caps=-dac_override")


@large
@pytest.mark.parametrize("whose", ["clone", "server"])
def test_a_repository_that_is_read_only(bench, whose):
    """Root may write everywhere, unless it gives that up."""
    under = ("setpriv", *UNWRITABLE) if os.geteuid() == 0 else ()
    if under and not shutil.which("setpriv"):
        pytest.skip("root may write everywhere, and there is no setpriv")
    bench.server_is_tidy = False
    top = bench.me.folder if whose == "clone" else bench.server.folder
    folders = [path for path in (top, *top.rglob("*")) if path.is_dir()]
    modes = [path.stat().st_mode for path in folders]
    for path in folders:
        path.chmod(0o555)
    ran = bench.run(under=under)
    for path, mode in zip(folders, modes, strict=True):
        path.chmod(mode)
    assert (ran.code, bench.landed()) == (3, 0), ran
    bench.check(ran)
