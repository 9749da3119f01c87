"""The same stories, played by the commands that write: real clones, a guarded server.

A test's name begins with the number of its story. Whoever is late is told so by the
command itself, and what is on the server is read by plain git.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest
from cli.desk import Desk
from harness import Fleet, Result, Seat, path, post
from harness.answers import flat

JOBS = "CAMBER:bt-push-readiness:known_production_bt_job_ids"
PUSHER = "CAMBER:file:push.mjs"
SHEET = "CAMBER:page:cover-sheet"
OTHER = "CAMBER:table:totals"
PROOF = "nobody else works on it"


@pytest.fixture
def one(fleet: Fleet) -> Seat:
    """CAMBER-06."""
    return fleet.seat("CAMBER-06")


@pytest.fixture
def two(fleet: Fleet) -> Seat:
    """CAMBER-07."""
    return fleet.seat("CAMBER-07")


def run(seat: Seat, *args: str, ok: bool = True) -> Result:
    """`fleetfeed args` in a seat's clone, as its process would do it."""
    desk = Desk(seat.environment["FLEETFEED_SEAT"], seat, seat.folder)
    said = desk(*args, code=None)
    assert said.ok == ok, said
    return said


def new(seat: Seat, verb: tuple[str, ...], key: str | None, *more: str) -> str:
    """File or claim a new item; its id."""
    return asked(seat, verb, key, *more).stdout.partition("\n")[0]


def asked(
    seat: Seat,
    verb: tuple[str, ...],
    key: str | None,
    *more: str,
    ok: bool = True,
    subject: str = "a piece of work",
) -> Result:
    surface = ("--surface", key, "--proof", PROOF) if key else ()
    return run(seat, *verb, "CMB", "--subject", subject, *surface, *more, ok=ok)


RESERVE, CLAIM = ("reserve",), ("claim", "--new")


def refused(said: Result, *words: str) -> None:
    """It was exit 1, with these words, and nothing that looks like a success."""
    assert said.returncode == 1, said
    assert not said.stdout, said
    assert not [word for word in words if word not in said.stderr], said


def shown(seat: Seat, item: str) -> dict[str, object]:
    """The item, as anyone sees it."""
    said: dict[str, object] = flat(run(seat, "show", item, "--json").stdout)
    return said


def seeded(seat: Seat, item: str) -> None:
    """An item of a high number, from the days before the commands."""
    seat.write(path(item), post(item=item))
    seat.commit()
    seat.push()


def test_01_no_number_is_given_twice(fleet):
    seats = [fleet.seat(f"CAMBER-0{n}") for n in range(1, 5)]
    file = ("reserve", "CMB", "--subject", "a piece of work")
    with ThreadPoolExecutor() as pool:
        said = list(pool.map(lambda seat: seat.fleetfeed(*file), seats))
    items = [each.stdout.partition("\n")[0] for each in said]
    assert sorted(items) == [f"CMB-000{n}" for n in range(1, 5)]
    late = ("append", "CMB-0001", "--state", "AWAITING_CLAIM", "--subject", "mine")
    refused(run(fleet.seat("CAMBER-09"), *late, ok=False), "FF301", "CMB-0001")


def test_02_a_reserved_number_used_for_other_work(one, two):
    item = new(one, RESERVE, None, "--priority", "9")
    subject = "direct-pull idempotency preflight"
    said = run(two, "claim", item, "--subject", subject, ok=False)
    refused(said, "FF303", "a piece of work", "take a number of your own")
    assert shown(two, item)["state"] == "AWAITING_CLAIM"
    own = asked(two, RESERVE, None, subject=subject).stdout.partition("\n")[0]
    assert own != item
    run(two, "claim", own)
    assert (shown(one, item)["holder"], shown(one, own)["holder"]) == (
        None,
        "CAMBER-07",
    )


@pytest.mark.large
def test_03_a_stray_number_does_not_poison_the_counter(fleet, one):
    seeded(one, "CMB-1900")
    far = ("append", "CMB-394196", "--state", "AWAITING_CLAIM", "--subject", "x")
    refused(run(one, *far, ok=False), "FF307", "CMB-1901")
    assert new(one, RESERVE, None) == "CMB-1901"
    hook = fleet.server.folder / "hooks" / "pre-receive"
    hook.rename(hook.with_name("away"))
    one.write(path("CMB-394196"), post(item="CMB-394196"))
    one.commit("stray", "--no-verify")
    one.push("HEAD:refs/heads/main", "--no-verify")
    hook.with_name("away").rename(hook)
    assert new(one, RESERVE, None) == "CMB-1902"


def test_04_several_tickets_on_one_surface(one, two):
    first = new(one, RESERVE, JOBS)
    told = f"through {first} by CAMBER-06, who filed it; nobody is on it"
    words = (f"COLLIDE-WITH-{first}", JOBS, told)
    refused(asked(two, RESERVE, JOBS, ok=False), *words)
    refused(asked(two, CLAIM, JOBS + ":eu", ok=False), *words)
    aside = ("append", "CMB-0002", "--state", "PARKED", "--subject", "the same jobs")
    run(two, *aside, "--surface", JOBS)
    refused(run(two, "claim", "CMB-0002", "--proof", PROOF, ok=False), *words)
    run(two, "yield", "CMB-0002", "--to", first)
    run(two, "note", first, "--body", "count me in")
    log = run(two, "log", first).stdout.splitlines()
    assert [line.split()[2] for line in log] == ["note", "note", "AWAITING_CLAIM"]
    run(one, "claim", first)


@pytest.mark.large
def test_06_a_ruling_moves_the_work_in_one_commit(fleet, one, two):
    holder = new(one, CLAIM, PUSHER)
    refused(asked(two, CLAIM, PUSHER, ok=False), f"COLLIDE-WITH-{holder}")
    said = asked(one, CLAIM, PUSHER, ok=False)
    refused(said, "your own seat CAMBER-06", f"--park {holder}")
    tip = fleet.server.tip("main")
    moved = new(one, CLAIM, PUSHER, "--park", holder)
    assert fleet.server.line("rev-parse", "main^") == tip
    refused(asked(two, CLAIM, PUSHER, ok=False), f"COLLIDE-WITH-{moved}")
    refused(run(one, "claim", holder, ok=False), f"COLLIDE-WITH-{moved}")
    assert shown(two, holder)["state"] == "PARKED"


@pytest.mark.large
def test_08_a_surface_written_wrong_is_mended_by_the_next_post(one, two):
    item, taken = new(one, CLAIM, SHEET), new(two, CLAIM, OTHER)
    amend = ("append", item, "--state", "IN_PROGRESS", "--proof", PROOF, "--surface")
    refused(run(one, *amend, OTHER, ok=False), f"COLLIDE-WITH-{taken}")
    run(one, *amend, JOBS)
    free = new(two, CLAIM, SHEET)
    refused(asked(two, CLAIM, JOBS, ok=False), f"COLLIDE-WITH-{item}")
    assert shown(one, free)["held"] == [{"text": SHEET, "key": SHEET.lower()}]


@pytest.mark.large
def test_09_prose_unblocks_nothing(one, two):
    item = new(one, CLAIM, SHEET)
    run(one, "block", item)
    run(one, "note", item, "--body", "done by hand, STATE is DONE now")
    assert shown(two, item)["state"] == "BLOCKED"
    holder = new(two, CLAIM, SHEET)
    refused(run(one, "claim", item, ok=False), f"COLLIDE-WITH-{holder}")
    run(one, "done", item)


def test_10_the_late_post_of_who_was_replaced(fleet, one, two):
    one.write("feed/policy.yaml", "ref: refs/heads/main\nstewards: [FLEET-01]\n")
    one.commit("the policy")
    one.push()
    item = new(two, CLAIM, SHEET)
    steward = fleet.seat("FLEET-01")
    refused(run(one, "claim", item, "--reason", "it is gone", ok=False), "FF502")
    run(steward, "claim", item, "--reason", "CAMBER-07 has left")
    run(steward, "handoff", item, "--to", "CAMBER-06")
    for epoch in (("--epoch", "1"), ()):
        late = run(two, "done", item, *epoch, ok=False)
        assert late.returncode == 4
        assert (
            f"no longer yours: {item} is at epoch 3, held by CAMBER-06" in late.stderr
        )
    run(one, "done", item, "--epoch", "3")


@pytest.mark.large
def test_14_one_idea_twice(one, two):
    first = new(one, CLAIM, SHEET)
    two.write("notes.txt", "an idea\n")
    two.git("switch", "-q", "-c", "idea")
    words = (f"COLLIDE-WITH-{first}", "CAMBER-06 holds", SHEET, "held since ")
    refused(asked(two, CLAIM, SHEET, ok=False), *words)
    refused(run(two, "claim", first, ok=False), "by CAMBER-06 (epoch 1); wait")
    run(one, "done", first)
    assert new(two, CLAIM, SHEET) == "CMB-0002"


@pytest.mark.large
def test_15_a_stale_clone_claims_nothing_that_is_taken(one, two):
    first = new(one, CLAIM, SHEET)
    assert two.tip("origin/main") != one.tip("origin/main")
    refused(asked(two, CLAIM, SHEET, ok=False), f"COLLIDE-WITH-{first}")


@pytest.mark.large
def test_16_a_whole_life_and_the_next_item(one, two):
    item = new(one, RESERVE, SHEET)
    run(one, "claim", item)
    run(one, "done", item)
    following = new(one, CLAIM, SHEET)
    refused(asked(two, CLAIM, SHEET, ok=False), f"COLLIDE-WITH-{following}")
    assert "nothing to refuse" in run(two, "audit").said


@pytest.mark.large
def test_18_a_parent_without_a_key(one, two):
    parent = new(one, CLAIM, None)
    child = new(one, CLAIM, SHEET, "--parent", parent)
    new(two, CLAIM, OTHER, "--parent", parent)
    late = asked(two, CLAIM, SHEET, "--parent", parent, ok=False)
    refused(late, f"COLLIDE-WITH-{child}")
    assert shown(one, parent)["held"] == []


def test_19_a_second_new_ticket_and_a_row_put_back(one, two):
    item = new(one, CLAIM, SHEET)
    run(one, "block", item)
    filed = two.write(
        "new.yaml", f"ITEM: {item}\nSTATE: AWAITING_CLAIM\nSUBJECT: else\n"
    )
    refused(run(two, "append", "--post", str(filed), ok=False), item, "FF30")
    taker = new(two, CLAIM, SHEET)
    refused(run(one, "release", item, ok=False), f"COLLIDE-WITH-{taker}")
    run(two, "done", taker)
    run(one, "release", item)
    assert shown(two, item)["held"] == [{"text": SHEET, "key": SHEET.lower()}]


@pytest.mark.large
@pytest.mark.parametrize(
    ("key", "code"), [("CAMBER:all-bt", "FF203"), ("my-branch", "FF202")]
)
def test_20_keys_too_broad_and_too_local(one, key, code):
    refused(asked(one, RESERVE, key, ok=False), code, key)


def test_28_the_note_that_a_refusal_advises(one, two):
    item = new(one, CLAIM, SHEET)
    refused(asked(two, CLAIM, SHEET, ok=False), f"fleetfeed note {item}")
    run(two, "note", item, "--body", "please wait\nfor the export")
    told = "CAMBER-07, note:\n      please wait\n      for the export\n"
    assert told in run(one, "show", item).stdout
    assert told in run(one, "renew", item).stdout
    assert told not in run(one, "renew", item).stdout


def test_43_what_was_said_to_an_agent_that_has_lost_its_context(one, two):
    item = new(one, CLAIM, SHEET)
    run(two, "note", item, "--body", "please wait")
    held = flat(run(one, "active", "--mine", "--json").stdout)
    assert (held["item"], held["notes_unseen"]) == (item, 1)
    said = flat(run(one, "inbox", "--json").stdout)
    assert [(n["item"], n["body"]) for n in said["notes"]] == [(item, "please wait")]
