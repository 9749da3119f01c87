"""An impostor's acts: each succeeds where SEAT is trusted, and is refused elsewhere.

And what is lawful passes everywhere. For all as the server's hook judges it, by objects
that no git made; by real pushes for some, and under `make stress` each way in each mode.
"""

import pytest
from checks.impostor import (
    ACTS,
    IMPOSTOR,
    MODES,
    NONE,
    PUSHER,
    SIGNED,
    WAYS,
    Team,
)

from fleetfeed.checks import push

BY_NAME = {act.name: act for act in ACTS}


@pytest.fixture(scope="module")
def teams(signed_template, tmp_path_factory):
    """From a mode to its fleet, made when it is first asked for."""
    made: dict[str, Team] = {}

    def team(mode: str) -> Team:
        if mode not in made:
            folder = tmp_path_factory.mktemp("teams") / mode
            made[mode] = Team.make(mode, signed_template, folder)
        return made[mode]

    return team


def judged(team: Team, act, who: str):
    if act.after_lapse:
        team.wait()
    shop = team.shop
    commit = shop.builder.commit(act.files(team), shop.tip, key=team.key(who))
    verdict = shop.judged(commit, who)
    return [(one.code, one.message) for one in verdict.findings if one.rejects]


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.name)
def test_who_may_and_who_may_not(act, teams):
    assert judged(teams(NONE), act, "impostor") == []
    for mode in (PUSHER, SIGNED):
        found = judged(teams(mode), act, "impostor")
        assert {code for code, _ in found} == {act.code}, (mode, found)
        who = "login impostor" if mode == PUSHER else f"({IMPOSTOR})"
        for _, message in found:
            assert who in message
            assert act.says in message
        for who in act.who:
            assert judged(teams(mode), act, who) == [], (mode, who)


_HOLDING = "ITEM: CMB-0001\nEPOCH: 1\nOP: -\n"


@pytest.mark.parametrize("mode", MODES)
def test_beat_for_another(mode, teams):
    """By the holder and its delegate it is heard, and by nobody else."""
    team = teams(mode)
    for number, who in enumerate(("true", "delegate", "impostor"), 1):
        text = f"{_HOLDING}BEAT: 0\n".encode()
        if mode == SIGNED:
            text = f"fleetfeed beat\n{_HOLDING}BEAT: {number}\n".encode()
            text += team.key(who).sign(text, "fleetfeed")
        blob = team.shop.builder.store("blob", text)
        moved = [(None, blob, "refs/fleetfeed/beats/CMB-0001")]
        found = [f for f in team.shop.pushed(moved, who).findings if f.rejects]
        lawful = mode == NONE or who != "impostor"
        assert [f.code for f in found] == ([] if lawful else ["FF614"]), (who, found)
        assert lawful or "CAMBER-06" in found[0].message


def test_a_sub_seat_does_not_speak_for_its_parent(teams):
    act = BY_NAME["finish"]
    for mode in (PUSHER, SIGNED):
        assert [code for code, _ in judged(teams(mode), act, "sub")] == ["FF601"]


def test_nobody_else_evicts_in_the_name_of_the_steward(teams):
    for mode in (PUSHER, SIGNED):
        for who in ("true", "delegate", "sub"):
            found = judged(teams(mode), BY_NAME["evict"], who)
            assert [code for code, _ in found] == ["FF601"], (mode, who)


def test_the_table_bites(teams, monkeypatch):
    """Without the question who brought it, each act would be let through."""
    monkeypatch.setattr(push, "_authors", lambda *_: (None, (), ()))
    for mode, acts in ((PUSHER, ACTS), (SIGNED, ACTS[::4])):
        for act in acts:
            assert judged(teams(mode), act, "impostor") == [], (mode, act.name)


def tried(teams, tmp_path, act, way: str, mode: str, who: str, *, lawful: bool) -> None:
    team = teams(mode).copy(tmp_path / "fleet")
    if act.after_lapse:
        team.wait()
    before = team.fleet.server.tip("refs/heads/main")
    done = WAYS[way](team, act, who)
    landed = team.fleet.server.tip("refs/heads/main") != before
    assert (done.ok, landed) == (lawful, lawful), done
    if not lawful:
        assert done.refusals == {act.code}, done
        assert act.says in done.said.replace("\nremote: ", ""), done
        assert done.returncode == 1


def ways(act) -> list[str]:
    return [way for way in WAYS if way != "command" or act.command]


# One act for each way, mode and code; `EVERY` is for `make stress`.
SOME = {
    (way, mode, act.code): (act, way, mode)
    for act in ACTS
    for way in ways(act)
    for mode in (PUSHER, SIGNED)
}.values()
EVERY = [(act, way, mode) for act in ACTS for way in ways(act) for mode in MODES]


def _name(row) -> str:
    act, way, mode = row
    return f"{act.name}-{way}-{mode}"


@pytest.mark.parametrize("row", SOME, ids=_name)
def test_an_impostor_by_a_real_push(row, teams, tmp_path):
    tried(teams, tmp_path, *row, "impostor", lawful=False)


@pytest.mark.large
@pytest.mark.parametrize("row", EVERY, ids=_name)
def test_an_impostor_each_way(row, teams, tmp_path):
    mode = row[2]
    tried(teams, tmp_path, *row, "impostor", lawful=mode == NONE)


@pytest.mark.large
@pytest.mark.parametrize("row", EVERY, ids=_name)
def test_who_may_each_way(row, teams, tmp_path):
    act = row[0]
    tried(teams, tmp_path, *row, act.who[0], lawful=True)
