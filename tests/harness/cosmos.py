"""A Cosmos DB as the tests have it: the emulator from npm, on a port of its own.

It lies in the virtual environment, where it is installed once, and ends with the
process that it is for: when nobody holds its standard input any more.
"""

import base64
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from harness.npm import npm_installed

KEY = base64.b64encode(b"whatever it is, the emulator takes it").decode()

_PACKAGE = "@vercel/cosmosdb-server@1"
# Of what is missing it answers 500, where it should be 404: so `probe` has found.
_MENDED = """\
const reading = require("@vercel/cosmosdb-server/lib/handler/read-document");
const asItIs = reading.default;
reading.default = (account, req, res, params) => {
    try {
        return asItIs(account, req, res, params);
    } catch (error) {
        if (!(error instanceof TypeError)) throw error;
        res.statusCode = 404;
        return {code: "NotFound", message: "mended: there is no such document"};
    }
};
"""
_SERVE = """\
const server = require("@vercel/cosmosdb-server").createHttpServer({keepAlive: true});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
const [answer] = server.listeners("request");
let fault = "", left = 0;
server.removeAllListeners("request").on("request", (req, res) => {
    if (req.url.startsWith("/fault/")) {
        [, , fault, left] = req.url.split("/");
        return res.end();
    }
    const head = req.method === "PUT" && req.url.endsWith("/docs/head/");
    if (!head || !fault || left-- <= 0) return answer(req, res);
    const [what, when] = fault.split("-");
    const fail = () => {
        if (what === "cut") return req.socket.destroy();
        res.writeHead(Number(what), {"x-ms-retry-after-ms": "1"});
        end.call(res, JSON.stringify({code: "fault", message: "on purpose"}));
    };
    const end = res.end;
    if (when !== "after") return req.resume().on("end", fail);
    res.end = fail;
    res.setHeader = () => res;
    answer(req, res);
});
process.stdin.on("end", () => process.exit()).resume();
"""


def fail_next(url: str, fault: str, times: int = 1) -> None:
    """Let so many of the next writes of a head fail.

    `fault` is a status, or `cut` for a line that is cut; with `-after` the write is
    made all the same.
    """
    with urlopen(f"{url}/fault/{fault}/{times}"):  # noqa: S310 - our own address
        pass


def _folder() -> Path:
    """Where it is installed; what failed in an earlier run is tried again."""
    folder = Path(sys.prefix) / "node" / "cosmosdb-server"
    said = folder / "said"
    if said.exists() and said.read_text():
        shutil.rmtree(folder)
    npm_installed(folder, _PACKAGE)
    return folder


@contextmanager
def cosmos_server(*, mended: bool = True) -> Iterator[str]:
    """The URL of an emulator that runs; skips where npm cannot install it."""
    server = subprocess.Popen(
        ("node", "-e", _MENDED + _SERVE if mended else _SERVE),
        cwd=_folder(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert server.stdout is not None
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"
    finally:
        server.kill()
        server.communicate()
