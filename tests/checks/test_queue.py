"""The queue: what is pushed to it, put upon the feed one after another, and judged.

`judge_queue` in this process, over a real repository; what it makes is written and
landed here, and read by git. Processes, locks and races are tested in `faults` and
`race`.
"""

import subprocess
from itertools import pairwise

import pytest
from harness import Repo, claim, path, post

from fleetfeed.checks.queue import Pushed, judge_queue
from fleetfeed.checks.server_leases import ServerLeases
from fleetfeed.git.process import Git
from fleetfeed.model.server import landed
from fleetfeed.repo import repository
from fleetfeed.repo.location import Where

MAIN = "refs/heads/main"
WHERE = Where("feed", MAIN, None, None, None)


class Feed:
    """A repository with a feed of one claim, and a queue upon it."""

    def __init__(self, folder):
        self.repo = Repo.init(folder)
        self.begun = self.pushed(
            {path("CMB-0001"): claim("CMB-0001", "CAMBER:page:first")}
        )
        self.repo.git("update-ref", MAIN, self.begun)

    def pushed(self, files, on="", message="a push"):
        """A commit of `files` on the commit `on`."""
        if on:
            self.repo.git("checkout", "-q", "--detach", on)
        for name, text in files.items():
            if text is None:
                (self.repo.folder / name).unlink()
            else:
                self.repo.write(name, text)
        self.repo.git("add", "-A")
        self.repo.git("commit", "-q", "-m", message)
        return self.repo.line("rev-parse", "HEAD")

    def queued(self, *commits, known=frozenset()):
        """The queue's answers to `commits`, which have landed then."""
        seen = repository.Repo(Git(self.repo.folder))
        pushes, tip = [Pushed(each) for each in commits], self.tip
        leases = ServerLeases(seen, lambda: None)
        try:
            queued = judge_queue(seen, WHERE, tip, pushes, leases, known=known)
            seen.objects.made.clear()
            seen.objects.write(queued.made.values(), len(tip) // 2)
        finally:
            seen.objects.close()
        self.repo.git("update-ref", MAIN, queued.tip, tip)
        return queued.answers

    @property
    def tip(self):
        return self.repo.line("rev-parse", MAIN)

    @property
    def line(self):
        """The commits since the first, in the order in which they landed."""
        return self.repo.line(
            "rev-list", "--first-parent", "--reverse", f"{self.begun}..{MAIN}"
        ).splitlines()

    def text(self, name, at=MAIN):
        return self.repo.line("show", f"{at}:{name}") + "\n"


@pytest.fixture
def feed(tmp_path):
    return Feed(tmp_path / "feed")


def filed(item, more=""):
    return post(ITEM=item, STATE="AWAITING_CLAIM") + more


def taken(item, surface):
    return claim(item, surface)


def codes(answer):
    return [found.code for found in answer.verdict.findings if found.rejects]


def test_what_is_built_on_the_tip_lands_as_it_is_and_the_rest_as_merges(feed):
    commits = [
        feed.pushed({path(f"CMB-000{n}"): filed(f"CMB-000{n}")}, feed.begun)
        for n in (2, 3, 4)
    ]
    answers = feed.queued(*commits)
    assert [answer.landed.commit for answer in answers] == feed.line
    first, *merges = feed.line
    assert first == commits[0]
    for (before, merge), pushed in zip(pairwise(feed.line), commits[1:], strict=True):
        assert feed.repo.line("rev-parse", f"{merge}^1", f"{merge}^2").split() == [
            before,
            pushed,
        ]
        form = "--format=%an <%ae> %ad%n%s"
        assert feed.repo.line("log", "-1", form, merge) == feed.repo.line(
            "log", "-1", form, pushed
        )
    assert feed.repo.git("fsck", "--strict").returncode == 0
    assert len(merges) == 2
    for n in (2, 3, 4):
        assert feed.text(path(f"CMB-000{n}")) == filed(f"CMB-000{n}")


def test_each_is_judged_on_what_those_before_it_have_made(feed):
    """Taken as one, a claim that comes before the release of its surface would pass."""
    one = taken("CMB-0002", "CAMBER:page:a")
    feed.queued(feed.pushed({path("CMB-0002"): one}, feed.begun))
    base = feed.tip
    frees = feed.pushed(
        {path("CMB-0002", 2): post(ITEM="CMB-0002", STATE="DONE")}, base
    )
    takes = feed.pushed({path("CMB-0003"): taken("CMB-0003", "CAMBER:page:a")}, base)
    other = feed.pushed({path("CMB-0004"): taken("CMB-0004", "CAMBER:page:b")}, base)
    early, freed, apart = feed.queued(takes, frees, other)
    assert codes(early) == ["FF401"]
    assert early.landed is None
    assert freed.landed
    assert apart.landed
    (late,) = feed.queued(takes)
    assert late.landed


def test_of_many_for_one_surface_the_first_has_it(feed):
    commits = [
        feed.pushed(
            {path(f"CMB-000{n}"): taken(f"CMB-000{n}", "CAMBER:page:a")}, feed.begun
        )
        for n in range(2, 7)
    ]
    won, *lost = feed.queued(*commits)
    assert won.landed
    assert [codes(each) for each in lost] == [["FF401"]] * 4
    assert feed.line == [commits[0]]


def test_a_new_item_gets_the_next_number_that_is_free(feed):
    says = "CMB-0002 AWAITING_CLAIM by A\n\nOP: {}\nAny-Number: CMB-0002\n"
    commits = [
        feed.pushed(
            {path("CMB-0002"): filed("CMB-0002", f"OP: {n}{n}{n}{n}\n")},
            feed.begun,
            says.format(n),
        )
        for n in (1, 2, 3)
    ]
    answers = feed.queued(*commits)
    assert [each.landed.renamed for each in answers] == [
        (),
        (("CMB-0002", "CMB-0003"),),
        (("CMB-0002", "CMB-0004"),),
    ]
    assert feed.text(path("CMB-0004")) == filed("CMB-0004", "OP: 3333\n")
    assert feed.repo.line("log", "-1", "--format=%B", MAIN) == (
        f"CMB-0004 AWAITING_CLAIM by A\n\nOP: 3\nQueued: {commits[2]} CMB-0002 as CMB-0004\n"
    )
    # Whoever pushes it again hears what it landed as.
    again = feed.queued(commits[1], commits[2])
    assert [each.landed for each in again] == [each.landed for each in answers[1:]]
    assert len(feed.line) == 3


def test_a_hand_written_message_keeps_its_form(feed):
    """What stands for `Any-Number:` is a trailer, where that was the only one."""
    says = "File it\n\nOr CMB-0002.\n\nAny-Number: CMB-0002\n"
    for subject in ("first", "second"):
        text = filed("CMB-0002").replace("SUBJECT: ", f"SUBJECT: {subject} ")
        commit = feed.pushed({path("CMB-0002"): text}, feed.begun, says)
        feed.queued(commit)
    assert feed.repo.line("log", "-1", "--format=%B", MAIN) == (
        f"File it\n\nOr CMB-0003.\n\nQueued: {commit} CMB-0002 as CMB-0003\n"
    )


def test_a_number_that_is_taken_says_how_to_have_another(feed):
    first, second = (
        feed.pushed(
            {path("CMB-0002"): filed("CMB-0002", f"OP: {n}{n}{n}{n}\n")}, feed.begun
        )
        for n in (1, 2)
    )
    refused = feed.queued(first, second)[1].verdict.findings[0]
    assert "a last line `Any-Number: CMB-0002` of the message" in refused.message


def test_a_number_that_is_meant_is_not_changed(feed):
    commits = [
        feed.pushed({path("CMB-0002"): filed("CMB-0002", f"OP: {n}\n")}, feed.begun)
        for n in (1111, 2222)
    ]
    _, second = feed.queued(*commits)
    assert codes(second) == ["FF415"]


@pytest.mark.parametrize(
    "beside",
    [
        {"README": "hello"},
        {
            path("CMB-0001", 2): post(
                ITEM="CMB-0001", STATE="BLOCKED", DEPENDS_ON="CMB-0002"
            )
        },
        {"feed/policy.yaml": "ref: refs/heads/main\n"},
    ],
)
def test_nothing_is_left_behind_where_a_number_is_changed(feed, beside):
    first = feed.pushed({path("CMB-0002"): filed("CMB-0002")}, feed.begun)
    files = {path("CMB-0002"): filed("CMB-0002", "OP: 2222\n"), **beside}
    second = feed.pushed(files, feed.begun, "two\n\nAny-Number: CMB-0002\n")
    _, turned_down = feed.queued(first, second)
    assert codes(turned_down) == ["FF415"]


def test_the_rest_of_the_tree_lands_on_the_newest_tip_alone(feed):
    base = feed.begun
    code = feed.pushed({"app.py": "1\n"}, base)
    (lands,) = feed.queued(code)
    assert lands.landed.commit == code
    feed.queued(feed.pushed({path("CMB-0002"): filed("CMB-0002")}, base))
    more = feed.pushed({"app.py": "2\n"}, code)
    (late,) = feed.queued(more)
    assert codes(late) == ["FF415"]
    assert feed.text("app.py") == "1\n"


def test_a_line_of_commits_lands_as_one(feed):
    base = feed.begun
    feed.queued(feed.pushed({path("CMB-0002"): filed("CMB-0002")}, base))
    one = feed.pushed({path("CMB-0003"): filed("CMB-0003")}, base)
    two = feed.pushed({path("CMB-0003", 2): post(ITEM="CMB-0003", STATE="PARKED")}, one)
    (both,) = feed.queued(two)
    assert feed.repo.line("rev-parse", f"{both.landed.commit}^2") == two
    assert feed.repo.line("rev-list", "--count", MAIN) == "5"


def test_what_is_built_on_another_side_is_turned_down(feed):
    alone = feed.repo.line("commit-tree", "-m", "x", f"{feed.begun}^{{tree}}")
    feed.queued(feed.pushed({path("CMB-0002"): filed("CMB-0002")}, feed.begun))
    blob = feed.repo.line("rev-parse", f"{feed.begun}:{path('CMB-0001')}")
    foreign, file = feed.queued(alone, blob)
    assert codes(foreign) == ["FF415"]
    assert codes(file) == ["FF405"]


def test_what_is_asked_of_git_and_what_is_known_is_the_same(feed):
    """What a leader knows already, it does not ask: the answers are the same."""
    base = feed.begun
    feed.queued(feed.pushed({path("CMB-0002"): filed("CMB-0002")}, base))
    tip = feed.tip
    commits = [
        feed.pushed({path("CMB-0003"): filed("CMB-0003")}, base),
        feed.pushed({path("CMB-0003"): filed("CMB-0003", "OP: 1111\n")}, tip),
        feed.pushed({path("CMB-0004"): filed("CMB-0004")}, tip),
    ]

    def played(known):
        feed.repo.git("update-ref", MAIN, tip)
        return [
            (codes(each), bool(each.landed))
            for each in feed.queued(*commits, known=known)
        ]

    asked = played(frozenset())
    assert asked == played(frozenset({base, tip}))
    assert [done for _, done in asked] == [True, False, True]


def test_what_has_gone_is_nobody_elses_harm(feed):
    good = feed.pushed({path("CMB-0002"): filed("CMB-0002")}, feed.begun)
    gone, fine = feed.queued("1" * 40, good)
    assert gone.cannot
    assert fine.landed


def test_a_second_push_of_the_same_hears_the_same(feed):
    base = feed.begun
    first = feed.pushed({path("CMB-0002"): filed("CMB-0002")}, base)
    second = feed.pushed({path("CMB-0003"): filed("CMB-0003")}, base)
    answers = feed.queued(first, second, second)
    assert answers[1].landed == answers[2].landed
    again = feed.queued(first, second)
    assert [each.landed.commit for each in again] == feed.line


def test_the_word_of_what_landed_is_read_back(feed):
    commits = [
        feed.pushed(
            {path("CMB-0002"): filed("CMB-0002", f"OP: {n}\n")},
            feed.begun,
            "two\n\nAny-Number: CMB-0002\n",
        )
        for n in (1111, 2222)
    ]
    for answer in feed.queued(*commits):
        said = f"fleetfeed: {answer.landed.text}"
        assert landed(["remote", said, "else"]) == answer.landed
    assert landed(["fleetfeed: landed", "landed as x on y"]) is None


def test_a_post_that_cannot_be_read_lands_nothing_else_with_it(feed):
    good = feed.pushed({path("CMB-0002"): filed("CMB-0002")}, feed.begun)
    bad = feed.pushed({path("CMB-0003"): "ITEM: [\n"}, feed.begun)
    answers = feed.queued(bad, good)
    assert answers[0].verdict.refused
    assert feed.line == [good]
    assert (
        subprocess.run(
            ("git", "cat-file", "-e", bad), cwd=feed.repo.folder, check=False
        ).returncode
        == 0
    )


def raw_commit(feed, heads, message=b"x\n"):
    """A commit object of these headers, as git would not make it; its id."""
    made = ("git", "hash-object", "-t", "commit", "-w", "--stdin", "--literally")
    data = heads.encode() + b"\n\n" + message
    run = {"cwd": feed.repo.folder, "input": data, "capture_output": True}
    return subprocess.run(made, **run, check=True).stdout.decode().strip()


def test_a_parent_that_git_does_not_know_of_is_none(feed):
    """Landed as a child of the tip, it would be a history that begins anew."""
    tree = feed.repo.line("rev-parse", f"{feed.begun}^{{tree}}")
    by = "a <a@example.org> 1700000000 +0000"
    heads = f"tree {tree}\nauthor {by}\nparent {feed.begun}\ncommitter {by}"
    foreign = raw_commit(feed, heads)
    (answer,) = feed.queued(foreign)
    assert codes(answer) == ["FF415"]
    assert feed.tip == feed.begun


def test_what_the_queue_makes_is_a_commit_as_git_makes_it(feed):
    """Behind what git reads of a commit, it may have rows of any name."""
    feed.queued(feed.pushed({path("CMB-0002"): filed("CMB-0002")}, feed.begun))
    pushed = feed.pushed({path("CMB-0003"): filed("CMB-0003")}, feed.begun)
    tree = feed.repo.line("rev-parse", f"{pushed}^{{tree}}")
    by = "a <a@example.org> 1700000000 +0000"
    heads = f"tree {tree}\nparent {feed.begun}\nauthor {by}\ncommitter {by}"
    odd = f"{heads}\nauthor {by}\nencoding UTF-8\nencoding UTF-16"
    (answer,) = feed.queued(raw_commit(feed, odd))
    assert answer.landed
    assert feed.repo.git("fsck", "--strict").returncode == 0


def test_a_command_has_no_name_that_git_does_not_take(feed):
    files = {path("CMB-0002"): filed("CMB-0002")}
    feed.queued(feed.pushed(files, feed.begun))
    files = {path("CMB-0002"): filed("CMB-0002", "OP: 1111\n")}
    tree = feed.repo.line("rev-parse", f"{feed.pushed(files, feed.begun)}^{{tree}}")
    by = "a <a@example.org> 1700000000 +0000"
    heads = f"tree {tree}\nparent {feed.begun}\nauthor {by}\ncommitter {by}"
    odd = b"x\n\nOP: 11\x0011\nAny-Number: CMB-0002\n"
    (answer,) = feed.queued(raw_commit(feed, heads, odd))
    assert answer.landed.renamed == (("CMB-0002", "CMB-0003"),)


def test_a_milliard_of_notes_in_a_few_objects_is_refused_like_a_thousand(feed):
    """What comes upon a newer tip is looked at before it is judged."""

    def tree(kind, id_, names):
        rows = "".join(f"{kind} {id_}\t{name}\n" for name in names)
        return feed.repo.git("mktree", stdin=rows).stdout.strip()

    feed.queued(feed.pushed({path("CMB-0002"): filed("CMB-0002")}, feed.begun))
    file = feed.repo.line("rev-parse", f"{feed.tip}:{path('CMB-0002')}")
    note = "20260102T030405Z-ORA-01-{:08x}.yaml"
    notes = tree("100644 blob", file, map(note.format, range(1000)))
    notes = tree("040000 tree", notes, (f"{month:02}" for month in range(1, 13)))
    notes = tree("040000 tree", notes, range(1000, 9999))
    rows = feed.repo.git("ls-tree", f"{feed.begun}:feed").stdout
    rows += f"040000 tree {notes}\tnotes\n"
    whole = feed.repo.git("mktree", stdin=rows).stdout.strip()
    root = tree("040000 tree", whole, ["feed"])
    commit = feed.repo.line("commit-tree", "-p", feed.begun, "-m", "x", root)
    (answer,) = feed.queued(commit)
    assert set(codes(answer)) == {"FF020"}


ANY = "CMB-0002 AWAITING_CLAIM by A\n\nOP: {}\nAny-Number: CMB-0002\n"


def test_what_is_built_on_a_commit_that_got_another_number_is_turned_down(feed):
    """The commit itself is not on the feed, and its number is another's item."""
    first, second = (
        feed.pushed(
            {path("CMB-0002"): filed("CMB-0002", f"OP: {n}\n")},
            feed.begun,
            ANY.format(n),
        )
        for n in (1111, 2222)
    )
    more = {path("CMB-0002", 2): post(ITEM="CMB-0002", STATE="PARKED")}
    third = feed.pushed(more, second)
    seen = repository.Repo(Git(feed.repo.folder))
    pushes = [Pushed(each) for each in (first, second, third)]
    leases = ServerLeases(seen, lambda: None)
    queued = judge_queue(seen, WHERE, feed.tip, pushes, leases)
    seen.objects.close()
    _, renamed, built = queued.answers
    assert renamed.landed.renamed == (("CMB-0002", "CMB-0003"),)
    assert codes(built) == ["FF415"]
    assert second not in queued.known


def test_another_commands_name_that_begins_alike_is_another(feed):
    for op in ("1111", "11112"):
        more = filed("CMB-0002", f"OP: {op}\n")
        pushed = feed.pushed({path("CMB-0002"): more}, feed.begun, ANY.format(op))
        feed.queued(pushed)
    (answer,) = feed.queued(
        feed.pushed(
            {path("CMB-0002"): filed("CMB-0002", "OP: 111\n")},
            feed.begun,
            ANY.format("111"),
        )
    )
    assert answer.landed.renamed == (("CMB-0002", "CMB-0004"),)


def test_only_what_brings_the_same_stands_for_a_commit(feed):
    """Whoever sees a commit that waits may say that his own is what became of it."""
    pushed = feed.pushed(
        {path("CMB-0002"): taken("CMB-0002", "CAMBER:page:a")},
        feed.begun,
        ANY.format(1111),
    )
    other = taken("CMB-0002", "CAMBER:page:a") + "OP: 2222\n"
    tree = feed.pushed({path("CMB-0002"): other}, feed.begun)
    tree = feed.repo.line("rev-parse", f"{tree}^{{tree}}")
    by = "a <a@example.org> 1700000000 +0000"
    heads = f"tree {tree}\nparent {feed.begun}\nauthor {by}\ncommitter {by}"
    for pair in ("CMB-0002 as CMB-0002", "CMB-0002 as \x01é", "CMB-0002 as CMB-0003"):
        feed.repo.git("update-ref", MAIN, feed.begun)
        says = f"x\n\nQueued: {pushed} {pair}\n".encode("latin-1")
        (forged,) = feed.queued(raw_commit(feed, heads, says))
        assert forged.landed
        (answer,) = feed.queued(pushed)
        assert answer.landed is None
