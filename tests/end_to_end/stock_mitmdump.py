"""Stock mitmdump with our addon, as users start it who have their own mitmproxy."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import psutil

from tests.end_to_end.proxy_process import PATIENCE, ROOT, clean_environment, wait_for


@contextmanager
def stock_mitmdump(
    home: Path, upstream: str, *options: str, stderr: BinaryIO, stdout: BinaryIO | None = None
) -> Iterator[int]:
    """A mitmdump that records into `home`; its port, once it listens there."""
    command = [str(Path(sys.executable).with_name("mitmdump")), *options]
    command += ["-s", str(ROOT / "addons" / "capture.py")]
    command += ["--mode", f"reverse:{upstream}@127.0.0.1:0"]
    command += ["--set", f"confdir={home / 'ca'}"]
    command += ["--set", f"pawwork_captures={home / 'captures'}"]
    child = subprocess.Popen(command, env=clean_environment(home), stdout=stdout, stderr=stderr)
    try:
        yield wait_for(lambda: _port(child))
    finally:
        child.terminate()
        child.wait(PATIENCE)


def _port(child: "subprocess.Popen[bytes]") -> int | None:
    assert child.poll() is None, "it has ended"
    listening = (
        one.laddr.port
        for one in psutil.Process(child.pid).net_connections("tcp")
        if one.status == psutil.CONN_LISTEN
    )
    return next(listening, None)
