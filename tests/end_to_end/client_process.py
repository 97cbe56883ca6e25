"""The real client, opencode-ai from npm, through a real `launch`; no state is slept for."""

import os
import subprocess
from pathlib import Path

from pawwork_proxy.captures.reader import Capture, read_capture
from pawwork_proxy.errors import CaptureFormatError
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.outcome import Kind
from tests.end_to_end.main_calls import main_calls
from tests.end_to_end.proxy_process import PATIENCE, ROOT, clean_environment, cli, wait_for

OF_ANOTHER_INSTALL = {
    "OPENCODE_AUTH_CONTENT": '{"opencode": {"type": "api", "key": "sk-of-another-install"}}',
    "OPENCODE_API_KEY": "sk-of-another-install",
    "OPENCODE_DB": "/nowhere/opencode.db",
    "OPENCODE_CONFIG_DIR": "/nowhere/opencode",
    "OPENCODE_CLIENT": "another",
}
"""What a clean install must not take over."""


class Conversation:
    """One headless conversation: what the client printed, and its capture."""

    def __init__(self, printed: str, path: Path) -> None:
        self.printed = printed
        self.path = path
        self.capture: Capture = read_capture(path)

    @property
    def calls(self) -> list[Exchange]:
        """The exchanges in which a model was asked, for a title as well."""
        return [one for one in self.capture.exchanges if one.request.protocol == "chat"]

    @property
    def main(self) -> list[Exchange]:
        """Those of them for the conversation itself."""
        return main_calls(self.capture)

    @property
    def outcomes(self) -> set[Kind]:
        """What the calls of the conversation itself came to."""
        return {one.outcome.kind for one in self.main}


def converse(
    machine: Path, install: Path, upstream: str, *options: str, captures: Path | None = None
) -> Conversation:
    """Let a clean install in the folder `install` say hello; `machine` keeps its private folder.

    A refused client waits for the reset, for hours: it is ended as soon as its refusal is on disk.
    """
    project = install.with_name(f"{install.name}-project")
    project.mkdir(exist_ok=True)
    captures = captures or machine / "captures"
    before = _captures_in(captures)
    client = os.environ["PAWWORK_TEST_CLIENT"]
    command = cli("launch", "--upstream", upstream, "--captures", str(captures), *options)
    command += ["--home", str(install), "--"]
    command += [client, "run", "-m", "opencode/big-pickle", "hello"]
    env = clean_environment(machine, OF_ANOTHER_INSTALL)
    with subprocess.Popen(
        command,
        env=env | {"PYTHONPATH": str(ROOT)},
        cwd=project,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:

        def over() -> bool | None:
            new = _captures_in(captures) - before
            refused = any(_is_refused(path) for path in new)
            return True if refused or process.poll() is not None else None

        try:
            wait_for(over, PATIENCE)
            process.terminate()
            printed, errors = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
    (path,) = _captures_in(captures) - before
    found = Conversation(printed, path)
    assert process.returncode == 0 or Kind.FREE_USAGE_LIMIT in found.outcomes, errors
    return found


def _captures_in(folder: Path) -> set[Path]:
    return set(folder.glob("capture-*.jsonl"))


def _is_refused(path: Path) -> bool:
    try:
        exchanges = main_calls(read_capture(path))
    except CaptureFormatError:  # its header is being written
        return False
    return any(one.outcome.kind is Kind.FREE_USAGE_LIMIT for one in exchanges)
