"""Reads what a client shows instead of a body: `429 …`, `AI_APICallError: …`, Python's reprs.

Strategy: objects quoted in the line are read as objects; the words around them as a message.
Invariant: the line itself is not kept.
"""

import re

from pawwork_proxy.facts.errors import VENDOR_TYPES, ZEN_TYPES, Sense, known_word
from pawwork_proxy.facts.wordings import edge_marks, transport_mark
from pawwork_proxy.model.signals import ErrorFact, ErrorPlace
from pawwork_proxy.responses.error_objects import collect, read_message
from pawwork_proxy.responses.error_words import Words
from pawwork_proxy.responses.response import Contents
from pawwork_proxy.wire.bounded_json import embedded_values

MAX_LINE = 8 * 1024

_STATUS = (
    re.compile(r"^\W*(?:[A-Za-z_]\w*\W{1,3}){0,4}?([45]\d\d)\b(?!\s*\])"),
    re.compile(r"\b(?:https?|status|status ?code|error code|api error|response|code)\W{0,4}"
               r"(?:of |is |was )?([45]\d\d)\b", re.I),
    re.compile(r"\(([45]\d\d)\)"),
)  # fmt: skip
_WORD = re.compile(
    r"(?<![\w.])[A-Za-z][A-Za-z0-9]*(?:[_.][A-Za-z0-9]+)+|\b[A-Z][a-z]+[A-Z]\w+|\bE[A-Z_]{4,}\b"
)
_FIELD = re.compile(
    r"""["']?\b(type|code|error_type|status|name)\b\\?["']?\s*[:=]\s*\\?["']([\w.\-]{2,80})\\?["']"""
)
_CLASS_BEFORE_OBJECT = re.compile(
    r"\b(?:[a-z_]{1,40}\.){0,6}[A-Z]\w*(?:Error|Exception)\b(?=\W+(?:error code|\{))", re.I
)
_ZEN_RATE = re.compile(r"rate limit exceeded\. please try again later", re.I)
_UNTYPED = frozenset({Sense.NEUTRAL, Sense.SERVER, Sense.OPAQUE})


def read_line(text: str, contents: Contents) -> None:
    """Add the errors that a line reports, and its status, marks and broken transport."""
    text = text[:MAX_LINE]
    values, around = embedded_values(text)
    for value in values:
        collect(value, ErrorPlace.LINE, contents)
    quoted = bool(contents.errors)
    if words := _words(_CLASS_BEFORE_OBJECT.sub(" ", around), quoted=quoted):
        contents.errors.append(ErrorFact.model_validate({"place": ErrorPlace.LINE, **words}))
    read_message(around.replace("{", " "), ErrorPlace.LINE, contents)
    contents.text_status = _status(around)
    contents.edge_markers = edge_marks(text)
    contents.transport = transport_mark(around)


def _status(text: str) -> int | None:
    found = (pattern.search(text[:400]) for pattern in _STATUS)
    return next((int(match[1]) for match in found if match), None)


def _words(text: str, *, quoted: bool) -> Words:
    """Type and code named by fields of a damaged object, or standing free in the text."""
    words: Words = {}
    for match in _FIELD.finditer(text[:MAX_LINE]):
        if match.group(2) != "error" and (known := known_word(match.group(2))):
            words["type" if match.group(1) in ("type", "error_type", "name") else "code"] = known
    if words or quoted:
        return words
    for match in _WORD.finditer(text[:MAX_LINE]):
        known = known_word(match.group(0))
        if known == "RateLimitError" and not _ZEN_RATE.search(text):
            continue  # every vendor's library has a class of this name
        if known and (known in ZEN_TYPES or VENDOR_TYPES.get(known) not in _UNTYPED):
            words["type"] = known
            break
    return words
