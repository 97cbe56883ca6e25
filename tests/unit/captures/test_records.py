"""The whole records of a capture, one by one, and what had to be left out."""

from pathlib import Path

from pawwork_proxy.captures.records import Records, unfit
from pawwork_proxy.captures.sources import capture_sources
from tests.unit.captures.studies import one, write


def source(path: Path) -> Records:
    (found,) = capture_sources([path])
    return Records(found)


def test_all_records_come_in_order_of_arrival_as_often_as_asked(tmp_path: Path) -> None:
    records = source(write(tmp_path / "a.jsonl", [one(3, 1), one(1, 1), one(2, 2)]))
    assert [record.seq for record in records] == [1, 2, 3]
    assert [record.seq for record in records] == [1, 2, 3]
    assert (records.unfit, list(unfit([records]))) == (0, [])


def test_records_that_are_wanted(tmp_path: Path) -> None:
    (found,) = capture_sources([write(tmp_path / "a.jsonl", [one(1, 1), one(2, 2)])])
    assert [one.seq for one in Records(found, lambda view: view.seq > 1)] == [2]


def test_records_that_only_the_light_view_takes_are_counted(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", [one(1, 1), one(2, 1), one(3, 1)])
    text = path.read_text().replace('"http_version":"HTTP/1.1"', '"http_version":7', 2)
    path.write_text(text)
    records = source(path)
    assert records.unfit == 0
    left = [record.seq for record in records]
    assert records.unfit == 3 - len(left) > 0
    (remark,) = records.remarks()
    assert remark == f"a.jsonl: {records.unfit} records do not fit the schema and are left out."
