"""What other libraries say of traffic while we run never reaches the terminal."""

from pathlib import Path

from tests.end_to_end.proxy_process import ProxyProcess
from tests.end_to_end.scripted_upstream import ScriptedUpstream, answer, exchange_raw
from tests.end_to_end.stock_mitmdump import stock_mitmdump

SECRET = b"kohlrabi-7731-quartz"


def test_an_illegal_cookie_of_the_trace_page_is_not_printed(tmp_path: Path) -> None:
    """aiohttp's cookie jar quotes it in a warning."""
    page = answer(b"ip=203.0.113.9\nloc=DE\n", b"Set-Cookie: " + SECRET + b"(x)y;z=1")
    with ScriptedUpstream(page) as upstream:
        url = upstream.url.replace("127.0.0.1", "localhost")  # the jar ignores bare addresses
        with ProxyProcess(tmp_path, url, "--egress-probe") as proxy:
            proxy.stop()
    assert SECRET.decode() not in proxy.stderr_path.read_text()
    egress = proxy.capture().header.egress
    assert egress is not None
    assert egress.country == "DE"


def test_stock_mitmdump_prints_no_malformed_request(tmp_path: Path) -> None:
    output = tmp_path / "mitmdump.out"
    with (
        ScriptedUpstream(answer(b"{}")) as upstream,
        output.open("wb") as stream,
        stock_mitmdump(tmp_path, upstream.url, "-v", stdout=stream, stderr=stream) as port,
    ):
        exchange_raw(port, b"POST /" + SECRET + b" and more HTTP/1.1 " + SECRET + b"\r\n\r\n")
        exchange_raw(port, SECRET + b"\r\n\r\n")
    assert list((tmp_path / "captures").glob("*.jsonl")), "the addon ran"
    assert SECRET not in output.read_bytes()
