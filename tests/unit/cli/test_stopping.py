"""What ends a run ends it in order."""

import asyncio
import os
import signal
import sys

import pytest

from pawwork_proxy.cli.stopping import stop_signals

if sys.platform == "win32":
    pytest.skip("Windows delivers no such signals to itself", allow_module_level=True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_a_run_ends_in_order(number: signal.Signals) -> None:
    before = signal.signal(number, signal.SIG_DFL)  # the tests themselves may run under nohup
    try:
        async with stop_signals() as stop:
            os.kill(os.getpid(), number)
            await asyncio.wait_for(stop.wait(), 60)
        assert signal.getsignal(number) == signal.SIG_DFL
    finally:
        signal.signal(number, before)


async def test_a_run_that_outlives_its_terminal_on_purpose_goes_on() -> None:
    """As under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        async with stop_signals():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
