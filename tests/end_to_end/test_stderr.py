"""What other libraries say of traffic while we run never reaches the terminal."""

import socket
import subprocess
import sys
from pathlib import Path

from tests.end_to_end.proxy_process import ProxyProcess, clean_environment, wait_for
from tests.end_to_end.scripted_upstream import ScriptedUpstream, answer, exchange_raw

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
    with ScriptedUpstream(answer(b"{}")) as upstream, output.open("wb") as stream:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        script = Path(__file__).resolve().parents[2] / "addons" / "capture.py"
        command = [str(Path(sys.executable).with_name("mitmdump")), "-v", "-s", str(script)]
        command += ["--mode", f"reverse:{upstream.url}@127.0.0.1:{port}"]
        command += ["--set", f"confdir={tmp_path / 'ca'}"]
        command += ["--set", f"pawwork_captures={tmp_path / 'captures'}"]
        environment = clean_environment(tmp_path)
        child = subprocess.Popen(command, env=environment, stdout=stream, stderr=stream)
        try:
            wait_for(lambda: next((tmp_path / "captures").glob("*.jsonl"), None))
            exchange_raw(port, b"POST /" + SECRET + b" and more HTTP/1.1 " + SECRET + b"\r\n\r\n")
            exchange_raw(port, SECRET + b"\r\n\r\n")
        finally:
            child.terminate()
            child.wait(30)
    assert SECRET not in output.read_bytes()
