"""A refusal that makes a client wait for hours in silence, told to whoever sits before it."""

from collections.abc import Iterator
from datetime import UTC

from pawwork_proxy.facts.clients import sender_of
from pawwork_proxy.facts.outcomes import MEANINGS
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.outcomes.rules import classify
from pawwork_proxy.report.client_text import of_sender
from pawwork_proxy.report.language import ENGLISH
from pawwork_proxy.report.moments import moment
from pawwork_proxy.report.words import duration
from pawwork_proxy.report.wrapping import wrapped


def waiting_lines(exchange: Exchange, pid: int) -> Iterator[str]:
    """What was refused and until when, what the client does, and how the process `pid` is ended."""
    outcome, request = exchange.outcome, exchange.request
    model = f" {request.model}" if request.model else ""
    yield from wrapped(
        f"pawwork-proxy: refused{model}: {MEANINGS[outcome.kind].sentence}", rest="    "
    )
    end = outcome.reset_at
    until = f", until {moment(end, ENGLISH, end.astimezone().tzinfo or UTC)}" if end else ""
    for line in (
        f"The server says to wait {duration(outcome.retry_after_s or 0.0)}{until}.",
        of_sender(sender_of(request), classify(exchange.signals).client),
        "The refusal is in the capture: nothing more is needed.",
        f"To end both, quit the client, press Ctrl-C, or end process {pid}.",
    ):
        yield from wrapped(line, "  ", "    ")
