"""Writes the two lock files anew: `python3 scripts/lock.py [uv options, such as --upgrade]`.

Needs `uv` on the path (or in the environment that runs this). Invariant: `requirements.lock` (what
`run.py` installs) is a part of `requirements-dev.lock` (what `test.py` installs), since both
environments are one folder; and neither holds an address of a registry or of this machine.
"""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

COMMON = (
    "pip",
    "compile",
    "pyproject.toml",
    "--universal",
    "--python-version=3.11",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--custom-compile-command=python3 scripts/lock.py",
    "--quiet",
)

# The wider lock first: the narrower one is then held to its versions.
LOCKS = (
    ("requirements-dev.lock", ("--group=build", "--group=dev")),
    ("requirements.lock", ("--group=build", "--constraints=requirements-dev.lock")),
)


def main(options: list[str]) -> int:
    """Compile both locks; further options go to uv. Returns uv's exit code."""
    beside = Path(sys.executable).with_name("uv")
    uv = str(beside) if beside.exists() else shutil.which("uv")
    if uv is None:
        print("error: uv is not installed\nhint: python3 -m pip install uv", file=sys.stderr)
        return 2
    for name, groups in LOCKS:
        command = [uv, *COMMON, *groups, f"--output-file={name}", *options]
        if code := subprocess.run(command, cwd=ROOT, check=False).returncode:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
