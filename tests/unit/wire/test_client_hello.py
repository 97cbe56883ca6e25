import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawwork_proxy.model.handshake import VARYING_EXTENSIONS
from pawwork_proxy.wire.client_hello import hello_length, read_client_hello


def openssl_hello(name: str | None, protocols: list[str] | None = None) -> bytes:
    """What this machine's OpenSSL sends first; no socket is needed for that."""
    context = ssl.create_default_context()
    context.check_hostname = name is not None
    if protocols:
        context.set_alpn_protocols(protocols)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing, server_hostname=name).do_handshake()
    return outgoing.read()


def number(value: int, width: int) -> bytes:
    return value.to_bytes(width)


def block(data: bytes, width: int) -> bytes:
    return number(len(data), width) + data


def made_hello(
    suites: list[int],
    extensions: list[tuple[int, bytes]],
    version: int = 0x0303,
) -> bytes:
    """A hello of our own making, as one TLS record."""
    body = number(version, 2) + bytes(32) + block(b"", 1)
    body += block(b"".join(number(one, 2) for one in suites), 2) + block(b"\0", 1)
    body += block(b"".join(number(kind, 2) + block(data, 2) for kind, data in extensions), 2)
    message = b"\x01" + block(body, 3)
    return b"\x16\x03\x01" + block(message, 2)


BUN = made_hello(
    [0x1301, 0x1302, 0x1303, 0xC02B, 0xC02F],
    [
        (0, block(b"\0" + block(b"opencode.ai", 2), 2)),
        (16, block(block(b"http/1.1", 1), 2)),
        (43, block(number(0x0304, 2) + number(0x0303, 2), 1)),
        (13, block(number(0x0403, 2) + number(0x0804, 2), 2)),
    ],
)


def test_what_a_hello_offers_is_read_in_order() -> None:
    hello = read_client_hello(BUN)
    assert hello is not None
    assert hello.versions == (0x0304, 0x0303)
    assert hello.suites == (0x1301, 0x1302, 0x1303, 0xC02B, 0xC02F)
    assert hello.extensions == (0, 16, 43, 13)
    assert hello.signature_algorithms == (0x0403, 0x0804)
    assert hello.alpn == ("http/1.1",)


def test_ja4_is_the_published_one() -> None:
    """The example of FoxIO's own description of JA4."""
    suites = [
        0x1301, 0x1302, 0x1303, 0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8, 0xC013,
        0xC014, 0x009C, 0x009D, 0x002F, 0x0035,
    ]  # fmt: skip
    kinds = [
        0x001B, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002D, 0x000D, 0x0005, 0x0023,
        0x0012, 0x002B, 0xFF01, 0x000B, 0x000A, 0x0015,
    ]  # fmt: skip
    contents = {
        0x10: block(block(b"h2", 1) + block(b"http/1.1", 1), 2),
        0x2B: block(number(0x0304, 2) + number(0x0303, 2), 1),
        0x0D: block(
            b"".join(
                number(one, 2)
                for one in (0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601)
            ),
            2,
        ),
    }
    hello = read_client_hello(made_hello(suites, [(one, contents.get(one, b"")) for one in kinds]))
    assert hello is not None
    assert hello.ja4 == "t13d1516h2_8daaf6152771_e5627efa2ab1"


@pytest.mark.parametrize(
    ("protocols", "ends"),
    [([], "00"), ([b""], "00"), ([b"h2"], "h2"), ([b"x"], "xx"), ([b"\xe9a\xe9"], "e9")],
)
def test_ja4_holds_the_ends_of_the_first_protocol(protocols: list[bytes], ends: str) -> None:
    offered = block(b"".join(block(one, 1) for one in protocols), 2)
    hello = read_client_hello(made_hello([0x1301], [(16, offered)]))
    assert hello is not None
    assert hello.ja4[8:10] == ends


def test_openssl_is_read() -> None:
    hello = read_client_hello(openssl_hello("opencode.ai", ["http/1.1"]))
    assert hello is not None
    assert hello.alpn == ("http/1.1",)
    assert hello.ja4.startswith("t13d")
    without = read_client_hello(openssl_hello(None))
    assert without is not None
    assert without.ja4.startswith("t13i")


def test_the_digest_lasts_from_connection_to_connection() -> None:
    """The random bytes and key shares are new each time, and the server's name may be left out."""
    first, second, nameless = (
        read_client_hello(openssl_hello(name)) for name in ("opencode.ai", "opencode.ai", None)
    )
    assert first is not None
    assert second is not None
    assert nameless is not None
    assert first.digest == second.digest == nameless.digest
    other = read_client_hello(openssl_hello("opencode.ai", ["http/1.1"]))
    assert other is not None
    assert other.digest != first.digest


@pytest.mark.parametrize("kind", [*sorted(VARYING_EXTENSIONS), 0x0A0A, 0xFAFA])
def test_what_varies_does_not_change_the_digest(kind: int) -> None:
    lasting = [(43, block(number(0x0304, 2), 1)), (10, b"\0\0")]
    one = read_client_hello(made_hello([0x1301], lasting))
    other = read_client_hello(made_hello([0x1301], [(kind, b"\0\0"), *lasting]))
    assert one is not None
    assert other is not None
    assert one.digest == other.digest


@pytest.mark.parametrize(
    ("suites", "kinds"),
    [([0x1302, 0x1301], [43, 10]), ([0x1301], [43, 10]), ([0x1301, 0x1302], [10, 43])],
)
def test_suites_extensions_and_their_order_change_the_digest(
    suites: list[int], kinds: list[int]
) -> None:
    contents = {43: block(number(0x0304, 2), 1), 10: b"\0\0"}
    known = read_client_hello(
        made_hello([0x1301, 0x1302], [(one, contents[one]) for one in (43, 10)])
    )
    other = read_client_hello(made_hello(suites, [(one, contents[one]) for one in kinds]))
    assert known is not None
    assert other is not None
    assert known.digest != other.digest


def test_grease_is_left_out() -> None:
    hello = read_client_hello(made_hello([0x2A2A, 0x1301], [(0x3A3A, b""), (10, b"\0\0")]))
    assert hello is not None
    assert hello.suites == (0x1301,)
    assert hello.extensions == (10,)


def test_a_hello_in_several_records_is_one_hello() -> None:
    message = BUN[5:]
    split = b"".join(
        b"\x16\x03\x01" + block(message[at : at + 7], 2) for at in range(0, len(message), 7)
    )
    assert read_client_hello(split) == read_client_hello(BUN)
    assert hello_length(split) == len(split)


@given(st.integers(min_value=0, max_value=len(BUN)))
def test_the_length_is_known_once_the_hello_is_whole(length: int) -> None:
    expected = len(BUN) if length == len(BUN) else None
    assert hello_length(BUN[:length]) == expected
    assert hello_length(BUN + b"more") == len(BUN)


@pytest.mark.parametrize(
    "data", [b"GET / HTTP/1.1", b"\x17\x03\x03\0\1\0", b"\x16\x03\x01\0\4\2\0\0\0"]
)
def test_what_is_no_hello_has_no_length(data: bytes) -> None:
    assert hello_length(data) == 0


@given(st.binary(max_size=300))
def test_no_bytes_raise(data: bytes) -> None:
    read_client_hello(data)
    hello_length(data)


@given(st.integers(min_value=5, max_value=len(BUN) - 1), st.integers(min_value=0, max_value=255))
def test_no_changed_byte_raises(at: int, value: int) -> None:
    changed = bytearray(BUN)
    changed[at] = value
    hello = read_client_hello(bytes(changed))
    if hello is not None:
        assert hello.ja4
        assert hello.digest
