"""Keeps catalogues of languages in step with the texts: `python -m scripts.catalogue [--check]`.

A catalogue is `pawwork_proxy/report/languages/NAME.po`. A text that is new gets an entry without a
translation there, and a text that is gone loses its entry. Where the English text has changed, the
translation is marked `fuzzy` and not used until somebody has looked at it and taken the mark away.
From each file the `.mo` file is made that the product reads.
"""

import ast
import sys
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

import pawwork_proxy
from pawwork_proxy.captures.completeness import LACKS, LOOKS_DIFFERENT, NOT_COMPARED
from pawwork_proxy.comparison.dimensions import COMPOUND, DIMENSIONS
from pawwork_proxy.facts.clients import RECOGNITIONS, STRANGER
from pawwork_proxy.facts.outcomes import MEANINGS, SPECIAL_CASES, USER_SEES
from pawwork_proxy.outcomes.rules import RULES
from pawwork_proxy.report.answer_words import TEXTS
from pawwork_proxy.report.exchange_table import COLUMNS as EXCHANGE_COLUMNS
from pawwork_proxy.report.handshakes import WORDS as HANDSHAKES
from pawwork_proxy.report.next_step import FILL_IN
from pawwork_proxy.report.page import FINDINGS
from pawwork_proxy.report.sentences import (
    ASSUMPTIONS,
    COSTS,
    EXCLUSIONS,
    GROUNDS,
    LACKING,
    METHOD,
    NOTES,
    OPTION_NAMES,
    OPTIONS,
    SWEEPS,
    VARIATIONS,
    WITHOUT_EVIDENCE,
    WITHOUT_TRIAL,
)
from pawwork_proxy.report.study_steps import ASKS, STEPS, WRONG
from pawwork_proxy.report.support_table import COLUMNS as SUPPORT_COLUMNS
from pawwork_proxy.report.timeline import GROUPS

PACKAGE = Path(pawwork_proxy.__file__).parent
FOLDER = PACKAGE / "report" / "languages"
SPEAKING = (
    PACKAGE / "facts" / "clients.py",
    *sorted((PACKAGE / "report").glob("*.py")),
    *sorted((PACKAGE / "captures").glob("*.py")),
    *(PACKAGE / "cli" / f"{name}.py" for name in ("filters", "output", "shown")),
)
"""Code that says something in the user's language."""
FOLDED = (GROUNDS, ASSUMPTIONS, EXCLUSIONS, METHOD)
"""What the folded tables of the page say."""
Text = str | tuple[str, str]
"""A text, or what is said of one and of more."""


def texts() -> Iterator[Text]:
    """Every text that is said in the user's language."""
    for meaning in (*MEANINGS.values(), *SPECIAL_CASES):
        yield from meaning.texts
    yield from USER_SEES.values()
    yield from (rule.reason for rule in RULES)
    yield STRANGER
    yield from (look.called for look in RECOGNITIONS if look.called)
    for section in (*TEXTS.values(), OPTION_NAMES, NOTES, *FOLDED):
        yield from section.values()
    yield from FINDINGS.values()
    for states in OPTIONS.values():
        yield from (text for reasons in states.values() for text in reasons.values())
    yield from (words for _, words in GROUPS)
    yield from (row.title for row in DIMENSIONS)
    yield from (NOT_COMPARED, LOOKS_DIFFERENT, *HANDSHAKES.values())
    for lack in LACKS:
        yield from (lack.one, lack.many)
    heads = (column.head for column in (*EXCHANGE_COLUMNS, *SUPPORT_COLUMNS))
    yield from filter(str.isalpha, heads)
    for section in (COMPOUND, FILL_IN, COSTS, SWEEPS, LACKING, ASKS, STEPS, WRONG):
        yield from section.values()
    for variation in VARIATIONS.values():
        yield from (variation["title"], variation["step"])
    for advice in (WITHOUT_EVIDENCE | WITHOUT_TRIAL).values():
        more = (advice.get("more"), advice.get("unrefused"))
        yield from filter(None, (advice["title"], advice["why"], *more))
        yield from advice["steps"]
        for result, words in advice["meanings"]:
            yield from (result, words)
    for file in SPEAKING:
        yield from _said(file.read_text("utf-8"))
    for template in sorted((PACKAGE / "report" / "assets").glob("*.j2")):
        with template.open("rb") as stream:
            called = babel_extract(stream, ["_"], [], {})
            yield from (str(text) for _, _, text, _ in called if text)


def _said(code: str) -> Iterator[Text]:
    """The texts that code hands to the methods of a language, in their order."""
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        method = call.func.attr if isinstance(call.func, ast.Attribute) else ast.unparse(call.func)
        words = [one.value for one in call.args if isinstance(one, ast.Constant)]
        if method == "count" and len(words) == 2:
            yield str(words[0]), str(words[1])
        elif method in {"say", "text"} and words:
            yield str(words[0])


def read(file: Path) -> Catalog:
    """A catalogue as it is."""
    with file.open("rb") as stream:
        return read_po(stream, locale=file.stem)


def update(catalogue: Catalog) -> None:
    """Give a catalogue an entry for every text, and no other."""
    template = Catalog(creation_date=catalogue.creation_date)
    for text in texts():
        template.add(text)
    catalogue.update(template)
    catalogue.obsolete.clear()


def product(catalogue: Catalog) -> bytes:
    """What the product reads of a catalogue."""
    made = BytesIO()
    write_mo(made, catalogue)
    return made.getvalue()


def _entries(catalogue: Catalog) -> dict[object, object]:
    return {entry.id: (entry.string, entry.fuzzy) for entry in catalogue if entry.id}


def main(arguments: Sequence[str]) -> int:
    """Write the catalogues anew; with `--check` only say which of them have to be."""
    stale = 0
    for file in sorted(FOLDER.glob("*.po")):
        made, catalogue = file.with_suffix(".mo"), read(file)
        update(catalogue)
        content = product(catalogue)
        if arguments == ["--check"]:
            same = made.exists() and made.read_bytes() == content
            if not same or _entries(read(file)) != _entries(catalogue):
                stale += 1
                print(f"{file.name} has to be written anew")
            continue
        with file.open("wb") as stream:
            write_po(stream, catalogue, width=0)
        made.write_bytes(content)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
