"""Each format holds every exchange, can be read by its own tools, and holds no content."""

import csv
import json
import sys
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pawwork_proxy.captures import lake
from pawwork_proxy.cli.commands.export import FORMATS, export
from pawwork_proxy.errors import ConfigurationError
from pawwork_proxy.export.har import har_text
from pawwork_proxy.export.otlp import otlp_text
from pawwork_proxy.export.table import COLUMNS, csv_lines, json_lines
from pawwork_proxy.model.capture import CaptureOptions
from tests.unit.builders import header
from tests.unit.captures.studies import MORNING, one, write

MIDNIGHT = MORNING.replace(hour=0) + timedelta(days=1)
SAID = {"TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE"}
"""What DuckDB calls a type when it is asked."""


def exported(tmp_path: Path, output: str) -> Path:
    capture = write(tmp_path / "a.jsonl", [one(1, 1), one(2, 1, refused=True)])
    out = tmp_path / f"all.{output}"
    result = CliRunner().invoke(
        export, [str(capture), "--format", output, "--out", str(out)], catch_exceptions=False
    )
    assert result.exit_code == 0
    assert result.stdout.strip() == str(out)
    return out


def document(tmp_path: Path, output: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(exported(tmp_path, output).read_text())
    return found


def test_parquet_has_a_typed_row_for_each_exchange(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    table = duckdb.read_parquet(str(exported(tmp_path, "parquet")))
    assert table.columns == [column.name for column in COLUMNS]
    assert [str(kind) for kind in table.types] == [
        SAID.get(column.type, column.type) for column in COLUMNS
    ]
    found = table.select("outcome", "status", "started_at", "reset_at").fetchall()
    assert found == [
        ("success", 200, MORNING + timedelta(seconds=1), None),
        ("free_usage_limit", 429, MORNING + timedelta(seconds=2), MIDNIGHT),
    ]


def test_without_the_extra_parquet_names_the_remedy_and_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lake, "_connected", cache(lake._connected.__wrapped__))
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(ConfigurationError, match="only DuckDB writes and reads Parquet") as caught:
        exported(tmp_path, "parquet")
    assert "pawwork-proxy[lake]" in (caught.value.hint or "")
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]


def test_csv_has_the_same_columns(tmp_path: Path) -> None:
    with exported(tmp_path, "csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["seq"] for row in rows] == ["1", "2"]
    assert [row["simulated"] for row in rows] == ["true", "true"]


def test_har_has_entries_without_content(tmp_path: Path) -> None:
    log = document(tmp_path, "har")["log"]
    assert log["version"] == "1.2"
    assert [entry["response"]["status"] for entry in log["entries"]] == [200, 429]
    for entry in log["entries"]:
        assert "postData" not in entry["request"]
        assert "text" not in entry["response"]["content"]
        assert entry["time"] == pytest.approx(sum(entry["timings"].values()))


def test_otlp_uses_names_of_the_conventions(tmp_path: Path) -> None:
    (resource,) = document(tmp_path, "otlp")["resourceSpans"]
    first, second = resource["scopeSpans"][0]["spans"]
    assert first["name"] == "chat big-pickle"
    assert len(first["traceId"]) == 32
    assert len(first["spanId"]) == 16
    assert int(first["endTimeUnixNano"]) - int(first["startTimeUnixNano"]) == 400_000_000
    found = {one["key"]: one["value"] for one in second["attributes"]}
    assert found["error.type"] == {"stringValue": "free_usage_limit"}
    assert found["http.response.status_code"] == {"intValue": "429"}
    assert found["gen_ai.request.model"] == {"stringValue": "big-pickle"}
    assert second["status"] == {"code": 2}


def test_a_span_names_the_server_only_where_it_is_known() -> None:
    record = one(1, 1)
    body = record.request.body.model_copy(update={"stream": True})
    asked = record.model_copy(update={"request": record.request.model_copy(update={"body": body})})
    real = header(simulated=False, options=CaptureOptions(upstream="opencode.ai"))
    other = header(simulated=False, options=CaptureOptions(upstream="other"))
    for first, known in ((real, True), (other, False), (header(simulated=True), False)):
        (resource,) = json.loads("".join(otlp_text([(first, asked)])))["resourceSpans"]
        (span,) = resource["scopeSpans"][0]["spans"]
        names = {attribute["key"]: attribute["value"] for attribute in span["attributes"]}
        assert names["gen_ai.request.stream"] == {"boolValue": True}
        assert ("server.address" in names, "server.port" in names) == (known, known)


def test_an_exchange_that_was_seen_in_part_says_so_in_every_format() -> None:
    whole, part = one(1, 1), one(2, 1)
    signals = part.signals.model_copy(update={"unobserved": ("request_body", "response_body")})
    pairs = [(header(), whole), (header(), part.model_copy(update={"signals": signals}))]
    rows = list(csv.DictReader(csv_lines(pairs)))
    assert [row["unobserved"] for row in rows] == ["", "request_body response_body"]
    lines = [json.loads(line)["unobserved"] for line in json_lines(pairs)]
    assert lines == [None, "request_body response_body"]
    first, second = json.loads("".join(har_text(pairs)))["log"]["entries"]
    assert "comment" not in first
    assert "request_body, response_body" in second["comment"]
    (resource,) = json.loads("".join(otlp_text(pairs)))["resourceSpans"]
    spans = [
        {item["key"]: item["value"] for item in span["attributes"]}
        for span in resource["scopeSpans"][0]["spans"]
    ]
    assert "pawwork.unobserved" not in spans[0]
    words = [{"stringValue": "request_body"}, {"stringValue": "response_body"}]
    assert spans[1]["pawwork.unobserved"] == {"arrayValue": {"values": words}}


@pytest.mark.parametrize("output", list(FORMATS))
def test_export_is_reproducible(tmp_path: Path, output: str) -> None:
    if output == "parquet":
        pytest.importorskip("duckdb")
    assert exported(tmp_path, output).read_bytes() == exported(tmp_path, output).read_bytes()


@pytest.mark.parametrize("model", ["@cf/meta/llama-3.1-8b-instruct", "+x1", "-x"])
def test_no_cell_of_a_csv_is_a_formula(model: str, tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    record = one(1, 1)
    request = record.request.model_copy(update={"model": model})
    capture = write(tmp_path / "a.jsonl", [record.model_copy(update={"request": request})])
    for output in ("csv", "parquet"):
        CliRunner().invoke(
            export,
            [str(capture), "--format", output, "--out", str(tmp_path / f"all.{output}")],
            catch_exceptions=False,
        )
    with (tmp_path / "all.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert row["model"] == f"'{model}"
    assert row["reset_at"] == row["egress_address"] == ""
    assert row["outcome"] == "success"
    table = duckdb.read_parquet(str(tmp_path / "all.parquet"))
    assert table.select("model").fetchall() == [(model,)], "only spreadsheets need it"


def test_documents_of_several_captures_or_of_none_are_whole(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", [one(1, 1), one(2, 1)])
    write(tmp_path / "b.jsonl", [one(1, 2)])
    write(tmp_path / "c.jsonl", [])
    for output, paths, numbers in (
        ("otlp", [tmp_path], [2, 1]),
        ("har", [tmp_path], [3]),
        ("otlp", [tmp_path / "c.jsonl"], []),
        ("har", [tmp_path / "c.jsonl"], [0]),
    ):
        out = tmp_path / "out"
        arguments = [*map(str, paths), "--format", output, "--out", str(out)]
        CliRunner().invoke(export, arguments, catch_exceptions=False)
        found = json.loads(out.read_text())
        parts = (
            [found["log"]["entries"]]
            if output == "har"
            else [one["scopeSpans"][0]["spans"] for one in found["resourceSpans"]]
        )
        assert [len(part) for part in parts] == numbers


def test_where_to_has_to_be_said(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", [one(1, 1)])
    found = CliRunner().invoke(export, ["--format", "csv", str(path)])
    assert found.exit_code == 2
    assert "Missing option '--out'" in found.stderr
