"""Changes are made only where it is the mitmproxy that we know; the quicker way does the same."""

import asyncio
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from mitmproxy import exceptions, flow, hooks, options
from mitmproxy.master import Master
from mitmproxy.proxy import mode_servers
from mitmproxy.proxy.layers.http._hooks import HttpRequestHook
from mitmproxy.test.tflow import tflow

from pawwork_proxy.proxy.listeners import Listener, parse_listeners
from pawwork_proxy.proxy.master import quiet_mitmproxy
from pawwork_proxy.proxy.mitmproxy_internals import sockets
from pawwork_proxy.proxy.mitmproxy_internals.changes import CHANGES, make_changes
from pawwork_proxy.proxy.mitmproxy_internals.hooks import REMEMBER_LISTENERS, Dispatcher
from pawwork_proxy.proxy.mitmproxy_internals.shapes import Change, KnownFunction
from pawwork_proxy.proxy.mitmproxy_internals.sockets import take_over

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


class Parent(Listening):
    """Has an addon of its own."""

    def __init__(self, calls: Calls, failure: Exception | None = None) -> None:
        super().__init__("parent", calls, failure)
        self.addons = [Listening("child", calls)]


class Loading:
    """Manages addons as mitmproxy's loader of scripts does."""

    addons: list[Listening]

    def configure(self, updated: set[str]) -> None:
        self.addons = self.addons[::-1]


def master() -> Master:
    quiet_mitmproxy()
    return Master(options.Options())


async def told(changes: Sequence[Change], addons: Sequence[str]) -> Calls:
    """What addons are told of two requests, one of them removed in between."""
    chosen = master()
    make_changes(chosen, changes)
    calls: Calls = []
    made = {
        "plain": Listening("plain", calls),
        "waiting": Waiting("waiting", calls),
        "failing": Listening("failing", calls, ValueError("told to no one")),
        "halting": Listening("halting", calls, exceptions.AddonHalt()),
        "parent": Parent(calls),
        "failing parent": Parent(calls, ValueError("its child is not told either")),
        "deaf": object(),
    }
    chain = [made[name] for name in addons]
    chosen.addons.add(*chain)
    exchange = tflow()
    exchange.id = "one"
    await chosen.addons.handle_lifecycle(HttpRequestHook(exchange))
    chosen.addons.remove(chain[0])
    await chosen.addons.handle_lifecycle(HttpRequestHook(exchange))
    await chosen.addons.trigger_event(HttpRequestHook(exchange))
    return calls


@pytest.mark.parametrize(
    "addons",
    [
        ("plain", "waiting", "parent", "deaf"),
        ("failing", "waiting", "plain"),
        ("plain", "failing", "waiting"),
        ("waiting", "halting", "plain"),
        ("halting", "parent", "waiting"),
        ("plain", "failing parent", "waiting"),
        ("deaf",),
    ],
)
async def test_addons_are_told_what_the_stock_manager_tells_them(addons: tuple[str, ...]) -> None:
    calls = await told([REMEMBER_LISTENERS], addons)
    assert calls == await told([], addons)
    assert bool(calls) is (addons != ("deaf",))


async def test_scripts_that_are_loaded_anew_or_in_another_order_are_told_as_they_are_now() -> None:
    """mitmproxy does both while it runs, and its chain of addons stays the same."""
    chosen, calls, loader = master(), Calls(), Loading()
    chosen.options.add_option("scripts", str, "", "")
    first, second = Listening("first", calls), Listening("second", calls)
    loader.addons = [first, second]
    chosen.addons.add(loader)
    make_changes(chosen, [REMEMBER_LISTENERS])
    exchange = tflow()
    exchange.id = "one"
    await chosen.addons.trigger_event(HttpRequestHook(exchange))

    chosen.options.update(scripts="the other way round")
    await chosen.addons.trigger_event(HttpRequestHook(exchange))
    assert calls == [f"{name} request one" for name in ("first", "second", "second", "first")]

    chosen.addons.remove(first)
    loader.addons = [second, chosen.addons.register(Listening("first", calls := Calls()))]
    await chosen.addons.trigger_event(HttpRequestHook(exchange))
    assert calls == ["first request one"]


def tells_by_dispatcher(chosen: Master) -> bool:
    told_by: Any = chosen.addons.trigger_event
    return isinstance(told_by.__self__, Dispatcher)


async def test_every_change_fits_the_installed_mitmproxy() -> None:
    """Fails on an update that changes one: read the new code, then adapt or drop the change."""
    for change in CHANGES:
        assert [one for one in change.relies_on if not one.is_unchanged()] == []


async def test_changes_are_made_again_in_the_same_process(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for _ in range(2):
        chosen = master()
        make_changes(chosen)
        assert tells_by_dispatcher(chosen)
    assert "change_not_made" not in capsys.readouterr().err


def as_we_know_it(self: object, event: hooks.Hook) -> None:
    event.args()


def with_another_parameter(self: object, event: hooks.Hook, flow: flow.Flow) -> None:
    event.args()


def with_another_step(self: object, event: hooks.Hook) -> None:
    print(event.args())


@pytest.mark.parametrize(
    ("found", "fits"),
    [
        (as_we_know_it, True),
        (with_another_parameter, False),
        (with_another_step, False),
        (None, False),
        (len, False),
    ],
)
async def test_another_shape_of_mitmproxy_keeps_its_own_code_and_is_told_of_once(
    found: object, fits: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    taken: list[Master] = []
    known = KnownFunction(found, ("self", "event"), frozenset({"args"}))
    chosen = master()
    make_changes(chosen, [Change("quicker", (known,), taken.append)])
    assert bool(taken) is fits
    assert capsys.readouterr().err.count("change_not_made") == (not fits)


def in_a_process_of_its_own(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.mark.process
def test_the_proxy_loads_its_own_addons_only_and_the_package_stays_usable() -> None:
    program = (
        "import sys, pawwork_proxy.proxy.master as master\n"
        "print('flask' in sys.modules, 'ldap3' in sys.modules)\n"
        "from mitmproxy.addons import default_addons, core\n"
        "print(type(default_addons()[0]) is master.Core, core.Core is master.Core)"
    )
    assert in_a_process_of_its_own(program) == "False False\nTrue True"


@pytest.mark.process
def test_addons_that_need_their_package_are_loaded_with_it(tmp_path: Path) -> None:
    """As an update of mitmproxy might make them."""
    package = tmp_path / "whole"
    package.mkdir()
    (package / "__init__.py").write_text("name = 'of the package'\nfrom whole import one\n")
    (package / "one.py").write_text("from whole import name\n")
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from pawwork_proxy.proxy.mitmproxy_internals.loading import load_without_the_rest\n"
        "load_without_the_rest('whole', ['whole.one', 'whole.none'])\n"
        "from whole.one import name; print(name)"
    )
    assert in_a_process_of_its_own(program) == "of the package"


async def test_a_listener_is_served_on_the_socket_that_it_has(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody can take its port meanwhile; mitmproxy opens what has none, or all if we must."""
    stock: list[int] = []

    async def listen(self: object, host: str, port: int) -> list[object]:
        stock.append(port)
        return []

    monkeypatch.setattr(mode_servers.AsyncioServerInstance, "listen", listen)
    monkeypatch.setattr(sockets, "_stock_listen", listen)
    served = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.set()
        writer.close()

    (held,) = parse_listeners(["main@0"])
    take_over([held, Listener("other", 1)])
    instance = SimpleNamespace(handle_stream=serve)
    chosen: Any = mode_servers.AsyncioServerInstance.listen
    (server,) = await chosen(instance, "127.0.0.1", held.port)
    async with server:
        _, writer = await asyncio.open_connection("127.0.0.1", held.port)
        await served.wait()
        writer.close()
    await chosen(instance, "127.0.0.1", 1)
    assert stock == [1]

    monkeypatch.setattr(sockets, "_stock_listen", len)
    (held,) = parse_listeners(["main@0"])
    take_over([held])
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", held.port)
    assert "take_over" in capsys.readouterr().err


@pytest.mark.process
def test_the_keys_of_connections_are_written_nowhere() -> None:
    program = (
        "import asyncio, os; os.environ['SSLKEYLOGFILE'] = os.devnull\n"
        "from mitmproxy import options\n"
        "from mitmproxy.master import Master\n"
        "from mitmproxy.net import tls\n"
        "from pawwork_proxy.proxy.mitmproxy_internals.changes import make_changes\n"
        "async def run(): make_changes(Master(options.Options()))\n"
        "before = tls.log_master_secret\n"
        "asyncio.run(run()); print(before is None, tls.log_master_secret)"
    )
    assert in_a_process_of_its_own(program) == "False None"
