"""Documents that are written by hand except for some parts, which come from tables and models.

Such a part stands between `<!-- from the tables: NAME -->` and `<!-- end -->`.
"""

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs"
_PART = re.compile(r"(?<=<!-- from the tables: )(\w+) -->\n.*?(?=<!-- end -->)", re.DOTALL)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = (head, *rows)
    shown = [f"| {' | '.join(map(str, cells))} |" for cells in lines]
    return "\n".join([shown[0], "|" + "---|" * len(head), *shown[1:]]) + "\n"


def filled(page: Path, parts: Mapping[str, str]) -> str:
    """The page with its parts written anew; KeyError for a part that nobody writes."""
    return _PART.sub(lambda part: f"{part[1]} -->\n{parts[part[1]]}", page.read_text("utf-8"))


def write(page: Path, parts: Mapping[str, str], arguments: Sequence[str]) -> int:
    """Write the page anew; with `--check` only say whether it is up to date."""
    text = filled(page, parts)
    if arguments == ["--check"]:
        same = page.read_text("utf-8") == text
        print("up to date" if same else f"docs/{page.name} has to be written anew")
        return 0 if same else 1
    if arguments:
        print(f"error: only --check is understood, not {' '.join(arguments)}", file=sys.stderr)
        return 2
    page.write_text(text, "utf-8")
    return 0
