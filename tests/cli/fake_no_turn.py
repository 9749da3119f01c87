"""The command line with no check of turns: whoever is quick comes first.

Neither is a claim judged by who is in line, nor does who waits in line look at who is
before it. All else is the real thing; the server must have no hook that judges.
"""

from fleetfeed.__main__ import main as real_main
from fleetfeed.judge import line as judged
from fleetfeed.writing import line as waited

PROGRAM = __name__


def main() -> None:
    """Run the command line, as if nobody were in line before anybody."""
    judged.not_your_turn = lambda _: iter(())
    waited.ahead_of = lambda *_: ()
    real_main()


if __name__ == "__main__":
    main()
