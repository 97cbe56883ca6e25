"""A folded capture says what the whole one says, or less; never something else."""

from __future__ import annotations

from pathlib import Path
from random import Random

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pawwork_proxy.comparison.compare import compare
from pawwork_proxy.engine.folding import fold
from pawwork_proxy.engine.gathering import gather
from pawwork_proxy.engine.lines import LargeCapture, Unfoldable, interrupt_all
from pawwork_proxy.model.capture import Stub
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.gathered import Gathered
from pawwork_proxy.model.verdict import Finding
from tests.unit.engine.studies import MORNING, one, write


def world(seed: int, keyed_by: str, limit: int = 12, requests: int = 120) -> list[Exchange]:
    """A capture of three installs on two networks, limited by one dimension."""
    random = Random(seed)
    used: dict[object, int] = {}
    found = []
    for seq in range(1, requests + 1):
        install = random.choice((1, 2, 3))
        values = {
            "address": 1 if install < 3 else 2,
            "install": install,
            "session": install * 100 + seq // 20,
            "global": 0,
        }
        pool = values[keyed_by]
        refused = used.get(pool, 0) >= limit
        used[pool] = used.get(pool, 0) + (not refused)
        found.append(
            one(
                seq,
                install,
                refused=refused,
                address=values["address"],
                session=values["session"],
                request=seq // 2,
            )
        )
    return found


def findings(gathered: Gathered) -> dict[str, Finding]:
    limits = compare(gathered.observations, plan=False).limits
    return {verdict.dimension: verdict.finding for one in limits for verdict in one.verdicts}


@settings(max_examples=25)
@given(
    seed=st.integers(0, 10_000),
    keyed_by=st.sampled_from(["address", "install", "session", "global"]),
)
def test_folding_decides_the_same_or_leaves_it_open(
    tmp_path_factory: pytest.TempPathFactory, seed: int, keyed_by: str
) -> None:
    path = write(tmp_path_factory.mktemp("world") / "a.jsonl", world(seed, keyed_by))
    whole = gather([path])
    for rows in (4000, 1):
        summary, observations = fold(path, most_rows=rows)
        folded = Gathered(captures=(summary,), observations=tuple(observations))
        assert sum(row.count for row in observations) == len(whole.observations)
        assert len(observations) <= len(whole.observations)
        expected = findings(whole)
        for dimension, finding in findings(folded).items():
            assert finding in {expected[dimension], "undetermined"}, (dimension, rows)


def test_a_large_capture_of_plain_admissions_becomes_a_few_rows(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", [one(seq, 1, session=seq) for seq in range(1, 301)])
    summary, observations = fold(path, most_rows=10)
    assert summary.exchanges == 300
    assert summary.folded
    assert len(observations) == 2
    assert sorted(row.count for row in observations) == [1, 299]
    assert {row.who.session for row in observations if row.count > 1} == {None}


def test_counts_of_damage_and_of_requests_under_way_match_the_reader(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", [one(seq, 1) for seq in range(1, 6)])
    lines = path.read_text().splitlines()
    lines[4] = lines[4][:100]
    path.write_text("\n".join([*lines[:-2], "not json", "", lines[-1][:9]]))
    whole = gather([path])
    folded = gather([path], whole_bytes=1)
    same = {"folded": True}
    assert folded.captures == tuple(one.model_copy(update=same) for one in whole.captures)
    assert folded.remarks == whole.remarks


@pytest.mark.parametrize("damage", [b"\xff\xfe\n", b'{"a":\x01}\n'], ids=["no utf-8", "control"])
def test_what_duckdb_cannot_read_the_ordinary_reader_takes(tmp_path: Path, damage: bytes) -> None:
    path = write(tmp_path / "a.jsonl", [one(1, 1), one(2, 1)])
    path.write_bytes(path.read_bytes() + damage)
    gathered = gather([path], whole_bytes=1)
    assert [capture.folded for capture in gathered.captures] == [False]
    assert gathered.captures[0].damaged == 1
    assert len(gathered.observations) == 2


def test_repeated_sequence_numbers_are_not_folded(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", [one(1, 1), one(1, 1)])
    with pytest.raises(Unfoldable):
        fold(path)


def stub(seq: int) -> str:
    return Stub(seq=seq, at=MORNING, install="install1", reason="taint").model_dump_json()


def test_a_withheld_record_was_not_under_way(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", [one(1, 1), one(2, 1)])
    lines = path.read_text().splitlines()
    lines[4] = stub(2)
    path.write_text("\n".join(lines) + "\n")
    for whole_bytes in (1, 2**20):
        (summary,) = gather([path], whole_bytes=whole_bytes).captures
        assert (summary.under_way, summary.withheld) == (0, 1)


@pytest.mark.parametrize("same", [True, False], ids=["same", "different"])
def test_two_joined_captures_are_the_first_one_only(tmp_path: Path, same: bool) -> None:
    first = write(tmp_path / "a.jsonl", [one(1, 1), one(2, 1)])
    second = write(tmp_path / "b.jsonl", [one(seq, 2) for seq in ((1, 2) if same else (7, 8, 9))])
    joined = tmp_path / "joined.jsonl"
    joined.write_bytes(first.read_bytes() + second.read_bytes())
    for whole_bytes in (1, 2**20):
        gathered = gather([joined], whole_bytes=whole_bytes)
        assert gathered.observations == gather([first]).observations
        (remark,) = gathered.remarks
        assert "lines of another capture stand behind it and are left out" in remark


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"total_ms":400.0', '"total_ms":1e300'),
        ('"first_byte_ms":200.0', '"first_byte_ms":-1'),
        ('"started_at":"2026-11-20T09:00:02Z"', '"started_at":"2026-11-20T09:00:02"'),
        ('"started_at":"2026-11-20T09:00:02Z"', '"started_at":"9999-11-20T09:00:02Z"'),
        ('"date":"2026-11-20T09:00:02Z"', '"date":"9999-11-20T09:00:02Z"'),
        ('"date":"2026-11-20T09:00:02Z"', '"date":"2026-11-20T09:00:02"'),
        ('"type":"exchange","seq":2', '"type":"exchange","seq":-2'),
        ('"type":"exchange","seq":2', '"type":"exchange","seq":9007199254740993'),
    ],
)
def test_a_line_outside_the_ranges_is_damage_for_both_ways_of_reading(
    tmp_path: Path, old: str, new: str
) -> None:
    path = write(tmp_path / "a.jsonl", [one(seq, 1) for seq in (1, 2, 3)])
    lines = path.read_text().splitlines()
    assert old in lines[4]
    lines[4] = lines[4].replace(old, new)
    path.write_text("\n".join(lines) + "\n")
    whole, large = gather([path]), gather([path], whole_bytes=1)
    assert len(whole.observations) == sum(row.count for row in large.observations) == 2
    assert whole.captures[0].damaged == large.captures[0].damaged == 1
    assert whole.remarks == large.remarks


@pytest.mark.parametrize("place", [0, 9])
def test_records_where_or_as_duckdb_does_not_expect_them_are_read_all_the_same(
    tmp_path: Path, place: int
) -> None:
    """Before the header, which is damage; or in another form of JSON, which is none."""
    path = write(tmp_path / "a.jsonl", [one(seq, 1) for seq in (1, 2, 3)])
    lines = path.read_text().splitlines()
    odd = one(4, 1).model_dump_json(exclude_none=True).replace("09:00:04Z", "10:00:04+01:00")
    path.write_text("\n".join([*lines[:place], odd, *lines[place:]]) + "\n")
    whole, large = gather([path]), gather([path], whole_bytes=1)
    assert whole == large
    assert len(whole.observations) == (3 if place == 0 else 4)


def test_reading_can_be_stopped_from_another_thread(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", [one(1, 1), one(2, 1, refused=True)])
    with LargeCapture(path) as capture:
        rows = capture.unusual()
        interrupt_all()
        with pytest.raises(duckdb.InterruptException):
            next(rows)
        with pytest.raises(duckdb.InterruptException):
            capture.examples()
