"""A batch of pushes: judged, written, landed by one move of the feed ref, and answered.

The answers are given when the ref has moved. Each is a reason for git (empty: landed),
a newline, and what git shows to whoever pushed.
"""

import contextlib
import os
import time
from collections.abc import Iterator, Mapping, Sequence

from fleetfeed.checks.guarded import Guarded
from fleetfeed.checks.pushed_commit import parents_of
from fleetfeed.checks.queue import Answer, Pushed, Queued, judge_queue, no_feed_yet
from fleetfeed.checks.server_leases import ServerLeases
from fleetfeed.git import queries
from fleetfeed.git.hook_process import HookGit
from fleetfeed.model.errors import CANNOT_TELL, CannotTell, FleetfeedError, GitFailed
from fleetfeed.model.findings import Verdict
from fleetfeed.model.server import (
    FORMER_TIPS,
    QUEUE_AWAY,
    QUEUE_CANNOT_TELL,
    QUEUE_REFUSED,
    bringing,
)
from fleetfeed.queue.lately import Lately
from fleetfeed.queue.post_receive import PostReceive
from fleetfeed.queue.still_there import still_there
from fleetfeed.repo.repository import Repo
from fleetfeed.report.text import sentence, text_report
from fleetfeed.util.records import record

_MOVES = 3
"""How often it is tried to move a ref that nobody else moves."""
_PAUSE = 0.1
"""Seconds between two of these tries."""
_RING, _OLDER = 32, 16
"""How many of the last tips are kept on refs, and of how many ages older ones: bits of
luck, of which two bytes have as many."""


@record
class Request:
    """A push that waits: its commit, and the variables that tell who pushes.

    `brings` says that whoever pushes wants to be sent what they lack, see `Lately`.
    """

    commit: str
    environment: Mapping[str, str]
    brings: bool = False

    @classmethod
    def read(cls, data: bytes) -> "Request":
        """From what `queue.follower` sends."""
        rows = (row.split(b" ", 1) for row in data.splitlines() if row)
        said = {os.fsdecode(k): os.fsdecode(bytes.fromhex(v.decode())) for k, v in rows}
        return cls(said.pop("commit"), said, bool(said.pop("brings", "")))


class _NotMoved(CannotTell):
    """The feed ref could not be moved; it is tried again, some times."""


class _Gone(_NotMoved):
    """A part of what would land is not there any more."""


class _Overtaken(Exception):
    """A push to the feed ref itself was first."""


class Landing:
    """The repository in which the leader runs, and what is to be told of its ref."""

    def __init__(self) -> None:
        """Nothing is asked before the first batch."""
        self._git = HookGit()
        self._repo: Repo | None = None
        self._tip, self._known = "", frozenset[str]()
        self._known_settings: queries.Settings = {}
        self._settings_seen: tuple[int, ...] = ()
        self._turn = os.urandom(1)[0] % _RING
        self._post_receive = PostReceive(self._git)
        self._lately = Lately()
        self.crashed = False
        """Whether what happened here is a bug, or code that is another by now."""

    def landed(self, requests: Sequence[Request]) -> list[bytes]:
        """The answers to `requests`, once what is lawful of them has landed."""
        try:
            return self._landed(requests)
        except _NotMoved as error:
            if not isinstance(error, _Gone) or len(requests) == 1:
                # That is certain: whoever pushes may try the feed ref itself.
                words = f"fleetfeed: {QUEUE_AWAY}: {sentence(error)}"
                return [_text(QUEUE_AWAY, words)] * len(requests)
        except FleetfeedError as error:
            words = f"fleetfeed: push {CANNOT_TELL} {sentence(error)}"
        except Exception as error:  # noqa: BLE001 - whoever waits is answered
            words = f"fleetfeed: push {CANNOT_TELL} {self._is_broken(error)}"
        self._repo = None  # whatever it remembers, the next batch does without
        if len(requests) > 1:  # whoever brought that about is the only one to hear it
            return [answer for each in requests for answer in self.landed((each,))]
        return [_text(QUEUE_CANNOT_TELL, words)] * len(requests)

    def go_on(self) -> None:
        """Have the repository's hook told of what it has not been told yet."""
        self._post_receive.go_on()

    def close(self) -> None:
        """End git, and wait until the repository's hook has been told everything."""
        self._git.end()
        self._post_receive.close()

    def _landed(self, requests: Sequence[Request]) -> list[bytes]:
        guarded = Guarded.by(self._git, self._settings(), {})
        if not guarded.queue:
            why = "git is not told any more to hand this ref to the queue"
            return [_text(QUEUE_AWAY, f"fleetfeed: {why}")] * len(requests)
        if _is_checked_out(guarded.where.ref):
            why = "a work tree has that branch checked out, and would be left behind"
            return [_text(QUEUE_AWAY, f"fleetfeed: {QUEUE_AWAY}: {why}")] * len(
                requests
            )
        pushes = [Pushed(r.commit, guarded.pusher(r.environment)) for r in requests]
        failed, first = 0, True
        while True:
            try:
                return self._tried(guarded, requests, pushes, first=first)
            except _Overtaken:
                first = False
            except _NotMoved:
                failed += 1
                if failed == _MOVES:
                    raise
                time.sleep(_PAUSE)
                self._repo = None  # what it remembers may be gone

    def _tried(
        self,
        guarded: Guarded,
        requests: Sequence[Request],
        pushes: Sequence[Pushed],
        *,
        first: bool,
    ) -> list[bytes]:
        """The answers to `pushes`, once what is lawful of them has landed.

        At the `first` try the feed ref is asked for where that is fast.
        """
        if self._repo is None or self._repo.told != guarded.told:
            self._repo = Repo(self._git, known=guarded.told)
        repo, where = self._repo, guarded.where
        likely = repo.objects.commit_at(where.ref) if first else None
        tip = likely or queries.exact(self._git, where.ref)
        if tip is None:
            raise no_feed_yet(where)
        known = self._known if tip == self._tip else frozenset()
        leases = ServerLeases(repo)

        def said(base: str) -> bytes | None:
            return self._lately.said(repo.objects, base, tip)

        queued = judge_queue(repo, where, tip, pushes, leases, known=known, said=said)
        # Made before: nothing can go wrong any more where it has landed.
        answers = [_answer(each, guarded.word) for each in queued.answers]
        try:
            self._move(repo, where.ref, tip, queued)
        except GitFailed as error:
            if queries.exact(self._git, where.ref) != tip:
                raise _Overtaken from error
            raise _stuck(where.ref, error) from error
        rows = list(zip(requests, queued.answers, answers, strict=True))
        try:
            return self._after(repo, where.ref, tip, queued, rows)
        except Exception as error:  # noqa: BLE001 - what has landed is answered so
            self._is_broken(error)
            return answers

    def _after(
        self,
        repo: Repo,
        ref: str,
        tip: str,
        queued: Queued,
        rows: Sequence[tuple[Request, Answer, bytes]],
    ) -> list[bytes]:
        """What follows the move; the answers in `rows`, with what is sent along."""
        self._tip, self._known = queued.tip, queued.known
        if queued.tip != tip:
            self._post_receive.tell(tip, queued.tip, ref)
            self._lately.moved(tip, queued)
        verdicts = [each.verdict for each in queued.answers]
        if any(verdict.refused for verdict in verdicts):
            # late: of many batches none is turned down
            from fleetfeed.checks.refusals import count_refusals

            count_refusals(os.curdir, verdicts)
        repo.objects.made.update(queued.made)  # written by now, and at hand
        sent = [
            answer + self._brought(repo, request, each) if request.brings else answer
            for request, each, answer in rows
        ]
        repo.objects.made.clear()
        return sent

    def _is_broken(self, error: Exception) -> str:
        """Note what happened, which is a bug, or code that is another by now."""
        from fleetfeed.util.crashlog import report_crash  # late: most never need it

        self.crashed, self._repo = True, None
        return report_crash(error)

    def _brought(self, repo: Repo, request: Request, answer: Answer) -> bytes:
        """What is sent along with `answer`, as a line; nothing where it is not needed.

        It is what came since the commit that was built on, which its seat has.
        """
        landed, commit = answer.landed, request.commit
        if landed is None or landed.commit == commit:
            return b""
        with contextlib.suppress(FleetfeedError):
            tip, *_ = parents_of(repo.objects.read(commit)[1]) or ("",)
            pack = self._lately.pack(repo.objects, tip, landed.commit)
            return bringing(pack).encode("ascii") if pack else b""
        return b""

    def _settings(self) -> queries.Settings:
        """The server's settings; asked anew when their file has changed."""
        now = os.stat(queries.SHARED)
        seen = (now.st_mtime_ns, now.st_ino, now.st_size)
        if self._settings_seen != seen:
            question = queries.own_settings_question(os.curdir)
            self._known_settings = queries.settings(self._git, question)
            self._settings_seen = seen
        return self._known_settings

    def _move(self, repo: Repo, ref: str, tip: str, queued: Queued) -> None:
        """Write what is made, move the feed ref; GitFailed where it is elsewhere.

        _Gone where a part of what would land is not there any more.
        """
        repo.objects.made.clear()
        if queued.tip == tip:
            return
        if queued.made:
            repo.objects.write(queued.made.values(), len(tip) // 2)
        if not still_there(repo, tip, queued.tip, queued.rows, queued.made):
            raise _Gone("what was pushed is not all there any more; push it again")
        moves = [f"update {ref} {queued.tip} {tip}\n"]
        moves += (f"update {FORMER_TIPS}{each} {tip}\n" for each in self._slots())
        told = ("update-ref", "-m", "fleetfeed: queue", "--stdin")
        self._git.run(*told, stdin="".join(moves).encode("utf-8", "surrogateescape"))

    def _slots(self) -> Iterator[int]:
        """Where to keep the tip that is left.

        A push leaves out what some ref of the server has, as far as whoever pushes has
        it, too: built on an older tip that no ref has any more, it would bring the
        whole feed. So the last ones are kept, in turn, and of older ones the fewer the
        older: what is missing is no more than what has landed since, twice.
        """
        self._turn = (self._turn + 1) % _RING
        yield self._turn
        luck = int.from_bytes(os.urandom(2), "big")
        yield from (_RING + k for k in range(_OLDER) if not luck & ((2 << k) - 1))


def _is_checked_out(ref: str) -> bool:
    """Whether a linked work tree is on `ref` (gitrepository-layout, worktrees).

    git asks that of a push to the ref itself (`receive.denyCurrentBranch`).
    """
    try:
        names = os.listdir("worktrees")
    except OSError:
        return False
    for name in names:
        with contextlib.suppress(OSError), open(f"worktrees/{name}/HEAD", "rb") as head:
            if head.read().rstrip(b"\n") == b"ref: " + os.fsencode(ref):
                return True
    return False


def _stuck(ref: str, error: GitFailed) -> _NotMoved:
    why = " ".join(error.stderr.split())
    return _NotMoved(f"{ref} cannot be moved now ({why}); try again later")


def _answer(answer: Answer, word: Verdict) -> bytes:
    if answer.cannot:
        said = f"fleetfeed: push {CANNOT_TELL} {sentence(answer.cannot)}"
        return _text(QUEUE_CANNOT_TELL, said)
    remarks = (answer.landed.text,) if answer.landed else ()
    verdict = answer.verdict + Verdict((), remarks) + word
    reason = QUEUE_REFUSED if verdict.refused else ""
    return _text(reason, text_report(verdict, "push"))


def _text(reason: str, words: str) -> bytes:
    rows = (reason, *words.splitlines())
    return "".join(f"{row}\n" for row in rows).encode("utf-8", "backslashreplace")
