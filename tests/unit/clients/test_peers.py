"""Whose a loopback connection is: told at once where the system can, else not known."""

import os
import socket
import sys
from collections.abc import Iterator

import pytest

from pawwork_proxy.clients import peers
from pawwork_proxy.clients.peers import peer_of

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells at once")
Ends = tuple[tuple[str, int], tuple[str, int]]
NOBODY = {2**31}


@pytest.fixture(params=[(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def ends(request: pytest.FixtureRequest) -> Iterator[Ends]:
    """Of a connection of ours, the client's first."""
    family, address = request.param
    with socket.socket(family) as server, socket.socket(family) as client:
        try:
            server.bind((address, 0))
        except OSError:
            pytest.skip("this machine has no such address")
        server.listen()
        client.connect(server.getsockname())
        yield client.getsockname()[:2], server.getsockname()[:2]


@ON_LINUX
def test_a_connection_of_this_user_is_told_from_anothers(
    ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert peer_of(*ends) is None
    monkeypatch.setattr(peers, "_ours", lambda: NOBODY)
    assert peer_of(*ends) == "another_user"


@ON_LINUX
def test_other_addresses_of_loopback_hide_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "_ours", lambda: NOBODY)
    with socket.create_server(("127.0.0.1", 0)) as server:
        listener = server.getsockname()
        with socket.create_connection(listener, source_address=("127.0.0.77", 0)) as client:
            assert peer_of(client.getsockname(), listener) == "another_user"


@ON_LINUX
def test_a_connection_that_is_over_is_nobodys() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname()) as client:
            ends = client.getsockname(), server.getsockname()
        assert peer_of(*ends) == "unknown"
    assert peer_of(("127.0.0.1", 1), ("127.0.0.1", 1)) == "unknown"


@pytest.mark.parametrize("error", [OSError, AttributeError])
def test_elsewhere_it_is_not_known_at_first(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def cannot(*_: object) -> int:
        raise error

    monkeypatch.setattr(peers, "owner_of", cannot)
    assert peer_of(("127.0.0.1", 1), ("127.0.0.1", 2)) == "unknown"


@pytest.mark.skipif(os.name != "posix", reason="users have numbers there")
@pytest.mark.parametrize(("caller", "also"), [("1234", {1234}), ("", set()), ("x", set())])
def test_root_and_who_called_sudo_are_no_others(
    caller: str, also: set[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUDO_UID", caller)
    assert peers._ours() == {0, os.getuid(), os.geteuid()} | also
