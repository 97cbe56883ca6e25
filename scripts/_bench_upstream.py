"""The upstream of the benchmarks: answers canned bytes, as fast as asyncio's protocols go.

Not the simulator: that one decides and counts, and would be measured along with the proxy.
`/plain` answers a short JSON body, `/events/N` a chunked stream of N events.
"""

import asyncio
import socket
import sys

EVENTS = 2000
_PLAIN = b'{"choices":[{"message":{"content":"a"},"finish_reason":"stop"}],"cost":"0"}'
PLAIN = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(_PLAIN)
) + _PLAIN
STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
)
_EVENT = (
    b'data: {"id":"gen-1","object":"chat.completion.chunk","created":1787000000,'
    b'"model":"big-pickle","choices":[{"index":0,"delta":{"content":"word "}}]}\n\n'
)
CHUNK = b"%x\r\n%s\r\n" % (len(_EVENT), _EVENT)


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
        assert isinstance(port, int)
        return port


async def serve(port: int) -> None:
    """Answer until this process is ended; a line says that it listens."""
    server = await asyncio.get_running_loop().create_server(_Answerer, "127.0.0.1", port)
    print("listening", flush=True)
    await server.serve_forever()


class _Answerer(asyncio.Protocol):
    """Reads requests with a content-length, one after another."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each whole request."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._buffer[:end]).lower()
            length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
            if len(self._buffer) < end + 4 + length:
                return
            del self._buffer[: end + 4 + length]
            self._answer(head.split(b" ", 2)[1])

    def _answer(self, path: bytes) -> None:
        if not path.startswith(b"/events/"):
            self._transport.write(PLAIN)
            return
        self._transport.write(STREAM_HEAD)
        for _ in range(int(path.rpartition(b"/")[2])):
            self._transport.write(CHUNK)
        self._transport.write(b"0\r\n\r\n")


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
