"""Facts have one home: code outside `facts/` asks the tables and writes none of their rows down."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import pawwork_proxy
from pawwork_proxy.facts.errors import VENDOR_TYPES, ZEN_TYPES
from pawwork_proxy.facts.fields import HEADERS
from pawwork_proxy.facts.server import HOST, TRACE

PACKAGE = Path(pawwork_proxy.__file__).parent
ADDRESSES = re.compile(f"/zen/|{re.escape(HOST)}|{TRACE}")
AGENTS = re.compile(r"opencode/(?:latest|\d)|(?<!@)ai-sdk/|deepseek-harness")
ERAS = re.compile(r"[CV]\d[a-d]?")
TYPES = {*ZEN_TYPES, *(word for word in VENDOR_TYPES if word[0].isupper())}
MOST_HEADERS = 6
"""A file that names more headers than this has a table of its own."""

MAY_NAME: dict[str, dict[str, str]] = {
    "address": {
        "model/capture.py": "a value of the file format",
        "model/manifest.py": "the text of a bundle's README",
        "recording/start.py": "that value of the file format",
        "redaction/shapes.py": "the example of a shape",
    },
    "user agent": {"demo/conversation.py": "the look-alike client's own"},
    "era": {},
    "error type": {
        "cli/__init__.py": "errno of this machine",
        "outcomes/zen_rules.py": "examples of rules",
        "redaction/shapes.py": "the example of a shape",
        "responses/error_lines.py": "a word in a client's log line",
        "simulator/": "what the simulated server itself says",
    },
    "header": {
        "demo/conversation.py": "what the look-alike client sends",
        "redaction/redactor.py": "which header fills which field of a record",
        "simulator/routes.py": "what the simulated server reads",
    },
}
"""Places that may name a fact, and why."""


def literals(file: Path) -> Iterator[str]:
    """Texts in the code of a module; docstrings and comments may speak of anything."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    said = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in said:
            if isinstance(node.value, str):
                yield node.value
            elif isinstance(node.value, bytes):
                yield node.value.decode("latin-1")


def restated(text: str) -> str | None:
    """The table that a text repeats a row of."""
    if ADDRESSES.search(text):
        return "address"
    if AGENTS.search(text):
        return "user agent"
    if ERAS.fullmatch(text):
        return "era"
    if text in TYPES:
        return "error type"
    return None


@cache
def found() -> dict[str, set[str]]:
    """The texts of each module outside `facts`."""
    return {
        file.relative_to(PACKAGE).as_posix(): set(literals(file))
        for file in sorted(PACKAGE.rglob("*.py"))
        if file.relative_to(PACKAGE).parts[0] != "facts"
    }


@pytest.mark.slow
@pytest.mark.parametrize("sort", ["address", "user agent", "era", "error type"])
def test_nothing_restates_a_table(sort: str) -> None:
    where = {
        file: [text[:60] for text in texts if restated(text) == sort]
        for file, texts in found().items()
    }
    named = {file: texts for file, texts in where.items() if texts}
    allowed = tuple(MAY_NAME[sort])
    assert {file: texts for file, texts in named.items() if not file.startswith(allowed)} == {}
    assert [one for one in allowed if not any(file.startswith(one) for file in named)] == []


@pytest.mark.slow
def test_no_module_has_a_table_of_headers_of_its_own() -> None:
    names = {name for name in HEADERS if "-" in name}
    named = {file: {text.lower() for text in texts} & names for file, texts in found().items()}
    many = {file for file, headers in named.items() if len(headers) > MOST_HEADERS}
    assert many == set(MAY_NAME["header"])


def test_every_exception_has_a_reason() -> None:
    assert all(reason for reasons in MAY_NAME.values() for reason in reasons.values())
