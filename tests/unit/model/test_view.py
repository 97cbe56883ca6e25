"""The light view and the schema of a record say the same, so that neither drifts."""

import types
from datetime import datetime
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import annotated_types
import msgspec
import pytest
from msgspec.structs import FieldInfo, fields
from pydantic import AwareDatetime, BaseModel
from pydantic.fields import FieldInfo as ModelField

from pawwork_proxy.model import view
from pawwork_proxy.model.capture import Opened
from pawwork_proxy.model.context import Egress, ExchangeContext
from pawwork_proxy.model.exchange import AuthSourceFinding, Exchange, Timing
from pawwork_proxy.model.outcome import Outcome
from pawwork_proxy.model.request import AuthFacts, RequestFacts
from pawwork_proxy.model.response import ResponseFacts
from pawwork_proxy.model.signals import ErrorFact, RetryHint, Signals, TransportFailure

PAIRS: dict[type[msgspec.Struct], type[BaseModel]] = {
    view.EgressView: Egress,
    view.ContextView: ExchangeContext,
    view.TimingView: Timing,
    view.RequestView: RequestFacts,
    view.AuthView: AuthFacts,
    view.AuthSourceView: AuthSourceFinding,
    view.ResponseView: ResponseFacts,
    view.ErrorView: ErrorFact,
    view.RetryHintView: RetryHint,
    view.TransportView: TransportFailure,
    view.SignalsView: Signals,
    view.RecordedOutcomeView: Outcome,
    view.ExchangeView: Exchange,
    view.OpenedView: Opened,
}
WHOLE = (view.ErrorView, view.RetryHintView, view.TransportView)
"""Structs that have every field of their model, since rules may look at any of them."""
TEXTS: dict[type[msgspec.Struct], set[str]] = {view.RecordedOutcomeView: {"kind"}}
"""Fields that take any text, where the model has a closed list."""
FIELDS = [
    (struct, field, PAIRS[struct].model_fields[field.name])
    for struct in PAIRS
    for field in fields(struct)
]


def plain(annotation: Any) -> Any:
    """A type without the forms and ranges that it adds to another."""
    if annotation in PAIRS:
        return PAIRS[annotation]
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return plain(parts[0])
    if origin in {Union, types.UnionType}:
        return frozenset(map(plain, parts))
    if origin is tuple:
        return (tuple, *map(plain, parts))
    if origin is Literal:
        return (Literal, *parts)
    return datetime if annotation is AwareDatetime else annotation


def as_text(kind: Any) -> Any:
    """`str | Literal[...]` takes any text."""
    if isinstance(kind, frozenset) and str in kind:
        return frozenset(one for one in kind if not (isinstance(one, tuple) and one[0] is Literal))
    return kind


def test_every_struct_is_held_to_a_model() -> None:
    own = {
        one
        for one in vars(view).values()
        if isinstance(one, type) and one.__module__ == view.__name__
    }
    assert own == set(PAIRS)


@pytest.mark.parametrize(("struct", "field", "model"), FIELDS)
def test_a_field_has_the_type_and_the_default_of_the_model(
    struct: type[msgspec.Struct], field: FieldInfo, model: ModelField
) -> None:
    hint = get_type_hints(struct, include_extras=True)[field.name]
    expected = as_text(plain(model.annotation))
    assert plain(hint) == (str if field.name in TEXTS.get(struct, ()) else expected)
    assert field.required == model.is_required()
    default = model.default
    if isinstance(default, BaseModel):
        default = msgspec.convert(default.model_dump(), type=type(field.default))
    assert field.required or field.default == default


@pytest.mark.parametrize("struct", WHOLE)
def test_what_rules_read_is_in_the_view(struct: type[msgspec.Struct]) -> None:
    assert {field.name for field in fields(struct)} == set(PAIRS[struct].model_fields)


def test_signals_lack_only_what_no_rule_reads() -> None:
    there = {field.name for field in fields(view.SignalsView)}
    assert set(Signals.model_fields) - there == {"events"}


@pytest.mark.parametrize(("struct", "field", "model"), FIELDS)
def test_a_range_is_that_of_the_model(
    struct: type[msgspec.Struct], field: FieldInfo, model: ModelField
) -> None:
    if plain(get_type_hints(struct)[field.name]) in {datetime, frozenset({datetime, type(None)})}:
        return  # `read_view` looks at the year
    hint = get_type_hints(struct, include_extras=True)[field.name]
    bounds = [
        meta for part in (hint, *get_args(hint)) for meta in getattr(part, "__metadata__", ())
    ]
    found = {(meta.ge, meta.le) for meta in bounds}
    metadata = [
        *model.metadata,
        *(
            meta
            for part in get_args(model.annotation)
            for outer in getattr(part, "__metadata__", ())
            for meta in getattr(outer, "metadata", [outer])
        ),
    ]
    least = [meta.ge for meta in metadata if isinstance(meta, annotated_types.Ge)]
    most = [meta.le for meta in metadata if isinstance(meta, annotated_types.Le)]
    assert found == ({(least[0], most[0])} if least else set())
