"""The real DSH from npm: the agent that newer PawWork runs in a Node.js of its own."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from scripts._bootstrap import ROOT, exclusive
from tests.end_to_end.tools import Missing, find_program

_HERE = Path(__file__).with_name("dsh")
_FOLDER = ROOT / ".tools" / "dsh"
_PROGRAM = Path("node_modules", "@deepseek-ai", "dsh", "lib", "bin.js")
_OLDEST_NODE = (22, 19)
_INSTALL_LIMIT_S = 1200


def find_dsh(environment: Mapping[str, str]) -> str | Missing:
    """The folder where npm has put DSH, installed into the checkout where needed."""
    named = environment.get("PAWWORK_TEST_DSH")
    folder = Path(named) if named else _FOLDER
    if named is None:
        folder.mkdir(parents=True, exist_ok=True)
        with exclusive(folder):
            _install(folder, environment)
    if not (folder / _PROGRAM).exists():
        return Missing("DSH could not be installed by npm", "go online and start again")
    if _node(environment) is None:
        return Missing("no Node.js 22.19 or newer is there for DSH", "install one")
    return str(folder)


PATCH = _HERE / "opencode.cordis.patch.yml"


def dsh_command(folder: str, task: str, patch: Path = PATCH) -> list[str]:
    """Answers one task with the model that the patch names, and ends."""
    node = _node(os.environ)
    assert node is not None
    program = str(Path(folder) / _PROGRAM)
    return [node, program, "--profile", "headless", "--patch", str(patch), task]


def _node(environment: Mapping[str, str]) -> str | None:
    own = find_program("node-24", environment)
    if isinstance(own, str):
        return own
    found = shutil.which("node", path=environment.get("PATH"))
    if found is None:
        return None
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
    version = tuple(int(part) for part in said.strip().lstrip("v").split(".")[:2] if part.isdigit())
    return found if version >= _OLDEST_NODE else None


def _install(folder: Path, environment: Mapping[str, str]) -> None:
    wanted, installed = _HERE / "package.json", folder / "package.json"
    up_to_date = installed.exists() and installed.read_bytes() == wanted.read_bytes()
    npm = shutil.which("npm", path=environment.get("PATH"))
    if npm is None or (up_to_date and (folder / _PROGRAM).exists()):
        return
    shutil.copyfile(wanted, installed)
    command = [npm, "install", "--prefix", str(folder), "--no-package-lock", "--ignore-scripts"]
    # Its peers are named in the manifest: npm needs hours to work them out by itself.
    command += ["--legacy-peer-deps", "--no-audit", "--no-fund", "--fetch-retries=1"]
    with (folder / "install.log").open("w", encoding="utf-8") as log:
        subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            timeout=_INSTALL_LIMIT_S,
            check=False,
        )
