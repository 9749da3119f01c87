"""Every kind of change of code, and every way of committing it, with its verdicts.

A way commits in the clone `me` of CAMBER-06 (see `code_fleet`), with more options for
`git commit`. The verdicts are those of the hooks at the commit, before the push, and at
the server: the codes that refuse, in small letters those that warn.
"""

from collections.abc import Callable
from dataclasses import dataclass

from harness import Seat
from harness.repo import Result

Way = Callable[..., Result]
THEIRS, MINE, FREE = "web/theirs/a.ts", "web/mine/a.ts", "web/free/a.ts"


@dataclass(frozen=True, slots=True)
class Row:
    """A way, and the verdicts on it."""

    name: str
    way: Way
    commit: str = ""
    push: str = ""
    server: str = ""


def commit(me: Seat, *options: str, message: str = "work", stdin: str = "") -> Result:
    return me.git("commit", "-q", "-m", message, *options, ok=None, stdin=stdin)


def writes(*paths: str, text: str = "new\n", message: str = "work") -> Way:
    """Writes files, and stages them."""

    def way(me: Seat, *options: str) -> Result:
        for path in paths:
            me.stage(path, text)
        return commit(me, *options, message=message)

    return way


def git(*args: str) -> Way:
    """Does one thing to the index."""

    def way(me: Seat, *options: str) -> Result:
        me.git(*args)
        return commit(me, *options)

    return way


def moves(old: str, new: str) -> Way:
    def way(me: Seat, *options: str) -> Result:
        (me.folder / new).parent.mkdir(parents=True, exist_ok=True)
        me.git("mv", old, new)
        return commit(me, *options)

    return way


def is_mode(path: str) -> Way:
    return git("update-index", "--chmod=+x", path)


def links(path: str, folder: bool = False) -> Way:
    def way(me: Seat, *options: str) -> Result:
        if folder:
            me.git("rm", "-rq", path)
        (me.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (me.folder / path).symlink_to("../elsewhere")
        me.git("add", "-A", path)
        return commit(me, *options)

    return way


def in_place(path: str) -> Way:
    """A file where a folder was."""

    def way(me: Seat, *options: str) -> Result:
        me.git("rm", "-rq", path)
        me.stage(path, "a file\n")
        return commit(me, *options)

    return way


def after_removal(path: str) -> Way:
    """A file where a folder was until a commit that its holders say is theirs."""

    def way(me: Seat, *options: str) -> Result:
        me.git("rm", "-rq", path)
        said = "removed\n\nFleetfeed: CMB-0001@2\nFleetfeed: CMB-0002@1"
        commit(me, "--no-verify", message=said)
        me.stage(path, "a file\n")
        return commit(me, *options)

    return way


def has_submodule(path: str, gone: str = "") -> Way:
    def way(me: Seat, *options: str) -> Result:
        if gone:
            me.git("rm", "-rq", "--cached", gone)
        me.git("update-index", "--add", "--cacheinfo", f"160000,{me.tip()},{path}")
        return commit(me, *options)

    return way


def with_a(*paths: str) -> Way:
    """`git commit -a`."""

    def way(me: Seat, *options: str) -> Result:
        for path in paths:
            me.write(path, "new\n")
        return commit(me, "-a", *options)

    return way


def by_patch(chosen: str, beside: str) -> Way:
    """`git commit -p`: one file's hunk is taken, and the other's is not."""

    def way(me: Seat, *options: str) -> Result:
        for path in (chosen, beside):
            me.write(path, "new\n")
        answers = "".join("yn"[p != chosen] + "\n" for p in sorted((chosen, beside)))
        return commit(me, "-p", *options, stdin=answers)

    return way


def by_path(chosen: str, beside: str) -> Way:
    """`git commit PATH`, while another one is staged."""

    def way(me: Seat, *options: str) -> Result:
        me.stage(beside, "new\n")
        me.write(chosen, "new\n")
        return commit(me, *options, "--", chosen)

    return way


def amends(first: str, then: str) -> Way:
    def way(me: Seat, *options: str) -> Result:
        me.stage(first, "new\n")
        commit(me, "--no-verify")
        me.stage(then, "newer\n")
        return me.git("commit", "-q", "--amend", "--no-edit", *options, ok=None)

    return way


def merges(*, squash: bool = False, by_hand: str = "") -> Way:
    """What CAMBER-07 has on a branch, beside a commit of one's own."""

    def way(me: Seat, *options: str) -> Result:
        me.stage(MINE, "mine\n")
        commit(me, "--no-verify", message="work\n\nFleetfeed: CMB-0002@1")
        if not squash and not by_hand:
            return me.git(
                "merge", "-q", "--no-edit", *options, "origin/theirs", ok=None
            )
        how = "--squash" if squash else "--no-ff"
        me.git("merge", "-q", "--no-commit", how, "origin/theirs")
        if by_hand:
            me.stage(by_hand, "by hand\n")
        return commit(me, *options)

    return way


def settles(text: str) -> Way:
    """A conflict in a file of CAMBER-07's, of whom one takes the side or does not."""

    def way(me: Seat, *options: str) -> Result:
        me.stage(THEIRS, "else\n")
        commit(me, "--no-verify", message="late\n\nFleetfeed: CMB-0001@2")
        me.git("merge", "-q", "origin/theirs", ok=False)
        me.stage(THEIRS, text)
        return commit(me, *options)

    return way


def picks(verb: str, commit_: str) -> Way:
    def way(me: Seat, *options: str) -> Result:
        del options
        if verb == "revert":
            me.git("checkout", "-q", "--detach", commit_)
        return me.git(verb, "--no-edit", commit_, ok=None)

    return way


def rebases(message: str, path: str) -> Way:
    """A commit upon an older main goes upon what has come since."""

    def way(me: Seat, *options: str) -> Result:
        del options
        me.stage(path, "new\n")
        commit(me, "--no-verify", message=message)
        return me.git("rebase", "-q", "origin/other", ok=None)

    return way


def squashes(*messages: str) -> Way:
    """`git reset --soft`: several commits become one, by a message of its own."""

    def way(me: Seat, *options: str) -> Result:
        before = me.tip()
        for number, message in enumerate(messages):
            me.stage(MINE, f"{number}\n")
            commit(me, "--no-verify", message=message)
        me.git("reset", "-q", "--soft", before)
        return commit(me, *options, message="all of it")

    return way


HELD, OVER, FREELY = "FF701", "FF703", "ff702"
ROWS = (
    Row("adds one's own", writes("web/mine/new.ts")),
    Row("adds another's", writes("web/theirs/new.ts"), HELD, HELD, HELD),
    Row("adds nobody's", writes("web/new.ts"), FREELY, FREELY, FREELY),
    Row("adds what is not mapped", writes("docs/new.md")),
    Row("adds what is generated", writes("web/gen/new.ts")),
    Row("changes one's own", writes(MINE)),
    Row("changes another's", writes(THEIRS), HELD, HELD, HELD),
    Row("changes nobody's", writes(FREE), FREELY, FREELY, FREELY),
    Row("changes what is not mapped", writes("docs/page.md")),
    Row("changes what is generated", writes("web/gen/a.ts")),
    Row("changes one's own and another's", writes(MINE, THEIRS), HELD, HELD, HELD),
    Row("changes one's own and nobody's", writes(MINE, FREE), FREELY, FREELY, FREELY),
    Row("deletes one's own", git("rm", "-q", MINE)),
    Row("deletes another's", git("rm", "-q", THEIRS), HELD, HELD, HELD),
    Row("deletes another's folder", git("rm", "-rq", "web/theirs"), HELD, HELD, HELD),
    Row("deletes nobody's", git("rm", "-q", FREE), FREELY, FREELY, FREELY),
    Row("deletes what is not mapped", git("rm", "-q", "docs/page.md")),
    Row("renames one's own", moves(MINE, "web/mine/c.ts")),
    Row("renames one's own to another's", moves(MINE, "web/theirs/c.ts"), HELD, HELD, HELD),
    Row("renames another's to one's own", moves(THEIRS, "web/mine/c.ts"), HELD, HELD, HELD),
    Row("renames another's to what is not mapped", moves(THEIRS, "docs/c.ts"), HELD, HELD, HELD),
    Row("renames what is not mapped to another's", moves("docs/page.md", "web/theirs/p"), HELD, HELD, HELD),
    Row("renames one's own to what is generated", moves(MINE, "web/gen/c.ts")),
    Row("another mode of one's own", is_mode(MINE)),
    Row("another mode of another's", is_mode(THEIRS), HELD, HELD, HELD),
    Row("a link among one's own", links("web/mine/link")),
    Row("a link among another's", links("web/theirs/link"), HELD, HELD, HELD),
    Row("a link in place of another's folder", links("web/theirs", folder=True), HELD, HELD, HELD),
    Row("a submodule among one's own", has_submodule("web/mine/sub")),
    Row("a submodule among another's", has_submodule("web/theirs/sub"), HELD, HELD, HELD),
    Row("a submodule in place of all of it", has_submodule("web", "web"), HELD + FREELY, HELD + FREELY, HELD + FREELY),
    Row("a file in place of another's folder", in_place("web/theirs"), HELD, HELD, HELD),
    Row("a file in place of all of it", in_place("web"), *[HELD + FREELY] * 3),
    Row("a link in place of all of it", links("web", folder=True), *[HELD + FREELY] * 3),
    Row("a file in place of what is generated", in_place("web/gen"), FREELY, FREELY, FREELY),
    Row("a file called as a folder to come", writes("lib"), FREELY, FREELY, FREELY),
    Row("a file called so in other letters", writes("LIB"), FREELY, FREELY, FREELY),
    Row("a link called as a folder to come", links("lib"), FREELY, FREELY, FREELY),
    Row("a submodule called as a folder to come", has_submodule("lib"), FREELY, FREELY, FREELY),
    Row("a file where all was taken away", after_removal("web"), HELD, HELD + FREELY, HELD + FREELY),
    Row("another's in other letters", writes("WEB/Theirs/c.ts"), HELD, HELD, HELD),
    Row("another's in letters that are folded", writes("web/their\u017f/c.ts"), HELD, HELD, HELD),
    Row("a name that git quotes", writes("web/theirs/a\nb.ts"), HELD, HELD, HELD),
    Row("-a, one's own", with_a(MINE)),
    Row("-a, another's", with_a(THEIRS, MINE), HELD, HELD, HELD),
    Row("-p, one's own beside another's", by_patch(MINE, THEIRS)),
    Row("-p, another's beside one's own", by_patch(THEIRS, MINE), HELD, HELD, HELD),
    Row("<path>, one's own beside another's", by_path(MINE, THEIRS)),
    Row("<path>, another's beside one's own", by_path(THEIRS, MINE), HELD, HELD, HELD),
    Row("amends one's own", amends(MINE, MINE)),
    Row("amends one's own by another's", amends(MINE, THEIRS), HELD, HELD, HELD),
    Row("says for whom", writes(THEIRS, message="x\n\nFleetfeed: CMB-0001@2"), HELD),
    Row("says an epoch that is over", writes(THEIRS, message="x\n\nFleetfeed: CMB-0001@1"), HELD, OVER, OVER),
    Row("says an epoch that is to come", writes(THEIRS, message="x\n\nFleetfeed: CMB-0001@3"), HELD, OVER, OVER),
    Row("says another claim", writes(THEIRS, message="x\n\nFleetfeed: CMB-0002@1"), HELD, HELD, HELD),
    Row("says it in prose", writes(THEIRS, message="x\n\nFleetfeed: CMB-0001@2\n\nand more"), HELD, HELD, HELD),
    Row("merges what its holder has", merges()),
    Row("merges, and changes another's by hand", merges(by_hand="web/theirs/b.ts"), HELD, HELD, HELD),
    Row("merges, and changes one's own by hand", merges(by_hand="web/mine/b.ts")),
    Row("settles a conflict as its holder has it", settles("theirs\n")),
    Row("settles a conflict otherwise", settles("both\n"), HELD, HELD, HELD),
    Row("squashes what another holds", merges(squash=True), HELD, HELD, HELD),
    Row("squashes one's own", squashes("a\n\nFleetfeed: CMB-0002@1", "b")),
    Row("cherry-picks what its holder has", picks("cherry-pick", "origin/theirs")),
    Row("cherry-picks of an epoch that is over", picks("cherry-pick", "origin/late"), "", OVER, OVER),
    Row("reverts what its holder has", picks("revert", "origin/theirs"), "", HELD, HELD),
    Row("rebases one's own", rebases("x\n\nFleetfeed: CMB-0002@1", MINE)),
    Row("rebases one's own, and gets the trailer", rebases("x", MINE)),
    Row("rebases of an epoch that is over", rebases("x\n\nFleetfeed: CMB-0001@1", THEIRS), "", OVER, OVER),
)  # fmt: skip
