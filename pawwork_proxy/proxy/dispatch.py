"""Calls addons' hooks: mitmproxy's addon manager, which also remembers who listens to what.

The stock manager asks every addon and its members for every event, and twice for each hook of a
flow; even with six addons that is a tenth of a request. Invariant: order, isolation of failures
and `AddonHalt` are as in the stock one; an addon's hooks do not change once it is in the chain.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable

from mitmproxy import exceptions, flow, hooks
from mitmproxy.addonmanager import AddonManager, safecall
from mitmproxy.master import Master

Listener = Callable[..., object]
_CHANGED = hooks.UpdateHook([])


class Dispatcher(AddonManager):
    """Triggers events of flows and connections; everything else is inherited."""

    def __init__(self, master: Master) -> None:
        super().__init__(master)  # type: ignore[no-untyped-call]
        self._known: list[object] = []
        """The chain to which the listeners belong."""
        self._listeners: dict[str, list[Listener]] = {}

    async def handle_lifecycle(self, event: hooks.Hook) -> None:
        """Tell of a hook, then, if it was one of a flow, that the flow has changed."""
        (message,) = event.args()
        await self._tell(self._listening_to(event), [message])
        if isinstance(message, flow.Flow):
            await self._tell(self._listening_to(_CHANGED), [[message]])

    async def trigger_event(self, event: hooks.Hook) -> None:
        """Tell every addon of an event, in order."""
        await self._tell(self._listening_to(event), event.args())

    async def _tell(self, listeners: list[Listener], arguments: list[object]) -> None:
        for listener in listeners:
            try:
                answer = listener(*arguments)
                if answer is not None and inspect.isawaitable(answer):
                    await answer
            except exceptions.AddonHalt:
                return
            except Exception:
                with safecall():  # reports it
                    raise

    def _listening_to(self, event: hooks.Hook) -> list[Listener]:
        if self._known != self.chain:
            self._known = list(self.chain)
            self._listeners.clear()
        found = self._listeners.get(event.name)
        if found is None:
            found = [func for addon in self.chain for _, func in self._iter_hooks(addon, event)]
            self._listeners[event.name] = found
        return found
