"""Words that servers put into `type`, `code`, `status` of an error, and why a model stopped.

Invariant: a word outside `data/errors.toml` is never stored; what its parts mean may be.
"""

import re
from enum import StrEnum

from pawwork_proxy.facts.table import Fact, Words, WordSet, rows
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
    TRANSPORT = "transport"
    ABORTED = "aborted"
    NEUTRAL = "neutral"
    """A wrapper's own name: known, says nothing."""


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


class FinishReasons(Fact):
    """Why a model stopped, in the words of one protocol."""

    what: str
    finished: WordSet = frozenset()
    failed: dict[str, Sense] = {}


def _senses(table: str) -> dict[str, dict[str, Sense]]:
    """What the words of each maker mean."""
    found: dict[str, dict[str, Sense]] = {}
    for group in rows(Senses, "errors", table):
        found.setdefault(group.whose, {}).update(group.senses)
    return found


_TYPES, _CODES = _senses("types"), _senses("codes")
ZEN_TYPES = _TYPES.pop("Zen")
"""Zen's own `error.type`; case matters."""
WRAPPER_TYPES = frozenset(_TYPES["wrapper"])
"""Classes of the client around a server's error: not the server's type."""
VENDOR_TYPES = {word: sense for types in _TYPES.values() for word, sense in types.items()}
"""Types and textual codes of vendors, gateways and clients."""
GOOGLE_STATUSES, ZAI_CODES, MINIMAX_CODES = _CODES["Google"], _CODES["Z.ai"], _CODES["MiniMax"]
STEMS = tuple(stem for group in rows(Stems, "errors", "stems") for stem in group.rows)
_WORDS = {**VENDOR_TYPES, **ZEN_TYPES, **ZAI_CODES}
_LOWER = {word.lower(): word for word in _WORDS}
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[\s.\-:/]+")
_FINISHES = rows(FinishReasons, "errors", "finish")
FINISHED: Words = frozenset().union(*(row.finished for row in _FINISHES))
"""The response is as the model left it, short or filtered as it may be."""
FAILED = {word: sense for row in _FINISHES for word, sense in row.failed.items()}
"""The finish reason reports that something broke."""
MAX_WORD = 80  # characters of an unknown type that are looked at


def known_word(word: str) -> str | None:
    """The vocabulary's spelling of a type or code, or None.

    Zen's own types match in their exact case only: `ratelimiterror` may be anybody's.
    """
    if word in _WORDS:
        return word
    found = _LOWER.get(word.lower())
    return found if found is not None and found not in ZEN_TYPES else None


def word_sense(word: str) -> Sense | None:
    """What a vocabulary word means; `minimax:` marks MiniMax' numbers."""
    if word.startswith("minimax:"):
        return MINIMAX_CODES.get(word.removeprefix("minimax:"))
    return _WORDS.get(word)


def stem_sense(word: str) -> Sense | None:
    """What the parts of an unknown word mean, if anything."""
    snake = _CAMEL.sub("_", word[:MAX_WORD]).lower()
    return next((stem.sense for stem in STEMS if stem.part.search(snake)), None)


def known_finish(word: str) -> str | None:
    """The finish reason when it is in the table."""
    return word if word in FINISHED or word in FAILED else None
