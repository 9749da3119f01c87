"""The examples of the library's page are run, and give what they show."""

import doctest
import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "library.md"


def test_the_examples_of_the_page(fleet):
    found = re.findall(
        r"^```pycon\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    text = "\n".join(found)
    assert text.count(">>> ") > 20
    names = {"clone": fleet.seat().folder}
    page = doctest.DocTestParser().get_doctest(text, names, "library", str(PAGE), 0)
    said: list[str] = []
    failed, _ = doctest.DocTestRunner(verbose=False).run(page, out=said.append)
    assert not failed, "".join(said)
