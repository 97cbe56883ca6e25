"""From an exchange to the occurrences of fields: each that it carried, with a value to compare.

Invariant: values are what the record holds, pseudonyms or kept texts; a field whose value is not
kept is an occurrence all the same, so that nothing that was sent is passed over.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from pawwork_proxy.facts.fields import BODY_FIELDS, KEY_HEADERS
from pawwork_proxy.model.capture import Header
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.inventory import Layer, Scope
from pawwork_proxy.model.request import BodyState, HeaderNote

Units = dict[Scope, str]
READ_BODIES: Final[frozenset[BodyState]] = frozenset({"absent", "empty", "json"})
"""Body states in which every identity field was looked at."""


class Occurrence(NamedTuple):
    """One field of one exchange; `value` None: the record does not keep it."""

    layer: Layer
    name: str
    shape: str
    value: str | None
    text: bool
    """Whether `value` is a kept text and no pseudonym."""


class SentRequest(NamedTuple):
    """One request: to whom it belongs, and the fields it carried."""

    label: str
    units: Units
    """The unit of each scope this exchange lies in."""
    known: frozenset[Scope]
    """Scopes whose unit the record tells; another one's is the exchange itself."""
    occurrences: tuple[Occurrence, ...]
    unread: frozenset[Layer]
    """Layers that may have carried more than the record tells."""


def sent_request(header: Header, exchange: Exchange, shared: Callable[[Any], Any]) -> SentRequest:
    """An exchange as the units it lies in and the fields it carried.

    Units are told apart by study: pseudonyms of two studies cannot be compared. `shared` gives one
    for all equal values, so that thousands of exchanges that say the same hold it once.
    """
    context, request = exchange.context, exchange.request
    itself = f"{header.capture_id}#{exchange.seq}"
    cache_key = next(
        (field.pseudonym for field in request.body.identity if field.path == "prompt_cache_key"),
        None,
    )
    conversation = request.session or cache_key
    units: Units = {
        "everywhere": "",
        "network": context.network or header.capture_id,
        "device": context.device,
        "install": context.install_id,
        "conversation": f"{context.install_id} {conversation or itself}",
        "action": f"{context.install_id} {request.request or itself}",
        "request": itself,
    }
    told: set[Scope] = {"everywhere", "network", "device", "install", "request"}
    if conversation:
        told.add("conversation")
    if request.request:
        told.add("action")
    study = header.study_id
    by_study: Units = {scope: shared(f"{study} {unit}") for scope, unit in units.items()}
    found = tuple(map(shared, occurrences(exchange)))
    unread: set[Layer] = set()
    if request.body.state not in READ_BODIES:
        unread.add("body")
    if request.headers_cut:
        unread.add("header")
    known, not_read = shared(frozenset(told)), shared(frozenset(unread))
    return SentRequest(context.install, by_study, known, found, not_read)


def occurrences(exchange: Exchange) -> Iterator[Occurrence]:
    """Every field of an exchange that may identify."""
    yield from _headers(exchange.request.headers)
    yield from _body(exchange)
    for name in dict.fromkeys(exchange.request.query):
        yield Occurrence("query", name, "not kept", None, False)
    auth = exchange.auth
    if auth.header != "none":
        value = auth.pseudonym or auth.kind
        yield Occurrence("key", "API key", auth.kind, value, auth.pseudonym is None)
    yield from _connection(exchange)


def _headers(headers: tuple[HeaderNote, ...]) -> Iterator[Occurrence]:
    by_name: dict[str, list[HeaderNote]] = {}
    for note in headers:
        by_name.setdefault(note.name, []).append(note)
    for name, notes in by_name.items():
        if name in KEY_HEADERS:
            continue
        values = [
            note.value or note.pseudonym or ("" if note.rule == "empty" else None) for note in notes
        ]
        value = None if None in values else ", ".join(filter(None, values))
        text = all(note.pseudonym is None for note in notes)
        first = notes[0]
        shape = first.shape or first.rule.removeprefix("shape:")
        yield Occurrence("header", name, "not kept" if value is None else shape, value, text)
    if headers:
        order = " ".join(note.name for note in headers)
        yield Occurrence("http", "header order", "names", order, True)


def _body(exchange: Exchange) -> Iterator[Occurrence]:
    body = exchange.request.body
    for field in body.identity:
        value = field.pseudonym or field.shape
        yield Occurrence("body", field.path, field.shape, value, field.pseudonym is None)
    for name in dict.fromkeys(body.fields):
        if name not in BODY_FIELDS and not any(
            field.path == name or field.path.startswith(f"{name}.") for field in body.identity
        ):
            yield Occurrence("body", name, "not kept", None, False)


def _connection(exchange: Exchange) -> Iterator[Occurrence]:
    context = exchange.context
    egress = context.egress
    rows: tuple[tuple[Layer, str, str, str | None, bool], ...] = (
        ("http", "client's HTTP version", "version", context.client_http, True),
        ("http", "upstream HTTP version", "version", context.upstream_http, True),
        ("tls", "upstream TLS version", "version", context.upstream_tls, True),
        ("address", "address family", "word", context.upstream_family, True),
        ("address", "source address", "address", context.source_address, False),
        ("address", "egress address", "address", egress.address if egress else None, False),
        ("address", "egress prefix", "prefix", egress.prefix if egress else None, False),
        ("address", "country", "country", egress.country if egress else None, True),
        ("address", "edge colo", "colo", egress.colo if egress else None, True),
    )
    for layer, name, shape, value, text in rows:
        if value is not None:
            yield Occurrence(layer, name, shape, value, text)
