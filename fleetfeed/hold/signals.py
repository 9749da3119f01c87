"""Signals to `hold`: noted while it claims, passed on while its command runs.

Were it to end at once while it claims, a claim might land that nobody holds.
"""

import signal
from collections.abc import Callable
from types import TracebackType
from typing import Self

from fleetfeed.hold.child import Child

_NUMBERS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)


class Signals:
    """Within this, what comes does not end us; `noted` is the first before a child."""

    def __init__(self) -> None:
        """Nothing is changed before it is entered."""
        self.noted: int | None = None
        self._child: Child | None = None
        self._waiting: list[int] | None = None

    def __enter__(self) -> Self:
        """Handle them from here on."""
        self._before = {number: signal.getsignal(number) for number in _NUMBERS}
        for number, handler in self._before.items():
            # What was ignored (nohup) stays ignored, for us and for the command.
            if handler is not signal.SIG_IGN:
                signal.signal(number, self._got)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """As it was before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def begin(self, start: Callable[[], Child]) -> Child:
        """Start a child and pass them on to it, those that come meanwhile, too."""
        self._waiting = []
        try:
            self._child = child = start()
        finally:
            waiting, self._waiting = self._waiting, None
        for signum in waiting:
            child.send(signum)
        return child

    def _got(self, signum: int, frame: object) -> None:
        del frame
        if self._child and not self._child.ended:
            self._child.signalled(signum)
        elif self._waiting is not None:
            self._waiting.append(signum)
        elif self.noted is None:
            self.noted = signum
        else:  # whoever asks twice does not want to wait for the answer
            raise KeyboardInterrupt
