"""Makes the environment where needed, then runs pawwork-proxy: `python3 scripts/run.py demo`.

`--python 3.12` (or a path) as the first argument, or the variable PAWWORK_PROXY_PYTHON, chooses
the Python; without it the best one of this machine is taken. Everything else is pawwork-proxy's.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - the very check that tells the user
    sys.exit(
        "error: pawwork-proxy needs Python 3.11 or newer, this is %d.%d\n"  # noqa: UP031 - parses everywhere
        "hint: install Python 3.13 and start this script with it" % sys.version_info[:2]
    )

from pathlib import Path

# Not this folder itself: its files would hide modules of the same name.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from scripts._commands import product  # noqa: E402 - needs the line above
from scripts._starting import start  # noqa: E402

if __name__ == "__main__":
    start(product)
