"""Writes the lock files anew: `python3 scripts/lock.py [uv options, such as --upgrade]`.

Invariants: no lock holds an address of a registry or of this machine; `requirements.lock`, what
`run.py` installs, has the versions of `requirements-dev.lock`, with which the tests run.
"""

import subprocess
import sys
import tomllib
from pathlib import Path

# Not this folder itself: its files would hide modules of the same name.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from scripts._bootstrap import ROOT, find_uv  # noqa: E402 - needs the line above

COMMON = (
    "pip",
    "compile",
    "--universal",
    "--python-version=3.11",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--custom-compile-command=python3 scripts/lock.py",
    "--quiet",
)
TESTED = "--constraints=requirements-dev.lock"

# The widest lock first: the others are then held to its versions. `-` reads the extra's own
# requirements, since its lock is installed in addition to that of the product.
LOCKS = (
    ("requirements-dev.lock", ("pyproject.toml", "--group=dev", "--extra=lake")),
    ("requirements.lock", ("pyproject.toml", TESTED)),
    ("requirements-lake.lock", ("-", TESTED)),
    ("requirements-mutation.lock", ("--group=mutation", TESTED)),
    ("requirements-uv.lock", ("--group=bootstrap", "--only-binary=uv")),
)


def main(options: list[str]) -> int:
    """Compile every lock; further options go to uv. Returns uv's exit code."""
    uv = find_uv()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lake = "\n".join(project["optional-dependencies"]["lake"])
    for name, source in LOCKS:
        command = [uv, *COMMON, *source, f"--output-file={name}", *options]
        if code := subprocess.run(command, cwd=ROOT, input=lake, text=True, check=False).returncode:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
