"""The bounds can be measured, and what is measured is what the page says."""

from bench import render
from bench.__main__ import main
from bench.bounds import BOUNDS, CODE, OTHER


def test_a_quick_run_gives_every_row(tmp_path, capsys):
    page = tmp_path / "bounds.md"
    page.write_text(f"before\n\n{render.BEGIN}\nold\n{render.END}\n\nafter\n")
    (tmp_path / "made").mkdir()
    options = ("--quick", "--folder", tmp_path / "made", "--docs", tmp_path)
    main([*map(str, options), "--only", "bounds"])
    rows = [line for line in page.read_text().splitlines() if line.startswith("| ")]
    assert len(rows) == 2 + len(BOUNDS) + 1 + 2 + 1
    assert rows[-4].startswith(f"| {OTHER}")
    assert CODE.rpartition("}")[2] in rows[-1]
    assert BOUNDS[-1].allowed in capsys.readouterr().out
