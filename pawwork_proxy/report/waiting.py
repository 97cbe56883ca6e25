"""A refusal that makes a client wait for hours in silence, told to whoever sits before it."""

from collections.abc import Iterator
from datetime import UTC

from pawwork_proxy.facts.clients import sender_of
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.outcomes.rules import classify
from pawwork_proxy.report.advice import advice
from pawwork_proxy.report.client_text import of_sender
from pawwork_proxy.report.language import ENGLISH
from pawwork_proxy.report.moments import moment
from pawwork_proxy.report.words import duration
from pawwork_proxy.report.wrapping import wrapped


def waiting_lines(exchange: Exchange, pid: int) -> Iterator[str]:
    """What was refused and until when, what the client does, and how the process `pid` is ended."""
    outcome, request = classify(exchange.signals), exchange.request
    end, sender = outcome.reset_at, sender_of(request)
    zone = end.astimezone().tzinfo if end else None
    told = advice(outcome, sender, ENGLISH, zone or UTC)
    model = f" {request.model}" if request.model else ""
    until = f", until {moment(end, ENGLISH, zone or UTC)}" if end else ""
    yield from wrapped(f"pawwork-proxy: refused{model}: {told.meaning}", rest="    ")
    for line in (
        f"The server says to wait {duration(outcome.retry_after_s or 0.0)}{until}.",
        " ".join(told.client),
        of_sender(sender, outcome.client),
        "The refusal is in the capture: nothing more is needed.",
        f"To end both, quit the client, press Ctrl-C, or end process {pid}.",
    ):
        yield from wrapped(line, "  ", "    ")
