"""Starting a feed: where it will be, its policy, and `.fleetfeed.yaml`.

A guarded server says what it guards, so a feed that is started in its clone agrees with
it, whoever came first.
"""

import shlex
from collections.abc import Iterator
from pathlib import Path

from fleetfeed.git import queries
from fleetfeed.git.objects import Objects
from fleetfeed.git.process import Git
from fleetfeed.install.files import in_words
from fleetfeed.install.pointer_file import is_written, write
from fleetfeed.ledger.commits import write_files
from fleetfeed.ledger.server import announced
from fleetfeed.model.errors import CannotTell, Usage
from fleetfeed.model.layout import POLICY
from fleetfeed.model.pointer import Pointer, is_folder
from fleetfeed.model.policy import DEFAULT
from fleetfeed.model.policy_reader import is_full_ref
from fleetfeed.model.policy_template import template
from fleetfeed.model.server import Announcement
from fleetfeed.repo.location import DEFAULT_FOLDER, POINTER, locate
from fleetfeed.repo.repository import Repo
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record

_SECONDS = 60.0
"""How long a remote has to say what it guards."""


@record
class Start:
    """A feed that may be started here: its place, and what was heard of the server.

    `warning` is what could not be found out, empty where there was nothing to.
    """

    folder: str
    ref: str
    server: str = ""
    warning: str = ""


def planned(repo: Repo, folder: str | None, ref: str | None) -> Start:
    """Where a feed would be started; `folder` and `ref` are flags.

    Each is the first of the flag, what is told here (see `repo.location`), what the
    server guards, the default: `feed/`, on the branch that HEAD is on. Usage where the
    server guards something else.
    """
    said, warning = _heard(repo)
    told = repo.told
    folder = folder if folder is not None else told.dir.value if told.dir else None
    ref = ref if ref is not None else told.ref.value if told.ref else None
    if ref is not None and not is_full_ref(ref):
        by = f"{told.ref.by} " if told.ref and told.ref.value == ref else "--ref "
        raise Usage(f"{by}{printable(ref)} is no full ref name such as {DEFAULT.ref}")
    if folder is not None and not is_folder(folder):
        raise Usage(f"{printable(folder)} is no folder of the tree such as ops/feed")
    _guarded(said, folder, ref)
    here = queries.head_ref(repo.git) or DEFAULT.ref
    place = (folder or said.dir or DEFAULT_FOLDER).strip("/")
    return Start(place, ref or said.ref or here, said.id, warning)


def _heard(repo: Repo) -> tuple[Announcement, str]:
    """What the feed's remote announces; a warning where it does not answer."""
    try:
        remote = locate(None, repo.told, repo.settings).remote
        said = announced(repo.git, remote, _SECONDS) if remote else None
    except CannotTell as error:
        message = f"what the server guards is not known ({error})"
        return Announcement(), f"{message}; `fleetfeed doctor` asks again"
    return said or Announcement(), ""


def _guarded(said: Announcement, folder: str | None, ref: str | None) -> None:
    """Usage where the server would refuse the first push."""
    pairs = (("dir", folder, said.dir), ("ref", ref, said.ref))
    for name, wanted, guards in pairs:
        if wanted and guards and wanted.strip("/") != guards:
            message = f"the server guards {printable(guards)}, not {printable(wanted)}"
            words = shlex.quote(printable(wanted, 400))
            todo = f"`fleetfeed install --server . --{name} {words}`"
            raise Usage(f"{message}; start the feed there, or on the server run {todo}")


@record
class Started:
    """What was `done`, in sentences, and the `commands` that come next.

    `server_too`: the server's hook is still to be put in, there.
    """

    done: tuple[str, ...]
    commands: tuple[str, ...]
    server_too: bool

    @property
    def lines(self) -> list[str]:
        """The same for a person."""
        words = ("next", "then") if len(self.commands) > 1 else ("then",)
        pairs = zip(words, self.commands, strict=True)
        last = ", and on the server fleetfeed install --server"
        todo = [f"{word}: {command}" for word, command in pairs]
        todo[-1] += last if self.server_too else ""
        return [*self.done, *todo]


def start(
    repo: Repo, top: Path, plan: Start, stewards: tuple[str, ...] = ()
) -> Started:
    """Start the feed in the work tree at `top`, or on a branch of its own.

    Usage where something is in the way: nothing is
    changed then. A clone without a commit is put on the feed's branch; in one that
    works on another branch the feed gets a branch of its own, and `.fleetfeed.yaml`
    says so.
    """
    unborn, head = repo.head is None, queries.head_ref(repo.git)
    apart = head != plan.ref and not unborn
    name = f"{plan.folder}/{POLICY}"
    pointer = _pointer(plan, apart=apart)
    if pointer and is_written(top, pointer):
        pointer = None
    policy, done = template(plan.ref, plan.server, stewards), list[str]()
    if apart:
        _needs_no_branch(repo, plan.ref)
        done.append(_branch(repo.git, plan, policy))
    else:
        if head != plan.ref and plan.ref.startswith("refs/heads/"):
            repo.git.run("symbolic-ref", "HEAD", plan.ref)
            done.append(f"this clone has no commit yet: it is on {plan.ref} now")
        with in_words(top / name):
            (top / name).parent.mkdir(parents=True, exist_ok=True)
            (top / name).write_text(policy, encoding="utf-8")
        done.append(f"wrote {name}: the feed ref is {plan.ref}")
    done[-1] += _help(stewards)
    if pointer:
        write(top, pointer)
        done.append(f"wrote {POINTER}: every clone finds the feed by it")
    commands = _next(plan, name, apart=apart, pointer=pointer is not None)
    return Started(tuple(done), tuple(commands), not plan.server)


def _help(stewards: tuple[str, ...]) -> str:
    """Who can help before a lease has lapsed, said behind what was written."""
    if stewards:
        words = "steward" if len(stewards) == 1 else "stewards"
        return f"; {words}: {', '.join(stewards)}"
    why = "nobody can help before a lease has lapsed"
    return f"; no steward, so {why} (`stewards:` names some)"


def _pointer(plan: Start, *, apart: bool) -> Pointer | None:
    """What must be committed so that every clone finds the feed; None: nothing."""
    folder = plan.folder if plan.folder != DEFAULT_FOLDER else ""
    ref = plan.ref if apart else ""
    return Pointer(folder, ref) if folder or ref else None


def _needs_no_branch(repo: Repo, ref: str) -> None:
    if repo.tip(ref) is not None:
        short = printable(ref.removeprefix("refs/heads/"))
        message = f"{printable(ref)} is there already, and this is another branch"
        raise Usage(f"{message}; `git switch {short}`, then start the feed there")


def _branch(git: Git, plan: Start, policy: str) -> str:
    """Make the feed's branch, which has nothing else; the sentence that says so."""
    files = {f"{plan.folder}/{POLICY}": policy}
    if plan.folder != DEFAULT_FOLDER:  # for who has this branch checked out
        files[POINTER] = Pointer(plan.folder).text
    encoded = {path: text.encode() for path, text in files.items()}
    tree = write_files(Objects(git), None, encoded)
    commit = git.line("commit-tree", "-m", "Start the feed", tree)
    git.run("update-ref", plan.ref, commit, "")
    return f"made {plan.ref} with {plan.folder}/{POLICY}: a branch of the feed's own"


def _next(plan: Start, name: str, *, apart: bool, pointer: bool) -> Iterator[str]:
    short = plan.ref.removeprefix("refs/heads/")
    files = [] if apart else [name]
    files += [POINTER] if pointer else []
    said = "Say where the feed is" if apart else "Start the feed"
    if files:
        yield f"git add {shlex.join(files)} && git commit -m '{said}'"
    push = f"git push origin {short}" if apart else "git push origin HEAD"
    yield f"{push} && fleetfeed install"
