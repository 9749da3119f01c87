"""What a strict YAML file is made of: texts, lists and tables, each with its place.

The nodes keep line and column because every later finding about a value has to say
where the value stands.
"""

from fleetfeed.util.records import record


@record
class Scalar:
    """One text. `line` and `column` (1-based, in characters) are where it begins."""

    text: str
    line: int
    column: int


@record
class Listing:
    """A list of texts."""

    items: tuple[Scalar, ...]
    line: int
    column: int


@record
class Table:
    """Names and their nodes, in the order of the file; no name comes twice."""

    entries: tuple[tuple[Scalar, "Node"], ...]
    line: int
    column: int

    def get(self, name: str) -> "Node | None":
        """The node of `name`, or None."""
        for key, node in self.entries:
            if key.text == name:
                return node
        return None


Node = Scalar | Listing | Table


@record
class Dialect:
    """How much of the strict part a kind of file may use.

    `tables` is how many tables may stand inside one another, the file's own
    included; a list may stand in the innermost. `comments_behind` says whether a
    ` #` may stand behind a value on its line.
    """

    name: str
    tables: int
    comments_behind: bool


POST = Dialect("post", tables=1, comments_behind=False)
POLICY = Dialect("policy", tables=3, comments_behind=True)
