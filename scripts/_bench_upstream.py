"""The upstream of the benchmarks: answers canned bytes, as fast as asyncio's protocols go.

Not the simulator: that one decides and counts, and would be measured along with the proxy.
`/plain` answers a short JSON body, `/events/N` a chunked stream of N events.
"""

import asyncio
import re
import sys

_BODY = b'{"choices":[{"message":{"content":"a"},"finish_reason":"stop"}],"cost":"0"}'
_HEAD = b"HTTP/1.1 200 OK\r\nServer: cloudflare\r\nCF-RAY: 8f1e2d3c4b5a6978-FRA\r\n"
"""As each answer of the real server begins: the ray has a way of its own through the taint gate."""
PLAIN = _HEAD + b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
    len(_BODY), _BODY,
)  # fmt: skip
STREAM_HEAD = _HEAD + b"Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
_EVENT = (
    b'data: {"id":"gen-1","object":"chat.completion.chunk","created":1787000000,'
    b'"model":"big-pickle","choices":[{"index":0,"delta":{"content":"word "}}]}\n\n'
)
CHUNK = b"%x\r\n%s\r\n" % (len(_EVENT), _EVENT)


def content_length(head: bytes) -> int:
    """How many bytes follow a head."""
    found = re.search(rb"(?i)content-length: *(\d+)", head)
    assert found
    return int(found[1])


class Answerer(asyncio.Protocol):
    """Reads requests with a content-length, one after another."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._buffer = b""

    def data_received(self, data: bytes) -> None:
        """Answer each whole request."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n") + 4) >= 4:
            head = self._buffer[:end]
            end += content_length(head)
            if len(self._buffer) < end:
                return
            self._buffer = self._buffer[end:]
            self._answer(head.split(b" ", 2)[1])

    def _answer(self, path: bytes) -> None:
        if not path.startswith(b"/events/"):
            self._transport.write(PLAIN)
            return
        self._transport.write(STREAM_HEAD)
        for _ in range(int(path.rpartition(b"/")[2])):
            self._transport.write(CHUNK)
        self._transport.write(b"0\r\n\r\n")


async def serve(port: int) -> None:
    """Answer until this process is ended."""
    server = await asyncio.get_running_loop().create_server(Answerer, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
