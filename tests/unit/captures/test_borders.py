"""Lines and captures at the borders of what a reader meets."""

import re
from pathlib import Path

import pytest

from pawwork_proxy.captures.completeness import happenings
from pawwork_proxy.captures.lines import Damage, read_line, read_view
from pawwork_proxy.captures.records import Records
from pawwork_proxy.captures.sources import capture_sources
from pawwork_proxy.model.base import line_of
from pawwork_proxy.model.capture import Note
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.view import ExchangeView, view_of
from tests.unit.captures.studies import MORNING, one, write


def records(path: Path) -> Records:
    (source,) = capture_sources([path])
    return Records(source)


def test_changes_of_the_egress_are_told_with_their_number(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", [one(1, 1)])
    notes = b"".join(line_of(Note(at=MORNING, event="egress_changed")) for _ in range(2))
    unknown = line_of(Note(at=MORNING, event="egress_unavailable"))
    path.write_bytes(path.read_bytes() + notes + unknown)
    changes, unavailable = happenings(records(path).capture)
    assert changes == (
        "a.jsonl: changes of the egress during the run: 2; exchanges say which holds."
    )
    assert unavailable.startswith("a.jsonl: the edge did not always say")


def test_a_note_before_the_header_belongs_to_no_capture(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", [one(1, 1)])
    path.write_bytes(line_of(Note(at=MORNING, event="records_lost", count=3)) + path.read_bytes())
    found = records(path)
    assert found.capture.notes == []
    assert [damage.reason for damage in found.capture.damages] == ["before_header"]
    assert found.capture.count == 1


def test_records_that_nobody_wants_are_not_given(tmp_path: Path) -> None:
    (source,) = capture_sources([write(tmp_path / "a.jsonl", [one(1, 1), one(2, 2)])])
    wanted = Records(source, lambda view: view.seq == 2)
    assert [record.seq for record in wanted] == [2]
    assert wanted.capture.count == 2


def test_what_only_the_schema_understands_is_viewed_all_the_same() -> None:
    """A time without seconds is one to the schema alone."""
    raw = line_of(one(1, 1))
    without_seconds = re.sub(rb'("started_at":"[^"]{16}):[^"]*"', rb'\1Z"', raw)
    assert without_seconds != raw
    view = read_view(without_seconds, 1)
    assert isinstance(view, ExchangeView)
    assert view.timing.started_at == MORNING.replace(second=0)


def test_equal_contexts_that_follow_each_other_are_one_and_others_are_their_own() -> None:
    here = line_of(one(1, 1))
    there = here.replace(b'"install":"', b'"install":"x', 1)
    broken = here.replace(b'"install":"', b'"install":7,"was":"', 1)
    lines = [here, here, there, broken, broken, here]
    first, again, other, *damaged, last = (read_view(line, 1) for line in lines)
    assert damaged == [Damage(1, "not_a_record")] * 2
    assert isinstance(first, Exchange | ExchangeView)
    assert isinstance(again, Exchange | ExchangeView)
    assert first.context is again.context
    assert first == again == last != other
    assert view_of(one(1, 1)) == first


@pytest.mark.parametrize(
    ("moment", "fits"),
    [("3000-01-01T00:00:00Z", True), ("1970-01-01T00:30:00+01:00", False)],
)
def test_the_view_takes_the_moments_that_the_schema_takes(moment: str, fits: bool) -> None:
    raw = re.sub(rb'("started_at":)"[^"]*"', rb'\1"%b"' % moment.encode(), line_of(one(1, 1)))
    assert isinstance(read_line(raw, 2), Exchange) is fits
    assert isinstance(read_view(raw, 2), ExchangeView) is fits


@pytest.mark.parametrize(
    "changed",
    [
        (b'"seconds":', b'"at":"3001-01-01T00:00:00Z","seconds":'),
        (b'"place":"retry-after"', b'"place":"somewhere"'),
        (b'"type":"FreeUsageLimitError"', b'"type":"two words"'),
    ],
)
def test_signals_that_no_rule_could_judge_are_no_record(changed: tuple[bytes, bytes]) -> None:
    raw = line_of(one(1, 1, refused=True))
    assert isinstance(read_view(raw, 1), ExchangeView)
    assert raw.count(changed[0]) == 1
    assert read_view(raw.replace(*changed), 2) == Damage(2, "not_a_record")
