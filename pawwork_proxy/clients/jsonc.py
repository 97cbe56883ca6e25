"""JSON with comments and trailing commas, as the clients' configuration files use it."""

from __future__ import annotations

import json
import re

_STRING = r'"(?:\\.|[^"\\])*"'
_COMMENT = re.compile(rf"({_STRING})|//[^\n]*|/\*.*?\*/", re.DOTALL)
_TRAILING_COMMA = re.compile(rf"({_STRING})|,(?=\s*[}}\]])", re.DOTALL)


def parse_jsonc(text: str) -> object:
    """The value that `text` stands for; ValueError when it is none."""
    plain = _COMMENT.sub(lambda match: match[1] or " ", text.removeprefix("\ufeff"))
    parsed: object = json.loads(_TRAILING_COMMA.sub(lambda match: match[1] or "", plain))
    return parsed
