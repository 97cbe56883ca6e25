"""The exchanges that captures gain while they are written.

Invariant: a line counts once it is whole; what cannot be read is passed over, and is named when the
capture is shown as a whole.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from pawwork_proxy.captures.files import capture_files, source_files
from pawwork_proxy.captures.lines import read_view
from pawwork_proxy.captures.reader import opened_capture
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.view import ExchangeView


class Follower:
    """Reads what is new in captures; in folders also captures that are new."""

    def __init__(self, paths: Sequence[Path]) -> None:
        """Nothing is read yet."""
        self._paths = paths
        self._read: dict[Path, int] = {}

    def new(self) -> Iterator[Exchange]:
        """The exchanges that have come since the last time, capture by capture."""
        for path in (file for one in self._paths for file in capture_files(one)):
            with opened_capture(path) as stream:
                stream.seek(self._read.get(path, 0))
                for raw in stream:
                    if not raw.endswith(b"\n"):
                        break
                    self._read[path] = stream.tell()
                    line = read_view(raw, 2)
                    if isinstance(line, ExchangeView):
                        yield line


def sizes(paths: Sequence[Path]) -> dict[Path, int]:
    """Every file that would be read at the paths, with its size; what is gone is left out.

    What lies at an address is not looked at again.
    """
    found: dict[Path, int] = {}
    for path in (file for one in paths for file in source_files(one)):
        with suppress(OSError):
            found[path] = path.stat().st_size
    return found
