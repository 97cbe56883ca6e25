"""What the capture of a run says of its clients: when one asked a model, or turned us down."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from pawwork_proxy.captures.reader import Capture, opened_capture, view_capture
from pawwork_proxy.errors import CaptureFormatError
from pawwork_proxy.facts.clients import sender_of
from pawwork_proxy.facts.server import MODEL_PROTOCOLS
from pawwork_proxy.model.context import AuthSource, Route
from pawwork_proxy.model.request import AuthKind, Tier
from pawwork_proxy.model.view import ExchangeView


class Message(NamedTuple):
    """One request to a model, as support asks about it."""

    client: str
    """Its name and release, as far as the request tells."""
    install: str
    route: Route
    tier: Tier
    auth: AuthKind
    auth_source: AuthSource
    outcome: str


class Heard(NamedTuple):
    """What a capture holds so far."""

    asked_at: datetime | None = None
    """When a model was asked last."""
    turned_down_at: datetime | None = None
    last: Message | None = None


def heard_in(path: Path) -> Heard:
    """What a capture says now; nothing where it cannot be read."""
    last: ExchangeView | None = None

    def seen(exchange: ExchangeView, _: object) -> None:
        nonlocal last
        if exchange.request.protocol in MODEL_PROTOCOLS:
            last = exchange

    try:
        with opened_capture(path) as stream:
            capture: Capture = view_capture(path, stream, seen)
    except CaptureFormatError:
        return Heard()
    down = [note.at for note in capture.notes if note.event == "client_distrusts_ca"]
    return Heard(
        last.timing.started_at if last else None,
        max(down, default=None),
        _message(last) if last else None,
    )


def _message(call: ExchangeView) -> Message:
    request = call.request
    return Message(
        client=sender_of(request).name,
        install=call.context.install,
        route=call.context.route,
        tier=request.tier,
        auth=call.auth.kind,
        auth_source=call.auth_source.source,
        outcome=call.outcome.kind,
    )
