"""`fleetfeed ca`: the authority of a fleet, which says by whose keys seats sign."""

import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from fleetfeed.cli.context import (
    Shell,
    json_flag,
    on_feed_ref,
)
from fleetfeed.cli.help_text import Group
from fleetfeed.cli.writer import approval_flag
from fleetfeed.git import queries
from fleetfeed.install.authority import (
    Authority,
    Issued,
    certificate_words,
    default_file,
    key_in,
    public_key,
)
from fleetfeed.install.enrolment import (
    Enrolment,
    action_of,
    enrol,
    needs_patterns,
    needs_steward,
    needs_unrevoked,
)
from fleetfeed.install.issuing import (
    Order,
    file_name,
    for_folder,
    for_this_clone,
    kept,
    needs_named,
)
from fleetfeed.install.report import Action, InstallStep, Report
from fleetfeed.install.revocation import revoke as revoke_it
from fleetfeed.install.signers_file import principals, speaks_for
from fleetfeed.install.signing_setup import (
    certificate_of,
    needs_no_work_tree,
    own_key,
    sign_by,
)
from fleetfeed.install.standing import certificate_json, standing
from fleetfeed.model.errors import CannotTell, Refused, Usage
from fleetfeed.model.seats import checked_seat
from fleetfeed.model.ssh_format import PublicKey
from fleetfeed.repo.repository import Repo
from fleetfeed.repo.signing import OURS, SigningKey, signing_key
from fleetfeed.repo.view import newest_view
from fleetfeed.report.documents import feed_json
from fleetfeed.util import durations
from fleetfeed.util.printable import printable
from fleetfeed.util.records import replace
from fleetfeed.writing.rule_edit import Edited, Manner

_MOST = 30 * 86400
"""Seconds for which a certificate is issued unless somebody means it (--long)."""


def _authority(
    _context: click.Context, _option: click.Parameter, file: Path | None
) -> Authority:
    return Authority(_whole(file or default_file()))


def _whole(file: Path) -> Path:
    """The file's whole name; links stay."""
    return Path(os.path.abspath(file.expanduser()))  # noqa: PTH100 - keeps links


_CA = click.option(
    "--ca",
    "authority",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    callback=_authority,
    help="The authority's key. Default: ~/.config/fleetfeed/ca.",
)
_PROPOSE = click.option(
    "--propose",
    default="",
    metavar="BRANCH",
    help="Put it on a new branch, for other stewards to approve, and push nothing.",
)


_NO_KEYS = (
    "nobody signs there, so nobody needs a certificate; `identity: {mode: pusher}`"
    " proves who wrote by the roles that log in"
)


@click.group(cls=Group)
def ca() -> None:
    """The authority: who may sign as which seat, and until when.

    An authority is a key that certifies others' keys. The feed's allowed_signers names
    it once; a certificate then makes a key a seat's, and ends by itself.

    \b
    Examples:
      fleetfeed ca init
      fleetfeed ca issue CAMBER-06/a1 --for 1h
      fleetfeed ca revoke CAMBER-06/a1
      fleetfeed ca list
    """


@ca.command("init")
@_CA
@click.option(
    "--key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE.pub",
    help="Your own key, to sign by. Default: what you sign by, or ssh's.",
)
@click.option(
    "--seats",
    "patterns",
    multiple=True,
    default=("*",),
    metavar="PATTERN",
    help="Whom it may certify, such as CAMBER-*; may be repeated. Default: all.",
)
@click.option(
    "--no-passphrase", is_flag=True, help="Make the authority's key without asking."
)
@approval_flag
@_PROPOSE
@json_flag
@on_feed_ref(_NO_KEYS)
def init_(
    shell: Shell,
    *,
    authority: Authority,
    key: Path | None,
    patterns: tuple[str, ...],
    no_passphrase: bool,
    approval: tuple[str, ...],
    propose: str,
) -> None:
    """Make an authority, and have the feed's allowed_signers name it.

    Named is also your own key, for your seat, a steward's: a steward must not depend
    on certificates that end. Both go in by one commit, which is pushed. Run it again:
    what is there already stays.

    \b
    Examples:
      fleetfeed ca init
      fleetfeed ca init --key ~/.ssh/id_ed25519.pub
      fleetfeed ca init --ca camber.ca --seats 'CAMBER-*' --no-passphrase
    """
    seat = shell.seat
    needs_patterns(patterns)
    needs_steward(newest_view(shell.repo, offline=False).snapshot.rules, seat)
    own = SigningKey(str(_whole(key)), "--key") if key else own_key(shell.repo)
    steps = [_made(authority, asks=not no_passphrase)]
    wanted = Enrolment(authority.key, tuple(patterns), seat, own.public)
    with _proposable(shell):
        step, edited = enrol(shell.repo, wanted, Manner(approval, propose=propose))
    steps.append(step)
    if not queries.setting(shell.repo.settings, OURS):
        steps += sign_by(shell.repo.git, own.name, plain_git=False)
    _remark(shell, edited.remark)
    todo = [*_own_named(shell, own), "fleetfeed ca issue SEAT --key THEIR-KEY.pub"]
    _show(shell, steps, next=_approving(shell, edited) or todo, commit=edited.commit)


def _own_named(shell: Shell, own: SigningKey) -> Iterator[str]:
    """How this clone signs by its steward's own key, where it signs by another."""
    try:
        signs = signing_key(Repo(shell.repo.git)).public == own.public
    except CannotTell:
        signs = False
    if not signs:
        yield f"git config fleetfeed.signingKey {shlex.quote(own.name)}"


def _made(authority: Authority, *, asks: bool) -> InstallStep:
    """The authority's key pair, made where there is none."""
    action: Action = "unchanged"
    if not authority.is_there:
        if asks and not (sys.stdin.isatty() and sys.stderr.isatty()):
            message = "there is no terminal to ask for the passphrase of the authority"
            raise Usage(f"{message}; run it on one, or give --no-passphrase")
        needs_no_work_tree(authority.file.parent)
        authority.make(asks=asks)
        action = "installed"
    what = f"the authority {authority.key.fingerprint}"
    return InstallStep(action, str(authority.file), what)


@ca.command()
@click.argument("seat")
@click.option(
    "--for",
    "span",
    default="8h",
    metavar="SPAN",
    help="How long it holds, such as 1h or 14d. Default: 8h.",
)
@click.option(
    "--key",
    metavar="FILE.pub",
    help="Whose key to certify; -: standard input. Default: a new one, for here.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Put it there, and leave this clone as it is.",
)
@click.option("--git", "plain", is_flag=True, help="Have git sign by it, too.")
@click.option("--long", is_flag=True, help="Allow more than 30 days.")
@_CA
@json_flag
@on_feed_ref(_NO_KEYS)
def issue(
    shell: Shell,
    *,
    seat: str,
    span: str,
    key: str | None,
    out: Path | None,
    plain: bool,
    long: bool,
    authority: Authority,
) -> None:
    """Issue a certificate: its key speaks for SEAT, and its sub-seats, until it ends.

    Without --key a new key is made for this worktree, in git's own folder, and the
    worktree signs by it from now on. Another's key is certified for them to use: what
    is printed is the certificate, to be put beside the key as FILE-cert.pub.

    \b
    Examples:
      fleetfeed ca issue CAMBER-06
      fleetfeed ca issue CAMBER-06/a1 --for 1h
      fleetfeed ca issue CAMBER-07 --for 14d --key camber-07.pub
      ssh camber cat .ssh/id_ed25519.pub | fleetfeed ca issue CAMBER-07 --key -
    """
    checked_seat("SEAT", seat)
    if plain and (key or out):
        raise click.UsageError("--git goes without --key and --out")
    seconds = _seconds(span, long=long)
    order = Order(authority, seat, seconds, shell.seat_if_known)
    feed = needs_named(shell.repo, authority, seat)
    text, todo = "", list[str]()
    if key:
        given = _given(key)
        needs_unrevoked(given, feed, authority.certificates_of(given))
        issued = order.over(given)
        steps = [_beside(issued, key, out)] if out else []
        text = "" if out else issued.line
    elif out:
        issued, steps = for_folder(order, _whole(out))
        file = shlex.quote(steps[0].what)
        todo = [f"git config fleetfeed.signingKey {file}"]
    else:
        _needs_seat(shell, seat)
        issued, steps = for_this_clone(order, shell.repo.git, plain_git=plain)
    if text and not shell.as_json:
        click.echo(f"fleetfeed: {certificate_words(issued)}", err=True)
        click.echo(text)
        return
    made = [certificate_json(issued, "valid")]
    _show(shell, steps, next=todo, certificates=made)


def _seconds(span: str, *, long: bool) -> int:
    seconds = durations.seconds(span)
    if seconds is None:
        raise Usage(f"--for {printable(span)} is no span of time such as 8h or 14d")
    if seconds > _MOST and not long:
        what = f"--for {span} is more than {durations.spelt(_MOST)}"
        raise Usage(f"{what}, for which a lost key would be good; --long allows it")
    return seconds


def _given(key: str) -> PublicKey:
    """Another's public key."""
    if key == "-":
        return key_in(sys.stdin.read(), "standard input")
    return public_key(Path(key))


def _beside(issued: Issued, key: str, folder: Path) -> InstallStep:
    """The certificate, in a file called as ssh wants it beside that of the key."""
    name = Path(key).name if key != "-" else f"{file_name(issued.seat)}.pub"
    return kept(issued, certificate_of(_whole(folder) / name))


def _needs_seat(shell: Shell, seat: str) -> None:
    """Usage where this worktree, which is to sign as `seat`, posts as another."""
    here = shell.seat_if_known
    if here and not speaks_for(principals(seat), here):
        message = f"this worktree's seat is {here}, and would sign as {seat}"
        own = "--key FILE.pub certifies a key of theirs, --out FOLDER makes one"
        todo = f"`fleetfeed seat {seat}` makes the worktree that one"
        raise Usage(f"{message}; {own}, {todo}")


@ca.command()
@click.argument("target", metavar="SEAT|SERIAL|FILE")
@click.option("--reason", default="", help="Why; it is written into the commit.")
@_CA
@approval_flag
@_PROPOSE
@json_flag
@on_feed_ref(_NO_KEYS)
def revoke(
    shell: Shell,
    *,
    target: str,
    reason: str,
    authority: Authority,
    approval: tuple[str, ...],
    propose: str,
) -> None:
    """Revoke what SEAT signs by: its certificates, its sub-seats', and its own keys.

    A SERIAL number means one certificate, as does its FILE; the FILE of a key means
    the key, with every certificate over it. The feed's revoked_keys says so from then
    on; a key's line is also taken out of allowed_signers. The seats' certificates are
    known from the log beside the authority's key.

    \b
    Examples:
      fleetfeed ca revoke CAMBER-06/a1
      fleetfeed ca revoke CAMBER-06 --reason 'the laptop was stolen'
      fleetfeed ca revoke lost.pub
      fleetfeed ca revoke 262390419374114
    """
    manner = Manner(approval, reason, propose)
    with _proposable(shell):
        found, edited = revoke_it(shell.repo, target, authority, shell.seat, manner)
    why = f"to be revoked, on the branch {edited.branch}" if edited.branch else ""
    why = why if edited.moved else "revoked already"
    steps = [InstallStep(action_of(edited, "revoked"), w, why) for w in found.words]
    for remark in (*found.remarks, edited.remark):
        _remark(shell, remark)
    _show(shell, steps, next=_approving(shell, edited), commit=edited.commit)


@contextmanager
def _proposable(shell: Shell) -> Iterator[None]:
    """Whoever is told that others must approve is told how they get to see it."""
    try:
        yield
    except Refused as error:
        if any(found.code == "FF609" for found in error.findings):
            how = "`--propose BRANCH` puts the change on a branch, for them to approve"
            shell.remark(f"fleetfeed: {how}")
        raise


def _approving(shell: Shell, edited: Edited) -> list[str]:
    """What makes a proposal land; nothing where it has, or was pushed."""
    if not edited.branch:
        return []
    name = shlex.quote(edited.branch)
    words = [word for word in shell.words if word != f"--propose={edited.branch}"]
    if "--propose" in words:
        at = words.index("--propose")
        words[at : at + 2] = []
    again = shlex.join(["fleetfeed", *words, "--approval", "LINE"])
    return [f"git push origin {name}", f"fleetfeed approve origin/{name}", again]


@ca.command("list")
@_CA
@click.option("--all", "ended", is_flag=True, help="Also the certificates that ended.")
@json_flag
@on_feed_ref(_NO_KEYS)
def list_(shell: Shell, *, authority: Authority, ended: bool) -> None:
    """Who may sign as what, until when; and the certificates issued from here.

    With --json: signers (a line of allowed_signers each: principals, authority, key,
    ends, validity) and certificates (seat, serial, starts, ends, validity).

    \b
    Examples:
      fleetfeed ca list
      fleetfeed ca list --all --json
    """
    view = newest_view(shell.repo, offline=False)
    found = standing(view.snapshot, authority)
    if not ended:
        shown = tuple(c for c in found.certificates if c.validity != "expired")
        found = replace(found, certificates=shown)
    if shell.as_json:
        signers = [signer.as_json() for signer in found.signers]
        issued = [each.as_json() for each in found.certificates]
        feed = feed_json(view.basis)
        shell.show("listed", signers=signers, certificates=issued, feed=feed)
        return
    for line in found.lines(view.age):
        click.echo(line)


def _remark(shell: Shell, remark: str) -> None:
    if remark:
        shell.remark(f"fleetfeed: {remark}")


def _show(
    shell: Shell,
    steps: list[InstallStep],
    **facts: Any,  # noqa: ANN401 - by the schema
) -> None:
    report = Report(tuple(steps))
    if shell.as_json:
        shell.show(report.answer, **{**report.facts, **facts})
        return
    lines = report.lines()
    lines += [f"next: {todo}" for todo in facts.get("next", ())]
    for line in lines:
        click.echo(line)
