"""Each mended line that is printed can be pasted: what is read then is what was meant."""

import re

import pytest
from harness import post
from hypothesis import assume, example, given
from hypothesis import strategies as st

from fleetfeed.model.post import Post
from fleetfeed.model.post_reader import read_post
from fleetfeed.model.yaml.reader import load

PATH = "feed/CMB/000/CMB-0001/0001.yaml"
FIELDS = ("SUBJECT", "REASON", "BODY", "NO_OVERLAP_PROOF", "MORE")


def read(text: str):
    """The post, or the findings that say why there is none."""
    found = read_post(text.encode(), PATH, "CMB-0001", 1)
    return found if isinstance(found, Post) else found.findings


def pasted(text: str, findings) -> str:
    """`text` with each mended line in its place."""
    lines = text.split("\n")
    for found in findings:
        if found.mended:
            lines[found.place.line - 1] = found.mended
    return "\n".join(lines)


SIGNS = st.sampled_from(list("'\"#:[]{},&*!|>%@`-?\\~=. \tab"))
TEXTS = st.text(SIGNS, min_size=1, max_size=12)


@given(field=st.sampled_from(FIELDS), text=TEXTS)
@example("SUBJECT", "'tis broken")
@example("SUBJECT", "'s' and 't'")
@example("SUBJECT", '"quoted" and more')
@example("SUBJECT", "it: is")
@example("SUBJECT", "`code`")
@example("SUBJECT", "#1438")
@example("SUBJECT", "rock 'n' roll # loud")
@example("BODY", "|x")
def test_a_mended_line_is_read_as_it_was_written(field: str, text: str) -> None:
    # The head of a block whose lines are missing is nothing that a line could mend.
    assume(not re.fullmatch(r"[|>][-+1-9]{0,2}", text.strip()))
    written = post(subject=None) + f"{field}: {text}\n"
    if field != "SUBJECT":
        written = post() + f"{field}: {text}\n"
    findings = read(written)
    if isinstance(findings, Post) or not any(found.mended for found in findings):
        return
    again = pasted(written, findings)
    if text.lstrip()[:1] in {"[", "{"}:
        assert (
            load(again.encode(), PATH)[1] == ()
        )  # whether it may be a list is another
        return
    mended = read(again)
    assert isinstance(mended, Post), (findings, mended)
    letters = "".join(str(mended.fields[field]).split())
    given_ = "".join(text.split())
    quoted = given_[:1] in {"'", '"'}
    assert letters == given_ or quoted or "#" in text, (given_, letters)


KEPT = {
    "'tis broken": "'tis broken",
    "'twas 'n' was": "'twas 'n' was",
    "'90s": "'90s",
    '"not closed': "not closed",
    "'a' and more": "'a' and more",
    "'it's'": "it's",
    "@home": "@home",
}


@pytest.mark.parametrize("text", KEPT)
def test_what_a_quote_meant(text: str) -> None:
    written = post(subject=None) + f"SUBJECT: {text}\n"
    mended = read(pasted(written, read(written)))
    assert isinstance(mended, Post)
    assert mended.subject == KEPT[text]


LINES = {
    "STATE: in_progress": "STATE: IN_PROGRESS",
    "STATE: In Progress": "STATE: IN_PROGRESS",
    "STATE: awaiting-claim": "STATE: AWAITING_CLAIM",
    "STATE: Done": "STATE: DONE",
    "STATE: 'parked'": "STATE: PARKED",
    "SEAT: dependabot[bot]": "SEAT: dependabot-bot",
    "SEAT: two words": "SEAT: two-words",
    "OWNER: Zoë": "OWNER: Zo",
    "PARENT: cmb 36": "PARENT: CMB-0036",
    "DEPENDS_ON: cmb-36": "DEPENDS_ON: CMB-0036",
}


@pytest.mark.parametrize("line", LINES)
def test_a_value_in_other_letters(line: str) -> None:
    name = line.partition(":")[0]
    given_ = {} if name in {"PARENT", "OWNER"} else {name.lower(): None}
    written = post(**given_) + f"{line}\n"
    (found,) = read(written)
    assert found.mended == LINES[line]
    assert isinstance(read(pasted(written, (found,))), Post)


@pytest.mark.parametrize(
    "line", ["STATE: started", "STATE: IN", "SEAT: '[]'", "PRIORITY: high", "LEASE: x"]
)
def test_a_value_that_could_mean_anything_is_not_guessed(line: str) -> None:
    name = line.partition(":")[0].lower()
    (found,) = read(post(**{name: None}) + f"{line}\n")
    assert not found.mended


FENCED = ("```yaml", "```", "~~~", "~~~ yaml", "````")


@pytest.mark.parametrize("fence", FENCED)
@pytest.mark.parametrize("around", ["both", "above", "below"])
def test_a_markdown_fence_is_taken_out(fence: str, around: str) -> None:
    above = f"{fence}\n" if around != "below" else ""
    below = f"{fence[:4].rstrip(' y')}\n" if around != "above" else ""
    written = f"{above}{post()}{below}"
    findings = read(written)
    assert not isinstance(findings, Post)
    assert all("Markdown fence" in found.message for found in findings)
    out = {found.place.line for found in findings}
    lines = enumerate(written.split("\n"), 1)
    left = "\n".join(line for number, line in lines if number not in out)
    assert isinstance(read(left), Post)


def test_a_fence_in_a_text_is_text() -> None:
    assert isinstance(read(post() + "BODY: |\n  see\n  ```\n  x\n  ```\n"), Post)


def test_a_pointer_of_lfs_is_called_one() -> None:
    text = f"version https://git-lfs.github.com/spec/v1\noid sha256:{7:064}\nsize 10\n"
    (found,) = read(text)
    assert "a pointer of Git LFS" in found.message


SEVERAL = (
    "SUBJECT: 'tis: x\nREASON: `x`\nBODY: it: is\n",
    'SUBJECT: "x"\nmore text\n',
    "SUBJECT: x\nmore text\nREASON: a: b\n",
    "SUBJECT:\ta: b\nREASON: #x\n",
    "  SUBJECT: x\n",
    "SUBJECT: x\n  REASON: y\n",
    "BODY: |\n    deep\n  less\n",
    "SUBJECT:x\nREASON:y\n",
)


@pytest.mark.parametrize("lines", SEVERAL)
def test_several_mended_lines_can_be_pasted_at_once(lines: str) -> None:
    written = post(subject=None) + lines
    if "SUBJECT" not in lines:
        written = post() + lines
    findings = read(written)
    assert not isinstance(findings, Post)
    again = read(pasted(written, findings))
    assert isinstance(again, Post) or not all(found.mended for found in findings)
