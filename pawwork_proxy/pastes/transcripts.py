"""HTTP exchanges as tools print them: `curl -i`, `curl -v`, and fields quoted line by line.

Invariant: fields belong to the response below or above which they stand, and to no other.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

_STATUS_LINE = re.compile(r"\s*HTTP/[\d.]+ +(\d{3})[^\n]*(?:\n|$)", re.IGNORECASE)
_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]*|:status):[ \t]*(.*)")
_STREAM_FIELDS = frozenset({"data", "event", "id", "retry"})
_VERBOSE = re.compile(r"^[ \t]*< HTTP/[\d.]+ +\d{3}", re.MULTILINE)
_NOISE = re.compile(r"(?:\* |> |\{ \[|\} \[|>$|<$|\*$)")
_STATED = re.compile(
    r"^\W{0,4}(?:http |response |api )?(?:status(?: ?code)?|statut|estado|状态|狀態|ステータス|상태"
    r"|статус|durum|الحالة|สถานะ)[ \t]*[:=：][ \t]*([1-5]\d\d)\b[^\n{]{0,40}$",
    re.IGNORECASE | re.MULTILINE,
)
_QUOTED = re.compile(
    r"^[ \t*\-•\"']{0,4}(retry-after(?:-ms)?|date|server|cf-mitigated|content-type)[\"']?[ \t]*:"
    r"[ \t]*[\"']?([^\n\"']{1,80})[\"']?,?[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)


class PrintedResponse(NamedTuple):
    """A response as it is printed."""

    text: str
    status: int | None = None
    headers: Mapping[str, str] = MappingProxyType({})


def unprefixed(text: str) -> str:
    """What `curl -v` printed, without its marks and its own remarks; another text as it is."""
    start = _VERBOSE.search(text)
    if start is None:
        return text
    kept = []
    for line in text[start.start() :].replace("\r", "").split("\n"):
        if line.lstrip().startswith("< "):
            kept.append(line.lstrip()[2:])
        elif line.strip() == "<":
            kept.append("")
        elif not _NOISE.match(line):
            kept.append(line)
    return "\n".join(kept)


def response_of(text: str) -> PrintedResponse:
    """The response in a text: with its head, or with what is quoted of one."""
    match = _STATUS_LINE.match(text)
    if match is not None:
        return _headed(int(match[1]), text[match.end() :])
    stated = _STATED.search(text)
    headers = {name.lower(): value.strip() for name, value in _QUOTED.findall(text)}
    if stated is None and not headers:
        return PrintedResponse(text)
    rest = _QUOTED.sub("", _STATED.sub("", text))
    return PrintedResponse(rest.strip(), int(stated[1]) if stated else None, headers)


def _headed(status: int, text: str) -> PrintedResponse:
    """The lines of a head are fields; the first that is none begins the body."""
    headers: dict[str, str] = {}
    rest = text
    while rest:
        line, _, behind = rest.partition("\n")
        field = _FIELD.match(line)
        if field is None or field[1].lower() in _STREAM_FIELDS:
            break
        headers.setdefault(field[1].lower(), field[2].strip())
        rest = behind
    return PrintedResponse(rest.strip(), status, headers)
