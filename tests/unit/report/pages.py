"""Pages made from a few made-up exchanges, without files in between: labels can be anything."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, timedelta

from pawwork_proxy.comparison.compare import compare
from pawwork_proxy.inventory.inventory import take_inventory
from pawwork_proxy.model.comparison_input import CaptureSummary, ComparisonInput
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.observation import Observation
from pawwork_proxy.model.signals import Ending
from pawwork_proxy.model.verdict import Comparison, Note, NoteId
from pawwork_proxy.outcomes.rules import judge
from pawwork_proxy.report.answer import answer_of
from pawwork_proxy.report.language import language
from pawwork_proxy.report.page import render_report
from pawwork_proxy.responses.response_reader import ResponseReader
from tests.unit.builders import header
from tests.unit.captures.studies import MORNING, observed, one
from tests.unit.comparison.builders import Diary
from tests.unit.report.answers import BEIJING, FILES, odd, shared_address

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


def page_of_study(
    made: list[Observation] | Comparison, lang: str, seen: Sequence[Observation] = ()
) -> str:
    """The page of a study of `answers.STUDIES`, with the next step.

    `seen`: what a comparison was made of, if it is another study.
    """
    seen = (seen or shared_address()) if isinstance(made, Comparison) else made
    comparison = made if isinstance(made, Comparison) else compare(seen)
    if not comparison.next_experiment:
        planned = compare(seen).next_experiment
        comparison = comparison.model_copy(update={"next_experiment": planned})
    spoken = language(lang)
    answer = answer_of(comparison, spoken, BEIJING, FILES)
    inputs = ComparisonInput(captures=(), observations=tuple(seen))
    return render_report(comparison, inputs, answer, language=spoken)


def wordy() -> Comparison:
    """Everything that makes an answer long at once."""
    found, rivals = odd(), ("region", "user_agent", "model", "install")
    limit = found.limits[0]
    undecided = tuple(
        verdict.model_copy(update={"finding": "undetermined", "reason": "insufficient"})
        if verdict.dimension in {"address", "prefix", "network"}
        else verdict
        for verdict in limit.verdicts
    )
    possible = tuple(("address", name) for name in rivals)
    changes = {"verdicts": undecided, "hypotheses": possible, "ranked": ()}
    first = limit.model_copy(update=changes)
    others = [first.model_copy(update={"origin": f"relayed:provider {n}"}) for n in range(3)]
    ids: tuple[NoteId, ...] = ("chained_proxy", "address_not_known", "several_limiters")
    notes = tuple(Note(id=name) for name in ids)
    return found.model_copy(update={"limits": (first, *others), "notes": notes, "simulated": True})


def crowd(counted_by: str, *, installs: int, networks: int, keys: int) -> list[Observation]:
    """Three days of many people whose names are long."""
    seen: list[Observation] = []
    for day in range(3):
        diary = Diary(start=MORNING + timedelta(days=day), seq=10_000 * day)
        used: Counter[str] = Counter()
        for number in [*range(installs)] * 8:
            network, key = number % networks, number % keys
            who = {"install": f"laptop-of-person-{number:02} {number:06x}", "key": f"key:{key}"}
            who |= {"network": f"network-{network}", "address": f"ip:{network}"}
            who |= {"session": f"ses:{number}-{day}", "auth_kind": "user_key"}
            refused = used[who[counted_by]] >= 5
            used[who[counted_by]] += 1
            (diary.refused if refused else diary.admitted)(**who)
        seen += diary.seen
    return seen


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
