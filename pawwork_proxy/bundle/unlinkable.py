"""New pseudonyms for a whole bundle, under a key that nobody keeps.

Invariant: equal pseudonyms stay equal within one bundle; nothing links them to the capture's, to
another bundle's or to a study, not even for a holder of the study's key.
"""

from __future__ import annotations

import hmac
import re
import secrets

from pawwork_proxy.redaction.pseudonyms import PSEUDONYM

_ANY = re.compile(PSEUDONYM.pattern.encode())
_CAPTURE_ID = re.compile(rb'(?<="capture_id":")[0-9A-Za-z_-]+(?=")')


class ThrowAwayKey:
    """Rewrites lines of JSON; pseudonyms hold nothing that JSON escapes."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def __call__(self, line: bytes) -> bytes:
        """The line with every pseudonym, and the capture's own id, made anew."""
        return _CAPTURE_ID.sub(self._digits, _ANY.sub(self._pseudonym, line))

    def _pseudonym(self, match: re.Match[bytes]) -> bytes:
        kind, _, digits = match.group().partition(b":")
        return kind + b":" + self._mac(match.group(), len(digits))

    def _digits(self, match: re.Match[bytes]) -> bytes:
        return self._mac(match.group(), 16)

    def _mac(self, value: bytes, digits: int) -> bytes:
        return hmac.digest(self._key, value, "sha256").hex()[:digits].encode()
