"""`compare`, `report` and bundling over many exchanges; captures are made of a sample's lines.

Invariant: what is measured is the command itself, in a process of its own, start included.
"""

import json
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil

from scripts._bench_varied import SAMPLE, as_line, write_varied

ROOT = Path(__file__).resolve().parent.parent
SESSION = 50
"""Requests of a session."""
ADMITTED = 0.98
"""This share of a day's requests comes before the quota is used up."""

BEGIN = datetime(2026, 11, 25, 0, 5, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 26, tzinfo=UTC)
OPENED = (
    '{"type":"opened","seq":%(seq)d,"at":"%(started)s","install":"laptop",'
    '"route":"reverse","method":"POST","path":"/zen/v1/chat/completions"}\n'
)


def write_captures(folder: Path, captures: int, exchanges: int) -> None:
    """`captures` files of `exchanges` each, spread over one day."""
    header, *records = map(json.loads, SAMPLE.read_text("utf-8").splitlines())
    lines = {one["outcome"]["kind"]: _template(one) for one in records if "outcome" in one}
    step = timedelta(hours=23) / exchanges
    for number in range(captures):
        with (folder / f"{number:02}.jsonl").open("w", encoding="utf-8") as file:
            file.write(as_line(header | {"capture_id": f"{number:016x}"}))
            for seq in range(1, exchanges + 1):
                at = BEGIN + step * seq
                values = {
                    "seq": seq,
                    "request": f"request:{number:04x}{seq // 2:020x}",
                    "session": f"session:{number:04x}{seq // SESSION:020x}",
                    "started": f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond:06}Z",
                    "date": f"{at:%Y-%m-%dT%H:%M:%SZ}",
                    "ray": f"{number:08x}{seq * 2654435761 % 2**32:08x}-SIM",
                    "wait": (MIDNIGHT - at).total_seconds(),
                }
                kind = "success" if seq <= ADMITTED * exchanges else "free_usage_limit"
                file.write(OPENED % values + lines[kind] % values)
            end = {"type": "end", "at": values["date"], "exchanges": exchanges}
            file.write(as_line(end | {"reason": "finished"}))


def _template(record: dict[str, Any]) -> str:
    """The line of an exchange, for `%`: values of its own have names."""
    text = as_line(record).replace("%", "%%")
    text = text.replace(f'"seq":{record["seq"]}', '"seq":%(seq)d', 1)
    for hint in record["signals"]["retry_hints"]:
        text = text.replace(f'"seconds":{hint["seconds"]}', '"seconds":%(wait)d')
    marks = {
        record["request"]["request"]: "request",
        record["request"]["session"]: "session",
        record["timing"]["started_at"]: "started",
        record["response"]["date"]: "date",
        record["response"]["cf_ray"]: "ray",
    }
    for value, name in marks.items():
        text = text.replace(value, f"%({name})s")
    return text


def measured(*arguments: str | Path) -> tuple[str, bytes]:
    """Run a command of ours: what it took, in words, and what it printed."""
    start = time.perf_counter()
    memory, cpu = 0, 0.0
    with tempfile.TemporaryFile() as output:
        child = psutil.Popen(
            [sys.executable, "-m", "pawwork_proxy", *arguments],
            stdout=output, stderr=subprocess.DEVNULL, cwd=ROOT,
        )  # fmt: skip
        while child.poll() is None:
            with suppress(psutil.Error), child.oneshot():
                memory = max(memory, child.memory_info().rss)
                cpu = sum(child.cpu_times()[:4])  # its own and its children's
            time.sleep(0.02)
        if child.returncode:
            raise SystemExit(f"{arguments[0]} failed")
        took = f"{time.perf_counter() - start:.1f} s, {cpu:.1f} s of CPU, {memory / 2**20:.0f} MiB"
        output.seek(0)
        return took, output.read()


def many_exchanges(folder: Path, quick: bool) -> None:
    """Print what `compare` takes, and on a tenth of the exchanges `report` and bundling."""
    scale = 10 if quick else 1
    many, some = folder / "many", folder / "some"
    for place, captures in ((many, 20), (some, 2)):
        place.mkdir()
        write_captures(place, captures, 50_000 // scale)
    print(
        f"compare, {1_000_000 // scale} exchanges in 20 captures: {measured('compare', many)[0]} "
        "(aim 10 s, 400 MiB)"
    )
    varied = folder / "varied"
    varied.mkdir()
    write_varied(varied, 100_000 // scale)
    print(
        f"compare, {100_000 // scale} varied exchanges: {measured('compare', varied)[0]} "
        "(aim 30 s of CPU, 1 GiB)"
    )
    out = folder / "report.html"
    took, _ = measured("report", some, "--out", out)
    print(
        f"report, {100_000 // scale} exchanges: {took}, {out.stat().st_size / 1e6:.2f} MB "
        "(aim below 3 MB)"
    )
    fixed = ("--yes", "--format", "json", "--max-size", "64", "--out", folder)
    took, output = measured("bundle", "create", some, *fixed)
    created = json.loads(output)
    print(f"bundle create, {created['records']} records: {took}, {created['size'] / 1e6:.1f} MB")
    print(f"bundle verify: {measured('bundle', 'verify', created['path'])[0]}")
