"""How addons are told of hooks."""

import inspect
from collections.abc import Callable, Sequence

from mitmproxy import addonmanager, exceptions, flow, hooks
from mitmproxy.addonmanager import AddonManager
from mitmproxy.master import Master

from pawwork_proxy.proxy.mitmproxy_internals.shapes import Change, known

Listener = Callable[..., object]
_CHANGED = hooks.UpdateHook([])


class Dispatcher(AddonManager):
    """mitmproxy's addon manager, which also remembers which addon listens to which hook.

    The stock one asks every addon and its members for every event, and twice for each hook of a
    flow. Order, isolation of failures and `AddonHalt` are as in the stock one; an addon's hooks
    must not change once it is in the chain.
    """

    def __init__(self, master: Master) -> None:
        super().__init__(master)  # type: ignore[no-untyped-call]
        self._known: list[object] = []
        """The chain to which the listeners belong."""
        self._listeners: dict[str, list[list[Listener]]] = {}

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
        if self._known != self.chain:
            self._known = list(self.chain)
            self._listeners.clear()
        found = self._listeners.get(event.name)
        if found is None:
            by_addon = (
                [
                    hook
                    for member in addonmanager.traverse([addon])
                    if callable(hook := getattr(member, event.name, None))
                ]
                for addon in self.chain
            )
            found = self._listeners[event.name] = [hooks for hooks in by_addon if hooks]
        return found


def _remember_listeners(master: Master) -> None:
    master.addons = Dispatcher(master)


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
