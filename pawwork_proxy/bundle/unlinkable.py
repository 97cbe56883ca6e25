"""New pseudonyms for a whole bundle, under a key that nobody keeps.

What names the exchange at the edge (`cf-ray`) is left out. Times, sizes and counts stay, so whoever
holds the same exchanges from elsewhere can still match them by those.
Invariant: equal pseudonyms stay equal within one bundle; nothing links them to the capture's, to
another bundle's or to a study, not even for a holder of the study's key.
"""

import hmac
import re
import secrets

from pawwork_proxy.model.base import Noun, line_of
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.redaction.pseudonyms import PSEUDONYM

_ANY = re.compile(PSEUDONYM.pattern.encode())
_CAPTURE_ID = re.compile(rb'(?<="capture_id":")[0-9a-f]{16}(?=")')


_RAY = "cf-ray"


class ThrowAwayKey:
    """Writes nouns as lines of JSON; pseudonyms hold nothing that JSON escapes."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def __call__(self, noun: Noun) -> bytes:
        """The line of a noun, with every pseudonym and the capture's own id made anew."""
        line = line_of(_without_ray(noun) if isinstance(noun, Exchange) else noun)
        return _CAPTURE_ID.sub(self._digits, _ANY.sub(self._pseudonym, line))

    def _pseudonym(self, match: re.Match[bytes]) -> bytes:
        kind, _, digits = match.group().partition(b":")
        return kind + b":" + self._mac(match.group(), len(digits))

    def _digits(self, match: re.Match[bytes]) -> bytes:
        return self._mac(match.group(), 16)

    def _mac(self, value: bytes, digits: int) -> bytes:
        return hmac.digest(self._key, value, "sha256").hex()[:digits].encode()


def _without_ray(exchange: Exchange) -> Exchange:
    response = exchange.response
    if response is None or response.cf_ray is None:
        return exchange
    headers = tuple(
        note.model_copy(update={"value": None}) if note.name == _RAY else note
        for note in response.headers
    )
    kept = response.model_copy(update={"cf_ray": None, "headers": headers})
    return exchange.model_copy(update={"response": kept})
