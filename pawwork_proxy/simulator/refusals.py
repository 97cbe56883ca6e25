"""The server's own refusals: their texts in the locale that a request asks for, their bodies.

The rows are in `data/refusals.toml`. Invariant: every message exists in English, and a missing
translation falls back to it.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from pawwork_proxy.facts.table import Fact, rows_in
from pawwork_proxy.simulator.tables import read_table

TEXT = "text/plain;charset=UTF-8"
"""Zen sets no content type on its own errors, and so the edge labels their JSON."""
JSON = "application/json"


class Refusal(Fact):
    """One way in which the server refuses."""

    name: str
    decision: str
    status: int
    type: str
    """`error.type` of the body."""
    message: str
    """Id of its text."""


_TABLE = read_table("refusals")
REFUSALS: Mapping[str, Refusal] = {
    row.name: row for row in rows_in(Refusal, _TABLE, "refusal", "refusals.toml")
}
MESSAGES: Mapping[str, Mapping[str, str]] = _TABLE["message"]
"""Texts by id, then by language."""
LOCALES: frozenset[str] = frozenset[str]().union(*MESSAGES.values())


class WholeBody(NamedTuple):
    """A body that is sent whole, its content type, and further headers."""

    content_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


def compact(value: object) -> bytes:
    """JSON as servers write it: no blanks, UTF-8."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def own_error(
    error_type: str,
    message: str,
    content_type: str = TEXT,
    headers: tuple[tuple[str, str], ...] = (),
    **more: Any,
) -> WholeBody:
    """An error in Zen's own form; `more` are further fields of the outer object."""
    body = {"type": "error", "error": {"type": error_type, "message": message}, **more}
    return WholeBody(content_type, compact(body), headers)


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
    pairs = (pair.strip().partition("=") for pair in headers.get("cookie", "").split(";"))
    cookies = {name: value for name, _, value in pairs}
    accepted = [part.split(";")[0] for part in headers.get("accept-language", "").split(",")]
    wishes = (headers.get("x-opencode-locale", ""), cookies.get("oc_locale", ""), *accepted)
    languages = (wish.strip().lower().partition("-")[0] for wish in wishes)
    return next((language for language in languages if language in LOCALES), "en")
