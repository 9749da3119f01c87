"""The command that runs, as it was called, whoever has read its words."""

import sys
from collections.abc import Mapping

from fleetfeed.util.records import record

AS_JSON = "fleetfeed.as_json"
"""Where click's context keeps that a document is asked for."""

NO_PAGER = "fleetfeed.no_pager"
"""Where it keeps that no pager is wanted."""


@record
class Call:
    """A command that was called.

    `path` is how it is typed without its words, `params` what they say, by names;
    `flags` are all that it knows; `folder` is where it was sent by `-C`.
    """

    path: str
    params: Mapping[str, object]
    flags: frozenset[str]
    as_json: bool
    folder: str = ""

    @property
    def seat(self) -> str:
        """The seat that its words name; empty where they name none."""
        return str(self.params.get("seat") or "")


class _Plain:
    """The call whose words were read without click."""

    call: Call | None = None


def begin(call: Call) -> None:
    """From now on it is `call` that runs in this process."""
    _Plain.call = call


def current() -> Call | None:
    """The call that runs; None where a function is used without a command."""
    return _Plain.call or _by_click()


def _by_click() -> Call | None:
    click = sys.modules.get("click")
    context = click.get_current_context(silent=True) if click else None
    if context is None:
        return None
    params = context.params
    return Call(
        context.command_path,
        params,
        frozenset(name for param in context.command.params for name in param.opts),
        bool(context.meta.get(AS_JSON)) or params.get("form") == "json",
        str(context.find_root().params.get("folder") or ""),
    )
