"""The server's own refusals and their texts, in the locale that a request asks for.

The rows are in `data/refusals.toml`. Invariant: every message exists in English, and a missing
translation falls back to it.
"""

from collections.abc import Mapping
from typing import NamedTuple

from pawwork_proxy.simulator.tables import read_table


class Refusal(NamedTuple):
    """One way in which the server refuses."""

    decision: str
    status: int
    type: str
    """`error.type` of the body."""
    message: str
    """Id of its text."""


_TABLE = read_table("refusals")
REFUSALS: Mapping[str, Refusal] = {name: Refusal(**row) for name, row in _TABLE["refusal"].items()}
MESSAGES: Mapping[str, Mapping[str, str]] = _TABLE["message"]
"""Texts by id, then by language."""
LOCALES: frozenset[str] = frozenset[str]().union(*MESSAGES.values())


def text_of(message: str, locale: str = "en", **values: str) -> str:
    """The message in that language, or in English; `values` fill its placeholders."""
    texts = MESSAGES[message]
    template = texts.get(locale) or texts["en"]
    return template.format(**values) if values else template


def locale_of(headers: Mapping[str, str]) -> str:
    """Language of own messages: `x-opencode-locale`, cookie `oc_locale`, `accept-language`.

    The order is the server's; `*` is skipped, what we do not speak is English.
    `headers` has lower-case names.
    """
    cookie = ""
    for pair in headers.get("cookie", "").split(";"):
        name, _, value = pair.strip().partition("=")
        if name == "oc_locale":
            cookie = value
    accepted = [part.split(";")[0] for part in headers.get("accept-language", "").split(",")]
    for wish in (headers.get("x-opencode-locale", ""), cookie, *accepted):
        language = wish.strip().lower().partition("-")[0]
        if language in LOCALES:
            return language
    return "en"
