"""A table in one test fails with every row that fails, and with no other."""

import pytest

from tests.rows import each_row

SEEN: list[tuple[int, str]] = []


@each_row("number", [1, 2, 3, 4])
@each_row("left, right", [("a", "a"), ("a", "b")])
def a_table(number: int, left: str, right: str, more: int) -> None:
    SEEN.append((number, right))
    if number == 4:
        pytest.fail("four")
    assert number + more < 3 or left == right


def test_every_row_is_tried_and_each_that_fails_is_named() -> None:
    SEEN.clear()
    with pytest.RaisesGroup(
        pytest.RaisesGroup(AssertionError, check=lambda group: "1 of 2" in group.message),
        pytest.RaisesGroup(AssertionError, check=lambda group: "1 of 2" in group.message),
        pytest.RaisesGroup(pytest.fail.Exception, pytest.fail.Exception),
        check=lambda group: "3 of 4" in group.message,
    ) as caught:
        a_table(more=1)
    assert [(number, right) for number in (1, 2, 3, 4) for right in "ab"] == SEEN
    notes = [failure.__notes__ for failure in caught.value.exceptions]
    assert notes == [[f"in row {{'number': {number}}}"] for number in (2, 3, 4)]


@each_row("number", [1, 2, 3])
def a_table_with_a_skip(number: int) -> None:
    SEEN.append((number, ""))
    if number == 2:
        pytest.skip("two")


def test_no_row_and_no_table_is_left_out_unseen() -> None:
    SEEN.clear()
    with pytest.RaisesGroup(pytest.skip.Exception, check=lambda group: "1 of 3" in group.message):
        a_table_with_a_skip()
    assert [number for number, _ in SEEN] == [1, 2, 3]
    with pytest.raises(AssertionError, match="without rows"):
        each_row("number", [])


@each_row("number", [1, 2])
def test_what_is_no_column_is_a_fixture(number: int, request: pytest.FixtureRequest) -> None:
    assert request.node.name == "test_what_is_no_column_is_a_fixture"
