"""Reads one entry of a paste: joins its lines in the way that makes most sense, and judges it."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from pawwork_proxy.facts.errors import WRAPPER_TYPES
from pawwork_proxy.facts.logs import BEGINS, BEGINS_FIRMLY
from pawwork_proxy.facts.wordings import OTHER
from pawwork_proxy.model.outcome import Family, Kind, Outcome
from pawwork_proxy.model.signals import BodyShape, Signals
from pawwork_proxy.outcomes.rules import judge
from pawwork_proxy.pastes.documents import Part, parts_of
from pawwork_proxy.pastes.entries import Cut, cuts_in, entries, joined
from pawwork_proxy.pastes.times import time_in
from pawwork_proxy.pastes.transcripts import PrintedResponse, response_of
from pawwork_proxy.responses.reported import read_reported
from pawwork_proxy.wire.bounded_json import JsonState, closing, parse_json

_SENT = re.compile(r'\\?"(?:requestBodyValues|messages|tools|stack|parts)\\?"\s*:\s*(?=[\[{])')
"""Fields that hold what was sent, and what a client was at: content, not the answer."""
_OBJECT = re.compile(
    r"[{,]\s*\\*[\"'](?:error|type|code|message|name|status\w*|error_\w+)\\*[\"']\s*:"
)
"""A member of an error object."""
_BODY = re.compile(r"\s*(?:[\[{<]|(?:data|event):)")
_LONGEST = 7000
"""Characters of an entry without its objects' content that are read: its beginning and its end."""
_HEAD = 60
_WHEN = re.compile(r"20\d\d-[01]\d-[0-3]\d[T ][0-2]\d:[0-5]\d:[0-5]\d(?:[.,]\d+)?|\+\d+ms")
_ID = re.compile(
    r"\b(?:ses|msg|prt|req|trace|span)[_-](?=[0-9A-Za-z]*\d)[0-9A-Za-z]{4,}\b"
    r"|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"
)
"""Names of a session, a message, a request: nothing is concluded from them."""
_PROGRAM = re.compile(
    r"^[ \t]*(?:import |from \S+ import|#include|#define|#ifn?def|#!|def |class "
    r"|/\*|\*/|//|<\?|package |use |return |typedef |(?:export )?(?:const|function|let|var) |@\w+"
    r"|\.\. |\"\"\")"
    r"|copyright|licen[sc]e|;$",
    re.IGNORECASE | re.MULTILINE,
)
_MOST_LINES = 12
_HARD = frozenset(
    {
        Family.QUOTA, Family.RATE_LIMIT, Family.LIMIT, Family.OVERLOAD, Family.BILLING,
        Family.AUTH, Family.POLICY,
    }
)  # fmt: skip
"""What a line amid a long text may come to by its form; other failures are everywhere in texts."""


class Reading(NamedTuple):
    """One error of a paste."""

    outcome: Outcome
    signals: Signals
    time: datetime | None
    cuts: tuple[Cut, ...] = ()


class _Found(NamedTuple):
    """What was read of an entry, and whether its form shows that it reports an error."""

    outcome: Outcome
    signals: Signals
    time: datetime | None
    firm: bool
    cuts: tuple[Cut, ...] = ()


def readings_of(entry: list[str], *, picked: bool) -> Iterator[Reading]:
    """The errors of an entry; `picked`: somebody chose the text, so that words may decide."""
    text = "\n".join(entry)
    time = time_in(text)
    # A log repeats the same few errors at other times and for other requests; a line stays as wide.
    alike = _WHEN.sub("2000-01-01T00:00:00", text[:_HEAD]) + text[_HEAD:]
    alike = _ID.sub(lambda match: "0" * len(match[0]), alike)
    for one in _found_in(alike, picked=picked):
        yield Reading(one.outcome, one.signals, one.time or time, one.cuts)


@lru_cache(maxsize=4096)
def _found_in(text: str, *, picked: bool) -> tuple[_Found, ...]:
    if not picked and not _begins(text) and not _OBJECT.search(text):
        return ()
    best: list[_Found] = []
    most = 0
    ways = joined(text.split("\n"))
    for way in ways:
        found = _read_text(way)
        score = sum(map(_worth, found)) + 3 * (len(ways) > 1 and _is_whole(way))
        if score > most or not best:
            best, most = found, score
    words = picked and _is_about_errors(text)
    reports = [one for one in best if _is_report(one, text, words=words)]
    if not reports:
        return ()
    return (*reports[:-1], reports[-1]._replace(cuts=cuts_in(text)))


def _is_about_errors(text: str) -> bool:
    """A few lines that are no program's source."""
    lines = [line for line in text.split("\n") if line.strip()]
    return len(lines) <= _MOST_LINES and not _PROGRAM.search(text)


def _is_report(found: _Found, text: str, *, words: bool) -> bool:
    outcome, signals = found.outcome, found.signals
    if outcome.kind in (Kind.UNKNOWN, Kind.SUCCESS):
        return False
    if signals.body is BodyShape.HTML:
        return not {"html_in_line"}.issuperset(signals.edge_markers)
    weak = outcome.rule_id.startswith("status_") or (
        outcome.rule_id == "invalid" and not _is_named(signals)  # much prose says `not allowed`
    )
    if found.firm or (words and (not weak or _begins(text))):
        return True
    quotes = _OBJECT.search(text) is not None
    if _begins(text) and quotes:
        return True
    if outcome.family not in _HARD or not _is_named(signals):
        return False
    return _begins(text) or (quotes and not _PROGRAM.search(text))


def _begins(text: str) -> bool:
    return BEGINS.match(text.lstrip("\n")) is not None


def _is_named(signals: Signals) -> bool:
    """A status or a type stands in the line."""
    return signals.text_status is not None or any(
        word not in (None, OTHER, *WRAPPER_TYPES)
        for fact in signals.errors
        for word in (fact.type, fact.code, fact.bracket)
    )


def _is_whole(text: str) -> bool:
    """The first object of the text is one."""
    start = text.find("{")
    end = closing(text, start) if start >= 0 else None
    return end is not None and parse_json(text[start:end])[1] is JsonState.WHOLE


def _worth(found: _Found) -> int:
    """How much of what was read is known: the right way to join lines makes most of it."""
    signals = found.signals
    worth = 2 * (signals.body is BodyShape.JSON) + (signals.status is not None)
    for fact in signals.errors:
        named = [word for word in (fact.type, fact.code, fact.bracket) if word not in (None, OTHER)]
        worth += 4 * len(named) + len(fact.phrases) + 2 * (fact.google_status is not None)
        worth += 2 * (fact.provider is not None) - (fact.type == OTHER)
    worth += len(signals.retry_hints)
    return worth or 2 * (signals.transport is not None)


def _read_text(text: str) -> list[_Found]:
    response = response_of(text)
    if response.status is None and not response.headers and text.lstrip()[:1] in ("{", "["):
        value, state = parse_json(text.strip())
        if state is JsonState.WHOLE:
            return [one for part in parts_of(value) for one in _of_part(part)]
    named = BEGINS_FIRMLY.match(text) is not None or response.status is not None
    return [_judged(response, None, firm=named or _is_body(response.text))]


def _is_body(text: str) -> bool:
    """An event stream, or a damaged object, and not just any bracket."""
    return (
        re.match(r"\s*(?:data|event): ?\S|\s*\{\s*\\?[\"'](?:error|type)\\?[\"']", text) is not None
    )


def otherwise(text: str) -> Outcome:
    """What a short text comes to that reports no error: an answer, or nothing that decides."""
    found = _judged(response_of(text), None, firm=False).outcome
    return found if found.kind in (Kind.UNKNOWN, Kind.SUCCESS) else judge(Signals())


def of_document(value: object) -> Iterator[Reading]:
    """The errors of a JSON document."""
    for part in parts_of(value):
        for one in _of_part(part):
            if one.outcome.kind not in (Kind.UNKNOWN, Kind.SUCCESS):
                yield Reading(one.outcome, one.signals, one.time, one.cuts)


def _of_part(part: Part) -> Iterator[_Found]:
    if isinstance(part.value, str):
        for entry in entries(part.value.split("\n")):
            for one in readings_of(entry, picked=True):
                time = one.time or part.time
                yield _Found(one.outcome, one.signals, time, firm=True, cuts=one.cuts)
        return
    value = {key: child for key, child in part.value.items() if key != "requestBodyValues"}
    yield _judged(PrintedResponse(json.dumps(value)), part.time, firm=True)


def _judged(response: PrintedResponse, time: datetime | None, *, firm: bool) -> _Found:
    body = _slim(response.text).encode("utf-8", "surrogatepass")
    signals = read_reported(body, status=response.status, headers=dict(response.headers)).signals
    return _Found(judge(signals), signals, time, firm)


def _slim(text: str) -> str:
    """A text without what was sent: it may be long, and its words are no part of the answer."""
    kept: list[str] = []
    position = 0
    for match in _SENT.finditer(text):
        if match.start() < position:
            continue
        end = closing(text, match.end())
        if end is None:
            break
        kept.append(text[position : match.end()] + "null")
        position = end
    text = "".join(kept) + text[position:]
    if len(text) > _LONGEST and not _BODY.match(text):
        return f"{text[: _LONGEST // 2]} {text[-_LONGEST // 2 :]}"
    return text
