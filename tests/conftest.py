"""Every test runs in a world of its own: home, git config, clock zone, no stray settings."""

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from harness import Fleet, Scene, make_home
from harness.further import Further
from harness.logins import pushers as made_pushers
from harness.managers import node_modules
from harness.postgres import KINDS, Postgres, fresh_database, own_server, shared_server
from harness.signing import SignedFleet
from harness.warm import warm
from hypothesis import HealthCheck, settings

STRESS = bool(os.environ.get("FLEETFEED_STRESS"))
SHARE = os.environ.get("FLEETFEED_TESTS", "")
"""Which of the tests that are not large: `first`, `further`, or (empty) both."""

# No deadline: one slow example on a busy machine is no finding.
_SLOW = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
settings.register_profile(
    "small", max_examples=50, deadline=None, suppress_health_check=_SLOW
)
settings.register_profile(
    "stress", max_examples=1000, deadline=None, suppress_health_check=_SLOW
)
settings.load_profile("stress" if STRESS else "small")


# Without its compiled modules Python would compile fleetfeed anew in every process.
_STRAY = (
    "NO_COLOR", "FORCE_COLOR", "LANGUAGE", "PYTHONPATH", "PYTHONHOME",
    "PYTHONDONTWRITEBYTECODE",
)  # fmt: skip


def _settle(patch: pytest.MonkeyPatch, home: Path) -> None:
    for name in list(os.environ):
        if name.startswith(("GIT_", "FLEETFEED_", "PG")) or name in _STRAY:
            patch.delenv(name)
    for name, value in make_home(home).items():
        patch.setenv(name, value)


@pytest.fixture(scope="session")
def _homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for each test that asks; pytest would look through all to number one."""
    folder = tmp_path_factory.mktemp("homes")
    return (folder / str(number) for number in itertools.count())


@pytest.fixture(scope="session", autouse=True)
def _settled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The same for what is made once for many tests, before any of them begins."""
    with pytest.MonkeyPatch.context() as patch:
        _settle(patch, tmp_path_factory.mktemp("home"))
        yield


@pytest.fixture(autouse=True)
def hermetic(_homes: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the developer's machine out of the environment."""
    _settle(monkeypatch, next(_homes))


@pytest.fixture(scope="session", autouse=True)
def _warm() -> Iterator[None]:
    """Commands need not import fleetfeed first."""
    with warm():
        yield


@pytest.fixture(scope="session")
def fleet_template(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    """One fleet for the whole run, never touched by a test: `fleet` copies it."""
    return Fleet.make(tmp_path_factory.mktemp("fleet") / "template")


@pytest.fixture
def fleet(fleet_template: Fleet, tmp_path: Path) -> Fleet:
    """A server with an empty feed and the server hook; seats are made on demand."""
    return fleet_template.copy(tmp_path / "fleet")


@pytest.fixture(scope="session")
def scene_template(
    fleet_template: Fleet, tmp_path_factory: pytest.TempPathFactory
) -> Scene:
    """One scene for the whole run, never touched by a test: `scene` copies it."""
    folder = tmp_path_factory.mktemp("scene") / "template"
    return Scene.play(fleet_template.copy(folder))


@pytest.fixture
def scene(scene_template: Scene, tmp_path: Path) -> Scene:
    """A server and seats with two published claims."""
    return scene_template.copy(tmp_path / "scene")


@pytest.fixture(scope="session")
def signed_template(
    fleet_template: Fleet, tmp_path_factory: pytest.TempPathFactory
) -> SignedFleet:
    """One signed fleet for the whole run, never touched by a test: `signed` copies it."""
    folder = tmp_path_factory.mktemp("signed")
    fleet = fleet_template.copy(folder / "template")
    return SignedFleet.make(fleet, folder / "keys")


@pytest.fixture
def signed(signed_template: SignedFleet, tmp_path: Path) -> SignedFleet:
    """A server whose policy is `signed`, and seats that sign by plain git."""
    return signed_template.copy(tmp_path / "fleet")


@pytest.fixture(scope="session")
def pushers_template(
    fleet_template: Fleet, tmp_path_factory: pytest.TempPathFactory
) -> Fleet:
    """One fleet that asks who pushes, never touched by a test: `pushers` copies it."""
    folder = tmp_path_factory.mktemp("pushers") / "template"
    return made_pushers(fleet_template.copy(folder), "http")


@pytest.fixture
def pushers(pushers_template: Fleet, tmp_path: Path) -> Fleet:
    """A fleet whose policy is `pusher`, on a server that goes by REMOTE_USER."""
    return pushers_template.copy(tmp_path / "fleet")


@pytest.fixture(scope="session")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """The npm packages, installed when a test asks for them, once for all workers."""
    shared = _of_all_workers(tmp_path_factory)
    return lambda: node_modules(shared / "npm")


def _of_all_workers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.getbasetemp()
    return base.parent if base.name.startswith("popen-") else base


# `make test` has the one that needs nothing installed, `make ledger-test` every one.
_AT_HAND, *_FURTHER = KINDS
_EVERY = bool(os.environ.get("FLEETFEED_LEDGERS"))
_POSTGRES = (
    _AT_HAND,
    *(
        pytest.param(kind, marks=() if _EVERY else pytest.mark.large)
        for kind in _FURTHER
    ),
)


@pytest.fixture(scope="session", params=_POSTGRES)
def postgres_kind(request: pytest.FixtureRequest) -> str:
    """Whose PostgreSQL it is."""
    kind: str = request.param
    return kind


@pytest.fixture
def postgres(
    postgres_kind: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Postgres]:
    """An empty database on a server that all tests share."""
    server = shared_server(postgres_kind, _of_all_workers(tmp_path_factory))
    with fresh_database(server) as postgres:
        yield postgres


@pytest.fixture
def own_postgres(postgres_kind: str) -> Iterator[Postgres]:
    """An empty database on a server that the test may stop, kill and start."""
    with own_server(postgres_kind) as postgres:
        yield postgres


_LEDGERS = {"postgres_kind", "cosmos"}
"""What a test of a store beside git asks for."""

_WAITING = {"servers", "hold", "lease"}
"""The folders whose tests wait most, for a lease or somebody's silence."""


@pytest.hookimpl(tryfirst=True)  # `-m ledger` is looked at after this
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Begin with those that wait, while the others compute: at the end nobody waits alone.

    Leave the further cases of what is tested small to `make stress`, and what
    `harness.further` names to CI; a bare `pytest` runs that, too.
    """
    items.sort(key=lambda item: item.path.parent.name not in _WAITING)
    for item in items:
        if _LEDGERS & set(getattr(item, "fixturenames", ())):
            item.add_marker("ledger")
    if STRESS:
        return
    further = Further(Path(__file__).parent)
    kept, left = list[pytest.Item](), list[pytest.Item]()
    for item in items:
        out = item.get_closest_marker("large") or further.leaves_out(item, SHARE)
        (left if out else kept).append(item)
    # Left out, and not skipped: each that is skipped is told to and fro.
    config.hook.pytest_deselected(items=left)
    items[:] = kept


@pytest.fixture(scope="session")
def stress() -> bool:
    """Whether the large sizes are asked for (`make stress`)."""
    return STRESS
