"""Refs and settings: every question that fleetfeed asks git about them.

Also where git keeps its own files (linked worktrees have some to themselves), what a
commit would change, and which commits lie between two.

Only full ref names are resolved, and exactly: `git rev-parse main` would let a tag
called `main` win, and even a full name that is missing falls through to
`refs/tags/refs/heads/main`. Questions that a hook puts before it has read who asks
stand by themselves.
"""

import os
from collections.abc import Iterable, Mapping, Sequence

from fleetfeed.git.process import Git

Settings = Mapping[str, tuple[str, ...]]
"""Each setting's values in git's order, by `section.name` or `section.sub.name`."""


SHARED = "config"
"""A file that lies in the folder which all linked worktrees share (git, path.c)."""

_SIGNING = r"|(user\.signingkey|gpg\.format|gpg\.ssh\.program|commit\.gpgsign)$"
_SENDING = r"|push\.pushoption$|fetch\.fsck\."
_ASKED = rf"^(fleetfeed|remote|url)\.{_SIGNING}{_SENDING}"
SETTINGS = ("config", "-z", "--get-regexp", _ASKED)


_OWN = r"^(fleetfeed\.|receive\.procreceiverefs$)"


def own_settings_question(folder: str) -> tuple[str, ...]:
    """What the repository's own config file says under `fleetfeed.`, and of a queue.

    Whoever pushes may reach the other scopes: `~/.gitconfig` of the account, and, where
    sshd accepts it, `GIT_CONFIG_COUNT`. What it includes is another file, too.
    """
    file = f"{folder}/{SHARED}"
    return ("config", "--file", file, "-z", "--get-regexp", _OWN)


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


def together(git: Git, *refs: str) -> dict[str, str]:
    """The same of several full ref names, in one question: those that are there."""
    rows = git.line(*exact_question(refs[0]), *refs[1:]).split("\n")
    pairs = (row.partition(" ") for row in rows)
    return {name: id_ for id_, _, name in pairs if name in refs}


def commit_of(git: Git, name: str) -> str | None:
    """The commit that `name` (an id, or HEAD) stands for; None where there is none."""
    return git.maybe("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")


def is_older(git: Git, release: tuple[int, int]) -> bool:
    """Whether this git is older than a `release`; one that says nothing is not."""
    import re  # late: no hook asks

    found = re.search(r"(\d+)\.(\d+)", git.line("version"))
    return found is not None and (int(found[1]), int(found[2])) < release


def objects_here(git: Git, ids: Iterable[str]) -> frozenset[str]:
    """Those of `ids` that the repository has."""
    asked = "".join(f"{id_}\n" for id_ in ids).encode()
    rows = git.out("cat-file", "--batch-check=%(objectname)", stdin=asked).split(b"\n")
    return frozenset(row.decode("ascii") for row in rows if b" " not in row)


def head_ref(git: Git) -> str | None:
    """The full name of the branch that HEAD is on; None where it is detached."""
    return git.maybe("symbolic-ref", "--quiet", "HEAD")


def values_and_symrefs(git: Git) -> tuple[dict[str, str], dict[str, str]]:
    """Each ref's id, by its full name, and what each symbolic ref stands for."""
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


def fetched_branches(git: Git, remote: str | None) -> dict[str, str]:
    """A remote's branches as they were fetched last: by their full names there."""
    before = f"refs/remotes/{remote}/"
    found = below(git, before) if remote else {}
    names = {name: f"refs/heads/{name.removeprefix(before)}" for name in found}
    return {names[name]: id_ for name, id_ in found.items() if names[name] != _ITS_HEAD}


_ITS_HEAD = "refs/heads/HEAD"


def below(git: Git, prefix: str) -> dict[str, str]:
    """The refs below `prefix`, which ends with a slash: full names, and values."""
    form = "--format=%(refname)%00%(objectname)"
    rows = git.out("for-each-ref", form, prefix).splitlines()
    pairs = (row.decode("utf-8", "surrogateescape").split("\0") for row in rows)
    return {name: value for name, value in pairs}  # noqa: C416 - checks the width


def settings(git: Git, question: tuple[str, ...] = SETTINGS) -> Settings:
    """git's settings under `fleetfeed.`, `remote.` and `url.`, how it signs and sends.

    Or what another `question` of this kind asks for. Of a name that is there without
    a value, git says that it is true.
    """
    done = git.run(*question, accept=(0, 1))
    found: dict[str, tuple[str, ...]] = {}
    for row in done.stdout.decode("utf-8", "surrogateescape").split("\0"):
        name, given, value = row.partition("\n")
        if name:
            found[name] = (*found.get(name, ()), value if given else "true")
    return found


def setting(known: Settings, name: str) -> str | None:
    """The value that counts of a setting (the last one), None where it is not set."""
    values = known.get(name)
    return values[-1] if values else None


def is_true(known: Settings, name: str) -> bool:
    """Whether a setting is on, in one of the spellings that git has for that."""
    value = (setting(known, name) or "").casefold()
    return value in ("true", "yes", "on") or value.strip("0").isdecimal()


def remotes(known: Settings) -> list[str]:
    """The names of the remotes."""
    urls = (n for n in known if n.startswith("remote.") and n.endswith(".url"))
    names = (n.removeprefix("remote.").removesuffix(".url") for n in urls)
    return list(dict.fromkeys(names))


def remote_at(known: Settings, address: str) -> str | None:
    """The remote that has this address; None where none has."""
    for name in remotes(known):
        urls = known[f"remote.{name}.url"]
        if _plain(address) in [_plain(url) for url in urls]:
            return name
    return None


def plain_push_addresses(known: Settings, remote: str) -> tuple[str, ...]:
    """Where a push to `remote` goes, by its settings alone; () where git must say.

    A rule for addresses (`url.<base>.insteadOf`) may change each of them.
    """
    section = f"remote.{remote}."
    urls = known.get(f"{section}pushurl") or known.get(f"{section}url", ())
    ruled = any(name.startswith("url.") for name in known)
    return () if ruled or not all(urls) else urls


def _plain(address: str) -> str:
    """An address without what makes no difference to git."""
    return address.rstrip("/").removesuffix(".git")


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


def common_folder(git: Git) -> str:
    """The folder that all linked worktrees share, seen from where we are."""
    return above(os.path.join(git.at or "", git_paths(git, (SHARED,))[SHARED]))


def above(path: str) -> str:
    """The folder that a file lies in; where we are has a name, too: a dot."""
    return os.path.dirname(path) or os.curdir


def paths_question(names: Sequence[str]) -> tuple[str, ...]:
    """What `git_paths` asks."""
    return ("rev-parse", *(word for name in names for word in ("--git-path", name)))


def trace_names(tracking: str) -> tuple[str, str, str]:
    """The files that a fetch into `tracking`, or a clone, touches (see `repo.view`)."""
    clone = "/".join((*tracking.split("/")[:3], "HEAD"))
    return "FETCH_HEAD", f"logs/{tracking}", f"logs/{clone}"


PLACES = ("rev-parse", "--git-path", SHARED, "--show-toplevel")


def places(git: Git) -> tuple[str, str | None]:
    """Where `SHARED` lies, and the top of the work tree: None in a bare repository.

    One question; GitFailed where there is no repository.
    """
    done = git.run(*PLACES, accept=(0, 128))
    rows = os.fsdecode(done.stdout).split("\n")[:-1]
    whole = 1 if done.returncode else 2
    if len(rows) == whole:
        return rows[0], None if done.returncode else rows[1]
    # There is none, or a folder has a newline in its name.
    path, top = paths_question((SHARED,)), git.run(*PLACES[::3], accept=(0, 128))
    found = os.fsdecode(top.stdout).removesuffix("\n")
    return git.line(*path), None if top.returncode else found


def git_paths(git: Git, names: Sequence[str]) -> dict[str, str]:
    """The paths of git's files `names`, seen from where git runs, in one question."""
    answer = git.line(*paths_question(names))
    # A folder may have a newline in its name: then each is asked about alone.
    paths = answer.split("\n") if len(names) > 1 else [answer]
    if len(paths) != len(names):
        return {name: git.line(*paths_question((name,))) for name in names}
    return dict(zip(names, paths, strict=True))


BATCH = ("cat-file", "--batch")
"""Objects, one after the other (see `git.objects`)."""

DIFF = (
    "diff", "--raw", "-z", "--no-renames", "--no-abbrev", "--no-ext-diff",
    "--ignore-submodules=none",
)  # fmt: skip


def staged_question(folder: str) -> tuple[str, ...]:
    """How the index differs from HEAD in `folder`; the rows are those of `git diff`."""
    return (*DIFF, "--cached", "--", folder)


def between_question(old: str | None, *new: str) -> tuple[str, ...]:
    """The commits that any of `new` has and `old` has not.

    Oldest first, one a line, each with its parents behind it. git says which these are:
    in a shallow clone a commit names some that are not here.
    """
    beyond = (f"^{old}",) if old else ()
    order = ("--topo-order", "--reverse", "--parents")
    return ("rev-list", *order, *new, *beyond, "--")


def between(git: Git, old: str, *new: str) -> dict[str, tuple[str, ...]]:
    """The commits of `between_question`, in its order, and the parents of each."""
    rows = git.out(*between_question(old, *new)).decode("ascii").splitlines()
    return {commit: tuple(parents) for commit, *parents in map(str.split, rows)}


def is_within(git: Git, commit: str, tip: str) -> bool:
    """Whether `tip` is `commit`, or has it among its ancestors."""
    question = ("merge-base", "--is-ancestor", commit, tip)
    return not git.run(*question, accept=(0, 1)).returncode


def reached(git: Git, tips: Sequence[str], beyond: Sequence[str]) -> frozenset[str]:
    """The commits that any of `tips` is or has, and nothing `beyond` has (rev-list)."""
    if not tips:
        return frozenset()
    return frozenset(git.line("rev-list", *tips, *beyond, "--").splitlines())


def landed_by(git: Git, tip: str, commit: str) -> str | None:
    """Which first parent of `tip` is `commit`, or has merged it; None: neither.

    Those above `commit` itself are not looked at.
    """
    above = ("rev-list", "--first-parent", "--parents", tip, f"^{commit}^@", "--")
    for row in git.line(*above).splitlines():
        new, *parents = row.split()
        if commit in (new, *parents[1:]):
            return new
    return None
