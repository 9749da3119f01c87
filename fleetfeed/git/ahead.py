"""Questions to git that are started before they are asked.

A hook knows from the start most of what it will ask. git answers while Python imports,
and several gits answer at one time. Nothing is decided by that: whoever asks, asks as
ever, and finds the answer waiting; what nobody asks for is ended.
"""

from collections.abc import Mapping

from fleetfeed.git.spawn import Done, Spawned

Args = tuple[str, ...]


class Ahead:
    """The gits that were started in our own folder, for one `Git`.

    An answer that was started ahead holds from then on: a hook does not change what it
    asks about.
    """

    def __init__(self) -> None:
        """Nothing is started yet."""
        self._asked: dict[Args, Spawned] = {}
        self._answers: dict[Args, Done] = {}
        self._talks: list[Spawned] = []

    def start(
        self, args: Args, environment: Mapping[str, str], *, talk: bool = False
    ) -> None:
        """Start `git args`; what goes wrong with that does so when it is asked."""
        if args in self._asked or args in self._answers:
            return
        try:
            self._asked[args] = Spawned(args, environment, talk=talk)
        except OSError:
            pass

    def tell(self, args: Args, printed: bytes) -> None:
        """Take `printed` for what git says to `args`: whoever started us has asked."""
        self._answers[args] = Done(0, printed)

    def answer(self, args: Args, environment: Mapping[str, str]) -> Done | None:
        """What `git args` prints; None where it cannot be started."""
        asked = self._asked.pop(args, None)
        if asked:
            self._answers[args] = asked.answer()
        if args in self._answers:
            return self._answers[args]
        try:
            return Spawned(args, environment).answer()
        except OSError:
            return None

    def talk(self, args: Args, environment: Mapping[str, str]) -> Spawned | None:
        """A git to talk to; None where it cannot be started. It is ended by `end`."""
        try:
            child = self._asked.pop(args, None) or Spawned(args, environment, talk=True)
        except OSError:
            return None
        self._talks.append(child)
        return child

    def end(self) -> None:
        """End what is under way."""
        for child in (*self._asked.values(), *self._talks):
            child.end()
        self._asked.clear()
        self._talks.clear()
