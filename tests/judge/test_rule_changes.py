"""Rules that nobody may make: what is said of them, and of which file."""

import pytest
from judge.gen_feeds import snapshot

from fleetfeed.judge.rule_changes import rules_as_they_stand

SIGNED = "identity: {mode: signed}\nstewards: [FLEET-01]\n"
PUSHER = "identity: {mode: pusher}\nstewards: [FLEET-01]\n"
TORN = "ssh-ed25519 what\n"


def said(policy, **files):
    given = {"policy.yaml": policy, **files}
    feed = snapshot({f"feed/{name}": text for name, text in given.items()})
    return list(rules_as_they_stand(feed))


@pytest.mark.parametrize(
    ("policy", "file", "words"),
    [
        (SIGNED, "allowed_signers", "stand in allowed_signers, so nobody could"),
        (PUSHER, "policy.yaml", "have a login in `logins`, so nobody could"),
    ],
)
def test_where_no_steward_could_prove_who_he_is_it_is_said_by_what(policy, file, words):
    (found,) = said(policy)
    assert (found.code, found.place.path) == ("FF610", f"feed/{file}")
    assert words in found.message


@pytest.mark.parametrize("name", ["allowed_signers", "revoked_keys"])
def test_keys_that_cannot_be_read_are_told_of_by_their_file(name):
    for policy in (SIGNED, "stewards: [FLEET-01]\n"):
        places = {
            f.place.path for f in said(policy, **{name: TORN}) if f.code != "FF610"
        }
        assert places == {f"feed/{name}"}
