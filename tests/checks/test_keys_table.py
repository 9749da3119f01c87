"""What a server of a signed fleet refuses, and lets through: real keys, real pushes.

Commits are made by plain git, or put together byte by byte; the client's hooks are off,
so that it is the server who judges.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from harness import Fleet, Seat, Server, path, post
from harness.crafted import literally
from harness.signing import Key, SignedFleet, between, revoking

NOW = int(time.time())
MINE, OTHER = "CAMBER-06", "CAMBER-07"


@dataclass
class Table:
    """A signed fleet some of whose keys are revoked, and one clone for all rows."""

    fleet: SignedFleet
    clone: Seat
    stale: Key
    gone: Key

    @classmethod
    def make(cls, fleet: SignedFleet) -> "Table":
        steward = fleet.seat("FLEET-01")
        gone = fleet.certificate(MINE, serial=13)
        krl = revoking(
            fleet.keys,
            fleet.key("other-ca"),
            authority=fleet.key("ca"),
            lines="serial: 13\n",
        )
        # Another worker may take a part of the table over: the folder is shared then.
        stale, filing = (
            Key(file) if file.exists() else Key.make(fleet.keys, file.name)
            for file in (fleet.keys / "stale", fleet.keys / "filing")
        )
        steward.write(
            "feed/allowed_signers",
            fleet.signers(
                f'{MINE} valid-before="20200101" {stale.public}',
                f'{MINE} namespaces="file" {filing.public}',
                f"{MINE} {fleet.key('other-ca').public}",
            ),
        )
        steward.write("feed/revoked_keys", krl)
        steward.commit("who has lost what")
        steward.push()
        # Or git itself would refuse some of it, before it is judged.
        fleet.fleet.server.git("config", "receive.fsckObjects", "false")
        clone = fleet.seat(MINE)
        clone.git("config", "core.hooksPath", "/dev/null")
        clone.git("pull", "-q", "--ff-only")
        return cls(fleet, clone, stale, gone)

    def key(self, name: str) -> Key:
        return self.fleet.key(name)

    def clean(self) -> None:
        """Be where the server is."""
        self.clone.git("checkout", "-q", "-f", "-B", "main", "origin/main")

    def tip(self) -> str:
        """Where the server is."""
        return (self.fleet.fleet.server.folder / "refs/heads/main").read_text().strip()

    def git(self, key: Key | None, *args: str, env=None) -> None:
        """Plain git, which signs each commit with `key`."""
        by = f"user.signingKey={key.file if key else ''}"
        sign = f"commit.gpgSign={'true' if key else 'false'}"
        said = ("-c", "gpg.format=ssh", "-c", by, "-c", sign)
        self.clone.git(*said, *args, env=env)

    def all(self, key: Key | None, *options: str, env=None) -> None:
        """Commit what has changed, signed by `key`."""
        self.clone.git("add", "-A")
        self.git(key, "commit", "-q", "-m", "a commit", *options, env=env)

    def commit(
        self,
        key: Key | None,
        item: str = "CMB-0001",
        *options: str,
        env=None,
        **fields: str,
    ) -> None:
        """A post by plain git, signed by `key`."""
        self.clone.write(path(item), post(item=item, **fields))
        self.all(key, *options, env=env)

    def merge(
        self, key: Key | None, theirs: Key, one: str = "CMB-0008", two: str = "CMB-0009"
    ) -> None:
        """Merge a side with a post of `theirs` into one with a post of MINE."""
        self.clone.git("checkout", "-q", "-B", "side")
        self.commit(theirs, one)
        self.clone.git("checkout", "-q", "main")
        self.commit(self.key(MINE), two)
        self.git(key, "merge", "-q", "--no-edit", "side")

    def anew(self, change: Callable[[bytes], bytes]) -> str:
        """HEAD's commit with other bytes; HEAD is that one then."""
        data = self.clone.git("cat-file", "commit", "HEAD").stdout.encode()
        changed = literally(self.clone, "commit", change(data))
        self.clone.git("update-ref", "--no-deref", "refs/heads/main", changed)
        return changed

    def signed_as(
        self, sign: Callable[[bytes], bytes], header: bytes = b"gpgsig"
    ) -> str:
        """HEAD's commit with what `sign` makes of it as its signature."""

        def put(data: bytes) -> bytes:
            head, _, message = data.partition(b"\n\n")
            block = sign(data).rstrip(b"\n").replace(b"\n", b"\n ")
            return b"%b\n%b %b\n\n%b" % (head, header, block, message)

        return self.anew(put)


@pytest.fixture(scope="module")
def table(signed_template, tmp_path_factory):
    return Table.make(signed_template.copy(tmp_path_factory.mktemp("keys") / "fleet"))


def unknown(t):
    t.commit(t.key("stranger"))


def expired(t):
    t.commit(t.fleet.certificate(MINE, serial=4, valid=between(NOW - 7200, NOW - 3600)))


def expired_and_back_dated(t):
    key = t.fleet.certificate(MINE, serial=5, valid=between(NOW - 7200, NOW - 3600))
    then = f"{NOW - 5000} +0000"
    t.commit(key, env={"GIT_COMMITTER_DATE": then, "GIT_AUTHOR_DATE": then})
    signers = f"gpg.ssh.allowedSignersFile={t.clone.folder}/feed/allowed_signers"
    assert (
        "Good" in t.clone.git("-c", signers, "verify-commit", "HEAD").said
    )  # says git


def not_yet_valid(t):
    t.commit(t.fleet.certificate(MINE, valid=between(NOW + 7200, NOW + 9000)))


def stale_key(t):
    t.commit(t.stale)


def revoked_key(t):
    t.commit(t.key("other-ca"))


def revoked_serial(t):
    t.commit(t.gone)


def wrong_principal(t):
    t.commit(t.key(OTHER))


def a_certificate_for_anothers_seat(t):
    t.commit(t.fleet.certificate(OTHER))


def a_certificate_for_sub_seats_alone(t):
    t.commit(t.fleet.certificate(f"{MINE}/*"))


def a_certificate_for_no_sub_seat(t):
    t.commit(t.fleet.certificate(MINE), seat=f"{MINE}/x")


def a_certificate_for_nobody(t):
    t.commit(t.fleet.certificate())


def wrong_namespace(t):
    t.commit(None)
    t.signed_as(lambda data: t.key(MINE).sign(data, "fleetfeed"))


def a_key_for_another_namespace(t):
    t.commit(Key(t.fleet.keys / "filing"))


def another_authority(t):
    t.commit(t.key("other-ca").certify(t.key("stranger"), MINE))


def a_seat_as_authority(t):
    t.commit(t.key(MINE).certify(t.key("stranger"), MINE))


def the_authority_itself(t):
    t.commit(t.key("ca"))


def a_hosts_certificate(t):
    t.commit(None)
    host = t.key("ca").certify(t.key("stranger"), MINE, more=("-h",))
    t.signed_as(host.sign)


def unsigned(t):
    t.commit(None)


def unsigned_in_the_middle(t):
    t.commit(t.key(MINE), "CMB-0001")
    t.commit(None, "CMB-0002")
    t.commit(t.key(MINE), "CMB-0003")


def a_strangers_in_the_middle(t):
    t.commit(t.key(MINE), "CMB-0001")
    t.commit(t.key("stranger"), "CMB-0002")
    t.commit(t.key(MINE), "CMB-0003")


def moved_from_another_commit(t):
    t.commit(t.key(MINE))
    data = t.clone.git("cat-file", "commit", "HEAD").stdout.encode()
    block = data[data.index(b"-----BEGIN") : data.index(b"-----END")]
    block += b"-----END SSH SIGNATURE-----\n"
    t.commit(None, "CMB-0002", "--amend")
    t.signed_as(lambda _: block.replace(b"\n ", b"\n"))


def changed_after_it_was_signed(t):
    t.commit(t.key(MINE))
    t.anew(lambda data: data.replace(b"a commit", b"A commit"))


def another_tree_than_was_signed(t):
    t.commit(t.key(MINE))
    tree = t.clone.line("rev-parse", "HEAD^{tree}")
    t.clone.write(path("CMB-0002"), post(item="CMB-0002"))
    t.clone.git("add", "-A")
    other = t.clone.line("write-tree")
    t.anew(lambda data: data.replace(tree.encode(), other.encode()))


def no_parent_where_one_was_signed(t):
    t.merge(t.key(MINE), t.key(MINE))

    def hide(data: bytes) -> bytes:
        head, _, rest = data.partition(b"\ngpgsig ")
        block, _, message = rest.partition(b"\n\n")
        first, second = head.split(b"\nparent ")[1:]
        tree = head.split(b"\n")[0]
        second, _, people = second.partition(b"\n")
        return b"%b\nparent %b\ngpgsig %b\nparent %b\n%b\n\n%b" % (
            tree, first, block, second, people, message,
        )  # fmt: skip

    t.anew(hide)


def signed_twice(t):
    t.commit(t.key(MINE))
    t.signed_as(t.key("stranger").sign)


def empty_signer(t):
    t.commit(None)
    t.signed_as(lambda _: b"")


def an_empty_block(t):
    t.commit(None)
    t.signed_as(lambda _: b"-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----")


def by_pgp(t):
    t.commit(None)
    t.signed_as(
        lambda _: b"-----BEGIN PGP SIGNATURE-----\n\nxx\n-----END PGP SIGNATURE-----"
    )


def for_another_hash(t):
    t.commit(None)
    t.signed_as(t.key(MINE).sign, b"gpgsig-sha256")


def a_header_that_nobody_signed(t):
    t.commit(t.key(MINE))
    t.anew(lambda data: data.replace(b"\ngpgsig ", b"\ngpgsig-x y\ngpgsig ", 1))


def dated_ahead(t):
    then = f"{NOW + 90_000} +0000"
    t.commit(t.key(MINE), env={"GIT_COMMITTER_DATE": then})


def gains_its_key_in_the_same_push(t):
    with (t.clone.folder / "feed/allowed_signers").open("a") as signers:
        signers.write(f"{MINE} {t.key('stranger').public}\n")
    t.all(t.key("FLEET-01"))
    t.commit(t.key("stranger"))


def gives_itself_a_key(t):
    with (t.clone.folder / "feed/allowed_signers").open("a") as signers:
        signers.write(f"{MINE} {t.key('stranger').public}\n")
    t.all(t.key(MINE))


def is_no_longer_revoked_by_itself(t):
    t.clone.write("feed/revoked_keys", "")
    t.all(t.gone)


def merges_a_foreign_side(t):
    t.merge(t.key(MINE), t.key("stranger"))


def a_strangers_merge_with_a_post_of_its_own(t):
    t.merge(t.key(MINE), t.key(MINE))
    t.commit(t.key("stranger"), "CMB-0003", "--amend")


REFUSED = [
    (unknown, {"FF603"}, "which the feed's allowed_signers does not know"),
    (expired, {"FF604"}, "certificate 4 of CAMBER-06"),
    (expired_and_back_dated, {"FF604"}, "certificate 5 of CAMBER-06"),
    (not_yet_valid, {"FF604"}, "which is not valid before"),
    (stale_key, {"FF604"}, "which expired at 2020-01-01T00:00:00Z"),
    (revoked_key, {"FF605"}, "which is revoked"),
    (revoked_serial, {"FF605"}, "certificate 13 of CAMBER-06"),
    (wrong_principal, {"FF601"}, "CAMBER-07"),
    (a_certificate_for_anothers_seat, {"FF601"}, "certificate 1 of CAMBER-07"),
    (a_certificate_for_sub_seats_alone, {"FF601"}, "CAMBER-06/*"),
    (a_certificate_for_no_sub_seat, {"FF601"}, "CAMBER-06/x"),
    (a_certificate_for_nobody, {"FF603"}, "which names no seat"),
    (wrong_namespace, {"FF606"}, "has a signature for fleetfeed where one for git is wanted"),
    (a_key_for_another_namespace, {"FF603"}, "lets sign file only"),
    (another_authority, {"FF603"}, "does not know the authority"),
    (a_seat_as_authority, {"FF603"}, "does not know the authority"),
    (the_authority_itself, {"FF603"}, "does not know"),
    (a_hosts_certificate, {"FF606"}, "a host's"),
    (unsigned, {"FF602"}, "is not signed"),
    (unsigned_in_the_middle, {"FF602"}, "is not signed"),
    (a_strangers_in_the_middle, {"FF603"}, "does not know"),
    (moved_from_another_commit, {"FF606"}, "is not over this"),
    (changed_after_it_was_signed, {"FF606"}, "is not over this"),
    (another_tree_than_was_signed, {"FF606"}, "is not over this"),
    (no_parent_where_one_was_signed, {"FF606"}, "is not laid out as git lays out commits"),
    (signed_twice, {"FF606"}, "is signed 2 times"),
    (empty_signer, {"FF606"}, "has an empty signature"),
    (an_empty_block, {"FF606"}, "cannot be read"),
    (by_pgp, {"FF606"}, "is signed by PGP"),
    (for_another_hash, {"FF602"}, "is not signed"),
    (a_header_that_nobody_signed, {"FF606"}, "which no signature covers"),
    (dated_ahead, {"FF615"}, "later than the server's clock"),
    (gains_its_key_in_the_same_push, {"FF404", "FF603"}, "does not know"),
    (gives_itself_a_key, {"FF608"}, "may not change"),
    (is_no_longer_revoked_by_itself, {"FF605"}, "which is revoked"),
    (merges_a_foreign_side, {"FF603"}, "does not know"),
    (a_strangers_merge_with_a_post_of_its_own, {"FF603"}, "does not know"),
]  # fmt: skip


# Which `test_signatures` has, too; a push takes a fifth of a second.
FURTHER = {
    stale_key,
    a_certificate_for_anothers_seat,
    a_certificate_for_nobody,
    a_key_for_another_namespace,
    a_seat_as_authority,
    the_authority_itself,
    a_hosts_certificate,
    changed_after_it_was_signed,
    signed_twice,
    an_empty_block,
    by_pgp,
    for_another_hash,
    a_header_that_nobody_signed,
}


def rows(table):
    """One for each act, under its name."""
    return [
        pytest.param(
            *row, id=row[0].__name__, marks=[pytest.mark.large] * (row[0] in FURTHER)
        )
        for row in table
    ]


@pytest.mark.parametrize(("act", "codes", "words"), rows(REFUSED))
def test_what_no_key_of_that_seat_signed_is_refused(table, act, codes, words):
    table.clean()
    was = table.tip()
    act(table)
    refused = table.clone.push(ok=False)
    assert refused.refusals == codes, refused.stderr
    assert words in refused.stderr
    assert table.tip() == was


# What the server alone knows: its clock, and which commits came together.
UNTOLD = {not_yet_valid, dated_ahead, gains_its_key_in_the_same_push}


@pytest.mark.large
@pytest.mark.parametrize(("act", "codes", "words"), rows(REFUSED))
def test_a_range_and_the_history_are_judged_as_the_push_is(table, act, codes, words):
    table.clean()
    act(table)
    clone = table.clone
    judged = clone.fleetfeed("check", "--range", "origin/main..HEAD", ok=False)
    assert judged.refusals == codes
    proven = clone.fleetfeed(
        "verify", "HEAD", "--since", "origin/main", "--offline", ok=None
    )
    assert proven.refusals == (set() if act in UNTOLD else codes), proven.said


def own_seat(t):
    t.commit(t.key(MINE), "CMB-0031")


def own_sub_seat(t):
    t.commit(t.key(MINE), "CMB-0032", seat=f"{MINE}/x")


def certificate(t):
    t.commit(t.fleet.certificate(MINE, valid="-1m:+1h"), "CMB-0033")


def certificate_of_sub_seats(t):
    t.commit(t.fleet.certificate(f"{MINE}/*"), "CMB-0034", seat=f"{MINE}/y")


def each_its_own_in_one_push(t):
    t.commit(t.key(MINE), "CMB-0035")
    t.commit(t.key(OTHER), "CMB-0036", seat=OTHER)
    t.commit(t.fleet.certificate("ORA-1"), "CMB-0037", seat="ORA-1")


def an_unsigned_merge_of_signed_sides(t):
    t.merge(None, t.key(MINE), "CMB-0051", "CMB-0052")


def unsigned_beside_the_feed(t):
    t.clone.write("src/app.py", "print()\n")
    t.all(None)


def back_dated(t):
    then = f"{NOW - 90_000} +0000"
    t.commit(t.key(MINE), "CMB-0041", env={"GIT_COMMITTER_DATE": then})


def a_little_ahead(t):
    then = f"{int(time.time()) + 100} +0000"
    t.commit(t.key(MINE), "CMB-0042", env={"GIT_COMMITTER_DATE": then})


def new_keys_by_a_steward_and_then_their_posts(t):
    keys = [Key.make(t.fleet.keys, f"new-{n}", "ecdsa", n) for n in (256, 521)]
    with (t.clone.folder / "feed/allowed_signers").open("a") as signers:
        signers.writelines(f"{MINE} {key.public}\n" for key in keys)
    t.all(t.key("FLEET-01"))
    t.clone.push()
    for number, key in enumerate(keys, 43):
        t.commit(key, f"CMB-00{number}")


PASS = [
    (own_seat,),
    (own_sub_seat,),
    (certificate,),
    (certificate_of_sub_seats,),
    (each_its_own_in_one_push,),
    (an_unsigned_merge_of_signed_sides,),
    (unsigned_beside_the_feed,),
    (back_dated,),
    (a_little_ahead,),
    (new_keys_by_a_steward_and_then_their_posts,),
]


@pytest.mark.parametrize("act", rows(PASS))
def test_what_a_key_of_that_seat_signed_is_let_through(table, act, stress):
    table.clean()
    act(table)
    if stress:
        for args in (("check", "--range"), ("verify", "HEAD", "--offline", "--since")):
            since = "origin/main..HEAD" if args[0] == "check" else "origin/main"
            assert not table.clone.fleetfeed(*args, since).refusals
    table.clone.push()
    assert table.tip() == table.clone.tip()


@pytest.mark.large
def test_a_fleet_of_the_other_hash_is_judged_by_its_own_signatures(tmp_path):
    hash_ = "--object-format=sha256"
    server = Server.init(tmp_path / "fleet/server.git", "--bare", hash_)
    server.install()
    first = Seat.init(tmp_path / "fleet/template", hash_)
    first.git("remote", "add", "origin", str(server.folder))
    first.fleetfeed("init")
    first.commit("start the feed")
    first.push("-u", "HEAD:refs/heads/main")
    first.git("remote", "set-head", "origin", "-a")
    first.install()
    fleet = SignedFleet.make(Fleet(tmp_path / "fleet"), tmp_path / "keys")
    table = Table.make(fleet)
    for act, codes in [
        (own_seat, None),
        (unknown, {"FF603"}),
        (moved_from_another_commit, {"FF602"}),
    ]:
        table.clean()
        act(table)
        pushed = table.clone.push(ok=codes is None)
        assert pushed.refusals == (codes or set())
    # `gpgsig` is the header of SHA-1; here it is no signature.
    table.clean()
    table.commit(table.key(MINE), "CMB-0032")
    table.anew(lambda data: data.replace(b"gpgsig-sha256 ", b"gpgsig "))
    assert table.clone.push(ok=False).refusals == {"FF602"}
