"""Whose addresses are the server's; nothing is looked up in vain, and nobody else is asked."""

import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from pawwork_proxy.diagnosis.processes import (
    called,
    client_seen,
    family_of,
    holds_connection,
    is_server,
    kind_of,
    running_clients,
    server_addresses,
)

FOUND = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.7", 443)),
         (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("2001:db8::7", 443, 0, 0))]  # fmt: skip


@pytest.fixture(autouse=True)
def looked_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    asked: list[str] = []

    def look_up(host: str, *_: object, **__: object) -> object:
        asked.append(host)
        return FOUND

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    server_addresses.cache_clear()
    yield asked
    server_addresses.cache_clear()


@pytest.mark.parametrize("address", ["192.0.2.7", "2001:db8::7"])
def test_an_address_of_the_server_is_known(address: str, looked_up: list[str]) -> None:
    assert is_server(frozenset({"127.0.0.1", address}))
    assert is_server(frozenset({address}))
    assert looked_up == ["opencode.ai"]  # once for a while


def test_another_address_is_not_the_servers() -> None:
    assert not is_server(frozenset({"192.0.2.8"}))


def test_for_connections_of_this_machine_nothing_is_looked_up(looked_up: list[str]) -> None:
    assert not is_server(frozenset({"127.0.0.1", "::1", "127.0.0.53"}))
    assert looked_up == []


def test_without_a_resolver_no_address_is_the_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> object:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    assert not is_server(frozenset({"192.0.2.7"}))


@pytest.mark.parametrize("error", [psutil.NoSuchProcess(1), psutil.AccessDenied(1)])
def test_a_process_that_is_gone_or_hidden_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, error: psutil.Error
) -> None:
    own = psutil.Process()

    def refuse(*_: object, **__: object) -> object:
        raise error

    for name in ("name", "environ", "children", "net_connections", "cmdline"):
        monkeypatch.setattr(psutil.Process, name, refuse)
    assert kind_of(own) is None
    assert family_of(own) == []
    assert not holds_connection(own)
    assert client_seen(own, Path("ca.pem")) is None
    assert called(own) == f"other (process {own.pid})"


def test_a_number_without_a_process_is_no_client() -> None:
    assert running_clients([2**22 + 1]) == []
