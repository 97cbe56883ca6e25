"""`compare`, `report` and bundling over many exchanges; captures are made of a sample's lines.

Invariant: what is measured is the command itself, in a process of its own, start included.
"""

import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import psutil

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "captures" / "samples" / "one-network" / "home.jsonl"
SESSION = 50
"""Requests of a session."""
ADMITTED = 0.98
"""This share of a day's requests comes before the quota is used up."""

BEGIN = datetime(2026, 11, 25, 0, 5, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 26, tzinfo=UTC)


def write_captures(folder: Path, captures: int, exchanges: int) -> None:
    """`captures` files of `exchanges` each, spread over one day."""
    lines = SAMPLE.read_text(encoding="utf-8").splitlines()
    header = json.loads(lines[0])
    records = [json.loads(line) for line in lines if '"type":"exchange"' in line]
    admitted = next(one for one in records if one["outcome"]["kind"] == "success")
    refused = next(one for one in records if one["outcome"]["kind"] == "free_usage_limit")
    plain, limit = _template(admitted), _template(refused)
    step = timedelta(hours=23) / exchanges
    for number in range(captures):
        head = header | {"capture_id": f"{number:016x}"}
        with (folder / f"{number:02}.jsonl").open("w", encoding="utf-8") as file:
            file.write(json.dumps(head, separators=(",", ":")) + "\n")
            for seq in range(1, exchanges + 1):
                at = BEGIN + step * seq
                values = {
                    "seq": str(seq),
                    "request": f"request:{number:04x}{seq // 2:020x}",
                    "session": f"session:{number:04x}{seq // SESSION:020x}",
                    "started": f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond:06}Z",
                    "date": f"{at:%Y-%m-%dT%H:%M:%SZ}",
                    "ray": f"{number:08x}{seq * 2654435761 % 2**32:08x}-SIM",
                    "wait": str(int((MIDNIGHT - at).total_seconds())),
                }
                file.write(
                    f'{{"type":"opened","seq":{seq},"at":"{values["started"]}","install":"laptop",'
                    '"route":"reverse","method":"POST","path":"/zen/v1/chat/completions"}\n'
                )
                parts = plain if seq <= ADMITTED * exchanges else limit
                file.write("".join(values.get(part, part) for part in parts) + "\n")
            end = {"type": "end", "at": values["date"], "exchanges": exchanges}
            file.write(json.dumps(end | {"reason": "finished"}) + "\n")


def _template(record: dict[str, Any]) -> list[str]:
    """A line cut where each exchange has values of its own."""
    text = json.dumps(record, separators=(",", ":"))
    text = text.replace(f'"seq":{record["seq"]}', '"seq":\0seq\0', 1)
    marks = {
        record["request"]["request"]: "request",
        record["request"]["session"]: "session",
        record["timing"]["started_at"]: "started",
        record["response"]["date"]: "date",
        record["response"]["cf_ray"]: "ray",
    }
    for hint in record["signals"]["retry_hints"]:
        marks[f'"seconds":{hint["seconds"]}'] = "wait"
    for value, name in marks.items():
        before = '"seconds":' if name == "wait" else ""
        text = text.replace(value, f"{before}\0{name}\0")
    return re.split("\0", text)


class Measured(NamedTuple):
    """What a command took and printed."""

    seconds: float
    cpu_seconds: float
    mib: float
    """The most resident memory."""
    output: str

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s, {self.cpu_seconds:.1f} s of CPU, {self.mib:.0f} MiB"


def measured(*arguments: str | Path) -> Measured:
    """Run a command of ours and measure it."""
    start = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        child = psutil.Popen(
            [sys.executable, "-m", "pawwork_proxy", *arguments],
            stdout=output, stderr=subprocess.DEVNULL, cwd=ROOT,
        )  # fmt: skip
        samples = [(0, 0.0), *_samples(child)]
        if child.wait():
            raise SystemExit(f"{arguments[0]} failed")
        seconds = time.perf_counter() - start
        output.seek(0)
        mib = max(memory for memory, _ in samples) / 2**20
        return Measured(seconds, samples[-1][1], mib, output.read().decode())


def _samples(child: psutil.Popen) -> Iterator[tuple[int, float]]:
    """Resident memory and CPU seconds so far, again and again until the command ends."""
    while child.poll() is None:
        try:
            with child.oneshot():
                times = child.cpu_times()
                children = getattr(times, "children_user", 0.0)
                yield child.memory_info().rss, times.user + times.system + children
        except psutil.Error:
            return
        time.sleep(0.02)


def many_exchanges(folder: Path, quick: bool) -> None:
    """Print what `compare` takes, and on a tenth of the exchanges `report` and bundling."""
    scale = 10 if quick else 1
    many, some = folder / "many", folder / "some"
    for place, captures in ((many, 20), (some, 2)):
        place.mkdir()
        write_captures(place, captures, 50_000 // scale)
    print(
        f"compare, {1_000_000 // scale} exchanges in 20 captures: {measured('compare', many)} "
        "(aim 10 s, 400 MiB)"
    )
    out = folder / "report.html"
    took = measured("report", some, "--out", out)
    print(
        f"report, {100_000 // scale} exchanges: {took}, {out.stat().st_size / 1e6:.2f} MB "
        "(aim below 3 MB)"
    )
    fixed = ("--yes", "--format", "json", "--max-size", "64", "--out", folder)
    took = measured("bundle", "create", some, *fixed)
    created = json.loads(took.output)
    print(f"bundle create, {created['records']} records: {took}, {created['size'] / 1e6:.1f} MB")
    print(f"bundle verify: {measured('bundle', 'verify', created['path'])}")
