"""The programs behind requests, with their versions, as the system or the client itself told."""

from collections import Counter
from collections.abc import Iterator

from pawwork_proxy.model.context import ClientProcess
from pawwork_proxy.model.view import ExchangeView
from pawwork_proxy.report.language import ENGLISH, Language
from pawwork_proxy.report.words import printable


def program_of(process: ClientProcess | None, language: Language = ENGLISH) -> str:
    """A program and its version, as far as they are known."""
    if process is None:
        return "-"
    runtime = process.runtime
    program = " ".join(filter(None, (process.name, process.version)))
    beneath = " ".join(filter(None, (runtime.name, runtime.version))) if runtime else ""
    if program and beneath:
        return language.say("{program} on {runtime}", program=program, runtime=beneath)
    return program or beneath


class Programs:
    """Which programs asked for each install; those of which no version is known are left out."""

    def __init__(self, language: Language = ENGLISH) -> None:
        """Nobody has asked yet."""
        self._language = language
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, exchange: ExchangeView) -> None:
        """Take an exchange."""
        process = exchange.context.client
        if process and (process.version or process.runtime):
            self._counts[exchange.context.install, program_of(process, self._language)] += 1

    def lines(self) -> Iterator[str]:
        """A line for each."""
        for (install, program), count in sorted(self._counts.items()):
            requests = self._language.count("{number} request", "{number} requests", count)
            said = self._language.say(
                "{install} is {program} ({requests})",
                install=install,
                program=program,
                requests=requests,
            )
            yield printable(said)
