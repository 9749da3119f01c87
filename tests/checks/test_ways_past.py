"""Ways past the question who brought it: each is refused, or brings nothing.

In a fleet that signs, by objects that no git made, as the server's hook has them.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from harness import claim, path, post
from harness.built import Workshop
from harness.fleet import MAIN
from harness.signing import SignedFleet

ME, OTHER, STEWARD = "CAMBER-06", "CAMBER-07", "FLEET-01"
MINE = {path("CMB-0001"): claim("CMB-0001", "CAMBER:file:one", seat=ME)}
DONE = {path("CMB-0001", 2): post(item="CMB-0001", seat=ME, state="DONE")}
ALSO = {path("CMB-0002"): post(item="CMB-0002", seat=ME)}
SIGNERS = "feed/allowed_signers"


@dataclass(frozen=True)
class World:
    """CAMBER-06 holds CMB-0001, from the commit `mine` on; CAMBER-07 is the impostor."""

    signed: SignedFleet
    shop: Workshop
    start: str
    mine: str
    first: str

    @classmethod
    def of(cls, signed: SignedFleet) -> "World":
        shop = Workshop.of(signed.fleet)
        start = shop.tip
        mine = shop.land(shop.builder.commit(MINE, start, key=signed.key(ME)))
        first = shop.fleet.server.line("rev-list", "--max-parents=0", MAIN)
        return cls(signed, shop, start, mine, first)

    def made(self, files, *parents: str, by: str = OTHER, **more) -> str:
        """A commit, on the feed as it is, signed by the key of a seat (empty: none)."""
        key = self.signed.key(by) if by else None
        on = parents or (self.mine,)
        return self.shop.builder.commit(files, *on, key=key, **more)

    def judged(self, commit: str) -> set[str]:
        return {f.code for f in self.shop.judged(commit).findings if f.rejects}


ROWS: dict[str, tuple[str, Callable[[World], str]]] = {}


def row(codes: str = ""):
    def add(play):
        ROWS[play.__name__] = codes, play
        return play

    return add


@pytest.fixture(scope="module")
def world(signed_template, tmp_path_factory) -> World:
    return World.of(signed_template.copy(tmp_path_factory.mktemp("past") / "fleet"))


@pytest.mark.parametrize("name", ROWS)
def test_way(name, world):
    codes, play = ROWS[name]
    assert world.judged(play(world)) == set(codes.split())


@row("FF601")
def a_post_by_another(w):
    return w.made(DONE)


@row("FF601")
def a_post_in_a_merge_that_is_neither_sides(w):
    return w.made(DONE, w.mine, w.start)


@row("FF602")
def the_same_by_a_merge_that_nobody_signed(w):
    return w.made(DONE, w.mine, w.start, by="")


@row("FF601")
def in_an_octopus(w):
    return w.made(DONE, w.mine, w.start, w.first)


@row("FF601")
def on_a_side_that_the_true_seat_merges(w):
    side = w.made(DONE)
    return w.made({}, w.mine, side, base=side, by=ME)


@row("FF601")
def on_a_side_of_a_side(w):
    side = w.made(DONE)
    over = w.made({}, w.made({"README": "x"}, by=""), side, base=side, by="")
    return w.made({}, w.mine, over, base=over, by="")


@row("FF601")
def criss_cross(w):
    one, two = w.made(DONE), w.made(ALSO, by=ME)
    left = w.made(ALSO, one, two, by="", base=one)
    right = w.made(DONE, two, one, by="", base=two)
    return w.made(
        {}, w.mine, w.made({}, left, right, by="", base=left), base=left, by=""
    )


@row()
def criss_cross_of_what_is_lawful(w):
    one, two = w.made(DONE, by=ME), w.made(ALSO, by=ME)
    left = w.made(ALSO, one, two, by="", base=one)
    right = w.made(DONE, two, one, by="", base=two)
    return w.made(
        {}, w.mine, w.made({}, left, right, by="", base=left), base=left, by=""
    )


@row("FF601")
def beside_a_lawful_one_in_the_same_push(w):
    return w.made(ALSO, w.made(DONE, by=ME))


@row("FF601")
def before_a_lawful_one_in_the_same_push(w):
    """Which alone would be let through."""
    return w.made(ALSO, w.made(DONE), by=ME)


@row("FF601")
def brought_twice_by_the_impostor_and_by_the_true_seat(w):
    side, own = w.made(DONE), w.made(DONE, by=ME)
    return w.made({}, own, side, base=own, by="")


@row("FF617")
def from_another_feed_with_the_same_keys(w):
    """The true seat has signed it, for a feed of another repository."""
    away = w.made({**MINE, **DONE}, by=ME, base=None)
    alone = w.shop.builder.commit({**MINE, **DONE}, key=w.signed.key(ME))
    assert away != alone
    return w.made({}, w.mine, alone, base=away, by="")


@row("FF409")
def taken_out_and_put_back_by_another(w):
    out = w.made({path("CMB-0001"): None})
    return w.made(MINE, out)


@row("FF021 FF601")
def as_a_link(w):
    """To git the text of a link is a blob as any other."""
    text = DONE[path("CMB-0001", 2)].encode()
    link = "120000", w.shop.builder.store("blob", text)
    return w.made({path("CMB-0001", 2): link, **ALSO})


@row("FF601")
def by_the_name_of_a_sub_seat(w):
    return w.made({path("CMB-0003"): post(item="CMB-0003", seat=f"{ME}/x")})


@row("FF601")
def in_another_case(w):
    return w.made({path("CMB-0003"): post(item="CMB-0003", seat="camber-06")})


@row("FF601")
def a_note_in_a_merge(w):
    note = "feed/notes/2026/11/20261120T155200Z-CAMBER-06-9f3a.yaml"
    return w.made({note: f"SEAT: {ME}\nBODY: yes\n"}, w.mine, w.start)


@row("FF602")
def with_a_signature_in_the_message(w):
    signature = w.signed.key(ME).sign(b"x").decode()
    return w.made(DONE, by="", message=f"done\n\n{signature}")


@row("FF608")
def a_key_on_a_side_that_is_merged_in(w):
    key = w.signed.key("stranger").public
    side = w.made({SIGNERS: w.shop.holds(SIGNERS) + f"{ME} {key}\n"})
    return w.made({}, w.mine, side, base=side)


@row("FF603")
def a_key_that_only_a_side_knows(w):
    key = w.signed.key("stranger").public
    side = w.made({SIGNERS: w.shop.holds(SIGNERS) + f"{ME} {key}\n"}, by="stranger")
    done = w.made(DONE, side, by="stranger")
    return w.made({SIGNERS: w.shop.holds(SIGNERS)}, w.mine, done, base=done, by="")


@row()
def what_brings_nothing_needs_no_signature(w):
    return w.made({"src/a.py": "pass\n"}, w.made({}, by=""), by="")


@row("FF617")
def a_merge_of_the_feed_into_what_was_before(w):
    return w.made({}, w.start, w.mine, base=w.mine, by="")


def test_under_other_names_of_the_feed_ref(world):
    server = world.shop.fleet.server
    bad = world.made(DONE)
    server.git("symbolic-ref", "refs/heads/alias", MAIN)
    try:
        for more in (
            [(None, bad, "refs/tags/v1")],
            [(None, bad, "refs/heads/other")],
            [(world.mine, bad, "refs/heads/alias")],
            [(None, bad, "refs/heads/MAIN")],
            [(None, bad, "refs/replace/" + world.mine)],
        ):
            found = world.shop.judged(bad, more=more).findings
            assert {f.code for f in found} & {"FF601", "FF411"}, more
    finally:
        server.git("symbolic-ref", "-d", "refs/heads/alias")
