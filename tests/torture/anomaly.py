"""What can be wrong with a history, by name."""

from dataclasses import dataclass

KINDS = {
    "out of order": "it stands before what had ended before it began, or behind what "
    "began after its end",
    "went back": "a reading is older than what had been answered before it began",
    "wrong answer": "an answer does not match the feed at its place",
    "refused stands": "a post stands whose command was told that it does not",
    "won is missing": "a command was told that it won, and the feed has other posts of it",
    "twice": "one command has written twice",
    "stranger": "a post that no recorded command can have written",
    "two holders": "two items hold one surface",
    "unlawful": "a post by whom it may not be, or at another epoch",
    "taken early": "a takeover before lease and grace were over",
    "passed": "somebody took a surface whose turn another one had",
    "two at work": "two were at work on one surface at one time",
    "worked on": "it was at work when another one had taken over",
}


@dataclass(frozen=True, slots=True)
class Anomaly:
    """One thing that must not be; `kind` is one of KINDS."""

    kind: str
    message: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.message}"
