"""Makes the environment where needed, then runs the tests: `python3 scripts/test.py`.

`--fast` leaves out what takes long or needs more than Python; `--python 3.12` as the first
argument chooses the Python. Everything else is pytest's: `python3 scripts/test.py -k redaction`.
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

from scripts._commands import tests  # noqa: E402 - needs the line above
from scripts._starting import start  # noqa: E402

if __name__ == "__main__":
    start(tests)
