"""Each folder of `refused/` must be refused, with every line of its expected.txt."""

from pathlib import Path

import pytest
from harness import Repo, clean

REFUSED = Path(__file__).parent / "refused"
CASES = sorted(folder.name for folder in REFUSED.iterdir())


@pytest.mark.parametrize("case", CASES)
def test_it_is_refused_in_these_words(case):
    folder = REFUSED / case
    expected = (folder / "expected.txt").read_text().splitlines()
    done = Repo(folder, clean()).fleetfeed("check", "feed", ok=False)
    assert done.returncode == 1
    for text in expected:
        assert text in done.stdout
    # Nothing else is wrong with it: what is named is what refuses.
    assert done.refusals == {text[:5] for text in expected if text.startswith("FF")}
