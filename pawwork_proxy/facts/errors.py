"""Words that servers put into `type`, `code`, `status` of an error, and what each one means.

Invariant: a word outside `data/errors.toml` is never stored; what its parts mean may be.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from pawwork_proxy.facts.table import Fact, lazily, rows
from pawwork_proxy.model.base import Noun


class Sense(StrEnum):
    """What one piece of evidence says, before any rule weighs it."""

    FREE_LIMIT = "free_limit"
    GO_LIMIT = "go_limit"
    BLACK_LIMIT = "black_limit"
    ZEN_RATE = "zen_rate"
    RATE = "rate"
    ACCOUNT_QUOTA = "account_quota"
    """An account's allowance at a vendor is used up."""
    OVERLOAD = "overload"
    NO_PROVIDER = "no_provider"
    CREDITS = "credits"
    FUNDS = "funds"
    """Money is missing, whosever it is."""
    MONTHLY_LIMIT = "monthly_limit"
    USER_LIMIT = "user_limit"
    ZEN_AUTH = "zen_auth"
    AUTH = "auth"
    AUTH_MISSING = "auth_missing"
    AUTH_INVALID = "auth_invalid"
    AUTH_BLOCKED = "auth_blocked"
    ENTITLEMENT = "entitlement"
    PERMISSION = "permission"
    ZEN_MODEL = "zen_model"
    MODEL = "model"
    NOT_FOUND = "not_found"
    REGION = "region"
    GATE = "gate"
    DATA_POLICY = "data_policy"
    INVALID = "invalid"
    CONTEXT = "context"
    CONTENT_POLICY = "content_policy"
    SERVER = "server"
    OPAQUE = "opaque"
    """Somebody further back failed, and the cause was dropped on the way."""
    TIMEOUT = "timeout"
    GATEWAY = "gateway"
    TRANSPORT = "transport"
    ABORTED = "aborted"
    NEUTRAL = "neutral"
    """A wrapper's own name: known, says nothing."""


ZEN_TYPES: dict[str, Sense]
"""Zen's own `error.type`; case matters."""
VENDOR_TYPES: dict[str, Sense]
"""Types and textual codes of vendors, gateways and clients."""
GOOGLE_STATUSES: dict[str, Sense]
ZAI_CODES: dict[str, Sense]
MINIMAX_CODES: dict[str, Sense]
STEMS: tuple[Stem, ...]


class Senses(Fact):
    """Types or codes of one maker."""

    whose: str
    what: str
    senses: dict[str, Sense]


class Stem(Noun):
    """A part of a word, and what it means."""

    part: re.Pattern[str]
    sense: Sense


class Stems(Fact):
    """Parts of words outside the tables; the first that matches counts."""

    what: str
    rows: tuple[Stem, ...]


_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[\s.\-:/]+")
MAX_WORD = 80


class _Vocabulary(NamedTuple):
    words: dict[str, Sense]
    lower: dict[str, str]


@cache
def _vocabulary() -> _Vocabulary:
    words = {**_vendor_types(), **_senses("types")["Zen"], **_senses("codes")["Z.ai"]}
    return _Vocabulary(words, {word.lower(): word for word in words})


def known_word(word: str) -> str | None:
    """The vocabulary's spelling of a type or code, or None.

    Zen's own types match in their exact case only: `ratelimiterror` may be anybody's.
    """
    known = _vocabulary()
    if word in known.words:
        return word
    found = known.lower.get(word.lower())
    return found if found is not None and found not in _senses("types")["Zen"] else None


def word_sense(word: str) -> Sense | None:
    """What a vocabulary word means; `minimax:` marks MiniMax' numbers."""
    if word.startswith("minimax:"):
        return _senses("codes")["MiniMax"].get(word.removeprefix("minimax:"))
    return _vocabulary().words.get(word)


def stem_sense(word: str) -> Sense | None:
    """What the parts of an unknown word mean, if anything."""
    snake = _CAMEL.sub("_", word[:MAX_WORD]).lower()
    return next((stem.sense for stem in _stems() if stem.part.search(snake)), None)


@cache
def _senses(table: str) -> dict[str, dict[str, Sense]]:
    """What the words of each maker mean."""
    found: dict[str, dict[str, Sense]] = {}
    for group in rows(Senses, "errors", table):
        found.setdefault(group.whose, {}).update(group.senses)
    return found


@cache
def _vendor_types() -> dict[str, Sense]:
    others = (types for whose, types in _senses("types").items() if whose != "Zen")
    return {word: sense for types in others for word, sense in types.items()}


@cache
def _stems() -> tuple[Stem, ...]:
    return tuple(stem for group in rows(Stems, "errors", "stems") for stem in group.rows)


__getattr__ = lazily(
    globals(),
    ZEN_TYPES=lambda: _senses("types")["Zen"],
    VENDOR_TYPES=_vendor_types,
    GOOGLE_STATUSES=lambda: _senses("codes")["Google"],
    ZAI_CODES=lambda: _senses("codes")["Z.ai"],
    MINIMAX_CODES=lambda: _senses("codes")["MiniMax"],
    STEMS=_stems,
)
