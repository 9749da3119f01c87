"""Whether stewards could still sign for the rules: with keys valid, and not revoked.

That each has a line in allowed_signers is told by reading (`judge.rule_changes`). Which
of these keys ssh-keygen reads, and which are revoked, only it can tell.
"""

import time
from collections.abc import Iterator

from fleetfeed.checks.signatures import Keyring
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.git.ssh_certificates import revoked
from fleetfeed.git.ssh_keygen import readable
from fleetfeed.judge.rule_changes import locked_out
from fleetfeed.model.catalogue import finding
from fleetfeed.model.findings import Finding, Place
from fleetfeed.model.identity import SIGNED, Speaker


def keys_locked_out(after: Snapshot) -> Iterator[Finding]:
    """FF610 where too few stewards could sign, now, by the rules in `after`.

    FF616 where ssh-keygen cannot read the list of revoked keys.
    """
    keyring, now = Keyring.of(after), time.time()
    lines = keyring.signers.lines
    if after.rules.identity != SIGNED or keyring.flaw or any(locked_out(after, lines)):
        return  # it is no matter of keys, or told already
    broken = keyring.krl_flaw()
    if broken:
        message = f"ssh-keygen cannot read it ({broken}); revoke what is lost again"
        yield finding("FF616", Place(keyring.revoked_path), message)
        return
    stewards = after.rules.stewards
    # A fleet may have thousands of keys, and each that is asked about is a file.
    lines = tuple(
        x for x in lines if Speaker("", seats=x.principals).stewards(stewards)
    )
    keys = [line.key.line for line in lines]
    gone, known = revoked(keys, keyring.revoked), readable(keys)
    usable = tuple(
        line
        for line, is_gone in zip(lines, gone, strict=True)
        if not is_gone
        and line.key.fingerprint in known
        and line.signs("git")
        and line.starts <= now <= line.ends
    )
    yield from locked_out(after, usable, "with a key that can sign now")
