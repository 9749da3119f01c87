"""What allowed_signers gives to a key, by our reading and by ssh-keygen's: the same."""

import random
from fnmatch import fnmatchcase

import pytest
from harness.signing import Key, between

from fleetfeed.git.ssh_keygen import Question, Verifier
from fleetfeed.model.grants import grants
from fleetfeed.model.identity import Flaw
from fleetfeed.model.signers import read_signers
from fleetfeed.model.ssh_format import key_of_line

NAMES = (
    "A-1",
    "A-1/*",
    "A-*",
    "*",
    "*/*",
    "B.2",
    "B.2/x",
    "a-1",
    "me@b.example",
    "*@b.example",
)
OPTIONS = (
    "cert-authority",
    "Cert-Authority",
    'namespaces="git"',
    'namespaces="g*,file"',
    'namespaces="file"',
    'valid-after="20300101"',
    'valid-before="20300101Z"',
    'VALID-before="203001010000"',
    'valid-after="20290630120000Z"',
)
AROUND = (1_893_455_999, 1_893_456_000, 1_893_456_001, 1_877_515_200, 1_800_000_000)
TEXT = b"text"


@pytest.fixture(scope="module")
def signers(tmp_path_factory):
    """Keys and certificates, each with a signature of its own over the same text."""
    folder = tmp_path_factory.mktemp("keys")
    key, ca = Key.make(folder, "key"), Key.make(folder, "ca", "ecdsa", 256)
    spans = ("", between(AROUND[3], AROUND[1]))
    every = [key, ca]
    every += [ca.certify(key, *NAMES[:4], valid=span) for span in spans]
    every += [ca.certify(key, "B.2", "B.2/x", "a-1", "me@b.example", "?-1", "A-1,B.2")]
    return [(key.public, ca.public), [(one, one.sign(TEXT)) for one in every]]


def lines_of(dice, publics):
    """An allowed_signers that our reading takes."""
    text = ""
    for _ in range(dice.randint(1, 4)):
        who = ",".join(dice.sample(NAMES, dice.randint(1, 3)))
        how = ",".join(dice.sample(OPTIONS, dice.randint(0, 3)))
        blank = dice.choice([" ", "\t", "  "])
        text += blank.join([who, *([how] if how else []), dice.choice(publics)])
        text += dice.choice(["\n", " a comment\n", "\n\n# more\n"])
    return text.encode()


def test_our_reading_gives_what_ssh_keygen_gives(signers, stress):
    publics, signed = signers
    dice, given, refused = random.Random(14), 0, 0  # noqa: S311
    for _ in range(150 if stress else 5):
        data = lines_of(dice, publics)
        known, wrong = read_signers(data, "allowed_signers")
        if known is None:
            assert wrong
            continue
        key, signature = dice.choice(signed)
        at = dice.choice(AROUND)
        public = key_of_line(key.public_file.read_text())
        ours = grants(known, public, "git", at)
        asked = (*NAMES, "?-1", "C-3")
        with Verifier(data, b"") as verifier:
            theirs = verifier.ask(
                [Question(TEXT, signature, "git", one, at) for one in asked]
            )
        mine = set() if isinstance(ours, Flaw) else {grant.principal for grant in ours}
        # A key is given patterns; a certificate has names, which are taken literally.
        wanted = mine
        if not public.certificate:
            wanted = {
                one for one in asked if any(fnmatchcase(one, each) for each in mine)
            }
        assert {one for one, yes in zip(asked, theirs, strict=True) if yes} == wanted, (
            data,
            at,
        )
        given, refused = given + len(wanted), refused + len(asked) - len(wanted)
    assert given
    assert refused
