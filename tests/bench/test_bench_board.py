"""What the board costs can be measured, and the page says it. No time is judged."""

import pytest

from bench import render
from bench.__main__ import main


@pytest.mark.large
def test_a_quick_run_gives_every_figure(tmp_path, capsys):
    page = tmp_path / "board.md"
    page.write_text(f"before\n\n{render.BEGIN}\nold\n{render.END}\n\nafter\n")
    (tmp_path / "made").mkdir()
    options = ("--quick", "--only", "board", "--folder", tmp_path / "made")
    more = ("--docs", tmp_path, "--cache", tmp_path / "kept")
    main([*map(str, (*options, *more))])
    rows = [line for line in page.read_text().splitlines() if line.startswith("| ")]
    assert rows[-1].startswith("| 60 posts, sealed, 3 claims, 2 following")
    assert len([row for row in rows if "a push told" in row]) == 4
    assert len([row for row in rows if "redrawn, " in row]) == 4
    assert "What the board costs" in capsys.readouterr().out
