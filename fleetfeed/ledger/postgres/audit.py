"""The audit of a ledger by its own appends: what was held when, and who wrote what.

The posts are read from the first on and folded anew, so nothing that the other tables
say is believed (whether those agree with the posts, `fleetfeed ledger verify` tells).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import groupby
from operator import itemgetter

from fleetfeed.checks.audit_items import ItemHistory, history_of
from fleetfeed.checks.audit_overlaps import OverlapHistory, both_held
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.judge.identity import unspoken
from fleetfeed.judge.numbers import gaps
from fleetfeed.judge.rule_changes import not_by_stewards, rule_name, rules_as_they_stand
from fleetfeed.ledger.fleet import Proven
from fleetfeed.ledger.postgres.appends import Appends, long_reading
from fleetfeed.ledger.postgres.connection import Database, Row
from fleetfeed.model import layout
from fleetfeed.model.approval import rules_act
from fleetfeed.model.findings import Finding, Place, Verdict, in_order, refuses
from fleetfeed.model.identity import NONE, SIGNED, Speaker
from fleetfeed.model.layout import NotePath, PostPath
from fleetfeed.model.policy import DEFAULT, Policy
from fleetfeed.model.policy_reader import read_policy
from fleetfeed.model.post import Note, Post, Unreadable
from fleetfeed.model.post_reader import read_note, read_post
from fleetfeed.model.pusher import Pusher, pushed_by
from fleetfeed.util.progress import OnProgress
from fleetfeed.util.records import record, replace

_COUNT = "SELECT count(*) FROM post"
_POSTS = "SELECT item, number, append, path, data FROM post ORDER BY item, number"
_NOTES = "SELECT append, path, data FROM note ORDER BY path"
_RULES = "SELECT append, path, data FROM rule ORDER BY append, path"
_APPENDS = "SELECT id, role, op FROM append ORDER BY id"
_BROUGHT = """
SELECT append, path, data FROM post UNION ALL SELECT append, path, data FROM note
UNION ALL SELECT append, path, data FROM rule ORDER BY 1, 2
"""

_OFTEN = 1000
"""Rows after which it is told how far it is."""

Files = dict[str, bytes]


@record
class Rules:
    """The rule files as an append found them, and the policy among them."""

    files: Mapping[str, bytes]
    policy: Policy


class _RuleBook:
    """The rules by the appends: those that one brings count from the next one on."""

    def __init__(self, rows: list[Row], feed: Snapshot) -> None:
        self._path = feed.tree.display_path(layout.POLICY)
        self._known = {0: self._read({})}
        for append, changed in groupby(rows, itemgetter(0)):
            files = dict(self._known[max(self._known)].files)
            for _, path, data in changed:
                files[path] = b"" if data is None else bytes(data)
            there = {path: data for path, data in files.items() if data}
            self._known[append] = self._read(there)

    def _read(self, files: Files) -> Rules:
        data = files.get(layout.POLICY)
        policy = read_policy(data, self._path)[0] if data else None
        return Rules(files, policy or DEFAULT)

    @property
    def appends(self) -> frozenset[int]:
        """Those that changed rules."""
        return frozenset(self._known) - {0}

    def at(self, append: int) -> Rules:
        """The rules that are there behind it."""
        return self._known[max(known for known in self._known if known <= append)]

    def before(self, append: int) -> Rules:
        """The rules that it is judged by; the first of all by its own."""
        first = min(self.appends, default=0)
        return self.at(append if append <= first else append - 1)


def audit(database: Database, feed: Snapshot, on_progress: OnProgress) -> Verdict:
    """The verdict on all that was appended; `feed` says how its paths are shown."""
    with long_reading(database) as rows:
        book = _RuleBook(rows.rows(_RULES), feed)
        found, items, touched = _items(rows, feed, on_progress)
        found += _unreadable_notes(rows, feed)
        families = book.at(max(book.appends, default=0)).policy.families
        overlaps = OverlapHistory(
            items,
            lambda _append, _item: (),  # posts are never changed: it is not asked
            lambda append: book.at(int(append)).policy.families,
            feed.tree.folder,
        )
        for append in sorted({*touched, *book.appends}):
            told = overlaps.at(
                str(append), tuple(touched[append]), ruled=append in book.appends
            )
            found += (_as_append(each) for each in told)
        held = [(i.item, i.posts[-1][0], i.held[-1]) for i in items.values()]
        found += both_held(held, feed.tree.folder, families, overlaps.brought)
        proof = _proof(rows, book, feed, 0)
    remarks = (proof.unproven,) if proof.unproven else ()
    return Verdict(in_order((*found, *proof.findings)), remarks)


def _as_append(found: Finding) -> Finding:
    return replace(found, message=found.message.replace("at commit", "at append", 1))


_Touched = dict[int, list[tuple[str, tuple[int, str]]]]


def _items(
    rows: Appends, feed: Snapshot, on_progress: OnProgress
) -> tuple[list[Finding], dict[str, ItemHistory], _Touched]:
    """What is wrong with the items, their histories, and what each append touched."""
    found, items, touched = list[Finding](), dict[str, ItemHistory](), _touched()
    ((total,),), done = rows.rows(_COUNT), 0
    for item, own in groupby(rows.stream(_POSTS), itemgetter(0)):
        posts = list[Post | Unreadable]()
        for _, number, append, path, data in own:
            shown = feed.tree.display_path(path)
            posts.append(read_post(bytes(data), shown, item, number))
            touched[append].append((item, (number, "")))
            done += 1
            if done % _OFTEN == 0 or done == total:
                on_progress("posts", done, total)
        found += gaps(feed, item, 0, [post.number for post in posts])
        items[item], wrong = history_of(item, posts, {})
        found += wrong
    return found, items, touched


def _touched() -> _Touched:
    return defaultdict(list)


def _unreadable_notes(rows: Appends, feed: Snapshot) -> Iterator[Finding]:
    for _, path, data in rows.stream(_NOTES):
        kind = layout.classify(path)
        if isinstance(kind, NotePath):
            shown = feed.tree.display_path(path)
            yield from read_note(bytes(data), shown, kind.seat)[1]


def prove(database: Database, feed: Snapshot, since: int) -> Proven:
    """Whether each append behind `since` was by a role that might write it."""
    with long_reading(database) as rows:
        return _proof(rows, _RuleBook(rows.rows(_RULES), feed), feed, since)


def _proof(rows: Appends, book: _RuleBook, feed: Snapshot, since: int) -> Proven:
    appends = {id_: (role, op) for id_, role, op in rows.rows(_APPENDS) if id_ > since}
    asked = {id_ for id_ in appends if book.before(id_).policy.identity != NONE}
    if not asked:
        words = "the policy never asked who brought what, so there is no proof of it"
        return Proven((), words)
    found, untold = list(rules_as_they_stand(feed)), set[int]()
    for append, brought in groupby(rows.stream(_BROUGHT), itemgetter(0)):
        if append not in asked:
            continue
        files = [(path, None if d is None else bytes(d)) for _, path, d in brought]
        role, op = appends[append]
        if _is_untold(book.before(append).policy, op, files):
            untold.add(append)
            continue
        wrong = _unlawful(book, append, str(role), files, feed)
        found += (
            replace(each, message=f"append {append}: {each.message}") for each in wrong
        )
    how = "judged" if refuses(found) else "verified"
    words = f"{_counted(len(asked) - len(untold))} {how} by the roles that wrote"
    left = ""
    if untold:
        left = f"{_counted(len(untold))} came from elsewhere, or want signatures: who"
        left += " wrote them is not proven here"
    return Proven(in_order(found), words, left)


def _counted(number: int) -> str:
    return f"{number} append{'' if number == 1 else 's'}"


def _is_untold(policy: Policy, op: str, files: list[tuple[str, bytes | None]]) -> bool:
    """Whether nothing here tells who wrote it: an import has no OP of its own."""
    posts = any(isinstance(layout.classify(p), PostPath | NotePath) for p, _ in files)
    return policy.identity == SIGNED or (posts and not op)


def _unlawful(
    book: _RuleBook,
    append: int,
    role: str,
    files: list[tuple[str, bytes | None]],
    feed: Snapshot,
) -> Iterator[Finding]:
    """What is wrong with `role` having brought `files`."""
    rules = book.before(append)
    speaker = pushed_by(Pusher(role), rules.policy)
    for path, data in files:
        kind, shown = layout.classify(path), feed.tree.display_path(path)
        if isinstance(kind, PostPath):
            post = read_post(data or b"", shown, kind.item, kind.number)
            yield from _of(post, rules, speaker)
        elif isinstance(kind, NotePath):
            yield from _of(read_note(data or b"", shown, kind.seat)[0], rules, speaker)
        else:
            act = rules_act(rules.files, book.at(append).files)
            name = rule_name(path)
            yield from not_by_stewards(rules.policy, speaker, act, Place(shown), name)


def _of(
    post: Post | Note | Unreadable | None, rules: Rules, speaker: Speaker
) -> Iterator[Finding]:
    if isinstance(post, Post | Note):
        yield from unspoken(post, rules.policy, (speaker,))
