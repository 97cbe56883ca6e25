"""Copies of a capture, in a bundle beside it for example: each capture counts once.

Invariant: every command that counts or lists exchanges takes its captures through here, so that one
copy is taken, the fuller one, and a remark names the others.
"""

from collections.abc import Iterable

from pawwork_proxy.captures.completeness import MOST_NAMED, counted, named
from pawwork_proxy.captures.lines import read_view
from pawwork_proxy.captures.reader import Lines, view_capture
from pawwork_proxy.captures.sources import CaptureSource
from pawwork_proxy.errors import PawworkProxyError
from pawwork_proxy.model.capture import Header


def each_once(sources: Iterable[CaptureSource], remarks: list[str]) -> list[CaptureSource]:
    """Each capture once: of several copies the one with most exchanges, of equal ones the first.

    Sources that cannot be read stay, so that whoever reads them says why. Only of copies more than
    the header is read.
    """
    same: dict[object, list[CaptureSource]] = {}
    for source in sources:
        same.setdefault(_capture_id(source) or source.path, []).append(source)
    kept: list[CaptureSource] = []
    copies: list[tuple[str, str]] = []
    for group in same.values():
        fullest = group[0] if len(group) == 1 else max(group, key=_exchanges)
        kept.append(fullest)
        copies += [(one.path.name, fullest.path.name) for one in group if one is not fullest]
    if len(copies) > MOST_NAMED:
        names = named([gone for gone, _ in copies])
        remarks.append(f"{counted(len(copies))} files ({names}) are copies, counted once.")
    else:
        remarks += [f"{gone}: the same capture as {stays}, counted once." for gone, stays in copies]
    return kept


def _capture_id(source: CaptureSource) -> str | None:
    try:
        with source.open() as stream:
            lines = Lines(stream, source.path, read_view)
            return next((line.capture_id for line in lines if isinstance(line, Header)), None)
    except PawworkProxyError:
        return None


def _exchanges(source: CaptureSource) -> int:
    with source.open() as stream:
        return view_capture(source.path, stream).count
