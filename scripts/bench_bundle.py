"""Times `bundle create` and `verify` over many exchanges, in processes of their own.

`python scripts/bench_bundle.py CAPTURE` multiplies the exchanges of a capture (one of `demo`, for
example) to 100 000 with times, durations and ids of their own, and prints seconds and megabytes.
Linux and macOS.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pawwork_proxy.captures.reader import WholeCapture, read_capture
from pawwork_proxy.model.base import line_of
from pawwork_proxy.model.exchange import Exchange

CAPTURES = 4
SECONDS_BETWEEN = 3


def main() -> int:
    """Make the captures, run both commands, print a row for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("capture", type=Path)
    parser.add_argument("--exchanges", type=int, default=100_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size = multiply(read_capture(options.capture), options.exchanges, folder)
        print(f"{options.exchanges} exchanges, {size / 1e6:.0f} MB of JSON lines")
        fixed = ["--yes", "--format", "json", "--max-size", "64", "--out", name]
        created = json.loads(timed("create", *sorted(folder.glob("*.jsonl")), *fixed))
        print(f"  {created['records']} records, {created['size'] / 1e6:.1f} MB")
        timed("verify", created["path"])
    return 0


def timed(command: str, *arguments: str | Path) -> str:
    """Run a bundle command, print what it took, return its stdout."""
    start = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "pawwork_proxy", "bundle", command, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    output = process.stdout.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command} failed")
    took = time.monotonic() - start
    megabytes = usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    print(f"{command:8} {took:6.1f} s  {usage.ru_utime:6.1f} s of CPU  {megabytes:6.0f} MB")
    return output


def multiply(capture: WholeCapture, exchanges: int, folder: Path) -> int:
    """Write captures of that many exchanges; their size in bytes."""
    rng = random.Random(1)
    for number in range(CAPTURES):
        started_at = capture.header.started_at + timedelta(days=number)
        header = capture.header.model_copy(update={"started_at": started_at})
        with (folder / f"capture-{number}.jsonl").open("wb") as file:
            file.write(line_of(header))
            for seq in range(1, exchanges // CAPTURES + 1):
                file.write(line_of(another(rng.choice(capture.exchanges), seq, rng, started_at)))
    return sum(path.stat().st_size for path in folder.glob("*.jsonl"))


def another(exchange: Exchange, seq: int, rng: random.Random, start: datetime) -> Exchange:
    """The same exchange at another time, with durations and ids of its own."""
    ray = f"{rng.getrandbits(64):016x}-SIM"
    request = {
        "request": f"request:{rng.getrandbits(96):024x}",
        "session": f"session:{seq // 8:024x}",
    }
    timing = {
        "started_at": start + timedelta(seconds=seq * SECONDS_BETWEEN),
        "total_ms": rng.randrange(10**6) / 1000,
    }
    response = exchange.response
    changes = {
        "seq": seq,
        "timing": exchange.timing.model_copy(update=timing),
        "request": exchange.request.model_copy(update=request),
        "response": response and response.model_copy(update={"cf_ray": ray}),
    }
    return exchange.model_copy(update=changes)


if __name__ == "__main__":
    sys.exit(main())
