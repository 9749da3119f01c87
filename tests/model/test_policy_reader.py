"""The policy: every key read, every wrong value found where it stands."""

import pytest

from fleetfeed.model.families import Families, Family
from fleetfeed.model.findings import Severity
from fleetfeed.model.policy import DEFAULT, FieldRule, GuardRules, LeaseRules, Policy
from fleetfeed.model.policy_reader import is_full_ref, read_policy
from fleetfeed.model.policy_template import template
from fleetfeed.model.post import State
from fleetfeed.util.records import replace

PATH = "feed/policy.yaml"


def read(text):
    return read_policy(text.encode(), PATH)


def wrong(text):
    policy, findings = read(text)
    assert policy is None
    assert all(f.rejects and f.place.path == PATH for f in findings)
    return [(f.code, f.place.line, f.place.column, f.message) for f in findings]


@pytest.mark.parametrize(
    ("text", "attribute", "value"),
    [
        ("ref: refs/heads/feed", "ref", "refs/heads/feed"),
        ("prefixes: {CMB: CAMBER, HWD: HEARTWOOD}", "prefixes",
         {"CMB": "CAMBER", "HWD": "HEARTWOOD"}),
        ("lanes: [CAMBER, ORA]", "lanes", ("CAMBER", "ORA")),
        ('pools: {any-idle: ["CAMBER-*", ORA-01]}', "pools",
         {"any-idle": ("CAMBER-*", "ORA-01")}),
        ('pools: {lab/idle: ["*", "ORA-*/*"]}', "pools", {"lab/idle": ("*", "ORA-*/*")}),
        ("stewards: [FLEET-01, FLEET-02/x]", "stewards", ("FLEET-01", "FLEET-02/x")),
        ("stewards: []", "stewards", ()),
        ("surface: required", "surface", "required"),
        ("surface: optional", "surface", "optional"),
        ("surface: warn", "surface", "warn"),
        ("proof: reject", "proof", Severity.REJECT),
        ("proof: warn", "proof", Severity.WARN),
        ("depends: reject", "depends", Severity.REJECT),
        ("depends: warn", "depends", Severity.WARN),
        ("leases: {default: 90s}", "leases", LeaseRules(default=90)),
        ("leases: {max: 30d}", "leases", LeaseRules(max=30 * 86400)),
        ("leases: {indefinite: true}", "leases", LeaseRules(indefinite=True)),
        ("leases: {grace: 2h}", "leases", LeaseRules(grace=7200)),
        ("leases: {default: 1m, max: 1m, indefinite: false, grace: 1s}", "leases",
         LeaseRules(60, 60, False, 1)),
        ("ids: {max_gap: 7}", "max_gap", 7),
        ("fields: {WORK_PROOF: {states: [DONE, PARKED], level: reject}}", "fields",
         {"WORK_PROOF": FieldRule(frozenset({State.DONE, State.PARKED}), Severity.REJECT)}),
        ("fields:\n  DELIVERABLE:\n    states:\n      - DONE\n", "fields",
         {"DELIVERABLE": FieldRule(frozenset({State.DONE}), Severity.WARN)}),
        ("identity: {mode: none}", "identity", "none"),
        ("identity: {mode: pusher}", "identity", "pusher"),
        ("identity: {mode: signed}", "identity", "signed"),
        ('logins: {alice: [CAMBER-06, "CAMBER-06/*"], a@b.c: [ORA-01]}', "logins",
         {"alice": ("CAMBER-06", "CAMBER-06/*"), "a@b.c": ("ORA-01",)}),
        ("stewards_sign: 1", "stewards_sign", 1),
        ("agreed: []", "agreed", frozenset()),
        ('roster: ["CAMBER-*", ORA-01]', "roster", ("CAMBER-*", "ORA-01")),
        ("lanes: {CAMBER: {}, ORA: {}}", "lanes", ("CAMBER", "ORA")),
    ],
)  # fmt: skip
def test_every_key_is_read(text, attribute, value):
    policy, findings = read(text + "\n")
    assert findings == ()
    assert getattr(policy, attribute) == value
    others = set(Policy.__slots__) - {attribute}
    assert all(getattr(policy, name) == getattr(DEFAULT, name) for name in others)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("stewards: [FLEET-01, FLEET-02]\nstewards_sign: 2", {"stewards_sign": 2}),
        ("stewards: [FLEET-01]\nagreed: [evict, lane]",
         {"agreed": frozenset({"evict", "lane"})}),
    ],
)  # fmt: skip
def test_what_several_sign_is_read_in_a_signed_fleet(text, said):
    policy, findings = read(f"{text}\nidentity: {{mode: signed}}\n")
    assert findings == ()
    assert {name: getattr(policy, name) for name in said} == said


def test_a_lane_says_who_may_claim_in_it():
    policy, findings = read(
        'lanes: {CAM_BER: {seats: ["CAMBER-*", ORA-01]}, FLEET: {}}\n'
    )
    assert findings == ()
    assert policy.lanes == ("CAM_BER", "FLEET")
    assert policy.lane_seats == {"cam-ber": ("CAMBER-*", "ORA-01")}


def test_an_unknown_seat_is_warned_of_or_refused():
    policy, findings = read("roster: [ORA-01]\nunknown_seat: reject\n")
    assert findings == ()
    assert policy.unknown_seat is Severity.REJECT


def test_the_paths_that_surfaces_hold():
    text = 'paths: {"web/gen/**": none, "/web/**": "CAMBER:file"}\n'
    policy, findings = read(f"{text}guard: {{held: warn, push: reject}}\n")
    assert findings == ()
    assert policy.paths == (("web/gen/**", ""), ("/web/**", "CAMBER:file"))
    assert policy.guard == GuardRules(Severity.WARN, None, Severity.REJECT)


@pytest.mark.parametrize(("value", "meant"), [("inbox", "inbox"), ("direct", "")])
def test_seats_land_one_anothers_posts_or_each_his_own(value, meant):
    policy, findings = read(f"queue: {value}\n")
    assert findings == ()
    assert policy.queue == meant


def test_the_designs_policy_is_read():
    policy, findings = read(
        """\
ref: refs/heads/main
prefixes: {CMB: CAMBER, HWD: HEARTWOOD, ORA: ORA, FLT: FLEET}    # prefix -> lane
lanes: [CAMBER, HEARTWOOD, ORBIT, ORA, FLEET]                    # left out: any
pools: {any-idle-camber: ["CAMBER-*"]}      # * does not cross a /
stewards: []
surface: optional                           # or: required
proof: warn                                 # or: reject
leases: {default: 24h, max: 7d, indefinite: false, grace: 60s}
ids: {max_gap: 100}
fields:
  WORK_PROOF: {states: [DONE], level: warn}
identity: {mode: none}                      # section 7
"""
    )
    assert findings == ()
    assert len(policy.prefixes) == 4
    assert policy.leases == DEFAULT.leases


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("ref: main", 1, 6, "full ref name"),
        ("ref: [refs/heads/main]", 1, 6, "one text"),
        ("surface: sometimes", 1, 10, "warn, required, optional"),
        ("proof: maybe", 1, 8, "warn, reject"),
        ("depends: maybe", 1, 10, "warn, reject"),
        ("lanes: CAMBER", 1, 8, "a list"),
        ('lanes: [ORA, "CAMBER:file"]', 1, 14, "no lane"),
        ("prefixes: [CMB]", 1, 11, "a mapping"),
        ("prefixes: {cmb: CAMBER}", 1, 12, "no ticket prefix"),
        ('prefixes: {CMB: "A:b"}', 1, 17, "no lane"),
        ("pools: {idle: CAMBER-06}", 1, 15, "a list"),
        ("pools: {any idle: [CAMBER-06]}", 1, 9, "no name of a pool"),
        ("pools: {none: [CAMBER-06]}", 1, 9, "no name of a pool"),
        ('pools: {idle: [ORA-01, "CAMBER-?"]}', 1, 24, "no pattern"),
        ('pools: {idle: ["CAMBER *"]}', 1, 16, "no pattern"),
        ('pools: {idle: ["*//x"]}', 1, 16, "no pattern"),
        ("prefixes: {}", 1, 11, "leave it out"),
        ("lanes: []", 1, 8, "leave it out"),
        ("lanes: [ORA]\nprefixes: {CMB: CAMBER}", 2, 17, "not in `lanes`"),
        ("prefixes: {ORA: ora, CMB: CAMBER}\nlanes: [ORA]", 1, 27, "not in `lanes`"),
        ("stewards: FLEET-01", 1, 11, "a list"),
        ('stewards: ["FLEET 01"]', 1, 12, "no seat"),
        ("leases: {default: 1.5h}", 1, 19, "no span"),
        ("leases: {default: 8d}", 1, 9, "longer than max"),
        ("pools: {a: [ORA-01]}\nleases: {pools: {a: 8d}}", 2, 9, "longer than max"),
        ("leases: {pools: {a: 30m}}", 1, 18, "no pool of this policy"),
        ("leases: {pools: 30m}", 1, 17, "a mapping"),
        ("pools: {a: [ORA-01]}\nleases: {pools: {a: soon}}", 2, 21, "no span"),
        ("leases: {grace: 0s}", 1, 17, "no span"),
        ("leases:\n  max: forever\n", 2, 8, "no span"),
        ("leases: {indefinite: yes}", 1, 22, "false, true"),
        ("ids: {max_gap: 0}", 1, 16, "whole number"),
        ("ids: {max_gap: 1e3}", 1, 16, "whole number"),
        ("fields: {WORK_PROOF: {states: [OVER]}}", 1, 32, "no state"),
        ("fields: {WORK_PROOF: {level: hard}}", 1, 30, "warn, reject"),
        ("fields: {work_proof: {level: warn}}", 1, 10, "not upper case"),
        ("fields: {STATE: {level: warn}}", 1, 10, "fleetfeed's own"),
        ("identity: {mode: trust}", 1, 18, "none, pusher, signed"),
        ("logins: [alice]", 1, 9, "a mapping"),
        ("logins: {alice: CAMBER-06}", 1, 17, "a list"),
        ('logins: {alice: ["CAMBER 06"]}', 1, 18, "no pattern"),
        ("logins: {alice: []}", 1, 17, "leave it out"),
        ("lanes: {}", 1, 8, "leave it out"),
        ("lanes: {ORA: [ORA-01]}", 1, 14, "a mapping"),
        ("lanes: {ORA: {seat: [ORA-01]}}", 1, 15, "seats"),
        ("lanes: {ORA: {seats: []}}", 1, 22, "leave it out"),
        ('lanes: {ORA: {seats: ["ORA 1"]}}', 1, 23, "no pattern"),
        ('lanes: {"ORA:file": {}}', 1, 9, "no lane"),
        ("lanes: {ORA_1: {}, ora-1: {}}", 1, 20, "there already"),
        ("prefixes: {CMB: CAMBER}\nlanes: {ORA: {}}", 1, 17, "not in `lanes`"),
        ("roster: []", 1, 9, "leave it out"),
        ("roster: [ORA 01]", 1, 10, "no pattern"),
        ("roster: [ORA-01]\nunknown_seat: maybe", 2, 15, "warn, reject"),
        ("unknown_seat: reject", 1, 15, "nothing without `roster`"),
        ("roster: [ORA-01]\nstewards: [ORA-01, FLEET-01]", 2, 20, "not on the roster"),
        ("identity: {mode: signed}\nstewards_sign: 0", 2, 16, "from 1 to 9"),
        ("identity: {mode: signed}\nstewards_sign: 10", 2, 16, "from 1 to 9"),
        ("identity: {mode: signed}\nstewards: [ORA-01, ora-01]\nstewards_sign: 2", 3, 16,
         "of 2 stewards 1"),
        ("stewards: [ORA-01, ORA-02]\nstewards_sign: 2", 2, 16, "mode: signed"),
        ("stewards: [ORA-01]\nagreed: [evict]", 2, 9, "mode: signed"),
        ("identity: {mode: signed}\nagreed: [evict]", 2, 9, "no stewards"),
        ("stewards: [A]\nidentity: {mode: signed}\nagreed: [evict, close]", 3, 17,
         "evict, reopen, lane"),
        ("queue: outbox", 1, 8, "direct, inbox"),
        ("identity: {mode: pusher}\nqueue: inbox", 2, 8, "leave `queue` out"),
        ('paths: {"web/**": CAMBER}', 1, 19, "no key such as CAMBER:file"),
        ('paths: {"web/**": "CAMBER:*"}', 1, 19, "no key such as CAMBER:file"),
        ('paths: {"web/": "CAMBER:file"}', 1, 9, "write web/**"),
        ('paths: {"web/**": [a]}', 1, 19, "one text is wanted here"),
        ('lanes: [ORA]\npaths: {"web/**": "CAMBER:file"}', 2, 19, "camber is not in `lanes`"),
        ('families: {page: {}}\npaths: {"web/**": "CAMBER:file"}', 2, 19, "file is not in `families`"),
        ("guard: {held: warn}", 1, 8, "means nothing without `paths`"),
        ('paths: {"a": "C:file"}\nguard: {held: pass}', 2, 15, "warn, reject"),
        ('paths: {"a": "C:file"}\nguard: {unclaimed: no}', 2, 20, "pass, warn, reject"),
        ('paths: {"a": "C:file"}\nguard: {pushed: warn}', 2, 9, "did you mean push?"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_found_where_it_stands(text, line, column, said):
    ((code, *place, message),) = wrong(text + "\n")
    assert (code, *place) == ("FF403", line, column)
    assert said in message


@pytest.mark.parametrize(
    ("text", "line", "column", "hint"),
    [
        ("stewarts: [FLEET-01]", 1, 1, "stewards"),
        ("ref: refs/heads/main\nlane: [CAMBER]", 2, 1, "lanes"),
        ("leases: {defualt: 1h}", 1, 10, "default"),
        ("leases: {maximum: 1h}", 1, 10, "max"),
        ("ids: {maxgap: 3}", 1, 7, "max_gap"),
        ("fields: {WORK_PROOF: {state: [DONE]}}", 1, 23, "states"),
        ("identity: {modus: none}", 1, 12, "mode"),
        ("zzz: 1", 1, 1, ""),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest(text, line, column, hint):
    ((code, *place, message),) = wrong(text + "\n")
    assert (code, *place) == ("FF403", line, column)
    assert "unknown key" in message
    assert message.endswith(f"did you mean {hint}?") if hint else "mean" not in message


def test_everything_that_is_wrong_is_said_at_once():
    text = "ref: main\nstewarts: []\nproof: maybe\n"
    assert [line for _, line, _, _ in wrong(text)] == [1, 2, 3]


@pytest.mark.parametrize("text", ["", "- a\n", "ref: *a\n", "ref: a\nref: b\n", "{"])
def test_what_is_no_strict_yaml_is_unreadable(text):
    assert all(code.startswith("FF0") for code, *_ in wrong(text))


def test_the_template_reads_back_as_the_defaults():
    policy, findings = read(template(DEFAULT.ref))
    assert findings == ()
    file, *others = policy.families.listed.items()
    assert file == ("file", Family(paths=True, any_lane=True))
    assert {family for _, family in others} == {Family()}
    assert policy.families.aliases == {"files": "file", "code": "file"}
    # What a fleet of the first wave never said means what it meant.
    known = replace(policy, families=DEFAULT.families)
    assert known == replace(DEFAULT, depends=Severity.REJECT)


def test_the_template_names_the_stewards():
    policy, findings = read(template(DEFAULT.ref, stewards=("FLEET-01", "ORA-02/x")))
    assert findings == ()
    assert policy.stewards == ("FLEET-01", "ORA-02/x")


LEASES = """\
pools: {agents: ["CAMBER-*", "ORA-*/*"], quick: [CAMBER-06]}
leases: {default: 24h, pools: {Agents: 30m, quick: 90s}}
"""


@pytest.mark.parametrize(
    ("holder", "seconds"),
    [
        ("CAMBER-07", 1800),
        ("camber-07", 1800),
        ("CAMBER-06", 90),
        ("ORA-01/part", 1800),
        ("ORA-01", 86400),
        ("CAMBER-07/part", 86400),
        ("", 86400),
    ],
)
def test_a_lease_is_that_of_the_holders_pool_and_the_shortest_of_several(
    holder, seconds
):
    policy, findings = read(LEASES)
    assert findings == ()
    assert policy.default_lease(holder) == seconds


def test_the_template_names_the_ref_and_every_key():
    text = template("refs/heads/feed")
    assert read(text)[0].ref == "refs/heads/feed"
    keys = "ref prefixes lanes pools stewards surface proof depends leases ids fields identity"
    keys += " stewards_sign agreed roster logins"
    lines = [line.removeprefix("# ") for line in text.splitlines()]
    missing = [
        key
        for key in keys.split()
        if not any(line.startswith(f"{key}:") for line in lines)
    ]
    assert missing == []


def test_the_templates_examples_can_be_uncommented():
    own = ("prefixes:", "lanes:", "pools: {any", "fields:\n", "  WORK_PROOF")
    keys = (*own, "stewards_sign", "agreed", "roster", "logins")
    lines = template(DEFAULT.ref).splitlines(keepends=True)
    example = [
        line.removeprefix("# ")
        for line in lines
        if line.removeprefix("# ").startswith(keys)
    ]
    others = ("pools:", "fields:", "stewards:", "identity:", "#")
    kept = [line for line in lines if not line.startswith(others)]
    kept += ["stewards: [FLEET-01, FLEET-02]\n", "identity: {mode: signed}\n"]
    policy, findings = read("".join(kept + example))
    assert findings == ()
    assert policy.agreed
    assert policy.stewards_sign == len(policy.stewards)
    assert policy.lane_seats
    assert policy.logins
    assert policy.roster
    assert policy.lanes
    assert policy.prefixes
    assert policy.pools
    assert policy.fields


@pytest.mark.parametrize(
    "ref",
    ["refs/heads/main", "refs/heads/team/feed", "refs/feeds/one", "refs/heads/a-b_c.d"],
)
def test_a_full_ref_name(ref):
    assert is_full_ref(ref)


@pytest.mark.parametrize(
    "ref",
    ["", "main", "heads/main", "refs/main", "refs/heads/", "/refs/heads/main",
     "refs/heads/main/", "refs/heads//main", "refs/heads/a..b", "refs/heads/.a",
     "refs/heads/a.", "refs/heads/a.lock", "refs/heads/a.lock/b", "refs/heads/a b",
     "refs/heads/a~1", "refs/heads/a^", "refs/heads/a:b", "refs/heads/a?",
     "refs/heads/*", "refs/heads/[a", "refs/heads/a\\b", "refs/heads/a@{1}",
     "refs/heads/a\nb", "refs/heads/a\x7f"],
)  # fmt: skip
def test_no_full_ref_name(ref):
    assert not is_full_ref(ref)


def test_git_agrees_about_ref_names(tmp_path):
    from harness import Repo

    repo = Repo.init(tmp_path)
    for ref in ("refs/heads/main", "refs/heads/a..b", "refs/heads/.a", "refs/heads/a.lock",
                "refs/heads/a@{1}", "refs/heads/a b", "refs/heads/@", "refs/heads/a."):  # fmt: skip
        good = repo.git("check-ref-format", ref, ok=None).ok
        assert is_full_ref(ref) is good, ref


def test_pools_and_stewards_are_compared_case_folded():
    policy, _ = read('pools: {Any-Idle: ["CAMBER-*"]}\nstewards: [Fleet-01]\n')
    assert policy.may_claim("camber-06", "any-idle")
    assert not policy.may_claim("ORA-01", "ANY-IDLE")
    assert policy.is_steward("FLEET-01")
    assert not policy.is_steward("FLEET-01/x")


def test_families_are_read_under_their_normal_names():
    text = "families: {File: {paths: true, lane: any}, data_set: {}}\n"
    policy, findings = read(f"{text}aliases: {{FILES: file}}\nunknown_family: reject\n")
    assert findings == ()
    listed = {"file": Family(paths=True, any_lane=True), "data-set": Family()}
    assert policy.families == Families(listed, {"files": "file"}, Severity.REJECT)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("families: {}\n", "lists none"),
        ("families: [file]\n", "mapping"),
        ("families: {file: {path: true}}\n", "did you mean paths?"),
        ("families: {file: {lane: all}}\n", "one of own, any"),
        ("families: {file: {paths: yes}}\n", "one of false, true"),
        ("families: {'a:b': {}}\n", "no family such as file"),
        ("families: {'-': {}}\n", "no family such as file"),
        ("families: {a_b: {}, A-B: {}}\n", "there already"),
        ("families: {file: {}}\naliases: {files: flie}\n", "flie is no family"),
        ("families: {file: {}}\naliases: {file: file}\n", "file is a family"),
        ("aliases: {a: b, b: c}\n", "b is no family"),
        ("aliases: {a: a}\n", "a is no family"),
        ("aliases: {files: [file]}\n", "one text"),
        ("unknown_family: reject\n", "without `families`"),
        ("families: {file: {}}\nunknown_family: maybe\n", "one of warn, reject"),
    ],
)
def test_families_that_mean_nothing_are_found(text, told):
    assert any(told in message for *_, message in wrong(text))
