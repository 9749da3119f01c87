"""What no hook can stop. The doctor says it, so that nobody takes `ok` for more."""

_AROUND = (
    "whoever has a shell or a file path to the server's repository passes by its hooks "
    "(`git push --receive-pack='git -c core.hooksPath=/dev/null receive-pack'`)"
)
_NO_PRE_COMMIT = (
    "rebase, cherry-pick, revert, am, a fast-forward, a fetch into a branch, and "
    "programs that write through libgit2 run no pre-commit hook"
)
_WAY_IN = (
    "a way in that runs no hook: the pushes were tried on a stand-in, with this "
    "server's branches, settings and hook file"
)
_EVERYWHERE = (
    "SEAT is trusted: with `identity: {mode: none}` anyone may post as any seat",
    "where the server keeps no time (no hook, or no place for stamps), no lease lapses",
    _AROUND,
    "github.com runs no pre-receive hook: there a required check must stand in",
)

CLONE = (
    "`git commit --no-verify` and `git push --no-verify` run no hook of a clone",
    _NO_PRE_COMMIT,
    "other clones: each needs `fleetfeed install` of its own",
    "the server is not proven from here: there, run `fleetfeed doctor --server .`",
    *_EVERYWHERE,
)

SERVER = (
    _WAY_IN,
    "what a clone commits: only the push is judged here, and only to the feed ref",
    *_EVERYWHERE,
)
