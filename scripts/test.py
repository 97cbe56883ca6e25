"""Makes the environment where needed, then runs the tests: `python3 scripts/test.py`.

`--python 3.12` as the first argument chooses the Python. All others are pytest's, `--fast` as well.
"""

import os
import sys
from pathlib import Path

# Not this folder itself: its files would hide modules of the same name.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from scripts._bootstrap import ROOT, start  # noqa: E402 - needs the line above

if __name__ == "__main__":
    os.chdir(ROOT)
    # The tests start hundreds of processes: without bytecode each would compile all of it again.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ.setdefault("PYTHONPYCACHEPREFIX", str(ROOT / ".venv" / "bytecode"))
    # On all cores; `-n 0` behind it switches that off, and so does `--pdb`.
    start("test", "-m", "pytest", "-n", "auto", "--dist", "worksteal")
