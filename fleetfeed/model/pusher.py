"""Who pushed: the login that a server's way in tells the hook, by one variable.

Each kind of server has its own, and a client can set the others on some: so only the
one counts that the server's keeper recorded (`fleetfeed.pusherFrom`). A variable that
is not set is nobody, and so is a login that the policy gives no seat.
"""

from collections.abc import Mapping

from fleetfeed.model.identity import Flaw, Speaker
from fleetfeed.util.printable import printable
from fleetfeed.util.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from fleetfeed.model.policy import Policy

SOURCES = {
    "gitlab": "GL_USERNAME",
    "gitea": "GITEA_PUSHER_NAME",
    "github": "GITHUB_USER_LOGIN",
    "gitolite": "GL_USER",
    "http": "REMOTE_USER",
    "forced-command": "FLEETFEED_PUSHER",
}
"""What `--pusher-from` takes, and the variable that has the login there.

Forgejo's is Gitea's.
"""

DEPLOY_KEYS = {"gitea": ("GITEA_DEPLOY_KEY_ID", "GITEA_IS_DEPLOY_KEY")}
"""Set where a key that is nobody's pushes under a login: the repository owner's."""

_RECORD = (
    "the server's keeper runs `fleetfeed install --server . --pusher-from KIND` "
    f"({', '.join(SOURCES)})"
)


@record
class Pusher:
    """Who pushed: the `login` that the server said; `doubt` is why there is none."""

    login: str = ""
    doubt: str = ""


NOT_RECORDED = Pusher(
    doubt="is not known: this server has not recorded where logins come from; "
    + _RECORD
)


def pusher(source: str | None, environment: Mapping[str, str]) -> Pusher:
    """Who pushed, by the one variable of `source`, as a hook finds it."""
    if not source:
        return NOT_RECORDED
    name = SOURCES.get(source)
    if name is None:
        what = f"this server's fleetfeed.pusherFrom is {printable(source)}"
        return Pusher(
            doubt=f"is not known: {what}, which is no kind of server; {_RECORD}"
        )
    login = environment.get(name, "")
    if not login:
        why = f"is not known: this server goes by {name} ({source}), which is not set"
        todo = f"push by the way in that sets it, or {_RECORD}"
        return Pusher(doubt=f"{why}; {todo}")
    for key in DEPLOY_KEYS.get(source, ()):
        if environment.get(key, "") not in ("", "0", "false"):
            why = f"is not known: a deploy key pushed, which is nobody's ({key} is set)"
            return Pusher(doubt=f"{why}; push with a key of your own account")
    return Pusher(login)


def pushed_by(pushed: Pusher | None, policy: "Policy") -> Speaker:
    """Whoever pushed, with the seats that the policy's `logins` gives them.

    None is a server on which no source is recorded. Nobody known is the flaw FF607.
    """
    pushed = pushed or NOT_RECORDED
    if pushed.doubt:
        return Speaker("the pusher", flaw=Flaw("FF607", pushed.doubt))
    who = f"login {printable(pushed.login)}"
    # As it is written: to some servers two logins differ by case alone.
    seats = policy.logins.get(pushed.login, ())
    if seats:
        return Speaker(who, pushed.login, seats)
    stewards = printable(", ".join(policy.stewards)) or "a steward"
    words = f"is given no seat by the policy; have {stewards} add it to `logins:`"
    return Speaker(who, pushed.login, flaw=Flaw("FF607", words))
