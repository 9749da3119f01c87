"""The pushes of `checks/`, which are tried there by a path, over real transports."""

import pytest
from adversary.over import over, push_over
from checks import (
    test_push_merges as merges,
)
from checks import (
    test_push_policy as policy,
)
from checks import (
    test_push_refs as refs,
)
from checks import (
    test_push_table as posts,
)
from checks import (
    test_push_trees as trees,
)

TABLES = (merges, policy, refs, posts, trees)
ROWS = {row.name: row for table in TABLES for row in table.TABLE.rows}


def test_no_two_rows_have_one_name():
    assert len(ROWS) == sum(len(table.TABLE.rows) for table in TABLES)


@pytest.mark.large
@pytest.mark.parametrize(("row", "way"), over(ROWS))
def test_row(row, way, scene):
    push_over(row, way, scene)
