"""What happens to an error on its way to support changes nothing of what it means.

Each row of the tables of types and wordings, as a client shows it, through each transformation.
"""

import html
import io
import json
import re
import textwrap
from collections.abc import Callable
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawwork_proxy.facts.errors import VENDOR_TYPES, ZEN_TYPES
from pawwork_proxy.facts.wordings import PHRASES
from pawwork_proxy.pastes.findings import findings_in

INFO = "INFO  2026-05-15T09:00:00 +1ms service=bus type=message.part.updated publishing\n"
OTHER = '{"type":"error","error":{"type":"RegionError","message":"x"}}'


class Row(NamedTuple):
    """An error as a line, and what it comes to."""

    line: str
    kind: str


def kinds(data: str | bytes) -> list[str]:
    text = data.encode("utf-8", "replace") if isinstance(data, str) else data
    return [one.outcome.kind.value for one in findings_in(io.BytesIO(text)).found]


def _typed(word: str) -> str:
    return f"HTTP 429: {json.dumps({'error': {'type': word, 'message': 'Nothing'}})}"


ROWS = [
    Row(line, found[0])
    for line in (
        *map(_typed, ZEN_TYPES),
        *map(_typed, VENDOR_TYPES),
        *("AI_APICallError: " + one.example.replace("\n", " ") for one in PHRASES),
    )
    if len(found := kinds(line)) == 1
]


def hard(line: str, columns: int, indent: str = "") -> str:
    return ("\n" + indent).join(line[at : at + columns] for at in range(0, len(line), columns))


def soft(line: str, columns: int, indent: str = "") -> str:
    lines = textwrap.wrap(line, columns, break_long_words=False, break_on_hyphens=False)
    return ("\n" + indent).join(lines)


def boxed(line: str, columns: int) -> str:
    rows = [line[at : at + columns] for at in range(0, len(line), columns)]
    return "\n".join(f"│ {row.ljust(columns)} │" for row in rows)


def coloured(line: str) -> str:
    return re.sub(r"([ :{,])", "\\1\x1b[91m", line) + "\x1b[0m"


def logged(line: str, time: str = "2026-05-15T10:02:57") -> str:
    sent = {"messages": [{"role": "user", "content": "Use tools. " * 900}]}
    return f'ERROR {time} +9ms service=llm error={{"requestBodyValues": {json.dumps(sent)}}} {line}'


TRANSFORMATIONS: dict[str, Callable[[str], str | bytes]] = {
    **{f"hard {n}": lambda line, n=n: hard(line, n) for n in (41, 60, 80, 100, 120)},  # type: ignore[misc]
    **{f"soft {n}": lambda line, n=n: soft(line, n) for n in (40, 80, 120)},  # type: ignore[misc]
    "hard, indented": lambda line: hard(line, 64, "  "),
    "soft, indented": lambda line: soft(line, 64, "    "),
    "box": lambda line: boxed(line, 60),
    "quote": lambda line: "> " + line,
    "quote twice": lambda line: "> > " + hard(line, 60).replace("\n", "\n> > "),
    "fence": lambda line: f"It says:\n```\n{line}\n```\nWhat now?",
    "markup": lambda line: f"<p>See</p><pre><code>{html.escape(line)}</code></pre>",
    "colours": coloured,
    "colours without escape": lambda line: f"[91m{line}[0m",
    "utf-16": lambda line: ("\ufeff" + line).encode("utf-16-le"),
    "utf-16 big": lambda line: ("\ufeff" + line).encode("utf-16-be"),
    "mark": lambda line: ("\ufeff" + line).encode(),
    "gb18030": lambda line: ("请求失败，错误信息如下：\n" + line).encode("gb18030", "replace"),
    "line ends": lambda line: f"\r\n\r\n{line}\r\n",
    "20 KB before": lambda line: INFO * 250 + line,
    "20 KB behind": lambda line: line + "\n" + INFO * 250,
    "20 KB around": lambda line: INFO * 250 + line + "\n" + INFO * 250,
    "another before": lambda line: f"HTTP 403: {OTHER}\n{line}",
    "another long before": lambda line: f"HTTP 403: {OTHER}\n{INFO * 250}{line}",
    "time": lambda line: f"2026-05-15 10:02:57.989 [error] {line}",
    "cross": lambda line: "✕ " + line,
    "sent": logged,
    "twice": lambda line: f"{line}\n{line}",
    "list": lambda line: json.dumps([{"error": line, "timestamp": "2026-05-15T10:02:57Z"}]),
    "report": lambda line: json.dumps({"meta": {}, "logTail": [INFO.strip()] * 20 + [line]}),
}


def test_there_are_thirty() -> None:
    assert len(TRANSFORMATIONS) >= 30
    assert len(ROWS) > 150


@given(st.sampled_from(ROWS), st.sampled_from(sorted(TRANSFORMATIONS)))
def test_a_transformation_changes_nothing(row: Row, name: str) -> None:
    assert kinds(TRANSFORMATIONS[name](row.line))[-1:] == [row.kind]


@given(st.sampled_from(ROWS), st.sampled_from(ROWS))
def test_two_errors_are_two_in_either_order(one: Row, two: Row) -> None:
    found = kinds(f"2026-05-15T10:02:57 {one.line}\n{INFO}2026-05-15T10:03:57 {two.line}")
    assert found == list(dict.fromkeys([one.kind, two.kind]))


@pytest.mark.slow
@pytest.mark.parametrize("name", TRANSFORMATIONS)
def test_every_row_through_every_transformation(name: str) -> None:
    wrong = [row.line for row in ROWS if kinds(TRANSFORMATIONS[name](row.line))[-1:] != [row.kind]]
    assert wrong == []
