"""docs/capture-format.md is what the models say."""

from __future__ import annotations

from scripts.capture_format import LINES, TARGET, document


def test_the_document_is_in_step_with_the_models() -> None:
    written = TARGET.read_text("utf-8")
    assert written == document(), "run: python -m scripts.capture_format"


def test_every_field_of_every_line_is_there() -> None:
    text = document()
    for line in LINES:
        for name in line.model_fields:
            assert f"| `{name}` |" in text
