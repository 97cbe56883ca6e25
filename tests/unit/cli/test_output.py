"""What commands do around their work."""

import gc

import pytest

from pawwork_proxy.cli.output import uncollected


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
