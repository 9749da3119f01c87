"""What a web server adds: passwords, and a limit to what it takes."""

import base64
import os

import pytest
from servers import web as webs
from servers.host import SEATS, written
from servers.web import apache, web


@pytest.mark.parametrize("kind", [web, apache])
def test_a_large_push_needs_its_password_and_no_more(account, kind, tmp_path):
    (tmp_path / "keys").mkdir()
    with kind(account.at(f"a-{kind.__name__}"), tmp_path / "keys") as host:
        host.fleetfeed("install", "--server", host.folder)
        seat = host.address(SEATS[0]).clone(tmp_path / "seat")
        seat.write("large", os.urandom(2_000_000))
        seat.commit("more than nginx takes by itself")
        push = ("push", "-q", "origin", "HEAD:refs/heads/large")
        said = seat.git("-c", "credential.helper=", *push, ok=False)
        assert "could not read Password" in said.stderr
        seat.git(*push)
        assert host.connections(SEATS[0]) > 0


@pytest.mark.large
def test_what_nginx_calls_the_remote_user_is_proven_by_auth_basic_alone(
    account, tmp_path, monkeypatch
):
    """Without it, it is what the client says: so docs/servers.md warns of that."""

    def unproven(language, places):
        lines = written(language, places).splitlines()
        return "\n".join(line for line in lines if "auth_basic" not in line)

    monkeypatch.setattr(webs, "written", unproven)
    (tmp_path / "keys").mkdir()
    with web(account.at("unproven"), tmp_path / "keys") as host:
        host.git("config", "http.receivepack", "true")
        hook = host.account.write(host.folder / "hooks/pre-receive", "#!/bin/sh\n")
        host.account.run("sh", "-c", f"echo 'echo $REMOTE_USER >&2' >> {hook}")
        host.account.run("chmod", "755", hook)
        seat = host.address(SEATS[0]).clone(tmp_path / "seat")
        seat.commit("anything")
        said = base64.b64encode(f"{SEATS[1]}:no password".encode()).decode()
        header = f"http.extraHeader=Authorization: Basic {said}"
        pushed = seat.git("-c", header, "push", "origin", "HEAD")
        assert f"remote: {SEATS[1]}" in pushed.stderr
