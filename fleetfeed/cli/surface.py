"""`fleetfeed surface`: the key of a path."""

import os
from pathlib import Path

import click

from fleetfeed.checks.commit import planned_beside
from fleetfeed.cli.context import Shell, json_flag, uncut, with_shell
from fleetfeed.judge.surfaces import unknown_names
from fleetfeed.model import surface_path
from fleetfeed.model.errors import Refused, Usage
from fleetfeed.model.findings import Severity
from fleetfeed.model.policy import Policy
from fleetfeed.model.surface import SurfaceKey
from fleetfeed.model.surface_shape import shape_flaw
from fleetfeed.repo.staged import working
from fleetfeed.util.printable import printable

_FAMILY = "file"
"""The family of paths where the policy names none."""

_NO_PATTERN = "is a name, and no pattern; a key holds what is below it: name the folder"


@click.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option(
    "--lane",
    help="The lane, who works on it; by default the policy's that begins your seat.",
)
@click.option(
    "--family", help="The family; by default the policy's with `paths: true`, or file."
)
@json_flag
@with_shell
def surface(
    shell: Shell, paths: tuple[str, ...], lane: str | None, family: str | None
) -> None:
    """Print the surface key of each PATH.

    Keys name paths from the top of the work tree, also where PATH is typed in a folder
    of it. It need not be there. What a key cannot have as it stands is written as %XX:
    a star, too, since a key holds what is below it and there are no patterns.

    With --json: keys, each with path, text (the key) and key (normalised).

    \b
    Examples:
      fleetfeed surface src/app.py
      fleetfeed surface --lane CAMBER 'app/[id]/page.tsx' docs/
      fleetfeed claim --new CMB --subject "sort the pages" \\
          --surface "$(fleetfeed surface app/pages.ts)" --proof "no other work on pages"
    """
    found = [path_from_top(shell.top, path) for path in paths]
    policy = _rules(shell)
    lane = _lane(shell, policy) if lane is None else lane
    family = _family(policy) if family is None else family
    keys = [_key(policy, lane, family, path) for path in found]
    for path in paths:
        if any(sign in path for sign in "*?") and not os.path.lexists(path):
            shell.remark(f"fleetfeed: warning: {printable(path)} {_NO_PATTERN}")
    if shell.as_json:
        rows = [
            {"path": "/".join(path), "text": key, "key": str(SurfaceKey.of(key))}
            for path, key in zip(found, keys, strict=True)
        ]
        shell.show("listed", keys=rows)
        return
    for key in keys:
        click.echo(key)


def _rules(shell: Shell) -> Policy:
    """The policy of the work tree, and what the last fetch knows beyond it."""
    if shell.on_database:
        return shell.ledger.view(offline=False).snapshot.rules
    return planned_beside(shell.repo, working(shell.repo, shell.top)).rules


def here(top: Path) -> surface_path.Path:
    """The folder where the command runs, from `top` on; the top where it is outside."""
    folder = Path.cwd()
    return folder.relative_to(top).parts if folder.is_relative_to(top) else ()


def path_from_top(top: Path, path: str) -> surface_path.Path:
    """The names of `path`, as it is typed here, from `top` on."""
    if "\0" in path:  # no shell can say it, but a program can
        raise Usage(f"{printable(path)}: no path has a NUL in it")
    found = surface_path.joined(here(top), path)
    if path.startswith("/"):
        found = _inside(top, path)
    if found is None:
        outside = f"{printable(path)} is outside of {printable(str(top), 400)}"
        raise Usage(f"{outside}; name a path of this work tree")
    if not found:
        raise Usage("the whole work tree has no key; name a file or a folder in it")
    return found


def _inside(top: Path, path: str) -> surface_path.Path | None:
    """What a path from the root on is below `top`, also by a link to a folder."""
    folder, name = os.path.split(os.path.normpath(path))
    for whole in (os.path.normpath(path), f"{os.path.realpath(folder)}/{name}"):
        at = Path(whole)
        if at.is_relative_to(top):
            return at.relative_to(top).parts
    return None


def _lane(shell: Shell, policy: Policy) -> str:
    lane = policy.home_lane(shell.seat_if_known)
    if lane:
        return lane
    several = sorted({*(policy.lanes or ()), *(policy.prefixes or {}).values()})
    known = f", one of {', '.join(several)}" if several else ", such as --lane CAMBER"
    raise Usage(f"which lane? give --lane{known}")


def _family(policy: Policy) -> str:
    listed = policy.families.of_paths
    if len(listed) > 1 and _FAMILY not in listed:
        raise Usage(f"which family? give --family, one of {', '.join(listed)}")
    return listed[0] if len(listed) == 1 else _FAMILY


def _key(policy: Policy, lane: str, family: str, path: surface_path.Path) -> str:
    """The key of `path`; Refused where it has none, with what can be claimed."""
    _known(policy, lane, family)
    key = surface_path.key_of_path(lane, family, path)
    flaw = shape_flaw(key)
    if flaw is None:
        return key
    named = printable("/".join(path))
    folder = surface_path.claimable(lane, family, path)
    if not folder:
        raise Refused(f"{named} has no key: '{printable(key)}' {flaw.why}")
    why = f"has no key: it {flaw.why}" if _is_text(path) else "is not UTF-8"
    raise Refused(f"{named} {why}; its folder can be claimed: {uncut(folder)}")


def _known(policy: Policy, lane: str, family: str) -> None:
    """Usage where the policy lets nobody claim in that lane, or in that family."""
    parted = any(sign in f"{lane}{family}" for sign in ":/")
    if parted or shape_flaw(f"{lane}:{family}:x"):
        given = f"{printable(lane)}:{printable(family)}"
        raise Usage(f"{given} is no lane and family; give such as --lane CAMBER")
    key = SurfaceKey.of(f"{lane}:{family}:x")
    for unknown in unknown_names(policy, key):
        if unknown.level is Severity.REJECT:
            raise Usage(unknown.why)


def _is_text(path: surface_path.Path) -> bool:
    try:
        "/".join(path).encode()
    except UnicodeEncodeError:
        return False
    return True
