"""What one error says in words of the vocabulary: its type and code, who relayed it, its phrases.

Invariant: a word that the vocabulary does not have becomes `other`, with the sense of its parts;
the word itself goes to `RawTexts`, which nobody stores.
"""

import re
from collections.abc import Sequence
from typing import TypedDict

from pawwork_proxy.facts.errors import GOOGLE_STATUSES, Sense, known_word, stem_sense, word_sense
from pawwork_proxy.facts.wordings import OTHER, UNNAMED, known_provider, phrases_in
from pawwork_proxy.responses.response import RawTexts

TYPE_KEYS = ("type", "error_type", "errorType", "__type", "name", "exception")
CODE_KEYS = (
    "code",
    "error_code",
    "errorCode",
    "status_code",
    "statusCode",
    "status",
    "httpStatus",
    "reason",
)
LIMIT_NAMES = ("5 hour", "weekly", "monthly")

WRAPPERS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("provider", re.compile(r"error from provider(?: \(([^)]{1,60})\))?:?", re.IGNORECASE)),
    ("upstream_request", re.compile(r"upstream request failed(?: with [^:]{1,40})?:", re.I)),
    ("streaming_response", re.compile(r"streaming response failed:", re.IGNORECASE)),
    ("upstream_error", re.compile(r"upstream error(?: from ([\w .&/-]{1,40}?))?:", re.IGNORECASE)),
)
MAX_WRAPPED = 1024
"""Wrappers stand in the first characters of a message."""
_BRACKET = re.compile(r":\s*\[([\w.:\- ]{1,60})\]|^\s*\[([\w.:\- ]{1,60})\]")
_STATUS = re.compile(r"[45]\d\d", re.ASCII)
_MINIMAX = re.compile(r"\((\d{4})\)\W*$")


class Words(TypedDict, total=False):
    """Fields of an `ErrorFact`, as far as the error has them."""

    type: str
    type_stem: Sense | None
    code: str
    code_stem: Sense | None
    google_status: str
    bracket: str
    bracket_stem: Sense | None
    inner_status: int
    wrapper: str
    provider: str
    phrases: tuple[str, ...]
    limit_name: str


def object_words(
    value: dict[str, object], messages: Sequence[str], raw: RawTexts, *, enveloped: bool
) -> Words:
    """What an error object says, with the messages that it holds.

    Outside an error's envelope unknown types and codes are none: they name users or tools.
    """
    words: Words = {}
    for text in messages:
        found = message_words(text, raw)
        found["phrases"] = (*words.get("phrases", ()), *found.get("phrases", ()))
        words.update(found)
    _add_type(value, words, raw, enveloped=enveloped)
    _add_codes(value, words, raw, enveloped=enveloped)
    name = value.get("provider_name")  # OpenRouter
    if isinstance(name, str) and name:
        raw.provider = name
        words["provider"] = known_provider(name)
    limit = value.get("limitName")
    if isinstance(limit, str) and limit in LIMIT_NAMES:
        words["limit_name"] = limit
    words["phrases"] = tuple(dict.fromkeys(words.get("phrases", ())))
    return words


def message_words(text: str, raw: RawTexts) -> Words:
    """What a message says: wrappers, bracketed code, phrases."""
    words: Words = {}
    rest = text[:MAX_WRAPPED]
    end = 0
    for wrapper, pattern in WRAPPERS:
        match = pattern.search(rest)
        if match is None:
            continue
        end = max(end, match.end())
        name = match.group(1) if pattern.groups else None
        if wrapper == "provider" or name:
            raw.provider = name or raw.provider
            words["provider"] = known_provider(name) if name else UNNAMED
        if wrapper != "provider":
            words["wrapper"] = wrapper
    if words and (bracket := _BRACKET.search(rest)):
        _add_bracket((bracket.group(1) or bracket.group(2)).strip(), words)
    code = _MINIMAX.search(text)
    if code and word_sense(f"minimax:{code.group(1)}") is not None:
        words.setdefault("code", f"minimax:{code.group(1)}")
    if phrases := phrases_in(text[end:] if end else text):
        words["phrases"] = phrases
    return words


def _add_bracket(code: str, words: Words) -> None:
    if _STATUS.fullmatch(code):
        words["inner_status"] = int(code)
    elif known := known_word(code):
        words["bracket"] = known
    else:
        words["bracket"] = OTHER
        words["bracket_stem"] = stem_sense(code)


def _add_type(value: dict[str, object], words: Words, raw: RawTexts, *, enveloped: bool) -> None:
    """The first type that the vocabulary has; an unknown one only for want of it."""
    for key in TYPE_KEYS:
        word = value.get(key)
        if not isinstance(word, str) or not word:
            continue
        word = word.rsplit("#", 1)[-1]  # AWS: com.amazon.coral.service#ThrottlingException
        if word == "error" and key == "type" and any(k in value for k in ("error", "data")):
            continue  # the envelope's own type
        if known := known_word(word):
            words["type"] = known
            return
        if enveloped and "type" not in words:
            raw.error_type = raw.error_type or word
            words["type"] = OTHER
            words["type_stem"] = stem_sense(word)


def _add_codes(value: dict[str, object], words: Words, raw: RawTexts, *, enveloped: bool) -> None:
    """Numbers are statuses or a vendor's codes; the first word that is known is the code."""
    minimax = "status_msg" in value
    for key in CODE_KEYS:
        code = value.get(key)
        if isinstance(code, bool) or not isinstance(code, int | str) or code == "":
            continue
        text = str(code).strip()
        if text.isascii() and text.isdigit():
            number = int(text[:9])
            if 400 <= number < 600:
                words.setdefault("inner_status", number)
            elif number >= 1000 and enveloped:
                _add_vendor_code(f"minimax:{text}" if minimax else text, words, raw)
        elif text in GOOGLE_STATUSES:
            words["google_status"] = text
        elif known := known_word(text):
            words.setdefault("code", known)
        elif enveloped and "code" not in words and key not in ("status", "reason"):
            raw.error_code = raw.error_code or text
            words["code"] = OTHER
            words["code_stem"] = stem_sense(text)
            if " " in text:  # xAI puts a sentence there
                words["phrases"] = (*words.get("phrases", ()), *phrases_in(text))


def _add_vendor_code(code: str, words: Words, raw: RawTexts) -> None:
    if word_sense(code) is not None:
        words.setdefault("code", code)
    else:
        words.setdefault("code", OTHER)
        raw.error_code = raw.error_code or code
