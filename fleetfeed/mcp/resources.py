"""What may be read: an item, what is ready, what was said, the schema of answers."""

from dataclasses import dataclass
from urllib.parse import unquote

_SCHEME = "fleetfeed://"


@dataclass(frozen=True, slots=True)
class Readable:
    """Something to read under `path`, and the words of the command that answers.

    A path that ends with `{name}` is a template: what stands there becomes the last
    word, which can be no option.
    """

    path: str
    title: str
    text: str
    words: tuple[str, ...]

    @property
    def uri(self) -> str:
        """Its URI, or the template of URIs."""
        return f"{_SCHEME}{self.path}"

    @property
    def is_template(self) -> bool:
        """Whether there are many of its kind."""
        return self.path.endswith("}")

    def asked(self, uri: str) -> tuple[str, ...] | None:
        """The command line for `uri`; None where it is another's."""
        if not self.is_template:
            return self.words if uri == self.uri else None
        head = self.uri.partition("{")[0]
        name = unquote(uri.removeprefix(head))
        if not uri.startswith(head) or not name or "/" in name:
            return None
        *words, last = self.words
        return (*words, f"{last}={name}") if last != "--" else (*self.words, name)


READABLE = (
    Readable(
        "queue",
        "What can be taken up now",
        "The items that are ready for a claim by your seat: the first hundred.",
        ("active", "--json", "--limit=100", "--ready"),
    ),
    Readable(
        "queue/{lane}",
        "What can be taken up now in a lane",
        "Those of a lane that are ready for a claim by your seat: the first hundred.",
        ("active", "--json", "--limit=100", "--ready", "--lane"),
    ),
    Readable(
        "inbox",
        "What was said to you",
        "The notes to what you hold, are offered or have filed, unseen by you.",
        ("inbox", "--json"),
    ),
    Readable(
        "item/{item}",
        "An item",
        "One item in full: its text, its posts, its notes, who holds it.",
        ("show", "--json", "--"),
    ),
)


def asked(uri: str) -> tuple[str, ...] | None:
    """The command line whose answer `uri` is; None where there is nothing."""
    return next((w for each in READABLE if (w := each.asked(uri))), None)
