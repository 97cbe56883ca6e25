"""What an answer carried besides its meaning: counts, costs, how its bytes were packed.

Invariant: numbers and enums only; a string where a number belongs counts as absent.
"""

from __future__ import annotations

from enum import StrEnum

from pawwork_proxy.model.base import Noun
from pawwork_proxy.model.numbers import Count


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

    input: Count | None = None
    output: Count | None = None
    reasoning: Count | None = None
    cache_read: Count | None = None
    cache_write: Count | None = None
    total: Count | None = None


class EventCounts(Noun):
    """Events of a stream by kind."""

    total: Count = 0
    deltas: Count = 0
    pings: Count = 0
    comments: Count = 0
    """Keep-alive comment lines; they are no events and not part of `total`."""
    errors: Count = 0
    other: Count = 0
