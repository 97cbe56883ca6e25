"""The taint gate: the last look at a record before it is written, by other rules than made it.

Three questions. Does the line hold a credential of this run, in any usual encoding? Does a string
of the record, once our own words, dates, sizes and verified pseudonyms are taken out of it, still
hold twelve characters in a row that the raw exchange holds too? Does a number? Any of it is a hit,
and a stub is written.
Invariant: shares the vocabularies with the shapes, but no grammar and no verdict of theirs. A hit
names a rule and a place made of the schema's own names.
"""

from __future__ import annotations

import base64
import json
import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote, unquote_to_bytes

from pydantic_core import from_json

from pawwork_proxy.facts.http import LANGUAGES, SCRIPTS
from pawwork_proxy.redaction.gate_words import OWN_WORDS, SCHEMA_NAMES
from pawwork_proxy.redaction.pseudonyms import PSEUDONYM, Pseudonymiser

SHARED = 12
"""Characters in a row that a record may not share with the raw exchange."""
_SHORTEST_CREDENTIAL = 8
"""Shorter keys would be found by chance; twelve characters of them cannot be in a record anyway."""
_MOST_CREDENTIALS = 32
_BETWEEN = re.compile(r"[^0-9a-z]+")
_REMEMBERED = 16384
_REMEMBERED_LENGTH = 512


class Hit(NamedTuple):
    """Why a record must not be written; safe to count and to log."""

    rule: str
    path: str


@dataclass(frozen=True, slots=True, repr=False)
class RawExchange:
    """Everything foreign that is at hand: heads, decoded request body, kept answer bytes."""

    parts: tuple[bytes, ...]


class Credentials:
    """The wire credentials of the run, in the encodings in which they might show up.

    Bounded: the most recent ones are remembered; in memory only. `own_words` are names that the
    user chose: every record holds them.
    """

    def __init__(self, own_words: Iterable[str] = ()) -> None:
        self._own_words = frozenset(own_words)
        self._needles: OrderedDict[str, tuple[str, ...]] = OrderedDict()

    def add(self, credential: str) -> None:
        """Remember a credential, unless records are full of it anyway (`public`, today's date)."""
        if credential in self._needles:
            self._needles.move_to_end(credential)
            return
        if (
            len(credential) < _SHORTEST_CREDENTIAL
            or credential in self._own_words
            or _says_nothing(credential)
        ):
            return
        self._needles[credential] = tuple(sorted(_encodings(credential)))
        if len(self._needles) > _MOST_CREDENTIALS:
            self._needles.popitem(last=False)

    def found_in(self, line: str) -> bool:
        """Whether any of them is in `line`."""
        return any(needle in line for needles in self._needles.values() for needle in needles)


_LOOPBACK = re.compile(r"(?:127(?:\.\d{1,3}){3}|::1|\[::1\])(?::\d{1,5})?")
_LOOSE = 2
"""Characters beside our own words: `HTTP/1.1` and `started_at` have two."""


def _says_nothing(text: str) -> bool:
    """Whether a text is our own words, a loopback address, a time or a language: no secret.

    A cookie may hold any of them, and would otherwise withhold every record from then on.
    """
    words = [word for word in _BETWEEN.split(text.lower()) if word]
    foreign = [word for word in words if word not in OWN_WORDS]
    few = len(foreign) < len(words) and sum(map(len, foreign)) <= _LOOSE
    return (
        not foreign
        or few
        or _LOOPBACK.fullmatch(text) is not None
        or _HARMLESS.fullmatch(text) is not None
        or _is_language_list(text)
    )


def _encodings(credential: str) -> Iterator[str]:
    raw = credential.encode("utf-8", "surrogatepass")
    yield credential
    yield json.dumps(credential)[1:-1]
    yield quote(raw, safe="")
    yield raw.hex()
    yield raw.hex().upper()
    for offset in range(3):
        # Inside a longer text a key may start at any of three positions of a base64 group; the
        # characters at both ends mix with its neighbours and are left out.
        encoded = base64.b64encode(b"\0" * offset + raw).rstrip(b"=")[:-1]
        inner = encoded[(0, 2, 3)[offset] :].decode()
        yield inner
        yield inner.replace("+", "-").replace("/", "_")


class TaintGate:
    """Checks the lines of one run; `own_words` are labels and ids that the user or we chose."""

    def __init__(
        self, pseudonyms: Pseudonymiser, credentials: Credentials, own_words: Iterable[str] = ()
    ) -> None:
        self._pseudonyms = pseudonyms
        self._credentials = credentials
        self._ours = SCHEMA_NAMES.union(own_words)
        self._harmless: set[str] = set()

    def check(self, line: str, raw: RawExchange) -> Hit | None:
        """The first reason not to write `line`, or None."""
        if self._credentials.found_in(line):
            return Hit("credential", "line")
        haystack: bytes | None = None
        for match in _LONG_NUMBER.finditer(line):
            number = match[1].removesuffix(".0")
            haystack = haystack or _haystack(raw)
            if _shares(number, haystack) or _shares(number.replace(".", ""), haystack):
                name = line[line.rfind('"', 0, match.start()) + 1 : match.start()]
                return Hit("shared_number", name if name in SCHEMA_NAMES else "*")
        for text in _texts_of(line) - self._ours - self._harmless:
            foreign = self._foreign(text)
            if not foreign:
                self._remember(text)
                continue
            if _CF_RAY.fullmatch(text) and text == _cf_ray(line):
                continue
            if haystack is None:
                haystack = _haystack(raw)
            if any(_shares(stretch, haystack) for stretch in foreign):
                return Hit("shared_text", _place_of(from_json(line), text))
        return None

    def _remember(self, text: str) -> None:
        """Texts come again and again; those without a foreign stretch need one look only."""
        if len(self._harmless) >= _REMEMBERED:
            self._harmless.clear()
        if len(text) <= _REMEMBERED_LENGTH:
            self._harmless.add(text)

    def _foreign(self, text: str) -> tuple[str, ...]:
        """Stretches of `text` that are neither ours nor harmless, twelve characters and longer."""
        if len(text) < SHARED or self._pseudonyms.made(text) or _HARMLESS.fullmatch(text):
            return ()  # as what follows would find, too; most new texts are an id or a time
        if _is_language_list(text):
            return ()
        ours = PSEUDONYM.sub(
            lambda match: "\n" if self._pseudonyms.made(match.group()) else match.group(), text
        )
        ours = _HARMLESS.sub("\n", ours)
        worded = _LETTERS.sub(_known_word_to_break, ours)
        if worded != ours:
            worded = _NUMBER_OF_A_WORD.sub("\n", worded, count=_MOST_NUMBERS)
            ours = _SIZE.sub("\n", worded, count=_MOST_NUMBERS)
        return tuple(stretch for stretch in ours.split("\n") if len(stretch) >= SHARED)


_CF_RAY = re.compile(r"[0-9a-f]{16}(?:-[A-Z]{3})?")
_HARMLESS = re.compile(
    r"(?<![0-9A-Za-z])(?:"
    r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)"
    r"|20[12]\d-?[01]\d-?[0-3]\d(?:[0-2]\d[0-5]\d)?"
    r"|(?<=[A-Za-z]/)v?\d{1,4}(?:\.\d{1,5}){0,3}"
    r"|(?<=;)q=[01](?:\.\d{1,3})?"
    r")(?![0-9A-Za-z])"
)
_NUMBER_OF_A_WORD = re.compile(r"(?<=\n=)\d{1,9}(?![0-9A-Za-z])")
_SIZE = re.compile(r"(?i)(?<![0-9A-Za-z])[ae]?\d{1,3}(?:x\d{1,2})?[bmkt](?![0-9A-Za-z])")
"""Harmless only in the company of a known word, which has become a break by then, and if few."""
_MOST_NUMBERS = 2
_LETTERS = re.compile(r"[A-Za-z]{3,}(?:_[a-z]+)*")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_")


def _known_word_to_break(match: re.Match[str]) -> str:
    word = match.group()
    if word.lower() in OWN_WORDS:
        return "\n"
    parts = [part for part in _CAMEL.split(word) if part]
    if len(parts) > 1 and all(part.lower() in OWN_WORDS for part in parts):
        return "\n"
    return word


_LONG_NUMBER = re.compile(rf'": ?-?(\d[\d.]{{{SHARED - 1},}})')
"""Begins with fixed text, which makes the search five times as fast. Times are strings; what we
measure has fewer digits, or is not in the raw exchange."""
_QUALITY = re.compile(r"q=[01](?:\.\d{1,3})?")
_REGION = re.compile(r"[A-Za-z]{2}|001|150|419")


def _is_language_list(text: str) -> bool:
    """Whether a text is made of language tags alone: too short for words, known one by one."""
    for item in text.split(", "):
        tag, semicolon, quality = item.partition(";")
        language, *more = tag.split("-")
        if language.lower() not in LANGUAGES and tag != "*":
            return False
        if semicolon and _QUALITY.fullmatch(quality) is None:
            return False
        if len(more) > 2 or not all(
            part.lower() in SCRIPTS or _REGION.fullmatch(part) for part in more
        ):
            return False
    return True


def _texts_of(line: str) -> set[str]:
    """All strings of a line; those of the schema's own names may be among them."""
    if "\\" not in line:  # nothing is escaped, so what stands between quotes are the strings
        return set(line.split('"')[1::2])
    texts: set[str] = set()
    _collect(from_json(line), texts)
    return texts


def _collect(node: object, texts: set[str]) -> None:
    """All strings of a parsed line, keys outside the schema included."""
    if isinstance(node, str):
        texts.add(node)
    elif isinstance(node, list):
        for item in node:
            _collect(item, texts)
    elif isinstance(node, dict):
        for name, value in node.items():
            if name not in SCHEMA_NAMES:
                texts.add(name)
            if value is not None:
                _collect(value, texts)


def _cf_ray(line: str) -> str:
    """The edge's id of the exchange: a random word that we keep on purpose, in one place."""
    parsed = from_json(line)
    response = parsed.get("response") if isinstance(parsed, dict) else None
    ray = response.get("cf_ray") if isinstance(response, dict) else None
    return ray if isinstance(ray, str) else ""


def _place_of(node: object, text: str) -> str:
    """Where `text` stands, in names of the schema; `*` for any other key."""
    children: list[tuple[str, object]] = []
    if isinstance(node, list):
        children = [("[]", item) for item in node]
    elif isinstance(node, dict):
        if text in node:
            return "*"
        children = [(name if name in SCHEMA_NAMES else "*", value) for name, value in node.items()]
    for name, value in children:
        if value == text:
            return name
        inner = _place_of(value, text)
        if inner:
            return f"{name}.{inner}"
    return ""


_ESCAPE = re.compile(rb"\\(?:u([0-9a-fA-F]{4})|(.))")


def _unescape(match: re.Match[bytes]) -> bytes:
    if match[1]:
        return chr(int(match[1], 16)).encode("utf-8", "replace")
    return match[2]


def _haystack(raw: RawExchange) -> bytes:
    """The raw exchange as it is, percent-decoded and JSON-unescaped, in lower case."""
    joined = b"\n".join(raw.parts)
    texts = [joined]
    if b"%" in joined:
        texts.append(unquote_to_bytes(joined))
    if b"\\" in joined:
        texts.append(_ESCAPE.sub(_unescape, joined))
    return b"\n".join(texts).lower()


def _shares(stretch: str, haystack: bytes) -> bool:
    """Whether any twelve characters in a row of `stretch` are in the raw exchange."""
    lower = stretch.lower()
    return any(
        lower[start : start + SHARED].encode("utf-8", "replace") in haystack
        for start in range(len(lower) - SHARED + 1)
    )
