"""Hooks reach the addons as mitmproxy's own manager would call them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from mitmproxy import exceptions, flow, options
from mitmproxy.addonmanager import AddonManager
from mitmproxy.master import Master
from mitmproxy.proxy.layers.http._hooks import HttpRequestHook
from mitmproxy.test.tflow import tflow

from pawwork_proxy.proxy.dispatch import Dispatcher
from pawwork_proxy.proxy.master import quiet_mitmproxy

Calls = list[str]


class Listening:
    """Notes what it is told, then does what it is made for."""

    def __init__(self, name: str, calls: Calls, failure: Exception | None = None) -> None:
        self.name = name
        self._calls = calls
        self._failure = failure

    def request(self, flow: flow.Flow) -> None:
        self._calls.append(f"{self.name} request {flow.id}")
        if self._failure:
            raise self._failure


class Waiting(Listening):
    """Is told by a coroutine, and of changes too."""

    async def request(self, flow: flow.Flow) -> None:  # type: ignore[override]
        super().request(flow)

    def update(self, flows: Sequence[flow.Flow]) -> None:
        self._calls.append(f"{self.name} update {[one.id for one in flows]}")


class Parent:
    """Has an addon of its own."""

    name = "parent"

    def __init__(self, child: Listening) -> None:
        self.addons = [child]


async def told(manager: type[AddonManager], addons: Sequence[str]) -> Calls:
    """What addons are told of two requests, one of them removed in between."""
    quiet_mitmproxy()
    master = Master(options.Options())
    master.addons = manager(master)
    calls: Calls = []
    made = {
        "plain": Listening("plain", calls),
        "waiting": Waiting("waiting", calls),
        "failing": Listening("failing", calls, ValueError("told to no one")),
        "halting": Listening("halting", calls, exceptions.AddonHalt()),
        "parent": Parent(Listening("child", calls)),
        "deaf": object(),
    }
    chain = [made[name] for name in addons]
    master.addons.add(*chain)
    exchange = tflow()
    exchange.id = "one"
    await master.addons.handle_lifecycle(HttpRequestHook(exchange))
    master.addons.remove(chain[0])
    await master.addons.handle_lifecycle(HttpRequestHook(exchange))
    await master.addons.trigger_event(HttpRequestHook(exchange))
    return calls


@pytest.mark.parametrize(
    "addons",
    [
        ("plain", "waiting", "parent", "deaf"),
        ("failing", "waiting", "plain"),
        ("plain", "failing", "waiting"),
        ("waiting", "halting", "plain"),
        ("halting", "parent", "waiting"),
        ("deaf",),
    ],
)
async def test_addons_are_told_what_the_stock_manager_tells_them(addons: tuple[str, ...]) -> None:
    calls = await told(Dispatcher, addons)
    assert calls == await told(AddonManager, addons)
    assert bool(calls) is (addons != ("deaf",))
