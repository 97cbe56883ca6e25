"""docs/capture-format.md is what the models say."""

from pawwork_proxy.model.capture import SCHEMA_VERSION
from scripts._pages import filled
from scripts.capture_format import LINES, PAGE, parts


def test_the_document_is_in_step_with_the_models() -> None:
    assert PAGE.read_text("utf-8") == filled(PAGE, parts()), "run: python -m scripts.capture_format"


def test_every_field_of_every_line_is_there() -> None:
    text = PAGE.read_text("utf-8")
    assert f"schema version {SCHEMA_VERSION}\n" in text
    for line in LINES:
        for name in line.model_fields:
            assert f"| `{name}` |" in text
