"""Set-ups in which enforcement is off, or nobody knows: no command says yes.

Each row breaks a fleet in which all is well. `silent` are the commands whose yes would
be false then: `active --surface-claim` (a), `check` (c), `claim` (w); the doctor never
says on. Then what the doctor advises is typed, at the server where it says so, until it
says on again. (ADDRESS is the one thing that it cannot know.)
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from harness import Repo, Seat, Server
from harness.managers import on_path

SURFACE = "CAMBER:file:app.py"
CLAIM = (
    "claim", "--new", "CMB", "--subject", "x", "--surface", SURFACE,
    "--proof", "the only work on it", "--timeout", "4s",
)  # fmt: skip
ASKED = {
    "a": ("active", "--surface-claim", SURFACE),
    "c": ("check",),
    "w": CLAIM,
}


@dataclass(frozen=True)
class Broken:
    """A seat and its server, and a folder for others."""

    seat: Repo
    server: Repo

    def config(self, *args: str) -> None:
        self.seat.git("config", *args)

    def copy(self, name: str, *options: str) -> str:
        """A bare copy of the server, without its hooks."""
        folder = self.server.folder.parent / name
        self.seat.git(
            "clone", "-q", "--bare", *options, str(self.server.folder), str(folder)
        )
        return str(folder)


def wrong_folder(at):
    at.config("fleetfeed.dir", "posts")


def wrong_ref(at):
    at.config("fleetfeed.ref", "refs/heads/other")


def folder_in_the_environment(at):
    at.config("fleetfeed.dir", "posts/deep")


def pointer_unreadable(at):
    at.seat.write(".fleetfeed.yaml", "folder: x\n")
    at.seat.commit("a pointer", "--no-verify")


def pointer_elsewhere(at):
    at.seat.write(".fleetfeed.yaml", "dir: posts\n")
    at.seat.commit("a pointer", "--no-verify")


def policy_unreadable(at):
    at.seat.write("feed/policy.yaml", "stewarts: []\n")
    at.seat.commit("no policy", "--no-verify")
    hook = at.server.folder / "hooks/pre-receive"
    hook.rename(hook.with_name("away"))
    at.seat.git("push", "-q", "--no-verify", "origin", "HEAD:refs/heads/main")
    hook.with_name("away").rename(hook)


def hook_not_executable(at):
    (at.seat.folder / ".git/hooks/pre-commit").chmod(0o644)


def hook_gone(at):
    (at.seat.folder / ".git/hooks/pre-push").unlink()


def hook_overwritten(at):
    (at.seat.folder / ".git/hooks/pre-commit").write_text("#!/bin/sh\nexit 0\n")


def hooks_elsewhere(at):
    at.config("core.hooksPath", str(at.seat.folder.parent / "none"))


def hooks_elsewhere_for_all(at):
    at.seat.git(
        "config", "--global", "core.hooksPath", str(at.seat.folder.parent / "all")
    )


def python_gone(at):
    hook = at.seat.folder / ".git/hooks/pre-commit"
    hook.write_text(
        re.sub(r"(?m)^fleetfeed_python=.*", "fleetfeed_python=/none", hook.read_text())
    )


def fork(at):
    upstream = at.seat.line("config", "remote.origin.url")
    at.seat.git("remote", "add", "upstream", upstream)
    at.config("remote.origin.url", at.copy("fork.git"))


def mirror(at):
    at.seat.git("remote", "add", "real", at.seat.line("config", "remote.origin.url"))
    at.config("remote.origin.url", at.copy("mirror.git", "--mirror"))


def guarded_mirror(at):
    at.seat.git("remote", "add", "real", at.seat.line("config", "remote.origin.url"))
    folder = at.copy("mirror.git", "--mirror")
    Repo(at.server.folder.parent / "mirror.git", at.server.environment).fleetfeed(
        "install", "--server", ".")  # fmt: skip
    at.config("remote.origin.url", folder)


def pushed_elsewhere(at):
    at.config("remote.origin.pushurl", at.copy("elsewhere.git"))


def pushed_elsewhere_by_a_rule(at):
    url = at.seat.line("config", "remote.origin.url")
    at.config(f"url.{at.copy('elsewhere.git')}.pushInsteadOf", url)


def read_elsewhere(at):
    url = at.seat.line("config", "remote.origin.url")
    at.config("remote.origin.url", at.copy("stale.git"))
    at.config("remote.origin.pushurl", url)


def narrow_refspec(at):
    at.config(
        "--replace-all", "remote.origin.fetch", "+refs/heads/x:refs/remotes/origin/x"
    )


def no_refspec(at):
    at.config("--unset-all", "remote.origin.fetch")


def never_fetched(at):
    at.seat.git("update-ref", "-d", "refs/remotes/origin/main")


def remotes_to_guess(at):
    at.seat.git("remote", "rename", "origin", "hub")
    at.seat.git("remote", "add", "other", at.copy("other.git"))


def no_remote(at):
    at.seat.git("remote", "remove", "origin")


def remote_unknown(at):
    at.config("fleetfeed.remote", "nowhere")


def servers_hook_gone(at):
    (at.server.folder / "hooks/pre-receive").unlink()


def servers_hook_not_executable(at):
    (at.server.folder / "hooks/pre-receive").chmod(0o644)


def servers_hook_replaced(at):
    (at.server.folder / "hooks/pre-receive").write_text("#!/bin/sh\nexit 0\n")


def servers_hooks_elsewhere(at):
    at.server.git("config", "core.hooksPath", str(at.server.folder / "none"))


def servers_python_gone(at):
    hook = at.server.folder / "hooks/pre-receive"
    hook.write_text(
        re.sub(r"(?m)^fleetfeed_python=.*", "fleetfeed_python=/none", hook.read_text())
    )


def server_forgot_the_ref(at):
    at.server.git("config", "--unset-all", "fleetfeed.ref")
    at.server.git("config", "--global", "fleetfeed.ref", "refs/heads/main")


def server_has_another_name(at):
    at.server.fleetfeed("uninstall", "--server", ".")
    at.server.fleetfeed("install", "--server", ".")


@dataclass(frozen=True)
class Row:
    broken: Callable[[Broken], None]
    silent: str


ROWS = [
    Row(wrong_folder, "acw"),
    Row(wrong_ref, "acw"),
    Row(folder_in_the_environment, "acw"),
    Row(pointer_unreadable, "acw"),
    Row(pointer_elsewhere, "acw"),
    Row(policy_unreadable, "cw"),
    Row(hook_not_executable, ""),
    Row(hook_gone, ""),
    Row(hook_overwritten, ""),
    Row(hooks_elsewhere, ""),
    Row(hooks_elsewhere_for_all, ""),
    Row(python_gone, ""),
    Row(fork, "aw"),
    Row(mirror, "aw"),
    Row(guarded_mirror, "aw"),
    Row(pushed_elsewhere, "aw"),
    Row(pushed_elsewhere_by_a_rule, "aw"),
    Row(read_elsewhere, ""),
    Row(narrow_refspec, ""),
    Row(no_refspec, ""),
    Row(never_fetched, ""),
    Row(remotes_to_guess, "acw"),
    Row(no_remote, "aw"),
    Row(remote_unknown, "acw"),
    Row(servers_hook_gone, "aw"),
    Row(servers_hook_not_executable, "aw"),
    Row(servers_hook_replaced, "aw"),
    Row(servers_hooks_elsewhere, "aw"),
    Row(servers_python_gone, "aw"),
    Row(server_forgot_the_ref, "aw"),
    Row(server_has_another_name, "aw"),
]


@pytest.fixture
def at(fleet):
    seat = fleet.seat()
    return Broken(on_path(Seat(seat.folder, seat.environment)), Server(
        fleet.server.folder, on_path(fleet.server).environment))  # fmt: skip


def doctor(at: Broken) -> tuple[int, list[dict[str, str]]]:
    done = at.seat.fleetfeed("doctor", "--json", ok=None)
    said = json.loads(done.stdout)
    return done.returncode, said.get("checks", [])


def advice(checks: list[dict[str, str]]) -> tuple[str, bool]:
    """The first command that the doctor names, and whether it is the server's."""
    for check in checks:
        named = re.search(r"`([^`]*)`", check["mend"] or "")
        if check["status"] not in ("ok", "warn") and named:
            before = check["mend"][: named.start()]
            return named[1], "on the server" in before or "there, run" in before
    raise AssertionError(checks)


# One of each kind; the others are near relatives.
SMALL = {
    wrong_folder, policy_unreadable, hook_not_executable, fork, no_refspec,
    servers_hook_gone, server_has_another_name, pushed_elsewhere_by_a_rule,
}  # fmt: skip
CASES = [
    pytest.param(
        row,
        id=row.broken.__name__,
        marks=[] if row.broken in SMALL else [pytest.mark.large],
    )
    for row in ROWS
]


def test_before_anything_is_broken_it_is_on(at):
    assert doctor(at)[0] == 0


@pytest.mark.parametrize("row", CASES)
def test_no_yes_is_false_and_the_advice_mends_it(at, row):
    row.broken(at)
    for letter in row.silent:
        done = at.seat.fleetfeed(*ASKED[letter], ok=None)
        assert done.returncode not in (0, 2), (letter, done.said)
    code, checks = doctor(at)
    assert code in (1, 3)
    for _ in range(4):
        typed, at_server = advice(checks)
        where = at.server if at_server else at.seat
        typed = typed.replace("ADDRESS", str(at.server.folder))
        where.run(("sh", "-c", typed), ok=None)
        code, checks = doctor(at)
        if code == 0:
            break
    assert code == 0, (typed, [c for c in checks if c["status"] != "ok"])
    assert at.seat.fleetfeed(*CLAIM).stdout.startswith("CMB-0001\n")
