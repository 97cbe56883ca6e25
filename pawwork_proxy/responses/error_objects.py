"""Finds the errors in a JSON value or a message, outermost first, and where they were.

Strategy: walk structure, never serialised text. Keys that carry a model's or a caller's words
are not entered, so that a conversation about errors is no error.
"""

from dataclasses import dataclass, field

from pawwork_proxy.model.signals import ErrorFact, ErrorPlace, RetryHint
from pawwork_proxy.responses.error_words import message_words, object_words
from pawwork_proxy.responses.response import RawTexts
from pawwork_proxy.responses.waits import body_hints, text_hints
from pawwork_proxy.wire.bounded_json import embedded_values, parse_json

MAX_FACTS = 6
MAX_DEPTH = 10
MAX_CHILDREN = 24
MAX_MESSAGE = 16 * 1024

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
    elif isinstance(value, str):
        read_message(value, place, errors)
    elif isinstance(value, dict):
        _add_object(value, place, errors)
        for key, child in list(value.items())[:MAX_CHILDREN]:
            if key in CONTENT_KEYS:
                continue
            if isinstance(child, dict | list):
                collect(child, place, errors, depth + 1)
            elif isinstance(child, str) and key in MESSAGE_KEYS and "{" in child:
                _read_quoted(child, errors, depth)


def collect_error(value: object, place: ErrorPlace, errors: FoundErrors) -> None:
    """Add what is known to be an error, even when none of its words is."""
    before = len(errors.facts)
    collect(value, place, errors)
    if len(errors.facts) == before and not errors.full:
        errors.facts.append(ErrorFact(place=place))


def read_message(text: str, place: ErrorPlace, errors: FoundErrors) -> None:
    """Add the error that a bare message states, and any object quoted in it."""
    text = text[:MAX_MESSAGE]
    errors.hints += text_hints(text)
    if words := message_words(text, errors.raw):
        errors.facts.append(ErrorFact.model_validate({"place": place, **words}))
    if "{" in text:
        _read_quoted(text, errors, 0)


def _read_quoted(text: str, errors: FoundErrors, depth: int) -> None:
    """Objects inside a string: the whole of it is one, or it quotes some."""
    text = text[:MAX_MESSAGE]
    value, _ = parse_json(text) if text.lstrip()[:1] in ("{", "[") else (None, None)
    values = [value] if isinstance(value, dict | list) else embedded_values(text)[0]
    for inner in values:
        collect(inner, ErrorPlace.NESTED, errors, depth + 2)


def _add_object(value: dict[str, object], place: ErrorPlace, errors: FoundErrors) -> None:
    """The error that an object states itself, without those inside it."""
    texts = [text for key in MESSAGE_KEYS if isinstance(text := value.get(key), str) and text]
    messages = [text[:MAX_MESSAGE] for text in dict.fromkeys(texts)]
    for text in messages:
        errors.hints += text_hints(text)
    words = object_words(value, messages, errors.raw)
    if isinstance(workspace := value.get("workspace"), str):
        errors.raw.workspace = workspace
    if isinstance(request := value.get("request_id"), str):
        errors.raw.request_id = request
    if any(words.values()) or (messages and not errors.facts):
        errors.facts.append(ErrorFact.model_validate({"place": place, **words}))
    errors.hints += body_hints(value)
