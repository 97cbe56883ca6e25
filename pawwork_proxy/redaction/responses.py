"""Raw response → `ResponseFacts`: typed headers, shaped words, counts.

Invariant: total; a reason phrase is not even an argument.
"""

import math
from datetime import datetime
from typing import NamedTuple

from pawwork_proxy.facts.fields import REQUEST_ID_HEADERS
from pawwork_proxy.facts.identifiers import Namespace
from pawwork_proxy.model.exchange import Redaction
from pawwork_proxy.model.numbers import LONGEST_WAIT_S, bounded_count
from pawwork_proxy.model.response import ResponseFacts
from pawwork_proxy.redaction.headers import MOST_HEADERS, HeaderNotes, Line
from pawwork_proxy.redaction.raw import RawResponse
from pawwork_proxy.redaction.shapes import ShapeName, Shapes
from pawwork_proxy.redaction.values import identify
from pawwork_proxy.responses.waits import http_date

_BODY_NOT_KEPT = Redaction(path="response.body", rule="content_not_kept")
_MILLISECONDS_COUNT_S = 1e6  # a longer wait is kept in whole seconds


class ResponseProjection(NamedTuple):
    """The safe half and, apart from it, the raw credentials (cookies) for the gate."""

    response: ResponseFacts
    redactions: tuple[Redaction, ...]
    credentials: tuple[str, ...]


class Responses:
    """Projects responses under one study's shapes."""

    def __init__(self, shapes: Shapes, notes: HeaderNotes) -> None:
        self._shapes = shapes
        self._notes = notes

    def project(self, raw: RawResponse) -> ResponseProjection:
        """All that a record may know of a response."""
        read, texts = raw.read, raw.read.raw
        lines = self._notes.lines(raw.headers)
        found = {line.name: line for line in reversed(lines)}
        date = http_date(_value(found, "date") or "")
        cf_ray = _kept(found, "cf-ray")
        request_id = next(
            (found[name].note.pseudonym for name in REQUEST_ID_HEADERS if name in found), None
        )
        response = ResponseFacts(
            status=raw.status,
            http_version=self._shapes.of(ShapeName.HTTP_VERSION, raw.http_version).text,
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
        return None if text is None else self._shapes.of(shape, text).text

    def _identified(self, namespace: Namespace, text: str | None) -> str | None:
        return identify(text, namespace, self._shapes.pseudonyms)[0] if text else None


def _value(found: dict[str, Line], name: str) -> str | None:
    """The raw value of a header."""
    return found[name].value if name in found else None


def _kept(found: dict[str, Line], name: str) -> str | None:
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
