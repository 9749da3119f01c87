"""git as a process of the world: the commands that fleetfeed runs, and no others.

What git prints, it prints as git does: the code that reads it is what ships. What is not
known here fails loudly.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Self

from fleetfeed.git.hook_process import HookGit
from fleetfeed.git.process import Git
from fleetfeed.git.spawned import Done
from fleetfeed.model.errors import GitFailed, TimedOut
from simulator.object_store import Store, WorldObjects, grep
from simulator.scheduler import Broken, Scheduler

if TYPE_CHECKING:
    from simulator.network import Network, Push, Reading

_SIGTERM = -15
_STEP = 0.004
"""Seconds, on average, that a git takes which writes."""

Args = tuple[str, ...]


class FakeGit(HookGit):
    """git in one repository. `network` is what it reaches its remote by, if any."""

    def __init__(
        self,
        world: Scheduler,
        store: Store,
        refs: dict[str, str],
        settings: Mapping[str, str],
        folder: str,
        network: "Network | None" = None,
    ) -> None:
        # Not as HookGit begins: it would copy this process's environment each time.
        Git.__init__(self, folder if network else None, {})
        self.world, self.store, self.refs = world, store, refs
        self.settings, self.network = settings, network
        self.objects, self.cache = WorldObjects(store, refs, self), store.cache
        self._commands: dict[str, Callable[[Args, bytes], Done]] = {
            "cat-file": self._cat_file,
            "commit-tree": self._commit_tree,
            "config": self._config,
            "for-each-ref": self._for_each_ref,
            "hash-object": self._hash_object,
            "merge-base": self._merge_base,
            "remote": self._remote,
            "rev-list": self._rev_list,
            "rev-parse": self._rev_parse,
            "update-ref": self._update_ref,
        }

    def ahead(self, *args: str, talk: bool = False) -> None:
        """See HookGit: nothing takes time that is asked."""

    def run(self, *args: str, stdin: bytes = b"", accept: Sequence[int] = (0,)) -> Done:
        """See Git."""
        words = _without_settings(args)
        command = self._commands.get(words[0])
        if command is None:
            raise Broken(f"git {' '.join(args)} is not played")
        done = command(words[1:], stdin)
        if done.returncode not in accept:
            raise GitFailed(args, done.returncode, done.stderr.decode())
        return done

    def within(
        self,
        seconds: float,
        *args: str,
        meanwhile: Callable[[], None] | None = None,
    ) -> Done:
        """See Git: what goes over the network takes time, and may be lost."""
        words = _without_settings(args)
        if words[0] in self._commands:
            if meanwhile:
                meanwhile()
            return self.run(*args, accept=range(256))
        if self.network is None:
            raise Broken("a server asks nobody")
        ask: dict[str, Callable[[Args], Push | Reading]] = {
            "push": self._push,
            "fetch": self._fetch,
            "ls-remote": self._ls_remote,
        }
        request = ask[words[0]](words[1:])
        answer = self.network.ask(request, seconds, meanwhile)
        if answer is None:
            raise TimedOut(args, _SIGTERM, f"no end in {seconds:.0f} s")
        if isinstance(answer, Done):
            return answer
        if isinstance(answer, dict):
            self.refs.update(answer)
        return Done(0, b"")

    def start(self, args: Sequence[str], **_: object) -> "FakeLog":  # type: ignore[override]
        """See Git: the log is the one command that is read while it prints."""
        return FakeLog(self.store, args)

    # What is asked of the repository itself.

    def _cat_file(self, args: Args, stdin: bytes) -> Done:
        del stdin
        kind, data = self.store.objects.get(args[1], ("", b""))
        return Done(0 if kind else 128, b"" if args[0] == "-e" else data)

    def _commit_tree(self, args: Args, stdin: bytes) -> Done:
        _, parent, tree = args
        self._takes_a_while()
        who, at = self.settings["user.name"], int(self.world.running().machine.utc)
        by = f"{who} <{who}@fleet> {at} +0000"
        head = f"tree {tree}\nparent {parent}\nauthor {by}\ncommitter {by}\n\n"
        return _said(self.store.put("commit", head.encode() + stdin))

    def _config(self, args: Args, stdin: bytes) -> Done:
        del args, stdin
        rows = (f"{name}\n{value}\0" for name, value in self.settings.items())
        return Done(0, "".join(rows).encode())

    def _for_each_ref(self, args: Args, stdin: bytes) -> Done:
        del stdin
        form, *patterns = args
        line = form.removeprefix("--format=")
        rows = []
        for name in self._matching(patterns):
            row = line.replace("%(refname)", name)
            row = row.replace("%(objectname)", self.refs[name]).replace("%(symref)", "")
            rows.append(row.replace("%00", "\0").replace("%(upstream)", ""))
        return Done(0, "".join(f"{row}\n" for row in rows).encode())

    def _matching(self, patterns: Sequence[str]) -> list[str]:
        if len(patterns) == 1 and patterns[0] in self.refs:
            return [patterns[0]]
        there = sorted(name for name in self.refs if name != "HEAD")
        if not patterns:
            return there
        below = tuple(p if p.endswith("/") else f"{p}/" for p in patterns)
        return [n for n in there if n in patterns or n.startswith(below)]

    def _hash_object(self, args: Args, stdin: bytes) -> Done:
        del args
        return _said(self.store.put("blob", stdin))

    def _merge_base(self, args: Args, stdin: bytes) -> Done:
        del stdin
        return Done(0 if self.store.is_within(args[1], args[2]) else 1, b"")

    def _remote(self, args: Args, stdin: bytes) -> Done:
        del args, stdin
        return _said(self.settings["remote.origin.url"])

    def _rev_list(self, args: Args, stdin: bytes) -> Done:
        del stdin
        plain = [each for each in args if not each.startswith("-")]
        if "--first-parent" in args and "--parents" in args:
            return self._first_parents(*plain)
        old = [each[1:] for each in plain if each.startswith("^")]
        new = [each for each in plain if not each.startswith("^")]
        if any(".." in each for each in new):
            (range_,) = new
            base, _, tip = range_.partition("..")
            old, new = [base], [tip]
        rows = self.store.between(new, old)
        words = [a.removeprefix("--grep=") for a in args if a.startswith("--grep=")]
        if words:
            ids = [each for each, _ in reversed(rows)]
            found = grep(self.store, ids, [word.encode() for word in words])
            return Done(0, "".join(f"{each}\n" for each in found).encode())
        lines = (f"{' '.join((each, *parents))}\n" for each, parents in rows)
        return Done(0, "".join(lines).encode())

    def _first_parents(self, tip: str, beyond: str) -> Done:
        commit, lines, one = beyond.strip("^@"), list[str](), tip
        while one and self.store.is_within(commit, one):
            parents = self.store.parents[one]
            lines.append(f"{' '.join((one, *parents))}\n")
            one = parents[0] if parents else ""
        return Done(0, "".join(lines).encode())

    def _rev_parse(self, args: Args, stdin: bytes) -> Done:
        del stdin
        if args[0] == "--is-inside-work-tree":
            return Done(128, b"false\nHEAD\nHEAD\n")
        if args[0] == "--git-path":
            return Done(0, "".join(f"{name}\n" for name in args[1::2]).encode())
        known = {
            "--show-object-format": "sha1",
            "--git-dir": ".",
            "--is-shallow-repository": "false",
        }
        if args[0] in known:
            return _said(known[args[0]])
        name, _, back = args[-1].removesuffix("^{commit}").partition("~")
        one = self.refs.get(name, name)
        for _ in range(int(back or 0)):
            above = self.store.parents.get(one, ())
            one = above[0] if above else ""
        return _said(one) if one in self.store.parents else Done(1, b"")

    def _update_ref(self, args: Args, stdin: bytes) -> Done:
        words = list(args)
        if words[:1] == ["-m"]:
            del words[:2]
        if words == ["--stdin"]:
            rows = [row.split(" ") for row in stdin.decode().splitlines()]
            return self._moved([(ref, new, *old) for _, ref, new, *old in rows])
        if words[:1] == ["-d"]:
            self.refs.pop(words[1], None)
            return Done(0, b"")
        ref, new, *old = words
        if not old:
            self.refs[ref] = new
        return self._moved([(ref, new, *old)]) if old else Done(0, b"")

    def _moved(self, moves: list[tuple[str, ...]]) -> Done:
        """Compare and set all of them, as git does under its locks: ref, new, old."""
        self._takes_a_while()
        for ref, _, *old in moves:
            if old and self.refs.get(ref) != old[0]:
                said = f"cannot lock ref '{ref}': is at {self.refs.get(ref)}"
                words = f"fatal: {said} but expected {old[0]}\n"
                return Done(128, b"", words.encode())
        for ref, new, *_ in moves:
            self.move(ref, new)
        self._takes_a_while()
        return Done(0, b"")

    def move(self, ref: str, new: str) -> None:
        """Move a ref: whoever watches the world is told by whom this is overridden."""
        self.refs[ref] = new

    def _takes_a_while(self) -> None:
        self.world.sleep(self.world.dice.expovariate(1.0 / _STEP))

    # What goes to the remote.

    def _push(self, args: Args) -> "Push":
        from simulator.network import Push

        leases = dict[str, str]()
        for each in args:
            if each.startswith("--force-with-lease="):
                ref, _, old = each.partition("=")[2].partition(":")
                leases[ref] = old
        specs = args[args.index("--") + 2 :]
        moves = []
        for spec in specs:
            new, _, ref = spec.removeprefix("+").partition(":")
            moves.append((ref, new, spec.startswith("+")))
        return Push(tuple(moves), leases)

    def _fetch(self, args: Args) -> Callable[[Mapping[str, str]], object]:
        specs = args[args.index("--") + 2 :]
        pairs = [each.removeprefix("+").partition(":")[::2] for each in specs]

        def fetched(there: Mapping[str, str]) -> dict[str, str]:
            found = dict[str, str]()
            for source, target in pairs:
                if source.endswith("*"):
                    head, to = source[:-1], target[:-1]
                    names = [name for name in there if name.startswith(head)]
                    found.update({to + n.removeprefix(head): there[n] for n in names})
                elif target:
                    found[target] = there[source]
            return found

        return fetched

    def _ls_remote(self, args: Args) -> Callable[[Mapping[str, str]], object]:
        if args[0] == "--get-url":
            raise Broken("plain addresses are known")
        patterns = args[args.index("--") + 2 :]

        def listed(there: Mapping[str, str]) -> Done:
            rows = [
                f"{id_}\t{name}\n"
                for name, id_ in sorted(there.items())
                if any(fnmatchcase(name, pattern) for pattern in patterns)
            ]
            return Done(0, "".join(rows).encode())

        return listed


def _without_settings(args: Sequence[str]) -> Args:
    at = 0
    while args[at] == "-c":
        at += 2
    return tuple(args[at:])


def _said(text: str) -> Done:
    return Done(0, f"{text}\n".encode())


class FakeLog:
    """`git log` of the commits that added a path, through a pipe, as git prints it."""

    returncode = 0

    def __init__(self, store: Store, args: Sequence[str]) -> None:
        at = args.index("--")
        plain = [each for each in args[:at] if not each.startswith("-")]
        new = [each for each in plain[1:] if not each.startswith("^")]
        old = [each[1:] for each in plain if each.startswith("^")]
        path, text = args[at + 1], ""
        for commit, parents in reversed(store.between(new, old)):
            if _has(store, commit, path) and not any(
                _has(store, each, path) for each in parents
            ):
                letters = "A" * max(len(parents), 1)
                text += f"{commit}\0\n:000000 100644 0 0 {letters}\0{path}\0"
        reads, writes = os.pipe()
        os.write(writes, text.encode())
        os.close(writes)
        self.stdout = os.fdopen(reads, "rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stdout.close()

    def kill(self) -> None:
        """It has printed all."""


def _has(store: Store, commit: str, path: str) -> bool:
    """Whether a commit's tree has a file at `path`."""
    head = store.objects[commit][1].partition(b"\n")[0]
    at = head.removeprefix(b"tree ").decode()
    for name in path.split("/"):
        data = store.objects.get(at, ("", b""))[1]
        found = data.find(b" %s\0" % name.encode())
        if found < 0:
            return False
        start = found + len(name) + 2
        at = data[start : start + 20].hex()
    return True
