"""The database goes away while a command makes its answer: it is an answer still.

What was read before it went is told, and the rest is left out: never a traceback, nor
an exit code that says something else.
"""

import pytest
from harness import Repo
from harness.answers import document
from ledger.postgres_feed import made
from postgres.proxy import Proxy

POLICY = "prefixes: {CMB: CAMBER}\nstewards: [FLEET-01]\n"
KEY = ("--surface", "CAMBER:page:a", "--proof", "nobody else")
NEW = ("claim", "--new", "CMB", "--subject", "work", *KEY)


@pytest.fixture
def line(postgres, tmp_path):
    """The way to the database of a repository, which can end."""
    (socket,) = postgres.server.folder.glob("socket/.s.PGSQL.*[0-9]")
    proxy = Proxy(socket, tmp_path / "line")
    repo = Repo.init(tmp_path / "repo")
    repo.git("config", "fleetfeed.ledger", made(postgres.url(), POLICY))
    repo.fleetfeed(*NEW, "--seat", "CAMBER-06")
    repo.git("config", "fleetfeed.ledger", postgres.url(host=str(proxy.folder)))
    yield repo, proxy
    proxy.close()


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (NEW, 1),
        (("done", "CMB-0001", "--epoch", "3"), 4),
        (("next",), 1),
        (("claim", "CMB-0001", "--reason", "it is silent"), 1),
    ],
    ids=lambda given: given[0] if isinstance(given, tuple) else None,
)
def test_a_refusal_that_was_read_is_told(line, command, code):
    repo, proxy = line
    words = (*command, "--seat", "CAMBER-07", "--timeout", "1s", "--json")
    codes = []
    for questions in range(1, 100):
        proxy.left = questions
        told = repo.fleetfeed(*words, ok=None)
        assert not told.stderr, told
        assert document(told.stdout)["code"] == told.returncode
        codes.append(told.returncode)
        if proxy.left:
            break
    assert set(codes) == {3, code}, codes
    # Once it is a refusal it stays one, whatever else can be read.
    assert codes == sorted(codes, key=lambda each: each == code), codes
