"""The one door to redaction: raw messages → the safe facts of a record, constructed.

Invariants: total; whatever the bytes are, the result is built from shapes, counts and pseudonyms,
and a reason phrase is not even an argument. Raw messages live in memory only; their repr says
nothing, so that no traceback or log can quote them.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from pawwork_proxy.facts.fields import KEY_HEADERS, RECORD_FIELDS, REQUEST_ID_HEADERS
from pawwork_proxy.facts.identifiers import OPENCODE_KEY, Namespace
from pawwork_proxy.model.exchange import Redaction
from pawwork_proxy.model.numbers import LONGEST_WAIT_S, bounded_count
from pawwork_proxy.model.request import (
    AuthFacts,
    AuthHeader,
    AuthKind,
    AuthScheme,
    BodyState,
    RequestFacts,
)
from pawwork_proxy.model.response import ResponseFacts
from pawwork_proxy.redaction.bodies import Bodies
from pawwork_proxy.redaction.headers import (
    MOST_HEADERS,
    PUBLIC_KEY,
    HeaderLine,
    HeaderNotes,
    RawHeaders,
    split_credential,
)
from pawwork_proxy.redaction.pseudonyms import Pseudonymiser
from pawwork_proxy.redaction.routes import RouteMatch, Routes
from pawwork_proxy.redaction.shapes import ShapeName, Shapes
from pawwork_proxy.redaction.values import identify
from pawwork_proxy.responses.response import ReadResponse
from pawwork_proxy.responses.waits import http_date

_remembered_auth = lru_cache(maxsize=256)(AuthFacts)
"""A client sends the same key again and again."""
_NO_KEY = AuthFacts()
_BODY_NOT_KEPT = Redaction(path="response.body", rule="content_not_kept")
_MILLISECONDS_COUNT_S = 1e6  # a longer wait is kept in whole seconds


@dataclass(frozen=True, slots=True, repr=False)
class RawRequest:
    """A request as it arrived; `body` is content-decoded, None when it was not kept."""

    method: str
    target: str
    http_version: str | None
    """None where it cannot be seen, inside the client."""
    headers: RawHeaders
    body: bytes | None = None
    wire_bytes: int = 0
    body_state: BodyState | None = None
    """What the recorder already knows about the body: `too_large`, `undecodable`, `not_kept`."""


@dataclass(frozen=True, slots=True, repr=False)
class RawResponse:
    """The head of a response, and what was read from its body."""

    status: int
    http_version: str | None
    headers: RawHeaders
    read: ReadResponse


class RequestHead(NamedTuple):
    """What the head of a request tells; lines, route and credentials are raw in part."""

    lines: Sequence[HeaderLine]
    found: Mapping[str, HeaderLine]
    """By name; of several lines of one name the first."""
    route: RouteMatch
    auth: AuthFacts
    credentials: tuple[str, ...]
    """As of the projection."""


class RequestProjection(NamedTuple):
    """The safe half and, apart from it, the raw credentials for the gate and the auth source."""

    request: RequestFacts
    auth: AuthFacts
    redactions: tuple[Redaction, ...]
    credentials: tuple[str, ...]
    """Every credential of the request, the one that `auth` describes first; never stored."""


class ResponseProjection(NamedTuple):
    """The safe half and, apart from it, the raw credentials (cookies) for the gate."""

    response: ResponseFacts
    redactions: tuple[Redaction, ...]
    credentials: tuple[str, ...]


class Redactor:
    """Projects raw messages onto safe facts under one study's key."""

    def __init__(self, pseudonyms: Pseudonymiser) -> None:
        self.pseudonyms = pseudonyms
        self.shapes = Shapes(pseudonyms)
        self.route = Routes(pseudonyms).match
        """A request target's route, before the body has come."""
        self._bodies = Bodies(self.shapes)
        self.note_request_headers = HeaderNotes(self.shapes, "request").lines
        """Notes are remembered: noted once, a header line costs nothing any more."""
        self._response_lines = HeaderNotes(self.shapes, "response").lines

    def head(self, target: str, headers: RawHeaders) -> RequestHead:
        """What the head of a request tells, the credential above all."""
        lines, route = self.note_request_headers(headers), self.route(target)
        found = {line.name: line for line in reversed(lines)}
        return RequestHead(lines, found, route, *self._auth(found, lines, route))

    def request(self, raw: RawRequest, head: RequestHead | None = None) -> RequestProjection:
        """All that a record may know of a request; `head` is its head, where that is known."""
        lines, found, route, auth, credentials = head or self.head(raw.target, raw.headers)
        reading = self._bodies.read(
            raw.body, raw.wire_bytes, raw.body_state, _shown(found, "content-encoding")
        )
        model = reading.model if reading.model is not None else route.model
        shaped = None if model is None else self.shapes.of(ShapeName.MODEL, model)
        ids: dict[str, Any] = {
            name: _shown(found, *headers) for name, headers in RECORD_FIELDS.items()
        }
        facts = RequestFacts(
            method=self.shapes.of(ShapeName.METHOD, raw.method).text,
            path=route.path,
            tier=route.tier,
            protocol=route.protocol,
            query=route.query,
            http_version=self.shapes.http_version(raw.http_version),
            model=shaped.text if shaped else None,
            model_kept=shaped.whole if shaped else True,
            model_group=_group(model),
            user_agent=_shown(found, "user-agent"),
            **ids,
            headers=tuple([line.note for line in lines]),
            headers_cut=max(0, len(raw.headers) - MOST_HEADERS),
            header_bytes=None
            if raw.http_version is None
            else sum(len(name) + len(value) + 4 for name, value in raw.headers),
            body=reading.body,
        )
        notes = [line.redaction for line in lines if line.redaction]
        if route.pseudonymised:
            notes.append(Redaction(path="request.path", rule="id:path", count=route.pseudonymised))
        if route.query_values:
            notes.append(Redaction(path="request.query", rule="drop", count=route.query_values))
        if shaped is not None and not shaped.whole:
            notes.append(Redaction(path="request.model", rule="shape:model"))
        return RequestProjection(facts, auth, (*notes, *reading.redactions), credentials)

    def _auth(
        self, found: Mapping[str, HeaderLine], lines: Iterable[HeaderLine], route: RouteMatch
    ) -> tuple[AuthFacts, tuple[str, ...]]:
        secrets = [secret for line in lines for secret in line.secrets]
        secrets += route.query_credentials
        header: AuthHeader
        scheme: AuthScheme | None = None
        for name in KEY_HEADERS:
            if name in found and found[name].value:
                header = name
                scheme, key = split_credential(found[name].value)
                break
        else:
            if not route.query_credentials:
                return _NO_KEY, tuple(secrets)
            header, key = "query", route.query_credentials[0]
        kind = _kind_of(key)
        auth = _remembered_auth(
            header=header,
            kind=kind,
            pseudonym=None
            if kind in ("public", "none")
            else self.pseudonyms.of(Namespace.KEY, key),
            scheme=(scheme or "other") if header == "authorization" else None,
            count=sum(name in found for name in KEY_HEADERS) + len(route.query_credentials),
        )
        return auth, (key, *(secret for secret in secrets if secret != key))

    def response(self, raw: RawResponse) -> ResponseProjection:
        """All that a record may know of a response."""
        read, texts = raw.read, raw.read.raw
        lines = self._response_lines(raw.headers)
        found = {line.name: line for line in reversed(lines)}
        date = http_date(_value(found, "date") or "")
        cf_ray = _kept(found, "cf-ray")
        request_id = next(
            (found[name].note.pseudonym for name in REQUEST_ID_HEADERS if name in found), None
        )
        response = ResponseFacts(
            status=raw.status,
            http_version=self.shapes.http_version(raw.http_version),
            headers=tuple([line.note for line in lines]),
            headers_cut=max(0, len(raw.headers) - MOST_HEADERS),
            wire_bytes=bounded_count(read.wire_bytes),
            decoded_bytes=bounded_count(read.decoded_bytes),
            content_encoding=_kept(found, "content-encoding"),
            encoding=read.encoding,
            truncated=read.truncated,
            content_type=_kept(found, "content-type"),
            retry_after_s=_wait_s(_value(found, "retry-after"), date),
            retry_after_ms=_wait_ms(_value(found, "retry-after-ms")),
            date=date,
            server=_kept(found, "server"),
            cf_ray=cf_ray,
            colo=cf_ray[-3:] if cf_ray and "-" in cf_ray else None,
            edge_mitigated=_kept(found, "cf-mitigated"),
            request_id=request_id or self._identified(Namespace.REQUEST, texts.request_id),
            response_id=self._identified(Namespace.REQUEST, texts.response_id),
            workspace=self._identified(Namespace.WORKSPACE, texts.workspace),
            model=self._shaped(ShapeName.MODEL, texts.model),
            finish_reason=self._shaped(ShapeName.FINISH_REASON, texts.finish_reason),
            usage=read.usage,
            cost=read.cost,
            events=read.events,
            error_type=self._shaped(ShapeName.ERROR_TYPE, texts.error_type),
            error_code=self._shaped(ShapeName.ERROR_TYPE, texts.error_code),
            provider=self._shaped(ShapeName.PROVIDER, texts.provider),
        )
        redactions = [line.redaction for line in lines if line.redaction]
        if read.decoded_bytes or read.wire_bytes:
            redactions.append(_BODY_NOT_KEPT)
        secrets = tuple([secret for line in lines for secret in line.secrets])
        return ResponseProjection(response, tuple(redactions), secrets)

    def _shaped(self, shape: ShapeName, text: str | None) -> str | None:
        return None if text is None else self.shapes.of(shape, text).text

    def _identified(self, namespace: Namespace, text: str | None) -> str | None:
        return identify(text, namespace, self.pseudonyms)[0] if text else None


def _kind_of(key: str) -> AuthKind:
    if key == "":
        return "none"
    if key == PUBLIC_KEY:
        return "public"
    return "oc_sk" if key.startswith(OPENCODE_KEY.name) else "user_key"


def _group(model: str | None) -> str | None:
    """Zen's bucket: the first two characters of the model id, where they can be told."""
    group = (model or "")[:2].lower()
    return group if len(group) == 2 and group.isascii() and group.isalnum() else None


def _shown(found: Mapping[str, HeaderLine], *names: str) -> str | None:
    """The kept value, or the pseudonym, of the first of these headers that was sent."""
    note = next((found[name].note for name in names if name in found), None)
    return (note.value or note.pseudonym) if note else None


def _value(found: dict[str, HeaderLine], name: str) -> str | None:
    """The raw value of a header."""
    return found[name].value if name in found else None


def _kept(found: dict[str, HeaderLine], name: str) -> str | None:
    """The kept value of a header; a pseudonym stays in the header's note."""
    return found[name].note.value if name in found else None


def _number(text: str | None, most: float) -> float | None:
    """A plain number from 0 to `most`."""
    if text is None:
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and 0 <= number <= most else None


def _wait_ms(text: str | None) -> float | None:
    """A wait in whole milliseconds; nobody waits for fractions of one, or for more than a year."""
    wait = _number(text, LONGEST_WAIT_S * 1000)
    return None if wait is None else float(round(wait))


def _wait_s(text: str | None, since: datetime | None) -> float | None:
    """`retry-after` in seconds; an HTTP date counts from the server's own `date`."""
    wait = _number(text, LONGEST_WAIT_S)
    if wait is None and text and since:
        until = http_date(text)
        return min(max(0.0, (until - since).total_seconds()), LONGEST_WAIT_S) if until else None
    return None if wait is None else round(wait, 3 if wait < _MILLISECONDS_COUNT_S else 0)
