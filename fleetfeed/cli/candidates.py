"""What a word that is being typed may become, by the feed as it was fetched last.

Nothing is fetched and nothing written, and what would take long to read is left out:
who types waits for it.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from itertools import islice

from fleetfeed.cli.context import Shell
from fleetfeed.cli.typed_words import Typed
from fleetfeed.feed.snapshot import Snapshot
from fleetfeed.feed.summary import Summary
from fleetfeed.git import queries
from fleetfeed.judge.suited import suits
from fleetfeed.model.item import Item
from fleetfeed.model.names import ItemId, in_order
from fleetfeed.model.policy import DEFAULT, Policy

Words = Iterator[tuple[str, str]]
"""Words, and what each means."""

_MANY = 50
"""Surfaces that are told one by one; of more, how they go on to the next colon."""

_MOST_NUMBERS = 1_000
"""Items that are over of which a reader is offered the numbers."""

_READERS = {"append", "approve", "draft", "log", "note", "show"}
"""Commands that take an item that is over, too."""


class Candidates:
    """The words that may stand where `typed` ends, by the feed of `shell`."""

    def __init__(self, shell: Shell, typed: Typed) -> None:
        """Nothing is read before it is asked for."""
        self._shell, self._typed = shell, typed

    def of(self, kind: str) -> Words:
        """Those of a kind; none of one that the feed has nothing of."""
        ways: dict[str, Callable[[], Words]] = {
            "family": lambda: _alone(self._rules.families.listed or ()),
            "item": self._items,
            "key": self._surfaces,
            "lane": lambda: _alone(self._rules.lanes or ()),
            "pool": lambda: ((name, "a pool") for name in self._rules.pools),
            "prefix": self._prefixes,
            "rule": _rule_codes,
            "seat": self._seats,
        }
        way = ways.get(kind)
        return way() if way else iter(())

    @cached_property
    def _feed(self) -> Snapshot | None:
        """The feed; None where posts are in a database, or nothing is here yet."""
        repo = self._shell.repo
        if self._shell.on_database:
            return None
        where = repo.where(repo.at_head)
        ref = where.tracking if where.remote else where.ref
        commit = queries.exact(repo.git, ref) if ref else None
        return repo.snapshot(commit) if commit else None

    @property
    def _rules(self) -> Policy:
        return self._feed.rules if self._feed else DEFAULT

    @cached_property
    def _summary(self) -> Summary:
        feed = self._feed
        return self._shell.repo.cache.at_hand(feed.tree) if feed else Summary()

    def _items(self) -> Words:
        """Items that the command makes sense for; to be read, also those over.

        What an option names is another item than the command's own: any open one.
        """
        typed, there = self._typed, self._summary.open
        command = "" if typed.option else " ".join(typed.command)
        seat = typed.seat or self._shell.seat_if_known
        start = typed.last.upper()
        found = [name for name in there if name.startswith(start)]
        for name in sorted(found, key=in_order):
            item = there[name].item
            if suits(item, command, seat, self._rules, typed.flags):
                yield name, _about(item)
        if not found and command in _READERS:
            yield from _alone(self._numbers(start))

    def _numbers(self, start: str) -> list[str]:
        """The items that begin with `start`, be they over; none where they are many."""
        prefix, dash, _ = start.partition("-")
        taken = self._summary.taken.get(prefix) if dash else None
        names = (str(ItemId(prefix, number)) for number in taken or ())
        few = list(islice((n for n in names if n.startswith(start)), _MOST_NUMBERS + 1))
        return few if len(few) <= _MOST_NUMBERS else []

    def _surfaces(self) -> Words:
        """Surfaces that are held or at rest, and how one of the fleet's begins."""
        start, rules = self._typed.last.casefold(), self._rules
        holds = (*self._summary.holds, *self._summary.resting)
        found = {h.text: h.item for h in holds if h.text.casefold().startswith(start)}
        if len(found) > _MANY:
            yield from _alone(dict.fromkeys(_to_next_colon(t, start) for t in found))
            return
        yield from found.items()
        for lane in rules.lanes or ():
            yield from ((f"{lane}:{name}:", "") for name in rules.families.listed or ())

    def _seats(self) -> Words:
        """Stewards, and the seats that have something."""
        names = (n for i in self._summary.items for n in (i.holder, i.owner, i.filer))
        known = dict.fromkeys((*self._rules.stewards, *sorted(set(names))))
        pools = {name.casefold() for name in self._rules.pools}
        yield from _alone(
            name for name in known if name and name.casefold() not in pools
        )

    def _prefixes(self) -> Words:
        """The policy's, or those that there are."""
        listed = self._rules.prefixes
        if listed is None:
            return _alone(sorted(self._summary.taken))
        return iter(listed.items())


def _alone(names: Iterable[str]) -> Words:
    """Names of which nothing is told."""
    return ((name, "") for name in names)


def _about(item: Item) -> str:
    """What an item is, for who chooses one."""
    state = item.state.value if item.state else "UNREADABLE"
    return f"{state} {item.subject}"


def _to_next_colon(text: str, start: str) -> str:
    end = text.find(":", len(start))
    return text if end < 0 else text[: end + 1]


def _rule_codes() -> Words:
    from fleetfeed.model.catalogue import CATALOGUE  # late: most ask for other words

    return ((rule.code, rule.name) for rule in CATALOGUE.values())
