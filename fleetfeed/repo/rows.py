"""A summary as the texts of a row of the memo, and back, with a check over them."""

import json
import zlib

from fleetfeed.feed.summary import Open, Summary
from fleetfeed.feed.surface_index import Hold
from fleetfeed.util.intervals import Taken
from fleetfeed.util.records import record


@record
class Row:
    """What is stored of the summary of the tree `id` at `path`."""

    path: str
    id: str
    held: str
    open: str
    taken: str
    seal: int

    @property
    def sound(self) -> bool:
        """Whether it is what was written: bytes may have been flipped since."""
        return self.seal == _check(*self.columns[:-1])

    @property
    def columns(self) -> tuple[str | int, ...]:
        """Its values, as they are stored."""
        return self.path, self.id, self.held, self.open, self.taken, self.seal


def _check(*texts: object) -> int:
    return zlib.crc32("\n".join(map(str, texts)).encode("utf-8", "surrogatepass"))


def row_of(path: str, id_: str, summary: Summary) -> Row:
    """`summary`, of the tree `id_` at `path`, as a row."""
    held = json.dumps(summary.holds, separators=(",", ":"))
    lines = (f"{item}\t{row.tree}\t{row.text}" for item, row in summary.open.items())
    taken = {prefix: taken.spans for prefix, taken in summary.taken.items()}
    texts = (path, id_, held, "\n".join(lines), json.dumps(taken))
    return Row(*texts, _check(*texts))


def summary_of(row: Row) -> Summary:
    """The summary that `row` was made of. ValueError and the like where it is none."""
    lines = (line.split("\t", 2) for line in row.open.split("\n") if line)
    taken = json.loads(row.taken).items()
    return Summary(
        tuple(Hold(*hold) for hold in json.loads(row.held)),
        {item: Open(tree, text) for item, tree, text in lines},
        {prefix: Taken(map(tuple, spans)) for prefix, spans in taken},
    )
