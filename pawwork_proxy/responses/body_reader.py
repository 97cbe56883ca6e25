"""Reads a body that is no stream: JSON of any health, a page, a line of text.

Invariant: of any body, however it came, `HEAD` bytes of the beginning and `TAIL` of the end are
read; never more than `HEAD` and five times `TAIL` are held.
"""

import re

from pawwork_proxy.facts.wordings import edge_marks
from pawwork_proxy.model.signals import AnswerShape, BodyShape, ErrorPlace
from pawwork_proxy.responses.completions import note_object
from pawwork_proxy.responses.error_lines import read_line
from pawwork_proxy.responses.error_objects import collect, collect_error, error_in
from pawwork_proxy.responses.response import Contents
from pawwork_proxy.wire.bounded_json import JsonState, object_end, parse_json

HEAD = 256 * 1024
TAIL = 32 * 1024
MAX_ITEMS = 2000  # of a list: a stream may come as one
PAGE = 8 * 1024  # of a page, where edges put their marks
_HTML = re.compile(rb"<(!doctype html|html|head|body|center|title|h1)\b", re.IGNORECASE)
_OBJECT = re.compile(rb'[{\[]\s*["{\[\]}]')
_REPORT = re.compile(r"\s*[{\[\"']")
"""A sentence that mentions a type, also at its beginning, is no report."""
_FINISH = re.compile(rb'(?<!\\)"(?:finish_reason|stop_reason|finishReason)"\s*:\s*"(\w{1,40})"')


class BodyReader:
    """Takes decoded bytes; reads them when all are in."""

    def __init__(self) -> None:
        self._contents = Contents()
        self._head = bytearray()
        self._tail = bytearray()
        self._size = 0

    def feed(self, data: bytes) -> int:
        """Keep the head and the tail; a body completes no events."""
        self._size += len(data)
        room = HEAD - len(self._head)
        if room > 0:
            self._head += data[:room]
            data = data[room:]
        if data:
            self._tail += data[-TAIL:]
            if len(self._tail) > 4 * TAIL:
                del self._tail[:-TAIL]
        return 0

    def finish(self, status: int | None) -> Contents:
        """Read what was kept."""
        body = self._read(status)
        self._contents.body, self._contents.truncated = body, self._size > HEAD
        return self._contents

    def _read(self, status: int | None) -> BodyShape:
        data = bytes(self._head).removeprefix(b"\xef\xbb\xbf").strip()
        if not data:
            return BodyShape.EMPTY
        good = status is not None and 200 <= status < 300
        first = data[:1]
        if first in (b"{", b"[") and (good or _OBJECT.match(data)):
            return self._read_json(data, good=good)
        if first == b'"':
            value, state = parse_json(data)
            if state is JsonState.WHOLE and isinstance(value, str):
                data = value.encode("utf-8", "replace").strip()
        if _HTML.match(data[:PAGE].lstrip()) or data[:15].lower().startswith(b"<!doctype"):
            page = data[:PAGE].decode("utf-8", "replace")
            self._contents.edge_markers = edge_marks(page)
            return BodyShape.HTML
        if b"\0" in data[:PAGE]:
            return BodyShape.BINARY
        self._read_text(data, good=good)
        return BodyShape.TEXT

    def _read_text(self, data: bytes, *, good: bool) -> None:
        """Read a line of text.

        Under a 2xx it counts only if a client's wrapper stands in it or it begins like a report.
        """
        found = Contents()
        text = data[:PAGE].decode("utf-8", "replace")
        read_line(text, found)
        if good and not any(
            fact.wrapper or fact.provider or (fact.type and _REPORT.match(text))
            for fact in found.errors
        ):
            return
        self._contents = found

    def _read_json(self, data: bytes, *, good: bool) -> BodyShape:
        value, state = parse_json(data)
        damaged = state is JsonState.CUT and not good and data.endswith((b"}", b"]"))
        if damaged or state is JsonState.NOT_JSON or not isinstance(value, dict | list):
            self._read_text(data, good=good)
            return BodyShape.DAMAGED_JSON
        for item in value[:MAX_ITEMS] if isinstance(value, list) else [value]:
            if isinstance(item, dict):
                self._read_object(item, good=good)
        if self._size > HEAD:
            self._read_tail()
            whole = bytes(self._tail[-64:]).rstrip().endswith((b"}", b"]"))
            return BodyShape.JSON if whole else BodyShape.CUT_JSON
        return BodyShape.JSON if state is JsonState.WHOLE else BodyShape.CUT_JSON

    def _read_object(self, value: dict[str, object], *, good: bool) -> None:
        contents = self._contents
        if value.get("cloudflare_error") is True:
            contents.edge_markers = ("edge_object",)
        error = error_in(value)
        if error is not None:
            contents.errors, contents.hints = [], []  # of several, the last is what there is now
            collect_error(error, ErrorPlace.BODY, contents)
            return
        note_object(value, contents)
        if not good and contents.answer is AnswerShape.NONE:
            collect(value, ErrorPlace.BODY, contents)

    def _read_tail(self) -> None:
        """The finish reason and the counts behind a long text.

        A key inside a JSON string has a backslash before its quotes, so these are structure.
        """
        tail = bytes(self._tail[-TAIL:])  # more is held, depending on how the body came
        finishes = _FINISH.findall(tail)
        found: dict[str, object] = {}
        start = max(tail.rfind(b'"usage":{'), tail.rfind(b'"usage": {'))
        if start >= 0:
            text = tail[start + 8 :].decode("utf-8", "replace").lstrip()
            usage, state = parse_json(text[: object_end(text, 0)])
            if state is JsonState.WHOLE:
                found["usage"] = usage
        if finishes:
            found["choices"] = [{"finish_reason": finishes[-1].decode()}]
        if found:
            note_object(found, self._contents)
