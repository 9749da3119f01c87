"""Many clients at one database, in any order, with lost, late and repeated messages.

The same machine as in memory and on git (`tests/writing`).
"""

from collections import Counter

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from postgres.gen_ledgers import InTables, made
from writing.client_machine import Clients

POLICY = "stewards: [FLEET-01]\n"


@pytest.mark.large
@pytest.mark.timeout(1800)
def test_many_clients_on_tables(postgres):
    url, admin = made(postgres.url()), postgres.connect()
    world_of = staticmethod(lambda: InTables(url, admin, POLICY))
    machine = type("Clients", (Clients,), {"world_of": world_of, "seen": Counter()})
    few = settings(
        max_examples=150,
        stateful_step_count=40,
        phases=[Phase.generate],
        report_multiple_bugs=False,
    )
    run_state_machine_as_test(machine, settings=few)
    print(dict(machine.seen))
    assert machine.seen["Ok"]
