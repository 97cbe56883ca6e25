"""Writes docs/capture-format.md from the models: `python -m scripts.capture_format`.

Invariant: the document holds every field of the record; a test fails when it is out of step.
"""

from __future__ import annotations

import enum
import sys
import types
import typing
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Union

from pydantic.fields import FieldInfo

from pawwork_proxy.model import numbers, texts
from pawwork_proxy.model.base import Noun
from pawwork_proxy.model.capture import SCHEMA_VERSION, End, Header, Note, Opened, Stub
from pawwork_proxy.model.exchange import Exchange

TARGET = Path(__file__).resolve().parent.parent / "docs" / "capture-format.md"
LINES: tuple[type[Noun], ...] = (Header, Opened, Exchange, Stub, Note, End)

RANGES: dict[Any, str] = {
    value: name for name, value in vars(numbers).items() if typing.get_origin(value) is Annotated
}
"""The types of `model.numbers` and their names."""


def range_row(kind: Any) -> str:
    """The table row of a range."""
    (bounds,) = (one for one in kind.__metadata__ if isinstance(one, FieldInfo))
    limits = {type(one).__name__: one for one in bounds.metadata}
    return f"| {RANGES[kind]} | {limit(limits['Ge'].ge)} | {limit(limits['Le'].le)} |"


def limit(value: float | datetime) -> str:
    """One end of a range."""
    return f"{value:%Y-%m-%d}" if isinstance(value, datetime) else f"{value:.0f}"


RANGE_ROWS = "\n".join(map(range_row, RANGES))
PREFACE = f"""\
# The capture format, schema version {SCHEMA_VERSION}

<!-- Written by scripts/capture_format.py from the models; do not edit by hand. -->

One capture is one file and holds one run of the proxy. It is UTF-8 text with one JSON object a line, and
each line is written by one `write`. A field that is null is left out.

| Line | When it is written |
|---|---|
| `header` | first, when the listeners are about to open |
| `opened` | when a request has arrived, before any byte of it goes to the server |
| `exchange` | when the exchange is over, in whatever way |
| `stub` | instead of an `exchange` that could not be made safe or complete |
| `note` | when something happened to the run |
| `end` | last, when the run is closed |

If a capture has no `end` line, the run was interrupted. An `opened` line without an `exchange` or `stub`
of the same `seq` was under way at that moment. A torn last line, or damage in the middle, hides no other
line. `opened` and `exchange` lines interleave: `seq` gives the order of arrival, and no two records of
a capture have the same `seq`. If a second header stands in a file, another capture begins there; readers
leave it out and say so.

## How a field is made safe

| In the column *Safe as* | Means |
|---|---|
| number, flag | It is read as a number or flag, within the range of its type. A text in its place gives null. |
| time | It is in UTC, in ISO 8601, with its zone. |
| fixed words | It is one of the words listed, and nothing else. |
| form | It is a text of the form that the type names (see below). A line with any other text is no record. |

Content (prompts, completions, tool arguments, paths, cookies, keys) has no field at all.

## Numbers and times

This tool measures nothing outside of these ranges, so a line that holds such a value is no record.

| Type | From | To |
|---|---|---|
{RANGE_ROWS}

## Forms of text

Which words are kept is decided earlier, by the table in `pawwork_proxy/redaction/shapes.py`: words of the
closed lists in `pawwork_proxy/facts`, numbers, times and versions. An unknown part becomes a pseudonym
inside the text: a namespace, a colon, and 24 hex digits of a keyed HMAC. Equal values have equal
pseudonyms within a study, and nothing else can be read from them.

| Form | Pattern |
|---|---|
"""

FORMS: dict[Any, str] = {
    value: name for name, value in vars(texts).items() if typing.get_origin(value) is Annotated
}
"""The types of `model.texts` and their names."""


def document() -> str:
    """The whole document."""
    parts = [PREFACE + "\n".join(map(form_row, FORMS))]
    queue: list[type[Noun]] = list(LINES)
    seen: set[type[Noun]] = set(queue)
    while queue:
        noun = queue.pop(0)
        line = noun in LINES
        parts.append(f"\n## {'Line' if line else 'Part'} `{name_of(noun)}`\n\n{summary(noun)}\n")
        parts.append("| Field | Type | Null | Safe as | What |\n|---|---|---|---|---|")
        hints = typing.get_type_hints(noun, include_extras=True)
        for name, field in noun.model_fields.items():
            parts.append(row(name, hints[name], field))
            for inner in nouns_in(field.annotation):
                if inner not in seen:
                    seen.add(inner)
                    queue.append(inner)
    return "\n".join(parts) + "\n"


def name_of(noun: type[Noun]) -> str:
    """A line's type word, or a part's class name."""
    return noun.__name__.lower() if noun in LINES else noun.__name__


def summary(noun: type[Noun]) -> str:
    """First paragraph of the docstring."""
    return (noun.__doc__ or "").strip().split("\n\n")[0].replace("\n    ", " ")


def form_row(form: Any) -> str:
    """The table row of a form of text."""
    constraints = form.__metadata__[0]
    pattern = constraints.pattern.replace("|", "\\|")
    longest = f", up to {constraints.max_length} characters" if constraints.max_length else ""
    return f"| {FORMS[form]} | `{pattern}`{longest} |"


def row(name: str, annotation: Any, field: FieldInfo) -> str:
    """The table row of a field."""
    text, nullable = type_text(annotation)
    what = " ".join((field.description or "").split()).replace("|", "\\|") or "-"
    return f"| `{name}` | {text} | {'yes' if nullable else 'no'} | {safe(text)} | {what} |"


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
    TARGET.write_text(document(), "utf-8")
    print(f"wrote {TARGET.name}", file=sys.stderr)
