"""From a paste to the errors in it, in the order in which they stand.

Invariant: neighbours of one kind are one finding with a count, so that a log of any length gives
few; the last finding is what its sender has now. No more of a long text is held than a block.
"""

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO

from pawwork_proxy.model.outcome import Outcome
from pawwork_proxy.model.signals import Signals
from pawwork_proxy.outcomes.rules import judge
from pawwork_proxy.pastes.entries import Cut, entries
from pawwork_proxy.pastes.frames import plain
from pawwork_proxy.pastes.reading import Reading, of_document, otherwise, readings_of
from pawwork_proxy.pastes.texts import encoding_of, is_text
from pawwork_proxy.pastes.transcripts import unprefixed
from pawwork_proxy.pastes.windows import windows
from pawwork_proxy.wire.bounded_json import JsonState, parse_json

BLOCK = 4 * 1024 * 1024
PICKED = 2500
"""Characters of a paste that somebody picked out: its words are about an error."""
LONGEST_DOCUMENT = 32 * 1024 * 1024
"""Bytes of a JSON document that are read as one."""
LONGEST_ANSWER = 256 * 1024
"""Characters of a text without errors that may be a whole answer."""
MOST_FINDINGS = 1000


@dataclass(slots=True)
class Finding:
    """One error, or several of one kind in a row; the outcome is the last one's."""

    outcome: Outcome
    signals: Signals
    count: int = 1
    first: datetime | None = None
    last: datetime | None = None
    cuts: tuple[Cut, ...] = ()
    """Where the last one was cut off."""


@dataclass(slots=True)
class Findings:
    """What a paste holds."""

    found: list[Finding] = field(default_factory=list)
    """In order; of more than `MOST_FINDINGS` the last."""
    text: bool = True
    """What was given is text."""
    left_out: int = 0
    """Findings before the first one of `found`."""
    otherwise: Outcome = field(default_factory=lambda: judge(Signals()))
    """What the paste comes to where it holds no error."""


def findings_in(source: BinaryIO) -> Findings:
    """All errors of a paste, from a source of any length."""
    start = source.read(BLOCK)
    encoding = encoding_of(start)
    decoder = codecs.getincrementaldecoder(encoding.name)("replace")
    text = decoder.decode(start[encoding.mark :], len(start) < BLOCK)
    if not is_text(text):
        return Findings(text=False)
    findings = Findings()
    whole = len(start) < BLOCK
    for one in _of_text(text) if whole else _of_blocks(text, _blocks(source, decoder)):
        _add(one, findings)
    if not findings.found and len(text) <= LONGEST_ANSWER:
        findings.otherwise = otherwise(plain(text))
    return findings


def _blocks(source: BinaryIO, decoder: codecs.IncrementalDecoder) -> Iterator[str]:
    while data := source.read(BLOCK):
        yield decoder.decode(data)


def _of_text(text: str) -> Iterator[Reading]:
    """Of a text that is all there."""
    if text.lstrip()[:1] in ("{", "["):
        value, state = parse_json(text.strip())
        if state is JsonState.WHOLE and isinstance(value, dict | list):
            yield from of_document(value)
            return
    if len(text) > PICKED:
        for window in windows([text]):
            yield from _of_window(window, picked=False)
    else:
        yield from _of_window(text, picked=True)


def _of_blocks(first: str, others: Iterable[str]) -> Iterator[Reading]:
    """Of a text that comes block by block; a document is put together before."""
    others = iter(others)
    if first.lstrip()[:1] in ("{", "["):
        held = [first]
        size = len(first)
        for block in others:
            held.append(block)
            size += len(block)
            if size > LONGEST_DOCUMENT:
                break
        else:
            yield from _of_text("".join(held))
            return
        others = _chained(held, others)
    else:
        others = _chained([first], others)
    for window in windows(others):
        yield from _of_window(window, picked=False)


def _chained(held: list[str], others: Iterable[str]) -> Iterator[str]:
    yield from held
    yield from others


def _of_window(text: str, *, picked: bool) -> Iterator[Reading]:
    for entry in entries(unprefixed(plain(text)).split("\n")):
        yield from readings_of(entry, picked=picked)


def _add(one: Reading, findings: Findings) -> None:
    """Neighbours of one kind are one finding."""
    found = findings.found
    if found and found[-1].outcome.kind is one.outcome.kind:
        now = found[-1]
        now.count += 1
        now.outcome, now.signals, now.cuts = one.outcome, one.signals, one.cuts
        now.first, now.last = now.first or one.time, one.time or now.last
        return
    found.append(Finding(one.outcome, one.signals, 1, one.time, one.time, one.cuts))
    if len(found) > MOST_FINDINGS:
        del found[0]
        findings.left_out += 1
