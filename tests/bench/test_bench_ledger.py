"""The benchmark of the ledger on PostgreSQL runs, and counts. No time is judged."""

import json

import psycopg
import pytest

from bench import render
from bench.__main__ import main
from bench.ledger import sizes
from bench.ledger.found import each_once, of_writers
from bench.ledger.truth import count, held_by_two
from fleetfeed.ledger.postgres.ledger import PostgresLedger
from fleetfeed.writing.api import FeedStore

pytestmark = pytest.mark.ledger


@pytest.mark.timeout(600)
def test_a_quick_run_gives_every_figure(tmp_path):
    page, values = tmp_path / "postgres.md", tmp_path / "values.json"
    for of in ("", "a day"):
        with page.open("a") as opened:
            opened.write(f"{render.begins(of)}\nold\n{render.END}\nafter\n")
    options = ("--quick", "--docs", tmp_path, "--json", values)
    main([*map(str, options), "--only", "ledger", "day"])
    found = json.loads(values.read_text())["postgres"]
    rows = {(row["what"], row["arm"], row["writers"]) for row in found["ledger"]}
    ours = {(what, "PostgreSQL", 4) for what in ("claim", "reserve", "next", "beat")}
    assert rows == ours | {("claim", "queue", 2), ("claim", "direct", 2)}
    assert [sorted(row) for row in found["sizes"]] == [["300", "600"]] * 2
    assert {act[0] for act in found["day"]} >= {"claim", "next", "beat", "done"}
    text = page.read_text()
    assert "| two that held one surface | 0 |" in text
    assert "| neither yes nor no | 0 |" in text
    assert "\nold\n" not in text


def test_who_writes_twice_is_found():
    each_once([[(0, 1, 1, "CMB-0001")], [(0, 2, 2, "CMB-0002")]], 2)
    with pytest.raises(RuntimeError):
        each_once([[(0, 1, 1, "CMB-0001")], [(0, 2, 2, "CMB-0001")]], 2)
    found = of_writers([[(0.0, 1.0, 1, "CMB-0001")], [(1.0, 4.0, 3, "CMB-0002")]])
    assert found["posts a second"] == 2 / 4
    assert found["in one try (%)"] == 50


def test_what_is_old_is_what_its_posts_say(postgres):
    """And a surface that two hold is found by a fold of the benchmark's own."""
    url = sizes.made(postgres, 400)
    assert count(url) == 400
    assert not list(held_by_two(url))
    store = FeedStore(PostgresLedger(url))
    item = store.read().item("OLD-0040")
    posts = store.read().posts("OLD-0040")
    assert (item.newest, len(posts), item.state) == (5, 5, posts[-1].state)
    store.ledger.close()
    with psycopg.connect(url, options="-c search_path=fleetfeed") as client:
        client.execute(
            "INSERT INTO post (path, item, number, op, append, data)"
            " SELECT 'CMB/000/CMB-0999/0001.yaml', 'CMB-0999', 1, '', append, data"
            " FROM post WHERE item = 'CMB-0007'"
        )
    (found,) = held_by_two(url)
    assert found.endswith("CMB-0999 and CMB-0007 hold camber:bench-held-7:page-held-7")
