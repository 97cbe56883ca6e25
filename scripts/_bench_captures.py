"""`compare` and `report` over many exchanges: captures are written from a sample's own lines.

Invariant: what is measured is the command itself, in a process of its own, start included.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

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
    }
    for hint in record["signals"]["retry_hints"]:
        marks[f'"seconds":{hint["seconds"]}'] = "wait"
    for value, name in marks.items():
        before = '"seconds":' if name == "wait" else ""
        text = text.replace(value, f"{before}\0{name}\0")
    return re.split("\0", text)


def measured(arguments: list[str]) -> tuple[float, float]:
    """Seconds and most resident MiB of a command of ours."""
    start = time.perf_counter()
    child = psutil.Popen(
        [sys.executable, "-m", "pawwork_proxy", *arguments], stdout=subprocess.DEVNULL, cwd=ROOT
    )
    most = max(_memory(child), default=0)
    if child.wait():
        raise SystemExit(f"{arguments[0]} failed")
    return time.perf_counter() - start, most / 2**20


def _memory(child: psutil.Popen) -> Iterator[int]:
    while child.poll() is None:
        try:
            yield child.memory_info().rss
        except psutil.Error:
            return
        time.sleep(0.02)


def compare_and_report(folder: Path, quick: bool) -> None:
    """Print time and memory of `compare`, then size and time of `report` on a tenth of it."""
    scale = 10 if quick else 1
    many, some = folder / "many", folder / "some"
    for place, captures in ((many, 20), (some, 2)):
        place.mkdir()
        write_captures(place, captures, 50_000 // scale)
    seconds, memory = measured(["compare", str(many)])
    print(
        f"compare, {1_000_000 // scale} exchanges in 20 captures: {seconds:.1f} s, "
        f"{memory:.0f} MiB (aim 10 s, 400 MiB)"
    )
    out = folder / "report.html"
    seconds, _ = measured(["report", str(some), "--out", str(out)])
    print(
        f"report, {100_000 // scale} exchanges: {seconds:.1f} s, {out.stat().st_size / 1e6:.2f} MB "
        "(aim below 3 MB)"
    )
