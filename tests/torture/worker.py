"""What `fleetfeed hold` runs: it works for so many seconds, and says so all the time.

    worker.py FILE SECONDS

Each line of FILE is a time of the boot clock. It minds no warning for half a second, as
whatever cleans up.
"""

import json
import os
import signal
import sys
import time


def main(file: str, seconds: float) -> None:
    """Work, and write down when that was."""
    clock = time.CLOCK_BOOTTIME
    with open(file, "a", encoding="utf-8") as out:  # noqa: PTH123 - starts at once
        names = ("ITEM", "EPOCH", "OP", "SEAT")
        first = {name: os.environ[f"FLEETFEED_{name}"] for name in names}
        out.write(json.dumps({**first, "PID": os.getpid()}) + "\n")
        until = time.clock_gettime(clock) + seconds
        told = []
        signal.signal(signal.SIGTERM, lambda *_: told.append(0))
        while (now := time.clock_gettime(clock)) < until:
            out.write(f"{now}\n")
            out.flush()
            if told:
                until = min(until, now + 0.3)
                told.clear()
            time.sleep(0.05)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
