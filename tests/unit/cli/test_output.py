"""What commands do around their work."""

import gc
import sys

import pytest

from pawwork_proxy.cli.output import text_of, uncollected
from pawwork_proxy.report.layout import Column, Sheet


def test_garbage_is_looked_for_again_after_work_that_makes_none() -> None:
    def work() -> None:
        with uncollected():
            assert not gc.isenabled()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    assert gc.isenabled()


def test_who_interrupts_does_not_wait_for_what_was_read_to_be_looked_through() -> None:
    try:
        with pytest.raises(KeyboardInterrupt), uncollected():
            raise KeyboardInterrupt
        assert gc.get_freeze_count()
        assert gc.isenabled()
    finally:
        gc.unfreeze()


def test_a_terminal_that_calls_itself_dumb_has_the_width_it_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", "40")
    sheet = Sheet((Column("first"), Column("second", folds=10)), [("x" * 8, "word " * 20)])
    lines = "".join(text_of(sheet)).splitlines()
    assert len(lines) > 2
    assert max(map(len, lines)) <= 40
