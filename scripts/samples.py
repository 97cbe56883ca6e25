"""Makes `captures/samples/` anew, on the simulator: `python -m scripts.samples`.

Each study is one question of the product: two networks, one network, a saved key or none. Proxies,
sockets and captures are real, words and ids made up. Invariant: traffic stays on loopback.
"""

import os
import shutil
import tempfile
import time
from pathlib import Path
from random import Random
from typing import NamedTuple

from pawwork_proxy.captures.reader import read_capture
from pawwork_proxy.demo.laboratory import CLOCKS_APART_S, HOME, OFFICE, laboratory

ROOT = Path(__file__).resolve().parent.parent
NOON = "2026-11-25T12:00:00Z"
"""Far from any reset."""
KEY = "sk-" + "Ab1" * 21 + "z"
"""Made up, in the form of a Zen key."""


class Turn(NamedTuple):
    """An install on a network talks, once or until it is refused."""

    install: str
    network: str = HOME
    key: str = "public"
    until_refused: bool = False


STUDIES: dict[str, tuple[Turn, ...]] = {
    "two-networks": (
        Turn("laptop", until_refused=True),
        Turn("laptop"),
        Turn("laptop", OFFICE),
        Turn("laptop"),
        Turn("work", OFFICE),
    ),
    "one-network": (Turn("laptop", until_refused=True), Turn("desktop"), Turn("laptop")),
    "key-or-none": (
        Turn("laptop", until_refused=True),
        Turn("laptop"),
        Turn("laptop", key=KEY),
        Turn("laptop", OFFICE, key=KEY),
        Turn("laptop", key=KEY),
    ),
}


def make(study: tuple[Turn, ...], folder: Path) -> None:
    """Play a study; its captures lie in `folder`, one per network."""
    installs: dict[str, list[str]] = {}
    for turn in study:
        own = installs.setdefault(turn.network, [])
        if turn.install not in own:
            own.append(turn.install)
    with laboratory(folder, "small", NOON, installs, Random(11)) as lab:
        for number, turn in enumerate(study):
            if number:
                time.sleep(CLOCKS_APART_S)
            lab.converse(turn.network, turn.install, key=turn.key, until_refused=turn.until_refused)


def settle(folder: Path) -> None:
    """Short stable names, and no word on the machine that they were made on."""
    for path in sorted(folder.glob("capture-*.jsonl")):
        capture = read_capture(path)
        machine = capture.header.machine.model_copy(update={"os_release": "6.1"})
        header = capture.header.model_copy(update={"machine": machine})
        rest = path.read_text(encoding="utf-8").partition("\n")[2]
        path.write_text(header.model_dump_json(exclude_none=True) + "\n" + rest, encoding="utf-8")
        path.chmod(0o644)
        path.rename(folder / f"{header.network}.jsonl")
    folder.chmod(0o755)


def main() -> None:
    """Make all studies."""
    for name, study in STUDIES.items():
        folder = ROOT / "captures" / "samples" / name
        shutil.rmtree(folder, ignore_errors=True)
        # A home of its own: the three limiters are three worlds, and nobody must join them.
        with tempfile.TemporaryDirectory() as home:
            os.environ["PAWWORK_PROXY_HOME"] = home
            make(study, folder)
        settle(folder)
        print(folder.relative_to(ROOT))


if __name__ == "__main__":
    main()
