"""`identity` on what the demo records."""

import json
import subprocess
from pathlib import Path

from tests.end_to_end.proxy_process import PATIENCE, ROOT, clean_environment, cli


def output(home: Path, *arguments: str) -> str:
    done = subprocess.run(
        cli(*arguments),
        env=clean_environment(home),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_demo_sends_no_install_identity(tmp_path: Path) -> None:
    captures = tmp_path / "captures"
    output(tmp_path, "demo", "--captures", str(captures))
    paths = [str(captures), *map(str, captures.glob("*.jsonl"))]
    inventory = json.loads(output(tmp_path, "identity", "--format", "json", *paths))
    assert inventory["captures"] == 2, "a capture counts once"
    assert inventory["simulated"]
    assert inventory["device_or_install"] == "not_sent"
    assert sorted(inventory["installs"]) == ["desktop", "laptop", "work"]
    fields = {field["id"]: field for field in inventory["fields"]}
    assert fields["header:x-opencode-session"]["scope"] == "conversation"
    assert fields["header:user-agent"]["scope"] == "everywhere"
    assert fields["header:x-device-id"]["requests"] == 0

    table = output(tmp_path, "identity", *paths)
    assert "No device or install identity is sent" in table
    alone = output(tmp_path, "identity", "--install", "work", *paths)
    assert "not decided" in alone
