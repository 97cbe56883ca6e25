"""docs/mitmproxy-defaults.md says what the installed mitmproxy does, and what we really set."""

import re
from ast import literal_eval
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import Mock

import pytest
from mitmproxy import certs
from mitmproxy.proxy import server
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http import _http2
from mitmproxy.test.tflow import tclient_conn
from mitmproxy.tools.dump import DumpMaster
from mitmproxy.version import VERSION

from pawwork_proxy.proxy.listeners import LOOPBACK, LOOPBACK_6, Listener
from pawwork_proxy.proxy.master import ProxyMaster
from pawwork_proxy.recording.destination import RECORDED_HOST

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "mitmproxy-defaults.md").read_text("utf-8")
TESTS = {path.name for path in (ROOT / "tests").rglob("test_*.py")}
Row = tuple[str, ...]


def rows(section: str) -> dict[str, Row]:
    """The rows of a section's table, by what the first cell names."""
    text = PAGE.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("| ")][1:]
    cells = [tuple(cell.strip() for cell in line.strip("|").split(" | ")) for line in lines]
    found = {re.sub(r"`| \(.*", "", first): (first, *rest) for first, *rest in cells}
    assert len(found) == len(cells), "a row twice"
    return found


OPTIONS, CONSTANTS = rows("Options"), rows("Constants")
ADDONS = rows("Addons of stock mitmdump")


def quoted(cell: str) -> list[str]:
    return re.findall("`([^`]+)`", cell)


@pytest.fixture
async def ours(tmp_path: Path) -> ProxyMaster:
    """Its authority is made in the test's own folder; the table calls that folder `CA`."""
    return ProxyMaster(
        [Listener("main", 9610)], object(), recorded_host=RECORDED_HOST, ca_folder=tmp_path / "CA",
        via=None,
    )  # fmt: skip


async def test_every_option_of_the_installed_mitmproxy_has_a_row(ours: ProxyMaster) -> None:
    missing = set(OPTIONS) - set(ours.options.keys())
    assert set(ours.options.keys()) - set(OPTIONS) == set(), "decide, and add a row"
    assert [name for name in missing if f"not in {VERSION}" not in OPTIONS[name][0]] == []


async def test_stock_and_ours_are_what_the_table_says(ours: ProxyMaster) -> None:
    wrong = []
    for name in set(OPTIONS) & set(ours.options.keys()):
        _, stock, set_by_us, *_ = OPTIONS[name]
        stated = [literal_eval(value) for value in quoted(stock)]
        (ours_stated,) = quoted(set_by_us)
        is_set = getattr(ours.options, name)
        if name == "confdir":
            is_set = Path(is_set).name
        if name == "mode":  # the second where this machine has ::1, and nobody has the port there
            is_set = [is_set[0], is_set[0].replace(LOOPBACK, LOOPBACK_6)]
        if ours.options.default(name) not in stated or is_set != literal_eval(ours_stated):
            wrong.append((name, ours.options.default(name), is_set))
    assert wrong == []


def connections_to_one_address() -> object:
    client = tclient_conn()
    handler = Mock(spec=server.ConnectionHandler)
    server.ConnectionHandler.__init__(handler, Context(client, Mock(tcp_timeout=600)))
    return handler.max_conns["anybody"]._value


def start_of_a_certificate() -> object:
    """From one that is made: older versions have no name for it."""
    _, made = certs.create_ca("nobody", "nobody", 2048)
    return f"{round((made.not_valid_before_utc - datetime.now(UTC)) / timedelta(days=1))} days"


def days(length: str) -> Callable[[], object]:
    return lambda: f"{getattr(certs, length).days} days"


def silence() -> object:
    handler = Mock(spec=server.ConnectionHandler)
    server.ConnectionHandler.__init__(handler, Context(tclient_conn(), Mock(tcp_timeout=600)))
    return handler.timeout_watchdog.timeout


READ: dict[str, Callable[[], object]] = {
    "connections to one address": connections_to_one_address,
    "silence after which a connection is closed": silence,
    "life of a leaf certificate": days("CERT_EXPIRY"),
    "life of our authority": days("CA_EXPIRY"),
    "start of a certificate's life": start_of_a_certificate,
    "HTTP/2 streams before the server has said how many": lambda: (
        _http2.Http2Client.provisional_max_concurrency
    ),
}


@pytest.mark.parametrize("name", CONSTANTS)
async def test_constants_are_what_the_table_says(name: str) -> None:
    assert str(READ[name]()) in quoted(CONSTANTS[name][1])


async def test_every_addon_of_stock_mitmdump_is_loaded_or_has_a_row(ours: ProxyMaster) -> None:
    loaded = {type(addon).__name__ for addon in ours.addons.chain}
    stock = {type(addon).__name__ for addon in DumpMaster(ours.options).addons.chain}
    assert stock - loaded == set(ADDONS)
    sentence = PAGE.partition("\nWe load ")[2].partition(".")[0]
    assert set(quoted(sentence)) == loaded & stock


def test_every_test_that_the_page_names_exists() -> None:
    assert {name for name in quoted(PAGE) if name.startswith("test_")} <= TESTS
