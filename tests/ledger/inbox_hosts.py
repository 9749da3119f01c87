"""Hosts without a queue, whose policy has seats land one another's posts."""

from ledger.gen_worlds import Remote

from fleetfeed.ledger.testing.posts import first

PLACES = "refs/fleetfeed/inbox/"

# Refuses every rewind and every deletion, whatever the ref (githooks: update).
_FORWARD_ONLY = """\
#!/bin/sh
case $3 in *[!0]*) ;; *) echo "no deletion of $1"; exit 1 ;; esac
case $2 in *[!0]*) git merge-base --is-ancestor $2 $3 || exit 1 ;; esac
"""


def text(item, key):
    """An item's first post."""
    fields = {"ITEM": item, **first(key, "ORA-07")}
    return "".join(f"{name}: {value}\n" for name, value in fields.items())


class Host(Remote):
    """A host that runs no hook of ours, and a clone for each client."""

    def __init__(self, fleet):
        super().__init__(fleet, guarded=False)
        policy = self.truth.holds("feed/policy.yaml", "refs/heads/main")
        self.truth.rewrite(f"{policy}queue: inbox\n")

    def places(self):
        """What each place is at."""
        rows = self.truth.line(
            "for-each-ref", "--format=%(refname) %(objectname)", PLACES
        )
        return dict(row.split() for row in rows.splitlines())

    def waiting(self):
        """The places at which a post waits: one commit that the feed has not."""
        form = "--format=%(refname) %(parent)"
        rows = self.truth.line("for-each-ref", form, "--no-merged=main", PLACES)
        return [row.split()[0] for row in rows.splitlines() if len(row.split()) == 2]

    def left(
        self, item="ORA-0001", key="ORA:file:left", made="", message="left", ref=""
    ):
        """A post that waits in the inbox, whose owner is gone; its commit."""
        seat = self.clone()
        seat.git("pull", "-q")
        seat.write(f"feed/{item[:3]}/000/{item}/0001.yaml", text(item, key))
        seat.git("add", "-A")
        dates = {"GIT_COMMITTER_DATE": made} if made else {}
        seat.git("commit", "-q", "--no-verify", "-m", message, env=dates)
        there = ref or f"{PLACES}{item}"
        seat.git("push", "-q", "--no-verify", "origin", f"HEAD:{there}")
        return seat.line("rev-parse", "HEAD")

    def merges(self):
        return self.truth.line("rev-list", "--merges", "main").split()


class ForwardOnly(Host):
    """A host that refuses rewinds and deletions."""

    def __init__(self, fleet):
        super().__init__(fleet)
        self.truth.git("config", "receive.denyDeletes", "true")
        self.truth.git("config", "receive.denyNonFastForwards", "true")
        hook = self.truth.folder / "hooks/update"
        hook.write_text(_FORWARD_ONLY)
        hook.chmod(0o755)


class Guarded(Host):
    """A server that judges each push, and has no queue."""

    def __init__(self, fleet):
        super().__init__(fleet)
        self.truth.install("--no-queue")


HOSTS = {"bare": Host, "forward-only": ForwardOnly, "guarded": Guarded}
