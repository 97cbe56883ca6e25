"""The credentials that a run has seen on the wire, and the spellings in which they may show up.

Invariant: they live in memory only, and nothing here returns or raises any part of one.
"""

import base64
import json
import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from pawwork_proxy.redaction.own_words import HARMLESS, LISTED, OWN_WORDS

_SHORTEST = 8
"""Shorter keys would be found by chance; twelve characters of them cannot be in a record anyway."""
_MOST = 32  # only the latest ones are remembered
_BETWEEN = re.compile(r"[^0-9a-z]+")


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
            len(credential) < _SHORTEST
            or credential in self._own_words
            or _says_nothing(credential)
        ):
            return
        self._needles[credential] = tuple(sorted(spellings(credential)))
        if len(self._needles) > _MOST:
            self._needles.popitem(last=False)

    def found_in(self, line: str) -> bool:
        """Whether any of them is in `line`."""
        return any(needle in line for needles in self._needles.values() for needle in needles)


_LOOPBACK = re.compile(r"(?:127(?:\.\d{1,3}){3}|::1|\[::1\])(?::\d{1,5})?")
_LOOSE = 2
"""A text with so few characters beside our own words is no secret: `HTTP/1.1`, `started_at`."""


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
        or HARMLESS.fullmatch(text) is not None
        or LISTED.fullmatch(text) is not None
    )


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
