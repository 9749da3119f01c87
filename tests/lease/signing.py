"""Beats as they are signed, written down without the package under test."""

import json

BEATS = "refs/fleetfeed/beats/"


def unsigned(item, turn=0, *, epoch=1, op="acquired"):
    """One of the few objects that everybody can make."""
    return f"ITEM: {item}\nEPOCH: {epoch}\nOP: {op}\nBEAT: {turn}\n".encode()


def signed_by(key, item, number, *, namespace="fleetfeed", **holding):
    """A beat with its signature; the key is a `harness.signing.Key`."""
    text = b"fleetfeed beat\n" + unsigned(item, number, **holding)
    return text + key.sign(text, namespace)


def blob(repo, data):
    """The id of an object with these bytes in the repository of a harness."""
    return repo.git("hash-object", "-w", "--stdin", stdin=data.decode()).stdout.strip()


def push_beat(seat, item, data, ok=None):
    """Push a beat by plain git."""
    move = f"+{blob(seat, data)}:{BEATS}{item}"
    return seat.git("push", "--no-verify", "origin", move, ok=ok)


def op_of(seat, item, number=-1):
    """The OP of a post of an item, the newest unless told."""
    shown = json.loads(seat.fleetfeed("show", item, "--json").stdout)
    return shown["posts"][number]["fields"]["OP"][0]
