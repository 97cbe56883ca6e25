"""Reads the objects that answers are made of, whole bodies and stream events alike.

Invariant: a model's words are never looked at; what counts is which keys stand where.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pawwork_proxy.facts.errors import known_word
from pawwork_proxy.facts.finish_reasons import FAILED, known_finish
from pawwork_proxy.model.answer import Usage
from pawwork_proxy.model.numbers import COST_DECIMALS, HIGHEST_COST, LARGEST_COUNT
from pawwork_proxy.model.signals import AnswerShape, Dialect
from pawwork_proxy.responses.answer import RawFinds

_USAGE_KEYS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("input", ("prompt_tokens", "input_tokens", "promptTokenCount")),
    ("output", ("completion_tokens", "output_tokens", "candidatesTokenCount")),
    ("reasoning", ("reasoning_tokens", "thoughtsTokenCount")),
    ("cache_read", ("cached_tokens", "cache_read_input_tokens", "cachedContentTokenCount",
                    "prompt_cache_hit_tokens")),
    ("cache_write", ("cache_creation_input_tokens", "cache_write_tokens")),
    ("total", ("total_tokens", "totalTokenCount")),
)  # fmt: skip
_DETAIL_KEYS = (
    "prompt_tokens_details", "completion_tokens_details", "input_tokens_details",
    "output_tokens_details",
)  # fmt: skip
_NO_USAGE = Usage()
"""In dollars. With six decimals this is fewer digits than a card number has."""
_LISTING_OBJECTS = frozenset({"list", "model"})
_ERROR_WORDS = ("message", "msg", "detail", "error_msg", "error_message", "errorMessage", "reason")


@dataclass(slots=True)
class AnswerFacts:
    """What the objects of one answer have told so far."""

    dialect: Dialect = Dialect.UNKNOWN
    shape: AnswerShape = AnswerShape.NONE
    content_seen: bool = False
    finish_seen: bool = False
    finish_reason: str | None = None
    finish_other: bool = False
    failed_finish: str | None = None
    cost: float | None = None
    cost_seen: bool = False
    counts: dict[str, int] = field(default_factory=dict)
    raw: RawFinds = field(default_factory=RawFinds)

    def usage(self) -> Usage:
        """The token counts, as a noun."""
        return Usage(**self.counts) if self.counts else _NO_USAGE


def error_in(value: dict[str, object], event: str = "") -> object | None:
    """The part of an answer's object that is an error, or None for a normal one."""
    error = value.get("error")
    if error and error is not True:
        return value
    kind = value.get("type")
    if event == "error" or kind == "error":
        return value
    if kind in ("response.failed", "response.error"):
        response = value.get("response")
        return response if isinstance(response, dict) and response.get("error") else value
    for choice in _dicts(value.get("choices")):
        if isinstance(choice.get("error"), dict | str) and choice["error"]:
            return choice["error"]
    base = value.get("base_resp")
    if isinstance(base, dict) and base.get("status_code") not in (0, None, "0"):
        return base
    if _is_answer(value):
        return None
    response = value.get("response")
    if isinstance(response, dict) and response.get("error"):
        return response
    return value if _is_flat_error(value) else None


def _is_answer(value: dict[str, object]) -> bool:
    kind = value.get("type")
    return (
        isinstance(value.get("choices"), list)
        or "candidates" in value
        or "cost" in value
        or (
            isinstance(kind, str)
            and kind.startswith(("response.", "message", "content_block", "ping"))
        )
    )


def _is_flat_error(value: dict[str, object]) -> bool:
    """`{"message": …, "type": "server_error"}`: an error object without its envelope."""
    kind = value.get("type")
    typed = isinstance(kind, str) and known_word(kind) is not None
    worded = any(isinstance(value.get(key), str | list | dict) for key in _ERROR_WORDS)
    if typed or value.get("success") is False:
        return True
    if worded and any(
        value.get(k) not in (None, 0, "0", 200, "200") for k in ("code", "statusCode")
    ):
        return True
    status = value.get("status")
    return worded and isinstance(status, int) and status >= 400


def note_object(value: dict[str, object], facts: AnswerFacts) -> str:
    """Read one object of a normal answer; return `delta`, `ping` or `other`."""
    facts.raw.model = facts.raw.model or _text(value.get("model"))
    facts.raw.response_id = facts.raw.response_id or _text(value.get("id"))
    _note_cost(value.get("cost"), facts)
    _note_usage(value.get("usage"), facts)
    _note_usage(value.get("usageMetadata"), facts)
    kind = value.get("type")
    if isinstance(value.get("choices"), list):
        return _note_chat(value, facts)
    if isinstance(kind, str) and kind.startswith("response."):
        return _note_responses(kind, value, facts)
    if "candidates" in value or "promptFeedback" in value:
        return _note_google(value, facts)
    if value.get("object") == "response":
        facts.dialect = Dialect.RESPONSES
        _note_response_object(value, facts)
        return "other"
    if isinstance(kind, str):
        return _note_messages(kind, value, facts)
    if (
        value.get("object") in _LISTING_OBJECTS
        or isinstance(value.get("data"), list)
        or isinstance(value.get("usage"), dict)
        or isinstance(value.get("input_tokens"), int)
    ):
        facts.shape = AnswerShape.LISTING
    return "other"


def _note_chat(value: dict[str, object], facts: AnswerFacts) -> str:
    facts.dialect = Dialect.CHAT
    choices = _dicts(value.get("choices"))
    if not choices:
        return "ping" if "cost" in value else "other"
    facts.shape = AnswerShape.COMPLETION
    for choice in choices:
        part = choice.get("delta") or choice.get("message") or choice.get("text")
        facts.content_seen = facts.content_seen or bool(part)
        _note_finish(choice.get("finish_reason"), facts)
    return "delta"


def _note_messages(kind: str, value: dict[str, object], facts: AnswerFacts) -> str:
    match kind:
        case "ping":
            return "ping"
        case "message_start":
            message = value.get("message")
            if isinstance(message, dict):
                facts.raw.model = facts.raw.model or _text(message.get("model"))
                facts.raw.response_id = facts.raw.response_id or _text(message.get("id"))
                _note_usage(message.get("usage"), facts)
        case "content_block_start" | "content_block_delta":
            facts.content_seen = True
        case "message_delta":
            delta = value.get("delta")
            if isinstance(delta, dict):
                _note_finish(delta.get("stop_reason"), facts)
        case "message_stop":
            facts.finish_seen = True
        case "message":
            facts.content_seen = facts.content_seen or bool(value.get("content"))
            _note_finish(value.get("stop_reason"), facts)
        case "content_block_stop":
            pass
        case _:
            return "other"
    facts.dialect = Dialect.MESSAGES
    facts.shape = AnswerShape.COMPLETION
    return "delta" if kind == "content_block_delta" else "other"


def _note_responses(kind: str, value: dict[str, object], facts: AnswerFacts) -> str:
    facts.dialect = Dialect.RESPONSES
    facts.shape = AnswerShape.COMPLETION
    response = value.get("response")
    if isinstance(response, dict):
        _note_response_object(response, facts)
    if kind in ("response.completed", "response.incomplete", "response.done"):
        facts.finish_seen = True
    if kind.endswith(".delta"):
        facts.content_seen = True
        return "delta"
    return "other"


def _note_response_object(response: dict[str, object], facts: AnswerFacts) -> None:
    facts.shape = AnswerShape.COMPLETION
    facts.raw.model = facts.raw.model or _text(response.get("model"))
    facts.raw.response_id = _text(response.get("id")) or facts.raw.response_id
    _note_usage(response.get("usage"), facts)
    facts.content_seen = facts.content_seen or bool(response.get("output"))
    status = response.get("status")
    details = response.get("incomplete_details")
    reason = details.get("reason") if isinstance(details, dict) else None
    if status in ("completed", "incomplete", "failed", "cancelled"):
        _note_finish(reason or status, facts)


def _note_google(value: dict[str, object], facts: AnswerFacts) -> str:
    facts.dialect = Dialect.GOOGLE
    facts.shape = AnswerShape.COMPLETION
    facts.raw.model = facts.raw.model or _text(value.get("modelVersion"))
    feedback = value.get("promptFeedback")
    if isinstance(feedback, dict):
        _note_finish(feedback.get("blockReason"), facts)
    for candidate in _dicts(value.get("candidates")):
        facts.content_seen = facts.content_seen or bool(candidate.get("content"))
        _note_finish(candidate.get("finishReason"), facts)
    return "delta"


def _note_finish(reason: object, facts: AnswerFacts) -> None:
    if not isinstance(reason, str) or not reason:
        return
    known = known_finish(reason)
    if known in FAILED:
        facts.failed_finish = known
    else:
        facts.finish_seen = True
    facts.finish_reason = known
    facts.finish_other = known is None
    facts.raw.finish_reason = reason


def _note_cost(cost: object, facts: AnswerFacts) -> None:
    if isinstance(cost, bool) or not isinstance(cost, str | int | float):
        return
    facts.cost_seen = True
    try:
        number = float(cost)
    except (ValueError, OverflowError):
        return
    if 0 <= number < HIGHEST_COST:
        facts.cost = round(number, COST_DECIMALS)


def _note_usage(usage: object, facts: AnswerFacts) -> None:
    if not isinstance(usage, dict):
        return
    places = [usage, *(d for key in _DETAIL_KEYS if isinstance(d := usage.get(key), dict))]
    for name, keys in _USAGE_KEYS:
        for place in places:
            for key in keys:
                count = place.get(key)
                if isinstance(count, bool) or not isinstance(count, int):
                    continue
                if 0 <= count <= LARGEST_COUNT:
                    facts.counts[name] = count


def _text(value: object) -> str | None:
    return value[:200] if isinstance(value, str) and value else None


def _dicts(value: object) -> list[dict[str, object]]:
    if not isinstance(value, list):
        return []
    return [item for item in value[:64] if isinstance(item, dict)]
