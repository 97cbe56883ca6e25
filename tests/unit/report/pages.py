"""Pages made from a few made-up exchanges, without files in between: labels can be anything."""

from datetime import UTC

from pawwork_proxy.comparison.compare import compare
from pawwork_proxy.inventory.inventory import take_inventory
from pawwork_proxy.model.comparison_input import CaptureSummary, ComparisonInput
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.signals import Ending
from pawwork_proxy.outcomes.rules import judge
from pawwork_proxy.report.answer import answer_of
from pawwork_proxy.report.language import language
from pawwork_proxy.report.page import render_report
from pawwork_proxy.responses.response_reader import ResponseReader
from tests.unit.builders import header
from tests.unit.captures.studies import MORNING, observed, one

CHUNK = (
    b'data: {"id":"1","object":"chat.completion.chunk",'
    b'"choices":[{"index":0,"delta":{"content":"x"}}]}\n\n'
)


def page(exchanges: list[Exchange], *, lang: str = "en", watched: int = 0, **changes: str) -> str:
    head = header(simulated=True)
    inputs = ComparisonInput(
        captures=(
            CaptureSummary(
                name="a.jsonl",
                capture_id=head.capture_id,
                study_id=head.study_id,
                tool_version="0.1.0",
                started_at=MORNING,
                exchanges=len(exchanges),
                simulated=True,
                ended=True,
            ).model_copy(update=changes),
        ),
        observations=tuple(observed(head, exchanges)),
    )
    comparison = compare(inputs.observations)
    spoken = language(lang)
    answer = answer_of(comparison, spoken, UTC, {head.capture_id: "a.jsonl"})
    inventory = take_inventory([(head, exchanges)])
    return render_report(comparison, inputs, answer, inventory, language=spoken, watched=watched)


def study() -> list[Exchange]:
    return [
        *(one(seq, 1) for seq in range(1, 6)),
        one(6, 1, refused=True),
        one(7, 1, refused=True),
        one(8, 2, session=2, refused=True),
        one(9, 2, session=2, refused=True),
        one(10, 1, address=2),
        one(11, 1, address=2),
        one(12, 1, refused=True),
    ]


def aborted(seq: int, install: int) -> Exchange:
    """An exchange whose client left in the middle of the answer."""
    whole = one(seq, install)
    reader = ResponseReader(200, [("content-type", "text/event-stream")])
    reader.feed(CHUNK)
    signals = reader.finish(Ending.CLIENT_LEFT_MIDSTREAM).signals
    return whole.model_copy(update={"signals": signals, "outcome": judge(signals)})


def named(exchange: Exchange, name: str) -> Exchange:
    """The same from an install and a network of that name."""
    context = exchange.context.model_copy(update={"install": name, "network": name})
    return exchange.model_copy(update={"context": context})
