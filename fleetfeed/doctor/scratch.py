"""Scratch repositories that stand in for the real one while its hooks are tried.

A push that must be refused lands where the hook is off, and a stranger's hook may
stash, stage or deploy. So nothing is tried in the real repository. A scratch one
borrows its objects (as an alternate, which is only read) and has copies of its
branches, of HEAD and of fleetfeed's settings; what is written is thrown away.

Hooks are tried with two notes: one that any feed must refuse, and its good twin. A note
needs no item, number, prefix or surface, so that it cannot meet anything in the feed,
and no policy has a say in whether it passes. The bad one has one more line: a field
that is not declared. A hook that refuses both is as broken as one that refuses nothing.

git finds the very hook file, or a copy of it, in a folder without those that must not
run for a try (a `post-receive` that deploys, a `post-commit` that sends mail), and
without the one that fleetfeed keeps and runs first, which it would find by its name.
"""

import os
import secrets
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

from fleetfeed.git import queries
from fleetfeed.git.process import Git, elsewhere
from fleetfeed.install.hook_file import SUFFIX
from fleetfeed.install.locations import git_path
from fleetfeed.model.layout import note_path
from fleetfeed.util.records import record

REFUSAL = "FF102"
"""The code that the bad note is refused with: a field that is not declared."""

_SEAT = "FLEETFEED-DOCTOR"


@record
class Sample:
    """A post's path in the tree and its text."""

    path: str
    text: str


def samples(folder: str) -> tuple[Sample, Sample]:
    """The note that must be refused and the one that must pass, below `folder`."""
    token = secrets.token_hex(8)
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    path = f"{folder}/{note_path(_SEAT, at, token)}"
    good = f"SEAT: {_SEAT}\nAT: {at}\nBODY: tried by fleetfeed doctor\n"
    return Sample(path, f"{good}UNDECLARED_{token.upper()}: x\n"), Sample(path, good)


# Local settings win over the user's: a signature would ask for a passphrase, and a
# housekeeper in the background would outlive the folder. Of the work tree nothing is
# checked out but what `furniture` asks for.
_CONFIG = """\
[user]
	name = fleetfeed doctor
	email = doctor@fleetfeed.invalid
[commit]
	gpgSign = false
[push]
	gpgSign = false
	recurseSubmodules = no
	followTags = false
[merge]
	verifySignatures = false
[gc]
	auto = 0
[maintenance]
	auto = false
[core]
	fsmonitor = false
	sparseCheckout = true
	sparseCheckoutCone = false
"""


@record
class Scratch:
    """A scratch repository, driven by `git`; its own files are in `folder`."""

    git: Git
    folder: Path

    @classmethod
    def borrow(cls, real: Git, place: Path, *, bare: bool = False) -> "Scratch":
        """A scratch repository in `place` that stands in for `real`."""
        place.mkdir()
        # As the user runs git, and not as fleetfeed does: what is tried are the hooks
        # under the environment that they meet.
        environment = elsewhere(os.environ)
        kind = ("--bare",) if bare else ()
        form = real.line("rev-parse", "--show-object-format")
        if form != "sha1":
            kind = (*kind, f"--object-format={form}")
        Git(place, environment).run("init", "-q", "--template=", *kind, ".")
        folder = place if bare else place / ".git"
        scratch = cls(Git(place, {**environment, "GIT_DIR": str(folder)}), folder)
        scratch._fill(real)
        return scratch

    def _fill(self, real: Git) -> None:
        objects = git_path(real, "objects")
        info = self.folder / "objects/info/alternates"
        info.parent.mkdir(exist_ok=True)
        info.write_bytes(os.fsencode(objects) + b"\n")
        shallow = git_path(real, "shallow")
        if shallow.exists():
            (self.folder / "shallow").write_bytes(shallow.read_bytes())
        (self.folder / "info").mkdir(exist_ok=True)
        with (self.folder / "config").open("a") as config:
            config.write(_CONFIG)
        _copy_refs(real, self.git)

    def set(self, name: str, value: str, *, add: bool = False) -> None:
        """Set git's setting `name`; `add` keeps the values that it has."""
        self.git.run("config", *(("--add",) if add else ()), name, value)

    def unset(self, name: str) -> None:
        """Take git's setting `name` away, where it is set."""
        self.git.run("config", "--local", "--unset-all", name, accept=(0, 5))

    def point(self, ref: str, commit: str | None) -> None:
        """Set `ref`; None: there is none."""
        args = (ref, commit) if commit else ("-d", ref)
        self.git.run("update-ref", *args)

    def check_out(self, *patterns: str) -> None:
        """Have git check out what these `patterns` say, and nothing else."""
        text = "".join(f"{pattern}\n" for pattern in patterns)
        (self.folder / "info/sparse-checkout").write_text(text)

    def root(self) -> str:
        """A commit of nothing, for where there is no commit to build on."""
        tree = self.git.line("hash-object", "-t", "tree", "-w", os.devnull)
        return self.git.line("commit-tree", "-m", "nothing", tree)

    def reset(self, base: str) -> None:
        """Make the index that of the commit `base`, and the current branch too."""
        self.git.run("reset", "-q", "--hard", base)

    def stage(self, sample: Sample) -> None:
        """Put `sample` into the index."""
        text = sample.text.encode()
        blob = self.git.out("hash-object", "-w", "--stdin", stdin=text).decode().strip()
        entry = f"100644,{blob},{sample.path}"
        self.git.run("update-index", "--add", "--cacheinfo", entry)

    def write(self, sample: Sample) -> None:
        """Put `sample` into the work tree, as it would be of a commit by hand."""
        file = self.git.folder / sample.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(sample.text)

    def commit(self, base: str, sample: Sample) -> str:
        """A commit of `sample` on top of `base`, made without any hook or branch."""
        self.git.run("read-tree", "--reset", base)
        self.stage(sample)
        tree = self.git.line("write-tree")
        message = "tried by fleetfeed doctor"
        return self.git.line("commit-tree", "-p", base, "-m", message, tree)


def _copy_refs(real: Git, git: Git) -> None:
    """Branches, remote-tracking refs, symbolic refs among them, and HEAD."""
    ids, links = queries.values_and_symrefs(real)
    copied = [name for name in ids if name.startswith(("refs/heads/", "refs/remotes/"))]
    rows = [f"create {name} {ids[name]}\n" for name in copied if name not in links]
    git.run("update-ref", "--stdin", stdin=os.fsencode("".join(rows)))
    for name, target in links.items():
        git.run("symbolic-ref", name, target)
    branch, commit = queries.head_ref(real), queries.commit_of(real, "HEAD")
    if branch:
        git.run("symbolic-ref", "HEAD", branch)
    elif commit:
        git.run("update-ref", "--no-deref", "HEAD", commit)


# githooks(5), git 2.39 to 2.52.
NAMES = {
    "applypatch-msg", "commit-msg", "fsmonitor-watchman", "p4-changelist",
    "p4-post-changelist", "p4-pre-submit", "p4-prepare-changelist",
    "post-applypatch", "post-checkout", "post-commit", "post-index-change",
    "post-merge", "post-receive", "post-rewrite", "post-update", "pre-applypatch",
    "pre-auto-gc", "pre-commit", "pre-merge-commit", "pre-push", "pre-rebase",
    "pre-receive", "prepare-commit-msg", "proc-receive", "push-to-checkout",
    "reference-transaction", "sendemail-validate", "update",
}  # fmt: skip


def view(hooks: Path, names: Collection[str], folder: Path) -> Path:
    """Make `folder`: `hooks`, as far as the hooks called `names` may need it."""
    folder.mkdir()
    found = hooks.iterdir() if hooks.is_dir() else ()
    for file in found:
        other = file.name.partition(".")[0] in NAMES.difference(names)
        if not other and SUFFIX not in file.name:
            (folder / file.name).symlink_to(file)
    return folder


def only(hook: Path, name: str, folder: Path) -> Path:
    """Make `folder`: nothing but `hook`, under the name `name`."""
    folder.mkdir()
    (folder / name).symlink_to(hook)
    return folder
