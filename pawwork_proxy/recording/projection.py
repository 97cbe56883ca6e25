"""From an exchange in flight to its record.

Invariant: this is the only place where an `Exchange` is made, and everything foreign in it has
passed the redactor or the classification's vocabularies.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from functools import lru_cache

from pawwork_proxy.clients.auth_sources import AuthSources
from pawwork_proxy.clients.processes import FoundProcess
from pawwork_proxy.clients.watched_places import Asked
from pawwork_proxy.environment.identity import Identity
from pawwork_proxy.facts.clients import client_of
from pawwork_proxy.facts.identifiers import Namespace
from pawwork_proxy.model.context import ClientProcess, Egress, ExchangeContext, Peer, Route
from pawwork_proxy.model.exchange import AuthSourceFinding, Exchange, Redaction, Timing
from pawwork_proxy.model.numbers import bounded_ms
from pawwork_proxy.model.request import BodyState
from pawwork_proxy.model.response import ResponseFacts
from pawwork_proxy.model.signals import Ending, Side, Signals
from pawwork_proxy.outcomes.rules import judge
from pawwork_proxy.recording.derivations import Derivations
from pawwork_proxy.recording.ongoing import Arrival, Ongoing, UpstreamFacts
from pawwork_proxy.redaction.headers import HeaderNotes
from pawwork_proxy.redaction.redactor import RawRequest, RawResponse, Redactor
from pawwork_proxy.redaction.taint_gate import RawExchange
from pawwork_proxy.responses.response import ReadResponse
from pawwork_proxy.responses.response_reader import ResponseReader

LAST_SEARCH_S = 1.0
"""A run that ends waits no longer for the sources of its last keys."""
_TELLING = (b"user-agent", b"x-opencode-client", b"x-opencode-session")


@dataclass(frozen=True)
class Projected:
    """A record, and what is needed to check it before it is written."""

    exchange: Exchange
    raw: RawExchange
    credentials: tuple[str, ...]


class Projector:
    """Makes the records of one run."""

    def __init__(
        self,
        identity: Identity,
        redactor: Redactor,
        network: str | None,
        proxy_address: str | None,
        egress_of: Callable[[str | None], Egress | None],
    ) -> None:
        self._identity = identity
        self._redactor = redactor
        self._network = network
        self._egress_of = egress_of
        self._address = lru_cache(maxsize=256)(identity.pseudonymiser.address)
        # One client on one connection: the same context many times over.
        self._surroundings = lru_cache(maxsize=256)(self._new_context)
        self._proxy = identity.pseudonymiser.host(proxy_address) if proxy_address else None
        self._client_of = lru_cache(maxsize=256)(client_of)
        self._derivations = Derivations(redactor.note_request_headers, HeaderNotes.is_slow)
        self._auth_sources = AuthSources(lambda key: identity.pseudonymiser.of(Namespace.KEY, key))

    def project(self, ongoing: Ongoing, ending: Ending, upstream: UpstreamFacts) -> Projected:
        """The record of a finished exchange."""
        body, body_state = _request_body(ongoing)
        client = ongoing.client
        request = self._redactor.request(
            RawRequest(
                method=ongoing.arrival.method,
                target=ongoing.arrival.target,
                http_version=ongoing.arrival.http_version,
                headers=ongoing.arrival.headers,
                body=body,
                wire_bytes=ongoing.request_bytes,
                body_state=body_state,
            ),
            ongoing.head,
        )
        reader = ongoing.reader or ResponseReader(ongoing.status, made_by_proxy=ongoing.made_here)
        response = reader.finish(ending, ongoing.unobserved)
        signals = _with_true_ending(response.signals, ongoing.arrival.route)
        facts, redactions, cookies = self._response(ongoing, response)
        exchange = Exchange(
            seq=ongoing.seq,
            context=self._context(ongoing.arrival, client, upstream),
            timing=self._timing(ongoing, upstream),
            request=request.request,
            auth=request.auth,
            auth_source=self._auth_source(ongoing),
            response=facts,
            signals=signals,
            outcome=judge(signals),
            answered_here=ongoing.made_here or None,
            redactions=_counted((*request.redactions, *redactions)),
        )
        head = b"\n".join(
            name + b": " + value
            for name, value in (*ongoing.arrival.headers, *ongoing.response_headers)
        )
        target = ongoing.arrival.target.encode("utf-8", "surrogateescape")
        # Finds of the response's reader too: the kept bytes may be compressed.
        finds = "\n".join(response.raw.texts()).encode("utf-8", "replace")
        raw = RawExchange((target, head, body or b"", bytes(ongoing.response_head), finds))
        return Projected(exchange, raw, (*request.credentials, *cookies))

    def begin(self, ongoing: Ongoing) -> None:
        """Begin, off the event loop, what takes a while of a request that has just arrived."""
        ongoing.derivations = self._derivations.begin(ongoing.arrival.headers)
        if ongoing.arrival.process is not None:
            # In the thread that finds it: a client may end as soon as it has its answer.
            ongoing.arrival.process.add_done_callback(
                lambda found: self._auth_sources.meet(found.result())
            )

    def ready(self, ongoing: Ongoing) -> bool:
        """Whether all that a record says beside the traffic is known by now, or never will be.

        The search for the source of its key begins here.
        """
        if ongoing.key_search is None:
            if not all(map(Future.done, ongoing.derivations)):
                return False
            if not ongoing.client_is_known():
                return False
            ongoing.key_search = self._search(ongoing)
        return ongoing.key_is_searched()

    def settle(self, finished: Sequence[Ongoing]) -> None:
        """Wait a moment for what the last records of a run lack."""
        searches = [one.key_search or self._search(one) for one in finished]
        for ongoing, search in zip(finished, searches, strict=True):
            ongoing.key_search = search
        wait(searches, LAST_SEARCH_S)
        self._derivations.close()

    def _search(self, ongoing: Ongoing) -> Future[AuthSourceFinding]:
        arrival = ongoing.arrival
        ongoing.head = head = self._redactor.head(arrival.target, arrival.headers)
        auth, tier = head.auth, head.route.tier
        if auth.pseudonym is None:  # nobody's key: who sent it makes no difference
            return self._auth_sources.search(Asked(auth))
        sent = {name.lower(): value.decode("latin-1") for name, value in arrival.headers}
        agent, client, session = (sent.get(name, "") for name in _TELLING)
        eras = self._client_of(agent, client, session=bool(session)).eras
        return self._auth_sources.search(Asked(auth, ongoing.client, tier, eras, session))

    def _auth_source(self, ongoing: Ongoing) -> AuthSourceFinding:
        search = ongoing.key_search or self._search(ongoing)
        if search.done() and search.exception() is None:
            return search.result()
        return AuthSourceFinding(flags=("unreadable_place",))

    def _response(
        self, ongoing: Ongoing, response: ReadResponse
    ) -> tuple[ResponseFacts | None, tuple[Redaction, ...], tuple[str, ...]]:
        if ongoing.status is None:
            return None, (), ()
        version = ongoing.response_version
        projected = self._redactor.response(
            RawResponse(ongoing.status, version, ongoing.response_headers, response)
        )
        return projected.response, projected.redactions, projected.credentials

    def _context(
        self, arrival: Arrival, client: FoundProcess | None, upstream: UpstreamFacts
    ) -> ExchangeContext:
        source = upstream.source_address
        return self._surroundings(
            arrival.install,
            arrival.route,
            arrival.http_version,
            client.public if client else None,
            _peer(arrival.peer, client),
            self._egress_of(source),
            upstream.http_version,
            upstream.tls_version,
            source,
            arrival.client_hello,
            upstream.hello,
        )

    def _new_context(
        self,
        install: str,
        route: Route,
        client_http: str | None,
        client: ClientProcess | None,
        peer: Peer | None,
        egress: Egress | None,
        upstream_http: str | None,
        upstream_tls: str | None,
        source: str | None,
        client_hello: str | None,
        upstream_hello: str | None,
    ) -> ExchangeContext:
        address = self._address(source) if source else None
        return ExchangeContext(
            install=install,
            install_id=self._identity.register_install(install),
            device=self._identity.machine.device,
            network=self._network,
            route=route,
            client=client,
            peer=peer,
            egress=egress,
            client_http=self._redactor.shapes.http_version(client_http),
            upstream_http=self._redactor.shapes.http_version(upstream_http),
            upstream_tls=self._redactor.shapes.http_version(upstream_tls),
            upstream_family=address.family if address else None,
            source_address=address.address if address else None,
            chained_proxy=self._proxy is not None,
            proxy=self._proxy,
            client_hello=client_hello,
            upstream_hello=upstream_hello,
        )

    def _timing(self, ongoing: Ongoing, upstream: UpstreamFacts) -> Timing:
        return Timing(
            started_at=ongoing.at,
            request_sent_ms=bounded_ms(ongoing.request_sent),
            upstream_connect_ms=bounded_ms(upstream.connect_ms),
            first_byte_ms=bounded_ms(ongoing.first_byte),
            first_event_ms=bounded_ms(ongoing.first_event),
            max_gap_ms=bounded_ms(ongoing.max_gap),
            total_ms=bounded_ms(ongoing.ended),
        )


def _with_true_ending(signals: Signals, route: Route) -> Signals:
    """The signals; a client that left after the response's own end has missed nothing.

    One whose server could not be reached knows of it by what we did to its connection to us.
    """
    beyond_us = signals.ending.side in (Side.UPSTREAM, Side.CHAINED_PROXY)
    if signals.status is None and beyond_us and route != "inside":
        return signals.model_copy(update={"broken_off_here": True})
    whole = signals.done_marker or signals.cost_seen
    if signals.ending is Ending.CLIENT_LEFT_MIDSTREAM and whole:
        return signals.model_copy(update={"ending": Ending.CLIENT_LEFT_AFTER_BODY})
    return signals


def _peer(at_first: Peer | None, client: FoundProcess | None) -> Peer | None:
    """Whose the connection was, with what the look-up of its program adds."""
    if at_first is None or client is None or client.own is None:
        return at_first
    return None if client.own else "another_user"


def _request_body(ongoing: Ongoing) -> tuple[bytes | None, BodyState | None]:
    """The copy of the request body, or why there is none to look at."""
    if "request_body" in (ongoing.unobserved or ()):
        return None, "not_observed"
    if ongoing.request_bytes > len(ongoing.request_body):
        return None, "too_large"
    encoded = any(
        name.lower() == b"content-encoding" and value.strip().lower() not in (b"", b"identity")
        for name, value in ongoing.arrival.headers
    )
    # No client compresses its requests; one that does is counted, not read.
    return (None, "undecodable") if encoded else (bytes(ongoing.request_body), None)


def _counted(redactions: tuple[Redaction, ...]) -> tuple[Redaction, ...]:
    """Each note once, with how often it occurred."""
    if len({(note.path, note.rule) for note in redactions}) == len(redactions):
        return redactions
    counts: Counter[tuple[str, str]] = Counter()
    for note in redactions:
        counts[note.path, note.rule] += note.count
    return tuple(
        Redaction(path=path, rule=rule, count=count) for (path, rule), count in counts.items()
    )
