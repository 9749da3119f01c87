"""A program on a terminal of its own, typed to as a person would."""

import os
import pty
import select
import time
from contextlib import suppress

PATIENCE = 30
"""Seconds for what is waited for; on a busy machine a shell takes its time."""

_PAUSE = 0.5


class Terminal:
    """A program started on a pseudo-terminal; what it printed so far is `seen`."""

    def __init__(self, words, env, folder, size=(50, 200)):
        """Start it."""
        self.seen, self._over = "", False
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe(words[0], words, env)  # noqa: S606 - on purpose
        import fcntl
        import struct
        import termios

        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))

    def type(self, text):
        """Press these keys."""
        os.write(self.fd, text.encode())

    def until(self, text, pressing=""):
        """Wait for `text`; all that was printed since the last wait, up to it.

        A key is pressed again and again: who is busy may throw away what was typed.
        """
        end = time.monotonic() + PATIENCE
        while text not in self.seen:
            if pressing:
                self.type(pressing)
            left = end - time.monotonic()
            if not self._read(min(left, _PAUSE) if pressing else left) and (
                not pressing or self._over or left <= 0
            ):
                raise AssertionError((text, self.seen))
        before, _, self.seen = self.seen.partition(text)
        return before + text

    def rest(self, pressing=""):
        """All that it prints until it ends, and its exit code; keys as in `until`."""
        end = time.monotonic() + PATIENCE
        while not self._over and time.monotonic() < end:
            if pressing:
                with suppress(OSError):
                    self.type(pressing)
            self._read(_PAUSE if pressing else end - time.monotonic())
        return self.seen, self.close()

    def _read(self, seconds):
        """Whether something came; the end, or no time, is nothing."""
        if seconds <= 0 or not select.select([self.fd], [], [], seconds)[0]:
            return False
        try:
            got = os.read(self.fd, 65536)
        except OSError:  # so ends a terminal whose program is gone
            got = b""
        self.seen += got.decode(errors="replace")
        self._over = not got
        return bool(got)

    def close(self):
        """Hang up; how it ended."""
        with suppress(OSError):
            os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
