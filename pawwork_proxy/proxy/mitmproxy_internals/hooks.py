"""How addons are told of hooks."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from mitmproxy import addonmanager, exceptions, flow, hooks
from mitmproxy.addonmanager import AddonManager
from mitmproxy.master import Master

from pawwork_proxy.proxy.mitmproxy_internals.shapes import Change, known

Listener = Callable[..., object]
_CHANGED = hooks.UpdateHook([])


class Dispatcher:
    """Tells addons of hooks for mitmproxy's addon manager, and remembers which listens to which.

    The stock one asks every addon and its members for every event, and twice for each hook of a
    flow. Order, isolation of failures and `AddonHalt` are as in the stock one; an addon's hooks
    must not change once it is known.
    """

    def __init__(self, manager: AddonManager) -> None:
        self._manager = manager
        self._known: list[object] = []
        """All addons to which the listeners belong."""
        self._listeners: dict[str, list[list[Listener]]] = {}
        # Options may bring the user's scripts into another order.
        manager.master.options.changed.connect(self._forget)

    async def handle_lifecycle(self, event: hooks.Hook) -> None:
        """Tell of a hook, then, if it was one of a flow, that the flow has changed."""
        (message,) = event.args()
        await self._tell(self._listening_to(event), [message])
        if isinstance(message, flow.Flow):
            await self._tell(self._listening_to(_CHANGED), [[message]])

    async def trigger_event(self, event: hooks.Hook) -> None:
        """Tell every addon of an event, in order."""
        await self._tell(self._listening_to(event), event.args())

    async def _tell(self, addons: list[list[Listener]], arguments: Sequence[object]) -> None:
        for listeners in addons:
            try:
                for listener in listeners:
                    result = listener(*arguments)
                    if result is not None and inspect.isawaitable(result):
                        await result
            except exceptions.AddonHalt:
                return
            except Exception:
                with addonmanager.safecall():  # reports it
                    raise

    def _listening_to(self, event: hooks.Hook) -> list[list[Listener]]:
        """The hooks of that name, for each addon that has any: its own and its members'."""
        # Members come and go as well: mitmproxy loads a script anew when its file has changed.
        if self._known != (known := [*self._manager.lookup.values()]):
            self._known = known
            self._listeners.clear()
        found = self._listeners.get(event.name)
        if found is None:
            by_addon = (
                [
                    hook
                    for member in addonmanager.traverse([addon])
                    if callable(hook := getattr(member, event.name, None))
                ]
                for addon in self._manager.chain
            )
            found = self._listeners[event.name] = [hooks for hooks in by_addon if hooks]
        return found

    def _forget(self, **_: object) -> None:
        self._listeners.clear()


def _remember_listeners(master: Master) -> None:
    manager: Any = master.addons
    dispatcher = Dispatcher(manager)
    manager.handle_lifecycle = dispatcher.handle_lifecycle
    manager.trigger_event = dispatcher.trigger_event


REMEMBER_LISTENERS = Change(
    "remember_listeners",
    (
        known(
            AddonManager, "handle_lifecycle", "self event",
            "args trigger_event isinstance flow Flow hooks UpdateHook",
        ),
        known(
            AddonManager, "trigger_event", "self event",
            "chain safecall invoke_addon exceptions AddonHalt",
        ),
        known(
            AddonManager, "invoke_addon", "self addon event",
            "_iter_hooks args inspect isawaitable",
        ),
        known(
            AddonManager, "_iter_hooks", "self addon event",
            "isinstance hooks Hook traverse getattr name callable types ModuleType exceptions "
            "AddonManagerError",
        ),
    ),
    _remember_listeners,
)  # fmt: skip
