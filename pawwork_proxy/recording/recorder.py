"""Turns finished exchanges into lines of the capture.

Invariants: nothing raises into the traffic; each exchange that was opened ends as exactly one line,
`exchange` or `stub`, or is counted as lost.
No step here raises: those that may fail go through `failures`.
"""

import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Literal, Protocol

from pawwork_proxy.environment.identity import Identity
from pawwork_proxy.environment.machine import utc_now
from pawwork_proxy.logs import say
from pawwork_proxy.model.base import line_of
from pawwork_proxy.model.capture import End, Note, NoteEvent
from pawwork_proxy.model.context import ClientProcess, Egress
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.handshake import Connection, HelloSide
from pawwork_proxy.model.outcome import Kind
from pawwork_proxy.model.signals import Ending
from pawwork_proxy.recording.batches import Batches, Finished
from pawwork_proxy.recording.counts import Counts, Watcher
from pawwork_proxy.recording.failures import Failures
from pawwork_proxy.recording.lines import Lines
from pawwork_proxy.recording.ongoing import Arrival, Ongoing, UpstreamFacts
from pawwork_proxy.recording.projection import Projected


class Writer(Protocol):
    """Takes the lines of a capture."""

    path: Path

    @property
    def lost(self) -> int:
        """Exchanges that have no line so far."""

    def append(self, line: bytes, weight: int = 1) -> bool:
        """Take a line; False when it is lost, and with it `weight` exchanges."""

    def on_disk(self) -> Awaitable[None] | None:
        """What waits until the line that was taken last is on disk, or will not be soon."""

    def lose(self, weight: int) -> None:
        """Count exchanges that get no line."""

    def close(self, end: End) -> None:
        """Write the last line."""


class Recorder:
    """Opens and completes exchanges of one run."""

    def __init__(
        self,
        writer: Writer,
        identity: Identity,
        network: str | None,
        proxy_address: str | None,
        watcher: Watcher,
        later: Callable[[float, Callable[[], None]], object],
        *,
        egress_of: Callable[[str | None], Egress | None] = lambda _: None,
        on_projected: Callable[[Exchange, str | None], None] = lambda *_: None,
        monotonic: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.counts = Counts()
        self.path = writer.path
        """The capture file."""
        self._writer = writer
        self._another_user = False
        self._failures = Failures()
        self._try = self._failures.attempt
        self._watcher = watcher
        self._on_projected = on_projected
        watcher.attach(self.counts)
        self._monotonic = monotonic
        self._open: dict[int, Ongoing] = {}
        self._lines = Lines(
            identity, network, proxy_address, egress_of, self.counts, self._failures
        )
        self._projector = self._lines.projector
        self._batches = Batches(self._is_ready, self._make, later, monotonic)
        if self._lines.are_off:
            say("self_test_failed", recording="off")
            self.note("self_test_failed")

    @property
    def lost(self) -> int:
        """Exchanges whose record could not be written."""
        return self._writer.lost

    def writing_changed(self) -> None:
        """Show how many records are lost by now."""
        self._changed()

    def noted(self) -> Awaitable[None] | None:
        """What a request that was just opened waits for before anything of it goes upstream."""
        return self._try("noting_failed", self._writer.on_disk)

    def open(
        self,
        arrival: Arrival,
        *,
        at: datetime | None = None,
        now: Callable[[], float] | None = None,
    ) -> Ongoing:
        """Note that a request has arrived; `noted` says when that is on disk.

        `at` and `now` are the client's clocks where the client itself tells of the exchange.
        """
        seq = self.counts.opened + 1
        clock = now or self._monotonic
        at = at or utc_now()
        ongoing = Ongoing(seq, at, arrival, clock, self._finished, self._answering, self._monotonic)
        self.counts.opened = seq
        line = self._try("opened_line_failed", self._lines.opened, ongoing)
        if line is not None:
            self._append(line, weight=0)
        self._try("derivations_failed", self._projector.begin, ongoing)
        self._open[ongoing.seq] = ongoing
        self._changed()
        return ongoing

    def hello(self, by: HelloSide, raw: bytes) -> str | None:
        """Digest of a TLS ClientHello, which is written when it is new; None if it cannot be kept.

        `raw` is the handshake message in its TLS records.
        """
        return self._try("hello_failed", self._kept_hello, by, raw)

    def connection(self, line: Connection) -> None:
        """A connection whose bytes passed untouched is over."""
        self.counts.connections += 1
        self._append(line_of(line))
        self._changed()

    def not_opened(self) -> None:
        """Opening a request failed: it goes on without being recorded, and counts as lost."""
        self._writer.lose(1)
        self._changed()

    def connection_closed(self, connection: str) -> None:
        """Finish what mitmproxy left open when a client's connection ended.

        It does so when it fails itself, for one on trailers of an HTTP/1 request.
        """
        for ongoing in list(self._open.values()):
            if ongoing.arrival.connection == connection:
                ongoing.finish(Ending.PROXY_ERROR, UpstreamFacts())

    def refused(self) -> None:
        """A request was answered here: a web page's, or one for a host that is not ours."""
        self.counts.refused += 1
        self._changed()

    def refused_another_user(self) -> None:
        """A connection of another user of this machine was turned away; said once."""
        if not self._another_user:
            self._another_user = True
            say("connection_of_another_user_refused")
        self.refused()

    def passed_by(self) -> None:
        """A request or tunnel to another host went through, unrecorded."""
        self.counts.passed_by += 1
        self._changed()

    def tap_failed(self, error: Exception) -> None:
        """Looking at the traffic failed; it went on, and what was missed is noted elsewhere."""
        self.counts.tap_failures += 1
        self._failures.failed("tap_failed", error)
        self._changed()

    def frames_lost(self, number: int) -> None:
        """What the tap in a client told did not all arrive, or could not be understood."""
        if number:
            self.counts.tap_failures += number
            self._changed()

    def give_up(self, ongoing: Ongoing) -> None:
        """An exchange is over and cannot be finished: a stub stands for it."""
        if self._open.pop(ongoing.seq, None) is not None:
            self._append(self._lines.stub(ongoing, "recording_failed"))
            self._changed()

    def client_distrusts_ca(self, install: str) -> None:
        """A client turned down our certificate: it was not told to trust it."""
        self.counts.distrusted += 1
        self.note("client_distrusts_ca", install=install)
        self._try("watcher_failed", partial(self._watcher.turned_down, certainly=True), install)

    def client_never_asked(self, install: str) -> None:
        """A client had us decrypt a connection to the server, and left without a request."""
        self._try("watcher_failed", partial(self._watcher.turned_down, certainly=False), install)

    def note(
        self,
        event: NoteEvent,
        egress: Egress | None = None,
        install: str | None = None,
        *,
        outcome: Kind | None = None,
        exit_code: int | None = None,
        client: ClientProcess | None = None,
    ) -> None:
        """Note in the capture what happened beside the exchanges."""
        note = Note(
            at=utc_now(),
            event=event,
            install=install,
            egress=egress,
            outcome=outcome,
            exit_code=exit_code,
            client=client,
        )
        self._append(line_of(note), weight=0)
        self._changed()

    def close(self, reason: Literal["finished", "interrupted"]) -> None:
        """Record finished exchanges and, as interrupted, open ones; then write the end line."""
        for ongoing in list(self._open.values()):
            ongoing.finish(Ending.INTERRUPTED, UpstreamFacts())
        waiting = [ongoing for ongoing, *_ in self._batches.waiting]
        self._try("recording_failed", self._projector.settle, waiting)
        self._batches.make(all_of_them=True)
        self._writer.close(
            End(
                at=utc_now(),
                exchanges=self.counts.recorded,
                stubs=dict(self.counts.stubs),
                lost=self._writer.lost,
                passed_by=self.counts.passed_by,
                tap_failures=self.counts.tap_failures or None,
                reason=reason,
            )
        )

    def _kept_hello(self, by: HelloSide, raw: bytes) -> str | None:
        digest, line = self._lines.hello(by, raw)
        if line is not None:
            self._append(line, weight=0)
        return digest

    def _finished(self, ongoing: Ongoing, ending: Ending, upstream: UpstreamFacts) -> None:
        self._open.pop(ongoing.seq, None)
        self._batches.add((ongoing, ending, upstream), len(self._open))

    def _is_ready(self, ongoing: Ongoing) -> bool | None:
        return self._try("recording_failed", self._projector.ready, ongoing)

    def _answering(self, ongoing: Ongoing) -> None:
        """An answer has begun: what takes a while is begun, so that it is there at its end."""
        self._is_ready(ongoing)

    def _make(self, finished: Sequence[Finished]) -> None:
        """Make and keep records, step by step for all: its code stays in the processor's caches."""
        projected = [self._try("recording_failed", self._project, *item) for item in finished]
        checked = [self._try("recording_failed", self._lines.checked, made) for made in projected]
        for (ongoing, *_), record in zip(finished, checked, strict=True):
            try:
                match record:
                    case exchange, bytes(line):
                        self._keep(exchange, line)
                    case exchange, hit:
                        self._append(self._lines.stub(ongoing, "taint", exchange, hit))
                    case None:
                        self._append(self._lines.stub(ongoing, "recording_failed"))
                self._changed()
            except Exception as error:
                self._writer.lose(1)
                self._failures.failed("keeping_failed", error)

    def _project(self, ongoing: Ongoing, ending: Ending, upstream: UpstreamFacts) -> Projected:
        try:
            made = self._projector.project(ongoing, ending, upstream)
        finally:
            ongoing.let_go()  # the record's check has its own; of a whole batch two are many
        self._try("egress_failed", self._on_projected, made.exchange, upstream.source_address)
        return made

    def _keep(self, exchange: Exchange, line: bytes) -> None:
        self.counts.recorded += 1
        self.counts.answered_here += exchange.answered_here or False
        self.counts.kinds[exchange.outcome.kind] += 1
        self._append(line)
        self._try("watcher_failed", self._watcher.recorded, exchange)

    def _append(self, line: bytes, weight: int = 1) -> None:
        try:
            self._writer.append(line, weight)
        except Exception as error:
            self._writer.lose(weight)
            self._failures.failed("append_failed", error)

    def _changed(self) -> None:
        self._try("watcher_failed", self._watcher.changed, self._writer.lost)
