"""The whole records of a capture, one at a time, for commands that need more than the view.

A capture is gone through twice: once in the light view, which finds out what is in it and where,
and once more for the records themselves, in order of arrival. Invariant: no more than one record is
in memory.
"""

from collections.abc import Callable, Iterable, Iterator

from pawwork_proxy.captures.completeness import incomplete, summary_of
from pawwork_proxy.captures.lines import MAX_LINE_BYTES, read_line
from pawwork_proxy.captures.reader import Lines, view_capture
from pawwork_proxy.captures.sources import CaptureSource
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.view import ExchangeView
from pawwork_proxy.outcomes.rules import classify
from pawwork_proxy.report.language import ENGLISH, Language


class Records:
    """The records of one capture, those that `wanted` takes; outcomes by the current rules."""

    def __init__(
        self,
        source: CaptureSource,
        wanted: Callable[[ExchangeView], bool] = lambda _: True,
        language: Language = ENGLISH,
    ) -> None:
        """Go through the capture. Raises CaptureFormatError or BundleError."""
        self.unfit = 0
        """Records that the light view took, and that do not fit the schema after all."""
        self._source = source
        self._language = language
        self._places: list[tuple[int, int]] = []

        def seen(view: ExchangeView, lines: Lines) -> None:
            if wanted(view):
                self._places.append((view.seq, lines.offset))

        with source.open() as stream:
            self.capture = view_capture(source.path, stream, seen)
        self.summary = summary_of(self.capture, language=language)

    def __iter__(self) -> Iterator[Exchange]:
        with self._source.open() as stream:
            for _, offset in sorted(self._places):
                stream.seek(offset)
                line = read_line(stream.readline(MAX_LINE_BYTES))
                if isinstance(line, Exchange):
                    yield line.model_copy(update={"outcome": classify(line.signals)})
                else:
                    self.unfit += 1

    def remarks(self) -> Iterator[str]:
        """What is missing; of the records that were asked for, once they are read."""
        yield from incomplete([self.summary], self._language)
        yield from unfit([self], self._language)


def unfit(captures: Iterable[Records], language: Language = ENGLISH) -> Iterator[str]:
    """Which captures hold records that had to be left out when they were read whole."""
    for one in captures:
        if one.unfit:
            yield language.say(
                "{name}: {number} records do not fit the schema and are left out.",
                name=one.summary.name,
                number=one.unfit,
            )
