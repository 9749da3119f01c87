"""Have a command run by the process that is forked, as a program of its own: see `warm`.

`python -I -S asking.py ADDRESS PYTHON ARGS…` is for scripts that start commands. It is
the command to whoever started it, by streams, folder, environment and exit code.
`PYTHON` are the variables that Python itself was started with: where others are set the
command is no fork, but started. Nothing is imported that is not built in: that takes
longer than all the rest.
"""

import posix
import sys
from _json import encode_basestring_ascii as quoted
from _socket import AF_UNIX, SCM_RIGHTS, SOL_SOCKET, socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_OF_PYTHON = ("PYTHON", "LC_", "LANG", "TZ")


def of_python(environment: "Mapping[str, str]") -> str:
    """The variables that are settled when Python starts, as one text."""
    names = sorted(name for name in environment if name.startswith(_OF_PYTHON))
    return "\n".join(f"{name}={environment[name]}" for name in names)


def _ask(
    address: str, args: "Sequence[str]", environment: "Mapping[str, str]"
) -> bytes:
    """Hand over our streams; what is told of the command's end."""
    told, tells = posix.pipe()
    words = ",".join(map(quoted, args))
    pairs = ",".join(f"{quoted(k)}:{quoted(v)}" for k, v in environment.items())
    data = f"[[{words}],{quoted(posix.getcwd())},{{{pairs}}}]".encode()
    files = b"".join(each.to_bytes(4, sys.byteorder) for each in (0, 1, 2, tells))
    forker = socket(AF_UNIX)
    forker.connect(f"\0{address}")
    forker.sendmsg([b"%9d" % len(data), data], [(SOL_SOCKET, SCM_RIGHTS, files)])
    posix.close(tells)
    said = b""
    while part := posix.read(told, 4096):
        said += part
    return said


def main() -> None:
    """Be the command."""
    address, python, *args = sys.argv[1:]
    texts = {
        name.decode("utf-8", "surrogateescape"): value.decode(
            "utf-8", "surrogateescape"
        )
        for name, value in posix.environ.items()
    }
    if of_python(texts) != python:
        words = [sys.executable, "-P", "-m", "fleetfeed", *args]
        posix.execv(words[0], words)
    _, status = _ask(address, args, texts).split()
    code = posix.waitstatus_to_exitcode(int(status))
    if code < 0:
        posix.kill(posix.getpid(), -code)
    sys.exit(code)


if __name__ == "__main__":
    main()
