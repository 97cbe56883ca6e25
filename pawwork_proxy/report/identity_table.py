"""The inventory of identifying fields as a table.

Invariant: it shows every field of the inventory in its order, and the conclusion in its words.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from pawwork_proxy.inventory.conclusion import scope_words
from pawwork_proxy.model.inventory import FieldFinding, Inventory, Layer
from pawwork_proxy.report.layout import Column, Sheet

STYLES = {"device_or_install": "bold red", "unknown": "yellow", "message": "dim"}
_READ: Final[dict[Layer, str]] = {"body": "bodies", "header": "headers"}
"""What holds the fields of a layer, and is read as a whole or not."""
COLUMNS = (
    Column("field", folds=14),
    Column("in"),
    Column("sent", folds=0),
    Column("shape", folds=0, gives_way=2),
    Column("values", folds=10, gives_way=1),
    Column("constant", folds=0),
    Column("the server", folds=30, gives_way=3),
)
"""The columns of a row's cells, which are all but the last."""


class IdentityRow(NamedTuple):
    """One field, ready to print."""

    name: str
    layer: str
    sent: str
    shape: str
    values: str
    constant: str
    server: str
    style: str


def identity_rows(inventory: Inventory) -> Iterator[IdentityRow]:
    """The rows of all fields: sent ones first."""
    for field in inventory.fields:
        suspect = field.id in inventory.suspects
        lifetime = f"({field.lifetime})" if field.lifetime else ""
        yield IdentityRow(
            name=field.name,
            layer=field.layer,
            sent=_sent(field, inventory.exchanges),
            shape=", ".join(field.shapes),
            values=_values(field),
            constant=scope_words(field) if field.requests else lifetime,
            server=field.server or "",
            style="bold red" if suspect else STYLES.get(field.role, ""),
        )


def identity_sheet(inventory: Inventory) -> Sheet:
    """The rows as a table."""
    rows = list(identity_rows(inventory))
    styles = [row.style for row in rows]
    return Sheet(COLUMNS, [row[:-1] for row in rows], styled="field", styles=styles)


def identity_words(inventory: Inventory) -> Iterator[str]:
    """The conclusion and what limits it, line by line."""
    if inventory.simulated:
        yield "SIMULATED: these captures say nothing about the real server."
    yield from inventory.answer
    for note in inventory.notes:
        yield f"note: {note}"


def _sent(field: FieldFinding, exchanges: int) -> str:
    if field.unseen and field.layer in _READ:
        what, read = f"{_READ[field.layer]} that were read", exchanges - field.unseen
        if field.requests:
            return f"{field.requests} of the {read} {what}"
        return f"no, in the {read} of {exchanges} {what}" if read else "not seen"
    if field.requests:
        return f"{field.requests} of {exchanges}"
    return "not recorded" if field.layer == "address" else "no"


def _values(field: FieldFinding) -> str:
    if not field.distinct:
        return ""
    if field.texts and field.distinct == 1:
        return field.texts[0] or "empty"
    return f"{field.distinct} different" if field.distinct > 1 else "1"
