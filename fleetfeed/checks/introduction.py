"""A server's answer to who asks for whom it takes them."""

from fleetfeed.checks.rule_book import RuleBook
from fleetfeed.checks.signatures import Keyring, signed_text, speakers
from fleetfeed.model.identity import NAMESPACE, NONE, PUSHER, Flaw, Speaker
from fleetfeed.model.pusher import Pusher, pushed_by
from fleetfeed.model.taken_for import asked_seat, taken_for
from fleetfeed.repo.repository import Repo
from fleetfeed.util.records import replace

_QUESTION = "your question"


def introduced(repo: Repo, ref: str, blob: str, tip: str, pusher: Pusher | None) -> str:
    """What the hook remarks on the question `blob`, pushed to `ref`.

    The same are asked who would be asked of a post, by the rules at the commit `tip`.
    """
    rules = RuleBook(repo).at(tip, tip)
    mode = rules.policy.identity
    if mode == NONE:
        return taken_for(mode, None, "").text
    data = repo.objects.blob(blob)
    seat = asked_seat(data, ref)
    if mode == PUSHER:
        who = pushed_by(pusher, rules.policy)
    elif seat is None:
        # Signed words that are no question are somebody's beat, or approval.
        who = Speaker("what was pushed", flaw=Flaw("FF606", "asks nothing at this ref"))
    else:
        (who,) = speakers(Keyring.of(rules.feed), [signed_text(data)], NAMESPACE)
        who = replace(who, who=_QUESTION) if who.flaw else who
    return taken_for(mode, who, seat or "").text
