"""How long and how many: of each bound on a kept text, the last that is kept and the first not.

Every text is made of words that a record may hold, so that nothing but its size speaks against it.
"""

import pytest

from pawwork_proxy.redaction.redactor import Redactor
from tests.unit.builders import raw_response
from tests.unit.redaction.test_projections import body, request


@pytest.mark.parametrize(("repeats", "shown"), [(19, True), (20, False)])
def test_the_longest_model_id_has_96_characters(
    redactor: Redactor, repeats: int, *, shown: bool
) -> None:
    model = "free/" * repeats + "f"
    assert len(model) == (96 if shown else 101)
    assert redactor.request(request(sent=body(model=model))).request.model_kept is shown
    answer = redactor.response(raw_response(200, "HTTP/1.1", [], model=model)).response
    assert (answer.model == model) is shown


def test_a_model_id_of_97_characters_is_too_long(redactor: Redactor) -> None:
    model = "free/" * 19 + "v1"
    assert len(model) == 97
    assert redactor.request(request(sent=body(model=model[:-1]))).request.model_kept
    assert not redactor.request(request(sent=body(model=model))).request.model_kept


LISTS = [
    ("accept", "*/*", 12),
    ("accept-language", "de", 12),
    ("accept-encoding", "gzip", 12),
    ("connection", "close", 6),
    ("cache-control", "no-store", 8),
]


@pytest.mark.parametrize(("name", "item", "most"), LISTS)
def test_how_many_items_a_list_may_have(
    redactor: Redactor, name: str, item: str, most: int
) -> None:
    assert shown(redactor, name, ", ".join([item] * most)) == ", ".join([item] * most)
    assert shown(redactor, name, ", ".join([item] * (most + 1))) is None


def shown(redactor: Redactor, name: str, value: str) -> str | None:
    """What a record shows of a request header."""
    notes = redactor.request(request(headers=[(name, value)])).request.headers
    return [note for note in notes if note.name == name][-1].value


@pytest.mark.parametrize(
    ("agent", "whole"),
    [
        (" ".join(["node"] * 24), True),
        (" ".join(["node"] * 25), False),
        ("node (" + "x" * 505 + ")", True),
        ("node (" + "x" * 506 + ")", False),
    ],
    ids=["24 products", "25 products", "512 characters", "513 characters"],
)
def test_how_long_a_user_agent_may_be(redactor: Redactor, agent: str, *, whole: bool) -> None:
    told = shown(redactor, "user-agent", agent)
    assert (told is not None and "product:" not in told) is whole


@pytest.mark.parametrize(("count", "cut"), [(62, 0), (63, 1), (100, 38)])
def test_sixty_four_headers_are_noted(redactor: Redactor, count: int, cut: int) -> None:
    """Two headers come with every request of these tests."""
    facts = redactor.request(request(headers=[("accept", "*/*")] * count)).request
    assert len(facts.headers) == count + 2 - cut
    assert facts.headers_cut == cut
