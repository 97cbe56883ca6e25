"""Benchmarks against stock mitmdump and a direct connection, in one run: `python -m scripts.bench`.

Prints ratios; absolute figures depend on the machine. Each figure is the median of rounds in which
the candidates take turns, so that a machine whose speed drifts harms all of them alike.
Invariant: traffic stays on loopback, and every loop ends by count.
"""

import argparse
import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from pawwork_proxy.model.signals import Ending
from pawwork_proxy.outcomes.rules import classify
from pawwork_proxy.responses.response_reader import ResponseReader
from scripts._bench_captures import ROOT, many_exchanges
from scripts._bench_upstream import content_length

TOOL = {
    "name": "read",
    "description": "word " * 300,
    "parameters": {
        "type": "object",
        "properties": {name: {"type": "string", "description": "word " * 10} for name in "abcd"},
    },
}
CONVERSATION = {
    "model": "big-pickle",
    "stream": True,
    "messages": [
        {"role": "system", "content": "word " * 1800},
        {"role": "user", "content": "word " * 20},
    ],
    "tools": [{"type": "function", "function": TOOL}] * 11,
}
BODY = json.dumps(CONVERSATION).encode()
"""About 30 KB in the shape of a conversation's first request: system prompt, prompt, 11 tools."""

STOCK_STREAMING = "def responseheaders(flow):\n    flow.response.stream = True\n"


@dataclass(frozen=True)
class Target:
    """One way to the upstream."""

    name: str
    port: int
    pid: int

    def request(self, path: str) -> bytes:
        """A whole request, ready to send."""
        return (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
            "Authorization: Bearer public\r\nContent-Type: application/json\r\n"
            "User-Agent: opencode/1.18.33\r\nx-opencode-client: cli\r\n"
            "x-opencode-session: ses_0123456789abABCDEFGHIJKLMN\r\n"
            f"Content-Length: {len(BODY)}\r\n\r\n"
        ).encode() + BODY


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def targets(folder: Path) -> Iterator[list[Target]]:
    """Direct, stock mitmdump, that streams, with our script, and `run`, all to one upstream."""
    env = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    env["PAWWORK_PROXY_HOME"] = str(folder / "private")
    stream = folder / "streaming.py"
    stream.write_text(STOCK_STREAMING)
    direct, stock, streaming, script, ours = (free_port() for _ in range(5))
    url = f"http://127.0.0.1:{direct}"
    mitmdump = [str(Path(sys.executable).with_name("mitmdump")), "-q"]
    mitmdump += ["--set", f"confdir={folder / 'stock'}", "--mode"]
    capture = ["-s", str(ROOT / "addons" / "capture.py")]
    capture += ["--set", f"pawwork_captures={folder / 'captures'}"]
    run = ["run", "--format", "json", "--install", f"bench@{ours}", "--upstream", url]
    run += ["--captures", str(folder / "captures")]
    commands = (
        ("direct", direct, [sys.executable, "-m", "scripts._bench_upstream", str(direct)]),
        ("stock", stock, [*mitmdump, f"reverse:{url}@127.0.0.1:{stock}"]),
        (
            "stock streaming",
            streaming,
            [*mitmdump, f"reverse:{url}@127.0.0.1:{streaming}", "-s", str(stream)],
        ),
        ("script", script, [*mitmdump, f"reverse:{url}@127.0.0.1:{script}", *capture]),
        ("ours", ours, [sys.executable, "-m", "pawwork_proxy", *run]),
    )
    null = subprocess.DEVNULL
    with ExitStack() as stack:
        found = []
        for name, port, command in commands:
            child = subprocess.Popen(command, env=env, stdout=null, stderr=null, cwd=ROOT)
            stack.callback(child.wait, 30)
            stack.callback(child.terminate)
            found.append(Target(name, port, child.pid))
        for target in found:
            asyncio.run(until_listening(target))
        yield found


async def until_listening(target: Target) -> None:
    """Return once a request passes."""
    for _ in range(600):
        try:
            await fetch(target, "/plain")
            return
        except OSError:
            await asyncio.sleep(0.05)
    raise SystemExit(f"{target.name} did not start")


async def fetch(target: Target, path: str) -> float:
    """One request on a connection of its own; seconds to the first byte of the body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", target.port, limit=2**20)
    try:
        return await ask(reader, writer, target.request(path))
    finally:
        writer.close()


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> float:
    """Send a request, read its response to the end; seconds to the first byte of the body."""
    start = time.perf_counter()
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    if b"hunked" in head:
        size = await reader.readline()
        first = time.perf_counter() - start
        while int(size, 16):
            await reader.readexactly(int(size, 16) + 2)
            size = await reader.readline()
        await reader.readexactly(2)
        return first
    await reader.readexactly(content_length(head))
    return time.perf_counter() - start


async def ask_often(target: Target, count: int, connections: int = 8) -> None:
    """So many requests over several kept connections."""

    async def worker() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", target.port)
        request = target.request("/plain")
        for _ in range(count // connections):
            await ask(reader, writer, request)
        writer.close()

    await asyncio.gather(*(worker() for _ in range(connections)))


async def cpu_ms(target: Target, count: int) -> float:
    """Milliseconds of processor time for each request, of all threads."""
    process = psutil.Process(target.pid)
    before = process.cpu_times()
    await ask_often(target, count)
    after = process.cpu_times()
    return (after.user + after.system - before.user - before.system) / count * 1000


async def first_event_ms(target: Target, count: int) -> float:
    """Median milliseconds to the first event of a stream."""
    times = [await fetch(target, "/events/3") for _ in range(count)]
    return statistics.median(times) * 1000


async def streams_ms(target: Target, streams: int, events: int) -> float:
    """Milliseconds for so many streams at once, of so many events each."""
    start = time.perf_counter()
    await asyncio.gather(*(fetch(target, f"/events/{events}") for _ in range(streams)))
    return (time.perf_counter() - start) * 1000


def compare(
    title: str,
    found: list[Target],
    rounds: int,
    measure: Callable[..., Coroutine[Any, Any, float]],
    *amounts: int,
) -> dict[str, float]:
    """Let the targets take turns; print and return the medians."""
    samples: dict[str, list[float]] = {target.name: [] for target in found}
    for _ in range(rounds):
        for target in found:
            samples[target.name].append(asyncio.run(measure(target, *amounts)))
    medians = {name: statistics.median(values) for name, values in samples.items()}
    print(f"{title}: " + ", ".join(f"{name} {value:.2f}" for name, value in medians.items()))
    return medians


def memory(target: Target, exchanges: int) -> None:
    """Print resident memory after a warm-up and after many exchanges."""
    resident = []
    for count in (2000, exchanges):
        asyncio.run(ask_often(target, count))
        resident.append(psutil.Process(target.pid).memory_info().rss / 2**20)
    before, after = resident
    print(
        f"memory of ours, MiB: {before:.1f} after 2 000 exchanges, "
        f"{after:.1f} after {exchanges + 2000}"
    )


def classification_rate(responses: int) -> None:
    """Print responses read and classified per second on one core."""
    refusal = (
        b'{"type":"error","error":{"type":"FreeUsageLimitError","message":"Rate limit exceeded. '
        b'Please try again later."},"metadata":{}}'
    )
    headers = [("retry-after", "50223"), ("date", "Wed, 25 Nov 2026 10:02:57 GMT")]
    start = time.perf_counter()
    for _ in range(responses):
        reader = ResponseReader(429, headers)
        reader.feed(refusal)
        classify(reader.finish(Ending.COMPLETE).signals)
    rate = responses / (time.perf_counter() - start)
    print(f"classification: {rate:.0f} responses per second per core")


def main() -> None:
    """Run the benchmarks."""
    parser = argparse.ArgumentParser(description=__doc__, epilog="Example: python -m scripts.bench")
    parser.add_argument("--quick", action="store_true", help="a tenth of the work")
    quick = parser.parse_args().quick
    scale, rounds = (1, 3) if quick else (10, 7)
    with tempfile.TemporaryDirectory() as folder, targets(Path(folder)) as found:
        direct, _, streaming, script, ours = found
        cost = compare("CPU ms of a request of 30 KB", found, rounds, cpu_ms, 800 * scale)
        for name, aim in (("ours", 1), ("script", 1.3)):
            print(f"  ratio {name}/stock: {cost[name] / cost['stock']:.2f} (aim {aim})")
        streams = [direct, streaming, script, ours]
        firsts = compare("first event, ms", streams, rounds, first_event_ms, 20 * scale)
        for name in ("ours", "script"):
            late = firsts[name] - firsts["stock streaming"]
            print(f"  {name} later than stock streaming by {late:+.2f} ms (aim at most 1)")
        for title, *amounts in (
            ("stream of 2000 events, ms", 1, 2000),
            ("100 streams at once, ms", 100, 100),
        ):
            times = compare(title, streams, rounds, streams_ms, *amounts)
            print(f"  ratio ours/stock streaming: {times['ours'] / times['stock streaming']:.2f}")
        memory(ours, 5_000 * scale)
    classification_rate(1_000 * scale)
    with tempfile.TemporaryDirectory() as folder:
        many_exchanges(Path(folder), quick)


if __name__ == "__main__":
    main()
