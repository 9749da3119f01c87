"""verify, audit, show and log in fleets that sign, that go by logins, and that trust."""

import json
import time

from harness import path, post
from harness.ed25519 import Signer
from harness.raw_history import RawHistory
from harness.repo import Repo
from harness.signing import files_post


def test_a_signed_fleet(signed):
    me = signed.seat()
    trusted = me.line("rev-parse", "origin/main")
    files_post(me)
    me.push()
    said = me.fleetfeed("verify", "--since", trusted)
    assert "fleetfeed: signatures of 1 commit were verified by the rules" in said.stdout
    assert me.fleetfeed("verify").ok
    assert me.fleetfeed("audit").ok
    (_, line) = me.fleetfeed("log", "CMB-0001").stdout.splitlines()
    assert line.startswith("       signed by key SHA256:")
    assert line in me.fleetfeed("show", "CMB-0001").stdout.splitlines()
    assert "signed" not in me.fleetfeed("show", "CMB-0001", "--no-signatures").stdout
    (found,) = json.loads(me.fleetfeed("show", "CMB-0001", "--json").stdout)["posts"]
    assert found["signature"] == line.strip()
    assert found["commit"] == me.line("rev-parse", "HEAD")


def test_in_a_fleet_that_trusts_nobody_looks_unless_asked(scene):
    me = scene.me
    assert (
        json.loads(me.fleetfeed("log", "--json").stdout)["posts"][0]["signature"]
        is None
    )
    found = json.loads(me.fleetfeed("log", "--signatures", "--json").stdout)["posts"]
    assert {row["signature"] for row in found} == {"unsigned"}
    said = me.fleetfeed("verify").stdout
    assert said.startswith("fleetfeed: the policy never asked who brought what")


def test_who_pushed_is_not_in_a_history(tmp_path):
    """Until the policy asks for signatures, and from then on it is told."""
    raw, now = RawHistory.begun(tmp_path / "history"), int(time.time()) - 1000
    policy = "ref: refs/heads/main\nstewards: [FLEET-01]\n"
    key, files = Signer("steward"), {}
    tips = [()]

    def commit(put, by=None):
        files.update(put)
        parents = tips[-1]
        tips.append((raw.commit(parents, files, by, dated=now + len(tips)),))

    logins = "identity: {mode: pusher}\nlogins: {alice: [FLEET-01]}\n"
    commit({"feed/policy.yaml": f"{policy}{logins}"})
    commit({path("CMB-0001"): post(seat="FLEET-01")})
    signing = f"{policy}identity: {{mode: signed}}\n"
    signers = f"FLEET-01 {key.public}\n"
    commit({"feed/policy.yaml": signing, "feed/allowed_signers": signers})
    commit({path("CMB-0002"): post(item="CMB-0002", seat="FLEET-01")}, key)
    raw.store(main=tips[-1][0])
    repo = Repo(raw.folder)
    said = repo.fleetfeed("verify", "--offline", "main", ok=False)
    assert said.returncode == 3
    assert "3 commits landed under `identity: {mode: pusher}`" in said.stderr
    since = repo.fleetfeed("verify", "--offline", "main", "--since", tips[3][0])
    assert "signatures of 1 commit were verified" in since.stdout
    audited = repo.fleetfeed("audit", "--offline", "main")
    assert "3 commits landed under" in audited.stdout
    gone = repo.fleetfeed(
        "verify", "--offline", tips[2][0], "--since", "main", ok=False
    )
    assert gone.returncode == 1
    assert "FF405" in gone.stdout
