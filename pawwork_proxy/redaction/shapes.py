"""Which texts a record may keep: one table, one row per kind of text.

A row keeps what its closed list, pattern or clock reads (`keep`); of other texts it keeps the parts
that its grammar explains (`redaction.grammar`), with pseudonyms for the rest; what neither knows is
a pseudonym as a whole. `Shapes.of(shape, text)` is total.
Invariant: what is kept has the row's form of `model.texts`, and passes the taint gate and a
bundle's scan (`tests/unit/bundle/test_agreement.py`).
"""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple, Self

from pawwork_proxy.facts import fields, server
from pawwork_proxy.facts.errors import known_finish, known_word
from pawwork_proxy.facts.identifiers import Namespace
from pawwork_proxy.facts.table import word_lists
from pawwork_proxy.facts.wordings import OTHER, PROVIDERS, known_provider
from pawwork_proxy.model import texts
from pawwork_proxy.redaction.grammar import LOOSE_LIMIT, Grammar, compose, words_of
from pawwork_proxy.redaction.labels import keep_label
from pawwork_proxy.redaction.pseudonyms import PSEUDONYM, Pseudonymiser
from pawwork_proxy.responses.waits import http_date

LONGEST = 512
"""A longer text is no value of any header or field that we know."""
_CACHED = 4096
_HTTP, _AGENT_WORDS, _WORDS = map(word_lists, ("http", "user_agents", "words"))


class Shaped(NamedTuple):
    """What a record may hold in place of a text."""

    text: str
    """The text, perhaps normalised or with pseudonyms for its unknown parts, or its pseudonym."""
    kept: bool
    """Whether any of it is readable; False: `text` is a pseudonym."""
    whole: bool
    """Whether all of it is readable."""


class ShapeRow(NamedTuple):
    """One kind of text: what is kept of it, and which pseudonym stands for a refused one."""

    limit: int
    """Characters; a longer text is refused."""
    keep: Callable[[str], str | None]
    """The text that a closed list or pattern knows, in its spelling; None for any other."""
    reason: str
    example: str
    form: object = texts.HeaderValue
    """The form of the record's field."""
    grammar: Grammar | None = None
    """What the parts of other texts may be; None where there are no others."""
    most: int = 0
    """A list of up to so many; each item is judged alone."""
    prepare: Callable[[str], str] = str
    """Brings the spellings of a text to one, or drops what is never kept."""
    namespace: Namespace = Namespace.WORD
    """Namespace of the pseudonym that a refused text becomes."""


def _one_of(*lists: Iterable[str]) -> Callable[[str], str | None]:
    known = frozenset(word for words in lists for word in words)
    return lambda text: text if text in known else None


def _matching(pattern: str) -> Callable[[str], str | None]:
    compiled = re.compile(pattern)
    return lambda text: text if compiled.fullmatch(text) else None


def _any_of(known: Iterable[str]) -> str:
    return "(?:" + "|".join(map(re.escape, sorted(known, key=len, reverse=True))) + ")"


_COMMENT = re.compile(r"\([^()]*\)")
_QUALITY = re.compile(r"q=(?:0|1)(?:\.\d{1,3})?")
_SUFFIX = re.compile(
    r"(?<![0-9A-Za-z.])(v?\d{1,4}(?:\.\d{1,5}){1,3})(?=[A-Za-z+~_])([^\s/]{1,64})(?=[\s/]|$)"
)
_NO_SEPARATORS = re.compile(r"[^0-9A-Za-z.-]+")
_DURATION = re.compile(
    r"(?=\d)(?:(\d{1,3})d)?(?:(\d{1,4})h)?(?:(\d{1,5})m(?!s))?(?:(\d{1,7}(?:\.\d{1,9})?)s)?(?:(\d{1,9})ms)?"
)
_WAIT = re.compile(r"(\d{1,10})(?:\.\d{1,3})?")
_LONGEST_WAIT = 2_147_483_647
"""In milliseconds, what a client's timer can wait."""


def _without_comments(agent: str) -> str:
    """A user agent outside parentheses, nested ones included."""
    count = 1
    while count:
        agent, count = _COMMENT.subn(" ", agent)
    return " ".join(agent.split())


def _media_type(text: str) -> str:
    """A media type in lower case, without parameters but a known charset."""
    media, *parameters = (part.strip().lower() for part in text.split(";"))
    for name, _, value in (parameter.partition("=") for parameter in parameters):
        if name == "charset" and value.strip('"') in _HTTP["charsets"]:
            return f"{media};charset={value.strip(chr(34))}"
    return media


def _version(text: str) -> str:
    """A text in which whatever is behind the numbers of a version stands apart from them."""
    return _SUFFIX.sub(
        lambda found: f"{found[1]}-{_NO_SEPARATORS.sub('-', found[2]).strip('-')}".rstrip("-"), text
    )


def _agent(text: str) -> str:
    """A user agent without comments."""
    return _version(_without_comments(text))


def _via(text: str) -> str:
    """The proxies on a way, without comments."""
    return _without_comments(text).lower()


def _host(text: str) -> str:
    """A host name in lower case, without its port."""
    host = text.lower()
    name, _, port = host.rpartition(":")
    return name if name and port.isdigit() else host


def _keep_media_type(text: str) -> str | None:
    return text if text.partition(";")[0] in _HTTP["media_types"] else None


def _keep_provider(text: str) -> str | None:
    return None if (known := known_provider(text)) == OTHER else known


def _keep_wait(text: str) -> str | None:
    """A number or a date; a very long wait loses its fractions, which nobody waits for."""
    match = _WAIT.fullmatch(text)
    if match is None:
        return _keep_date(text)
    if int(match[1]) > _LONGEST_WAIT:
        return None
    return text if len(text) < LOOSE_LIMIT else match[1]


def _keep_reset(text: str) -> str | None:
    """When or in how long a limit begins anew: a moment, or seconds, however it is written."""
    if match := _DURATION.fullmatch(text):
        days, hours, minutes, seconds, ms = (float(part or 0) for part in match.groups())
        wait = ((days * 24 + hours) * 60 + minutes) * 60 + seconds + ms / 1000
        return f"{wait:.3f}".rstrip("0").rstrip(".") if wait <= _LONGEST_WAIT else None
    return _keep_moment(text) or _keep_wait(text)


def _keep_moment(text: str) -> str | None:
    try:
        moment = datetime.fromisoformat(text)
        return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _keep_date(text: str) -> str | None:
    date = http_date(text)
    return None if date is None else date.strftime("%Y-%m-%dT%H:%M:%SZ")


_LANGUAGE = (
    rf"\*|(?i:{_any_of(_HTTP['languages'])})(?i:-{_any_of(_HTTP['scripts'])})?"
    r"(?:-(?:[A-Za-z]{2}|001|150|419))?"
)
_DIRECTIVE = rf"{_any_of(_HTTP['cache_directives'])}(?:=\d{{1,9}})?"
_MODELS = Grammar(words_of(server.MODEL_WORDS), "-._:/@", digits=6, lead="@")
_AGENTS = Grammar(
    words_of(_AGENT_WORDS["products"], server.MODEL_WORDS, _AGENT_WORDS["prereleases"]),
    " /-._", digits=6, bare_numbers=True,
)  # fmt: skip
_MEDIA = Grammar(words_of(_HTTP["media_types"], _WORDS["api_words"]), "/+.-", digits=2)
_HEADER_NAMES = Grammar(words_of(fields.HEADER_WORDS), "-_")
_FEATURES = Grammar(words_of(fields.HEADER_WORDS), "-._")
_PLATFORMS = Grammar(words_of(_WORDS["api_words"], _AGENT_WORDS["platforms"]), " _-.")
_FIELDS = Grammar(words_of(_WORDS["api_words"]), "_-.")
_TYPES = _FIELDS._replace(type_form=True)
_VIA = Grammar(words_of(_HTTP["servers"], ["http", "https"]), " /-.:", digits=4, bare_numbers=True)
_SERVERS = Grammar(words_of(_HTTP["servers"]), "/-.", digits=4)
_VERSIONS = Grammar(words_of(_AGENT_WORDS["prereleases"]), ".-+", digits=6, bare_numbers=True)
_PROVIDERS = Grammar(words_of(server.MODEL_WORDS, PROVIDERS), " -._")


class ShapeName(StrEnum):
    """The kinds of text: the name of each, and its row."""

    row: ShapeRow

    def __new__(cls, name: str, row: ShapeRow) -> Self:
        """The member, which is its name as a text."""
        shape = str.__new__(cls, name)
        shape._value_ = name
        shape.row = row
        return shape

    # fmt: off
    MODEL = "model", ShapeRow(96, _one_of(server.MODEL_IDS), "names the bucket", "big-pickle",
        texts.ModelName, _MODELS, namespace=Namespace.MODEL)
    USER_AGENT = "user_agent", ShapeRow(LONGEST, _one_of(), "tells releases apart", "curl/8.5.0",
        texts.UserAgent, _AGENTS, prepare=_agent, namespace=Namespace.PRODUCT)
    MEDIA_TYPE = "media_type", ShapeRow(96, _keep_media_type, "which parser the response asks for",
        "text/event-stream;charset=utf-8", texts.MediaType, _MEDIA, prepare=_media_type)
    ACCEPT = "accept", ShapeRow(256, _keep_media_type, "tells runtimes apart", "*/*",
        grammar=_MEDIA, most=12, prepare=_media_type)
    LANGUAGE = "language", ShapeRow(96, _matching(_LANGUAGE), "chooses the language of error texts",
        "*", most=12)
    ENCODING = "encoding", ShapeRow(96, _one_of(_HTTP["codings"]), "explains sizes and decoding",
        "gzip, deflate", texts.Codings, most=12, prepare=str.lower)
    CONNECTION = "connection", ShapeRow(96, _one_of(_HTTP["connection_options"]),
        "connection reuse", "keep-alive", most=6, prepare=str.lower)
    CACHE_CONTROL = "cache_control", ShapeRow(128, _matching(_DIRECTIVE),
        "a response from a cache is no admission", "no-store", most=8, prepare=str.lower)
    FETCH = "fetch", ShapeRow(16, _one_of(_HTTP["fetch_words"]), "tells runtimes apart", "cors",
        prepare=str.lower)
    EDGE_WORD = "edge_word", ShapeRow(24, _one_of(_HTTP["edge_words"]), "what the edge did",
        "challenge", texts.KnownWord, prepare=str.lower)
    ERROR_TYPE = "error_type", ShapeRow(64, known_word, "decides the outcome",
        "FreeUsageLimitError", texts.KeptName, _TYPES)
    FINISH_REASON = "finish_reason", ShapeRow(48, known_finish, "why the response ended",
        "end_turn", texts.FinishReason)
    HEADER_NAME = "header_name", ShapeRow(64, _one_of(fields.HEADERS), "what the client sends",
        "x-opencode-session", texts.HeaderName, _HEADER_NAMES, prepare=str.lower,
        namespace=Namespace.HEADER)
    METHOD = "method", ShapeRow(8, _one_of(_HTTP["methods"]), "route", "POST", texts.Method)
    HTTP_VERSION = "http_version", ShapeRow(8, _one_of(_HTTP["protocol_versions"]),
        "tells runtimes apart", "HTTP/1.1", texts.HttpVersion)
    CLIENT = "client", ShapeRow(16, _one_of(_WORDS["clients"]),
        "`x-opencode-client`, a build constant", "desktop", texts.KnownWord)
    CF_RAY = "cf_ray", ShapeRow(24, _matching(r"[0-9a-f]{16}(?:-[A-Z]{3})?"),
        "lets OpenCode find the request; made by the edge", "8f1e2d3c4b5a6978-FRA", texts.CfRay,
        namespace=Namespace.REQUEST)
    RETRY_AFTER = "retry_after", ShapeRow(40, _keep_wait, "the countdown", "50223")
    DATE = "date", ShapeRow(40, _keep_date, "the server's clock", "Tue, 25 Aug 2026 10:02:57 GMT")
    SERVER = "server", ShapeRow(48, _one_of(_HTTP["servers"]), "who answered", "cloudflare",
        texts.Server, _SERVERS, prepare=str.lower)
    VERSION = "version", ShapeRow(32, _one_of(_AGENT_WORDS["prereleases"]), "which build",
        "1.18.15", grammar=_VERSIONS, prepare=_version)
    VIA = "via", ShapeRow(256, _one_of(_HTTP["servers"]), "which proxies were on the way",
        "1.1 google", grammar=_VIA, most=6, prepare=_via)
    RESET = "reset", ShapeRow(40, _keep_reset, "when a limit begins anew", "6m0s")
    FEATURES = "features", ShapeRow(256, _one_of(_WORDS["features"]),
        "beta flags change the protocol", "fine-grained-tool-streaming-2025-05-14",
        grammar=_FEATURES, most=12)
    NUMBER = "number", ShapeRow(9, _matching(r"\d{1,9}"), "sizes and counts", "31744")
    PROVIDER = "provider", ShapeRow(32, _keep_provider, "who refused", "Console Go",
        texts.KeptName, _PROVIDERS)
    EFFORT = "effort", ShapeRow(16, _one_of(_WORDS["reasoning_efforts"]), "changes token counts",
        "medium", texts.KnownWord)
    HOST = "host", ShapeRow(64, _one_of(server.KNOWN_HOSTS), "which upstream", "opencode.ai",
        prepare=_host, namespace=Namespace.HOST)
    LABEL = "label", ShapeRow(32, keep_label, "the user's own word", "laptop-a", texts.Label)
    WORD = "word", ShapeRow(64, _one_of(_AGENT_WORDS["platforms"]),
        "names of platforms and settings", "MacOS", grammar=_PLATFORMS)
    FIELD = "field", ShapeRow(64, _one_of(fields.BODY_FIELDS, fields.IDENTITY_FIELDS),
        "which fields a request's body has", "stream_options", texts.FieldName, _FIELDS)
    COUNTRY = "country", ShapeRow(2, _matching(r"[A-Z]{2}"), "region limits", "DE", texts.Country)
    COLO = "colo", ShapeRow(3, _matching(r"[A-Z]{3}"), "which edge", "FRA", texts.Airport)
    # fmt: on


_WITHOUT_COMMENTS = (ShapeName.USER_AGENT, ShapeName.VIA)


class Shapes:
    """Applies the rows under one study's pseudonyms; remembers what it has seen, within bounds."""

    def __init__(self, pseudonyms: Pseudonymiser) -> None:
        self.pseudonyms = pseudonyms
        self._cached = lru_cache(maxsize=_CACHED)(self._shape)

    def of(self, shape: ShapeName, text: str) -> Shaped:
        """What may be kept of `text` as a `shape`."""
        if len(text) > LONGEST:
            return self.refused(shape, text)
        return self._cached(shape, text)

    def http_version(self, text: str | None) -> str | None:
        """What may be kept of a version of HTTP or TLS; None where none was seen."""
        return self.of(ShapeName.HTTP_VERSION, text).text if text else None

    def refused(self, shape: ShapeName, text: str) -> Shaped:
        """The pseudonym of a text of which nothing may be kept."""
        if shape is ShapeName.HOST:
            return Shaped(self.pseudonyms.host(text), False, False)
        return Shaped(self.pseudonyms.of(shape.row.namespace, text), False, False)

    def _shape(self, shape: ShapeName, text: str) -> Shaped:
        row = shape.row
        if self.pseudonyms.made(text) or len(PSEUDONYM.sub("", text)) > row.limit:
            return self.refused(shape, text)
        kept = self._list(row, text) if row.most else self._item(row, text)
        if kept is None or not texts.fits(row.form, kept):
            return self.refused(shape, text)
        dropped = shape in _WITHOUT_COMMENTS and "(" in text
        return Shaped(kept, True, not dropped and PSEUDONYM.search(kept) is None)

    def _item(self, row: ShapeRow, text: str) -> str | None:
        prepared = row.prepare(text)
        kept = row.keep(prepared)
        if kept is not None or row.grammar is None:
            return kept
        # An unknown part of a user agent is a product, of any other text a word.
        product = row.namespace is Namespace.PRODUCT
        of_part = Namespace.PRODUCT if product else Namespace.WORD
        return compose(prepared, row.grammar, self.pseudonyms, of_part)

    def _list(self, row: ShapeRow, text: str) -> str | None:
        """A comma-separated list, quality values included; None when no item can be kept."""
        items = [item.strip() for item in text.split(",")]
        kept = [self._list_item(row, item) for item in items]
        if len(items) > row.most or not any(kept):
            return None
        return ", ".join(
            shown or self.pseudonyms.of(row.namespace, item)
            for shown, item in zip(kept, items, strict=True)
        )

    def _list_item(self, row: ShapeRow, item: str) -> str | None:
        value, *parameters = (part.strip() for part in item.split(";"))
        if not all(map(_QUALITY.fullmatch, parameters)):
            return None
        kept = self._item(row, value)
        return None if kept is None else ";".join([kept, *parameters])
