"""The one door to redaction: a run's pseudonyms, shapes and projections, wired together.

Invariant: the recorder gets safe facts from here and from nowhere else.
"""

from pawwork_proxy.redaction.headers import HeaderNotes
from pawwork_proxy.redaction.pseudonyms import Pseudonymiser
from pawwork_proxy.redaction.raw import RawRequest, RawResponse
from pawwork_proxy.redaction.requests import RequestProjection, Requests
from pawwork_proxy.redaction.responses import ResponseProjection, Responses
from pawwork_proxy.redaction.routes import RouteMatch
from pawwork_proxy.redaction.shapes import Shapes


class Redactor:
    """Projects raw messages onto safe facts under one study's key."""

    def __init__(self, pseudonyms: Pseudonymiser) -> None:
        self.pseudonyms = pseudonyms
        self.shapes = Shapes(pseudonyms)
        self._requests = Requests(self.shapes, HeaderNotes(self.shapes, "request"))
        self._responses = Responses(self.shapes, HeaderNotes(self.shapes, "response"))

    def route(self, target: str) -> RouteMatch:
        """A request target's route, before the body has come."""
        return self._requests.route(target)

    def request(self, raw: RawRequest) -> RequestProjection:
        """The request half of a record."""
        return self._requests.project(raw)

    def response(self, raw: RawResponse) -> ResponseProjection:
        """The response half of a record."""
        return self._responses.project(raw)
