"""Which texts a record may keep: one row per kind of text, each with its grammar.

`Shapes.of(shape, text)` is total: the text (perhaps normalised) when the row's grammar accepts it,
else a pseudonym. The grammars are vocabularies first and composition rules second
(`redaction.grammar`); none of them accepts a stretch of twelve unknown characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from pawwork_proxy.facts import addresses, headers, http, models, user_agents, words
from pawwork_proxy.facts.errors import known_word
from pawwork_proxy.facts.finish_reasons import known_finish
from pawwork_proxy.facts.kinds import Kind
from pawwork_proxy.facts.providers import OTHER, known_provider
from pawwork_proxy.model.context import valid_label
from pawwork_proxy.model.numbers import moment_or_none
from pawwork_proxy.redaction.grammar import (
    LOOSE_LIMIT,
    is_composed,
    looks_like_key_or_address,
    looks_like_secret,
    split_case,
)
from pawwork_proxy.redaction.pseudonyms import Pseudonymiser
from pawwork_proxy.redaction.user_agents import USER_AGENT_LIMIT, keep_version, shape_user_agent


class ShapeName(StrEnum):
    """Names of the rows below."""

    MODEL = "model"
    USER_AGENT = "user_agent"
    MEDIA_TYPE = "media_type"
    ACCEPT = "accept"
    LANGUAGE = "language"
    ENCODING = "encoding"
    CONNECTION = "connection"
    CACHE_CONTROL = "cache_control"
    FETCH = "fetch"
    EDGE_WORD = "edge_word"
    ERROR_TYPE = "error_type"
    FINISH_REASON = "finish_reason"
    HEADER_NAME = "header_name"
    METHOD = "method"
    HTTP_VERSION = "http_version"
    CLIENT = "client"
    CF_RAY = "cf_ray"
    RETRY_AFTER = "retry_after"
    DATE = "date"
    SERVER = "server"
    VERSION = "version"
    FEATURES = "features"
    NUMBER = "number"
    PROVIDER = "provider"
    EFFORT = "effort"
    HOST = "host"
    LABEL = "label"
    WORD = "word"
    COUNTRY = "country"
    COLO = "colo"


class Shaped(NamedTuple):
    """A text that may be kept: as it was or normalised (`kept`), or its pseudonym."""

    text: str
    kept: bool
    rule: str


class ShapeRow(NamedTuple):
    """A kind of text: how long it may be, what is kept of it, whom a refused one becomes."""

    name: ShapeName
    limit: int
    keep: Callable[[str], str | None]
    kind: Kind
    reason: str
    example: str
    most: int = 0
    """A list of up to so many; `keep` judges each item, and a refused one costs none but itself."""


def _from(vocabulary: frozenset[str]) -> Callable[[str], str | None]:
    return lambda text: text if text in vocabulary else None


def _from_lower(vocabulary: frozenset[str]) -> Callable[[str], str | None]:
    return lambda text: text.lower() if text.lower() in vocabulary else None


def _matching(pattern: str) -> Callable[[str], str | None]:
    compiled = re.compile(pattern)
    return lambda text: text if compiled.fullmatch(text) else None


_MODEL = re.compile(r"@?[A-Za-z0-9](?:[A-Za-z0-9._:/@-]|\+(?!\d{3}))*")
_HEADER_ITEM = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._:/-]|\+(?!\d{3})){0,63}")
_QUALITY = re.compile(r"q=(?:0|1)(?:\.\d{1,3})?")
_HEADER_NAME = re.compile(r":?[a-z0-9_-]+")
_TO_OR_FROM_DIGITS = re.compile(r"(?<=\d)(?=[A-Za-z])|(?<=[A-Za-z])(?=\d)")
_API_TEXT = re.compile(r"[A-Za-z0-9_.\-/ ]+")
_SUBTYPE = re.compile(r"(application|text|image|audio|video|multipart)/[a-z0-9.+-]+")
_FEW_DIGITS = 4
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:-([A-Za-z]{4}))?(?:-(?:[A-Za-z]{2}|001|150|419))?")


def keep_model(text: str) -> str | None:
    """A model id: a known one, or one made of the words, sizes and dates of model ids."""
    if text in models.MODEL_IDS:
        return text
    if _MODEL.fullmatch(text) is None or not any(map(str.isalpha, text)):
        return None
    _, at, date = text[1:].partition("@")
    if at and not (date.isdigit() or date in ("default", "latest")):
        return None
    return text if is_composed(text, models.MODEL_WORDS, max_unknown=1) else None


def _keep_feature(text: str) -> str | None:
    if text in headers.FEATURES:
        return text
    plain = _HEADER_ITEM.fullmatch(text)
    return text if plain and is_composed(text, headers.HEADER_WORDS, 0, _FEW_DIGITS) else None


def _keep_media_type(text: str) -> str | None:
    media, *parameters = (part.strip().lower() for part in text.split(";"))
    if media not in http.MEDIA_TYPES and not (
        _SUBTYPE.fullmatch(media) and is_composed(media, words.API_WORDS, max_unknown=0)
    ):
        return None
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name == "charset" and value.strip('"') in http.CHARSETS:
            return f"{media};charset={value.strip(chr(34))}"
    return media


def _keep_language(text: str) -> str | None:
    if text == "*":
        return text
    match = _LANGUAGE.fullmatch(text)
    if match is None or match[1].lower() not in http.LANGUAGES:
        return None
    return text if (match[2] or "latn").lower() in http.SCRIPTS else None


def _keep_directive(text: str) -> str | None:
    name, _, number = text.lower().partition("=")
    if name not in http.CACHE_DIRECTIVES or (number and not number.isdigit()) or len(number) > 9:
        return None
    return text.lower()


def _keep_error_type(text: str) -> str | None:
    return known_word(text) or _composed_of_api_words(1)(text)


def _composed_of_api_words(max_unknown: int) -> Callable[[str], str | None]:
    def keep(text: str) -> str | None:
        if _API_TEXT.fullmatch(text) is None:
            return None
        spaced = " ".join(split_case(text.replace("_", "-")))
        if looks_like_secret(text) or not is_composed(
            spaced, words.API_WORDS, max_unknown, _FEW_DIGITS
        ):
            return None
        return text

    return keep


def _keep_word(text: str) -> str | None:
    return text if text in user_agents.PLATFORMS else _composed_of_api_words(0)(text)


def _keep_header_name(text: str) -> str | None:
    name = text.lower()
    if name in headers.HEADERS:
        return name
    plain = _HEADER_NAME.fullmatch(name)
    return name if plain and is_composed(name, headers.HEADER_WORDS, 0, _FEW_DIGITS) else None


def parse_date(text: str) -> datetime | None:
    """An HTTP date as UTC time, or None when it is none that a record may hold."""
    return _parse_date(text) if 0 < len(text) <= 40 else None


@lru_cache(maxsize=256)
def _parse_date(text: str) -> datetime | None:
    try:
        return moment_or_none(parsedate_to_datetime(text).astimezone(UTC))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _keep_date(text: str) -> str | None:
    date = parse_date(text)
    return None if date is None else date.strftime("%Y-%m-%dT%H:%M:%SZ")


_WAIT = re.compile(r"(\d{1,10})(?:\.\d{1,3})?")
_LONGEST_WAIT = 2_147_483_647
"""In milliseconds, what a client's timer can wait."""


def _keep_retry_after(text: str) -> str | None:
    """A number or a date; fractions of a very long wait are nobody's wait."""
    match = _WAIT.fullmatch(text)
    if match is None:
        return _keep_date(text)
    if int(match[1]) > _LONGEST_WAIT:
        return None
    return text if len(text) < LOOSE_LIMIT else match[1]


def _keep_server(text: str) -> str | None:
    product, _, version = text.lower().partition("/")
    if product not in http.SERVERS:
        return None
    return text.lower() if version and keep_version(version) else product


def _keep_host(text: str) -> str | None:
    host = text.lower()
    name, _, port = host.rpartition(":")
    if name and port.isdigit():
        host = name
    return host if host in addresses.KNOWN_HOSTS else None


LABEL_RULE = (
    "must be 1 to 32 letters, digits, '.', '_' or '-', and no key, id, address, host name, "
    "serial or long number: it stands in captures and bundles"
)
"""What `keep_label` asks for, said to a user."""
_ID_OR_SERIAL = re.compile(
    r"(?<![0-9A-Za-z])(?:xai|dor)[_-]\w|oc_sk|-----"
    r"|(?<![0-9A-Za-z])[0-9A-Fa-f]{16}|\d(?:\.\d+){3}"
    r"|(?=[A-Z-]*\d)[0-9A-Z]{4,}(?:-[0-9A-Z]{4,}){2}"
)


def keep_label(text: str) -> str | None:
    """The user chose it and may have pasted the wrong thing: no long mixed word, few digits.

    What this keeps passes the scan of a bundle: a header cannot be left out.
    """
    if not valid_label(text) or looks_like_key_or_address(text) or _ID_OR_SERIAL.search(text):
        return None
    mixed = any(
        (len(word) > 11 and not word.isalpha()) or len(_TO_OR_FROM_DIGITS.findall(word)) > 3
        for word in re.split(r"[._-]", text)
    )
    return None if mixed or sum(map(str.isdigit, text)) > 8 else text


def _keep_provider(text: str) -> str | None:
    known = known_provider(text)
    if known != OTHER:
        return known
    plain = _API_TEXT.fullmatch(text)
    return text if plain and is_composed(text, models.MODEL_WORDS, 1, _FEW_DIGITS) else None


SHAPES: tuple[ShapeRow, ...] = (
    ShapeRow(ShapeName.MODEL, 96, keep_model, Kind.MODEL, "names the bucket", "big-pickle"),
    ShapeRow(ShapeName.MEDIA_TYPE, 96, _keep_media_type, Kind.WORD,
             "which parser the answer asks for", "text/event-stream;charset=utf-8"),
    ShapeRow(ShapeName.ACCEPT, 256, _keep_media_type, Kind.WORD,
             "tells runtimes apart", "*/*", most=12),
    ShapeRow(ShapeName.LANGUAGE, 96, _keep_language, Kind.WORD,
             "chooses the language of error texts", "*", most=12),
    ShapeRow(ShapeName.ENCODING, 96, _from_lower(http.CODINGS), Kind.WORD,
             "explains sizes and decoding", "gzip, deflate", most=12),
    ShapeRow(ShapeName.CONNECTION, 96, _from_lower(http.CONNECTION_OPTIONS),
             Kind.WORD, "connection reuse", "keep-alive", most=6),
    ShapeRow(ShapeName.CACHE_CONTROL, 128, _keep_directive, Kind.WORD,
             "an answer from a cache is no admission", "no-store", most=8),
    ShapeRow(ShapeName.FETCH, 16, _from_lower(http.FETCH_WORDS), Kind.WORD,
             "tells runtimes apart", "cors"),
    ShapeRow(ShapeName.EDGE_WORD, 24, _from_lower(http.EDGE_WORDS), Kind.WORD,
             "what the edge did", "challenge"),
    ShapeRow(ShapeName.ERROR_TYPE, 64, _keep_error_type, Kind.WORD,
             "decides the outcome", "FreeUsageLimitError"),
    ShapeRow(ShapeName.FINISH_REASON, 48, known_finish, Kind.WORD,
             "why the answer ended", "end_turn"),
    ShapeRow(ShapeName.HEADER_NAME, 64, _keep_header_name, Kind.HEADER,
             "what the client sends", "x-opencode-session"),
    ShapeRow(ShapeName.METHOD, 8, _from(http.METHODS), Kind.WORD, "route", "POST"),
    ShapeRow(ShapeName.HTTP_VERSION, 8, _from(http.PROTOCOL_VERSIONS), Kind.WORD,
             "tells runtimes apart", "HTTP/1.1"),
    ShapeRow(ShapeName.CLIENT, 16, _from(words.CLIENTS), Kind.WORD,
             "`x-opencode-client`, a build constant", "desktop"),
    ShapeRow(ShapeName.CF_RAY, 24, _matching(r"[0-9a-f]{16}(?:-[A-Z]{3})?"), Kind.REQUEST,
             "lets OpenCode find the request; made by the edge", "8f1e2d3c4b5a6978-FRA"),
    ShapeRow(ShapeName.RETRY_AFTER, 40, _keep_retry_after, Kind.WORD, "the countdown", "50223"),
    ShapeRow(ShapeName.DATE, 40, _keep_date, Kind.WORD, "the server's clock",
             "Tue, 25 Aug 2026 10:02:57 GMT"),
    ShapeRow(ShapeName.SERVER, 48, _keep_server, Kind.WORD, "who answered", "cloudflare"),
    ShapeRow(ShapeName.VERSION, 32, keep_version, Kind.WORD, "which build", "1.18.15"),
    ShapeRow(ShapeName.FEATURES, 256, _keep_feature, Kind.WORD,
             "beta flags change the protocol", "fine-grained-tool-streaming-2025-05-14", most=12),
    ShapeRow(ShapeName.NUMBER, 9, _matching(r"\d{1,9}"), Kind.WORD, "sizes and counts", "31744"),
    ShapeRow(ShapeName.PROVIDER, 32, _keep_provider, Kind.WORD, "who refused", "Console Go"),
    ShapeRow(ShapeName.EFFORT, 16, _from(words.REASONING_EFFORTS), Kind.WORD,
             "changes token counts", "medium"),
    ShapeRow(ShapeName.HOST, 64, _keep_host, Kind.HOST, "which upstream", "opencode.ai"),
    ShapeRow(ShapeName.LABEL, 32, keep_label, Kind.WORD, "the user's own word", "laptop-a"),
    ShapeRow(ShapeName.WORD, 64, _keep_word, Kind.WORD,
             "names of fields and parameters", "stream_options"),
    ShapeRow(ShapeName.COUNTRY, 2, _matching(r"[A-Z]{2}"), Kind.WORD, "region limits", "DE"),
    ShapeRow(ShapeName.COLO, 3, _matching(r"[A-Z]{3}"), Kind.WORD, "which edge", "FRA"),
)  # fmt: skip
_ROWS = {row.name: row for row in SHAPES}

_CACHED = 4096


def _keep_item(row: ShapeRow, item: str) -> str | None:
    value, *parameters = (part.strip() for part in item.split(";"))
    found = row.keep(value)
    if found is None or not all(map(_QUALITY.fullmatch, parameters)):
        return None
    return ";".join([found, *parameters])


class Shapes:
    """Applies the rows under one study's pseudonyms; remembers what it has seen, within bounds."""

    def __init__(self, pseudonyms: Pseudonymiser) -> None:
        self.pseudonyms = pseudonyms
        self._cached = lru_cache(maxsize=_CACHED)(self._shape)

    def of(self, shape: ShapeName, text: str) -> Shaped:
        """What may be kept of `text` as a `shape`."""
        if len(text) > USER_AGENT_LIMIT:
            return self.refused(shape, text)
        return self._cached(shape, text)

    def _shape(self, shape: ShapeName, text: str) -> Shaped:
        if self.pseudonyms.made(text):
            return Shaped(text, False, shape)
        if shape is ShapeName.USER_AGENT:
            kept, whole = shape_user_agent(text, self.pseudonyms)
            return Shaped(kept, whole, shape)
        row = _ROWS[shape]
        kept_text = None
        if len(text) <= row.limit:
            kept_text = self._list(row, text) if row.most else row.keep(text)
        return (
            Shaped(kept_text, True, shape) if kept_text is not None else self.refused(shape, text)
        )

    def _list(self, row: ShapeRow, text: str) -> str | None:
        """A comma-separated list, quality values included; None when no item can be kept."""
        items = [item.strip() for item in text.split(",")]
        kept = [_keep_item(row, item) for item in items]
        if len(items) > row.most or not any(kept):
            return None
        return ", ".join(
            shown or self.pseudonyms.of(row.kind, item)
            for shown, item in zip(kept, items, strict=True)
        )

    def refused(self, shape: ShapeName, text: str) -> Shaped:
        """The pseudonym of a text that must not be kept."""
        if shape is ShapeName.HOST:
            return Shaped(self.pseudonyms.host(text), False, shape)
        kind = _ROWS[shape].kind if shape in _ROWS else Kind.PRODUCT
        return Shaped(self.pseudonyms.of(kind, text), False, shape)
