"""A folded capture says what the whole one says, or less; never something else."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pawwork_proxy.captures.folding import MOST_ROWS, Folded, fold
from pawwork_proxy.captures.gathering import gather
from pawwork_proxy.captures.lines import Database, LargeCapture, Unfoldable, interrupt_all
from pawwork_proxy.captures.reader import MAX_LINE_BYTES
from pawwork_proxy.comparison.compare import compare
from pawwork_proxy.model.capture import Stub
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.gathered import Gathered
from pawwork_proxy.model.verdict import Finding
from tests.unit.captures.studies import MORNING, one, write

pytestmark = pytest.mark.slow


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


def fold_alone(path: Path, most_rows: int = MOST_ROWS) -> Folded:
    with Database() as database:
        return fold(path, database, most_rows=most_rows)


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
        summary, observations, _ = fold_alone(path, most_rows=rows)
        folded = Gathered(captures=(summary,), observations=tuple(observations))
        assert sum(row.count for row in observations) == len(whole.observations)
        assert len(observations) <= len(whole.observations)
        expected = findings(whole)
        for dimension, finding in findings(folded).items():
            assert finding in {expected[dimension], "undetermined"}, (dimension, rows)


def test_a_large_capture_of_plain_admissions_becomes_a_few_rows(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", [one(seq, 1, session=seq) for seq in range(1, 301)])
    summary, observations, _ = fold_alone(path, most_rows=10)
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


JUNK = (
    b"",
    b"   \t",
    b"not json",
    b"\xff\xfe",
    b'{"a":\x01}',
    b"\x00" * 40,
    b"[1,2]",
    b"null",
    b'{"type":"exchange"}',
    b'{"type":"opened","seq":"x"}',
    b'{"type":"later","seq":7}',
    b"\xef\xbb\xbf{}",
)
"""Lines that no version of ours has written."""


@settings(max_examples=40, deadline=None)
@given(data=st.data(), keyed_by=st.sampled_from(["address", "install"]))
def test_damage_is_counted_and_hides_nothing(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, keyed_by: str
) -> None:
    path = write(tmp_path_factory.mktemp("world") / "a.jsonl", world(7, keyed_by, requests=40))
    lines = path.read_bytes().splitlines()
    for _ in range(data.draw(st.integers(1, 5))):
        place = data.draw(st.integers(1, len(lines) - 2))
        cut = data.draw(st.integers(1, len(lines[place]) - 1)) if len(lines[place]) > 1 else 0
        match data.draw(st.sampled_from(["junk", "torn", "glued", "dropped"])):
            case "junk":
                lines.insert(place, data.draw(st.sampled_from(JUNK)))
            case "torn":
                lines[place] = lines[place][:cut]
            case "glued":
                lines[place : place + 2] = [lines[place][:cut] + lines[place + 1]]
            case "dropped":
                del lines[place]
    whole_file = b"\n".join(lines)
    torn = data.draw(st.integers(0, len(lines[-1])))
    path.write_bytes(whole_file[: len(whole_file) - torn])
    _say_the_same(path)


def _say_the_same(path: Path, *, folded: bool = True) -> None:
    whole, large = gather([path]), gather([path], whole_bytes=1)
    assert [one.folded for one in large.captures] == [folded]
    assert [one.model_copy(update={"folded": False}) for one in large.captures] == [*whole.captures]
    assert large.remarks == whole.remarks
    assert sum(row.count for row in large.observations) == len(whole.observations)
    assert findings(large) == findings(whole)


@pytest.mark.parametrize("junk", JUNK)
def test_damage_does_not_keep_a_capture_from_being_folded(tmp_path: Path, junk: bytes) -> None:
    path = write(tmp_path / "a.jsonl", world(7, "address"))
    lines = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join([*lines[:9], junk, *lines[9:]]))
    _say_the_same(path)


def test_the_order_of_fields_and_blanks_between_them_do_not_matter(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", world(7, "address"))
    whole = gather([path])

    def turned(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: turned(value[name]) for name in reversed(value)}
        return [turned(one) for one in value] if isinstance(value, list) else value

    lines = path.read_text().splitlines()
    path.write_text("\n".join(json.dumps(turned(json.loads(line))) for line in lines) + "\n")
    _say_the_same(path)
    assert findings(gather([path], whole_bytes=1)) == findings(whole)


def test_fields_that_an_older_version_did_not_write_have_their_defaults(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", world(7, "address"))
    records = [json.loads(line) for line in path.read_text().splitlines()]
    for record in records[::3]:
        for name in ("auth_source", "redactions"):
            record.pop(name, None)
        for name in ("edge_markers", "cf_mitigated", "text_status"):
            record.get("signals", {}).pop(name, None)
    path.write_text("\n".join(map(json.dumps, records)) + "\n")
    _say_the_same(path)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("signals", {"ending": "of a later version"}),
        ("timing", {"started_at": "2026-11-20T14:00:00+02:00"}),
    ],
)
def test_what_only_the_ordinary_reader_can_judge_it_judges(
    tmp_path: Path, field: str, value: dict[str, object]
) -> None:
    path = write(tmp_path / "a.jsonl", world(7, "address"))
    records = [json.loads(line) for line in path.read_text().splitlines()]
    exchanges = [record for record in records if record["type"] == "exchange"]
    exchanges[30][field] |= value
    path.write_text("\n".join(map(json.dumps, records)) + "\n")
    _say_the_same(path, folded=False)


def test_a_line_longer_than_any_of_ours_is_damage(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", world(7, "address"))
    lines = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join([*lines[:9], b"x" * (3 * MAX_LINE_BYTES), *lines[9:]]))
    _say_the_same(path, folded=False)


def test_a_last_line_that_became_whole_meanwhile_counts_as_torn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.jsonl", world(7, "address"))
    text = path.read_bytes()
    until = text.rindex(b'{"type":"end"')
    path.write_bytes(text[: until - 100])
    read_again = LargeCapture.texts

    def later(capture: LargeCapture, numbers: Collection[int]) -> dict[int, bytes]:
        path.write_bytes(text[:until])
        return read_again(capture, numbers)

    monkeypatch.setattr(LargeCapture, "texts", later)
    summary, observations, _ = fold_alone(path)
    assert (summary.damaged, summary.exchanges, summary.under_way) == (1, 119, 1)
    assert sum(row.count for row in observations) == 119


def test_repeated_sequence_numbers_are_not_folded(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", [one(1, 1), one(1, 1)])
    with pytest.raises(Unfoldable):
        fold_alone(path)


def test_requests_without_a_record_are_the_same_in_a_fold(tmp_path: Path) -> None:
    """Lost, withheld, under way, left out: whatever made the hole."""
    path = write(tmp_path / "a.jsonl", world(3, "address", requests=40))
    lines = path.read_text().splitlines()
    kept = [
        line
        for line in lines
        if not any(f'"seq":{seq},' in line for seq in (1, 2, 11, 20, 21, 22))
        and not ('"exchange"' in line and '"seq":40,' in line)
    ]
    stub = Stub(seq=11, at=MORNING, install="install1", reason="taint")
    path.write_text("\n".join([*kept[:-1], stub.model_dump_json(), kept[-1]]) + "\n")
    whole, folded = gather([path]), gather([path], whole_bytes=1)
    assert folded.captures[0].folded
    assert [(one.seq, one.count) for one in whole.unrecorded] == [(1, 2), (11, 1), (20, 3), (40, 1)]
    assert folded.unrecorded == whole.unrecorded


@pytest.mark.parametrize("exchanges", [0, 1])
def test_a_capture_of_which_hardly_anything_is_left(tmp_path: Path, exchanges: int) -> None:
    path = write(tmp_path / "a.jsonl", [one(seq, 1) for seq in range(1, 4)])
    lines = [line for line in path.read_text().splitlines() if '"exchange"' not in line]
    seen = [line for line in path.read_text().splitlines() if '"seq":1,' in line][1:][:exchanges]
    path.write_text("\n".join([*lines[:1], *seen, *lines[1:]]) + "\n")
    whole, folded = gather([path]), gather([path], whole_bytes=1)
    assert sum(one.count for one in whole.unrecorded) == 3 - exchanges
    assert folded.unrecorded == whole.unrecorded


def test_what_is_cut_off_behind_the_last_record_is_missing(tmp_path: Path) -> None:
    """A bundle `--until` keeps the end line, whose count says how much was left out."""
    path = write(tmp_path / "a.jsonl", world(3, "address", requests=40))
    kept = [
        line
        for line in path.read_text().splitlines()
        if not any(f'"seq":{seq},' in line for seq in range(31, 41))
    ]
    path.write_text("\n".join(kept) + "\n")
    whole, folded = gather([path]), gather([path], whole_bytes=1)
    assert folded.captures[0].folded
    assert [(one.seq, one.count) for one in whole.unrecorded] == [(31, 10)]
    assert folded.unrecorded == whole.unrecorded


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
    with Database() as database, LargeCapture(path, database) as capture:
        rows = capture.unusual()
        interrupt_all()
        with pytest.raises(duckdb.InterruptException):
            next(rows)
        with pytest.raises(duckdb.InterruptException):
            capture.examples()
