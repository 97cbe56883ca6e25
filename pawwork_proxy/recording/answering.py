"""Which model calls of a run are answered here instead of by the server, as the user asked.

Pure. Invariants: a call that is answered here is never sent to the upstream; what is no model call,
or is not chosen, goes there as ever.
"""

from dataclasses import dataclass

from pawwork_proxy.facts.server import MODEL_PROTOCOLS, endpoint
from pawwork_proxy.recording.destination import Upstream
from pawwork_proxy.wire.bounded_json import json_object


@dataclass(frozen=True)
class Choice:
    """Which model calls are answered here; without any condition, all are."""

    model: str | None = None
    """Only calls of this model."""
    every: int = 1
    """Only each n-th of them."""
    times: int | None = None
    """Only so many; after them the server answers again."""


class Answering:
    """Chooses among the model calls of one run; `source` is who makes the answers."""

    def __init__(self, choice: Choice, source: Upstream) -> None:
        self.source = source
        self._choice = choice
        self._matching = 0
        self._answered = 0

    def may_take(self, method: str, path: str) -> bool:
        """Whether it depends on the body of this request if it is answered here."""
        asked = endpoint(path.partition("?")[0])
        served = asked.base is not None and asked.protocol in asked.base.serves
        exhausted = self._answered == self._choice.times
        model_call = method == "POST" and served and asked.protocol in MODEL_PROTOCOLS
        return model_call and not asked.between and not exhausted

    def takes(self, path: str, body: bytes) -> bool:
        """Whether this call is answered here; each call is asked about once, in its order."""
        choice = self._choice
        if choice.model is not None and choice.model != _model_of(path, body):
            return False
        self._matching += 1
        chosen = self._matching % choice.every == 0 and self._answered != choice.times
        self._answered += chosen
        return chosen


def _model_of(path: str, body: bytes) -> str | None:
    """The model that a call asks: it stands in the path or in the body."""
    in_path = endpoint(path.partition("?")[0]).model
    if in_path is not None:
        return in_path
    model = (json_object(body) or {}).get("model")
    return model if isinstance(model, str) else None
