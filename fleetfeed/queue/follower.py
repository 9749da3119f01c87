"""proc-receive: hands a push to the queue's leader, and gives git its answer.

git runs this for each push to the queue's ref (githooks, proc-receive), so it is thin:
imported by its hook with `-I -S` and without its package, it imports nothing of
fleetfeed and little else. It takes 9 ms, of which Python itself takes 7; run as a
script it is compiled first, and takes 11; with the judge's imports it would take 80
(medians of 21), and all that wait need them once. `_socket` and `posix` are what
`socket` and `os` are built on, which take 10 and 1.3 ms more.

Where nobody leads, it starts a leader: whoever gets the lock. A leader that dies closes
its connections; then another is asked, who sees by the feed what has landed.
"""

import errno
import fcntl
import posix as os
import sys
import time
from _socket import AF_UNIX, SOCK_STREAM, socket

FOLDER = "fleetfeed"
LOCK, SOCKET = f"{FOLDER}/queue.lock", f"{FOLDER}/queue.sock"
"""Below git's folder, in which git runs its hooks: a socket's path is a short one."""

_QUEUE = b"refs/for/feed"
"""As `model.server.QUEUE_REF`: git may be told to hand us others."""

_BRING = b"fleetfeed=bring"
"""As `model.server.BRING`."""

TELL_WHO = (
    "GL_USERNAME", "GITEA_PUSHER_NAME", "GITEA_DEPLOY_KEY_ID", "GITEA_IS_DEPLOY_KEY",
    "GITHUB_USER_LOGIN", "GL_USER", "REMOTE_USER", "FLEETFEED_PUSHER",
)  # fmt: skip
"""Variables that tell who pushes (`model.pusher`): the leader has another's."""

KEPT = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TZ")
"""What a leader is given of its first follower's environment: it judges for others."""

AWAY = "the queue does not work here"
"""Why a push is turned down that nobody has judged: `model.server.QUEUE_AWAY`."""
CANNOT_TELL = b"the queue cannot tell"
"""As `model.server.QUEUE_CANNOT_TELL`."""
_UNJUDGED = (CANNOT_TELL, AWAY.encode())

HEARD, END = b"\x06", b"\0"
"""What a leader says before it judges a push, and at the end of its answer."""

_WAITING = 4096
"""How many followers wait to be heard, as far as the system lets them."""
_LEADERS = 3
"""How many leaders are started for one push before it is given up."""
_PAUSE = 0.002
"""Seconds between two looks at a leader that begins, or ends."""
_PATIENCE = 600.0
"""Seconds after which a leader that gives no answer is no longer waited for."""

_SIZE = 4
_LONGEST_NAME = 4000
"""Bytes of what tells who pushes, so that a leader hears all of it."""
_LONGEST = 1000
"""Bytes of a reason: git's row for it is one packet of at most 65,516."""


class _Away(Exception):
    """There is no leader, and none can be started: the text says why."""


class _Unknown(Exception):
    """A leader was asked, and gave no answer: the text says why."""


def main(python: str) -> int:
    """Answer git's questions on standard input; the exit code."""
    _, _, known = b"".join(_read_section()).partition(b"\0")
    said = b"\0push-options" if b"push-options" in known.split() else b""
    _write_section(b"version=1%b\n" % said)
    rows = [row.rstrip(b"\n").split(b" ", 2) for row in _read_section()]
    brings = bool(said) and _BRING in [each.rstrip(b"\n") for each in _read_section()]
    try:
        answers = [_answer(python, new, ref, brings=brings) for _, new, ref in rows]
    except _Unknown as error:
        # No answer to git is the only one that says neither yes nor no.
        why = f"whether this push lands is not known: {error}"
        todo = "look at the feed ref before you push again"
        sys.stderr.write(f"fleetfeed: {why}; {todo}\n")
        return 1
    _write_section(*answers)
    return 0


def _answer(python: str, new: bytes, ref: bytes, *, brings: bool) -> bytes:
    """git's row of answer on a push of the commit `new` to `ref`."""
    try:
        if os.environ.get(b"GIT_NAMESPACE"):
            raise _Away("it has no feed of a namespace")
        if ref != _QUEUE:
            raise _Away(f"{ref.decode(errors='replace')} is another ref than its own")
        answer = led(python, request_of(new, brings=brings))
    except OSError as error:
        answer = _away(f"{error.strerror}: {error.filename or SOCKET}")
    except _Away as error:
        answer = _away(str(error))
    reason, _, words = answer.partition(b"\n")
    sys.stderr.buffer.write(words)
    sys.stderr.buffer.flush()
    return b"ng %b %b\n" % (ref, reason[:_LONGEST]) if reason else b"ok %b\n" % ref


def _away(why: str) -> bytes:
    """The answer where nobody can be asked."""
    todo = "push to the feed ref itself, or ask the server's keeper"
    return f"{AWAY}\nfleetfeed: {AWAY} ({why}); {todo}\n".encode(errors="replace")


def request_of(commit: bytes, *, brings: bool = False) -> bytes:
    """What the leader is told: the commit, and each variable that says who pushes.

    `key value` lines, values in hexadecimal, and an empty one for the end. With
    `brings` whoever pushes wants to be sent what they lack.
    """
    rows = [b"commit %b\n" % commit.hex().encode()]
    if brings:
        rows.append(b"brings %b\n" % b"yes".hex().encode())
    for name in TELL_WHO:
        value = os.environ.get(name.encode())
        if value is not None and len(value) > _LONGEST_NAME:
            raise _Away(f"{name} has {len(value)} bytes")
        if value is not None:
            rows.append(b"%b %b\n" % (name.encode(), value.hex().encode()))
    return b"".join((*rows, b"\n"))


def led(python: str, request: bytes) -> bytes:
    """A leader's answer: a reason (empty: landed), a newline, words for the user.

    _Away where nobody has heard of the push, _Unknown where somebody has.
    """
    deadline = time.monotonic() + _PATIENCE
    heard, started, unsure, complaint = False, 0, 0, b""
    leader: int | None = None
    while True:
        said = _asked(request, deadline)
        if leader is not None:
            complaint = _complaint(leader)
        answer = said[1:-1]
        # One that has not judged it does not know what became of it under another.
        told = said.endswith(END) and not (heard and answer.startswith(_UNJUDGED))
        if told:
            return answer
        heard = heard or said.startswith(HEARD)
        unsure += said.endswith(END)
        if unsure == _LEADERS:
            raise _Unknown("its leader ended, and the next ones cannot tell")
        if time.monotonic() > deadline:
            raise _unanswered("its leader hangs", heard=heard)
        if started == _LEADERS:
            last = complaint.decode(errors="replace").strip().splitlines()[-1:]
            why = "; ".join(("its leader ends at once", *last))
            raise _unanswered(why, heard=heard)
        try:
            leader = start_leader(python)
        except OSError as error:
            why = f"{error.strerror}: {error.filename or SOCKET}"
            raise _unanswered(f"no leader starts: {why}", heard=heard) from error
        if leader is None:
            time.sleep(_PAUSE)
        else:
            started += 1


def _unanswered(why: str, *, heard: bool) -> Exception:
    return _Unknown(why) if heard else _Away(why)


def _complaint(leader: int) -> bytes:
    """What a leader has complained of; its children may hold the other end, too."""
    os.set_blocking(leader, False)
    with open(leader, "rb") as said:
        return said.read() or b""


def _asked(request: bytes, deadline: float) -> bytes:
    """What a leader says, as far as it comes; nothing where there is none.

    HEARD comes first, END last.
    """
    asking, parts = socket(AF_UNIX, SOCK_STREAM), list[bytes]()
    try:
        asking.settimeout(max(deadline - time.monotonic(), _PAUSE))
        asking.connect(SOCKET)
        asking.sendall(request)
        while part := asking.recv(1 << 16):
            parts.append(part)
    except TimeoutError:
        pass
    except OSError as error:
        # BlockingIOError: more wait than the system lets.
        if error.errno not in _NOBODY and not parts:
            raise
    finally:
        asking.close()
    return b"".join(parts)


_NOBODY = (
    errno.ENOENT, errno.ECONNREFUSED, errno.ECONNRESET, errno.EPIPE, errno.EAGAIN,
)  # fmt: skip


def start_leader(python: str) -> int | None:
    """Start a leader, and give what it complains to; None where another has the lock.

    The lock and the socket are the leader's own: both end with it, however it ends.
    """
    held = _held()
    if held is None:
        return None
    lock, listening = held
    try:
        complaint, its = os.pipe()
        if os.fork() == 0:
            _lead(python, lock, listening.fileno(), its)
        os.close(its)
        return complaint
    finally:
        listening.close()
        os.close(lock)


def _held() -> tuple[int, socket] | None:
    """The lock and the socket; None where another has them.

    Those may use them who may write the repository's objects. The leader has the
    umask of the push: what it lands has the rights that a push gives it.
    """
    mode = os.stat("objects").st_mode & 0o7777
    try:
        os.mkdir(FOLDER)
        os.chmod(FOLDER, mode)
    except FileExistsError:
        pass
    before = os.umask(0o000 if mode & 0o002 else 0o007 if mode & 0o020 else 0o077)
    try:
        lock = os.open(LOCK, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return None
        try:
            os.unlink(SOCKET)
        except FileNotFoundError:
            pass
        listening = socket(AF_UNIX, SOCK_STREAM)
        listening.bind(SOCKET)
        listening.listen(_WAITING)
        return lock, listening
    finally:
        os.umask(before)


def _lead(python: str, *handed: int) -> None:
    """Become the leader, apart from whoever pushes; never comes back.

    What is `handed` on: the lock, the socket, and where to complain.
    """
    try:
        os.setsid()
        # Out of the way first: the numbers that they are to have may be theirs.
        nothing = os.open("/dev/null", os.O_RDWR)
        fds = [fcntl.fcntl(fd, fcntl.F_DUPFD, 10) for fd in (nothing, *handed)]
        nothing, lock, listening, complaint = fds
        for number, fd in enumerate((nothing, nothing, complaint, lock, listening)):
            os.dup2(fd, number)
        os.closerange(_OURS, _MOST)
        words = (python, "-E", "-P", "-m", "fleetfeed", "hook", "queue")
        names = (name.encode() for name in KEPT)
        kept = {name: os.environ[name] for name in names if name in os.environ}
        os.execve(python, words, {**kept, b"GIT_DIR": b"."})
    except OSError as error:
        os.write(2, f"{python}: {error.strerror}".encode(errors="replace"))
    finally:
        os._exit(3)


_OURS, _MOST = 5, 1 << 16
"""A leader has these many open files: input, output, errors, lock and socket."""


def _read_section() -> list[bytes]:
    """The packets up to a flush packet (gitprotocol-common, pkt-line)."""
    read, packets = sys.stdin.buffer.read, list[bytes]()
    while True:
        size = int(read(_SIZE), 16)
        if not size:
            return packets
        packets.append(read(size - _SIZE))


def _write_section(*packets: bytes) -> None:
    """Packets and a flush packet."""
    rows = (b"%04x%b" % (len(packet) + _SIZE, packet) for packet in packets)
    sys.stdout.buffer.write(b"".join((*rows, b"0000")))
    sys.stdout.buffer.flush()


if __name__ == "__main__":  # a hook that an earlier fleetfeed has put in runs it so
    sys.exit(main(sys.executable))
