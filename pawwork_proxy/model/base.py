"""What all nouns share: frozen, closed (no unknown field), silent about their input when invalid.

Invariant: a validation error names place and type, never a captured value.
"""

from pydantic import BaseModel, ConfigDict


class Noun(BaseModel):
    """A frozen value with a closed set of fields."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        hide_input_in_errors=True,
        protected_namespaces=(),
        # The docstring under a field is its description in the JSON Schema and in the docs.
        use_attribute_docstrings=True,
    )


def line_of(noun: Noun) -> bytes:
    """One JSON line; absent fields are null and left out."""
    return noun.model_dump_json(exclude_none=True).encode() + b"\n"
