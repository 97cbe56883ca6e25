"""The light view takes from a line what the schema takes, and has all that rules read."""

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
import pytest
from msgspec.structs import fields
from pydantic import TypeAdapter, ValidationError

from pawwork_proxy.model.base import Noun
from pawwork_proxy.model.exchange import AuthSourceFinding, Timing
from pawwork_proxy.model.numbers import HIGHEST_COST, HIGHEST_STATUS, LARGEST_COUNT, LONGEST_MS
from pawwork_proxy.model.outcome import Outcome
from pawwork_proxy.model.request import RequestFacts
from pawwork_proxy.model.response import ResponseFacts
from pawwork_proxy.model.signals import ErrorFact, RetryHint, Signals, TransportFailure
from pawwork_proxy.model.view import ANY_TEXT, READ, SELDOM_NEW, VIEWS, view_of
from tests.rows import each_row
from tests.unit.builders import exchange

MOMENT = "2026-11-20T09:00:00Z"


def decoded(noun: type[Noun], **values: object) -> msgspec.Struct:
    return msgspec.json.decode(msgspec.json.encode(values), type=VIEWS[noun])


@pytest.mark.parametrize("noun", [ErrorFact, RetryHint, TransportFailure, Signals])
def test_what_rules_read_is_in_the_view(noun: type[Noun]) -> None:
    there = {field.name for field in fields(VIEWS[noun])}
    assert set(noun.model_fields) - there == ({"events"} if noun is Signals else set())


@pytest.mark.parametrize("noun", READ)
def test_a_field_is_needed_where_the_noun_needs_it(noun: type[Noun]) -> None:
    assert {field.name for field in fields(VIEWS[noun]) if field.required} == {
        name for name in READ[noun].split() if noun.model_fields[name].is_required()
    }


def test_a_default_is_that_of_the_noun() -> None:
    view = view_of(exchange(1))
    assert view.auth_source.source == AuthSourceFinding().source
    assert decoded(Signals) == VIEWS[Signals]()
    assert VIEWS[Signals]().ending is Signals().ending  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("noun", "values"),
    [
        (ResponseFacts, {"status": HIGHEST_STATUS + 1}),
        (ResponseFacts, {"status": -1}),
        (ResponseFacts, {"status": 200, "cost": HIGHEST_COST + 1}),
        (ResponseFacts, {"status": 200, "date": "2026-11-20T09:00:00"}),
        (ResponseFacts, {"status": None}),
        (Timing, {"started_at": MOMENT, "total_ms": LONGEST_MS + 1}),
        (Timing, {"started_at": MOMENT, "first_byte_ms": -1.0}),
        (Timing, {"started_at": 7}),
        (RequestFacts, {"tier": "later", "protocol": "chat"}),
        (RequestFacts, {"tier": "zen", "protocol": "chat", "model": 7}),
        (ErrorFact, {"place": "later"}),
        (ErrorFact, {"place": "body", "limit_name": "yearly"}),
        (ErrorFact, {"place": "body", "inner_status": LARGEST_COUNT}),
        (Signals, {"unobserved": ["soul"]}),
        (Signals, {"errors": [{}]}),
    ],
)
def test_types_lists_and_ranges_are_checked(noun: type[Noun], values: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        decoded(noun, **values)


@each_row("number", [-1, -0.5, 0.5, 1000, 10**7, 10**12, 10**18])
@each_row(
    "noun, name",
    [
        (noun, name)
        for noun in READ
        for name in READ[noun].split()
        if (noun, name) not in ANY_TEXT | SELDOM_NEW
    ],
)
def test_a_number_that_the_noun_refuses_its_view_refuses(
    noun: type[Noun], name: str, number: float
) -> None:
    field = noun.model_fields[name]
    annotation: Any = Annotated[field.annotation, field]
    of_noun = TypeAdapter[Any](annotation)
    (of_view,) = (one.type for one in fields(VIEWS[noun]) if one.name == name)
    try:
        of_noun.validate_python(number)
    except ValidationError:
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(msgspec.json.encode(number), type=of_view)


def test_what_the_noun_allows_is_taken() -> None:
    assert decoded(ResponseFacts, status=HIGHEST_STATUS, cost=HIGHEST_COST, later=1)
    assert decoded(Outcome, kind="a word of a later version")
    found = decoded(Timing, started_at=MOMENT, total_ms=LONGEST_MS)
    assert found == VIEWS[Timing](datetime(2026, 11, 20, 9, tzinfo=UTC), None, LONGEST_MS)


def test_what_a_noun_computes_its_view_computes() -> None:
    signals = exchange(1).signals.model_copy(update={"unobserved": ("response_head",)})
    view = view_of(exchange(1, signals=signals))
    assert (view.signals.response_observed, signals.response_observed) == (False, False)
