"""Exchanges as HAR 1.2 without content: methods, routes, kept headers, sizes, timings.

Invariant: no body, no cookie, no query value; header values are those that a record keeps.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pawwork_proxy import __version__
from pawwork_proxy.facts.server import HOST
from pawwork_proxy.model.capture import Header
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.request import HeaderNote

UNKNOWN = -1
"""HAR's own word for a size or a duration that is not known."""


def har_text(exchanges: Iterable[tuple[Header, Exchange]]) -> Iterator[str]:
    """The HAR document, one entry at a time."""
    creator = json.dumps({"name": "pawwork-proxy", "version": __version__})
    yield f'{{"log": {{"version": "1.2", "creator": {creator}, "entries": ['
    between = "\n"
    for header, exchange in exchanges:
        yield between + json.dumps(_entry(header, exchange))
        between = ",\n"
    yield "\n]}}\n"


def _entry(header: Header, one: Exchange) -> dict[str, Any]:
    timing, answer = one.timing, one.response
    wait = max((timing.first_byte_ms or 0) - (timing.request_sent_ms or 0), 0)
    receive = max((timing.total_ms or 0) - (timing.first_byte_ms or 0), 0)
    host = "simulator.invalid" if header.simulated else HOST
    unobserved = one.signals.unobserved
    entry = {
        "startedDateTime": timing.started_at.isoformat(),
        "time": (timing.request_sent_ms or 0) + wait + receive,
        "request": {
            "method": one.request.method,
            "url": f"https://{host}{one.request.path}",
            "httpVersion": one.request.http_version or "",
            "cookies": [],
            "headers": _headers(one.request.headers),
            "queryString": [{"name": name, "value": ""} for name in one.request.query],
            "headersSize": one.request.header_bytes or UNKNOWN,
            "bodySize": one.request.body.wire_bytes,
        },
        "response": {
            "status": answer.status if answer else 0,
            "statusText": "",
            "httpVersion": (answer.http_version or "") if answer else "",
            "cookies": [],
            "headers": _headers(answer.headers) if answer else [],
            "content": {
                "size": (answer.decoded_bytes or 0) if answer else 0,
                "mimeType": (answer.content_type or "") if answer else "",
            },
            "redirectURL": "",
            "headersSize": UNKNOWN,
            "bodySize": answer.wire_bytes if answer else UNKNOWN,
        },
        "cache": {},
        "timings": {"send": timing.request_sent_ms or 0, "wait": wait, "receive": receive},
        "_capture": header.capture_id,
        "_seq": one.seq,
        "_install": one.context.install,
        "_simulated": header.simulated,
        "_outcome": one.outcome.kind.value,
        "_retryAfterS": one.outcome.retry_after_s,
    }
    if one.answered_here:
        entry["_answeredHere"] = True
    if unobserved is not None:
        entry["comment"] = f"Observed in part; what passed unseen: {', '.join(unobserved)}."
    return entry


def _headers(notes: Sequence[HeaderNote]) -> list[dict[str, str]]:
    return [{"name": note.name, "value": note.value or note.pseudonym or ""} for note in notes]
