"""Takes out of a record what the taint gate found in it: a hit costs its field, not the record.

A text becomes a pseudonym; what cannot be one (a number, a word of a closed list) is left out.
Invariant: what comes out is a valid record, and says where something was taken out and by which
rule. Whether it may be written is for the gate to say, once more.
"""

from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError
from pydantic_core import to_json

from pawwork_proxy.facts.identifiers import Namespace
from pawwork_proxy.model.exchange import Exchange, Redaction
from pawwork_proxy.redaction.pseudonyms import Pseudonymiser
from pawwork_proxy.redaction.taint_gate import Hit, Path

_MODEL = ("request", "model")


def without(
    found: Iterable[tuple[Hit, Path]], exchange: Exchange, pseudonyms: Pseudonymiser
) -> Exchange | None:
    """The record without the values found, or None where it needs one of them."""
    hits = {path: hit for hit, path in found}
    for as_pseudonyms in (True, False):
        record = exchange.model_dump(mode="json", exclude_none=True)
        # From the end, so that places in lists stay what they are.
        for path in sorted(hits, key=_order, reverse=True):
            _take_out(record, path, pseudonyms if as_pseudonyms else None)
        record["redactions"] += [
            Redaction(path=hit.path, rule=f"taint:{hit.rule}").model_dump() for hit in hits.values()
        ]
        if _MODEL in hits:
            record["request"]["model_kept"] = False
        try:
            return Exchange.model_validate_json(to_json(record))
        except ValidationError:
            continue
    return None


def _order(path: Path) -> tuple[tuple[bool, str | int], ...]:
    return tuple((isinstance(name, int), name) for name in path)


def _take_out(record: Any, path: Path, pseudonyms: Pseudonymiser | None) -> None:
    """Put a pseudonym in place of a text; take anything else away."""
    *way, last = path
    for name in way:
        record = record[name]
    value = record[last]
    if pseudonyms is not None and isinstance(value, str):
        record[last] = pseudonyms.of(Namespace.WORD, value)
    else:
        del record[last]
