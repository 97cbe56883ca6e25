"""An edit of JSON with comments changes what it should and nothing else, and can be taken back."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawwork_proxy.clients.jsonc import Edit, UnreadableError, at, parsed, removal, setting

PATH = ("provider", "opencode", "options", "baseURL")
URL = "http://127.0.0.1:9610/zen/v1"
WHOLE = {"provider": {"opencode": {"options": {"baseURL": URL}}}}


def applied(text: str, edits: Sequence[Edit]) -> str:
    for edit in edits:
        text = edit.applied(text)
    return text


def taken_back(text: str, edits: Sequence[Edit]) -> str:
    return applied(text, [edit.reversed() for edit in reversed(edits)])


@pytest.mark.parametrize(
    ("text", "edited"),
    [
        ("{}", '{\n  "new": "x"\n}'),
        ("{\n}\n", '{\n  "new": "x"\n}\n'),
        ("\ufeff{ }", '\ufeff{\n  "new": "x"\n}'),
        ("{ // mine\n}", '{\n  "new": "x" // mine\n}'),
        ('{"a": 1}', '{"a": 1, "new": "x"}'),
        ('{"a": 1,}', '{"a": 1, "new": "x",}'),
        ('{"a": 1 /* one */ }', '{"a": 1, /* one */ "new": "x" }'),
        ('{\n\t"a": 1\n}', '{\n\t"a": 1,\n\t"new": "x"\n}'),
        ('{\r\n    "a": 1,\r\n}\r\n', '{\r\n    "a": 1,\r\n    "new": "x",\r\n}\r\n'),
        ('{\n  "a": 1 // one\n  // two\n}', '{\n  "a": 1, // one\n  "new": "x"\n  // two\n}'),
        ('{\n  "a": 1, // one\n}', '{\n  "a": 1, // one\n  "new": "x",\n}'),
        ('{\n  "a": 1\n  ,\n}', '{\n  "a": 1\n  ,\n  "new": "x",\n}'),
        ('{ "a": 1,\n "b": 2 }', '{ "a": 1,\n "b": 2,\n "new": "x" }'),
    ],
)
def test_a_member_is_added_behind_the_others_in_their_manner(text: str, edited: str) -> None:
    edits = setting(text, ["new"], "x")
    assert applied(text, edits) == edited
    assert taken_back(edited, edits) == text


@pytest.mark.parametrize(
    ("text", "edited"),
    [
        ("{}", '{\n  "$schema": "x"\n}'),
        ('{"a": 1}', '{"$schema": "x", "a": 1}'),
        ('{\n    "a": 1\n}', '{\n    "$schema": "x",\n    "a": 1\n}'),
    ],
)
def test_a_member_can_be_put_before_the_others(text: str, edited: str) -> None:
    assert applied(text, setting(text, ["$schema"], "x", first=True)) == edited


@pytest.mark.parametrize(
    "text",
    ['{"a": 1}', '{ "a": 1 }', '{/* c */"a": 1}', '{/* c */ "a": 1}', '{\t"a": 1}', '{\n"a": 1}'],
)
@pytest.mark.parametrize("first", [True, False])
def test_a_member_that_was_added_is_removed_without_a_trace(text: str, first: bool) -> None:
    edited = applied(text, setting(text, ["new"], "x", first=first))
    assert applied(edited, removal(edited, ["new"])) == text


def test_objects_on_the_way_are_made() -> None:
    text = '{\n    "model": "a",\n    "provider": {\n        "other": {}\n    }\n}\n'
    edited = applied(text, setting(text, PATH, URL))
    assert edited == (
        '{\n    "model": "a",\n    "provider": {\n        "other": {},\n'
        '        "opencode": {\n            "options": {\n'
        f'                "baseURL": "{URL}"\n            }}\n        }}\n    }}\n}}\n'
    )


def test_in_an_object_on_one_line_they_stay_on_it() -> None:
    text = '{"provider": {"other": {}}}'
    assert applied(text, setting(text, PATH, URL)) == (
        f'{{"provider": {{"other": {{}}, "opencode": {{ "options": {{ "baseURL": "{URL}" }} }}}}}}'
    )


def test_of_equal_names_the_last_is_edited_since_it_counts() -> None:
    text = '{"a": {"b": "1"}, "a": {"b": "2", "b": "3"}}'
    assert applied(text, setting(text, ["a", "b"], "x")) == (
        '{"a": {"b": "1"}, "a": {"b": "2", "b": "x"}}'
    )


def test_what_stands_there_already_is_left() -> None:
    assert setting('{"a": "x"}', ["a"], "x") == []


def test_a_value_of_another_kind_is_replaced_as_a_whole() -> None:
    text = '{"a": [1, {"b": null}] /* c */}'
    edits = setting(text, ["a"], "x")
    assert applied(text, edits) == '{"a": "x" /* c */}'
    assert taken_back('{"a": "x" /* c */}', edits) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: a value is expected here"),
        ("{\n  a: 1}", 'line 2: a name in quotes or "}" is expected here'),
        ('{\r\n"a" 1}', 'line 2: ":" is expected here'),
        ('{"a": 1\n\n"b": 2}', 'line 3: "," or "}" is expected here'),
        ('{"a": [1\n2]}', 'line 2: "," or "]" is expected here'),
        ('{"a":\r"open}', "line 2: a value is expected here"),
        ('{"a": "\\u12"}', "line 1: a value is expected here"),
        ('{"a": 1.2.3}', "line 1: a value is expected here"),
        ('{"a": 1} /* open', "line 1: nothing may follow the end"),
        ("{} {}", "line 1: nothing may follow the end"),
        ('{"a": 1', 'line 1: "," or "}" is expected here'),
        ("[" * 300, "line 1: too deeply nested"),
    ],
)
def test_what_does_not_parse_is_named_with_its_line(text: str, said: str) -> None:
    with pytest.raises(UnreadableError, match=r"^line") as raised:
        parsed(text)
    assert str(raised.value) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{\n"provider": 3}', "line 2: provider must be an object"),
        ('{"provider": {"opencode": []}}', "line 1: provider.opencode must be an object"),
        ("[]", "line 1: the whole must be an object"),
    ],
)
def test_where_an_object_is_needed_another_value_is_refused(text: str, said: str) -> None:
    with pytest.raises(UnreadableError) as raised:
        setting(text, PATH, URL)
    assert str(raised.value) == said


SPACE = st.sampled_from(
    ["", "", "", " ", "\n", "\r\n", "\t", "  ", " // c, }\n", "/* { \n */", "\n  "]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.floats(-9, 9)
NAMES = st.sampled_from([*PATH, "$schema", "a", 'q"', "{", "//"])


@st.composite
def texts(draw: st.DrawFn, depth: int = 3, *, whole: bool = True) -> str:
    """A text that clients read: any comments, spaces, line ends, equal names, trailing commas."""
    kind = "{" if whole else draw(st.sampled_from("{{[0"))
    if kind == "0" or depth == 0:
        return json.dumps(draw(SCALARS), ensure_ascii=draw(st.booleans()))
    size = draw(st.integers(0, 3))
    items = [draw(texts(depth - 1, whole=False)) for _ in range(size)]
    if kind == "{":
        names = [json.dumps(draw(NAMES)) for _ in items]
        items = [
            f"{name}{draw(SPACE)}:{draw(SPACE)}{item}"
            for name, item in zip(names, items, strict=True)
        ]
    inside = ",".join(f"{draw(SPACE)}{item}{draw(SPACE)}" for item in items)
    trailing = draw(st.sampled_from(["", ",", ", // last\n"])) if items else ""
    text = f"{kind}{draw(SPACE)}{inside}{trailing}{'}' if kind == '{' else ']'}"
    return f"{draw(SPACE)}{text}{draw(SPACE)}" if whole else text


def with_value(value: Any, path: Sequence[str], new: str) -> Any:
    if not path:
        return new
    return {**value, path[0]: with_value(value.get(path[0], {}), path[1:], new)}


@given(texts(), st.sampled_from([PATH, ("$schema",), PATH[:2]]), st.booleans())
def test_an_edit_sets_the_value_and_its_reverse_is_the_identity(
    text: str, path: tuple[str, ...], first: bool
) -> None:
    before = parsed(text).value
    try:
        edits = setting(text, path, URL, first=first)
    except UnreadableError:
        holders = [at(parsed(text), path[:depth]) for depth in range(len(path))]
        assert any(holder is not None and holder.members is None for holder in holders)
        return
    edited = applied(text, edits)
    assert parsed(edited).value == with_value(before, path, URL)
    assert taken_back(edited, edits) == text


@given(texts(), st.booleans())
def test_removing_what_was_added_restores_every_other_character(text: str, first: bool) -> None:
    edited = applied(text, setting(text, ["new"], URL, first=first))
    restored = applied(edited, removal(edited, ["new"]))
    assert parsed(restored).value == parsed(text).value
    if parsed(text).members:
        assert restored == text


@given(texts())
def test_reading_agrees_with_json_where_that_reads_it(text: str) -> None:
    try:
        plain = json.loads(text)
    except ValueError:
        return
    assert parsed(text).value == plain


@given(st.text(alphabet='{}[]",:/* \n\\a1', max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        node = parsed(text)
    except UnreadableError:
        return
    assert text[node.start : node.end].strip() == text[node.start : node.end]
