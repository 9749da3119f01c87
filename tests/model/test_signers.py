"""allowed_signers, read as strictly as it must be, and as OpenSSH reads it."""

import pytest

from fleetfeed.model.signers import Signers, read_signers, seats_of
from fleetfeed.model.ssh_format import FOREVER

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOQZh8O4oaF/3cUkiZtOdt5V/9vaa8R0MUgL+7FPDSHq"
OTHER = (
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOrTEQHK+wlPTUmPqKbm8VAi+rLkTmjJX/Bk1/OH8HBy"
)
AT = "feed/allowed_signers"


def line(text: str):
    found, wrong = read_signers(text.encode(), AT)
    assert not wrong, wrong
    assert found
    (only,) = found.lines
    return only


def test_a_line_says_who_and_what_and_until_when():
    found = line(
        "# the authority\n\n"
        'CAMBER-06,CAMBER-06/*\tCERT-authority,namespaces="git,fleet*",'
        f'valid-after="20260102",valid-before="202601030405Z"  {KEY} a comment é\n'
    )
    assert (found.number, found.principals) == (3, ("CAMBER-06", "CAMBER-06/*"))
    assert found.authority
    assert (found.starts, found.ends) == (1767312000, 1767413100)
    assert [found.signs(n) for n in ("git", "fleetfeed", "file", "Git")] == [
        True,
        True,
        False,
        False,
    ]
    assert found.key.line == KEY


def test_a_plain_line_is_for_ever_and_for_anything():
    found = line(f"  FLEET-01 {KEY}")
    assert (found.authority, found.namespaces, found.starts, found.ends) == (
        False,
        None,
        0,
        FOREVER,
    )
    assert found.signs("file")


def test_an_email_may_stand_there_and_is_no_seat():
    found = line(f"me@example.invalid,*@example.invalid,CAMBER-06,* {KEY}")
    assert seats_of(found.principals) == ("CAMBER-06", "*")


def test_a_key_may_stand_on_several_lines():
    text = f"A-1 {KEY}\n* cert-authority {KEY}\nB-1 {OTHER}\nC-1 {KEY}\n"
    found, _ = read_signers(text.encode(), AT)
    assert found
    assert [one.principals for one in found.of(found.lines[0].key)] == [
        ("A-1",),
        ("C-1",),
    ]


def test_an_empty_file_knows_nobody():
    assert read_signers(b"# none yet\n", AT) == (Signers(()), ())


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        (f"!CAMBER-06 {KEY}", (1, 1), "'!CAMBER-06' is neither a seat's pattern nor an e-mail"),
        (f"CAMBER-06,CAMBER-0? {KEY}", (1, 11), "'CAMBER-0?' is neither"),
        (f"CAMBER-06,,X {KEY}", (1, 11), "'' is neither"),
        (f'"CAMBER-06" {KEY}', (1, 1), "is neither"),
        (f"CAMBER-[0-9] {KEY}", (1, 1), "is neither"),
        (f"\n\nCAMBER-06 cert-authorty {KEY}", (3, 11), "cert-authorty is no option of a signer; there are cert-authority, namespaces"),
        (f'A cert-authority,,valid-after="20260101" {KEY}', (1, 18), "is no option"),
        (f"A cert-authority, {KEY}", (1, 17), "an option is wanted after the comma"),
        (f"A cert-authority,cert-authority {KEY}", (1, 18), "stands here twice"),
        (f'A cert-authority="yes" {KEY}', (1, 3), "cert-authority is written cert-authority"),
        (f"A namespaces=git {KEY}", (1, 3), 'namespaces is written namespaces="…"'),
        (f"A namespaces {KEY}", (1, 3), 'namespaces is written namespaces="…"'),
        (f'A namespaces="!git" {KEY}', (1, 15), "'!git' is no namespace"),
        (f'A namespaces="git,,x" {KEY}', (1, 15), "'' is no namespace"),
        (f'A valid-after="2026-01-01" {KEY}', (1, 16), "'2026-01-01' is no time: YYYYMMDD"),
        (f'A valid-after="20260231" {KEY}', (1, 16), "'20260231' is no time"),
        (f'A valid-after="" {KEY}', (1, 16), "'' is no time"),
        (f'A valid-after="20270101",valid-before="20260101" {KEY}', (1, 40), "not later than"),
        (f'A namespaces="g\\"it" {KEY}', (1, 3), ""),
        ("A", (1, 2), "the line ends where a key is wanted"),
        ("CAMBER-06 ssh-dss AAAAB3NzaC1kc3M=", (1, 11), "ssh-dss is no kind of key that signs here"),
        ("CAMBER-06 ssh-ed25519", (1, 11), "it is not `kind base64`"),
        ("CAMBER-06 ssh-ed25519 AAAA", (1, 11), "it is cut off"),
        ("CAMBER-06 ssh-ed25519 !!!!", (1, 11), "the key is not base64"),
        (f"CAMBER-06 ssh-rsa {KEY.split()[1]}", (1, 11), "it says ssh-rsa, and the key is a ssh-ed25519"),
        (f"A {KEY}\r\n", (1, 83), "a line has no \\r"),
        (f"A {KEY}\nB \x00{KEY}", (2, 3), "a line has no \\x00"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(text, place, words):
    found, wrong = read_signers(text.encode(), AT)
    assert found is None
    first = wrong[0]
    assert (first.code, first.place.line, first.place.column) == ("FF616", *place)
    assert words in first.message


def test_what_is_no_text_and_what_is_too_long():
    _, (first,) = read_signers(b"A \xff", AT)
    assert (first.place.line, first.place.column) == (1, 3)
    _, (first,) = read_signers(b"#" * 1024 * 1024, AT)
    assert "more than 1048575 bytes" in first.message


def test_of_a_file_full_of_nonsense_the_first_findings_are_told():
    _, wrong = read_signers(b"!\n" * 100_000, AT)
    assert len(wrong) == 20
