"""The process that has imported fleetfeed, and is forked for each command: see `warm`."""

import gc
import json
import os
import selectors
import socket
import sys
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import NoReturn

from harness.starting import import_all, run_main


class Commands:
    """The commands that are asked for, and those that run."""

    def __init__(self, asked: socket.socket, door: socket.socket) -> None:
        """They come over `asked`, or each over a connection of its own at `door`."""
        self._asked, self._door = asked, door
        self._ready = selectors.DefaultSelector()
        self._ready.register(asked, selectors.EVENT_READ)
        self._ready.register(door, selectors.EVENT_READ)

    def run(self) -> None:
        """Run what is asked for, until there is nobody who could ask."""
        while True:
            for key, _ in self._ready.select():
                if key.data:
                    self._end(key.fd, *key.data)
                elif key.fileobj is self._door:
                    with self._door.accept()[0] as asked:
                        self._begin(asked)
                elif not self._begin(self._asked):
                    return

    def _begin(self, asked: socket.socket) -> bool:
        size, files, _, _ = socket.recv_fds(asked, 9, 4)
        if not size:
            return False
        data = b""
        while len(data) < int(size):
            data += asked.recv(int(size) - len(data))
        *streams, told = files
        pid = os.fork()
        if pid == 0:
            asked.close()
            self._become(streams, told, *json.loads(data))
        for each in streams:
            os.close(each)
        self._ready.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, told))
        os.write(told, b"%d\n" % pid)
        return True

    def _end(self, file: int, pid: int, told: int) -> None:
        self._ready.unregister(file)
        with suppress(BrokenPipeError):  # who asked does not wait for it any more
            os.write(told, b"%d" % os.waitpid(pid, 0)[1])
        os.close(file)
        os.close(told)

    def _become(
        self,
        streams: Sequence[int],
        told: int,
        args: Sequence[str],
        folder: str,
        environment: Mapping[str, str],
    ) -> NoReturn:
        """Be the command, and end with it."""
        try:
            self._let_go(told)
            for number, file in enumerate(streams):
                os.dup2(file, number)
                os.close(file)
            os.chdir(folder)
            os.environ.clear()
            os.environ.update(environment)
            sys.argv = ["fleetfeed", *args]
            run_main()
        except BaseException:  # noqa: BLE001 - as Python ends with any
            traceback.print_exc()
        finally:
            os._exit(1)

    def _let_go(self, told: int) -> None:
        """Close what is of others: they wait until nobody has it open."""
        rows = [row for row in self._ready.get_map().values() if row.data]
        for file in (told, *(row.data[1] for row in rows), *(row.fd for row in rows)):
            os.close(file)
        self._ready.close()
        self._asked.close()
        self._door.close()


def main() -> None:
    """Import all of fleetfeed, and be forked for who has the socket's other end."""
    import_all()
    sys.path.remove(os.environ["PYTHONPATH"])
    # What is there is not looked at for garbage again: the forks share its pages.
    gc.collect()
    gc.freeze()
    asked, door = (socket.socket(fileno=int(each)) for each in sys.argv[1:])
    Commands(asked, door).run()


if __name__ == "__main__":
    main()
