"""As many clients at once as macOS's first limit of descriptors would turn away."""

import asyncio
import sys
from pathlib import Path

import pytest

from pawwork_proxy.captures.reader import read_capture
from pawwork_proxy.model.outcome import Kind
from tests.end_to_end.proxy_process import ProxyProcess

if sys.platform == "win32":
    pytest.skip("Windows has no such limit", allow_module_level=True)
import resource

CLIENTS = 300
FEW = 256
NEEDED = 3 * CLIENTS
"""By this process, which is all clients and the server, and by the proxy."""
BODY = b'{"model":"big-pickle","messages":[]}'
ANSWER = b'{"choices":[{"message":{"content":"a"},"finish_reason":"stop"}],"cost":"0"}'
WITH_FEW = f"""
import resource, runpy
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, ({FEW}, hard))
runpy.run_module("pawwork_proxy", run_name="__main__")
"""


async def test_three_hundred_clients_at_once_are_served_where_the_soft_limit_is_256(
    tmp_path: Path,
) -> None:
    """The server answers nobody before all are there, so that all connections stand at once."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < NEEDED:
        pytest.skip("the system allows fewer descriptors than that")
    all_there, arrived = asyncio.Event(), 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal arrived
        await reader.readuntil(BODY)
        arrived += 1
        if arrived == CLIENTS:
            all_there.set()
        await all_there.wait()
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        writer.write(head % len(ANSWER) + ANSWER)
        await writer.drain()
        writer.close()

    async def ask(port: int) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = b"POST /zen/v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n" % port
        writer.write(head + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY)
        try:
            return await reader.readuntil(ANSWER)
        finally:
            writer.close()

    if soft != resource.RLIM_INFINITY and soft < NEEDED:
        resource.setrlimit(resource.RLIMIT_NOFILE, (NEEDED, hard))
    try:
        server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=CLIENTS)
        port = server.sockets[0].getsockname()[1]
        upstream = f"http://127.0.0.1:{port}"
        with ProxyProcess(tmp_path, upstream, program=("-c", WITH_FEW)) as proxy:
            answers = await asyncio.gather(*(ask(proxy.port) for _ in range(CLIENTS)))
            assert {one.split(b"\r\n")[0] for one in answers} == {b"HTTP/1.1 200 OK"}
        server.close()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert [one.outcome.kind for one in read_capture(proxy.capture_path).exchanges] == [
        Kind.SUCCESS
    ] * CLIENTS
    assert "descriptors" not in proxy.stderr_path.read_text()
