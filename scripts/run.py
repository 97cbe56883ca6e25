"""Makes the environment where needed, then runs pawwork-proxy: `python3 scripts/run.py demo`.

Before the command, `--python 3.12` (or a path) chooses the Python, `--with lake` the extra.
"""

import os
import sys
from pathlib import Path

# Not this folder itself: its files would hide modules of the same name.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from scripts._bootstrap import as_typed, start  # noqa: E402 - needs the line above

if __name__ == "__main__":
    os.environ["PAWWORK_PROXY_CALLED"] = as_typed(sys.argv[0])  # hints print commands with it
    start("run", "-m", "pawwork_proxy")
