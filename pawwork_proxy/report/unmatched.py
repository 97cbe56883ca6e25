"""What is said of a filter that nothing fits: what there is in its place."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

MOST = 8


def unmatched(option: str, wanted: Iterable[str], there: Iterable[str | None]) -> Iterator[str]:
    """A remark for each value that was asked for and is not there."""
    known = sorted({one for one in there if one})
    for one in wanted:
        if one in known:
            continue
        near = get_close_matches(one, known, n=1)
        more = f" and {len(known) - MOST} more" if len(known) > MOST else ""
        listed = f"There is: {', '.join(known[:MOST])}{more}." if known else "There is none at all."
        meant = f"Did you mean {near[0]}? " if near else ""
        yield f"{option} {one} fits nothing here. {meant}{listed}"
