"""Writes the tables of docs/capture-format.md: `python -m scripts.capture_format [--check]`.

They come from the models and hold every field of the record; a test fails when they differ.
"""

import enum
import sys
import types
import typing
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, Literal, Union

from pydantic.fields import FieldInfo

from pawwork_proxy.model import numbers, texts
from pawwork_proxy.model.base import Noun
from pawwork_proxy.model.capture import End, Header, Note, Opened, Stub
from pawwork_proxy.model.exchange import Exchange
from scripts._pages import DOCS, table, write

PAGE = DOCS / "capture-format.md"
LINES: tuple[type[Noun], ...] = (Header, Opened, Exchange, Stub, Note, End)

RANGES: dict[Any, str] = {
    value: name for name, value in vars(numbers).items() if typing.get_origin(value) is Annotated
}
"""The types of `model.numbers` and their names."""
FORMS: dict[Any, str] = {
    value: name for name, value in vars(texts).items() if typing.get_origin(value) is Annotated
}
"""The types of `model.texts` and their names."""


def parts() -> dict[str, str]:
    """What the models say in the document."""
    return {
        "numbers": table(("Type", "From", "To"), map(range_row, RANGES)),
        "forms": table(("Form", "Pattern"), map(form_row, FORMS)),
        "fields": "\n".join(map(section, nouns())),
    }


def range_row(kind: Any) -> tuple[str, str, str]:
    """The table row of a range."""
    (bounds,) = (one for one in kind.__metadata__ if isinstance(one, FieldInfo))
    limits = {type(one).__name__: one for one in bounds.metadata}
    return RANGES[kind], limit(limits["Ge"].ge), limit(limits["Le"].le)


def limit(value: float | datetime) -> str:
    """One end of a range."""
    return f"{value:%Y-%m-%d}" if isinstance(value, datetime) else f"{value:.0f}"


def nouns() -> list[type[Noun]]:
    """The lines, then the parts in the order in which they are first mentioned."""
    found = list(LINES)
    for noun in found:  # grows on the way
        for field in noun.model_fields.values():
            found += (inner for inner in nouns_in(field.annotation) if inner not in found)
    return found


def section(noun: type[Noun]) -> str:
    """What there is to say about a line or a part."""
    hints = typing.get_type_hints(noun, include_extras=True)
    rows = [row(name, hints[name], field) for name, field in noun.model_fields.items()]
    title = f"{'Line' if noun in LINES else 'Part'} `{name_of(noun)}`"
    fields = table(("Field", "Type", "Null", "Safe as", "What"), rows)
    return f"## {title}\n\n{summary(noun)}\n\n{fields}"


def name_of(noun: type[Noun]) -> str:
    """A line's type word, or a part's class name."""
    return noun.__name__.lower() if noun in LINES else noun.__name__


def summary(noun: type[Noun]) -> str:
    """First paragraph of the docstring."""
    return (noun.__doc__ or "").strip().split("\n\n")[0].replace("\n    ", " ")


def form_row(form: Any) -> tuple[str, str]:
    """The table row of a form of text."""
    constraints = form.__metadata__[0]
    pattern = constraints.pattern.replace("|", "\\|")
    longest = f", up to {constraints.max_length} characters" if constraints.max_length else ""
    return FORMS[form], f"`{pattern}`{longest}"


def row(name: str, annotation: Any, field: FieldInfo) -> tuple[str, ...]:
    """The table row of a field."""
    text, nullable = type_text(annotation)
    what = " ".join((field.description or "").split()).replace("|", "\\|") or "-"
    return f"`{name}`", text, "yes" if nullable else "no", safe(text), what


def type_text(annotation: Any) -> tuple[str, bool]:
    """A type in words, and whether it may be null."""
    for named in (FORMS, RANGES):
        if annotation in named:
            return named[annotation], False
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        return type_text(arguments[0])
    if origin in (Union, types.UnionType):
        rest = [one for one in arguments if one is not type(None)]
        return " or ".join(type_text(one)[0] for one in rest), len(rest) < len(arguments)
    if origin is Literal:
        return ", ".join(f"`{word}`" for word in arguments), False
    if origin is tuple:
        return f"list of {type_text(arguments[0])[0]}", False
    if origin is dict:
        return f"{type_text(arguments[0])[0]} → {type_text(arguments[1])[0]}", False
    if isinstance(annotation, type) and issubclass(annotation, Noun):
        return f"[{annotation.__name__}](#part-{annotation.__name__.lower()})", False
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return ", ".join(f"`{word}`" for word in annotation), False
    plain = {float: "number", bool: "flag"}
    return plain[annotation], False


def safe(text: str) -> str:
    """By what a field of that type and name is harmless."""
    if "[" in text:
        return "its fields"
    if "`" in text:
        return "fixed words"
    if any(form in text for form in FORMS.values()):
        return "form"
    return "time" if text == "Moment" else "flag" if text == "flag" else "number"


def nouns_in(annotation: Any) -> Iterator[type[Noun]]:
    """The nouns that a type mentions."""
    if isinstance(annotation, type) and issubclass(annotation, Noun):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from nouns_in(argument)


if __name__ == "__main__":
    sys.exit(write(PAGE, parts(), sys.argv[1:]))
