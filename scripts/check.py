"""Lint, format, types and import contracts, all of them: `python3 scripts/check.py`.

Runs in the environment of the tests. `--python 3.12` as the first argument chooses the Python.
"""

import subprocess
import sys
from pathlib import Path

# Not this folder itself: its files would hide modules of the same name.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from scripts._bootstrap import ROOT, ready_python  # noqa: E402 - needs the line above

CHECKS = (
    ("lint", "-m", "ruff", "check"),
    ("format", "-m", "ruff", "format", "--check"),
    ("types", "-m", "mypy"),
    ("import contracts", "-c", "from importlinter.cli import lint_imports_command as run; run()"),
)


def main(arguments: list[str]) -> int:
    """Run every check; 1 when any of them fails."""
    python, _ = ready_python("test", arguments)
    failed = []
    for name, *command in CHECKS:
        print(f"== {name}", flush=True)
        line = [str(python), "-I", *command]
        if subprocess.run(line, cwd=ROOT, check=False).returncode:
            failed.append(name)
    print(f"failed: {', '.join(failed)}" if failed else f"all {len(CHECKS)} checks passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
