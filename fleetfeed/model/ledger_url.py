"""What `ledger:` may say: `git`, or the URL of a database."""

import re

GIT = "git"
"""The feed ref of a repository: what holds where nobody says anything."""

_POSTGRES = ("postgresql://", "postgres://")
_USER = re.compile(r"(?<=://)([^/?#@:]*):[^/?#]*@")
_PARAMETER = re.compile(r"([?&]password=)[^&#]*", re.IGNORECASE)
_HIDDEN = "…"


def is_postgres(text: str) -> bool:
    """Whether `text` is the URL of a PostgreSQL database."""
    return text.startswith(_POSTGRES) and text.isprintable() and " " not in text


def is_ledger(text: str) -> bool:
    """Whether `text` names a ledger that there can be."""
    return text == GIT or is_postgres(text)


def has_password(url: str) -> bool:
    """Whether a URL tells a password to whoever reads it."""
    return without_password(url) != url


def without_password(url: str) -> str:
    """The URL as it may be shown: with `…` in the place of a password."""
    shown = _USER.sub(rf"\1:{_HIDDEN}@", url)
    return _PARAMETER.sub(rf"\1{_HIDDEN}", shown)
