"""Findings that `run` and `launch` tell of while the traffic passes."""

from pawwork_proxy.cli.naming import typed
from pawwork_proxy.diagnosis.checks import Finding, finding
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.signals import Ending
from pawwork_proxy.report.words import printable
from pawwork_proxy.report.wrapping import wrapped

CHAINED_PROXY = {
    Ending.CHAINED_PROXY_DOWN: "chained_proxy_down",
    Ending.CHAINED_PROXY_PASSWORD: "chained_proxy_password",
    Ending.CHAINED_PROXY_REFUSED: "chained_proxy_refuses",
}
"""What is wrong with the user's own proxy, by how an exchange ended."""


def of_chained_proxy(exchange: Exchange, address: str) -> Finding | None:
    """What is wrong with the user's own proxy, at this address, if it opened no way out."""
    wrong = CHAINED_PROXY.get(exchange.signals.ending)
    return None if wrong is None else finding(wrong, address=address, given="")


def warning(found: Finding) -> str:
    """A finding with its remedy, as lines."""
    lines = wrapped(f"warning: {found.finding}") + wrapped(typed(found.remedy), "  ", "  ")
    return printable("\n".join(lines))
