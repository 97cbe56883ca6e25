"""The process of a client: how it starts, who may end it, and when it is over.

It is over when nothing lives any more that it has started: it may hand its work over and end.
"""

import asyncio
import sys
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pawwork_proxy.cli.naming import tell
from pawwork_proxy.cli.stopping import Stop
from pawwork_proxy.cli.watching import ClientWatcher, UntilRefused
from pawwork_proxy.clients.descendants import (
    INHERITED,
    Descendants,
    applications,
    end,
    named,
)
from pawwork_proxy.errors import ConfigurationError, reason_of

END_PATIENCE_S = 10.0  # a client that is asked to end saves its conversation
LOOK_EVERY_S = 2.0
LEAVING_S = 1.0  # children that end with their client do so within this
SOON_S = 10.0
"""A client that ends within this and has asked nothing may have woken another one up."""
GOES_ON = """\
pawwork-proxy: the client ended after {after:.1f} s and goes on in the background ({who}).
The capture goes on as well, until that has ended. Ctrl-C ends both."""
HANDED_OVER = """\
The client ended after {after:.1f} s. These run without our settings: {who}. If it has handed over
to one of them, quit that one and start again; or use 'pawwork-proxy run', which tells how to
connect it."""


class Ended(NamedTuple):
    """How a client came to its end."""

    code: int
    """Its exit code."""
    after_s: float


class Client:
    """A command, and who may end it."""

    def __init__(self, command: Sequence[str], until: UntilRefused | None) -> None:
        self.command = command
        self.watcher = until or ClientWatcher()
        self._refused = until.refused if until else None

    async def run(self, env: Mapping[str, str], stop: Stop, errors: int | None = None) -> Ended:
        """Start it and wait for its end; a termination request to us is passed on to it."""
        # What is ended after a refusal prints beside the results of ours, not among them.
        quiet = self._refused is not None
        began = time.monotonic()
        try:
            client = await asyncio.create_subprocess_exec(
                *self.command,
                env=env,
                stdin=asyncio.subprocess.DEVNULL if quiet else None,
                stdout=sys.stderr.fileno() if quiet else None,
                stderr=errors,
            )
        except OSError as error:
            raise ConfigurationError(
                f"the client cannot be started: {reason_of(error)}",
                "check that the command after -- is a program of this system",
            ) from None
        family = Descendants(client.pid, env[INHERITED])
        looking = asyncio.create_task(_look_now_and_then(family))
        ended = asyncio.create_task(client.wait())
        await self._until(ended, stop)
        if not ended.done():
            # Only what is killed after a while cannot end its children itself.
            asked = (await asyncio.to_thread(family.look))[0 if quiet else -1 :]
            end(asked)
            if quiet:
                await asyncio.wait([ended], timeout=END_PATIENCE_S)
                end(asked, kill=True)
        code = await ended
        after = time.monotonic() - began
        looking.cancel()
        await self._until_nothing_is_left(family, stop, after)
        return Ended(code if code >= 0 else 128 - code, after)

    async def _until(self, ended: asyncio.Task[int], stop: Stop) -> None:
        """Wait for an end, or for a reason to end it."""
        events = [stop] if self._refused is None else [stop, self._refused]
        asked = [asyncio.create_task(event.wait()) for event in events]
        await asyncio.wait([ended, *asked], return_when=asyncio.FIRST_COMPLETED)
        for one in asked:
            one.cancel()

    async def _until_nothing_is_left(self, family: Descendants, stop: Stop, after: float) -> None:
        """Wait for what has outlived the client, and end it where the client was to end."""
        pause, waited, told = 0.1, 0.0, False
        while left := await asyncio.to_thread(family.left_behind):
            if stop.asked or (self._refused is not None and self._refused.is_set()):
                end(left, kill=waited > END_PATIENCE_S)
                waited += pause
            elif pause > LEAVING_S and not told:
                told = stop.interrupt = True  # no client has the terminal any more
                tell(GOES_ON.format(after=after, who=named(left)), err=True)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LOOK_EVERY_S)


def handed_over(ended: Ended) -> str | None:
    """What to tell of a client that has asked nothing: who may do its work, if anybody."""
    who = named(applications()) if ended.after_s < SOON_S else ""
    return HANDED_OVER.format(after=ended.after_s, who=who) if who else None


async def _look_now_and_then(family: Descendants) -> None:
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        await asyncio.to_thread(family.look)
