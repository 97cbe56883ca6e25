"""How a server of ours is stopped: by Ctrl-C or a termination request."""

import asyncio
import signal


def stop_asked() -> asyncio.Event:
    """An event that the first signal to end sets; to be called in the running loop."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for wanted in (signal.SIGINT, signal.SIGTERM):
        try:  # it wakes the loop, also where the signal comes just before it falls asleep
            loop.add_signal_handler(wanted, stopped.set)
        except NotImplementedError:  # Windows
            signal.signal(wanted, lambda *_: loop.call_soon_threadsafe(stopped.set))
    return stopped
