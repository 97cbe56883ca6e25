"""Raw request → `RequestFacts` and `AuthFacts`: the request half of a record, constructed.

Invariant: total; whatever the bytes are, the result is built from shapes, counts and pseudonyms.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from pawwork_proxy.facts.fields import KEY_HEADERS
from pawwork_proxy.facts.identifiers import OPENCODE_KEY, Namespace
from pawwork_proxy.model.exchange import Redaction
from pawwork_proxy.model.request import (
    AuthFacts,
    AuthHeader,
    AuthKind,
    AuthScheme,
    RequestFacts,
)
from pawwork_proxy.redaction.bodies import Bodies, BodyReading
from pawwork_proxy.redaction.headers import (
    MOST_HEADERS,
    PUBLIC_KEY,
    HeaderNotes,
    Line,
    split_credential,
)
from pawwork_proxy.redaction.raw import RawRequest
from pawwork_proxy.redaction.routes import RouteMatch, Routes
from pawwork_proxy.redaction.shapes import ShapeName, Shapes


class RequestProjection(NamedTuple):
    """The safe half and, apart from it, the raw credentials for the gate and the auth source."""

    request: RequestFacts
    auth: AuthFacts
    redactions: tuple[Redaction, ...]
    credentials: tuple[str, ...]
    """Every credential of the request, the one that `auth` describes first; never stored."""


class Requests:
    """Projects requests under one study's shapes."""

    def __init__(self, shapes: Shapes, notes: HeaderNotes) -> None:
        self._shapes = shapes
        self._notes = notes
        self._routes = Routes(shapes.pseudonyms)
        self._bodies = Bodies(shapes)

    def route(self, target: str) -> RouteMatch:
        """The route alone, for the line that is written before the body has come."""
        return self._routes.match(target)

    def project(self, raw: RawRequest) -> RequestProjection:
        """All that a record may know of a request."""
        route = self._routes.match(raw.target)
        lines = self._notes.lines(raw.headers)
        reading = self._bodies.read(raw)
        by_name = {line.name: line for line in reversed(lines)}
        auth, credentials = self._auth(by_name, lines, route)
        model = reading.model if reading.model is not None else route.model
        shaped = None if model is None else self._shapes.of(ShapeName.MODEL, model)
        facts = RequestFacts(
            method=self._shapes.of(ShapeName.METHOD, raw.method).text,
            path=route.path,
            tier=route.tier,
            protocol=route.protocol,
            query=route.query,
            http_version=self._shapes.of(ShapeName.HTTP_VERSION, raw.http_version).text,
            model=shaped.text if shaped else None,
            model_kept=shaped.whole if shaped else True,
            model_group=_group(model),
            user_agent=_value(by_name, "user-agent"),
            client=_value(by_name, "x-opencode-client"),
            session=_value(by_name, "x-opencode-session"),
            request=_value(by_name, "x-opencode-request"),
            project=_value(by_name, "x-opencode-project"),
            workspace=_value(by_name, "x-opencode-workspace"),
            headers=tuple([line.note for line in lines]),
            headers_cut=max(0, len(raw.headers) - MOST_HEADERS),
            header_bytes=sum(len(name) + len(value) + 4 for name, value in raw.headers),
            body=reading.body,
        )
        redactions = _redactions(lines, route, reading, shaped is not None and not shaped.whole)
        return RequestProjection(facts, auth, redactions, credentials)

    def _auth(
        self, by_name: dict[str, Line], lines: Iterable[Line], route: RouteMatch
    ) -> tuple[AuthFacts, tuple[str, ...]]:
        secrets = [secret for line in lines for secret in line.secrets]
        secrets += route.query_credentials
        header: AuthHeader = "none"
        scheme: AuthScheme | None = None
        key = ""
        for name in KEY_HEADERS:
            if name in by_name and by_name[name].value:
                header = name
                scheme, key = split_credential(by_name[name].value)
                break
        else:
            if route.query_credentials:
                header, key = "query", route.query_credentials[0]
        if header == "none":
            return _NO_AUTH, tuple(secrets)
        kind = _kind_of(key)
        carried = sum(name in by_name for name in KEY_HEADERS) + len(route.query_credentials)
        auth = _facts(
            header,
            kind,
            None if kind in ("public", "none") else self._shapes.pseudonyms.of(Namespace.KEY, key),
            (scheme or "other") if header == "authorization" else None,
            carried,
        )
        return auth, (key, *(secret for secret in secrets if secret != key))


_NO_AUTH = AuthFacts()


@lru_cache(maxsize=256)
def _facts(
    header: AuthHeader, kind: AuthKind, pseudonym: str | None, scheme: AuthScheme | None, count: int
) -> AuthFacts:
    """Remembered, since a client sends the same key again and again."""
    return AuthFacts(header=header, kind=kind, pseudonym=pseudonym, scheme=scheme, count=count)


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


def _value(by_name: dict[str, Line], name: str) -> str | None:
    """The kept value of a header, or its pseudonym."""
    line = by_name.get(name)
    return (line.note.value or line.note.pseudonym) if line else None


def _redactions(
    lines: Iterable[Line], route: RouteMatch, reading: BodyReading, model_refused: bool
) -> tuple[Redaction, ...]:
    notes = [line.redaction for line in lines if line.redaction]
    if route.pseudonymised:
        notes.append(Redaction(path="request.path", rule="id:path", count=route.pseudonymised))
    if route.query_values:
        notes.append(Redaction(path="request.query", rule="drop", count=route.query_values))
    if model_refused:
        notes.append(Redaction(path="request.model", rule="shape:model"))
    return (*notes, *reading.redactions)
