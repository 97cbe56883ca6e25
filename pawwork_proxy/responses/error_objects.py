"""Finds the errors in a JSON value: whose words they use, what they say, where they were.

Strategy: walk structure, never serialised text. Keys that carry a model's or a caller's words
are not entered, so that a conversation about errors is no error. Invariant: facts hold words of
the vocabulary only; anything else goes to `RawTexts`, which nobody stores.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pawwork_proxy.facts.errors import GOOGLE_STATUSES, known_word, stem_sense, word_sense
from pawwork_proxy.facts.phrases import phrases_in
from pawwork_proxy.facts.providers import UNNAMED, known_provider
from pawwork_proxy.model.signals import ErrorFact, ErrorPlace, RetryHint
from pawwork_proxy.responses.response import RawTexts
from pawwork_proxy.responses.waits import body_hints, text_hints
from pawwork_proxy.wire.bounded_json import embedded_values, parse_json

MAX_FACTS = 6
MAX_DEPTH = 10
MAX_CHILDREN = 24
MAX_MESSAGE = 16 * 1024
OTHER = "other"

CONTENT_KEYS = frozenset(
    {
        "choices", "content", "delta", "output", "messages", "candidates", "parts", "tool_calls",
        "arguments", "input", "prompt", "item", "text", "reasoning", "reasoning_content",
        "thinking", "tools", "instructions", "annotations", "logprobs", "requestBodyValues",
        "request", "parameters", "usage", "stack",
    }
)  # fmt: skip
"""Keys that hold a model's or a caller's words."""

MESSAGE_KEYS = (
    "message", "msg", "error_message", "errorMessage", "error_msg", "status_msg", "detail",
    "error_description", "description", "title", "reason", "responseBody", "body", "raw",
    "error", "errors", "details",
)  # fmt: skip
TYPE_KEYS = ("type", "error_type", "errorType", "__type", "name", "exception")
CODE_KEYS = ("code", "error_code", "errorCode", "status_code", "statusCode", "status", "httpStatus")

WRAPPERS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("provider", re.compile(r"error from provider(?: \(([^)]{1,60})\))?:?", re.IGNORECASE)),
    ("upstream_request", re.compile(r"upstream request failed(?: with [^:]{1,40})?:", re.I)),
    ("streaming_response", re.compile(r"streaming response failed:", re.IGNORECASE)),
    ("upstream_error", re.compile(r"upstream error(?: from ([\w .&/-]{1,40}?))?:", re.IGNORECASE)),
)
_BRACKET = re.compile(r":\s*\[([\w.:\- ]{1,60})\]|^\s*\[([\w.:\- ]{1,60})\]")
_STATUS = re.compile(r"[45]\d\d", re.ASCII)
_MINIMAX = re.compile(r"\((\d{4})\)\W*$")


@dataclass(slots=True)
class FoundErrors:
    """What a walk has found so far."""

    facts: list[ErrorFact] = field(default_factory=list)
    hints: list[RetryHint] = field(default_factory=list)
    raw: RawTexts = field(default_factory=RawTexts)

    @property
    def full(self) -> bool:
        """No more facts are kept."""
        return len(self.facts) >= MAX_FACTS


def collect(value: object, place: ErrorPlace, errors: FoundErrors, depth: int = 0) -> None:
    """Add the errors of a value that is one or holds some, outermost first."""
    if depth > MAX_DEPTH or errors.full:
        return
    if isinstance(value, list):
        for child in value[:MAX_CHILDREN]:
            collect(child, place, errors, depth + 1)
        return
    if isinstance(value, str):
        read_message(value, place, errors)
        return
    if not isinstance(value, dict):
        return
    _own_fact(value, place, errors)
    errors.hints += body_hints(value)
    for key, child in list(value.items())[:MAX_CHILDREN]:
        if key in CONTENT_KEYS:
            continue
        if isinstance(child, dict | list):
            collect(child, place, errors, depth + 1)
        elif isinstance(child, str) and key in MESSAGE_KEYS and "{" in child:
            _nested(child, errors, depth)


def collect_error(value: object, place: ErrorPlace, errors: FoundErrors) -> None:
    """Add what is known to be an error, even when none of its words is."""
    before = len(errors.facts)
    collect(value, place, errors)
    if len(errors.facts) == before and not errors.full:
        errors.facts.append(ErrorFact(place=place))


def read_message(text: str, place: ErrorPlace, errors: FoundErrors) -> None:
    """Add the error that a bare message states, and any object quoted in it."""
    text = text[:MAX_MESSAGE]
    words = _message_words(text, errors)
    if words:
        errors.facts.append(ErrorFact.model_validate({"place": place, **words}))
    if "{" in text:
        _nested(text, errors, 0)


def _nested(text: str, errors: FoundErrors, depth: int) -> None:
    text = text[:MAX_MESSAGE]
    value, _ = parse_json(text) if text.lstrip()[:1] in ("{", "[") else (None, None)
    values = [value] if isinstance(value, dict | list) else embedded_values(text)[0]
    for inner in values:
        collect(inner, ErrorPlace.NESTED, errors, depth + 2)


def _own_fact(value: dict[str, object], place: ErrorPlace, errors: FoundErrors) -> None:
    words: dict[str, object] = {}
    texts = [text for key in MESSAGE_KEYS if isinstance(text := value.get(key), str) and text]
    for text in dict.fromkeys(texts):
        found = _message_words(text, errors)
        found["phrases"] = (*_phrases(words), *_phrases(found))
        words |= found
    _type_words(value, words, errors)
    _code_words(value, words, errors)
    limit = value.get("limitName")
    if isinstance(limit, str) and limit in ("5 hour", "weekly", "monthly"):
        words["limit_name"] = limit
    if isinstance(workspace := value.get("workspace"), str):
        errors.raw.workspace = workspace
    if isinstance(request := value.get("request_id"), str):
        errors.raw.request_id = request
    if any(words.values()) or (texts and not errors.facts):
        words["phrases"] = tuple(dict.fromkeys(_phrases(words)))
        errors.facts.append(ErrorFact.model_validate({"place": place, **words}))


def _phrases(words: dict[str, object]) -> tuple[str, ...]:
    phrases = words.get("phrases", ())
    return phrases if isinstance(phrases, tuple) else ()


def _type_words(value: dict[str, object], words: dict[str, object], errors: FoundErrors) -> None:
    for key in TYPE_KEYS:
        word = value.get(key)
        if not isinstance(word, str) or not word:
            continue
        word = word.rsplit("#", 1)[-1]  # AWS: com.amazon.coral.service#ThrottlingException
        if word == "error" and key == "type" and any(k in value for k in ("error", "data")):
            continue  # the envelope's own type
        known = known_word(word)
        if known is not None:
            words["type"] = known
            return
        if words.get("type") is None:
            errors.raw.error_type = errors.raw.error_type or word
            words["type"] = OTHER
            words["type_stem"] = stem_sense(word)


def _code_words(value: dict[str, object], words: dict[str, object], errors: FoundErrors) -> None:
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
            elif number >= 1000:
                _vendor_code(f"minimax:{text}" if minimax else text, words, errors)
        elif text in GOOGLE_STATUSES:
            words["google_status"] = text
        elif known := known_word(text):
            words.setdefault("code", known)
        elif "code" not in words and key not in ("status",):
            errors.raw.error_code = errors.raw.error_code or text
            words["code"] = OTHER
            words["code_stem"] = stem_sense(text)
            if " " in text:  # xAI puts a sentence there
                words["phrases"] = (*_phrases(words), *phrases_in(text))


def _vendor_code(code: str, words: dict[str, object], errors: FoundErrors) -> None:
    known = code if word_sense(code) is not None else None
    words.setdefault("code", known or OTHER)
    if known is None:
        errors.raw.error_code = errors.raw.error_code or code


def _message_words(text: str, errors: FoundErrors) -> dict[str, object]:
    """What a message says: wrappers, bracketed code, phrases."""
    text = text[:MAX_MESSAGE]
    errors.hints += text_hints(text)
    words: dict[str, object] = {}
    rest = text[:1024]
    end = 0
    for wrapper, pattern in WRAPPERS:
        match = pattern.search(rest)
        if match is None:
            continue
        end = max(end, match.end())
        name = match.group(1) if pattern.groups else None
        if wrapper == "provider" or name:
            errors.raw.provider = name or errors.raw.provider
            words["provider"] = known_provider(name) if name else UNNAMED
        if wrapper != "provider":
            words["wrapper"] = wrapper
    if words and (bracket := _BRACKET.search(rest)):
        _bracket_words((bracket.group(1) or bracket.group(2)).strip(), words)
    code = _MINIMAX.search(text)
    if code and word_sense(f"minimax:{code.group(1)}") is not None:
        words.setdefault("code", f"minimax:{code.group(1)}")
    phrases = phrases_in(text[end:] if end else text)
    if phrases:
        words["phrases"] = phrases
    return words


def _bracket_words(code: str, words: dict[str, object]) -> None:
    if _STATUS.fullmatch(code):
        words["inner_status"] = int(code)
    elif known := known_word(code):
        words["bracket"] = known
    else:
        words["bracket"] = OTHER
        words["bracket_stem"] = stem_sense(code)
