"""Tells a name from a secret: is a text made of known words, sizes, dates and small numbers?

A text is taken apart at separators. Known words of three letters or more, model sizes (`235b`,
`a22b`, `128k`) and dates are *safe*; the rest (short numbers, units like `v4`, unknown words) is
*loose*. Two rules keep secrets out: a stretch of loose characters, separators included, is shorter
than twelve; and loose words are few, pronounceable and lower-case or capitalised (the entropy
check). Twelve is the length that the taint gate and the project's own searches look for.
Numbers are safe as company only: a name holds a known word, few digits, two sizes, one date.
Invariant: pure and total; a refusal is an answer, not an exception.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from pawwork_proxy.facts.host_names import foreign_hosts

LOOSE_LIMIT = 12
"""A stretch of this many loose characters could be (part of) a secret."""
_MOST_SIZES = 2
_MOST_DIGITS = 6
"""Outside date and sizes: `gemini-2.5-…-05-20` has six, a telephone number seven."""

_TOKEN = re.compile(
    r"(?P<date>(?<![0-9A-Za-z])20[12]\d-?(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12]\d|3[01])(?![0-9A-Za-z]))"
    r"|(?P<word>[A-Za-z0-9]+)|(?P<between>[^A-Za-z0-9]+)"
)
_SIZE = re.compile(r"[ae]?\d{1,3}(?:x\d{1,2})?[bmkt]")
_SHORT_DATE = re.compile(r"2[3-9](?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_UNIT = re.compile(r"[a-z]{0,3}\d{1,4}(?:[a-z]{1,2}\d{0,2})?")
_WORD_AND_NUMBER = re.compile(r"([a-z]+)(\d{0,2})")
_VOWELS = frozenset("aeiouy")
_CONSONANTS_IN_A_ROW = re.compile(r"[bcdfghjklmnpqrstvwxz]{5}")
_VOWELS_IN_A_ROW = re.compile(r"[aeiou]{4}|(.)\1\1")
_UNKNOWN_WORD = re.compile(r"[A-Z]?[a-z]{1,10}|[A-Z]{2,4}")
_CASE_CHANGE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

_SECRET_START = re.compile(
    r"""(?:^|[^A-Za-z0-9])(?:
      sk[-_]|pk[-_]|rk[-_]|oc_sk|gh[pousr]_|github_pat|glpat|gl[a-z]{2,4}t-|xox[a-z]|xapp-|A[KS]IA
      |AIza|ya29|1//0|eyJ|npm_|pypi-|hf_|gsk_|r8_|SG\.|dop_v1|doo_v1|shp[a-z]{2}_|sq0|EAAC|tskey
      |whsec|lin_api|ntn_|secret_|pplx-|nvapi|fw_|tgp_v1|csk-|dckr_pat|AGE-SECRET|-----BEGIN|bearer
      |basic[ ]|pat_|rpa_|hvs\.|api[-_]?key|passwo?r?d|passwd|token=|ses_|msg_|wrk_|usr_|key_|org_
      |prj_|prt_|acc_|req_
    )""",
    re.VERBOSE,
)
_HOME_PATH = re.compile(
    r"(?:^|/)(?:home|users|root|private|tmp|var|etc|mnt|media|opt)(?:/|$)"
    r"|(?<![0-9A-Za-z])(?:home|users|root|documents)/",
    re.IGNORECASE,
)
_HEX_PAIRS = re.compile(r"(?i)(?<![0-9a-z])[0-9a-f]{2}(?:[:_-][0-9a-f]{2}){3}")
_FOUR_NUMBERS = re.compile(r"(?<![\d.])\d{1,3}(?!\.0\.0\.0\b)(?:[.-]\d{1,3}){3}(?![\d.])")


class Composition(NamedTuple):
    """What a text is made of."""

    known: int
    unknown: int
    longest_loose: int
    well_formed: bool
    sizes: int
    digits: int
    """Outside date and sizes."""


def looks_like_secret(text: str) -> bool:
    """Whether `text` holds the start of a known kind of key or id, a home path, address or host."""
    return _HOME_PATH.search(text) is not None or looks_like_key_or_address(text)


def looks_like_key_or_address(text: str) -> bool:
    """The same for a text that cannot be a path: `home` is a good name for a network."""
    return any(
        pattern.search(text) for pattern in (_SECRET_START, _FOUR_NUMBERS, _HEX_PAIRS)
    ) or any(True for _ in foreign_hosts(text))


def is_composed(
    text: str, words: frozenset[str], max_unknown: int, max_digits: int = _MOST_DIGITS
) -> bool:
    """Whether `text` is made of `words`, sizes, a date and few loose characters and digits.

    At least one word must be known, or else numbers with hyphens would do.
    """
    return compose(text, words).known > 0 and is_plain(text, words, max_unknown, max_digits)


def is_plain(
    text: str, words: frozenset[str], max_unknown: int, max_digits: int = _MOST_DIGITS
) -> bool:
    """The same for a text whose only word may be an unknown one."""
    made_of = compose(text, words)
    return (
        made_of.well_formed
        and made_of.known + made_of.unknown > 0
        and made_of.unknown <= max_unknown
        and made_of.longest_loose < LOOSE_LIMIT
        and made_of.sizes <= _MOST_SIZES
        and made_of.digits <= max_digits
        and not looks_like_secret(text)
    )


def is_pronounceable(word: str) -> bool:
    """Whether a word could be a name: letters, sane case, vowels where there should be some."""
    if _UNKNOWN_WORD.fullmatch(word) is None:
        return False
    lower = word.lower()
    if len(lower) < 4:
        return True
    return (
        not _VOWELS.isdisjoint(lower)
        and _CONSONANTS_IN_A_ROW.search(lower) is None
        and _VOWELS_IN_A_ROW.search(lower) is None
    )


def split_case(text: str) -> list[str]:
    """The words of a CamelCase text."""
    return _CASE_CHANGE.sub(" ", text).split()


def compose(text: str, words: frozenset[str]) -> Composition:
    """Count known and unknown words, sizes and digits, and the longest stretch of loose ones."""
    known = unknown = loose = longest = sizes = digits = 0
    dated, well_formed = False, True
    for token in _TOKEN.finditer(text):
        piece = token.group()
        lower = piece.lower()
        if token.lastgroup == "date" and not dated:
            dated, loose = True, 0
            continue
        if token.lastgroup == "between":
            well_formed = well_formed and len(piece) == 1
        elif _SHORT_DATE.fullmatch(lower) and not dated:
            dated = True
        elif _SIZE.fullmatch(lower) and lower not in words:
            sizes, loose = sizes + 1, 0
            continue
        else:
            match = _WORD_AND_NUMBER.fullmatch(lower)
            if lower not in words:
                digits += sum(map(str.isdigit, lower))
            if lower in words or (match and match[1] in words):
                known += len(lower) > 1
                if len(lower) > 2:
                    loose = 0
                    continue
            elif not (_UNIT.fullmatch(lower) and len(lower) <= 6):
                unknown += 1
                well_formed = (
                    well_formed and match is not None and is_pronounceable(piece[: len(match[1])])
                )
        loose += len(piece)
        longest = max(longest, loose)
    return Composition(known, unknown, longest, well_formed, sizes, digits)
