"""Refs and settings: every question that fleetfeed asks git about them.

Only full ref names are resolved, and exactly: `git rev-parse main` would let a tag
called `main` win, and even a full name that is missing falls through to
`refs/tags/refs/heads/main`.
"""

from collections.abc import Iterator, Mapping

from fleetfeed.git.process import Git

Settings = Mapping[str, tuple[str, ...]]
"""Each setting's values in git's order, by `section.name` or `section.sub.name`."""


SETTINGS = ("config", "-z", "--get-regexp", r"^(fleetfeed|remote|url)\.")
ALL = ("for-each-ref", "--format=%(objectname)%00%(refname)%00%(symref)")


def exact_question(ref: str) -> tuple[str, ...]:
    """What `exact` asks."""
    return ("for-each-ref", "--format=%(objectname) %(refname)", ref)


def exact(git: Git, ref: str) -> str | None:
    """The id that the full ref name `ref` stands for; None where there is none."""
    # A pattern also matches what lies below it (`refs/heads/main/x`), hence the name.
    for row in git.line(*exact_question(ref)).split("\n"):
        id_, _, name = row.partition(" ")
        if name == ref:
            return id_
    return None


def commit_of(git: Git, name: str) -> str | None:
    """The commit that `name` (an id, or HEAD) stands for; None where there is none."""
    return git.maybe("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")


def head_ref(git: Git) -> str | None:
    """The full name of the branch that HEAD is on; None where it is detached."""
    return git.maybe("symbolic-ref", "--quiet", "HEAD")


def symrefs(git: Git) -> dict[str, str]:
    """Each symbolic ref below refs/ and the full name of what it stands for."""
    return values_and_symrefs(git)[1]


def values_and_symrefs(git: Git) -> tuple[dict[str, str], dict[str, str]]:
    """Each ref's id, by its full name, and `symrefs`: in one question."""
    values, links = dict[str, str](), dict[str, str]()
    for row in git.out(*ALL).splitlines():
        id_, name, target = row.decode("utf-8", "surrogateescape").split("\0")
        values[name] = id_
        if target:
            links[name] = target
    return values, links


def branches(git: Git) -> dict[str, str]:
    """Each branch's full name and commit."""
    return below(git, "refs/heads/")


def below(git: Git, prefix: str) -> dict[str, str]:
    """The refs below `prefix`, which ends with a slash: full names, and values."""
    form = "--format=%(refname)%00%(objectname)"
    rows = git.out("for-each-ref", form, prefix).splitlines()
    pairs = (row.decode("utf-8", "surrogateescape").split("\0") for row in rows)
    return {name: value for name, value in pairs}  # noqa: C416 - checks the width


def settings(git: Git) -> Settings:
    """git's settings under `fleetfeed.`, `remote.` and `url.`, in one question."""
    done = git.run(*SETTINGS, accept=(0, 1))
    found: dict[str, tuple[str, ...]] = {}
    for row in done.stdout.decode("utf-8", "surrogateescape").split("\0"):
        name, _, value = row.partition("\n")
        if name:
            found[name] = (*found.get(name, ()), value)
    return found


def setting(known: Settings, name: str) -> str | None:
    """The value that counts of a setting (the last one), None where it is not set."""
    values = known.get(name)
    return values[-1] if values else None


def remotes(known: Settings) -> Iterator[str]:
    """The names of the remotes."""
    seen = set()
    for name in known:
        if name.startswith("remote.") and name.endswith(".url"):
            remote = name.removeprefix("remote.").removesuffix(".url")
            if remote not in seen:
                seen.add(remote)
                yield remote


def tracking_ref(known: Settings, remote: str, ref: str) -> str | None:
    """Where a fetch from `remote` keeps its `ref`, by the remote's fetch refspecs."""
    for spec in known.get(f"remote.{remote}.fetch", ()):
        source, _, target = spec.removeprefix("+").partition(":")
        if not target:
            continue
        if source == ref:
            return target
        before, star, after = source.partition("*")
        fits = star and ref.startswith(before) and ref.endswith(after)
        if fits and len(ref) >= len(before) + len(after):
            return target.replace("*", ref[len(before) : len(ref) - len(after)])
    return None
