"""Shortcuts through mitmproxy's inner workings: each is taken only where they are what we know.

They are the first to break when mitmproxy changes, so they stand in this one file, and each names
the functions that it replaces together with what those use. A version in which one of them takes
other parameters or uses other names does something that we have not read: its own code is left in
place, one log line says so, and everything works as before, a little slower.

What they are worth of an exchange's processor time in `run`, measured side by side: telling addons
of hooks 8 to 11 %, leaving out type checks 5 to 12 %.
"""

import inspect
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from typing import NamedTuple

from pawwork_proxy.logs import say


def load_without_the_rest(package: str, modules: Iterable[str]) -> None:
    """Load modules without what a package that they import from would load by itself.

    A module that needs the package as a whole is loaded when it is imported in the usual way.
    """
    spec = find_spec(package)
    if spec is None or package in sys.modules:
        return
    sys.modules[package] = module_from_spec(spec)
    try:
        for module in modules:
            with suppress(ImportError, AttributeError):
                import_module(module)
    finally:
        del sys.modules[package]  # whoever imports the package itself gets all of it


# mitmproxy.addons loads every addon, with a web framework, an LDAP client and a query parser: a
# fifth of the time from the command to the open listeners.
load_without_the_rest(
    "mitmproxy.addons",
    (
        "mitmproxy.master",
        "mitmproxy.addons.core",
        "mitmproxy.addons.next_layer",
        "mitmproxy.addons.proxyserver",
        "mitmproxy.addons.tlsconfig",
        "mitmproxy.addons.upstream_auth",
    ),
)

from mitmproxy import addonmanager, exceptions, flow, hooks, http
from mitmproxy.addonmanager import AddonManager
from mitmproxy.addons.core import Core
from mitmproxy.addons.next_layer import NextLayer
from mitmproxy.addons.proxyserver import Proxyserver
from mitmproxy.addons.tlsconfig import TlsConfig
from mitmproxy.addons.upstream_auth import UpstreamAuth
from mitmproxy.master import Master
from mitmproxy.version import VERSION

__all__ = [
    "SHORTCUTS", "Core", "Dispatcher", "KnownFunction", "Master", "NextLayer", "Proxyserver",
    "Shortcut", "TlsConfig", "UpstreamAuth", "take_shortcuts",
]  # fmt: skip

Listener = Callable[..., object]
_CHANGED = hooks.UpdateHook([])


class KnownFunction(NamedTuple):
    """A function of mitmproxy as we know it, and what the installed version has in its place."""

    found: object
    parameters: tuple[str, ...]
    uses: frozenset[str]
    """Names of the attributes and globals in its code."""

    def is_unchanged(self) -> bool:
        """Whether the installed version's function has this shape."""
        return (
            inspect.isfunction(self.found)
            and tuple(inspect.signature(self.found).parameters) == self.parameters
            and frozenset(self.found.__code__.co_names) == self.uses
        )


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


def _leave_out_type_checks(_: Master) -> None:
    """Leave out what mitmproxy itself leaves out under `python -O`.

    It looks at the types of the fields of each message, which only its own code fills.
    """
    http.MessageData.__post_init__ = lambda _: None  # type: ignore[method-assign]


class Shortcut(NamedTuple):
    """What is replaced, and how."""

    name: str
    replaced: tuple[KnownFunction, ...]
    take: Callable[[Master], None]


def _known(owner: object, name: str, parameters: str, uses: str) -> KnownFunction:
    """A method as it was when this module was loaded; parameters and names between spaces."""
    found = getattr(owner, name, None)
    return KnownFunction(found, tuple(parameters.split()), frozenset(uses.split()))


SHORTCUTS: tuple[Shortcut, ...] = (
    Shortcut(
        "remember_listeners",
        (
            _known(
                AddonManager, "handle_lifecycle", "self event",
                "args trigger_event isinstance flow Flow hooks UpdateHook",
            ),
            _known(
                AddonManager, "trigger_event", "self event",
                "chain safecall invoke_addon exceptions AddonHalt",
            ),
            _known(
                AddonManager, "invoke_addon", "self addon event",
                "_iter_hooks args inspect isawaitable",
            ),
            _known(
                AddonManager, "_iter_hooks", "self addon event",
                "isinstance hooks Hook traverse getattr name callable types ModuleType exceptions "
                "AddonManagerError",
            ),
        ),
        _remember_listeners,
    ),
    Shortcut(
        "leave_out_type_checks",
        (
            _known(
                getattr(http, "MessageData", None), "__post_init__", "self",
                "fields getattr name typecheck check_option_type type",
            ),
        ),
        _leave_out_type_checks,
    ),
)  # fmt: skip


def take_shortcuts(master: Master, shortcuts: Sequence[Shortcut] = SHORTCUTS) -> None:
    """Take every shortcut that this version of mitmproxy allows; before any addon is added."""
    for shortcut in shortcuts:
        if all(function.is_unchanged() for function in shortcut.replaced):
            shortcut.take(master)
        else:
            say("shortcut_not_taken", shortcut=shortcut.name, mitmproxy=VERSION)
