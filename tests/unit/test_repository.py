"""What must not stand in the repository."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.process
@pytest.mark.skipif(
    shutil.which("git") is None or not (ROOT / ".git").exists(), reason="needs a git checkout"
)
def test_no_file_in_git_holds_a_private_key() -> None:
    """mitmproxy writes an authority with its key wherever it is told to start."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True
    ).stdout.split(b"\0")
    paths = [ROOT / name.decode() for name in listed if name]
    assert [path for path in paths if path.suffix in {".pem", ".p12", ".cer"}] == []
    # The tests plant made-up keys, to see that none gets through.
    others = [path for path in paths if path.is_file() and ROOT / "tests" not in path.parents]
    assert [path for path in others if b"PRIVATE KEY-----" in path.read_bytes()] == []
