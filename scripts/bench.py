"""Benchmarks against stock mitmdump and a direct connection, in one run: `python -m scripts.bench`.

Prints ratios; absolute figures depend on the machine. Each figure is the median of rounds in which
the candidates take turns, so that a machine whose speed drifts harms all of them alike.
Invariant: traffic stays on loopback, and every loop ends by count.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from pawwork_proxy.model.signals import Ending
from pawwork_proxy.outcomes.rules import classify
from pawwork_proxy.responses.response_reader import ResponseReader
from scripts._bench_captures import ROOT, many_exchanges
from scripts._bench_upstream import EVENTS, free_port

_TOOL = {
    "type": "function",
    "function": {
        "name": "read",
        "description": "word " * 300,
        "parameters": {
            "type": "object",
            "properties": {
                name: {"type": "string", "description": "word " * 10} for name in "abcd"
            },
        },
    },
}
BODY = json.dumps(
    {
        "model": "big-pickle",
        "stream": True,
        "messages": [
            {"role": "system", "content": "word " * 1800},
            {"role": "user", "content": "word " * 20},
        ],
        "tools": [_TOOL] * 11,
    }
).encode()
"""About 30 KB in the shape of a conversation's first request: system prompt, prompt, 11 tools."""

STOCK_STREAMING = "def responseheaders(flow):\n    flow.response.stream = True\n"


@dataclass(frozen=True)
class Target:
    """One way to the upstream."""

    name: str
    port: int
    pid: int | None = None

    def request(self, path: str, body: bytes = BODY) -> bytes:
        """A whole request, ready to send."""
        return (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
            "Authorization: Bearer public\r\nContent-Type: application/json\r\n"
            "User-Agent: opencode/1.18.33\r\nx-opencode-client: cli\r\n"
            "x-opencode-session: ses_0123456789abABCDEFGHIJKLMN\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode() + body


@contextmanager
def process(command: list[str], env: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A child that is ended with the block."""
    child = subprocess.Popen(
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT
    )
    try:
        yield child
    finally:
        child.terminate()
        child.wait(30)


@contextmanager
def targets(folder: Path) -> Iterator[list[Target]]:
    """Direct, stock mitmdump, stock mitmdump that streams, and ours, all to one upstream."""
    env = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    env["PAWWORK_PROXY_HOME"] = str(folder / "private")
    script = folder / "streaming.py"
    script.write_text(STOCK_STREAMING)
    mitmdump = str(Path(sys.executable).with_name("mitmdump"))
    with ExitStack() as stack:
        upstream = free_port()
        command = [sys.executable, "-m", "scripts._bench_upstream", str(upstream)]
        child = stack.enter_context(process(command, env))
        assert child.stdout is not None
        child.stdout.readline()
        found = [Target("direct", upstream)]
        for name, options in (("stock", []), ("stock streaming", ["-s", str(script)])):
            port = free_port()
            mode = f"reverse:http://127.0.0.1:{upstream}@127.0.0.1:{port}"
            confdir = f"confdir={folder / 'stock'}"
            command = [mitmdump, "-q", "--mode", mode, "--set", confdir, *options]
            child = stack.enter_context(process(command, env))
            found.append(Target(name, port, child.pid))
        command = [sys.executable, "-m", "pawwork_proxy", "run", "--format", "json"]
        command += ["--install", "bench@0", "--captures", str(folder / "captures")]
        command += ["--upstream", f"http://127.0.0.1:{upstream}"]
        child = stack.enter_context(process(command, env))
        assert child.stdout is not None
        started = json.loads(child.stdout.readline())
        port = int(started["installs"]["bench"].rpartition(":")[2])
        found.append(Target("ours", port, child.pid))
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
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    await reader.readexactly(length)
    return time.perf_counter() - start


async def throughput(target: Target, count: int, connections: int = 8) -> float:
    """Requests per second over several kept connections."""

    async def worker() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", target.port)
        request = target.request("/plain")
        for _ in range(count // connections):
            await ask(reader, writer, request)
        writer.close()

    start = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(connections)))
    return count / (time.perf_counter() - start)


async def first_event_ms(target: Target, count: int) -> float:
    """Median milliseconds to the first event of a stream."""
    times = [await fetch(target, "/events/3") for _ in range(count)]
    return statistics.median(times) * 1000


async def long_stream_ms(target: Target, _: int) -> float:
    """Milliseconds for one stream of 2 000 events."""
    start = time.perf_counter()
    await fetch(target, f"/events/{EVENTS}")
    return (time.perf_counter() - start) * 1000


async def many_streams_ms(target: Target, _: int) -> float:
    """Milliseconds for 100 streams of 100 events at once."""
    start = time.perf_counter()
    await asyncio.gather(*(fetch(target, "/events/100") for _ in range(100)))
    return (time.perf_counter() - start) * 1000


Measure = Callable[[Target, int], Awaitable[float]]


def compare(
    title: str, measure: Measure, found: list[Target], count: int, rounds: int
) -> dict[str, float]:
    """Let the targets take turns; print and return the medians."""
    samples: dict[str, list[float]] = {target.name: [] for target in found}
    for _ in range(rounds):
        for target in found:
            samples[target.name].append(asyncio.run(_value(measure, target, count)))
    medians = {name: statistics.median(values) for name, values in samples.items()}
    print(f"{title}: " + ", ".join(f"{name} {value:.2f}" for name, value in medians.items()))
    return medians


async def _value(measure: Measure, target: Target, count: int) -> float:
    return await measure(target, count)


def memory(target: Target, exchanges: int) -> None:
    """Print resident memory after a warm-up and after many exchanges."""
    assert target.pid is not None
    process_of = psutil.Process(target.pid)
    asyncio.run(throughput(target, 2000))
    before = process_of.memory_info().rss
    asyncio.run(throughput(target, exchanges))
    after = process_of.memory_info().rss
    mib = 1024 * 1024
    print(
        f"memory of ours, MiB: {before / mib:.1f} after 2 000 exchanges, "
        f"{after / mib:.1f} after {exchanges + 2000}"
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
        direct, _, streaming, ours = found
        rates = compare("requests/s, 30 KB bodies", throughput, found, 800 * scale, rounds)
        print(f"  ratio ours/stock: {rates['ours'] / rates['stock']:.2f} (aim 1.2)")
        streams = [direct, streaming, ours]
        firsts = compare("first event, ms", first_event_ms, streams, 20 * scale, rounds)
        late = firsts["ours"] - firsts["stock streaming"]
        print(f"  ours later than stock streaming by {late:+.2f} ms (aim at most 1)")
        for title, measure in (
            (f"stream of {EVENTS} events, ms", long_stream_ms),
            ("100 streams at once, ms", many_streams_ms),
        ):
            times = compare(title, measure, streams, 1, rounds)
            print(f"  ratio ours/stock streaming: {times['ours'] / times['stock streaming']:.2f}")
        memory(ours, 5_000 * scale)
    classification_rate(1_000 * scale)
    with tempfile.TemporaryDirectory() as folder:
        many_exchanges(Path(folder), quick)


if __name__ == "__main__":
    main()
