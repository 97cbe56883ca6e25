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

import pawwork_proxy
from pawwork_proxy.facts.clients import RECOGNITIONS, STRANGER
from pawwork_proxy.facts.outcomes import MEANINGS, SPECIAL_CASES, USER_SEES

PACKAGE = Path(pawwork_proxy.__file__).parent
FOLDER = PACKAGE / "report" / "languages"
SPEAKING = (PACKAGE / "facts" / "clients.py", *sorted((PACKAGE / "report").glob("*.py")))
"""Code that says something in the user's language."""
Text = str | tuple[str, str]
"""A text, or what is said of one and of more."""


def texts() -> Iterator[tuple[str, Text]]:
    """Every text that is said in the user's language, with the name of its file."""
    for meaning in (*MEANINGS.values(), *SPECIAL_CASES):
        yield from (("meanings.toml", text) for text in meaning.texts)
    yield from (("client_behaviour.toml", text) for text in USER_SEES.values())
    yield from (("clients.toml", look.called) for look in RECOGNITIONS if look.called)
    yield "clients.py", STRANGER
    for file in SPEAKING:
        yield from ((file.name, text) for text in _said(file.read_text("utf-8")))


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


def updated(file: Path) -> Catalog:
    """A catalogue with an entry for every text, and for no other."""
    with file.open("rb") as stream:
        catalogue = read_po(stream, locale=file.stem)
    template = Catalog(creation_date=catalogue.creation_date)
    for place, text in texts():
        template.add(text, locations=[(place, 0)])
    catalogue.update(template, update_header_comment=False)
    catalogue.obsolete.clear()
    return catalogue


def written(catalogue: Catalog) -> tuple[bytes, bytes]:
    """The content of a catalogue's two files: for people, and for the product."""
    people, product = BytesIO(), BytesIO()
    write_po(people, catalogue, width=0, include_lineno=False)
    write_mo(product, catalogue)
    return people.getvalue(), product.getvalue()


def main(arguments: Sequence[str]) -> int:
    """Write the catalogues anew; with `--check` only say which of them have to be."""
    stale = 0
    for file in sorted(FOLDER.glob("*.po")):
        made = file.with_suffix(".mo")
        contents = written(updated(file))
        before = (file.read_bytes(), made.read_bytes() if made.exists() else b"")
        if contents == before:
            continue
        stale += 1
        print(f"{file.name} has to be written anew" if arguments else f"{file.name} is new")
        if not arguments:
            for path, content in zip((file, made), contents, strict=True):
                path.write_bytes(content)
    return 1 if stale and arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
