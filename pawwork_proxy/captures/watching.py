"""What a capture tells of its clients' conduct: each request for a model, and how long it was
watched."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from pawwork_proxy.captures.reader import Capture
from pawwork_proxy.captures.records import Records
from pawwork_proxy.conduct.calls import Call, call_of, prompts_in, repeated
from pawwork_proxy.conduct.judgement import Limit, Missing, Watched, judged
from pawwork_proxy.facts.server import MODEL_PROTOCOLS
from pawwork_proxy.model.capture import Note
from pawwork_proxy.model.conduct import Conduct, Step

BY_SIGNAL = 128
"""The exit code of a client that a signal ended is above it."""


def conduct_of(captures: Iterable[Records], installs: frozenset[str]) -> Conduct:
    """What the clients did, capture by capture; of all installs where none is named."""
    steps: list[Step] = []
    prompts = others = connections = 0
    simulated = False
    for records in captures:
        calls: list[Call] = []
        arrivals: list[tuple[int, datetime]] = []
        until = records.capture.header.started_at
        for one in records:
            started = one.timing.started_at
            arrivals.append((one.seq, started))
            until = max(until, started + timedelta(milliseconds=one.timing.total_ms or 0.0))
            if installs and one.context.install not in installs:
                continue
            if one.request.protocol in MODEL_PROTOCOLS:
                calls.append(call_of(one))
            else:
                others += 1
        watched = _watched(records.capture, arrivals, until)
        together = tuple(repeated(calls))
        steps += judged(records.capture.header.capture_id, together, watched)
        prompts += prompts_in(together)
        connections += len(records.capture.connections)
        simulated |= records.capture.header.simulated
    return Conduct(
        steps=tuple(steps),
        prompts=prompts,
        others=others,
        connections=connections,
        simulated=simulated,
    )


def _watched(capture: Capture, arrivals: list[tuple[int, datetime]], until: datetime) -> Watched:
    """How long the capture goes on, what it lacks, and which clients ended meanwhile."""
    times = [until]
    times += [line.at for line in capture.stubs]
    times += [line.at for line in capture.notes]
    times += [line.at for line in capture.interrupted]
    times += [capture.end.at] if capture.end else []
    ended = {
        note.install: Limit(note.at, "client_ended" if _by_itself(note) else "client_killed")
        for note in capture.notes
        if note.event == "client_exit" and note.install is not None
    }
    return Watched(max(times), tuple(_missing(capture, arrivals)), ended)


def _by_itself(exit_: Note) -> bool:
    return exit_.exit_code is not None and exit_.exit_code <= BY_SIGNAL


def _missing(capture: Capture, arrivals: list[tuple[int, datetime]]) -> Iterator[Missing]:
    known = [*arrivals, (0, capture.header.started_at)]
    gone = [(line.seq, line.at, line.install) for line in capture.stubs]
    gone += [(line.seq, line.at, line.install) for line in capture.interrupted]
    for seq, at, install in gone:
        known.append((seq, at))
        yield Missing(seq, at, install)
    known.sort()
    for (one, at), (other, _) in pairwise(known):
        if other - one > 1:
            yield Missing(one + 1, at)
    last, at = known[-1]
    end = capture.end
    if end is not None and end.exchanges + sum(end.stubs.values()) + end.lost > last:
        yield Missing(last + 1, at)
