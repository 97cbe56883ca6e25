"""JSON from strangers: whole, cut short, escaped twice, or printed by Python.

Invariant: never raises; depth and size are bounded before anything is built.
"""

import ast
import json
import re
import warnings
from enum import StrEnum
from itertools import accumulate
from typing import Any

from pydantic_core import from_json

MAX_LITERAL = 16 * 1024
MAX_LITERAL_DEPTH = 40
MAX_EMBEDDED = 4
MAX_ATTEMPTS = 8
_OUTSIDE = re.compile(r"""[\\"'{}\[\]]""")
_IN_STRING = {'"': re.compile(r'[\\"]'), "'": re.compile(r"[\\']")}


class JsonState(StrEnum):
    """How much of a text was JSON."""

    WHOLE = "whole"
    CUT = "cut"
    """Valid as far as it goes."""
    NOT_JSON = "not_json"


def parse_json(data: bytes | str) -> tuple[object, JsonState]:
    """The value of a text that should be JSON, and whether all of it was there."""
    if isinstance(data, str):
        data = data.encode("utf-8", "replace")
    try:
        return from_json(data, cache_strings=False), JsonState.WHOLE
    except (ValueError, RecursionError):
        pass
    try:
        return from_json(data.decode("utf-8", "replace").encode(), cache_strings=False), (
            JsonState.WHOLE
        )
    except (ValueError, RecursionError):
        pass
    try:
        text = data.decode("utf-8", "ignore").encode()
        return from_json(text, allow_partial="trailing-strings", cache_strings=False), JsonState.CUT
    except (ValueError, RecursionError):
        return None, JsonState.NOT_JSON


def json_object(data: bytes) -> dict[str, Any] | None:
    """The object that a whole text is; None for any other text.

    JavaScript writes half of a character, where it has cut a text, as an escape: only Python reads
    that.
    """
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def member(value: object, *names: str) -> object:
    """What a parsed value has under a name, and below it; None where there is no such member."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def parse_python(text: str) -> object:
    """The value of a dict or list as Python prints it, or None."""
    if len(text) > MAX_LITERAL or _depth(text) > MAX_LITERAL_DEPTH:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of strangers' escape sequences
            value: object = ast.literal_eval(text)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):  # {{}}: TypeError
        return None
    return value


def _depth(text: str) -> int:
    steps = ((char in "{[(") - (char in "}])") for char in text)
    return max(accumulate(steps), default=0)


def embedded_values(text: str) -> tuple[list[object], str]:
    """Objects quoted inside a text, and the text around them.

    An object may be JSON, JSON with escaped quotes, a Python dict, or cut at the end of the text.
    """
    values: list[object] = []
    around: list[str] = []
    position = 0
    for _ in range(MAX_ATTEMPTS):
        start = _object_start(text, position)
        if start < 0 or len(values) == MAX_EMBEDDED:
            break
        end = object_end(text, start)
        piece = text[start:end]
        value = _value_of(piece, cut=end == len(text))
        if value and isinstance(value, dict | list):
            values.append(value)
            if not _is_damaged(piece):
                around.append(text[position:start])
                position = end
                continue
        around.append(text[position : start + 1])
        position = start + 1
    around.append(text[position:])
    return values, " ".join(around)


def _is_damaged(piece: str) -> bool:
    """Closed like an object, yet not JSON: the parser stopped early, more may lie inside."""
    closed = piece.rstrip().endswith(("}", "]"))
    return closed and parse_json(piece)[1] is JsonState.CUT and parse_python(piece) is None


def _object_start(text: str, position: int) -> int:
    """Where the next `{` or `[{` is."""
    brace = text.find("{", position)
    if brace > position and text[brace - 1] == "[":
        return brace - 1
    return brace


def object_end(text: str, start: int) -> int:
    """Behind the bracket that closes the one at `start`; the end of the text if none does."""
    end = closing(text, start)
    return len(text) if end is None else end


def closing(text: str, start: int) -> int | None:
    """Behind the bracket that closes the one at `start`, if one does."""
    closer = {"{": "}", "[": "]"}
    stack: list[str] = []
    tokens = _OUTSIDE
    position = start
    while (match := tokens.search(text, position)) is not None:
        char, position = match[0], match.end()
        if char == "\\":
            position += 1
        elif tokens is not _OUTSIDE:
            tokens = _OUTSIDE
        elif char == '"' or (char == "'" and _opens_string(text, match.start())):
            tokens = _IN_STRING[char]
        elif char in closer:
            stack.append(closer[char])
        elif stack and char == stack[-1]:
            stack.pop()
            if not stack:
                return position
    return None


def _opens_string(text: str, position: int) -> bool:
    """Whether an apostrophe stands where Python would open a string."""
    return text[max(0, position - 8) : position].rstrip()[-1:] in ("{", "[", ",", ":", "(")


def _value_of(piece: str, *, cut: bool) -> object:
    value, state = parse_json(piece)
    if state is JsonState.WHOLE or (state is JsonState.CUT and cut and value):
        return value
    if '\\"' in piece:
        value, state = parse_json(piece.replace('\\"', '"').replace("\\\\", "\\"))
        if state is not JsonState.NOT_JSON:
            return value
    return parse_python(piece)
