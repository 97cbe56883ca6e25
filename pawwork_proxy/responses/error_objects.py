"""Tells whether an object is an error, and finds the errors in a JSON value or a message.

Strategy: walk structure, never serialised text, outermost first. Keys that carry a model's or a
caller's words are not entered, so that a conversation about errors is no error.
"""

from pawwork_proxy.facts.errors import known_word
from pawwork_proxy.model.signals import ErrorFact, ErrorPlace
from pawwork_proxy.responses.error_words import message_words, object_words
from pawwork_proxy.responses.response import Contents
from pawwork_proxy.responses.waits import body_hints, text_hints
from pawwork_proxy.wire.bounded_json import embedded_values, member, parse_json

MAX_FACTS = 6
MAX_DEPTH = 10
MAX_CHILDREN = 24
MAX_MESSAGE = 16 * 1024
MAX_CHOICES = 64
_ERROR_KEYS = frozenset({"error", "errors", "cause", "data", "details", "response", "metadata"})
"""Keys that are entered first where there are many."""
_MESSAGES = ("message", "msg", "detail", "error_msg", "error_message", "errorMessage", "reason")
_GOOD_CODES = (0, "0", 200, "200")
_NO_ERROR_CODES = (None, *_GOOD_CODES)
_CODES = ("code", "statusCode", "error_code", "errorCode", "errcode", "err_code")
_FAILED_STATUS = ("error", "failed", "failure", "fail")
_NORMAL_TYPES = ("response.", "message", "content_block", "ping")

CONTENT_KEYS = frozenset(
    {
        "choices", "content", "delta", "output", "messages", "candidates", "parts", "tool_calls",
        "arguments", "input", "prompt", "item", "text", "reasoning", "reasoning_content",
        "thinking", "tools", "instructions", "annotations", "logprobs", "requestBodyValues",
        "request", "parameters", "usage", "stack",
    }
)  # fmt: skip
"""Keys that hold a model's or a caller's words."""

ENVELOPE_KEYS = frozenset(
    {
        "error", "errors", "detail", "details", "data", "cause", "causes", "response", "body",
        "responseBody", "inner_error", "innererror", "innerError", "lastError", "exception",
        "fault", "result", "base_resp",
    }
)  # fmt: skip
"""Keys under which an error stands. The `name`, `type` and `code` of what stands under any other,
such as a user or a tool, are that thing's own: only words of the tables count there."""

MESSAGE_KEYS = (
    "message", "msg", "error_message", "errorMessage", "error_msg", "status_msg", "detail",
    "error_description", "description", "title", "reason", "responseBody", "body", "raw",
    "error", "errors", "details",
)  # fmt: skip


def error_in(value: dict[str, object], event: str = "") -> object | None:
    """The part of a response's object that is an error, or None for a normal one."""
    error = value.get("error")
    if error and error is not True and not _is_no_error(error):
        return value
    kind = value.get("type")
    if event == "error" or kind == "error" or value.get("object") == "error":
        return value
    response = value.get("response")
    failed = response if member(response, "error") else None
    if kind in ("response.failed", "response.error"):
        return failed or value
    for choice in dicts_in(value.get("choices")):
        if isinstance(choice.get("error"), dict | str) and choice["error"]:
            return choice["error"]
    base = value.get("base_resp")  # MiniMax
    if member(base, "status_code") not in (0, None, "0"):
        return base
    if _is_normal(value):
        return None
    several = value.get("errors")
    if isinstance(several, list) and several and isinstance(several[0], dict | str):
        return value
    return failed or (value if _is_flat_error(value) else None)


def _is_no_error(error: object) -> bool:
    """An envelope that always has the field: `{"code": 0, "message": "ok"}`."""
    return isinstance(error, dict) and error.get("code") in _GOOD_CODES and "code" in error


def dicts_in(value: object) -> list[dict[str, object]]:
    """The objects among the first items of a list."""
    if not isinstance(value, list):
        return []
    return [item for item in value[:MAX_CHOICES] if isinstance(item, dict)]


def _is_normal(value: dict[str, object]) -> bool:
    """An object of one of the four dialects, whatever else it holds."""
    kind = value.get("type")
    return (
        isinstance(value.get("choices"), list)
        or "candidates" in value
        or "cost" in value
        or (isinstance(kind, str) and kind.startswith(_NORMAL_TYPES))
    )


def _is_flat_error(value: dict[str, object]) -> bool:
    """`{"message": …, "type": "server_error"}`: an error object without its envelope."""
    kind = value.get("type")
    if isinstance(kind, str) and known_word(kind) is not None:
        return True
    if value.get("success") is False:
        return True
    if not any(isinstance(value.get(key), str | list | dict) for key in _MESSAGES):
        return False
    if any(value.get(key) not in _NO_ERROR_CODES for key in _CODES):
        return True
    status = value.get("status")
    return (isinstance(status, int) and status >= 400) or status in _FAILED_STATUS


def collect(
    value: object, place: ErrorPlace, contents: Contents, depth: int = 0, *, enveloped: bool = True
) -> None:
    """Add the errors of a value that is one or holds some, outermost first.

    `enveloped`: it stands where errors stand.
    """
    if depth > MAX_DEPTH or _is_full(contents):
        return
    if isinstance(value, list):
        for child in value[:MAX_CHILDREN]:
            collect(child, place, contents, depth + 1, enveloped=enveloped)
    elif isinstance(value, str):
        read_message(value, place, contents)
    elif isinstance(value, dict):
        _add_object(value, place, contents, enveloped=enveloped)
        children = [(key, child) for key, child in value.items() if _may_hold(key, child)]
        if len(children) > MAX_CHILDREN:
            children.sort(key=lambda member: member[0] not in _ERROR_KEYS)
        for key, child in children[:MAX_CHILDREN]:
            if isinstance(child, dict | list):
                within = key in ENVELOPE_KEYS and (key == "error" or not _is_thing(child))
                collect(child, place, contents, depth + 1, enveloped=within)
            elif isinstance(child, str) and key in MESSAGE_KEYS and "{" in child:
                _read_quoted(child, contents, depth)


def _may_hold(key: str, child: object) -> bool:
    """Whether an error may be in a member: numbers and others' words take up no room."""
    return key not in CONTENT_KEYS and isinstance(child, dict | list | str)


def _is_thing(value: object) -> bool:
    """Whether something has a name and says nothing: a project or a person, not an error."""
    items = value[:MAX_CHILDREN] if isinstance(value, list) else [value]
    return any(
        isinstance(item, dict) and "name" in item and item.keys().isdisjoint(MESSAGE_KEYS)
        for item in items
    )


def collect_error(value: object, place: ErrorPlace, contents: Contents) -> None:
    """Add what is known to be an error, even when none of its words is."""
    before = len(contents.errors)
    collect(value, place, contents)
    if len(contents.errors) == before and not _is_full(contents):
        contents.errors.append(ErrorFact(place=place))


def read_message(text: str, place: ErrorPlace, contents: Contents) -> None:
    """Add the error that a bare message states, and any object quoted in it."""
    text = text[:MAX_MESSAGE]
    contents.hints += text_hints(text)
    if words := message_words(text, contents.raw):
        contents.errors.append(ErrorFact.model_validate({"place": place, **words}))
    if "{" in text:
        _read_quoted(text, contents, 0)


def _read_quoted(text: str, contents: Contents, depth: int) -> None:
    """Objects inside a string: the whole of it is one, or it quotes some."""
    text = text[:MAX_MESSAGE]
    value, _ = parse_json(text) if text.lstrip()[:1] in ("{", "[") else (None, None)
    values = [value] if isinstance(value, dict | list) else embedded_values(text)[0]
    for inner in values:
        collect(inner, ErrorPlace.NESTED, contents, depth + 2)


def _add_object(
    value: dict[str, object], place: ErrorPlace, contents: Contents, *, enveloped: bool
) -> None:
    """The error that an object states itself, without those inside it."""
    texts = [text for key in MESSAGE_KEYS if isinstance(text := value.get(key), str) and text]
    messages = [text[:MAX_MESSAGE] for text in dict.fromkeys(texts)]
    for text in messages:
        contents.hints += text_hints(text)
    words = object_words(value, messages, contents.raw, enveloped=enveloped)
    if isinstance(workspace := value.get("workspace"), str):
        contents.raw.workspace = workspace
    if isinstance(request := value.get("request_id"), str):
        contents.raw.request_id = request
    if any(words.values()) or (messages and not contents.errors):
        contents.errors.append(ErrorFact.model_validate({"place": place, **words}))
    contents.hints += body_hints(value)


def _is_full(contents: Contents) -> bool:
    """No more errors are kept."""
    return len(contents.errors) >= MAX_FACTS
