"""The credentials that a run has seen on the wire, and the words of our own, which are none.

A record may hold our own words however often the raw exchange holds them too: the closed lists and
the schema's own names. Words of fewer than three letters do not count: they would split a secret
into harmless-looking pieces.
Invariant: credentials live in memory only, and nothing here returns or raises any part of one.
"""

import base64
import json
import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Literal, get_args, get_origin
from urllib.parse import quote

from pydantic import BaseModel

from pawwork_proxy.facts.table import word_lists
from pawwork_proxy.facts.vocabulary import kept_words
from pawwork_proxy.model.capture import CaptureLine
from pawwork_proxy.redaction.pseudonyms import is_address

_SHORTEST_WORD = 3
_WORD = re.compile(r"[0-9a-z]+")


def _schema_names(of: object, seen: set[type]) -> Iterator[str]:
    """Field names and fixed values of a type of the record, and of all that it is made of."""
    if isinstance(of, type) and issubclass(of, BaseModel):
        if of not in seen:
            seen.add(of)
            for name, field in of.model_fields.items():
                yield name
                yield from _schema_names(field.annotation, seen)
    elif isinstance(of, type) and issubclass(of, Enum):
        yield from (str(member.value) for member in of)
    elif get_origin(of) is Literal:
        yield from (value for value in get_args(of) if isinstance(value, str))
    else:
        for part in get_args(of):
            yield from _schema_names(part, seen)


SCHEMA_NAMES: frozenset[str] = frozenset(_schema_names(CaptureLine, set()))
OWN_WORDS: frozenset[str] = frozenset(
    word
    for text in (*SCHEMA_NAMES, *kept_words())
    for word in _WORD.findall(text.lower())
    if len(word) >= _SHORTEST_WORD and not word.isdigit()
)
HARMLESS = re.compile(
    r"(?<![0-9A-Za-z])(?:"
    r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)"
    r"|20[12]\d-?[01]\d-?[0-3]\d(?:[0-2]\d[0-5]\d)?"
    r"|(?<=;)q=[01](?:\.\d{1,3})?"
    r")(?![0-9A-Za-z])"
)
"""Times and quality values."""
_HTTP = word_lists("http")
_SHORT = "|".join(map(re.escape, [*_HTTP["codings"], *_HTTP["connection_options"], "*/*"]))
_ITEM = (
    rf"(?:{_SHORT}|(?:{'|'.join(_HTTP['languages'])})(?:-(?:{'|'.join(_HTTP['scripts'])}))?"
    r"(?:-(?:[a-z]{2}|001|150|419))?)"
    r"(?:;q=[01](?:\.\d{1,3})?)*"
)
LISTED = re.compile(rf"(?i){_ITEM}(?:, {_ITEM})*")
"""Lists of languages, codings and the like: each item is known, but too short for a word."""
_SHORTEST_KEY = 8
"""Shorter keys would be found by chance; twelve characters of them cannot be in a record anyway."""
_MOST = 32  # only the latest ones are remembered
_BETWEEN = re.compile(r"[^0-9a-z]+")
_LOOPBACK = re.compile(r"(?:127(?:\.\d{1,3}){3}|::1|\[::1\])(?::\d{1,5})?")
_LOOSE = 2
"""A text with so few characters beside our own words is no secret: `HTTP/1.1`, `started_at`."""
_MOST_NUMBERS = 6
"""A text with more digits beside words, times and versions could be somebody's number."""
_TIME = re.compile(
    r"(?<![0-9a-z])(?:20[12]\d-?[01]\d-?[0-3]\d(?:[t ]?[0-2]\d(?::?[0-5]\d(?::?[0-6]\d)?)?)?"
    r"|[0-2]\d:[0-5]\d(?::[0-6]\d)?)(?:\.\d{1,6})?(?:z|[+-]\d\d:?\d\d)?(?![0-9a-z])"
)
"""A time, or as much of one as a day, an hour or a clock shows; in lower case."""
_VERSION = re.compile(r"(?<![0-9a-z.])v?\d{1,4}(?:\.\d{1,5}){1,3}(?![0-9a-z.])")
_MOST_VERSION_DIGITS = 10
_NUMBERED = re.compile(r"([a-z]{2,})\d{1,2}|[a-z]?\d{1,4}(?:x\d{1,2})?[a-z]?")
"""A word with a number behind it; a short number, as the ids of models have them beside words."""


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
            len(credential) < _SHORTEST_KEY
            or any(credential in name for name in self._own_words)
            or _says_nothing(credential)
        ):
            return
        self._needles[credential] = tuple(sorted(spellings(credential)))
        if len(self._needles) > _MOST:
            self._needles.popitem(last=False)

    def found_in(self, line: str) -> bool:
        """Whether any of them is in `line`."""
        return any(needle in line for needles in self._needles.values() for needle in needles)


def _says_nothing(text: str) -> bool:
    """Whether a text is made of our own words, times, versions and short numbers: no secret.

    A cookie may hold any of them, and would otherwise withhold every record from then on.
    """
    if any(form.fullmatch(text) for form in (_LOOPBACK, HARMLESS, LISTED)):
        return True
    rest = _VERSION.sub(_unless_version, _TIME.sub(_KNOWN, text.lower()))
    words = [word for word in _BETWEEN.split(rest) if word]
    foreign = [word for word in words if not _is_ours(word)]
    numbers = sum(char.isdigit() for word in words if not word.isalpha() for char in word)
    known = numbers <= _MOST_NUMBERS and not OWN_WORDS.isdisjoint(words)
    return not words or (known and sum(map(len, foreign)) <= _LOOSE)


_KNOWN = " type "
"""Stands for what was recognised; a word of ours like any other."""


def _unless_version(match: re.Match[str]) -> str:
    """An address becomes one long foreign word."""
    text = match.group()
    few = sum(map(str.isdigit, text)) <= _MOST_VERSION_DIGITS
    return _KNOWN if few and not is_address(text.removeprefix("v")) else text.replace(".", "x")


def _is_ours(word: str) -> bool:
    """Whether a word is of our lists, with or without a number, or a short number itself."""
    if word in OWN_WORDS:
        return True
    match = _NUMBERED.fullmatch(word)
    return match is not None and (match[1] is None or match[1] in OWN_WORDS)


def spellings(secret: str) -> Iterator[str]:
    """A secret as it is, and as JSON, URLs, hex and base64 write it."""
    raw = secret.encode("utf-8", "surrogatepass")
    yield secret
    yield json.dumps(secret)[1:-1]
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
