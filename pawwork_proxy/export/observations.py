"""Observations as flat rows of a data set, and back: what `compare` reads needs no capture then.

A part of a set holds what one capture saw on one day. Invariants: a column is a field of the model,
so a set holds pseudonyms where an observation does; a row that was written comes back equal.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any, Literal, NamedTuple, get_args
from urllib.parse import quote

from pydantic import AwareDatetime

from pawwork_proxy.model.base import Noun
from pawwork_proxy.model.comparison_input import CaptureSummary, ComparisonInput
from pawwork_proxy.model.observation import Identities, Observation

METADATA = "pawwork_capture"
"""The key of a part's Parquet metadata under which `Provenance` stands, as JSON."""
RECORDED = "recorded"
"""Whether a row stands for requests with a record, or for those that passed and left none."""
_WHO = "who_"
_TYPES: Mapping[object, str] = {bool: "BOOLEAN", int: "BIGINT", float: "DOUBLE"}


def _type(annotation: Any) -> str:
    """A field's type in SQL: what is not a number or a time is a text."""
    kinds = {annotation, *get_args(annotation)}
    if kinds & {datetime, AwareDatetime}:
        return "TIMESTAMPTZ"
    return next((sql for kind, sql in _TYPES.items() if kind in kinds), "VARCHAR")


COLUMNS: Mapping[str, str] = {
    RECORDED: "BOOLEAN",
    **{
        name: _type(field.annotation)
        for name, field in Observation.model_fields.items()
        if name != "who"
    },
    **{_WHO + name: _type(field.annotation) for name, field in Identities.model_fields.items()},
}
"""The columns of a data set and their types in SQL."""


class Provenance(Noun):
    """Of which capture a part is."""

    version: Literal[1] = 1
    rows: str
    """Digest of all rows of the capture: parts belong together if it is equal."""
    capture: CaptureSummary


class StoredRow(NamedTuple):
    """One row of a set."""

    recorded: bool
    observation: Observation


class Part(NamedTuple):
    """What one capture saw on one day."""

    provenance: Provenance
    rows: Sequence[StoredRow]

    @property
    def day(self) -> date:
        """The day in UTC on which its requests began."""
        return day_of(self.rows[0])

    @property
    def name(self) -> str:
        """Its path in a set."""
        capture = self.provenance.capture
        study = quote(capture.study_id, safe="")
        return f"study={study}/day={self.day}/{part_name(capture.capture_id)}"


def day_of(row: StoredRow) -> date:
    """The day in UTC on which a request began."""
    return row.observation.started_at.astimezone(UTC).date()


def part_name(capture_id: str) -> str:
    """The file's name in each folder: equal for one capture, so that a newer export replaces it."""
    return f"part-{capture_id}.parquet"


def parts_of(inputs: ComparisonInput) -> Iterator[Part]:
    """All that was inputs, as parts; a capture of which there is no row has none."""
    rows: dict[str, list[StoredRow]] = {}
    for recorded, observations in ((True, inputs.observations), (False, inputs.unrecorded)):
        for one in observations:
            rows.setdefault(one.capture, []).append(StoredRow(recorded, one))
    for capture in inputs.captures:
        own = rows.get(capture.capture_id, [])
        digest = hashlib.sha256("".join(lines_of(own)).encode()).hexdigest()
        provenance = Provenance(rows=digest, capture=capture)
        for _, together in groupby(sorted(own, key=day_of), day_of):
            yield Part(provenance, list(together))


def lines_of(rows: Iterable[StoredRow]) -> Iterator[str]:
    """One JSON object a line, with all columns."""
    for recorded, one in rows:
        values = one.model_dump(mode="json")
        who = {_WHO + name: value for name, value in values.pop("who").items()}
        yield json.dumps({RECORDED: recorded, **values, **who}) + "\n"


def row_of(values: Mapping[str, Any]) -> StoredRow:
    """A row of the columns that a set has. Raises ValidationError when it is none of ours."""
    flat = dict(values)
    who = {name.removeprefix(_WHO): flat.pop(name) for name in values if name.startswith(_WHO)}
    recorded = flat.pop(RECORDED, None)
    return StoredRow(bool(recorded), Observation.model_validate({**flat, "who": who}))


def captures_of(parts: Iterable[Part]) -> Iterator[tuple[CaptureSummary, list[StoredRow]]]:
    """The captures that parts are of, each once; of several exports the one with most exchanges."""
    exports: dict[str, dict[str, list[Part]]] = {}
    for part in parts:
        same = exports.setdefault(part.provenance.capture.capture_id, {})
        same.setdefault(part.provenance.rows, []).append(part)
    for same in exports.values():
        fullest = max(same.values(), key=lambda parts: parts[0].provenance.capture.exchanges)
        once = {(row.recorded, row.observation.seq): row for part in fullest for row in part.rows}
        yield fullest[0].provenance.capture, list(once.values())
