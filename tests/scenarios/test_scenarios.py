"""What happened to a real fleet, played again: real clones, real hooks, real pushes.

A test's name begins with the number of its story. Each refusal is asked for three
times, of the commit, of the push and of the server alone, and must be the same.
"""

import os
import time

import pytest
from harness import Fleet, Seat, Server, claim, path, post

JOBS = "CAMBER:bt-push-readiness:known_production_bt_job_ids"
BASELINE = "HEARTWOOD:fixture-proof:job-40729171:auto-baseline"
PUSHER = "CAMBER:file:push.mjs"
SHEET = "CAMBER:page:cover-sheet"
OTHER = "CAMBER:table:totals"
POLICY = "feed/policy.yaml"


def put(seat: Seat, files: dict[str, str]) -> None:
    """Commits `files` and pushes them; both go through."""
    for file, text in files.items():
        seat.write(file, text)
    seat.commit()
    seat.push()


KEPT = ("HEAD", "refs/heads/*", "refs/fleetfeed/server")
"""What a refused push leaves as it is on a server: beside these it counts refusals."""


def try_commit(seat: Seat, files: dict[str, str], code: str, *words: str) -> None:
    """The commit hook refuses `files`, with a code and with words."""
    for file, text in files.items():
        seat.write(file, text)
    refused = seat.commit(ok=False)
    assert refused.refusals == {code}, refused
    assert not refused.unsaid(*words), refused


def try_push(seat: Seat, code: str, *words: str) -> None:
    """What is committed is refused before the push, and by the server alone.

    A commit that alters a published post is a finding of its own there (FF409).
    """
    codes = {code, "FF409"} if code == "FF402" else {code}
    before = seat.line("ls-remote", "origin", *KEPT)
    for options in ((), ("--no-verify",)):
        refused = seat.push("HEAD:refs/heads/main", *options, ok=False)
        assert refused.refusals == codes, refused
        assert not refused.unsaid(*words), refused
    assert seat.line("ls-remote", "origin", *KEPT) == before


def refuse(seat: Seat, files: dict[str, str], code: str, *words: str) -> None:
    """`files` are refused at the commit, at the push, and by the server alone."""
    try_commit(seat, files, code, *words)
    seat.commit("all the same", "--no-verify")
    try_push(seat, code, *words)
    seat.git("reset", "-q", "--hard", "origin/main")


def behind(seat: Seat) -> None:
    """A push is refused as not up to date; the seat then fetches and rebases."""
    assert "fetch, rebase or merge" in seat.push(ok=False).stderr
    assert (
        "fetch first"
        in seat.push("HEAD:refs/heads/main", "--no-verify", ok=False).stderr
    )
    seat.git("pull", "-q", "--rebase")


def current(seat: Seat) -> Seat:
    """The seat's clone, brought up to date."""
    seat.git("pull", "-q", "--rebase")
    return seat


@pytest.fixture
def one(fleet: Fleet) -> Seat:
    """CAMBER-06."""
    return fleet.seat("CAMBER-06")


@pytest.fixture
def two(fleet: Fleet) -> Seat:
    """CAMBER-07."""
    return fleet.seat("CAMBER-07")


def test_01_one_number_filed_twice(one, two):
    put(one, {path("CMB-0035"): post(item="CMB-0035")})
    current(two)
    one.write(path("CMB-0036"), post(item="CMB-0036", subject="the first"))
    one.commit()
    two.write(
        path("CMB-0036"), post(item="CMB-0036", subject="the second", seat="CAMBER-07")
    )
    two.commit()
    one.push()
    assert "fetch, rebase or merge" in two.push(ok=False).stderr
    two.git("fetch", "-q")
    assert "CONFLICT" in two.git("rebase", "origin/main", ok=False).stdout
    two.git("checkout", "-q", "--theirs", ".")
    two.git("add", "feed")
    two.git("rebase", "--continue", env={"GIT_EDITOR": "true"})
    try_push(two, "FF402", "CMB-0036 is published by CAMBER-06", "number CMB-0037")
    two.git("reset", "-q", "--hard", "origin/main")
    mine = post(item="CMB-0037", subject="the second", seat="CAMBER-07")
    put(two, {path("CMB-0037"): mine})
    assert "the first" in (two.holds(path("CMB-0036"), "origin/main") or "")


def test_02_a_reserved_number_used_for_other_work(one, two):
    item, budget = "CMB-1438", "increase disk IO budget"
    put(one, {path(item): post(item=item, subject=budget)})
    mine = post(
        item=item,
        seat="CAMBER-07",
        state="IN_PROGRESS",
        subject="direct-pull idempotency preflight",
    )
    words = (budget, "CAMBER-06", "take a number of your own")
    refuse(current(two), {path(item, 2): mine}, "FF303", *words)
    lawful = post(item=item, seat="CAMBER-07", state="IN_PROGRESS", subject=budget)
    put(two, {path(item, 2): lawful})


def test_03_a_stray_number_does_not_poison_the_counter(one):
    put(one, {path("CMB-1900"): post(item="CMB-1900")})
    stray = {path("CMB-394196"): post(item="CMB-394196")}
    refuse(one, stray, "FF307", "the highest so far", "number is CMB-1901")
    put(one, {path("CMB-1901"): post(item="CMB-1901")})
    refuse(one, stray, "FF307", "number is CMB-1902")


def test_04_several_tickets_on_one_surface(one, two, fleet):
    three = fleet.seat("CAMBER-08")
    for number, seat in enumerate((one, two, three), 1):
        item, name = f"CMB-000{number}", seat.environment["FLEETFEED_SEAT"]
        text = claim(item, JOBS, seat=name, state="AWAITING_CLAIM")
        seat.write(path(item), text)
        seat.commit()
    one.push()
    words = (
        "COLLIDE-WITH-CMB-0001",
        "CAMBER-06",
        JOBS,
        "nobody is on it",
        "`fleetfeed claim CMB-0001` takes it up",
    )
    for number, seat, state in ((2, two, "PARKED"), (3, three, "CANCELLED")):
        behind(seat)
        try_push(seat, "FF401", *words)
        text = seat.holds(path(f"CMB-000{number}")) or ""
        seat.write(path(f"CMB-000{number}"), text.replace("AWAITING_CLAIM", state))
        seat.commit("all right", "--amend")
        seat.push()
    note = "ITEM: CMB-0001\nSEAT: CAMBER-08\nBODY: count me in\n"
    put(three, {"feed/notes/2026/05/20260503T120000Z-CAMBER-08-0a1b.yaml": note})


def test_05_a_review_is_a_claim_too(one, two):
    put(one, {path("HWD-0001"): claim("HWD-0001", BASELINE)})
    words = ("COLLIDE-WITH-HWD-0001", "CAMBER-06", BASELINE)
    for key in (BASELINE, BASELINE.rpartition(":")[0], BASELINE.lower() + ":verdict"):
        review = claim("HWD-0002", key, seat="CAMBER-07", subject="review it")
        refuse(current(two), {path("HWD-0002"): review}, "FF401", *words)


def test_06_a_ruling_moves_the_work_in_one_push(one, two):
    put(one, {path("CMB-394196"): claim("CMB-394196", PUSHER)})
    late = claim("CMB-394205", PUSHER, seat="CAMBER-07")
    refuse(current(two), {path("CMB-394205"): late}, "FF401", "COLLIDE-WITH-CMB-394196")
    new = {path("CMB-394224"): claim("CMB-394224", PUSHER)}
    refuse(one, new, "FF401", "COLLIDE-WITH-CMB-394196")
    park = post(item="CMB-394196", state="PARKED", subject=None)
    put(one, {path("CMB-394196", 2): park, **new})
    refuse(current(two), {path("CMB-394205"): late}, "FF401", "COLLIDE-WITH-CMB-394224")


def test_07_one_helper_under_two_names(one, two):
    put(
        one,
        {
            path("ORA-0001"): claim(
                "ORA-0001", "ORA:fleet-runtime-helper:feed-append", seat="ORA-01"
            )
        },
    )
    near = claim("ORB-0001", "ORBIT:queue-helper:feed-append")
    current(two).write(path("ORB-0001"), near)
    warned = two.commit()
    # `queue-helper` is no family that `init` lists.
    assert warned.warnings == {"FF208", "FF210"}
    assert "ORA-0001 of ORA-01 is near" in warned.stderr
    two.push()
    policy = (one.holds(POLICY) or "").replace("proof: warn", "proof: reject")
    put(current(one), {POLICY: policy})
    again = claim("ORB-0002", "ORBIT:log-helper:feed-append")
    words = (
        "ORA-0001 of ORA-01 is near",
        "ORB-0001 of",
        "name each in NO_OVERLAP_PROOF",
    )
    refuse(one, {path("ORB-0002"): again}, "FF208", *words)
    proof = "another file than ORA-0001's and ORB-0001's"
    named = claim("ORB-0002", "ORBIT:log-helper:feed-append", no_overlap_proof=proof)
    put(one, {path("ORB-0002"): named})


def test_08_a_surface_written_wrong_is_mended_by_the_next_post(one, two):
    put(one, {path("CMB-0001"): claim("CMB-0001", SHEET)})
    put(current(two), {path("CMB-0002"): claim("CMB-0002", OTHER, seat="CAMBER-07")})
    moved = claim("CMB-0001", OTHER, subject=None)
    refuse(current(one), {path("CMB-0001", 2): moved}, "FF401", "COLLIDE-WITH-CMB-0002")
    put(one, {path("CMB-0001", 2): moved.replace(OTHER, JOBS)})
    put(current(two), {path("CMB-0003"): claim("CMB-0003", SHEET, seat="CAMBER-07")})
    taken = {path("CMB-0004"): claim("CMB-0004", JOBS, seat="CAMBER-07")}
    refuse(two, taken, "FF401", "COLLIDE-WITH-CMB-0001")


def test_09_prose_unblocks_nothing(one, two):
    blocked = post(item="CMB-0001", state="BLOCKED", subject=None)
    put(one, {path("CMB-0001"): claim("CMB-0001", SHEET)})
    put(one, {path("CMB-0001", 2): blocked})
    prose = "ITEM: CMB-0001\nSEAT: CAMBER-06\nBODY: done by hand, STATE is DONE now\n"
    put(one, {"feed/notes/2026/05/20260503T120000Z-CAMBER-06-0a1b.yaml": prose})
    put(current(two), {path("CMB-0002"): claim("CMB-0002", SHEET, seat="CAMBER-07")})
    again = post(item="CMB-0001", state="IN_PROGRESS", subject=None)
    current(one)
    refuse(one, {path("CMB-0001", 3): again}, "FF401", "COLLIDE-WITH-CMB-0002")
    put(one, {path("CMB-0001", 3): post(item="CMB-0001", state="DONE", subject=None)})


def test_11_the_log_cut_to_nothing(one):
    put(one, {path("CMB-0001"): claim("CMB-0001", SHEET)})
    words = ("post 1 of CMB-0001 is published by CAMBER-06", "put it back")
    refuse(one, {path("CMB-0001"): ""}, "FF402", *words)
    (one.folder / path("CMB-0001")).unlink()
    refuse(one, {}, "FF402", *words)
    (one.folder / path("CMB-0001")).unlink()
    one.commit("from behind the hooks", "--no-verify", "--amend")
    for options in (("--force",), ("--force", "--no-verify")):
        pushed = one.push("HEAD:refs/heads/main", *options, ok=False)
        assert pushed.refusals == {"FF405"}, pushed


def test_12_eighty_two_edits_without_a_pull(one, two):
    put(one, {path("CMB-0001"): claim("CMB-0001", SHEET)})
    current(two)
    for number in range(2, 84):
        body = f"edit {number}"
        text = post(item="CMB-0001", state="IN_PROGRESS", subject=None, body=body)
        one.write(path("CMB-0001", number), text)
    one.commit("many edits")
    one.write(path("CMB-0003"), claim("CMB-0003", JOBS))
    one.commit("one more")
    put(two, {path("CMB-0002"): claim("CMB-0002", JOBS, seat="CAMBER-07")})
    forced = one.push("HEAD:refs/heads/main", "--force", "--no-verify", ok=False)
    assert forced.refusals == {"FF405"}
    assert "without force" in forced.stderr
    behind(one)
    try_push(one, "FF401", "COLLIDE-WITH-CMB-0002", path("CMB-0003"))
    one.git("reset", "-q", "--hard", "HEAD^")
    one.push()
    assert one.holds(path("CMB-0001", 83), "origin/main")


def test_13_two_timers_in_one_session(one):
    claims = {path(f"CMB-000{n}"): claim(f"CMB-000{n}", SHEET) for n in (1, 2)}
    refuse(one, claims, "FF401", "COLLIDE-WITH-CMB-0001", "COLLIDE-WITH-CMB-0002")
    for file, text in claims.items():
        one.write(file, text)
        one.commit("each for itself", "--no-verify")
    try_push(one, "FF401", "COLLIDE-WITH-CMB-0001", "COLLIDE-WITH-CMB-0002")
    one.git("reset", "-q", "--hard", "origin/main")
    done = post(item="CMB-0001", state="DONE", subject=None)
    steps = {path("CMB-0001"): claims[path("CMB-0001")], path("CMB-0001", 2): done}
    put(one, {**steps, path("CMB-0002"): claims[path("CMB-0002")]})


def test_14_one_idea_twice(one, two):
    two.write(path("CMB-0002"), claim("CMB-0002", SHEET, seat="CAMBER-07"))
    two.commit("from a view of its own")
    put(one, {path("CMB-0001"): claim("CMB-0001", SHEET)})
    behind(two)
    words = ("COLLIDE-WITH-CMB-0001", "CAMBER-06 holds", SHEET)
    try_push(two, "FF401", *words)
    late = {path("CMB-0003"): claim("CMB-0003", SHEET, seat="CAMBER-07")}
    two.git("reset", "-q", "--hard", "origin/main")
    refuse(two, late, "FF401", *words)


def test_15_a_mirror_that_was_stale_for_days(one, two):
    put(one, {path("CMB-0001"): claim("CMB-0001", SHEET)})
    late = {path("CMB-0002"): claim("CMB-0002", SHEET, seat="CAMBER-07")}
    days_ago = time.time() - 3 * 86400 - 60
    for trace in ("FETCH_HEAD", "logs/refs/remotes/origin/main"):
        os.utime(two.folder / ".git" / trace, (days_ago, days_ago))
    two.write(path("CMB-0002"), late[path("CMB-0002")])
    assert "origin/main, fetched 3 d ago" in two.commit().stderr
    two.git("reset", "-q", "--hard", "HEAD^")
    two.git("fetch", "-q")
    assert two.holds(path("CMB-0001")) is None
    try_commit(two, late, "FF401", "COLLIDE-WITH-CMB-0001", "fetched 0 s ago")


def test_16_a_whole_life_and_the_next_item(one, two):
    put(one, {path("CMB-0001"): claim("CMB-0001", SHEET, state="AWAITING_CLAIM")})
    for number, state in enumerate(("IN_PROGRESS", "DONE"), 2):
        text = post(item="CMB-0001", state=state, subject=None, surface_key=SHEET)
        one.write(path("CMB-0001", number), text)
        one.commit(state)
    put(one, {path("CMB-0002"): claim("CMB-0002", SHEET)})
    held = {path("CMB-0003"): claim("CMB-0003", SHEET, seat="CAMBER-07")}
    refuse(current(two), held, "FF401", "COLLIDE-WITH-CMB-0002")


def test_17_a_note_that_quotes_a_claim(one, two):
    quote = (
        f"ITEM: CMB-0001\nSEAT: CAMBER-07\nBODY: |\n  it says\n  SURFACE_KEY: {OTHER}\n"
    )
    put(one, {path("CMB-0001"): claim("CMB-0001", SHEET)})
    put(
        current(two), {"feed/notes/2026/05/20260503T120000Z-CAMBER-07-0a1b.yaml": quote}
    )
    put(two, {path("CMB-0002"): claim("CMB-0002", OTHER, seat="CAMBER-07")})
    put(
        current(one),
        {path("CMB-0001", 2): post(item="CMB-0001", state="DONE", subject=None)},
    )


def test_18_a_parent_without_a_key(one, two):
    put(one, {path("CMB-0001"): post(item="CMB-0001", state="IN_PROGRESS")})
    put(one, {path("CMB-0002"): claim("CMB-0002", SHEET, parent="CMB-0001")})
    child = claim("CMB-0003", OTHER, parent="CMB-0001", seat="CAMBER-07")
    put(current(two), {path("CMB-0003"): child})
    twin = {path("CMB-0004"): child.replace("CMB-0003", "CMB-0004")}
    refuse(two, twin, "FF401", "COLLIDE-WITH-CMB-0003")


def test_19_a_second_new_ticket_and_a_row_put_back(one, two):
    put(one, {path("CMB-0001"): claim("CMB-0001", SHEET)})
    blocked = post(item="CMB-0001", state="BLOCKED", subject=None)
    put(one, {path("CMB-0001", 2): blocked})
    filed = {
        path("CMB-0001"): post(item="CMB-0001", subject="new work", seat="CAMBER-07")
    }
    refuse(
        current(two), filed, "FF402", "CMB-0001 is published by CAMBER-06", "CMB-0002"
    )
    back = {path("CMB-0001", 3): post(item="CMB-0001", subject=None)}
    put(two, {path("CMB-0002"): claim("CMB-0002", SHEET, seat="CAMBER-07")})
    refuse(current(one), back, "FF401", "COLLIDE-WITH-CMB-0002")
    let_go = post(item="CMB-0002", state="DONE", seat="CAMBER-07", subject=None)
    put(two, {path("CMB-0002", 2): let_go})
    put(current(one), back)


@pytest.mark.parametrize(
    ("key", "code", "words"),
    [
        ("CAMBER:all-bt", "FF203", "names a whole family"),
        ("CAMBER:bt:all", "FF203", "says everything"),
        ("my-branch", "FF202", "one segment"),
    ],
)
def test_20_keys_too_broad_and_too_local(one, key, code, words):
    refuse(one, {path("CMB-0001"): claim("CMB-0001", key)}, code, key, words)


def test_20_a_key_with_four_segments(one):
    put(one, {path("CMB-0001"): claim("CMB-0001", BASELINE)})


def test_21_the_feed_is_every_clone(one, two, fleet):
    put(one, {path("CMB-0001"): claim("CMB-0001", SHEET)})
    put(current(two), {path("CMB-0002"): claim("CMB-0002", OTHER, seat="CAMBER-07")})
    current(one)
    for clone in (one, two):
        clone.fleetfeed("audit")
    again = Server.create(fleet.folder / "again.git")
    two.git("remote", "set-url", "origin", str(again.folder))
    two.push()
    held = {path("CMB-0003"): claim("CMB-0003", SHEET, seat="CAMBER-07")}
    refuse(two, held, "FF401", "COLLIDE-WITH-CMB-0001")


def test_21_an_audit_finds_what_an_unguarded_server_let_in(one, fleet):
    put(one, {path("CMB-0001"): claim("CMB-0001", SHEET)})
    fleet.server.fleetfeed("uninstall", "--server", ".")
    one.git("rm", "-q", path("CMB-0001"))
    one.commit("the log is cut", "--no-verify")
    one.push("HEAD:refs/heads/main", "--no-verify")
    clone = Seat.clone(fleet.server, fleet.folder / "mirror")
    found = clone.fleetfeed("audit", ok=False)
    assert found.refusals == {"FF409"}
    assert path("CMB-0001") in found.said
    assert clone.tip()[:12] in found.said


def test_29_half_done_work_is_told_to_who_comes_next(one, two):
    put(one, {path("CMB-0001"): claim("CMB-0001", JOBS)})
    stuck = post(item="CMB-0001", state="BLOCKED", subject=None, reason="half migrated")
    put(one, {path("CMB-0001", 2): stuck})
    asked = current(two).fleetfeed("active", "--surface-claim", JOBS).stdout
    told = f"CMB-0001 of CAMBER-06 is near ({JOBS}, half-done, BLOCKED)"
    assert asked.startswith(f"ALLOCATED\n{told}\n")
    again = {path("CMB-0002"): claim("CMB-0002", JOBS, seat="CAMBER-07")}
    two.write(*next(iter(again.items())))
    assert told in two.commit().stderr
    two.push()
    # And who blocked it hears of the other, who has the surface now.
    back = post(item="CMB-0001", state="IN_PROGRESS", subject=None)
    refuse(current(one), {path("CMB-0001", 3): back}, "FF401", "COLLIDE-WITH-CMB-0002")


def test_30_one_file_under_two_lanes_and_by_another_name(one, two):
    put(one, {path("CMB-0001"): claim("CMB-0001", "CAMBER:file:src/app")})
    for key in ("ORA:file:src/app/x.py", "CAMBER:files:src/app/x.py", "ora:CODE:src"):
        taken = {path("ORA-0001"): claim("ORA-0001", key, seat="ORA-01")}
        words = ("COLLIDE-WITH-CMB-0001", "CAMBER-06 holds CAMBER:file:src/app")
        refuse(current(two), taken, "FF401", *words)
    apart = claim("ORA-0001", "ORA:file:src/apple", seat="ORA-01")
    put(two, {path("ORA-0001"): apart})


def test_31_one_name_for_each_path(one, two):
    page = "CAMBER:file:app/blog/[id]/page.tsx"
    printed = two.fleetfeed("surface", "--lane", "CAMBER", "app/blog/[id]/page.tsx")
    assert printed.stdout.strip() == page
    put(one, {path("CMB-0001"): claim("CMB-0001", page)})
    for spelled in (page.replace("[", "%5B").upper(), "CAMBER:file:app/blog/%5bid%5D"):
        taken = {path("CMB-0002"): claim("CMB-0002", spelled, seat="CAMBER-07")}
        refuse(current(two), taken, "FF401", "COLLIDE-WITH-CMB-0001")
    # The two names that were written for it are other files.
    for number, name in enumerate(("id", "-id-"), 2):
        item, key = f"CMB-000{number}", f"CAMBER:file:app/blog/{name}/page.tsx"
        proof = "another folder than CMB-0001's and CMB-0002's"
        text = claim(item, key, seat="CAMBER-07", no_overlap_proof=proof)
        put(two, {path(item): text})


def test_32_of_many_of_one_family_what_is_near_is_told_at_once(one, two):
    many = [(f"CMB-{n:04d}", n) for n in range(1, 22)]
    far = {path(item): claim(item, f"CAMBER:page:{n}") for item, n in many}
    put(one, far)
    current(two).write(
        path("ORA-0001"), claim("ORA-0001", "CAMBER:page:x", seat="ORA-01")
    )
    assert two.commit().warnings == set()
    two.push()
    put(current(one), {path("CMB-0022"): claim("CMB-0022", "CAMBER:page:admin/0")})
    near = {f"CMB-{n:04d}": f"CAMBER:page:admin/{n}" for n in range(23, 43)}
    put(one, {path(item): claim(item, key) for item, key in near.items()})
    new = claim("ORA-0002", "CAMBER:page:admin/x", seat="ORA-01")
    current(two).write(path("ORA-0002"), new)
    said = two.commit().stderr
    assert said.count("FF208") == 1
    assert said.count(" is near (") == 10
    assert "; and 11 more; " in said
    assert len(said) < 1500
