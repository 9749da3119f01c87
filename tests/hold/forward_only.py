"""A server that lets nobody move a ref below refs/fleetfeed back, or take one away.

So it is for a `RW` user of Gitolite: its `update` hook asks `git merge-base`, which fails
on beats, after our pre-receive has judged and stamped them.
"""

UPDATE = """\
#!/bin/sh
case $1 in refs/fleetfeed/*) ;; *) exit 0 ;; esac
case $2 in *[1-9a-f]*) ;; *) exit 0 ;; esac
echo $1 >> refused
case $3 in *[1-9a-f]*) ;; *) echo "FATAL: D $1 DENIED by fallthru" >&2; exit 1 ;; esac
[ "$(git merge-base $2 $3 2>/dev/null)" = $2 ] && exit 0
echo "FATAL: + $1 DENIED by fallthru" >&2
exit 1
"""


def forward_only(server):
    """The same server, with that hook; what it turns down stands in `refused`."""
    hook = server.folder / "hooks/update"
    hook.write_text(UPDATE)
    hook.chmod(0o755)
    return server
