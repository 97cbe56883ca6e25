"""Prints the versions of usable Pythons, best first, one a line: `python3 scripts/pythons.py`."""

import os
import sys
from pathlib import Path

# Not this folder itself: its files would hide modules of the same name.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from scripts._interpreters import Search, candidates  # noqa: E402 - needs the line above

if __name__ == "__main__":
    search = Search(candidates(os.environ))
    for minor in search.minors():
        if next(search.of(minor), None) is not None:
            print(f"3.{minor}")
