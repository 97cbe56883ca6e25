"""Who cut, and what the record says of it. That each is seen as what it is: proxy/test_failures."""

import pytest

from pawwork_proxy.model.outcome import Kind, Origin
from pawwork_proxy.model.signals import Ending
from pawwork_proxy.outcomes.rules import classify
from pawwork_proxy.responses.response_reader import ResponseReader
from tests.rows import each_row

BEGUN = b'data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":null}]}\n\n'
WHOLE = BEGUN + b'data: {"choices":[],"cost":"0"}\n\ndata: [DONE]\n\n'
STREAM = ("content-type", "text/event-stream")

WHO_CUT = {
    Origin.CLIENT: "client_left_before_answer client_left_midstream client_tls",
    # A break alone does not say whether the server, its provider or its edge is to blame.
    Origin.UNKNOWN: "upstream_cut upstream_reset upstream_protocol timeout",
    Origin.EDGE: "upstream_refused upstream_unresolvable upstream_unreachable upstream_tls",
    Origin.CHAINED_PROXY: "chained_proxy_down chained_proxy_password chained_proxy_refused",
    Origin.PROXY: "killed proxy_error interrupted",
}
NOBODY = "complete client_left_after_body websocket unstated"
ROWS = [(Ending(one), who) for who, endings in WHO_CUT.items() for one in endings.split()]


def test_every_ending_has_its_row() -> None:
    named = [ending for ending, _ in ROWS] + [Ending(one) for one in NOBODY.split()]
    assert sorted(named) == sorted(Ending)


@each_row("ending, who", ROWS)
@each_row("answered", [True, False])
def test_a_cut_is_blamed_on_who_cut(ending: Ending, who: Origin, *, answered: bool) -> None:
    reader = ResponseReader(200 if answered else None, [STREAM] if answered else [])
    reader.feed(BEGUN if answered else b"")
    outcome = classify(reader.finish(ending).signals)
    assert (outcome.kind, outcome.origin) == (Kind.TRANSPORT_ERROR, who)


@pytest.mark.parametrize("ending", ["complete", "client_left_after_body"])
def test_a_whole_answer_was_cut_by_nobody(ending: str) -> None:
    reader = ResponseReader(200, [STREAM])
    reader.feed(WHOLE)
    assert classify(reader.finish(Ending(ending)).signals).kind is Kind.SUCCESS


@pytest.mark.parametrize(
    ("ending", "kind"),
    [(Ending.COMPLETE, Kind.UNKNOWN), (Ending.UPSTREAM_CUT, Kind.TRANSPORT_ERROR)],
)
def test_a_whole_answer_in_a_coding_that_we_do_not_know_is_whole(
    ending: Ending, kind: Kind
) -> None:
    reader = ResponseReader(200, [STREAM, ("content-encoding", "dcb")])
    reader.feed(b"\x01\x02\x03")
    assert classify(reader.finish(ending).signals).kind is kind
