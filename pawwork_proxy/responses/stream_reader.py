"""Reads an event stream as it passes: counts events, notes the ends, finds errors.

Strategy: most events are deltas and are recognised by their bytes, which cost a microsecond; an
event that could hold anything else is parsed. A quote inside JSON text is always escaped, so
`"error"` with bare quotes can only be structure, or a text that consists of that one word.
Invariants: an event whose structure has an error is always parsed, unless those before it have cost
too much to read: then nothing more is.
"""

import re
from collections.abc import Callable

from pawwork_proxy.facts.wordings import says_failure
from pawwork_proxy.model.numbers import bounded_count
from pawwork_proxy.model.response import EventCounts
from pawwork_proxy.model.signals import AnswerShape, BodyShape, Dialect, ErrorPlace
from pawwork_proxy.responses.completions import note_object
from pawwork_proxy.responses.error_objects import collect_error, error_in, read_message
from pawwork_proxy.responses.response import Contents
from pawwork_proxy.wire.bounded_json import JsonState, parse_json
from pawwork_proxy.wire.events import BLANK, Event, EventSplitter, parse_events, segments

_NULLABLE = (b'"finish_reason"', b'"usage"')
WORK_OF_EVENT = 128
"""What it takes to parse an event, counted in bytes of it; a byte takes about a tenth of a
microsecond."""
_AGAIN = re.compile(rb"^(?:\s*data:\s*)+")
"""A relay that frames what is framed already."""
MAX_ERROR_EVENTS = 8  # read in full; a stream needs no more to be judged


class StreamReader:
    """Takes decoded bytes of a stream; `allowed` says how much work it may have been by now."""

    def __init__(self, allowed: Callable[[], float]) -> None:
        self.costly = False
        """Whether reading on would cost too much; what comes is no longer looked at."""
        self._allowed = allowed
        self._work = 0
        self._contents = Contents(BodyShape.STREAM)
        self._splitter = EventSplitter()
        self._deltas = self._pings = self._comments = self._errors = self._other = 0

    @property
    def events(self) -> int:
        """Events so far, comments not counted."""
        return self._deltas + self._pings + self._errors + self._other

    def feed(self, data: bytes) -> int:
        """Read on; return how many events became complete."""
        block = b"" if self.costly else self._splitter.feed(data)
        if not block:
            return 0
        before = self.events
        for segment in segments(block):
            if not self._skip(segment):
                self._work += len(segment)
                for event in parse_events(segment):
                    self._work += WORK_OF_EVENT
                    if self._work > self._allowed():
                        self.costly = True
                        return self.events - before
                    self._read(event)
        return self.events - before

    def finish(self, _status: int | None) -> Contents:
        """Read what the stream left behind without a blank line."""
        for event in parse_events(b"" if self.costly else self._splitter.rest()):
            self._read(event, last=True)
        self._contents.truncated = self._splitter.truncated
        self._contents.events = EventCounts(
            total=bounded_count(self.events),
            deltas=bounded_count(self._deltas),
            pings=bounded_count(self._pings),
            comments=bounded_count(self._comments),
            errors=bounded_count(self._errors),
            other=bounded_count(self._other),
        )
        return self._contents

    def _skip(self, segment: bytes) -> bool:
        """Count a segment of nothing but plain deltas or comments; False when it may hold more.

        The number of line ends proves that each event has exactly the lines that it begins with.
        """
        events = segment.count(BLANK)
        lines = segment.count(b"\n")
        if segment.startswith(b":"):
            if segment.count(b"\n\n:") != events - 1 or lines != 2 * events:
                return False
            self._comments += events
            return True
        if segment.startswith(b"data:"):
            framed = lines == 2 * events and segment.count(b"\n\ndata:") == events - 1
        else:
            framed = (
                lines == 3 * events
                and segment.startswith(b"event:")
                and segment.count(b"\n\nevent:") == events - 1
                and segment.count(b"\ndata:") == events
            )
        if not framed:
            return False
        if b"{" not in segment:
            return self._skip_noise(segment, events)
        return self._skip_deltas(segment, events)

    def _skip_noise(self, segment: bytes, events: int) -> bool:
        """Events without any object, such as bare numbers."""
        if (
            not self.events
            or b"[DONE]" in segment
            or b"ail" in segment
            or b"rror" in segment.lower()
        ):
            return False
        self._other += events
        return True

    def _skip_deltas(self, segment: bytes, events: int) -> bool:
        """Deltas lack certain bytes; `\\u0065…` would be an escaped letter of a key."""
        # Written out: this is asked of every event, and a generator costs more than the search.
        if b'"error"' in segment or b'"cost"' in segment or b"\\u00" in segment:
            return False
        if b'"base_resp"' in segment:
            return False
        for key in _NULLABLE:
            left = segment.count(key)
            if left and left != segment.count(key + b":null") + segment.count(key + b": null"):
                return False
        dialect = self._contents.dialect
        if dialect is Dialect.CHAT:
            plain = segment.count(b'"choices":[{') or segment.count(b'"choices": [{')
        elif dialect is Dialect.MESSAGES:
            plain = segment.count(b'"type":"content_block_delta"')
        elif dialect is Dialect.RESPONSES:
            plain = segment.count(b'.delta",')
        else:
            return False
        if plain != events:
            return False
        self._deltas += events
        self._contents.content_seen = True
        return True

    def _read(self, event: Event, *, last: bool = False) -> None:
        self._comments += event.comments
        if event.data is None:
            if event.loose:
                self._read_data(event.loose, event.name, last=last)
            return
        if event.data.strip() == b"[DONE]":
            self._contents.done = True
            self._other += 1
            return
        self._read_data(event.data, event.name, last=last)

    def _read_data(self, data: bytes, name: str, *, last: bool) -> None:
        data = _AGAIN.sub(b"", data)
        value, state = parse_json(data)
        if isinstance(value, str):
            value, state = parse_json(value)
        if state is JsonState.NOT_JSON or not isinstance(value, dict | list):
            text = data[:4096].decode("utf-8", "replace")
            alone = not self.events and says_failure(text)
            if name == "error" or _looks_like_an_error(data) or alone:
                self._errors += 1
                read_message(text, self._place(), self._contents)
            else:
                self._other += 1
            return
        if isinstance(value, list):
            value = value[0] if len(value) == 1 and isinstance(value[0], dict) else {}
        error = error_in(value, name)
        if error is not None:
            self._errors += 1
            if self._errors <= MAX_ERROR_EVENTS:
                collect_error(error, self._place(), self._contents)
            return
        if state is JsonState.CUT and last:
            return  # half an event is none
        kind = note_object(value, self._contents)
        self._deltas += kind == "delta"
        self._pings += kind == "ping" or name == "ping"
        self._other += kind == "other" and name != "ping"

    def _place(self) -> ErrorPlace:
        if self._contents.content_seen or self._contents.answer is AnswerShape.COMPLETION:
            return ErrorPlace.STREAM_LATER
        return ErrorPlace.STREAM_FIRST


def _looks_like_an_error(data: bytes) -> bool:
    """A sentence of a relay where an object belongs."""
    return (
        data.lstrip()[:30]
        .lower()
        .startswith((b"error", b"upstream request failed", b"streaming response failed"))
    )
