"""Taps on the two bodies of an exchange: each chunk goes on unchanged, a copy is looked at.

Invariant: a tap returns exactly the chunk it was given and never raises; whatever fails behind it
is counted by the recorder, never felt by the traffic.
"""

from __future__ import annotations

from collections.abc import Callable

Look = Callable[[bytes], None]


class Tee:
    """Callable for mitmproxy's `stream` attribute; `b""` marks the end of the body."""

    __slots__ = ("_failed", "_look")

    def __init__(self, look: Look, failed: Callable[[Exception], None]) -> None:
        self._look: Look | None = look
        self._failed = failed

    def __call__(self, chunk: bytes) -> bytes:
        """Hand the chunk on; after the first failure the copy is no longer looked at."""
        if self._look is not None:
            try:
                self._look(chunk)
            except Exception as error:
                self._look = None
                self._failed(error)
        return chunk
