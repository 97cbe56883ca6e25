"""Tables of many rows that each cost next to nothing, and of few that cost much.

pytest spends more on an item than a look into a table takes: `each_row` makes one test of a table.
"""

import inspect
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

import pytest

Test = Callable[..., None]
OUTCOMES = (pytest.fail.Exception, pytest.skip.Exception)
"""What ends a test and is no `Exception`; a skip would leave out the rows behind it unseen."""


def each_row(names: str, rows: Iterable[Any]) -> Callable[[Test], Test]:
    """Like `parametrize`, in one test: every row is tried, and each that fails is named.

    A table without rows proves nothing, and neither does one with a row that is skipped.
    """
    fields, table = names.replace(",", " ").split(), list(rows)
    assert table, "a table without rows"

    def decorate(test: Test) -> Test:
        @wraps(test)
        def whole(**fixtures: Any) -> None:
            failures = []
            for row in table:
                values = dict(zip(fields, row if len(fields) > 1 else (row,), strict=True))
                try:
                    test(**fixtures, **values)
                except (Exception, BaseExceptionGroup, *OUTCOMES) as failure:
                    failure.add_note(f"in row {values!r:.400}")
                    failures.append(failure)
            if failures:
                raise BaseExceptionGroup(f"{len(failures)} of {len(table)} rows", failures)

        asked = inspect.signature(test)
        others = [one for name, one in asked.parameters.items() if name not in fields]
        setattr(whole, "__signature__", asked.replace(parameters=others))  # noqa: B010 - for pytest
        return whole

    return decorate


def few_when_fast(number: int, rows: Iterable[Any]) -> list[Any]:
    """Rows for `parametrize`, of which all but the first ones are slow."""
    table = list(rows)
    slow = (pytest.param(row, marks=pytest.mark.slow) for row in table[number:])
    return [*table[:number], *slow]
