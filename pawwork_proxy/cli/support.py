"""What `bundle show` has read: what each install met, where each stands, and who asked."""

from datetime import datetime

from pawwork_proxy.bundle.support_view import SupportRows, meeting_of
from pawwork_proxy.captures.completeness import summary_of
from pawwork_proxy.captures.lines import outcome_of
from pawwork_proxy.captures.reader import view_capture
from pawwork_proxy.captures.sources import CaptureSource, header_of
from pawwork_proxy.errors import PawworkProxyError
from pawwork_proxy.facts.clients import sender_of
from pawwork_proxy.model.comparison_input import CaptureSummary
from pawwork_proxy.model.support import Meeting
from pawwork_proxy.model.view import ExchangeView
from pawwork_proxy.outcomes.rules import classify
from pawwork_proxy.report.advice import advice, weight
from pawwork_proxy.report.client_text import Senders
from pawwork_proxy.report.language import ENGLISH, Language
from pawwork_proxy.report.programs import Programs
from pawwork_proxy.report.trouble import Troubles


class Support:
    """The support view of captures, one after the other."""

    def __init__(self, language: Language = ENGLISH) -> None:
        """Nothing is read yet."""
        self._language = language
        self.senders, self.programs = Senders(language), Programs(language)
        self.troubles = Troubles()
        self._together = SupportRows[Meeting]()
        self._decisive: tuple[tuple[int, datetime], ExchangeView] | None = None

    def read(self, source: CaptureSource) -> CaptureSummary:
        """Go through a capture. Raises CaptureFormatError or BundleError."""
        header = header_of(source)

        def take(exchange: ExchangeView, _: object) -> None:
            assert header is not None  # no exchange is handed on before it
            outcome = outcome_of(exchange.signals)
            self._together.add(meeting_of(exchange, outcome, header))
            self.troubles.add(exchange, outcome)
            self.senders.add(exchange, outcome)
            self.programs.add(exchange)
            rank = (weight(outcome), exchange.timing.started_at)
            if self._decisive is None or rank >= self._decisive[0]:
                self._decisive = rank, exchange

        with source.open() as stream:
            capture = view_capture(source.path, stream, take)
        return summary_of(capture, language=self._language)

    def rows(self) -> tuple[Meeting, ...]:
        """What has come together; by install, then last seen."""
        return self._together.rows()

    def reply(self, language: Language) -> tuple[str, ...]:
        """What to answer on the exchange that matters most. Raises PawworkProxyError: none."""
        if self._decisive is None:
            raise PawworkProxyError("nobody has asked anything", "show a capture with exchanges")
        _, exchange = self._decisive
        return advice(classify(exchange.signals), sender_of(exchange.request), language).reply
