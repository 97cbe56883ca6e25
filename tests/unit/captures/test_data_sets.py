"""A data set says what the captures said of which it was made."""

import re
import sys
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from pawwork_proxy.captures import lake
from pawwork_proxy.captures.lake import parquet_data, read_part
from pawwork_proxy.cli.commands.compare import compare
from pawwork_proxy.cli.commands.export import export
from pawwork_proxy.cli.commands.report import report
from pawwork_proxy.cli.commands.show import show
from pawwork_proxy.cli.commands.status import status
from pawwork_proxy.errors import CaptureFormatError, ConfigurationError
from pawwork_proxy.export.observations import (
    COLUMNS,
    METADATA,
    Part,
    Provenance,
    StoredRow,
    lines_of,
    parts_of,
)
from pawwork_proxy.model.comparison_input import CaptureSummary, ComparisonInput
from pawwork_proxy.model.observation import Identities, Observation
from tests.unit.captures.studies import MORNING, gather, one, write

pytest.importorskip("duckdb")
DOCS = Path(__file__).parents[3] / "docs"

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
TIMES = st.datetimes(
    min_value=datetime(1990, 1, 1),
    max_value=datetime(2200, 1, 1),
    timezones=st.sampled_from([UTC]),
)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
KINDS: dict[type, st.SearchStrategy[Any]] = {str: TEXTS, float: FINITE, datetime: TIMES}
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "count": st.integers(1, 2**63 - 1),
    "clock_error_s": FINITE.map(abs),
    "reset_at": st.none() | TIMES,
    "retry_after_s": st.none() | FINITE,
    "who": st.builds(Identities, **{name: st.none() | TEXTS for name in Identities.model_fields}),
    **dict.fromkeys(("capture", "study", "kind", "family", "action", "answer_id"), TEXTS),
    "seq": st.integers(-(2**63), 2**63 - 1),
    **dict.fromkeys(("started_at", "ended_at"), TIMES),
    "answered_at": st.none() | TIMES,
    "free": st.none() | st.booleans(),
    **{
        name: st.booleans()
        for name in ("simulated", "steady", "model_call", "exclusive", "chained_proxy", "in_part")
    },
}
OBSERVATIONS = st.builds(Observation, **FIELDS)
SUMMARY = CaptureSummary(
    name="it's a.jsonl",
    capture_id="0" * 16,
    study_id="study:a",
    tool_version="1",
    started_at=MORNING,
)


def stored(folder: Path, inputs: ComparisonInput) -> Path:
    """The data set in `folder`, as the command writes it."""
    for part in parts_of(inputs):
        path = folder / part.name
        path.parent.mkdir(parents=True, exist_ok=True)
        put(path, part)
    return folder


def put(path: Path, part: Part) -> None:
    metadata = {METADATA: part.provenance.model_dump_json()}
    path.write_bytes(b"".join(parquet_data(lines_of(part.rows), COLUMNS, metadata)))


def ordered(observations: tuple[Observation, ...]) -> list[Observation]:
    return sorted(observations, key=lambda one: (one.capture, one.seq))


def same(found: ComparisonInput, expected: ComparisonInput) -> bool:
    return (
        ordered(found.observations) == ordered(expected.observations)
        and ordered(found.unrecorded) == ordered(expected.unrecorded)
        and sorted(found.captures, key=lambda one: one.name)
        == sorted(expected.captures, key=lambda one: one.name)
    )


def run(command: Any, *arguments: object) -> Any:
    return CliRunner().invoke(command, [str(one) for one in arguments])


@pytest.fixture
def captures(tmp_path: Path) -> Path:
    """Two captures; in one of them a number is missing, in the other midnight passes."""
    folder = tmp_path / "captures"
    folder.mkdir()
    write(folder / "a.jsonl", [one(1, 1), one(2, 1, refused=True), one(5, 1)])
    night = MORNING.replace(hour=23, minute=59, second=59)
    late = [one(seq, 2, address=2, at=night + timedelta(seconds=seq)) for seq in range(3)]
    write(folder / "b.jsonl", late)
    return folder


@settings(max_examples=25, deadline=None)
@given(st.lists(st.builds(StoredRow, st.booleans(), OBSERVATIONS), min_size=1, max_size=5))
def test_what_is_written_comes_back_equal(rows: list[StoredRow]) -> None:
    part = Part(Provenance(rows="digest", capture=SUMMARY), rows)
    with TemporaryDirectory() as folder:
        put(Path(folder) / "part-x.parquet", part)
        assert read_part(Path(folder) / "part-x.parquet", Path("x")) == part


def test_a_set_says_what_its_captures_say(tmp_path: Path, captures: Path) -> None:
    out = tmp_path / "set"
    result = run(export, captures, "--format", "parquet", "--out", out)
    assert (result.exit_code, result.stdout.strip()) == (0, str(out))
    parts = [path.relative_to(out).as_posix() for path in sorted(out.rglob("*.parquet"))]
    days = [re.fullmatch(r"study=study%3A\w+/day=(.+)/part-\w{16}\.parquet", one) for one in parts]
    assert [day and day[1] for day in days] == ["2026-11-20", "2026-11-20", "2026-11-21"]
    plain, found = gather([captures]), gather([out])
    assert plain.unrecorded
    assert same(found, plain)
    plainly = run(compare, captures).stdout.replace(f" compare {captures}", " compare captures/")
    assert run(compare, out).stdout == plainly
    assert run(status, out).stdout == run(status, captures).stdout
    assert run(report, out, "--out", tmp_path / "page.html").exit_code == 0


def test_rows_that_stand_for_many_keep_their_count(tmp_path: Path) -> None:
    capture = write(tmp_path / "a.jsonl", [one(seq, 1) for seq in range(1, 30)])
    aggregated = gather([capture], one_by_one=1)
    assert max(row.count for row in aggregated.observations) > 1
    assert same(gather([stored(tmp_path / "set", aggregated)]), aggregated)


def test_a_capture_counts_once_wherever_it_stands(tmp_path: Path, captures: Path) -> None:
    plain = gather([captures])
    first, second = stored(tmp_path / "1", plain), stored(tmp_path / "2", plain)
    assert same(gather([first, second, first / "**" / "*.parquet"]), plain)
    both = gather([first, captures])
    assert same(both, plain)
    assert "In a data set as well, counted once: a.jsonl, b.jsonl." in both.remarks


def test_of_two_exports_the_fuller_counts(tmp_path: Path) -> None:
    begun = gather([write(tmp_path / "a.jsonl", [one(1, 1), one(2, 1)])])
    older = stored(tmp_path / "older", begun)
    grown = gather(
        [write(tmp_path / "a.jsonl", [one(seq, 1, refused=seq == 1) for seq in (1, 2, 3)])]
    )
    newer = stored(tmp_path / "newer", grown)
    assert same(gather([older, newer]), grown)
    assert same(gather([newer, older]), grown)


def test_exporting_again_replaces_what_the_capture_had(tmp_path: Path, captures: Path) -> None:
    out = tmp_path / "set"
    run(export, captures, "--format", "parquet", "--out", out)
    write(captures / "b.jsonl", [one(1, 2)])  # it had rows of two days
    run(export, captures / "b.jsonl", "--format", "parquet", "--out", out)
    assert same(gather([out]), gather([captures]))


def test_the_user_vouches_for_networks_of_a_set_too(tmp_path: Path, captures: Path) -> None:
    out = stored(tmp_path / "set", gather([captures], exclusive=frozenset({"network1"})))
    for alone in (frozenset[str](), frozenset({"network2"})):
        assert same(gather([out], exclusive=alone), gather([captures], exclusive=alone))


def test_what_is_no_part_of_a_set_is_named(tmp_path: Path, captures: Path) -> None:
    table = tmp_path / "all.parquet"
    run(export, captures, "--format", "parquet", "--out", table)
    (tmp_path / "part-1.parquet").write_text("no parquet")
    with pytest.raises(CaptureFormatError, match="no part of a data set") as caught:
        gather([table])
    assert "--format parquet" in caught.value.hint
    found = gather([captures, table, tmp_path / "part-1.parquet"])
    said = "left out, it is no part of a data set that this version reads."
    assert found.remarks[:2] == (f"all.parquet: {said}", f"part-1.parquet: {said}")


@pytest.mark.parametrize(
    "change",
    [
        ("lines", '"count": 1', '"count": 0'),
        ("lines", '"tier": "zen"', '"tier": null'),
        ("provenance", '"version":1', '"version":2'),
    ],
)
def test_rows_that_cannot_be_are_refused(tmp_path: Path, change: tuple[str, str, str]) -> None:
    where, old, new = change
    (part,) = parts_of(gather([write(tmp_path / "a.jsonl", [one(1, 1)])]))
    lines, provenance = "".join(lines_of(part.rows)), part.provenance.model_dump_json()
    lines = lines.replace(old, new) if where == "lines" else lines
    provenance = provenance.replace(old, new) if where == "provenance" else provenance
    path = tmp_path / "part-x.parquet"
    path.write_bytes(b"".join(parquet_data([lines], COLUMNS, {METADATA: provenance})))
    with pytest.raises(CaptureFormatError, match="no part of a data set"):
        read_part(path, path)


def test_other_commands_say_who_reads_sets(tmp_path: Path, captures: Path) -> None:
    (part, *_) = stored(tmp_path / "set", gather([captures])).rglob("*.parquet")
    error = run(show, part).exception
    assert isinstance(error, CaptureFormatError)
    assert "which has no records" in error.message
    assert error.hint == "only compare, report and status read data sets"


def test_without_the_extra_the_remedy_is_named(
    tmp_path: Path, captures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = stored(tmp_path / "set", gather([captures]))
    monkeypatch.setattr(lake, "_connected", cache(lake._connected.__wrapped__))
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(ConfigurationError, match="it is not installed") as caught:
        gather([out])
    assert "pawwork-proxy[lake]" in caught.value.hint


def test_a_file_stands_in_the_way_of_a_set(tmp_path: Path, captures: Path) -> None:
    (tmp_path / "set").write_text("x")
    error = run(export, captures, "--format", "parquet", "--out", tmp_path / "set").exception
    assert isinstance(error, ConfigurationError)


def test_the_docs_list_every_column() -> None:
    section = (DOCS / "data-sets.md").read_text(encoding="utf-8").split("## Columns")[1]
    told = dict(re.findall(r"^\| `(\w+)` \| (\w+) \| [^|]+ \|$", section, re.M))
    assert told == {"study": "VARCHAR", "day": "DATE", **COLUMNS}
