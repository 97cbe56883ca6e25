"""A record as far as comparing and listing read it: decoded straight from its line, unread fields
skipped.

The nouns remain the schema: they are what a line is written from, and what verification holds a
stranger's line against. A view is a struct made from a noun: some of its fields, with its types,
closed lists, ranges and defaults, which are checked while decoding. The forms of texts are not:
they are a promise about what leaves a machine, which `verification` keeps. To the type checker a
view is its noun; a field that `READ` does not name is missing all the same once the program runs.

Invariant: two views that are equal make equal observations, since an observation is computed from
nothing else. What tells requests of one kind apart (number, times, session, user action) is set
apart from the rest by `captures.tally`; every other field, also one that is added later, is
part of what has to be equal.
"""

from collections.abc import Callable
from datetime import datetime
from functools import reduce
from itertools import chain
from operator import or_
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import msgspec
from annotated_types import Ge, Le
from msgspec import Meta
from pydantic import AwareDatetime

from pawwork_proxy.model.base import Noun, line_of
from pawwork_proxy.model.capture import Opened
from pawwork_proxy.model.context import ClientProcess, Egress, ExchangeContext, Runtime
from pawwork_proxy.model.exchange import AuthSourceFinding, Exchange, Timing
from pawwork_proxy.model.outcome import Outcome
from pawwork_proxy.model.request import AuthFacts, RequestFacts
from pawwork_proxy.model.response import ResponseFacts
from pawwork_proxy.model.signals import ErrorFact, RetryHint, Signals, TransportFailure

_Viewed = TypeVar("_Viewed", bound=Noun)
NO_RULE_READS = {"events"}
"""Fields of signals that no view has."""
READ: dict[type[Noun], str] = {
    Runtime: "name version",
    ClientProcess: "name version runtime",
    Egress: "observed_at address family prefix country colo",
    ExchangeContext: "install install_id device network route client egress upstream_family"
    " source_address chained_proxy client_hello upstream_hello",
    Timing: "started_at first_byte_ms total_ms",
    RequestFacts: "tier protocol model model_group user_agent client session request project"
    " workspace",
    AuthFacts: "kind pseudonym",
    AuthSourceFinding: "source",
    ResponseFacts: "status colo workspace cost date cf_ray response_id",
    ErrorFact: " ".join(ErrorFact.model_fields),
    RetryHint: " ".join(RetryHint.model_fields),
    TransportFailure: " ".join(TransportFailure.model_fields),
    Signals: " ".join(name for name in Signals.model_fields if name not in NO_RULE_READS),
    Outcome: "kind",
    Exchange: "seq context timing request auth signals outcome auth_source response answered_here",
    Opened: "seq at install",
}
"""The fields of a view, by its noun; a noun comes before those that hold it."""
ANY_TEXT = {(Outcome, "kind")}
"""Fields that take any word, where the noun has a closed list: every conclusion is drawn anew."""
SELDOM_NEW = {(Exchange, "context")}
"""Fields whose bytes are mostly those of the line before: `complete` decodes them, once."""
VIEWS: dict[object, type[msgspec.Struct]] = {}


def _view(noun: type[Noun]) -> type[msgspec.Struct]:
    needed: list[Any] = []
    others: list[Any] = []
    for name in READ[noun].split():
        field = noun.model_fields[name]
        kind = str if (noun, name) in ANY_TEXT else _type(Annotated[field.annotation, field])
        kind = msgspec.Raw if (noun, name) in SELDOM_NEW else kind
        if field.is_required():
            needed.append((name, kind))
        else:
            default = field.default
            others.append(
                (name, kind, VIEWS[type(default)]() if isinstance(default, Noun) else default)
            )
    return msgspec.defstruct(
        f"{noun.__name__}View",
        [*needed, *others],
        namespace={name: one for name, one in vars(noun).items() if isinstance(one, property)},
        tag=noun.model_fields["type"].default if noun in {Exchange, Opened} else None,
        frozen=True,
        gc=False,
    )


def _type(annotation: Any) -> Any:
    """What a field of a noun takes, as msgspec checks it while decoding."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if annotation in {AwareDatetime, datetime}:
        return Annotated[datetime, Meta(tz=True)]
    if origin is Annotated:
        kind, forms = _type(parts[0]), [getattr(form, "metadata", [form]) for form in parts[1:]]
        bounds = {type(one): one for one in chain.from_iterable(forms)}
        if kind in {int, float} and Ge in bounds:
            return Annotated[kind, Meta(ge=bounds[Ge].ge, le=bounds[Le].le)]
        return kind
    if origin in {Union, UnionType}:
        kinds = [_type(part) for part in parts]
        words = str in kinds  # any text, whatever words are named beside it
        return reduce(or_, (one for one in kinds if not (words and get_origin(one) is Literal)))
    if origin is tuple:
        return tuple[_type(parts[0]), ...]  # type: ignore[misc]
    return VIEWS.get(annotation, annotation)


for _noun in READ:
    VIEWS[_noun] = _view(_noun)

if TYPE_CHECKING:
    ContextView = ExchangeContext
    ExchangeView = Exchange
    OpenedView = Opened
    SignalsView = Signals
    TimingView = Timing
else:
    ContextView = VIEWS[ExchangeContext]
    ExchangeView, OpenedView = VIEWS[Exchange], VIEWS[Opened]
    SignalsView, TimingView = VIEWS[Signals], VIEWS[Timing]


replaced: Callable[..., Any] = msgspec.structs.replace
set_field: Callable[[Any, str, object], None] = msgspec.structs.force_setattr
"""As in msgspec, for a view, which the type checker takes for its noun."""


class _Contexts:
    """Decodes the contexts of exchanges; of those that follow each other many are equal."""

    def __init__(self) -> None:
        self._decode = msgspec.json.Decoder(VIEWS[ExchangeContext]).decode
        self._last: tuple[Any, Any] = msgspec.Raw(), None
        """Bytes and context in one value: several threads may read."""

    def complete(self, view: ExchangeView) -> None:
        """Put the context in place of its bytes; raises as decoding does."""
        found: Any = view.context
        known, context = self._last
        if found != known:
            context = self._decode(found)
            self._last = found.copy(), context  # a copy, or it would hold the whole line
        set_field(view, "context", context)


complete = _Contexts().complete


def view_of(record: _Viewed) -> _Viewed:
    """The view of a record that is at hand."""
    view: Any = msgspec.json.decode(line_of(record), type=VIEWS[type(record)])
    if type(view) is ExchangeView:
        complete(view)
    return view  # type: ignore[no-any-return]
