"""The programs behind requests, with their versions, as the system or the client itself told."""

from collections import Counter
from collections.abc import Iterator

from pawwork_proxy.model.context import ClientProcess
from pawwork_proxy.model.view import ExchangeView
from pawwork_proxy.report.words import counted, printable


def program_of(process: ClientProcess | None) -> str:
    """A program and its version, as far as they are known."""
    if process is None:
        return "-"
    runtime = process.runtime
    told = filter(None, (process.name, process.version))
    on = filter(None, (runtime.name, runtime.version)) if runtime else ()
    return " on ".join(filter(None, (" ".join(told), " ".join(on))))


class Programs:
    """Which programs asked for each install; those of which no version is known are left out."""

    def __init__(self) -> None:
        """Nobody has asked yet."""
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, exchange: ExchangeView) -> None:
        """Take an exchange."""
        process = exchange.context.client
        if process and (process.version or process.runtime):
            self._counts[exchange.context.install, program_of(process)] += 1

    def lines(self) -> Iterator[str]:
        """A line for each."""
        for (install, program), count in sorted(self._counts.items()):
            yield printable(f"{install} is {program} ({counted(count, 'request')})")
