"""The demo tells what its simulated quota follows, from what its own proxies captured."""

import os
import subprocess
import sys
from pathlib import Path

from pawwork_proxy.verification.verify import verify
from tests.end_to_end.proxy_process import PATIENCE
from tests.unit.captures.studies import read_captures

README = Path(__file__).resolve().parents[2] / "README.md"


def demo(captures: Path, home: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "pawwork_proxy", "demo", "--captures", str(captures)],
        env=os.environ | {"PAWWORK_PROXY_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_the_demo_ends_with_the_verdict_the_report_and_a_bundle(tmp_path: Path) -> None:
    done = demo(tmp_path / "demo", tmp_path / "home")
    assert done.returncode == 0, done.stderr
    verdict = next(line for line in done.stdout.splitlines() if line.startswith("The answer"))
    assert "Shared by all installs on one network address." in verdict
    assert "Shared across: installs, conversations" in done.stdout
    page = (tmp_path / "demo" / "report.html").read_text(encoding="utf-8")
    assert "SIMULATED" in page
    (bundle,) = (tmp_path / "demo").glob("pawwork-support-*.zip")
    assert verify(bundle).ok
    records = [len(capture.exchanges) for capture in read_captures([bundle]).captures]
    plain = read_captures([tmp_path / "demo" / "*.jsonl"]).captures
    assert records == [len(one.exchanges) for one in plain]
    assert "Shared by all installs on one network address." in page
    shown = README.read_text(encoding="utf-8").split("It ends like this")[1].split("```")[1]
    printed = " ".join(f"{done.stderr} {done.stdout}".split())
    for stretch in shown.split("…"):
        assert " ".join(stretch.split()) in printed, "the README shows something else"


def test_a_demo_that_cannot_record_says_where_and_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = demo(tmp_path / "file" / "demo", tmp_path / "home")
    error, hint = done.stderr.strip().splitlines()[-2:]
    assert error.startswith("error: 'run' did not start: cannot write a capture into ")
    assert error.endswith(": Not a directory")
    assert hint == "hint: choose a folder you may write to with --captures FOLDER"
    assert done.returncode == 1
