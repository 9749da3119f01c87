"""Cases over real transports: some of them each time, all of them in stress."""

from collections.abc import Mapping

import pytest
from harness.pushes import FEED, Row, Table, check_pushed, everything
from harness.repo import Result
from harness.scene import Scene
from harness.transport import FORCED_COMMAND, GIT_DAEMON, HTTP, Transport

NETWORK = (GIT_DAEMON, HTTP, FORCED_COMMAND)


def over(named: Mapping[str, object]):
    """Each of `named` with each transport; one in ten is played without stress, too.

    Ten is no multiple of the transports' number: each has its turn.
    """
    pairs = [(name, way) for name in named for way in NETWORK]
    return [
        pytest.param(
            named[name],
            way,
            id=f"{name}-{way}",
            marks=[pytest.mark.large] if number % 10 else [],
        )
        for number, (name, way) in enumerate(pairs)
    ]


def rows_over(table: Table):
    """The rows of a table, as `over` says."""
    return over({row.name: row for row in table.rows})


def push_over(row: Row, way: Transport, scene: Scene) -> Result:
    """Prepare what `row` pushes, and push it by plain git over `way`."""
    args = row.play(scene) or [FEED]
    before = everything(scene.server)
    with way.open(scene.server) as address:
        me = address.join(scene.me)
        pushed = me.git("push", "--no-verify", "origin", *args, ok=None)
    # The block has waited for git to clean up behind its answer.
    check_pushed(row, pushed, scene.server, before)
    return pushed
