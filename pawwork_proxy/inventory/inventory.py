"""From captures to the inventory: fields, their constancy, and whether an install is told by them.

Invariant: `not_sent` needs two installs and no open question; anything less is `undecided`, with
the fields that keep it open.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, Final

from pawwork_proxy.facts.fields import BY_ID, KNOWN, role_of
from pawwork_proxy.inventory.conclusion import conclusion_of
from pawwork_proxy.inventory.constancy import constancy, holds_two
from pawwork_proxy.inventory.occurrences import Occurrence, SentRequest, sent_request
from pawwork_proxy.model.capture import Header
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.inventory import DeviceFinding, FieldFinding, Inventory, Layer, Role

MOST_TEXTS = 3
_LAYERS: Final[tuple[Layer, ...]] = ("key", "address", "header", "body", "query", "http", "tls")
_RECORDED_OR_NOT: Final[frozenset[Layer]] = frozenset({"address", "http", "tls"})
"""Layers of which a record holds what was found out, and nothing tells that there was none."""
_EXPLAINED: Final[frozenset[Role]] = frozenset(
    {"key", "network", "software", "message", "project", "workspace"}
)
"""Roles whose values may stay over conversations without being made for an install."""


def take_inventory(captures: Iterable[tuple[Header, Iterable[Exchange]]]) -> Inventory:
    """The inventory of all captures together; of their records one is looked at at a time."""
    headers: list[Header] = []
    requests: list[SentRequest] = []

    @cache
    def shared(value: Any) -> Any:
        return value

    unread = cut = 0
    for header, exchanges in captures:
        headers.append(header)
        for one in exchanges:
            requests.append(sent_request(header, one, shared))
            unread += "body" in requests[-1].unread
            cut += one.request.headers_cut
    labels = _labels(requests)
    fields = _fields(requests, labels)
    sent, open_ = _suspects(fields)
    finding: DeviceFinding = "not_sent"
    if sent:
        finding = "sent"
    elif open_ or not holds_two(requests, "everywhere", "install") or unread or cut:
        finding = "undecided"
    studies = {header.study_id for header in headers}
    addressed = any(field.id == "address:egress address" and field.requests for field in fields)
    mixed = len({header.simulated for header in headers}) > 1
    notes = _notes(len(studies), unread, cut, addressed=addressed, mixed=mixed)
    named = tuple(dict.fromkeys(labels.values()))
    return Inventory(
        captures=len(headers),
        exchanges=len(requests),
        installs=named,
        simulated=any(header.simulated for header in headers),
        device_or_install=finding,
        suspects=tuple(field.id for field in sent or open_),
        answer=conclusion_of(finding, sent or open_, fields, named),
        notes=notes,
        fields=fields,
    )


def _labels(requests: Iterable[SentRequest]) -> dict[str, str]:
    """A name for each install unit; installs of the same label on other machines get a number."""
    names: dict[str, str] = {}
    used: Counter[str] = Counter()
    for one in requests:
        unit = one.units["install"]
        if unit not in names:
            used[one.label] += 1
            number = used[one.label]
            names[unit] = one.label if number == 1 else f"{one.label} ({number})"
    return names


def _fields(requests: Sequence[SentRequest], labels: dict[str, str]) -> tuple[FieldFinding, ...]:
    carried: dict[tuple[Layer, str], list[tuple[SentRequest, Occurrence]]] = {}
    for one in requests:
        for occurrence in one.occurrences:
            carried.setdefault((occurrence.layer, occurrence.name), []).append((one, occurrence))
    unread = Counter(layer for one in requests for layer in one.unread)
    unread.update(dict.fromkeys(_RECORDED_OR_NOT, len(requests)))
    found = [_field(*place, seen, labels, unread) for place, seen in carried.items()]
    absent = [_field(row.layer, row.name, (), labels, unread) for row in KNOWN
              if row.stated and (row.layer, row.name) not in carried
              and not any(one.id.startswith(f"{row.id}.") for one in found)]  # fmt: skip
    places = {row.id: place for place, row in enumerate(KNOWN)}
    return tuple(
        sorted(
            [*found, *absent],
            key=lambda one: (
                not one.requests,
                _LAYERS.index(one.layer),
                places.get(one.id, len(places)),
                one.name,
            ),
        )
    )


def _field(
    layer: Layer,
    name: str,
    seen: Sequence[tuple[SentRequest, Occurrence]],
    labels: dict[str, str],
    unread: Counter[Layer],
) -> FieldFinding:
    field_id = f"{layer}:{name}"
    known = BY_ID.get(field_id)
    finding = FieldFinding(
        id=field_id,
        layer=layer,
        name=name,
        role=role_of(layer, name),
        requests=len(seen),
        unseen=unread[layer] - sum(layer in _RECORDED_OR_NOT | one.unread for one, _ in seen),
        installs=tuple(dict.fromkeys(labels[one.units["install"]] for one, _ in seen)),
        shapes=tuple(dict.fromkeys(occurrence.shape for _, occurrence in seen)),
        lifetime=known.lifetime if known else None,
        server=known.server if known else None,
        sources=known.sources if known else (),
    )
    values = [(one, occurrence.value) for one, occurrence in seen if occurrence.value is not None]
    if not values or len(values) < len(seen):
        return finding
    measured = constancy(values)
    texts = dict.fromkeys(one.value for _, one in seen if one.text and one.value is not None)
    return finding.model_copy(
        update={
            "distinct": len({value for _, value in values}),
            "texts": tuple(texts)[:MOST_TEXTS],
            **measured._asdict(),
        }
    )


def _suspects(
    fields: Iterable[FieldFinding],
) -> tuple[tuple[FieldFinding, ...], tuple[FieldFinding, ...]]:
    """Fields that tell an install from another, and those that may."""
    sent: list[FieldFinding] = []
    open_: list[FieldFinding] = []
    for field in fields:
        if not field.requests:
            continue
        if field.role == "device_or_install":
            sent.append(field)
        elif field.role in _EXPLAINED or field.texts:
            continue
        elif field.scope is None:
            open_.append(field)
        elif field.differs and field.scope in ("device", "install"):
            (open_ if "conversation" in field.untested else sent).append(field)
        elif field.links_conversations:
            sent.append(field)
        elif not {"device", "install"}.isdisjoint(field.untested):
            open_.append(field)
    return tuple(sent), tuple(open_)


def _notes(studies: int, unread: int, cut: int, *, addressed: bool, mixed: bool) -> tuple[str, ...]:
    notes = []
    if mixed:
        notes.append("Simulated captures are among real ones: what they sent is counted as well.")
    if not addressed:
        notes.append(
            "The server sees an egress address with every request; it was not recorded "
            "(run with --egress-probe)."
        )
    if studies > 1:
        notes.append(
            f"The captures belong to {studies} studies: pseudonyms are compared within each only. "
            "Use one study on all machines ('pawwork-proxy study')."
        )
    if unread:
        notes.append(f"{unread} request bodies could not be read; fields in them are not listed.")
    if cut:
        notes.append(f"{cut} header lines beyond the recorder's limit are not listed.")
    return tuple(notes)
