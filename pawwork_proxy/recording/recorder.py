"""Turns finished exchanges into lines of the capture.

Invariants: nothing raises into the traffic; each exchange that was opened ends as exactly one line,
`exchange` or `stub`, or is counted as lost; a record that fails the taint gate is never written,
but without the values that fail.
The broad `except`s of the product are here, in the tee, and around hooks as in mitmproxy.
"""

import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

from pawwork_proxy.environment.identity import Identity
from pawwork_proxy.environment.machine import utc_now
from pawwork_proxy.logs import place_of, say
from pawwork_proxy.model.base import line_of
from pawwork_proxy.model.capture import End, Note, NoteEvent, Opened, Stub, StubReason
from pawwork_proxy.model.context import ClientProcess, Egress
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.handshake import Connection, HelloSide
from pawwork_proxy.model.outcome import Kind
from pawwork_proxy.model.signals import Ending
from pawwork_proxy.outcomes.rules import RULES
from pawwork_proxy.recording.hellos import MOST_KINDS, hello_line
from pawwork_proxy.recording.ongoing import Arrival, Ongoing, UpstreamFacts
from pawwork_proxy.recording.projection import Projected, Projector
from pawwork_proxy.recording.self_test import leaks
from pawwork_proxy.redaction.credentials import Credentials
from pawwork_proxy.redaction.redactor import Redactor
from pawwork_proxy.redaction.shapes import ShapeName
from pawwork_proxy.redaction.taint_gate import Hit, RawExchange, TaintGate
from pawwork_proxy.redaction.withholding import without
from pawwork_proxy.wire.client_hello import read_client_hello

MAX_FAILURES_SAID = 20  # a peer could cause ever new ones
BATCH_S = 0.05
"""Making records one after another, while their code is in the processor's caches, takes half the
time of making each between two events of the traffic. A kill in between leaves `opened` lines: so
it is done under load alone; after a silence as long as this a record is made at once."""
MANY_OPEN = 4
"""With so many other exchanges under way there is load, however long ago a record was made."""
MOST_PENDING = 64  # so many finished exchanges are recorded at once, without waiting

Made = TypeVar("Made")
Finished = tuple[Ongoing, Ending, UpstreamFacts]  # an exchange that is over, and how


@dataclass
class Counts:
    """What a run has counted so far."""

    opened: int = 0
    recorded: int = 0
    connections: int = 0
    """Those whose bytes passed untouched."""
    passed_by: int = 0
    refused: int = 0
    answered_here: int = 0
    """Model calls that were answered by us, as the user asked."""
    distrusted: int = 0
    """Clients that turned down our certificate."""
    tap_failures: int = 0
    """How often looking at the traffic failed."""
    stubs: Counter[StubReason] = field(default_factory=Counter)
    records_withheld: Counter[Hit] = field(default_factory=Counter)
    """Why stubs were written in place of records that could be made."""
    values_withheld: Counter[Hit] = field(default_factory=Counter)
    """Why values were taken out of records that were written without them."""
    kinds: Counter[str] = field(default_factory=Counter)

    @property
    def in_flight(self) -> int:
        """Exchanges that are open now."""
        return self.opened - self.recorded - self.stubs.total()


class Watcher:
    """Someone who follows a run live; this one looks at nothing."""

    def attach(self, counts: Counts) -> None:
        """The counters to follow."""

    def recorded(self, exchange: Exchange) -> None:
        """An exchange is over and its record is made."""

    def changed(self, lost: int) -> None:
        """A counter moved; `lost` is the number of records that could not be written."""

    def turned_down(self, install: str, *, certainly: bool) -> None:
        """A client connected and asked nothing: it distrusts our certificate, or may do so."""

    def close(self) -> None:
        """The run is over."""


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
        self._failures_said: set[tuple[str, str, str]] = set()
        self._watcher = watcher
        self._on_projected = on_projected
        watcher.attach(self.counts)
        self._monotonic = monotonic
        self._later = later
        self._open: dict[int, Ongoing] = {}
        self._pending: list[Finished] = []
        self._is_due = False
        self._completed: float | None = None
        """When records were made last."""
        self._hellos: dict[HelloSide, set[str]] = {"client": set(), "proxy": set()}
        self._redactor = Redactor(identity.pseudonymiser)
        self._projector = Projector(identity, self._redactor, network, proxy_address, egress_of)
        own_words = [network or "", *identity.install_labels(), *(rule.id for rule in RULES)]
        self._credentials = Credentials(own_words)
        self._gate = TaintGate(identity.pseudonymiser, self._credentials, own_words)
        label = next(iter(identity.install_labels()), "main")
        # A self-test that cannot be made proves nothing: only its "no" is one.
        leaked = self._try("self_test_raised", leaks, self._projector, label)
        self._switched_off = leaked is not False
        if self._switched_off:
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
        try:
            route = self._redactor.route(arrival.target)
            opened = Opened(
                seq=ongoing.seq,
                at=ongoing.at,
                install=arrival.install,
                route=arrival.route,
                method=self._redactor.shapes.of(ShapeName.METHOD, arrival.method).text,
                path=route.path,
            )
            self._append(line_of(opened), weight=0)
        except Exception as error:
            self._failed("opened_line_failed", error)
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
        self._failed("tap_failed", error)
        self._changed()

    def frames_lost(self, number: int) -> None:
        """What the tap in a client told did not all arrive, or could not be understood."""
        if number:
            self.counts.tap_failures += number
            self._changed()

    def give_up(self, ongoing: Ongoing) -> None:
        """An exchange is over and cannot be finished: a stub stands for it."""
        if self._open.pop(ongoing.seq, None) is not None:
            self._keep_stub(ongoing, "recording_failed")

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
        self._complete_pending(all_of_them=True)
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
        hello, known = read_client_hello(raw), self._hellos[by]
        if hello is None or hello.digest in known:
            return hello.digest if hello else None
        line = line_of(hello_line(hello, by, utc_now()))
        tainted = self._switched_off or self._gate.check(line.decode(), RawExchange((raw,)))
        if tainted or len(known) >= MOST_KINDS:
            return None
        known.add(hello.digest)
        self._gate.made_here(hello.digest)
        self._append(line, weight=0)
        return hello.digest

    def _finished(self, ongoing: Ongoing, ending: Ending, upstream: UpstreamFacts) -> None:
        """Put an exchange that is over in line; under load records are made several at a time."""
        self._open.pop(ongoing.seq, None)
        self._pending.append((ongoing, ending, upstream))
        ready = self._try("recording_failed", self._projector.ready, ongoing)
        if not self._is_due:
            self._complete_in(0.0 if ready and self._is_idle() else BATCH_S)
        elif len(self._pending) == MOST_PENDING:
            self._complete_pending()

    def _complete_in(self, seconds: float) -> None:
        """Make records then; one call is due at a time, however many exchanges wait."""
        self._is_due = True
        self._later(seconds, self._complete_due)

    def _complete_due(self) -> None:
        self._is_due = False
        self._complete_pending()

    def _answering(self, ongoing: Ongoing) -> None:
        """An answer has begun: what takes a while is begun, so that it is there at its end."""
        self._try("recording_failed", self._projector.ready, ongoing)

    def _is_idle(self) -> bool:
        if len(self._open) >= MANY_OPEN:  # a busy machine's clock says nothing
            return False
        now, before = self._monotonic(), self._completed
        return before is None or now - before > BATCH_S

    def _complete_pending(self, *, all_of_them: bool = False) -> None:
        """Make the records whose facts are all there; the others wait for the next batch."""
        pending, self._pending = self._pending, []
        self._completed = self._monotonic()
        if all_of_them:
            self._try("recording_failed", self._projector.settle, [item[0] for item in pending])
        ready: list[Finished] = []
        for item in pending:
            known = all_of_them or self._try("recording_failed", self._projector.ready, item[0])
            (self._pending if known is False else ready).append(item)
        # Step by step for all of them: each step's code stays in the processor's caches.
        projected = [self._try("recording_failed", self._project, *item) for item in ready]
        checked = [self._try("recording_failed", self._checked, made) for made in projected]
        for (ongoing, *_), record in zip(ready, checked, strict=True):
            try:
                match record:
                    case exchange, bytes(line):
                        self._keep(exchange, line)
                    case exchange, hit:
                        self._keep_stub(ongoing, "taint", exchange, hit)
                    case None:
                        self._keep_stub(ongoing, "recording_failed")
            except Exception as error:
                self._writer.lose(1)
                self._failed("keeping_failed", error)
        if self._pending and not self._is_due:
            self._complete_in(BATCH_S)

    def _project(self, ongoing: Ongoing, ending: Ending, upstream: UpstreamFacts) -> Projected:
        try:
            made = self._projector.project(ongoing, ending, upstream)
        finally:
            ongoing.let_go()  # the record's check has its own; of a whole batch two are many
        self._try("egress_failed", self._on_projected, made.exchange, upstream.source_address)
        return made

    def _checked(self, made: Projected | None) -> tuple[Exchange, bytes | Hit] | None:
        """A record and its line, or why it must not be written; None where there is no record."""
        if made is None:
            return None
        for credential in made.credentials:
            self._credentials.add(credential)
        exchange, line = made.exchange, line_of(made.exchange)
        if self._switched_off:
            return exchange, Hit("self_test", "exchange")
        found = list(self._gate.hits(line.decode(), made.raw))
        if not found:
            return exchange, line
        mended = without(found, exchange, self._redactor.pseudonyms)
        line = line_of(mended or exchange)
        if mended is None or self._gate.check(line.decode(), made.raw) is not None:
            return exchange, found[0][0]
        self.counts.values_withheld.update(hit for hit, _ in found)
        self._say_withheld("value_withheld", found[0][0])
        return mended, line

    def _say_withheld(self, event: str, hit: Hit) -> None:
        """Log the first of each rule and place."""
        if (event, *hit) not in self._failures_said and len(
            self._failures_said
        ) < MAX_FAILURES_SAID:
            self._failures_said.add((event, *hit))
            say(event, rule=hit.rule, place=hit.path)

    def _keep(self, exchange: Exchange, line: bytes) -> None:
        self.counts.recorded += 1
        self.counts.answered_here += exchange.answered_here or False
        self.counts.kinds[exchange.outcome.kind] += 1
        self._append(line)
        self._try("watcher_failed", self._watcher.recorded, exchange)
        self._changed()

    def _keep_stub(
        self,
        ongoing: Ongoing,
        reason: StubReason,
        exchange: Exchange | None = None,
        hit: Hit | None = None,
    ) -> None:
        """Write the numbers and enums of an exchange in place of its record."""
        self.counts.stubs[reason] += 1
        facts: dict[str, Any] = {}
        if exchange and hit:
            self.counts.records_withheld[hit] += 1
            self._say_withheld("record_withheld", hit)
            response = exchange.response
            facts = {
                "rule": hit.rule,
                "place": hit.path,
                "outcome": exchange.outcome.kind,
                "retry_after_s": exchange.outcome.retry_after_s,
                "model_group": exchange.request.model_group,
                "cf_ray": response.cf_ray if response else None,
                "started_at": exchange.timing.started_at,
                "total_ms": exchange.timing.total_ms,
            }
        stub = Stub(
            seq=ongoing.seq,
            at=utc_now(),
            install=ongoing.arrival.install,
            reason=reason,
            status=ongoing.status,
            **facts,
        )
        self._append(line_of(stub))
        self._changed()

    def _append(self, line: bytes, weight: int = 1) -> None:
        try:
            self._writer.append(line, weight)
        except Exception as error:
            self._writer.lose(weight)
            self._failed("append_failed", error)

    def _changed(self) -> None:
        self._try("watcher_failed", self._watcher.changed, self._writer.lost)

    def _try(self, event: str, call: Callable[..., Made], *arguments: object) -> Made | None:
        """The result of a step that neither record nor traffic may fall with; None if it failed."""
        try:
            return call(*arguments)
        except Exception as error:
            self._failed(event, error)
            return None

    def _failed(self, event: str, error: Exception) -> None:
        """Log an internal failure, the first of a kind and place, without its text."""
        place = (event, type(error).__name__, place_of(error))
        if place not in self._failures_said and len(self._failures_said) < MAX_FAILURES_SAID:
            self._failures_said.add(place)
            say(event, type=place[1], place=place[2])
