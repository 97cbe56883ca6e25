"""How the keys and ids begin that must not stand in any kept text."""

from typing import Literal

from pawwork_proxy.facts.table import Fact, rows


class KeyStart(Fact):
    """The beginning of a key or id."""

    name: str
    follow: int
    """How many characters must follow it to tell it from a word."""
    of: Literal["key", "id"] = "key"
    whose: Literal["OpenCode"] | None = None
    """The maker, where records tell its keys from others'."""


KEY_STARTS = rows(KeyStart, "key_starts", "start")
OPENCODE_KEY = next(row for row in KEY_STARTS if row.whose == "OpenCode")
"""OpenCode's newer keys; its older ones begin like those of several vendors."""
