"""Findings that `run` and `launch` tell of while the traffic passes."""

import click

from pawwork_proxy.cli.naming import typed
from pawwork_proxy.diagnosis.checks import Finding, finding
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.signals import Ending
from pawwork_proxy.recording.counts import Watcher
from pawwork_proxy.report.words import printable
from pawwork_proxy.report.wrapping import wrapped

CHAINED_PROXY = {
    Ending.CHAINED_PROXY_DOWN: "chained_proxy_down",
    Ending.CHAINED_PROXY_PASSWORD: "chained_proxy_password",
    Ending.CHAINED_PROXY_REFUSED: "chained_proxy_refuses",
}
"""What is wrong with the user's own proxy, by how an exchange ended."""


class Warner(Watcher):
    """Says each finding once, also that the user's own proxy opens no way out."""

    chained = ""
    """Address of that proxy, if the traffic leaves through one."""

    def __init__(self) -> None:
        self._warned: set[Finding] = set()

    def recorded(self, exchange: Exchange) -> None:
        """Look at an exchange that is over."""
        wrong = CHAINED_PROXY.get(exchange.signals.ending)
        if wrong is not None:
            self.warn(finding(wrong, address=self.chained, given=""))

    def warn(self, found: Finding) -> None:
        """Say a finding with its remedy, each once; from any thread."""
        if found not in self._warned:
            self._warned.add(found)
            self.say(warning(found))

    def say(self, words: str) -> None:
        """Put words where the user sees them."""
        click.echo(words, err=True)


def warning(found: Finding) -> str:
    """A finding with its remedy, as lines."""
    lines = wrapped(f"warning: {found.finding}") + wrapped(typed(found.remedy), "  ", "  ")
    return printable("\n".join(lines))
