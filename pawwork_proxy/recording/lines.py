"""The lines of a capture: what may be written of an exchange, and what stands in for the rest.

Invariant: of a line that fails the taint gate, the values that fail are never written. If the
self-test failed, only stubs are, and nothing else of the traffic.
"""

from collections.abc import Callable
from typing import Any

from pawwork_proxy.environment.identity import Identity
from pawwork_proxy.environment.machine import utc_now
from pawwork_proxy.model.base import line_of
from pawwork_proxy.model.capture import Opened, Stub, StubReason
from pawwork_proxy.model.context import Egress
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.handshake import HelloSide
from pawwork_proxy.outcomes.rules import RULES
from pawwork_proxy.recording.counts import Counts
from pawwork_proxy.recording.failures import Failures
from pawwork_proxy.recording.hellos import MOST_KINDS, hello_line
from pawwork_proxy.recording.ongoing import Ongoing
from pawwork_proxy.recording.projection import Projected, Projector
from pawwork_proxy.recording.self_test import leaks
from pawwork_proxy.redaction.credentials import Credentials
from pawwork_proxy.redaction.redactor import Redactor
from pawwork_proxy.redaction.shapes import ShapeName
from pawwork_proxy.redaction.taint_gate import Hit, RawExchange, TaintGate
from pawwork_proxy.redaction.withholding import without
from pawwork_proxy.wire.client_hello import read_client_hello

Checked = tuple[Exchange, bytes | Hit]
"""A record and its line, or why it must not be written."""


class Lines:
    """Makes the lines of one run."""

    def __init__(
        self,
        identity: Identity,
        network: str | None,
        proxy_address: str | None,
        egress_of: Callable[[str | None], Egress | None],
        counts: Counts,
        failures: Failures,
    ) -> None:
        self._counts = counts
        self._failures = failures
        self._redactor = Redactor(identity.pseudonymiser)
        self.projector = Projector(identity, self._redactor, network, proxy_address, egress_of)
        own_words = [network or "", *identity.install_labels(), *(rule.id for rule in RULES)]
        self._credentials = Credentials(own_words)
        self._gate = TaintGate(identity.pseudonymiser, self._credentials, own_words)
        self._hellos: dict[HelloSide, set[str]] = {"client": set(), "proxy": set()}
        label = next(iter(identity.install_labels()), "main")
        # A self-test that cannot be made proves nothing: only its "no" is one.
        leaked = failures.attempt("self_test_raised", leaks, self.projector, label)
        self.are_off = leaked is not False
        """Whether the self-test failed, so that nothing of the traffic is written."""

    def opened(self, ongoing: Ongoing) -> bytes:
        """What is written before anything of a request goes upstream."""
        arrival = ongoing.arrival
        opened = Opened(
            seq=ongoing.seq,
            at=ongoing.at,
            install=arrival.install,
            route=arrival.route,
            method=self._redactor.shapes.of(ShapeName.METHOD, arrival.method).text,
            path=self._redactor.route(arrival.target).path,
        )
        return line_of(opened)

    def hello(self, by: HelloSide, raw: bytes) -> tuple[str | None, bytes | None]:
        """Digest of a TLS ClientHello, and its line where it is new; None if it cannot be kept."""
        hello, known = read_client_hello(raw), self._hellos[by]
        if hello is None or hello.digest in known:
            return (hello.digest if hello else None), None
        line = line_of(hello_line(hello, by, utc_now()))
        tainted = self.are_off or self._gate.check(line.decode(), RawExchange((raw,)))
        if tainted or len(known) >= MOST_KINDS:
            return None, None
        known.add(hello.digest)
        self._gate.made_here(hello.digest)
        return hello.digest, line

    def checked(self, made: Projected | None) -> Checked | None:
        """A record and its line, or why it must not be written; None where there is no record."""
        if made is None:
            return None
        for credential in made.credentials:
            self._credentials.add(credential)
        exchange, line = made.exchange, line_of(made.exchange)
        if self.are_off:
            return exchange, Hit("self_test", "exchange")
        found = list(self._gate.hits(line.decode(), made.raw))
        if not found:
            return exchange, line
        mended = without(found, exchange, self._redactor.pseudonyms)
        line = line_of(mended or exchange)
        if mended is None or self._gate.check(line.decode(), made.raw) is not None:
            return exchange, found[0][0]
        self._counts.values_withheld.update(hit for hit, _ in found)
        self._failures.withheld("value_withheld", found[0][0])
        return mended, line

    def stub(
        self,
        ongoing: Ongoing,
        reason: StubReason,
        exchange: Exchange | None = None,
        hit: Hit | None = None,
    ) -> bytes:
        """The numbers and enums of an exchange, in place of its record."""
        self._counts.stubs[reason] += 1
        facts: dict[str, Any] = {}
        if exchange and hit:
            self._counts.records_withheld[hit] += 1
            self._failures.withheld("record_withheld", hit)
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
        return line_of(stub)
