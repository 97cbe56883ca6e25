"""Reads the objects of a response that reports no error, whole bodies and stream events alike.

Invariant: a model's words are never looked at; what counts is which keys stand where.
"""

from pawwork_proxy.facts.errors import FAILED, known_finish
from pawwork_proxy.model.numbers import COST_DECIMALS, HIGHEST_COST, LARGEST_COUNT
from pawwork_proxy.model.signals import AnswerShape, Dialect
from pawwork_proxy.responses.error_objects import dicts_in
from pawwork_proxy.responses.response import Contents
from pawwork_proxy.wire.bounded_json import member

_USAGE_KEYS: tuple[tuple[str, str], ...] = (
    ("prompt_tokens", "input"), ("input_tokens", "input"), ("promptTokenCount", "input"),
    ("completion_tokens", "output"), ("output_tokens", "output"),
    ("candidatesTokenCount", "output"),
    ("reasoning_tokens", "reasoning"), ("thoughtsTokenCount", "reasoning"),
    ("cached_tokens", "cache_read"), ("cache_read_input_tokens", "cache_read"),
    ("cachedContentTokenCount", "cache_read"), ("prompt_cache_hit_tokens", "cache_read"),
    ("cache_creation_input_tokens", "cache_write"), ("cache_write_tokens", "cache_write"),
    ("total_tokens", "total"), ("totalTokenCount", "total"),
)  # fmt: skip
"""What servers call a count, and what we call it; the last row that is present counts."""
_DETAIL_KEYS = (
    "prompt_tokens_details", "completion_tokens_details", "input_tokens_details",
    "output_tokens_details",
)  # fmt: skip
_LISTING_OBJECTS = frozenset({"list", "model"})


def note_object(value: dict[str, object], contents: Contents) -> str:
    """Read one object of a normal response; return `delta`, `ping` or `other`."""
    _note_head(value, contents)
    _note_cost(value.get("cost"), contents)
    _note_usage(value.get("usageMetadata"), contents)
    kind = value.get("type")
    if isinstance(value.get("choices"), list):
        return _note_chat(value, contents)
    if isinstance(kind, str) and kind.startswith("response."):
        return _note_responses(kind, value, contents)
    if "candidates" in value or "promptFeedback" in value:
        return _note_google(value, contents)
    if value.get("object") == "response":
        contents.dialect = Dialect.RESPONSES
        _note_response_object(value, contents)
        return "other"
    if isinstance(kind, str):
        return _note_messages(kind, value, contents)
    if (
        value.get("object") in _LISTING_OBJECTS
        or isinstance(value.get("data"), list)
        or isinstance(value.get("usage"), dict)
        or isinstance(value.get("input_tokens"), int)
    ):
        contents.answer = AnswerShape.LISTING
    return "other"


def _note_head(value: dict[str, object], contents: Contents) -> None:
    """What all dialects but Google's name alike."""
    contents.raw.model = contents.raw.model or _text(value.get("model"))
    contents.raw.response_id = contents.raw.response_id or _text(value.get("id"))
    _note_usage(value.get("usage"), contents)


def _note_chat(value: dict[str, object], contents: Contents) -> str:
    contents.dialect = Dialect.CHAT
    choices = dicts_in(value.get("choices"))
    if not choices:
        return "ping" if "cost" in value else "other"
    contents.answer = AnswerShape.COMPLETION
    for choice in choices:
        part = choice.get("delta") or choice.get("message") or choice.get("text")
        contents.content_seen = contents.content_seen or bool(part)
        _note_finish(choice.get("finish_reason"), contents)
    return "delta"


def _note_messages(kind: str, value: dict[str, object], contents: Contents) -> str:
    match kind:
        case "ping":
            return "ping"
        case "message_start":
            message = value.get("message")
            if isinstance(message, dict):
                _note_head(message, contents)
        case "content_block_start" | "content_block_delta":
            contents.content_seen = True
        case "message_delta":
            _note_finish(member(value.get("delta"), "stop_reason"), contents)
        case "message_stop":
            contents.finish_seen = True
        case "message":
            contents.content_seen = contents.content_seen or bool(value.get("content"))
            _note_finish(value.get("stop_reason"), contents)
        case "content_block_stop":
            pass
        case _:
            return "other"
    contents.dialect = Dialect.MESSAGES
    contents.answer = AnswerShape.COMPLETION
    return "delta" if kind == "content_block_delta" else "other"


def _note_responses(kind: str, value: dict[str, object], contents: Contents) -> str:
    contents.dialect = Dialect.RESPONSES
    contents.answer = AnswerShape.COMPLETION
    response = value.get("response")
    if isinstance(response, dict):
        _note_response_object(response, contents)
    if kind in ("response.completed", "response.incomplete", "response.done"):
        contents.finish_seen = True
    if kind.endswith(".delta"):
        contents.content_seen = True
        return "delta"
    return "other"


def _note_response_object(response: dict[str, object], contents: Contents) -> None:
    contents.answer = AnswerShape.COMPLETION
    contents.raw.model = contents.raw.model or _text(response.get("model"))
    contents.raw.response_id = _text(response.get("id")) or contents.raw.response_id
    _note_usage(response.get("usage"), contents)
    contents.content_seen = contents.content_seen or bool(response.get("output"))
    status = response.get("status")
    reason = member(response.get("incomplete_details"), "reason")
    if status in ("completed", "incomplete", "failed", "cancelled"):
        _note_finish(reason or status, contents)


def _note_google(value: dict[str, object], contents: Contents) -> str:
    contents.dialect = Dialect.GOOGLE
    contents.answer = AnswerShape.COMPLETION
    contents.raw.model = contents.raw.model or _text(value.get("modelVersion"))
    _note_finish(member(value.get("promptFeedback"), "blockReason"), contents)
    for candidate in dicts_in(value.get("candidates")):
        contents.content_seen = contents.content_seen or bool(candidate.get("content"))
        _note_finish(candidate.get("finishReason"), contents)
    return "delta"


def _note_finish(reason: object, contents: Contents) -> None:
    if not isinstance(reason, str) or not reason:
        return
    known = known_finish(reason)
    if known in FAILED:
        contents.failed_finish = known
    else:
        contents.finish_seen = True
    contents.raw.finish_reason = reason


def _note_cost(cost: object, contents: Contents) -> None:
    if isinstance(cost, bool) or not isinstance(cost, str | int | float):
        return
    contents.cost_seen = True
    try:
        number = float(cost)
    except (ValueError, OverflowError):
        return
    if 0 <= number < HIGHEST_COST:
        contents.cost = round(number, COST_DECIMALS)


def _note_usage(usage: object, contents: Contents) -> None:
    if not isinstance(usage, dict):
        return
    for place in (usage, *(usage.get(key) for key in _DETAIL_KEYS)):
        if not isinstance(place, dict):
            continue
        for key, name in _USAGE_KEYS:
            count = place.get(key)
            if type(count) is int and 0 <= count <= LARGEST_COUNT:  # no bool
                contents.counts[name] = count


def _text(value: object) -> str | None:
    return value[:200] if isinstance(value, str) and value else None
