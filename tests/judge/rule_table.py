"""Every rule's examples: one that passes and one that is refused, at the least.

One table, for the tests (`test_rules.py`) and for the docs. A row is a feed before, the
files laid over it, and the findings that must come out: all of them, each as code,
`line:column` (`-` where it is about the file or a ref) and a piece of the message.
What only arises between commits and refs is played in a repository (`scene.py`); such
a row says how.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from harness import path
from judge import guard_scene as code
from judge import identity_scene as who
from judge.rule_scene import BEATS, Scene

from fleetfeed.feed.objects import EXECUTABLE, LINK
from fleetfeed.model.findings import Finding

Found = tuple[Finding, ...]


HOW_LEDGER = "received by the server, whose posts are on a ledger"
HOW_QUEUED = "pushed to the server's queue"


@dataclass(frozen=True, slots=True)
class Odd:
    """A file with another mode than a plain one."""

    text: str
    mode: int


@dataclass(frozen=True, slots=True)
class Says:
    """A finding that must come out; it refuses, unless it only warns."""

    code: str
    at: str
    words: str
    warns: bool = False


Files = Mapping[str, "str | bytes | Odd | None"]


@dataclass(frozen=True, slots=True)
class Row:
    """One example of the rule `code`; it fails where it expects that code.

    `after` is laid over `before` (None takes a file away). `policy` judges it. `signs`
    are what is known of every lease. `how` and `play` are filled where git is needed.
    """

    code: str
    name: str
    after: Files = field(default_factory=dict)
    expected: tuple[Says, ...] = ()
    before: Files = field(default_factory=dict)
    policy: str = ""
    signs: str = "unknown"
    how: str = ""
    play: Callable[[Scene], Found] | None = None

    @property
    def fails(self) -> bool:
        """Whether this is the example that breaks the rule."""
        return self.code in {says.code for says in self.expected}


POLICY = "feed/policy.yaml"
NOTE = "feed/notes/2026/11/20261120T155200Z-CAMBER-06-9f3a.yaml"
ONE, TWO, THREE = path("CMB-0001"), path("CMB-0001", 2), path("CMB-0001", 3)
OTHER, OTHER_2 = path("CMB-0002"), path("CMB-0002", 2)
NEWER = path("CMB-0003")

FILED = """\
ITEM: CMB-0001
STATE: AWAITING_CLAIM
SEAT: CAMBER-06
SUBJECT: sort the parser's tests
"""
FILED_2 = FILED.replace("CMB-0001", "CMB-0002")
CLAIM = """\
ITEM: CMB-0001
STATE: IN_PROGRESS
SEAT: CAMBER-06
SUBJECT: sort the parser's tests
SURFACE_KEY: CAMBER:file:tests/parser.py
NO_OVERLAP_PROOF: nobody else works on the parser
"""
BARE = FILED.replace("AWAITING_CLAIM", "IN_PROGRESS")
RIVAL = CLAIM.replace("CMB-0001", "CMB-0002").replace("CAMBER-06", "ORA-02")
CLAIMED = {ONE: CLAIM}
NEXT = "ITEM: CMB-0001\nSTATE: {state}\nSEAT: {seat}\n"
# What an editor that knows no posts may leave behind.
TORN = "ITEM: CMB-0001\nSTATE: IN_PROGRESS\nSEAT:\n"

SEAL = "feed/CMB/000.sealed"
SEALED_HEAD = "# fleetfeed: a sealed shard, version 1 (docs/sealing.md)\n"


def sealed(*posts: tuple[str, str]) -> str:
    """The sealed shard of `posts` (path and text), which is written out here anew."""
    rows = (f"--- # {path[13:]} {len(text)}\n{text}" for path, text in posts)
    return "".join((SEALED_HEAD, *rows))


ENDED = FILED.replace("AWAITING_CLAIM", "DONE")
ENDED_2 = ENDED.replace("CMB-0001", "CMB-0002")
SEALED = {SEAL: sealed((ONE, ENDED)), ONE: None}
SEALED_2 = {SEAL: sealed((OTHER, ENDED_2)), OTHER: None}


def then(state: str, seat: str = "CAMBER-06", more: str = "") -> str:
    """A later post of CMB-0001."""
    return NEXT.format(state=state, seat=seat) + more


def keyed(key: str, more: str = "") -> dict[str, str]:
    """A first post that claims `key`."""
    return {ONE: CLAIM.replace("CAMBER:file:tests/parser.py", key) + more}


def fails(
    code: str,
    name: str,
    after: Files,
    at: str,
    words: str,
    warns: bool = False,
    **more: object,
) -> Row:
    """A row with one finding."""
    says = Says(code, at, words, warns)
    return Row(code, name, after, (says,), **more)  # type: ignore[arg-type]


passes = Row


FILES = (
    passes("FF001", "text in UTF-8", {ONE: FILED.replace("sort", "trier les clés de")}),
    fails("FF001", "text in Latin-1", {ONE: FILED.replace("sort", "clé").encode("latin-1")}, "4:12", "is not UTF-8"),
    passes("FF002", "a line that ends in CR LF", {ONE: FILED.replace("\n", "\r\n")}),
    fails("FF002", "an escape sequence for the terminal", {ONE: FILED.replace("sort", "\x1b[2J")}, "4:10", "U+001B"),
    fails("FF002", "the same, written as an escape", {ONE: FILED.replace("sort the parser's tests", '"\\e[2J"')}, "4:10", "U+001B"),
    passes("FF003", "text from right to left", {ONE: FILED.replace("sort", "שלום")}),
    fails("FF003", "a bidirectional override", {ONE: FILED.replace("sort", "\u202etros")}, "4:10", "U+202E"),
    passes("FF004", "a long body", {ONE: FILED + "BODY: |\n" + "  a line\n" * 7000}),
    fails("FF004", "more than 64 KiB", {ONE: FILED + "BODY: |\n" + "  a line\n" * 8000}, "-", "more than 65536"),
    passes("FF005", "a row of equals signs in a body", {ONE: FILED + "BODY: |\n  =======\n"}),
    fails("FF005", "a conflict that was committed", {ONE: "<<<<<<< HEAD\n" + FILED}, "1:1", "conflict marker"),
    passes("FF006", "a colon in quotes", {ONE: FILED.replace("sort the parser's tests", '"fix: the thing"')}),
    fails("FF006", "a colon in prose", {ONE: FILED.replace("sort the parser's tests", "fix: the thing")}, "4:10", "quote"),
    fails("FF006", "a field without a value", {ONE: FILED + "OWNER:\n"}, "5:1", "OWNER has no value"),
    passes("FF007", "a list of texts", {ONE: FILED + "DEPENDS_ON: [CMB-0002, CMB-0003]\n"}),
    fails("FF007", "a value that is a mapping", {ONE: FILED + "BODY:\n  why: because\n"}, "6:3", "nested too deep"),
    fails("FF007", "two documents", {ONE: FILED + "---\n" + FILED}, "5:1", "second document"),
    passes("FF008", "every field once", {ONE: FILED + "OWNER: ORA-02\n"}),
    fails("FF008", "a field given twice", {ONE: FILED + "STATE: DONE\n"}, "5:1", "STATE is given twice"),
    passes("FF009", "a leading asterisk in quotes", {ONE: FILED.replace("sort the parser's tests", '"*urgent*"')}),
    fails("FF009", "a leading asterisk", {ONE: FILED.replace("sort the parser's tests", "*urgent*")}, "4:10", "alias"),
    passes("FF010", "a number sign in quotes", {ONE: FILED.replace("sort the parser's tests", '"fix #1438"')}),
    passes("FF010", "a comment on a line of its own", {ONE: "# filed by hand\n" + FILED}),
    fails("FF010", "a number sign in prose", {ONE: FILED.replace("sort the parser's tests", "fix #1438 now")}, "4:14", "cuts the text off"),
    passes("FF020", "a post at its place", {ONE: FILED}),
    fails("FF020", "a post in another shard", {"feed/CMB/001/CMB-0001/0001.yaml": FILED}, "-", "feed/CMB/000/CMB-0001"),
    fails("FF020", "an editor's backup", {ONE + "~": FILED}, "-", "no place in a feed"),
    passes("FF021", "a plain file", {ONE: FILED}),
    fails("FF021", "a symbolic link", {ONE: Odd("../0001.yaml", LINK)}, "-", "symbolic link"),
    fails("FF021", "an executable file", {ONE: Odd(FILED, EXECUTABLE)}, "-", "executable file"),
    passes("FF022", "trees as git writes them", how="a push of one commit", play=lambda s: s.push(s.commit({OTHER: FILED_2}))),
    Row(
        "FF022", "a tree with two entries of one name",
        expected=(Says("FF022", "-", "named twice"), Says("FF022", "-", "named twice")),
        how="a push of a commit whose feed tree names `policy.yaml` twice",
        play=lambda s: s.push(s.doubled(POLICY, "ref: refs/heads/main\n", "stewards: [X]\n")),
    ),
    passes("FF023", "names that differ", {ONE: FILED, NOTE: "SEAT: CAMBER-06\nBODY: a word\n"}),
    Row("FF023", "names that differ in case", {ONE: FILED, "feed/cmb/000/CMB-0001/0001.yaml": FILED}, (
        Says("FF020", "-", "a feed's folders are"), Says("FF023", "-", "letter case"))),
    passes("FF024", "a post sealed, its file gone", SEALED, before={ONE: ENDED}),
    fails("FF024", "a post sealed, its file left", {SEAL: sealed((ONE, ENDED))}, "-", "a post that is sealed already", before={ONE: ENDED}),
    fails("FF024", "a post that is shorter than its line says", {SEAL: sealed((ONE, ENDED)) + f"--- # CMB-0002/0001.yaml 999\n{ENDED_2}", ONE: None},
          "-", "does not end where its line says", before={ONE: ENDED}),
)  # fmt: skip

FIELDS = (
    passes("FF101", "what every post needs", {ONE: FILED}),
    fails("FF101", "a post without a seat", {ONE: FILED.replace("SEAT: CAMBER-06\n", "")}, "-", "SEAT is missing"),
    fails("FF101", "a first post without a subject", {ONE: then("PARKED")}, "-", "SUBJECT is missing"),
    fails("FF101", "a note without a body", {NOTE: "SEAT: CAMBER-06\n"}, "-", "BODY is missing"),
    passes("FF102", "a field that the policy declares", {ONE: FILED + "WORK_PROOF: none yet\n"}, policy="fields: {WORK_PROOF: {level: warn}}\n"),
    fails("FF102", "a misspelt field", {ONE: FILED + "SURFACEKEY: CAMBER:file:a\n"}, "5:1", "did you mean SURFACE_KEY?"),
    passes("FF103", "a lease of two hours", {ONE: FILED + "LEASE: 2h\n"}),
    fails("FF103", "a lease in words", {ONE: FILED + "LEASE: two hours\n"}, "5:8", "write 90s, 30m, 2h, 1d or none"),
    fails("FF103", "a state that there is not", {ONE: FILED.replace("AWAITING_CLAIM", "OPEN")}, "2:8", "no state"),
    fails("FF103", "a time without Z", {ONE: FILED + "AT: 2026-05-03T18:55:12\n"}, "5:5", "UTC"),
    passes("FF103", "an item for a pool", {ONE: FILED + "OWNER: any-idle\n"}, policy="pools: {any-idle: [CAMBER-06]}\n"),
    fails("FF103", "a pool as the holder", {ONE: CLAIM + "OWNER: Any-Idle\n"}, "7:8", "a pool cannot hold an item; name a seat", policy="pools: {any-idle: [CAMBER-06]}\n"),
    passes("FF104", "a number padded to four digits", {ONE: FILED + "PARENT: CMB-0036\n"}),
    fails("FF104", "a number that is not padded", {ONE: FILED + "PARENT: CMB-36\n"}, "5:9", "write CMB-0036"),
    passes("FF105", "the path's item", {ONE: FILED}),
    fails("FF105", "another item than the path's", {OTHER: FILED}, "1:7", "the path says CMB-0002"),
    fails("FF105", "another seat than the note's path", {NOTE: "SEAT: ORA-02\nBODY: a word\n"}, "1:7", "the path says CAMBER-06"),
    passes("FF106", "a note", {NOTE: "SEAT: CAMBER-06\nITEM: CMB-0001\nBODY: looks good\n"}),
    fails("FF106", "a note with a state", {NOTE: "SEAT: CAMBER-06\nSTATE: DONE\nBODY: looks good\n"}, "2:8", "carries no STATE"),
    fails("FF106", "two owners", {ONE: FILED + "OWNER: [ORA-02, ORA-03]\n"}, "5:8", "not a list"),
    passes("FF107", "the field that the policy wants", {ONE: FILED + "COST: low\n"}, policy="fields: {COST: {states: [AWAITING_CLAIM], level: reject}}\n"),
    fails("FF107", "without it", {ONE: FILED}, "-", "wants COST", policy="fields: {COST: {states: [AWAITING_CLAIM], level: reject}}\n"),
    fails("FF107", "at the end of an item, a warning at most", {TWO: then("DONE")}, "-", "wants COST", warns=True, before=CLAIMED, policy="fields: {COST: {states: [DONE], level: reject}}\n"),
)  # fmt: skip

SURFACES = (
    passes("FF201", "signs that a key may have", keyed("CAMBER:branch:fix/a_b-c.d@2+1#3")),
    passes("FF201", "any character of a path", keyed("CAMBER:file:app/[id]/Übersicht (2).md")),
    fails("FF201", "a pattern", keyed("CAMBER:file:src/*.py"), "5:14", "name the folder"),
    fails("FF201", "an empty segment", keyed("CAMBER:file:src//a"), "5:14", "empty segment"),
    passes("FF202", "lane, family, artifact", keyed("CAMBER:branch:my-branch")),
    fails("FF202", "one segment", keyed("my-branch"), "5:14", "one segment"),
    passes("FF203", "a key with four segments", keyed("HEARTWOOD:fixture-proof:job-1:auto-baseline")),
    fails("FF203", "a whole family", keyed("CAMBER:all-bt"), "5:14", "whole family"),
    fails("FF203", "everything", keyed("CAMBER:file:all"), "5:14", "says everything"),
    passes("FF204", "one of the policy's lanes", keyed("camber:file:a"), policy="lanes: [CAMBER, ORA]\n"),
    fails("FF204", "a misspelt lane", keyed("CAMBRE:file:a"), "5:14", "use one of CAMBER, ORA", policy="lanes: [CAMBER, ORA]\n"),
    passes("FF205", "two keys", keyed('["CAMBER:file:a", "CAMBER:file:b"]')),
    fails("FF205", "one key inside the other", keyed('["CAMBER:file:src", "CAMBER:file:src/a"]'), "5:14", "keep the broader"),
    passes("FF206", "a claim with a proof", CLAIMED),
    fails("FF206", "a claim without", {ONE: CLAIM.rsplit("NO_", 1)[0]}, "5:14", "add `NO_OVERLAP_PROOF"),
    passes("FF207", "a proof that says something", CLAIMED),
    fails("FF207", "a proof that says nothing", {ONE: CLAIM.replace("nobody else works on the parser", "n/a")}, "6:19", "says nothing"),
    fails("FF207", "items alone", {ONE: CLAIM.replace("nobody else works on the parser", "apart from CMB-0002")}, "6:19", "names items alone", before={OTHER: FILED_2}),
    passes("FF208", "a proof that names the neighbour", {ONE: CLAIM.replace("nobody", "CMB-0002 is about the lexer, nobody")},
           before={OTHER: RIVAL.replace("tests/parser", "tests/lexer")}),
    fails("FF208", "a proof that does not", CLAIMED, "6:19", "name CMB-0002", warns=True, before={OTHER: RIVAL.replace("tests/parser", "tests/lexer")}),
    fails("FF208", "half-done work, of which the proof says nothing", CLAIMED, "6:19", "is near (CAMBER:file:tests/parser.py, half-done, BLOCKED)", warns=True,
          before={OTHER: RIVAL.replace("IN_PROGRESS", "BLOCKED")}),
    passes("FF209", "a post with a surface", CLAIMED, policy="surface: required\n"),
    passes("FF209", "a post at rest without", {ONE: FILED.replace("AWAITING_CLAIM", "PARKED")}, policy="surface: required\n"),
    passes("FF209", "a claim that says why it needs none", {ONE: BARE + "SURFACE_KEY: none\nREASON: an objective, its parts have keys\n"}, policy="surface: required\n"),
    fails("FF209", "an active post without", {ONE: FILED}, "-", "add `SURFACE_KEY", policy="surface: required\n"),
    passes("FF210", "a family that is listed", CLAIMED, policy="families: {file: {}}\n"),
    passes("FF210", "another name of one", CLAIMED, policy="families: {path: {}}\naliases: {file: path}\n"),
    fails("FF210", "a misspelt one", {ONE: CLAIM.replace(":file:", ":flie:")}, "5:14", "write file", warns=True, policy="families: {file: {}}\n"),
    fails("FF210", "the same where it is refused", {ONE: CLAIM.replace(":file:", ":flie:")}, "5:14", "write file", policy="families: {file: {}}\nunknown_family: reject\n"),
    fails("FF209", "a claim without, where the policy says nothing of it", {ONE: BARE}, "-", "so nobody is kept from this work; add `SURFACE_KEY", warns=True),
)  # fmt: skip

TAKEN = then("IN_PROGRESS", "ORA-02", "EPOCH: 2\nREASON: CAMBER-06 is gone\n")

ITEMS = (
    passes("FF301", "the holder ends its work", {TWO: then("DONE")}, before=CLAIMED),
    fails("FF301", "a stranger ends it", {TWO: then("DONE", "ORA-02", "EPOCH: 2\n")}, "3:7", "the holder CAMBER-06, or a steward", before=CLAIMED),
    passes("FF302", "reopened with a reason", {THREE: then("PARKED", more="EPOCH: 2\nREASON: it came back\n")}, before={**CLAIMED, TWO: then("DONE")}),
    fails("FF302", "reopened without", {THREE: then("PARKED", more="EPOCH: 2\n")}, "-", "add `REASON", before={**CLAIMED, TWO: then("DONE")}),
    passes("FF303", "a claim that repeats the subject", {TWO: CLAIM}, before={ONE: FILED}),
    fails("FF303", "a claim about something else", {TWO: CLAIM.replace("sort", "drop")}, "4:10", "take a number of your own", before={ONE: FILED}),
    passes("FF304", "the epoch after the post", {TWO: then("DONE", more="EPOCH: 1\n")}, before=CLAIMED),
    fails("FF304", "another epoch", {TWO: then("DONE", more="EPOCH: 2\n")}, "4:8", "write `EPOCH: 1`", before=CLAIMED),
    passes("FF305", "EPOCH from 2 on", {THREE: then("DONE", "ORA-02", "EPOCH: 2\n")}, before={**CLAIMED, TWO: TAKEN}),
    fails("FF305", "left out after a takeover", {THREE: then("DONE", "ORA-02")}, "-", "add `EPOCH: 2`", before={**CLAIMED, TWO: TAKEN}),
    passes("FF306", "the next number", {TWO: then("DONE")}, before=CLAIMED),
    fails("FF306", "a number left out", {THREE: then("DONE")}, "-", "is number 2, not 3", before=CLAIMED),
    passes("FF307", "a hundred further", {path("CMB-0101"): FILED.replace("CMB-0001", "CMB-0101")}, before={ONE: FILED}),
    fails("FF307", "a stray number", {path("CMB-394196"): FILED.replace("CMB-0001", "CMB-394196")}, "-", "the next free number is CMB-0002", before={ONE: FILED}),
    passes("FF308", "one of the policy's prefixes", {ONE: FILED}, policy="prefixes: {CMB: CAMBER}\n"),
    fails("FF308", "a misspelt prefix", {path("CBM-0001"): FILED.replace("CMB-0001", "CBM-0001")}, "1:7", "use one of CMB", policy="prefixes: {CMB: CAMBER}\n"),
    passes("FF309", "the post after an unreadable one", {THREE: then("DONE", more="REPAIRS: 2\n")}, before={**CLAIMED, TWO: TORN}),
    fails("FF309", "without REPAIRS", {THREE: then("DONE")}, "-", "add `REPAIRS: 2`", before={**CLAIMED, TWO: TORN}),
    passes("FF310", "nothing repaired, nothing said", {TWO: then("DONE")}, before=CLAIMED),
    fails("FF310", "a readable post repaired", {TWO: then("DONE", more="REPAIRS: 1\n")}, "4:10", "take REPAIRS out", before=CLAIMED),
    fails("FF310", "an older unreadable post repaired", {path("CMB-0001", 4): then("DONE", more="REPAIRS: 2\n")}, "4:10", "write `REPAIRS: 3`", before={**CLAIMED, TWO: TORN, THREE: TORN}),
    passes("FF311", "two items that wait for a third", {ONE: FILED + "DEPENDS_ON: [CMB-0002, CMB-0003]\n"}, before={OTHER: FILED_2 + "DEPENDS_ON: CMB-0003\n"}),
    fails("FF311", "two items that wait for each other", {ONE: FILED + "DEPENDS_ON: [CMB-0003, CMB-0002]\n"}, "5:13", "CMB-0001 -> CMB-0002 -> CMB-0001; take CMB-0002 out", before={OTHER: FILED_2 + "DEPENDS_ON: CMB-0001\n"}),
    fails("FF311", "an item that waits for itself", {ONE: FILED + "DEPENDS_ON: CMB-0001\n"}, "5:13", "CMB-0001 -> CMB-0001; take CMB-0001 out of DEPENDS_ON"),
    passes("FF312", "a claim upon what is done", {TWO: CLAIM}, before={ONE: FILED + "DEPENDS_ON: CMB-0002\n", OTHER: ENDED_2}, policy="depends: reject\n"),
    fails("FF312", "a claim upon what is not", {TWO: CLAIM}, "-", "it depends on CMB-0002 (AWAITING_CLAIM, CAMBER-06); `fleetfeed claim CMB-0002`", before={ONE: FILED + "DEPENDS_ON: CMB-0002\n", OTHER: FILED_2}, policy="depends: reject\n"),
    fails("FF312", "the same, where the policy says nothing of it", {TWO: CLAIM}, "-", "cannot be begun yet", warns=True, before={ONE: FILED + "DEPENDS_ON: CMB-0002\n", OTHER: FILED_2}),
    fails("FF312", "upon what was cancelled", {ONE: CLAIM + "DEPENDS_ON: CMB-0002\n"}, "7:13", "CMB-0002 was cancelled: change DEPENDS_ON", before={OTHER: ENDED_2.replace("DONE", "CANCELLED")}, policy="depends: reject\n"),
)  # fmt: skip

FEED = (
    passes("FF401", "another surface", {OTHER: RIVAL.replace("parser.py", "parser.py.bak").replace("nobody", "unlike CMB-0001, nobody")}, before=CLAIMED),
    passes("FF401", "parked, and claimed by another, in one push", {TWO: then("PARKED"), OTHER: RIVAL.replace("nobody", "CMB-0001 is parked for it, nobody")}, before=CLAIMED),
    fails("FF401", "the same surface", {OTHER: RIVAL}, "5:14", "COLLIDE-WITH-CMB-0001: CAMBER-06 holds", before=CLAIMED),
    fails("FF401", "a part of it", {OTHER: RIVAL.replace("parser.py", "parser.py:TestLoops")}, "5:14", "COLLIDE-WITH-CMB-0001", before=CLAIMED),
    Row("FF401", "two in one push", {**CLAIMED, OTHER: RIVAL}, (
        Says("FF401", "5:14", "COLLIDE-WITH-CMB-0002"), Says("FF401", "5:14", "COLLIDE-WITH-CMB-0001"))),
    passes("FF402", "the new thing in a new post", {TWO: then("IN_PROGRESS", more="BODY: nearly there\n")}, before=CLAIMED),
    fails("FF402", "a published post edited", {ONE: CLAIM.replace("sort", "drop")}, "-", "may not be edited", before=CLAIMED),
    fails("FF402", "a published post removed", {ONE: None}, "-", "may not be removed", before=CLAIMED),
    passes("FF403", "a policy", {POLICY: "ref: refs/heads/main\nstewards: [FLEET-01]\n"}),
    Row("FF403", "a misspelt key", {POLICY: "stewarts: [FLEET-01]\n"}, (
        Says("FF403", "-", "could not be read"), Says("FF403", "1:1", "did you mean stewards?"))),
    passes("FF404", "the policy first, by itself", how="a push of two commits",
           play=lambda s: s.push(s.commit({POLICY: "stewards: [FLEET-01]\n"}), s.commit({OTHER: FILED_2}))),
    Row("FF404", "policy and post in one commit", expected=(Says("FF404", "-", "make it two"),), how="a push of one commit",
        play=lambda s: s.push(s.commit({POLICY: "stewards: [FLEET-01]\n", OTHER: FILED_2}))),
    passes("FF405", "a push that goes forward", how="received by the server", play=lambda s: s.receive(s.moved(s.commit({TWO: then("DONE")})))),
    Row("FF405", "the feed ref deleted", expected=(Says("FF405", "-", "may not be deleted"),), how="received by the server",
        play=lambda s: s.receive(s.moved(None))),
    Row("FF405", "the feed ref set back", expected=(Says("FF405", "-", "would be rewritten"),), how="received by the server: a commit on the tip's parent",
        play=lambda s: s.receive(s.moved(s.commit({NOTE: "SEAT: CAMBER-06\nBODY: a word\n"}, parent=s.first)))),
    passes("FF406", "a policy that names the feed ref", {POLICY: "ref: refs/heads/main\n"}),
    fails("FF406", "a policy that names another", {POLICY: "ref: refs/heads/other\n"}, "-", "put `ref: refs/heads/main` back"),
    fails("FF406", "the policy that names the feed ref removed", {POLICY: None}, "-", "without a policy it would be refs/heads/main; put the policy back",
          before={POLICY: "ref: refs/heads/feed\n"}, policy="ref: refs/heads/feed\n"),
    passes("FF406", "a policy that names the default removed", {POLICY: None}, before={POLICY: "ref: refs/heads/main\n"}),
    passes("FF407", "a branch of one's own", how="received by the server", play=lambda s: s.receive((None, s.tip, "refs/heads/mine"))),
    Row("FF407", "a replacement", expected=(Says("FF407", "-", "leave it out"),), how="received by the server",
        play=lambda s: s.receive((None, s.tip, "refs/replace/" + s.tip))),
    passes("FF408", "a new draft", how="committed, on top of a draft", play=lambda s: s.plan({OTHER: FILED_2})),
    Row("FF408", "a draft edited", expected=(Says("FF408", "-", "fine with --amend", warns=True),), how="committed, on top of the draft",
        play=lambda s: s.plan({TWO: then("PARKED")})),
    passes("FF409", "each commit whole", how="a push of two commits",
           play=lambda s: s.push(s.commit({OTHER: FILED_2}), s.commit({OTHER_2: then("PARKED").replace("CMB-0001", "CMB-0002")}))),
    Row("FF409", "a post edited on its way", expected=(Says("FF409", "-", "alters this post"),), how="a push of two commits, the second edits the first's post",
        play=lambda s: s.push(s.commit({OTHER: FILED_2}), s.commit({OTHER: FILED_2.replace("sort", "drop")}))),
    passes("FF410", "every object there", how="a push", play=lambda s: s.push(s.commit({TWO: then("DONE")}))),
    Row("FF410", "a post's bytes lost", expected=(Says("FF410", "-", "is missing here"),), how="a push of a commit whose blob was deleted",
        play=lambda s: s.push(s.commit({TWO: then("DONE")}), lost=TWO)),
    passes("FF411", "the feed ref under one name", how="received by the server", play=lambda s: s.receive(s.moved(s.commit({TWO: then("DONE")})), (None, s.tip, "refs/heads/mine"))),
    Row("FF411", "under two", expected=(Says("FF411", "-", "push one of them"),), how="received by the server, whose `refs/heads/master` is a symbolic ref to the feed ref",
        play=lambda s: s.linked("refs/heads/master").receive(s.moved(s.commit({TWO: then("DONE")})), (s.tip, s.first, "refs/heads/master"))),
    passes("FF412", "posts alone", how="received by the server", play=lambda s: s.receive(s.moved(s.commit({TWO: then("DONE")})))),
    Row("FF412", "posts and a beat", expected=(Says("FF412", "-", "push them apart"),), how="received by the server",
        play=lambda s: s.receive(s.moved(s.commit({TWO: then("DONE")})), (None, s.tip, BEATS))),
    passes("FF413", "an item that is done", SEALED, before={ONE: ENDED}),
    passes("FF413", "a reopened item, sealed up to where it was done", {**SEALED, TWO: then("PARKED", more="REASON: it came back\n")}, before={ONE: ENDED}),
    fails("FF413", "an item that waits", {SEAL: sealed((ONE, FILED)), ONE: None}, "-", "CMB-0001 of CAMBER-06 is AWAITING_CLAIM by what is sealed", before={ONE: FILED}),
    passes("FF414", "a post, and then its seal", how="a push of two commits", play=lambda s: s.push(s.commit({OTHER: ENDED_2}), s.commit(SEALED_2))),
    Row("FF414", "a post that comes with the seal", expected=(Says("FF414", "-", "none before it had the post"),), how="a push of one commit",
        play=lambda s: s.push(s.commit({SEAL: sealed((OTHER, ENDED_2))}))),
    passes("FF415", "two posts on one older tip", how=HOW_QUEUED, play=lambda s: s.queued(s.commit({TWO: then("DONE")}), s.commit({OTHER: FILED_2}, s.published))),
    Row("FF415", "the same number twice", expected=(Says("FF415", "-", "fetch, and post what is still true"),), how=HOW_QUEUED,
        play=lambda s: s.queued(s.commit({TWO: then("DONE")}), s.commit({TWO: then("BLOCKED")}, s.published))),
    Row("FF415", "another file beside a post", expected=(Says("FF415", "-", "may bring posts alone"),), how=HOW_QUEUED,
        play=lambda s: s.queued(s.commit({TWO: then("DONE")}), s.commit({OTHER: FILED_2, "README": "hello"}, s.published))),
    Row("FF415", "rules on an older tip", expected=(Says("FF415", "-", "may bring posts alone"),), how=HOW_QUEUED,
        play=lambda s: s.queued(s.commit({TWO: then("DONE")}), s.commit({"feed/policy.yaml": "ref: refs/heads/main\n"}, s.published))),
    passes("FF416", "a post that was exported", how=HOW_LEDGER, play=lambda s: s.exported({TWO: then("DONE")}, s.commit({TWO: then("DONE")}))),
    Row("FF416", "a post that the ledger has not", expected=(Says("FF416", "-", "it is not on the ledger"),), how=HOW_LEDGER,
        play=lambda s: s.exported({}, s.commit({TWO: then("DONE")}))),
    Row("FF416", "a post that the ledger has otherwise", expected=(Says("FF416", "-", "the ledger has it otherwise"),), how=HOW_LEDGER,
        play=lambda s: s.exported({TWO: then("BLOCKED")}, s.commit({TWO: then("DONE")}))),
    Row("FF416", "a post that is on the ledger, taken away", expected=(Says("FF416", "-", "here it is taken away"),), how=HOW_LEDGER,
        play=lambda s: s.exported({ONE: "x"}, s.commit({ONE: None}))),
)  # fmt: skip

# CMB-0001 is at work; CMB-0002 is first in line, CMB-0003 comes after it.
WAITS = (
    CLAIM.replace("CMB-0001", "CMB-0002")
    .replace("IN_PROGRESS", "PARKED")
    .replace("CAMBER-06", "ORA-02")
)
LATER = WAITS.replace("CMB-0002", "CMB-0003").replace("ORA-02", "ORA-03") + "TURN: 2\n"
IN_LINE = {ONE: CLAIM, OTHER: WAITS + "TURN: 1\n"}
FREED = {**IN_LINE, TWO: then("DONE")}
JUMPS = {
    NEWER: CLAIM.replace("CMB-0001", "CMB-0003")
    .replace("CAMBER-06", "ORA-03")
    .replace("nobody", "CMB-0001 is done, CMB-0002 waits, nobody")
}
HAS_TURN = {
    OTHER_2: then(
        "IN_PROGRESS", "ORA-02", "NO_OVERLAP_PROOF: CMB-0001 is done\n"
    ).replace("ITEM: CMB-0001", "ITEM: CMB-0002")
}

LEASES = (
    passes("FF501", "the lease has lapsed", {TWO: TAKEN}, before=CLAIMED, signs="lapsed"),
    fails("FF501", "nobody can tell", {TWO: TAKEN}, "2:8", "cannot be told here", before=CLAIMED),
    passes("FF502", "the lease has lapsed", {TWO: TAKEN}, before=CLAIMED, signs="lapsed"),
    fails("FF502", "the lease still runs", {TWO: TAKEN}, "2:8", "90 s more", before=CLAIMED, signs="alive"),
    passes("FF503", "a lease as long as the policy's longest", {ONE: FILED + "LEASE: 7d\n"}),
    passes("FF503", "a lease without end where that is allowed", {ONE: FILED + "LEASE: none\n"}, policy="leases: {indefinite: true}\n"),
    fails("FF503", "a lease that is too long", {ONE: FILED + "LEASE: 8d\n"}, "5:8", "up to 7d"),
    fails("FF503", "a lease without end", {ONE: FILED + "LEASE: none\n"}, "5:8", "not allowed"),
    passes("FF504", "a beat while the lease runs", how="received by the server, 23 hours after another, under a lease of 24 hours", play=lambda s: s.beat(hours=23)),
    Row("FF504", "a beat when it is over", expected=(Says("FF504", "-", "is late"),), how="received by the server, 24 hours after another, under a lease of 24 hours",
        play=lambda s: s.beat(hours=24)),
    passes("FF505", "a beat of the holder", how="received by the server", play=lambda s: s.beat()),
    passes("FF506", "the next place in line", {NEWER: LATER}, before=IN_LINE),
    fails("FF506", "a place that another has", {NEWER: LATER.replace("TURN: 2", "TURN: 1")}, "7:7", "is 2, not 1", before=IN_LINE),
    fails("FF506", "a place behind nobody", {OTHER: WAITS + "TURN: 3\n"}, "7:7", "is 1, not 3", before=CLAIMED),
    fails("FF506", "a place for what is in work", {TWO: then("IN_PROGRESS", more="TURN: 1\n")}, "4:7", "take TURN out", before=CLAIMED),
    fails("FF506", "a place for nothing", {ONE: FILED.replace("AWAITING_CLAIM", "PARKED") + "TURN: 1\n"}, "5:7", "names no surface"),
    passes("FF507", "the first in line has its turn", HAS_TURN, before=FREED),
    passes("FF507", "the first in line has had its turn", JUMPS, before=FREED, signs="lapsed"),
    fails("FF507", "somebody else comes first", JUMPS, "5:14", "kept for ORA-02 by CMB-0002", before=FREED, signs="alive"),
    Row("FF505", "beats taken away", expected=(Says("FF505", "-", "is in progress"),), how="received by the server, while the item is in progress",
        play=lambda s: s.receive((s.tip, None, BEATS))),
)  # fmt: skip

CAMBERS = 'lanes: {CAMBER: {seats: ["CAMBER-*"]}}\n'
KEY = "SURFACE_KEY: CAMBER:file:tests/parser.py\nNO_OVERLAP_PROOF: nobody else parses\n"
EVICTS = NEXT.format(state="CANCELLED", seat="FLEET-01") + "EPOCH: 2\nREASON: asleep\n"
HOW_AGREED = (
    "a push to a feed in mode `signed`, by `stewards_sign: 2` and `agreed: [evict]`"
)
HOW_SIGNED = "a push to a feed in mode `signed`"
IDENTITY = (
    passes("FF601", "a post of one's own", how=HOW_SIGNED, play=lambda s: who.pushed(who.guarded(s), who.key("CAMBER-06"), {TWO: then("DONE")})),
    Row("FF601", "a post in another's name", expected=(Says("FF601", "3:7", "may not speak for CAMBER-06, who says DONE on CMB-0001; it speaks for CAMBER-07"),), how=HOW_SIGNED,
        play=lambda s: who.pushed(who.guarded(s), who.key("CAMBER-07"), {TWO: then("DONE")})),
    passes("FF602", "signed", how=HOW_SIGNED, play=lambda s: who.pushed(who.guarded(s), who.key("CAMBER-06"), {TWO: then("PARKED")})),
    Row("FF602", "not signed", expected=(Says("FF602", "-", "is not signed"),), how=HOW_SIGNED,
        play=lambda s: who.pushed(who.guarded(s), None, {TWO: then("DONE")})),
    passes("FF603", "by a certificate of the feed's authority", how=HOW_SIGNED,
           play=lambda s: who.pushed(who.guarded(s), who.certificate("CAMBER-06", valid="-1h:+1h"), {TWO: then("DONE")})),
    Row("FF603", "by a key that nobody knows", expected=(Says("FF603", "-", "which the feed's allowed_signers does not"),), how=HOW_SIGNED,
        play=lambda s: who.pushed(who.guarded(s), who.key("stranger"), {TWO: then("DONE")})),
    passes("FF604", "by a certificate that is valid", how=HOW_SIGNED,
           play=lambda s: who.pushed(who.guarded(s), who.certificate("CAMBER-*", valid="-1h:+1h"), {TWO: then("DONE")})),
    Row("FF604", "by one that is over", expected=(Says("FF604", "-", "expired"),), how=HOW_SIGNED,
        play=lambda s: who.pushed(who.guarded(s), who.certificate("CAMBER-06", valid="-2h:-1h"), {TWO: then("DONE")})),
    passes("FF605", "another's key is revoked", how=HOW_SIGNED,
           play=lambda s: who.pushed(who.guarded(s, revoked=("CAMBER-07",)), who.key("CAMBER-06"), {TWO: then("DONE")})),
    Row("FF605", "the key is revoked", expected=(Says("FF605", "-", "which is revoked"),), how=HOW_SIGNED,
        play=lambda s: who.pushed(who.guarded(s, revoked=("CAMBER-06",)), who.key("CAMBER-06"), {TWO: then("DONE")})),
    passes("FF606", "a signature over the commit", how=HOW_SIGNED,
           play=lambda s: who.pushed(who.guarded(s), who.key("CAMBER-06"), {TWO: then("BLOCKED", more="REASON: rain\n")})),
    Row("FF606", "one that was made for another", expected=(Says("FF606", "-", "not over this"),), how=HOW_SIGNED,
        play=lambda s: who.moved(who.guarded(s), {TWO: then("DONE")})),
    passes("FF607", "a login that the policy knows", how="received in mode `pusher`", play=lambda s: who.received(who.guarded(s, who.PUSHED), "alice", {TWO: then("DONE")})),
    Row("FF607", "one that it does not", expected=(Says("FF607", "-", "mallory"),), how="received in mode `pusher`",
        play=lambda s: who.received(who.guarded(s, who.PUSHED), "mallory", {TWO: then("DONE")})),
    Row("FF607", "a server that was not told where logins come from", expected=(Says("FF607", "-", "has not recorded"),), how="received in mode `pusher`",
        play=lambda s: who.received(who.guarded(s, who.PUSHED), None, {TWO: then("DONE")})),
    passes("FF608", "a policy by a steward", how=HOW_SIGNED, play=lambda s: who.pushed(who.guarded(s), who.key("FLEET-02"), {POLICY: who.SIGNED + "proof: reject\n"})),
    Row("FF608", "by another seat", expected=(Says("FF608", "-", "speaks for no steward; ask a steward (FLEET-01, FLEET-02)"),), how=HOW_SIGNED,
        play=lambda s: who.pushed(who.guarded(s), who.key("CAMBER-06"), {POLICY: who.SIGNED + 'roster: ["*"]\n'})),
    passes("FF609", "a change that two stewards sign", how="a push to a feed in mode `signed`, by `stewards_sign: 2`",
           play=lambda s: who.approved(who.guarded(s, who.TWO), who.TWO + "proof: reject\n")),
    Row("FF609", "by one", expected=(Says("FF609", "-", "by 2 stewards, and 1 signed this"),), how="a push to a feed in mode `signed`, by `stewards_sign: 2`",
        play=lambda s: who.pushed(who.guarded(s, who.TWO), who.key("FLEET-01"), {POLICY: who.TWO + "proof: reject\n"})),
    passes("FF610", "stewards who have a login", {POLICY: "identity: {mode: pusher}\nstewards: [FLEET-01]\nlogins: {frank: [FLEET-01]}\n"}),
    fails("FF610", "stewards who have none", {POLICY: "identity: {mode: pusher}\nstewards: [FLEET-01]\n"}, "-", "nobody could; add them first"),
    fails("FF610", "a signed feed without signers", {POLICY: "identity: {mode: signed}\nstewards: [FLEET-01]\n"}, "-", "stand in allowed_signers"),
    passes("FF611", "in a lane of one's own", CLAIMED, policy=CAMBERS),
    passes("FF611", "filed for one of that lane", {ONE: FILED.replace("CAMBER-06", "ORA-02") + KEY + "OWNER: CAMBER-06\n"}, policy=CAMBERS),
    fails("FF611", "in another's", {ONE: CLAIM.replace("CAMBER-06", "ORA-02")}, "3:7",
          "ORA-02 may not claim in lane CAMBER (CAMBER:file:tests/parser.py); CAMBER-* may: name one of them (`OWNER: …`)", policy=CAMBERS),
    passes("FF612", "a seat that is on the roster", {ONE: FILED}, policy='roster: ["CAMBER-*"]\n'),
    fails("FF612", "one that is not", {ONE: FILED}, "3:7", "is not on the roster; write CAMBER-05, or have a steward add it", policy="roster: [CAMBER-05, ORA-01]\n", warns=True),
    fails("FF612", "an owner that is not", {ONE: FILED + "OWNER: ORA-02\n"}, "5:8", "is not on the roster", policy='roster: ["CAMBER-*"]\nunknown_seat: reject\n'),
    passes("FF613", "an evict that two stewards agree to", how=HOW_AGREED,
           play=lambda s: who.evicted(who.guarded(s, who.AGREED), {TWO: EVICTS}, who.EVICT)),
    Row("FF613", "an evict by one", expected=(Says("FF613", "2:8", "FLEET-01 acts on CMB-0001 of CAMBER-06, which wants that 2 stewards sign: `fleetfeed approve CMB-0001 evict --by FLEET-01` prints"),), how=HOW_AGREED,
        play=lambda s: who.evicted(who.guarded(s, who.AGREED), {TWO: EVICTS})),
    Row("FF613", "what a steward agreed to was another act", expected=(Says("FF613", "2:8", "1 of 2 stewards stand behind it; the approval of key SHA256:"),), how=HOW_AGREED,
        play=lambda s: who.evicted(who.guarded(s, who.AGREED), {TWO: EVICTS}, who.EVICT.replace("CMB-0001", "CMB-0007"))),
    passes("FF614", "a beat of the holder's login", how="received in mode `pusher`", play=lambda s: who.beaten(who.guarded(s, who.PUSHED), "alice")),
    Row("FF614", "a steward's beat", expected=(Says("FF614", "-", "CAMBER-06"),), how="received in mode `pusher`",
        play=lambda s: who.beaten(who.guarded(s, who.PUSHED), "frank")),
    passes("FF615", "dated today", how=HOW_SIGNED, play=lambda s: who.pushed(who.guarded(s), who.key("CAMBER-06"), {OTHER: FILED_2})),
    Row("FF615", "dated tomorrow", expected=(Says("FF615", "-", "later than the server's clock"),), how=HOW_SIGNED,
        play=lambda s: who.ahead(who.guarded(s), {TWO: then("DONE")})),
    passes("FF616", "a key and its seat", {"feed/allowed_signers": "CAMBER-06 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJycO7fx8pXQbTKYDERYMG1ABToBHu/7XhugCYdGFTup\n"}),
    fails("FF616", "a key that is none", {"feed/allowed_signers": "CAMBER-06 ssh-ed25519 AAAA\n"}, "1:11", "cannot be read: it is cut off; write"),
    passes("FF617", "on top of the feed ref", how=HOW_SIGNED, play=lambda s: who.pushed(who.guarded(s), who.key("CAMBER-06"), {OTHER: FILED_2, TWO: then("DONE")})),
    Row("FF617", "the feed ref merged into something else", expected=(Says("FF617", "-", "`git rebase`"),), how=HOW_SIGNED,
        play=lambda s: who.merged(who.guarded(s), {OTHER: FILED_2})),
)  # fmt: skip

HOW_CHANGED = 'by `paths: {"web/**": "CAMBER:file"}`, CAMBER-07 holding CAMBER:file:web/a.ts by CMB-0001@2'
CODE = (
    passes("FF701", "changed by the holder", how=HOW_CHANGED, play=lambda s: code.committed(s, "CAMBER-07", "web/a.ts")),
    passes("FF701", "a path that is mapped to nothing", how=HOW_CHANGED, play=lambda s: code.committed(s, "CAMBER-06", "web/gen/a.ts")),
    passes("FF701", "pushed in its holder's name", how=HOW_CHANGED, play=lambda s: code.received(s, "CMB-0001@2", "web/a.ts")),
    Row("FF701", "changed by another seat", expected=(Says("FF701", "-", "web/a.ts lies under CAMBER:file:web/a.ts, which CMB-0001@2 of CAMBER-07 holds since 2026-05-03T18:55:12Z; wait (`fleetfeed wait CMB-0001`), write a note"),),
        how=HOW_CHANGED, play=lambda s: code.committed(s, "CAMBER-06", "web/a.ts")),
    Row("FF701", "in other letters", expected=(Says("FF701", "-", "WEB/A.ts lies under CAMBER:file:web/a.ts"),),
        how=HOW_CHANGED, play=lambda s: code.committed(s, "CAMBER-06", "WEB/A.ts")),
    Row("FF701", "pushed in nobody's name", expected=(Says("FF701", "-", "CAMBER-07 says that it is theirs by `git commit --amend --no-edit --trailer 'Fleetfeed: CMB-0001@2'`"),),
        how=HOW_CHANGED, play=lambda s: code.received(s, "", "web/a.ts")),
    passes("FF702", "what the policy maps to nothing", how=HOW_CHANGED, play=lambda s: code.committed(s, "CAMBER-06", "docs/a.md")),
    Row("FF702", "claimed by nobody", expected=(Says("FF702", "-", "--surface CAMBER:file:web/b.ts`", warns=True),),
        how=HOW_CHANGED + ", and `guard: {unclaimed: warn}`", play=lambda s: code.committed(s, "CAMBER-06", "web/b.ts")),
    passes("FF703", "the present epoch", how=HOW_CHANGED, play=lambda s: code.received(s, "CMB-0001@2", "web/a.ts")),
    Row("FF703", "pushed by whoever slept through the takeover", expected=(Says("FF703", "-", "of CAMBER-07 holds since 2026-05-03T18:55:12Z; commit 3f2a9c1d0b7e was made under CMB-0001@1, which is over"),),
        how=HOW_CHANGED, play=lambda s: code.received(s, "CMB-0001@1", "web/a.ts")),
)  # fmt: skip

ROWS = FILES + FIELDS + SURFACES + ITEMS + FEED + LEASES + IDENTITY + CODE
