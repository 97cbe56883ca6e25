"""JSON from strangers: whole, cut, damaged, escaped twice, or printed by Python."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawwork_proxy.wire.bounded_json import (
    JsonState,
    embedded_values,
    parse_json,
    parse_python,
)

ERROR = {"error": {"type": "server_error", "message": 'it\'s "down"'}}


@pytest.mark.parametrize(
    ("text", "value", "state"),
    [
        ('{"a":1}', {"a": 1}, JsonState.WHOLE),
        ('{"a":"b', {"a": "b"}, JsonState.CUT),
        ('{"a":1,"b', {"a": 1}, JsonState.CUT),
        ("nonsense", None, JsonState.NOT_JSON),
        ("[" * 10_000, None, JsonState.NOT_JSON),
    ],
)
def test_how_much_was_json(text: str, value: object, state: JsonState) -> None:
    assert parse_json(text) == (value, state)


def test_invalid_utf8_inside_a_string_is_replaced() -> None:
    assert parse_json(b'{"a":"\xff"}') == ({"a": "\ufffd"}, JsonState.WHOLE)


@given(st.text() | st.binary())
def test_nothing_raises(text: str | bytes) -> None:
    parse_json(text)
    parse_python(text if isinstance(text, str) else text.decode("latin1"))
    embedded_values(text if isinstance(text, str) else text.decode("latin1"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{'a': None, 'b': [True]}", {"a": None, "b": [True]}),
        ("{'a': open('x')}", None),
        ("{" * 60, None),
        ("1" * 20_000, None),
        ("{'a': 1", None),
        ("9" * 5000, None),
        ("{{}}", None),
        ("{[1]: 2}", None),
    ],
)
def test_python_literals(text: str, value: object) -> None:
    assert parse_python(text) == value


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(ERROR),
        json.dumps(ERROR, indent=2),
        repr(ERROR),
        json.dumps(ERROR).replace('"', '\\"').replace('\\\\"', '\\\\\\"'),
    ],
)
@pytest.mark.parametrize("around", ["Error code: 503 - {} (again)", "{}", "[x] {}"])
def test_objects_inside_a_text_are_found(text: str, around: str) -> None:
    values, rest = embedded_values(around.replace("{}", text))
    assert ERROR in values
    assert "server_error" not in rest


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ('x {"a":"b', [{"a": "b"}]),
        ('x [{"a":1}] y {"b":2}', [[{"a": 1}], {"b": 2}]),
        ("it's {not} an object", []),
        ("{}", []),
        ("{{}}", []),
        ('{"code":"x","message":"{"type":"y"}"}', [{"code": "x", "message": "{"}, {"type": "y"}]),
        ('{"a":1}' * 9, [{"a": 1}] * 4),
        ("{" * 50, []),
        ('{"a\\', []),
    ],
)
def test_what_is_found_and_what_is_not(text: str, values: list[object]) -> None:
    assert embedded_values(text)[0] == values
