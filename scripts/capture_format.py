"""Writes the tables of docs/capture-format.md: `python -m scripts.capture_format [--check]`.

They come from the models and hold every field of the record; a test fails when they differ.
"""

import enum
import sys
import types
import typing
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from pawwork_proxy.model import numbers, texts
from pawwork_proxy.model.base import Noun
from pawwork_proxy.model.capture import End, Header, Note, Opened, Stub
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.handshake import Connection, Hello
from scripts._pages import DOCS, table, write

PAGE = DOCS / "capture-format.md"
LINES: tuple[type[Noun], ...] = (Header, Opened, Exchange, Stub, Note, Hello, Connection, End)


def named(module: types.ModuleType) -> dict[Any, str]:
    """The types that a module makes by `Annotated`, and their names."""
    return {kind: name for name, kind in vars(module).items() if get_origin(kind) is Annotated}


RANGES, FORMS = named(numbers), named(texts)


def parts() -> dict[str, str]:
    """What the models say in the document."""
    return {
        "numbers": table(("Type", "From", "To"), map(range_row, RANGES)),
        "forms": table(("Form", "Pattern"), map(form_row, FORMS)),
        "fields": "\n".join(map(section, nouns())),
    }


def range_row(kind: Any) -> tuple[str, ...]:
    """The table row of a range."""
    (bounds,) = (one for one in kind.__metadata__ if isinstance(one, FieldInfo))
    limits = {type(one).__name__: one for one in bounds.metadata}
    ends = (limits["Ge"].ge, limits["Le"].le)
    shown = (f"{end:%Y-%m-%d}" if isinstance(end, datetime) else f"{end:.0f}" for end in ends)
    return RANGES[kind], *shown


def form_row(form: Any) -> tuple[str, str]:
    """The table row of a form of text."""
    constraints = form.__metadata__[0]
    longest = f", up to {constraints.max_length} characters" if constraints.max_length else ""
    return FORMS[form], f"`{_cell(constraints.pattern)}`{longest}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def nouns() -> list[type[Noun]]:
    """The lines, then the parts in the order in which they are first mentioned."""
    found = list(LINES)
    for noun in found:  # grows on the way
        for field in noun.model_fields.values():
            found += (inner for inner in nouns_in(field.annotation) if inner not in found)
    return found


def nouns_in(annotation: Any) -> Iterator[type[Noun]]:
    """The nouns that a type mentions."""
    if isinstance(annotation, type) and issubclass(annotation, Noun):
        yield annotation
    for argument in get_args(annotation):
        yield from nouns_in(argument)


def section(noun: type[Noun]) -> str:
    """What there is to say about a line, by its type word, or a part, by its class."""
    title = f"Line `{noun.__name__.lower()}`" if noun in LINES else f"Part `{noun.__name__}`"
    summary = " ".join((noun.__doc__ or "").strip().partition("\n\n")[0].split())
    hints = typing.get_type_hints(noun, include_extras=True)
    rows = [row(name, hints[name], field) for name, field in noun.model_fields.items()]
    fields = table(("Field", "Type", "Null", "Safe as", "What"), rows)
    return f"## {title}\n\n{summary}\n\n{fields}"


def row(name: str, annotation: Any, field: FieldInfo) -> tuple[str, ...]:
    """The table row of a field."""
    text, nullable = type_text(annotation)
    what = _cell(" ".join((field.description or "-").split()))
    return f"`{name}`", text, "yes" if nullable else "no", safe(text), what


def type_text(annotation: Any) -> tuple[str, bool]:
    """A type in words, and whether it may be null."""
    if name := (FORMS | RANGES).get(annotation):
        return name, False
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return type_text(arguments[0])
    is_class = isinstance(annotation, type) and origin is None
    if origin is Literal or (is_class and issubclass(annotation, enum.Enum)):
        return ", ".join(f"`{word}`" for word in arguments or annotation), False
    if is_class and issubclass(annotation, Noun):
        return f"[{annotation.__name__}](#part-{annotation.__name__.lower()})", False
    inner = [type_text(one)[0] for one in arguments if one not in {types.NoneType, ...}]
    if origin in {Union, types.UnionType}:
        return " or ".join(inner), len(inner) < len(arguments)
    if origin is tuple:
        return f"list of {inner[0]}", False
    if origin is dict:
        return " → ".join(inner), False
    return {float: "number", bool: "flag"}[annotation], False


def safe(text: str) -> str:
    """By what a field of that type and name is harmless."""
    if "[" in text:
        return "its fields"
    if "`" in text:
        return "fixed words"
    if any(form in text for form in FORMS.values()):
        return "form"
    return {"Moment": "time", "flag": "flag"}.get(text, "number")


if __name__ == "__main__":
    sys.exit(write(PAGE, parts(), sys.argv[1:]))
