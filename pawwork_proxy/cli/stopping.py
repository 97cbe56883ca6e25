"""How what serves is stopped: by Ctrl-C, a closed terminal or a termination request."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Stop(asyncio.Event):
    """Set when the run has to end."""

    asked = False
    """Whether somebody wants an end at all, be it by a Ctrl-C that is the client's to obey."""
    interrupt = True
    """Whether a Ctrl-C ends the run."""

    async def within(self, seconds: float) -> bool:
        """Wait for so long, or until the run has to end; whether it has to."""
        try:
            await asyncio.wait_for(self.wait(), seconds)
        except TimeoutError:
            return False
        return True


@asynccontextmanager
async def stop_signals(*, interrupt: bool = True) -> AsyncIterator[Stop]:
    """An event that Ctrl-C, a closed terminal or a termination request sets: the process goes on.

    With `interrupt` false Ctrl-C does nothing here: a client in the same terminal gets it too,
    and decides itself whether it ends.
    """
    stop = Stop()
    stop.interrupt = interrupt
    loop = asyncio.get_running_loop()

    def on_signal(number: int) -> None:
        stop.asked = True
        if stop.interrupt or number != signal.SIGINT:
            stop.set()

    wanted = [signal.SIGINT, signal.SIGTERM]
    closed = getattr(signal, "SIGHUP", None)  # Windows has none; nohup has it ignored
    if closed is not None and signal.getsignal(closed) is not signal.SIG_IGN:
        wanted.append(closed)
    previous = {number: signal.getsignal(number) for number in wanted}
    try:
        for number in wanted:
            try:  # it wakes the loop, also where the signal comes just before it falls asleep
                loop.add_signal_handler(number, on_signal, number)
            except NotImplementedError:  # Windows
                signal.signal(number, lambda one, _: loop.call_soon_threadsafe(on_signal, one))
        yield stop
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
