"""From bytes to a policy.

Every key is known, every value is checked, and what is not understood refuses: a
misspelt `stewarts:` must not silently appoint nobody.
"""

import re
from collections.abc import Callable, Iterator, Sequence

from fleetfeed.model import names
from fleetfeed.model.catalogue import finding
from fleetfeed.model.families import Families, Family
from fleetfeed.model.fields import SPECS, is_none
from fleetfeed.model.findings import Finding, Place, Severity
from fleetfeed.model.identity import MODES, NONE, PUSHER, SIGNED
from fleetfeed.model.path_patterns import pattern_flaw
from fleetfeed.model.policy import (
    AGREED,
    BY_INBOX,
    FieldRule,
    GuardRules,
    LeaseRules,
    Policy,
)
from fleetfeed.model.post import State
from fleetfeed.model.surface import segments
from fleetfeed.model.surface_shape import shape_flaw
from fleetfeed.model.yaml.nodes import POLICY, Listing, Node, Scalar, Table
from fleetfeed.model.yaml.reader import load
from fleetfeed.util import durations
from fleetfeed.util.printable import printable
from fleetfeed.util.records import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FIELD_NAME = r"[A-Z][A-Z0-9_]{0,63}"
# git-check-ref-format(1), as far as a policy may go.
REF = r"refs/(?!.*(\.\.|//|@\{|\.lock(/|$)|/\.|\./))[^\x00-\x20~^:?*\[\\\x7f]+(?<![/.])"
LEVELS = {"warn": Severity.WARN, "reject": Severity.REJECT}


def read_policy(data: bytes, path: str) -> tuple[Policy | None, tuple[Finding, ...]]:
    """The policy in `data`; None and findings (FF403 and FF0xx) where unreadable."""
    table, findings = load(data, path, POLICY)
    if table is None:
        return None, findings
    reader = Reader(path)
    policy = reader.policy(table)
    return (None if reader.findings else policy), tuple(reader.findings)


def is_full_ref(text: str) -> bool:
    """Whether `text` is a full ref name such as `refs/heads/main`."""
    branch = text.removeprefix("refs/heads/")
    if branch.isascii() and branch.isidentifier():
        return branch != text  # nearly all: to compile the rest takes 0.2 ms
    return bool(re.fullmatch(REF, text)) and text.count("/") > 1


class Reader:
    """Reads one policy file and collects all that is wrong with it."""

    def __init__(self, path: str) -> None:
        self.path, self.findings = path, list[Finding]()

    def policy(self, table: Table) -> Policy:
        """The policy, with a default wherever something is wrong."""
        rows = self._keys(table, KEYS)
        given = {name: KEYS[key](self, node) for name, key, node in rows}
        of_families = {name: given.pop(name) for name in _OF_FAMILIES & given.keys()}
        seats = self._lane_seats(table.get("lanes"))
        policy = Policy(families=Families(**of_families), lane_seats=seats, **given)
        self._home_lanes(table, policy)
        self._known_families(table, policy.families)
        self._leased_pools(table, policy)
        self._signed_by_stewards(table, policy)
        self._on_the_roster(table, policy)
        self._landed_by_others(table, policy)
        self._guarded_paths(table, policy)
        return policy

    def _home_lanes(self, table: Table, policy: Policy) -> None:
        """A prefix's home lane is one of the lanes, where any are listed."""
        prefixes = table.get("prefixes")
        if not policy.lanes or not isinstance(prefixes, Table):
            return
        for key, node in prefixes.entries:
            if isinstance(node, Scalar) and not policy.knows_lane(node.text):
                message = f"lane {printable(node.text)} of {printable(key.text)}"
                todo = "add it there, or use one that is"
                self.wrong(node, f"{message} is not in `lanes`; {todo}")

    def _known_families(self, table: Table, families: Families) -> None:
        """An alias is no family, and stands for one that is listed, if any are."""
        listed, aliases = families.listed, table.get("aliases")
        for key, node in aliases.entries if isinstance(aliases, Table) else ():
            (name,) = segments(key.text)[:1] or ("",)
            target = families.aliases.get(name, "")
            if name in (listed or {}):
                why = "is a family; take it out of `aliases`, or of `families`"
                self.wrong(key, f"aliases: {printable(key.text)} {why}")
            if target in families.aliases or not families.knows(target):
                why = "is no family; use one of `families`, or list it there"
                self.wrong(node, f"aliases: {printable(target)} {why}")
        unknown = table.get("unknown_family")
        if unknown and listed is None:
            self.wrong(unknown, "unknown_family: means nothing without `families`")

    def _leased_pools(self, table: Table, policy: Policy) -> None:
        """A pool with a lease of its own is one of the pools."""
        leases = table.get("leases")
        pools = leases.get("pools") if isinstance(leases, Table) else None
        for key, _ in pools.entries if isinstance(pools, Table) else ():
            if policy.pool(key.text) is None:
                message = f"leases: {printable(key.text)} is no pool of this policy"
                self.wrong(key, f"{message}; list its seats under `pools`")

    def _signed_by_stewards(self, table: Table, policy: Policy) -> None:
        """What more than one is to sign can be signed, by stewards that there are."""
        number, agreed = table.get("stewards_sign"), table.get("agreed")
        there = len({steward.casefold() for steward in policy.stewards})
        if number and policy.stewards_sign > max(there, 1):
            message = (
                f"stewards_sign: of {policy.stewards_sign} stewards {there} are named"
            )
            self.wrong(number, f"{message}; name more under `stewards`, or lower it")
        if agreed and policy.agreed and not there:
            self.wrong(agreed, "agreed: there are no stewards to agree; name some")
        for key, node in (("stewards_sign", number), ("agreed", agreed)):
            wants = policy.stewards_sign > 1 if node is number else policy.agreed
            if node and wants and policy.identity != SIGNED:
                why = "which only signatures prove: it wants `identity: {mode: signed}`"
                self.wrong(node, f"{key}: several stewards are to agree, {why}")

    def _on_the_roster(self, table: Table, policy: Policy) -> None:
        """A steward is one of the seats that there are."""
        unknown, stewards = table.get("unknown_seat"), table.get("stewards")
        if unknown and policy.roster is None:
            self.wrong(unknown, "unknown_seat: means nothing without `roster`")
        if policy.roster is None or not isinstance(stewards, Listing):
            return
        for item in stewards.items:
            if not any(names.matches(pattern, item.text) for pattern in policy.roster):
                message = f"the steward {printable(item.text)} is not on the roster"
                self.wrong(item, f"{message}; add it there")

    def _landed_by_others(self, table: Table, policy: Policy) -> None:
        """Where it counts who pushes, nobody can land another's post."""
        queue = table.get("queue")
        if queue and policy.queue == BY_INBOX and policy.identity == PUSHER:
            message = "queue: in an inbox seats push one another's posts"
            why = "and `identity: {mode: pusher}` goes by who pushes"
            todo = "sign (`mode: signed`), or leave `queue` out"
            self.wrong(queue, f"{message}, {why}; {todo}")

    def _guarded_paths(self, table: Table, policy: Policy) -> None:
        """Paths lie below keys that somebody can claim, and a guard has paths."""
        guard, paths = table.get("guard"), table.get("paths")
        if guard and not policy.paths:
            self.wrong(guard, "guard: means nothing without `paths`")
        for _, node in paths.entries if isinstance(paths, Table) else ():
            parts = segments(node.text) if isinstance(node, Scalar) else ()
            if len(parts) < 2 or self.findings:  # noqa: PLR2004 - lane and family
                continue
            if not policy.knows_lane(parts[0]):
                self.wrong(node, f"paths: {printable(parts[0])} is not in `lanes`")
            elif not policy.families.knows(parts[1]):
                self.wrong(node, f"paths: {printable(parts[1])} is not in `families`")

    def _keys(
        self, table: Table, known: "dict[str, Take]"
    ) -> Iterator[tuple[str, str, Node]]:
        for key, node in table.entries:
            if key.text in known:
                yield _ATTRIBUTES.get(key.text, key.text), key.text, node
                continue
            from difflib import get_close_matches

            near = get_close_matches(key.text, known, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            self.wrong(key, f"unknown key {printable(key.text)}{hint}")

    def wrong(self, node: Node, message: str) -> None:
        """Notes what is wrong at `node`; the first complaint about a place stands."""
        place = Place(self.path, node.line, node.column)
        if place not in [found.place for found in self.findings]:
            self.findings.append(finding("FF403", place, f"the policy: {message}"))

    def expect(self, kind: str, node: Node, fits: object) -> None:
        """Notes that the text at `node` is no `kind`, unless it `fits`."""
        if not fits:
            given = node.text if isinstance(node, Scalar) else ""
            self.wrong(node, f"'{printable(given)}' is no {kind}")

    def text(self, node: Node) -> str:
        """The text at `node`; empty where it is none."""
        if isinstance(node, Scalar):
            return node.text
        self.wrong(node, "one text is wanted here")
        return ""

    def items(self, node: Node) -> tuple[Scalar, ...]:
        """The texts of the list at `node`."""
        if isinstance(node, Listing):
            return node.items
        self.wrong(node, "a list is wanted here")
        return ()

    def table(self, node: Node) -> Table:
        """The mapping at `node`; an empty one where it is none."""
        if isinstance(node, Table):
            return node
        self.wrong(node, "a mapping is wanted here")
        return Table((), node.line, node.column)

    def one_of(self, node: Node, words: tuple[str, ...]) -> str:
        """The text at `node`, which is one of `words`."""
        given = self.text(node)
        if given not in words:
            self.wrong(node, f"'{printable(given)}' is not one of {', '.join(words)}")
        return given

    def ref(self, node: Node) -> str:
        """The full name of a ref."""
        given = self.text(node)
        if not is_full_ref(given):
            message = f"ref: '{printable(given)}' is no full ref name"
            self.wrong(node, f"{message} such as refs/heads/main")
        return given

    def server(self, node: Node) -> str:
        """The name of the fleet's server."""
        given = self.text(node)
        fits = names.SERVER.fullmatch(given)
        self.expect("server's name, as the server itself says it", node, fits)
        return given

    def prefixes(self, node: Node) -> dict[str, str]:
        """Ticket prefix -> home lane."""
        found = {}
        entries = self.table(node).entries
        if isinstance(node, Table) and not entries:
            self.wrong(node, "prefixes: lists none; leave it out to allow any prefix")
        for key, lane in entries:
            fits = names.PREFIX.fullmatch(key.text)
            self.expect("ticket prefix such as CMB", key, fits)
            found[key.text] = self.lane(lane)
        return found

    def lane(self, node: Node) -> str:
        """A lane: one part of a key."""
        given = self.text(node)
        self.expect("lane such as CAMBER", node, len(segments(given)) == 1)
        return given

    def lanes(self, node: Node) -> tuple[str, ...]:
        """The lanes: a list, or a mapping from each to who may claim in it."""
        named: Sequence[Scalar]
        if isinstance(node, Table):
            named = [key for key, _ in node.entries]
            for n, key in enumerate(named):
                if segments(key.text) in [segments(other.text) for other in named[:n]]:
                    self.wrong(key, f"lanes: {printable(key.text)} is there already")
        else:
            named = self.items(node)
        if isinstance(node, Listing | Table) and not named:
            self.wrong(node, "lanes: lists none; leave it out to allow any lane")
        return tuple(self.lane(item) for item in named)

    def _lane_seats(self, node: Node | None) -> dict[str, tuple[str, ...]]:
        """Lane, normalised -> patterns of the seats that may claim in it."""
        found = dict[str, tuple[str, ...]]()
        for key, below in node.entries if isinstance(node, Table) else ():
            for _, _, value in self._keys(self.table(below), {"seats": Reader.text}):
                name = "".join(segments(key.text))
                found[name] = self.patterns(value, "to let any seat claim there")
        return found

    def patterns(self, node: Node, without: str) -> tuple[str, ...]:
        """Patterns of seats, at least one; `without` says what it is to have none."""
        if isinstance(node, Listing) and not node.items:
            self.wrong(node, f"no seat is listed; leave it out {without}")
        for item in self.items(node):
            fits = re.fullmatch(names.SEAT_PATTERN, item.text)
            self.expect("pattern of seats such as CAMBER-*", item, fits)
        return tuple(item.text for item in self.items(node))

    def roster(self, node: Node) -> tuple[str, ...]:
        """Patterns of the seats that there are."""
        return self.patterns(node, "to know any seat")

    def agreed(self, node: Node) -> frozenset[str]:
        """The acts that several stewards must agree to."""
        return frozenset(self.one_of(item, AGREED) for item in self.items(node))

    def few_stewards(self, node: Node) -> int:
        """How many stewards, from 1 to 9."""
        fits = re.fullmatch("[1-9]", self.text(node))
        self.expect("number of stewards from 1 to 9", node, fits)
        return int(fits[0]) if fits else 1

    def families(self, node: Node) -> dict[str, Family]:
        """Family -> what is said of it, by normalised names."""
        found = dict[str, Family]()
        entries = self.table(node).entries
        if isinstance(node, Table) and not entries:
            self.wrong(node, "families: lists none; leave it out to allow any family")
        for key, below in entries:
            family, name = Family(), self._family(key)
            if name in found:
                self.wrong(key, f"families: {printable(key.text)} is there already")
            for attribute, sub, value in self._keys(self.table(below), FAMILY_KEYS):
                family = replace(family, **{attribute: FAMILY_KEYS[sub](self, value)})
            found[name] = family
        return found

    def aliases(self, node: Node) -> dict[str, str]:
        """Other name -> family, both normalised."""
        entries = self.table(node).entries
        return {self._family(key): self._family(below) for key, below in entries}

    def _family(self, node: Node) -> str:
        """A family's name, normalised."""
        parts = segments(self.text(node))
        one = len(parts) == 1 and any(ch.isalnum() for ch in parts[0])
        self.expect("family such as file", node, one)
        return parts[0] if parts else ""

    def any_lane(self, node: Node) -> bool:
        """`any`, or `own`."""
        return self.one_of(node, ("own", "any")) == "any"

    def pools(self, node: Node) -> dict[str, tuple[str, ...]]:
        """Pool -> patterns of seats."""
        found = {}
        for key, below in self.table(node).entries:
            fits = names.SEAT.fullmatch(key.text) and not is_none(key.text)
            self.expect("name of a pool such as any-idle", key, fits)
            for item in self.items(below):
                pattern = re.fullmatch(names.SEAT_PATTERN, item.text)
                self.expect("pattern such as CAMBER-*", item, pattern)
            found[key.text] = tuple(item.text for item in self.items(below))
        return found

    def seats(self, node: Node) -> tuple[str, ...]:
        """Seats by their names."""
        for item in self.items(node):
            fits = names.SEAT.fullmatch(item.text)
            self.expect("seat such as CAMBER-06", item, fits)
        return tuple(item.text for item in self.items(node))

    def level(self, node: Node) -> Severity:
        """`warn` or `reject`."""
        return LEVELS.get(self.one_of(node, tuple(LEVELS)), Severity.REJECT)

    def surface(self, node: Node) -> str:
        """`warn`, `required` or `optional`."""
        return self.one_of(node, ("warn", "required", "optional"))

    def queue(self, node: Node) -> str:
        """`inbox`, or `direct`, which is what is meant where it is left out."""
        given = self.one_of(node, ("direct", BY_INBOX))
        return given if given == BY_INBOX else ""

    def truth(self, node: Node) -> bool:
        """`true` or `false`."""
        return self.one_of(node, ("false", "true")) == "true"

    def span(self, node: Node) -> int:
        """The seconds of a span of time."""
        found = durations.seconds(self.text(node))
        self.expect("span of time such as 90s, 30m, 2h or 1d", node, found)
        return found or 1

    def leases(self, node: Node) -> LeaseRules:
        """The leases; the default may not be longer than the longest."""
        leases, known = LeaseRules(), len(self.findings)
        for name, key, below in self._keys(self.table(node), LEASE_KEYS):
            leases = replace(leases, **{name: LEASE_KEYS[key](self, below)})
        longest = max((leases.default, *leases.pools.values()))
        if longest > leases.max and len(self.findings) == known:
            which = "default" if leases.default > leases.max else "a pool's lease"
            self.wrong(node, f"leases: {which} is longer than max")
        return leases

    def pool_leases(self, node: Node) -> dict[str, int]:
        """Pool -> the default lease of its seats."""
        return {key.text: self.span(below) for key, below in self.table(node).entries}

    def ids(self, node: Node) -> int:
        """`max_gap`, the only key of `ids`."""
        found = Policy().max_gap
        for _, _, below in self._keys(self.table(node), {"max_gap": Reader.text}):
            found = self._count(below)
        return found

    def seal(self, node: Node) -> int:
        """`after`, the only key of `seal`, in seconds."""
        found = Policy().seal_after
        for _, _, below in self._keys(self.table(node), {"after": Reader.text}):
            found = self.span(below)
        return found

    def _count(self, node: Node) -> int:
        whole = re.fullmatch("[1-9][0-9]{0,8}", self.text(node))
        self.expect("whole number from 1", node, whole)
        return int(whole[0]) if whole else 1

    def fields(self, node: Node) -> dict[str, FieldRule]:
        """Name -> rule of each field of the fleet's own."""
        found = {}
        for key, below in self.table(node).entries:
            if key.text in SPECS or not re.fullmatch(FIELD_NAME, key.text):
                own = "fleetfeed's own" if key.text in SPECS else "not upper case"
                self.wrong(key, f"fields: {printable(key.text)} is {own}")
            rule = FieldRule()
            for name, sub, value in self._keys(self.table(below), FIELD_KEYS):
                rule = replace(rule, **{name: FIELD_KEYS[sub](self, value)})
            found[key.text] = rule
        return found

    def states(self, node: Node) -> frozenset[State]:
        """States of an item."""
        known = {state.value: state for state in State}
        kind = f"state; write one of {', '.join(known)}"
        for item in self.items(node):
            self.expect(kind, item, item.text in known)
        given = {item.text for item in self.items(node)}
        return frozenset(known[text] for text in given & known.keys())

    def paths(self, node: Node) -> tuple[tuple[str, str], ...]:
        """Patterns of paths, and the key that each lies below (empty: none)."""
        found = dict[str, str]()
        for key, below in self.table(node).entries:
            flaw, text = pattern_flaw(key.text), self.text(below)
            if flaw:
                self.wrong(key, f"paths: '{printable(key.text)}' {flaw}")
            fits = is_none(text) or not shape_flaw(f"{text}:x")
            self.expect("key such as CAMBER:file, nor none", below, fits)
            found[key.text] = "" if is_none(text) else text
        return tuple(found.items())

    def guard(self, node: Node) -> GuardRules:
        """How hard it weighs to change what a surface holds."""
        rules = GuardRules()
        for name, key, below in self._keys(self.table(node), GUARD_KEYS):
            rules = replace(rules, **{name: GUARD_KEYS[key](self, below)})
        return rules

    def level_or_pass(self, node: Node) -> Severity | None:
        """`warn` or `reject`; None for `pass`."""
        return LEVELS.get(self.one_of(node, ("pass", *LEVELS)))

    def identity(self, node: Node) -> str:
        """The mode."""
        mode = NONE
        for _, _, below in self._keys(self.table(node), {"mode": Reader.text}):
            mode = self.one_of(below, MODES)
        return mode

    def logins(self, node: Node) -> dict[str, tuple[str, ...]]:
        """Login -> patterns of the seats that it speaks for."""
        entries, todo = self.table(node).entries, "to let it speak for none"
        return {key.text: self.patterns(below, todo) for key, below in entries}


Take = Callable[[Reader, Node], "Any"]

KEYS: dict[str, Take] = {
    "ref": Reader.ref,
    "server": Reader.server,
    "prefixes": Reader.prefixes,
    "lanes": Reader.lanes,
    "families": Reader.families,
    "aliases": Reader.aliases,
    "unknown_family": Reader.level,
    "pools": Reader.pools,
    "stewards": Reader.seats,
    "stewards_sign": Reader.few_stewards,
    "agreed": Reader.agreed,
    "roster": Reader.roster,
    "unknown_seat": Reader.level,
    "surface": Reader.surface,
    "proof": Reader.level,
    "depends": Reader.level,
    "leases": Reader.leases,
    "ids": Reader.ids,
    "seal": Reader.seal,
    "fields": Reader.fields,
    "queue": Reader.queue,
    "identity": Reader.identity,
    "logins": Reader.logins,
    "paths": Reader.paths,
    "guard": Reader.guard,
}
LEASE_KEYS: dict[str, Take] = {
    "default": Reader.span,
    "max": Reader.span,
    "indefinite": Reader.truth,
    "grace": Reader.span,
    "turn": Reader.span,
    "pools": Reader.pool_leases,
}
FAMILY_KEYS: dict[str, Take] = {"paths": Reader.truth, "lane": Reader.any_lane}
GUARD_KEYS: dict[str, Take] = {
    "held": Reader.level,
    "unclaimed": Reader.level_or_pass,
    "push": Reader.level_or_pass,
}
FIELD_KEYS: dict[str, Take] = {"states": Reader.states, "level": Reader.level}
# Keys whose attribute in Policy has another name.
_ATTRIBUTES = {
    "ids": "max_gap",
    "seal": "seal_after",
    "families": "listed",
    "unknown_family": "unknown",
    "lane": "any_lane",
}
_OF_FAMILIES = {"listed", "aliases", "unknown"}
