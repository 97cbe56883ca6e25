"""Tells which part of a response's object is an error, and whether any is.

Invariant: a model's words are never looked at; what counts is which keys stand where.
"""

from pawwork_proxy.facts.errors import known_word

MAX_CHOICES = 64
_MESSAGES = ("message", "msg", "detail", "error_msg", "error_message", "errorMessage", "reason")
_NO_ERROR_CODES = (None, 0, "0", 200, "200")
_NORMAL_TYPES = ("response.", "message", "content_block", "ping")


def error_in(value: dict[str, object], event: str = "") -> object | None:
    """The part of a response's object that is an error, or None for a normal one."""
    error = value.get("error")
    if error and error is not True:
        return value
    kind = value.get("type")
    if event == "error" or kind == "error":
        return value
    response = value.get("response")
    failed = response if isinstance(response, dict) and response.get("error") else None
    if kind in ("response.failed", "response.error"):
        return failed or value
    for choice in dicts_in(value.get("choices")):
        if isinstance(choice.get("error"), dict | str) and choice["error"]:
            return choice["error"]
    base = value.get("base_resp")  # MiniMax
    if isinstance(base, dict) and base.get("status_code") not in (0, None, "0"):
        return base
    if _is_normal(value):
        return None
    return failed or (value if _is_flat_error(value) else None)


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
    if any(value.get(key) not in _NO_ERROR_CODES for key in ("code", "statusCode")):
        return True
    status = value.get("status")
    return isinstance(status, int) and status >= 400
