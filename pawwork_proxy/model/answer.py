"""What an answer carried besides its meaning: counts, costs, how its bytes were packed.

Invariant: numbers and enums only; a string where a number belongs counts as absent.
"""

from __future__ import annotations

from enum import StrEnum

from pawwork_proxy.model.base import Noun


class EncodingState(StrEnum):
    """What became of the content encoding."""

    IDENTITY = "identity"
    DECODED = "decoded"
    CUT = "cut"
    """The compressed data ends too early; what could be decoded was read."""
    CORRUPT = "corrupt"
    UNSUPPORTED = "unsupported"
    TOO_LARGE = "too_large"
    """More output than we are willing to look at; the rest was not decoded."""


class Usage(Noun):
    """Token counts as the answer states them."""

    input: int | None = None
    output: int | None = None
    reasoning: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    total: int | None = None


class EventCounts(Noun):
    """Events of a stream by kind."""

    total: int = 0
    deltas: int = 0
    pings: int = 0
    comments: int = 0
    """Keep-alive comment lines; they are no events and not part of `total`."""
    errors: int = 0
    other: int = 0
