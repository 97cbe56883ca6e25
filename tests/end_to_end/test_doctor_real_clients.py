"""`doctor` with real clients that ask their true address; a proxy takes that to a simulator."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from tests.end_to_end.dsh_client import dsh_command
from tests.end_to_end.map_proxy import MapProxy
from tests.end_to_end.proxy_process import PATIENCE, ProxyProcess, clean_environment
from tests.end_to_end.simulator_process import SimulatorProcess
from tests.end_to_end.test_doctor import Machine, asked_while, doctor, forward, machine
from tests.end_to_end.tools import client_wanted

__all__ = ["machine"]


@pytest.fixture
def way() -> Iterator[tuple[MapProxy, str]]:
    """A proxy to a simulator that stands for opencode.ai, and whose certificate that one has."""
    with SimulatorProcess("--tls") as simulator, MapProxy(simulator.url) as found:
        yield found, simulator.started["ca_certificate"]


@pytest.fixture
def proxy(
    machine: Machine, way: tuple[MapProxy, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[ProxyProcess]:
    """Ours, which leaves through the proxy that programs of this machine use."""
    leaving, authority = way
    monkeypatch.setenv("HTTPS_PROXY", leaving.url)
    options = ("--via", leaving.url, "--upstream-ca", authority)
    with ProxyProcess(machine.folder, "https://opencode.ai", *options) as run:
        yield run


@contextmanager
def started(machine: Machine, command: list[str], **variables: str) -> Iterator[psutil.Process]:
    """A client that runs."""
    env = clean_environment(machine.folder) | machine.variables() | client_places(machine)
    with subprocess.Popen(
        command,
        env=env | variables,
        cwd=machine.project,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        try:
            assert process.stdout is not None
            yield psutil.Process(process.pid)
        finally:
            process.kill()


def client_places(machine: Machine) -> dict[str, str]:
    places = {f"XDG_{kind}_HOME": str(machine.home / kind.lower()) for kind in ("STATE", "CACHE")}
    return {
        **places,
        "PATH": os.defpath,
        "DSH_HOME": str(machine.home / "dsh"),
    }


def test_a_proxy_behind_ours_that_everybody_uses_is_right_and_one_that_nobody_uses_is_not(
    machine: Machine, proxy: ProxyProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    with machine.client(forward(proxy)) as pid:
        assert doctor("--pid", pid).findings == {}
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)  # as our own instructions say, for a client
        assert list(doctor("--pid", pid).findings) == ["egress_differs"]
        monkeypatch.setenv("HTTPS_PROXY", "socks5://127.0.0.1:1")
        assert list(doctor("--pid", pid).findings) == ["egress_differs"]


@pytest.mark.client
def test_the_real_opencode_is_found_right_and_its_message_is_told(
    machine: Machine, proxy: ProxyProcess
) -> None:
    program = os.environ["PAWWORK_TEST_CLIENT"]

    def send() -> None:
        with started(
            machine, [program, "run", "-m", "opencode/big-pickle", "hello"], **told
        ) as one:
            one.wait(PATIENCE)

    told = forward(proxy)
    with started(machine, [program, "serve", "--port", "0"], **told) as client:
        said = asked_while(proxy, send, "--pid", client.pid, "--wait")
    assert said.findings == {}
    message = said.document["message"]
    assert message["client"] == f"OpenCode {client_wanted()[1]}"
    assert (message["route"], message["auth"]) == ("forward", "public")


@pytest.mark.dsh
def test_the_real_dsh_is_found_right_and_its_message_is_told(
    machine: Machine, proxy: ProxyProcess
) -> None:
    command = dsh_command(os.environ["PAWWORK_TEST_DSH"], "say hello")
    told = forward(proxy, NODE_USE_ENV_PROXY="1", OPENCODE_API_KEY="public")
    with started(machine, command, **told) as client:
        machine.running.append(client)
        said = asked_while(proxy, lambda: None, "--wait")
        machine.running.clear()
    (seen,) = said.document["seen"]["clients"]
    assert (said.findings, seen["called"]) == ({}, f"DSH (process {client.pid})")
    assert (said.document["message"]["route"], said.document["message"]["tier"]) == (
        "forward",
        "zen",
    )
