"""Errors that a user sees are of one style: `error: what is wrong`, `hint: what to do`."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from pawwork_proxy import errors

PACKAGE = Path(__file__).resolve().parents[2] / "pawwork_proxy"
KINDS = {name for name, it in vars(errors).items() if isinstance(it, type)}


def text_of(node: ast.expr) -> str | None:
    """The text of a constant or an f-string, with a `_` for each value; None of anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(part) or "_" for part in node.values)
    return None


def raised() -> Iterator[tuple[str, str, str | None]]:
    """Place, message and hint of every error that the package makes with words of its own."""
    for file in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            message, hint, *_ = (*map(text_of, node.args), None, None)
            if node.func.id in KINDS and message is not None:
                yield f"{file.relative_to(PACKAGE)}:{node.lineno}", message, hint


@pytest.mark.slow
def test_messages_and_hints_begin_small_and_end_without_a_stop() -> None:
    found = list(raised())
    assert len(found) > 40
    wrong = [
        f"{place}: {words!r}"
        for place, message, hint in found
        for words in (message, hint)
        if words and (words.endswith(".") or (words[0].isupper() and words[1:2].islower()))
    ]
    assert not wrong, "\n".join(wrong)
