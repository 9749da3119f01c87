"""The ledger told in git: in which order, once each, whatever ends the exporter."""

import random
import signal
import subprocess
import sys
import time

import psycopg
import pytest
from harness import Repo
from harness.ledger_rows import (
    REF,
    append,
    connect,
    files_of,
    make_tables,
    post_path,
)


@pytest.fixture
def bare(tmp_path, postgres):
    """A repository that knows its ledger, whose tables are there and empty."""
    make_tables(postgres.url())
    repo = Repo.init(tmp_path / "feed.git", "--bare")
    repo.git("config", "fleetfeed.ledger", postgres.url())
    return repo


def export(repo, *flags, ok=True):
    return repo.fleetfeed("ledger", "export", *flags, ok=ok)


def subjects(repo):
    return repo.line("log", "--reverse", "--format=%s", REF).splitlines()


def on_ledger(client):
    rows = client.execute("select path, data from post").fetchall()
    return {path: data.decode() for path, data in rows}


def test_an_append_is_a_commit_in_its_order(bare, postgres):
    client = connect(postgres)
    append(client, post_path(1))
    append(client, post_path(2), post_path(3))
    assert "exported 2 appends" in export(bare).stdout
    assert subjects(bare) == [f"post {post_path(1)}", f"post {post_path(2)}"]
    assert files_of(bare.folder) == on_ledger(client)
    tip = bare.line("rev-parse", REF)
    assert "nothing to export" in export(bare).stdout
    assert "nothing to export" in export(bare, "--compare").stdout
    assert bare.line("rev-parse", REF) == tip
    bare.git("fsck", "--strict")


def test_what_commits_late_is_not_passed_over(bare, postgres):
    client, slow = connect(postgres), psycopg.connect(postgres.url())
    slow.execute("set search_path = fleetfeed")
    append(client, post_path(1))
    append(slow, post_path(2))
    append(client, post_path(3))
    export(bare)
    assert len(subjects(bare)) == 2
    slow.commit()
    slow.close()
    append(client, post_path(4))
    export(bare)
    wanted = [f"post {post_path(n)}" for n in (1, 3, 2, 4)]
    assert subjects(bare) == wanted
    assert files_of(bare.folder) == on_ledger(client)


def test_each_form_of_the_rules_is_told(bare, postgres):
    client = connect(postgres)
    for text in (b"first", b"second", None):
        made = append(client)
        client.execute("insert into rule values ('revoked_keys', %s, %s)", (made, text))
    append(client, post_path(1))
    export(bare)
    found = bare.line(
        "log", "--format=%x00", "--name-status", REF, "--", "feed"
    ).split()
    assert [word for word in found if word in "ADM"] == ["A", "D", "M", "A"]


def test_what_is_not_the_ledgers_is_named_and_left(bare, postgres, tmp_path):
    client = connect(postgres)
    append(client, post_path(1))
    export(bare)
    clone = Repo.init(tmp_path / "clone")
    clone.git("pull", "-q", str(bare.folder), "main")
    for number, text in ((1, "changed\n"), (9, "by hand\n")):
        file = clone.folder / "feed" / post_path(number)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    clone.git("add", ".")
    clone.git("commit", "-qm", "by hand")
    clone.git("push", "-q", str(bare.folder), "HEAD:main")
    tip = bare.line("rev-parse", REF)
    append(client, post_path(2))
    refused = export(bare, ok=False)
    assert refused.returncode == 1
    assert post_path(1) in refused.stderr
    assert post_path(9) in refused.stderr
    assert bare.line("rev-parse", REF) == tip


def test_commits_that_leave_the_feed_alone_are_gone_on_from(bare, postgres, tmp_path):
    client = connect(postgres)
    append(client, post_path(1))
    export(bare)
    clone = Repo.init(tmp_path / "clone")
    clone.git("pull", "-q", str(bare.folder), "main")
    (clone.folder / "README").write_text("hello\n")
    clone.git("add", ".")
    clone.git("commit", "-qm", "code")
    clone.git("push", "-q", str(bare.folder), "HEAD:main")
    append(client, post_path(2))
    export(bare)
    assert subjects(bare)[1:] == ["code", f"post {post_path(2)}"]
    assert bare.line("show", f"{REF}:README") == "hello"


def test_words_below_a_commit_of_code_hide_nothing(bare, postgres):
    client = connect(postgres)
    append(client, post_path(1))
    export(bare)
    tip = bare.line("rev-parse", REF)
    append(client, post_path(2))
    asked = "select pg_current_snapshot()::text, id, (extract(epoch from at) * 1000000)"
    now, number, at = client.execute(
        f"{asked}::bigint from append order by id desc limit 1"
    ).fetchone()
    head = bare.line("log", "-1", "--format=%B", tip).split("Fleetfeed-Append")[0]
    forged = f"{head}Fleetfeed-Append: {number} {at}\nFleetfeed-Cursor: {now} {now}\n"
    tree = bare.line("rev-parse", f"{tip}^{{tree}}")
    bare.git("update-ref", REF, bare.line("commit-tree", tree, "-p", tip, "-m", forged))
    assert "exported 1 append " in export(bare).stdout
    assert files_of(bare.folder) == on_ledger(client)


def test_another_life_of_the_database_is_compared_by_every_post(bare, postgres):
    """What a restore brings back has other transactions: numbers say nothing."""
    client = connect(postgres)
    for number in range(1, 4):
        append(client, post_path(number))
    export(bare)
    tip = bare.line("rev-parse", REF)
    message = bare.line("log", "-1", "--format=%B", tip)
    system = message.split("Fleetfeed-Ledger: ")[1].split()[1]
    other = message.replace(system, "17/00000001").replace("-Append: 3", "-Append: 2")
    tree, above = bare.line("rev-parse", f"{tip}^{{tree}}"), f"{tip}^"
    moved = bare.line("commit-tree", tree, "-p", above, "-m", other)
    bare.git("update-ref", REF, moved)
    append(client, post_path(4))
    assert "exported 1 append " in export(bare).stdout
    assert files_of(bare.folder) == on_ledger(client)
    assert "17/0" not in bare.line("log", "-1", "--format=%B", REF)


def test_an_older_backup_is_made_whole_by_what_was_exported(bare, postgres):
    client = connect(postgres)
    append(client, post_path(1))
    export(bare)
    client.close()
    older = f"{postgres.database}_older"
    admin = psycopg.connect(postgres.server.url("postgres"), autocommit=True)
    admin.execute(f"create database {older} template {postgres.database}".encode())
    try:
        client = connect(postgres)
        append(client, post_path(2))
        export(bare)
        restored = postgres.server.url(older)
        bare.git("config", "fleetfeed.ledger", restored)
        refused = export(bare, ok=False)
        assert post_path(2) in refused.stderr
        assert f"fleetfeed ledger import {REF}" in refused.stderr
        bare.fleetfeed("ledger", "import", REF)
        assert "nothing to export" in export(bare).stdout
        with psycopg.connect(f"{restored}&options=-csearch_path%3Dfleetfeed") as again:
            append(again, post_path(3))
        export(bare)
        assert sorted(files_of(bare.folder)) == [post_path(n) for n in (1, 2, 3)]
    finally:
        admin.execute(f"drop database {older} with (force)".encode())
        admin.close()


def test_killed_at_any_moment_it_goes_on(bare, postgres, stress, tmp_path):
    """The feed of an export that was killed is that of one that was not."""
    client, rounds = connect(postgres), 50 if stress else 6
    with client.transaction():
        for number in range(1, 1201):
            append(client, post_path(number), post_path(number, 2))
    command = (sys.executable, "-m", "fleetfeed", "ledger", "export")
    dice, killed = random.Random(16), 0  # noqa: S311 - a game of chance
    seconds = []
    for _ in ("all of it", "nothing"):
        begun = time.monotonic()
        export(bare, "--ref", "refs/heads/whole")
        seconds.append(time.monotonic() - begun)
    whole, start = seconds
    for _ in range(rounds):
        child = subprocess.Popen(
            command,
            cwd=bare.folder,
            env=dict(bare.environment),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(dice.uniform(start / 2, start + (whole - start) / 3))
        child.send_signal(signal.SIGKILL)
        killed += child.wait() == -signal.SIGKILL
    assert killed
    export(bare)
    trees = {
        bare.line("rev-parse", f"{ref}^{{tree}}") for ref in (REF, "refs/heads/whole")
    }
    assert len(trees) == 1
    assert len(set(subjects(bare))) == len(subjects(bare)) == 1200


def test_of_two_exporters_each_append_is_told_once(bare, postgres):
    client = connect(postgres)
    with client.transaction():
        for number in range(1, 1501):
            append(client, post_path(number))
    command = (sys.executable, "-m", "fleetfeed", "ledger", "export")
    children = [
        subprocess.Popen(command, cwd=bare.folder, env=dict(bare.environment))
        for _ in range(3)
    ]
    assert [child.wait() for child in children] == [0, 0, 0]
    assert len(set(subjects(bare))) == len(subjects(bare)) == 1500


def test_it_follows_and_pushes(bare, postgres, tmp_path):
    client = connect(postgres)
    append(client, post_path(1))
    mirror = Repo.init(tmp_path / "mirror.git", "--bare")
    flags = ("--follow", "--every", "0.1", "--push", str(mirror.folder))
    child = subprocess.Popen(
        (sys.executable, "-m", "fleetfeed", "ledger", "export", *flags),
        cwd=bare.folder,
        env=dict(bare.environment),
    )
    try:
        for number in (2, 3):
            append(client, post_path(number))
            until = time.monotonic() + 60
            while mirror.git(
                "cat-file", "-e", f"main:feed/{post_path(number)}", ok=None
            ).returncode:
                assert time.monotonic() < until
                time.sleep(0.05)
    finally:
        child.terminate()
        child.wait()
    assert len(subjects(mirror)) == 3


def test_a_branch_that_is_checked_out_is_brought_along(tmp_path, postgres):
    make_tables(postgres.url())
    repo, client = Repo.init(tmp_path / "clone"), connect(postgres)
    for number in (1, 2):
        append(client, post_path(number))
        repo.fleetfeed("ledger", "export", env={"FLEETFEED_LEDGER": postgres.url()})
        assert (repo.folder / "feed" / post_path(number)).exists()
        assert repo.line("status", "--porcelain") == ""
