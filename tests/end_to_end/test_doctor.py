"""`doctor` names what is wrong with a set-up, built for real, and is silent about a good one.

Proxies, clients and servers are processes and sockets of this machine; nobody else is asked.
"""

import json
import os
import queue
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import psutil
import pytest
from click.testing import CliRunner

from pawwork_proxy.cli import cli
from pawwork_proxy.diagnosis import bypass, processes
from pawwork_proxy.diagnosis.bypass import watching_bypasses
from pawwork_proxy.diagnosis.checks import Finding, finding
from tests.end_to_end.proxy_process import (
    PATIENCE,
    ROOT,
    ProxyProcess,
    clean_environment,
    wait_for,
)
from tests.end_to_end.proxy_process import cli as cli_command
from tests.end_to_end.scripted_upstream import Peer, ScriptedUpstream

STANDS = "import sys; print('up', flush=True); sys.stdin.read()"
CONNECTS = (
    "import socket, sys; peer = socket.create_connection(('127.0.0.1', int(sys.argv[1])));"
    "print('up', flush=True); sys.stdin.read()"
)


class Machine:
    """A user's home, private folder and working folder, and clients that run there."""

    def __init__(self, folder: Path, private: Path) -> None:
        self.folder = folder
        self.private = private
        self.home = folder / "home"
        self.project = folder / "project"
        self.running: list[psutil.Process] = []
        self.home.mkdir()
        self.project.mkdir()

    def opencode_config(self, name: str = "opencode.json") -> Path:
        """The user's configuration of OpenCode."""
        return self.home / ".config" / "opencode" / name

    @contextmanager
    def client(
        self,
        environment: Mapping[str, str] | None = None,
        called: str = "opencode",
        code: str = STANDS,
        *arguments: str,
    ) -> Iterator[int]:
        """The number of a running process with the name of a client."""
        program = self.folder / "bin" / called
        program.parent.mkdir(exist_ok=True)
        if not program.exists():
            program.symlink_to(os.path.realpath(sys.executable))
        env = clean_environment(self.folder) | self.variables()
        for name in ("NODE_EXTRA_CA_CERTS", "NODE_OPTIONS", "OPENCODE_API_KEY"):
            env.pop(name, None)
        env |= environment or {}
        with subprocess.Popen(
            [str(program), "-I", "-c", code, *arguments],
            env=env,
            cwd=self.project,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"up\n" or process.stdout.read() == b""
            self.running.append(psutil.Process(process.pid))
            yield process.pid
            self.running.pop()
            process.kill()

    def variables(self) -> dict[str, str]:
        """Where things are, for every program of this user."""
        return {
            "HOME": str(self.home),
            "USERPROFILE": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / ".config"),
            "XDG_DATA_HOME": str(self.home / ".local" / "share"),
            "PAWWORK_PROXY_HOME": str(self.private),
        }


class Said(NamedTuple):
    """What `doctor` said, and its exit code."""

    findings: dict[str, str]
    document: dict[str, Any]
    code: int


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    found = Machine(tmp_path, tmp_path / "private")
    at_home(found, monkeypatch)
    return found


def at_home(found: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process be one of that machine, on which no other clients run."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    for name, value in found.variables().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PATH", str(found.folder / "bin"))
    monkeypatch.chdir(found.project)
    monkeypatch.setattr(processes, "is_server", lambda _: False)
    # Other tests' clients may run at the same time.
    monkeypatch.setattr(psutil, "process_iter", lambda: found.running)


def doctor(*arguments: object) -> Said:
    result = CliRunner().invoke(cli, ["doctor", "--format", "json", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    document = json.loads(result.stdout)
    findings = {one["id"]: f"{one['finding']} {one['remedy']}" for one in document["findings"]}
    code = 1 if document["findings"] else 0
    return Said(findings, document, code)


def listing(date: datetime | None = None) -> Callable[[Peer], None]:
    """A server that lists models, by its own clock."""

    def play(peer: Peer) -> None:
        said = format_datetime(date or datetime.now(UTC), usegmt=True).encode()
        body = b'{"object":"list","data":[]}'
        peer.send(
            b"HTTP/1.1 200 OK\r\nDate: %s\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (said, len(body), body)
        )

    return play


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProxyProcess]:
    """A proxy for all tests that leave it as it is."""
    folder = tmp_path_factory.mktemp("standing")
    with ScriptedUpstream(listing()) as upstream, ProxyProcess(folder, upstream.url) as run:
        yield run


@pytest.fixture
def proxy(
    machine: Machine, standing: ProxyProcess, monkeypatch: pytest.MonkeyPatch
) -> ProxyProcess:
    """That proxy, of the user of this machine."""
    machine.private = standing.home / "private"
    at_home(machine, monkeypatch)
    return standing


@pytest.fixture
def own_proxy(machine: Machine) -> Iterator[ProxyProcess]:
    """A proxy of which one test may make anything."""
    with ScriptedUpstream(listing()) as upstream, ProxyProcess(machine.folder, upstream.url) as run:
        yield run


def written(path: Path, base: str, *, go: str | None = None) -> Path:
    """A configuration that names the addresses."""
    providers = {"opencode": {"options": {"baseURL": base}}}
    if go:
        providers["opencode-go"] = {"options": {"baseURL": go}}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"provider": providers}))
    os.utime(path, (1, 1))  # long before any client started
    return path


def forward(proxy: ProxyProcess, **more: str) -> dict[str, str]:
    """The environment for the proxy route."""
    authority = str(proxy.ca_certificate)
    return {"HTTPS_PROXY": proxy.url, "NODE_EXTRA_CA_CERTS": authority, **more}


@pytest.fixture
def free_port() -> Iterator[int]:
    """A port on which nobody listens, and which nobody else is given."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        yield int(nobody.getsockname()[1])


def test_a_right_address_in_a_file_is_clean(machine: Machine, proxy: ProxyProcess) -> None:
    written(machine.opencode_config(), f"{proxy.url}/zen/v1")
    with machine.client() as pid:
        said = doctor("--pid", pid)
    assert said.findings == {}
    (request,) = said.document["seen"]["passages"]
    assert request["status"] == 200


def test_a_right_environment_is_clean(machine: Machine, proxy: ProxyProcess) -> None:
    with machine.client(forward(proxy)) as pid:
        assert doctor("--pid", pid).findings == {}


def test_the_release_of_a_client_is_that_of_its_package(
    machine: Machine, proxy: ProxyProcess
) -> None:
    package = machine.folder / "opencode-ai"
    command = package / "bin" / "opencode"
    command.parent.mkdir(parents=True)
    command.touch()
    (package / "package.json").write_text('{"name": "opencode-ai", "version": "1.18.33"}')
    with machine.client(forward(proxy, PATH=str(command.parent))) as pid:
        (client,) = doctor("--pid", pid).document["seen"]["clients"]
        shown = CliRunner().invoke(cli, ["doctor", "--pid", str(pid)]).stdout
    assert client["release"] == "1.18.33"
    assert f"client:  OpenCode (process {pid}), release 1.18.33, told port {proxy.port}" in shown


def test_a_right_pawwork_on_dsh_is_clean(machine: Machine, proxy: ProxyProcess) -> None:
    dsh = forward(proxy, NODE_USE_ENV_PROXY="1", DSH_HOME=str(machine.folder / "dsh"))
    with machine.client(dsh, "node") as pid:
        assert doctor("--pid", pid).findings == {}


def test_a_right_pawwork_of_the_fork_is_clean(machine: Machine, proxy: ProxyProcess) -> None:
    written(machine.home / ".pawwork" / "pawwork.jsonc", f"{proxy.url}/zen/v1")
    with machine.client(called="pawwork") as pid:
        assert doctor("--pid", pid).findings == {}


@pytest.mark.parametrize("late", [False, True])
def test_pawwork_takes_a_proxy_from_the_login_shell_and_its_certificates_not(
    machine: Machine, proxy: ProxyProcess, late: bool
) -> None:
    env = forward(proxy)
    at_start = {} if late else {"NODE_EXTRA_CA_CERTS": env.pop("NODE_EXTRA_CA_CERTS")}
    lines = [f"export {name}='{value}'\n" for name, value in env.items()]
    (machine.home / ".profile").write_text("".join(lines))
    with machine.client({"SHELL": "/bin/sh", **at_start}, "pawwork") as pid:
        said = doctor("--pid", pid)
    (client,) = said.document["seen"]["clients"]
    assert client["proxy"] == {"port": proxy.port, "place": "HTTPS_PROXY"}
    assert list(said.findings) == (["authority_unknown"] if late else [])


def test_without_a_client_the_files_of_an_installed_one_are_looked_at(
    machine: Machine, proxy: ProxyProcess, free_port: int
) -> None:
    (machine.folder / "bin").mkdir()
    (machine.folder / "bin" / "opencode").symlink_to(os.path.realpath(sys.executable))
    config = written(machine.opencode_config(), f"{proxy.url}/zen/v1")
    said = doctor()
    assert (said.findings, said.document["seen"]["clients"][0]["runs"]) == ({}, False)
    written(config, f"http://127.0.0.1:{free_port}/zen/v1")
    assert list(doctor().findings) == ["wrong_port"]


@pytest.mark.parametrize("program", ["node", "pawwork"])
def test_pawwork_is_told_what_the_dsh_that_it_has_started_is_told(
    machine: Machine, proxy: ProxyProcess, program: str
) -> None:
    dsh = forward(proxy, NODE_USE_ENV_PROXY="1", DSH_HOME=str(machine.folder / "dsh"))
    dsh["ELECTRON_RUN_AS_NODE"] = "1"
    starts = (
        "import json, os, subprocess, sys\n"
        "env = os.environ | json.loads(sys.argv[2])\n"
        "command = [sys.argv[1], '-I', '-c', 'import sys; sys.stdin.read()']\n"
        "subprocess.Popen(command, env=env)\n" + STANDS
    )
    inherited = {"DSH_HOME": "of another program"}
    with machine.client({}, program):
        pass
    child = str(machine.folder / "bin" / program)
    with (
        machine.client(inherited, "pawwork", starts, child, json.dumps(dsh)) as pid,
        machine.client({}, "curl"),
    ):
        machine.running.extend(psutil.Process(pid).children())
        said = doctor()
        machine.running.pop()
    clients = said.document["seen"]["clients"]
    assert (said.findings, [one["called"] for one in clients]) == ({}, [f"PawWork (process {pid})"])
    assert clients[0]["proxy"]["port"] == proxy.port


def test_wrong_port(machine: Machine, proxy: ProxyProcess, free_port: int) -> None:
    config = written(machine.opencode_config(), f"http://127.0.0.1:{free_port}/zen/v1")
    with machine.client() as pid:
        said = doctor("--pid", pid)
    assert list(said.findings) == ["wrong_port"]
    assert f"told port {free_port} by {config}" in said.findings["wrong_port"]
    assert f"'pawwork-proxy connect --port {proxy.port}'" in said.findings["wrong_port"]


def test_client_that_goes_around(
    machine: Machine, proxy: ProxyProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "is_server", lambda remote: "127.0.0.1" in remote)
    written(machine.opencode_config(), f"{proxy.url}/zen/v1")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        with machine.client(None, "opencode", CONNECTS, port) as pid:
            assert list(doctor("--pid", pid).findings) == ["goes_around"]


def test_client_that_is_told_nothing(machine: Machine, proxy: ProxyProcess) -> None:
    with machine.client() as pid:
        assert list(doctor("--pid", pid).findings) == ["not_told"]


@pytest.mark.parametrize("named", ["nothing", "no file", "another", "ours, made later"])
def test_authority_that_is_not_known(machine: Machine, own_proxy: ProxyProcess, named: str) -> None:
    other = machine.folder / "other.pem"
    other.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    files = {"nothing": "", "no file": str(machine.folder / "gone.pem"), "another": str(other)}
    env = forward(own_proxy)
    env["NODE_EXTRA_CA_CERTS"] = files.get(named, env["NODE_EXTRA_CA_CERTS"])
    with machine.client(env) as pid:
        if named.startswith("ours"):
            later = (datetime.now(UTC) + timedelta(minutes=1)).timestamp()
            os.utime(own_proxy.ca_certificate, (later, later))
        assert list(doctor("--pid", pid).findings) == ["authority_unknown"]


@contextmanager
def small_proxy(status: bytes) -> Iterator[str]:
    """The address of a proxy that answers everything with a status."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    peer, _ = server.accept()
                except OSError:
                    return
                with peer:
                    peer.recv(65536)
                    peer.sendall(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


def through(machine: Machine, via: str) -> list[str]:
    """What is found when the proxy leaves through another one."""
    with (
        ScriptedUpstream(listing()) as upstream,
        ProxyProcess(machine.folder, upstream.url, "--via", via) as run,
        machine.client(forward(run)) as pid,
    ):
        return list(doctor("--pid", pid).findings)


def test_chained_proxy_that_is_down(machine: Machine, free_port: int) -> None:
    assert through(machine, f"http://127.0.0.1:{free_port}") == ["chained_proxy_down"]


@pytest.mark.parametrize(
    ("status", "found"),
    [
        (b"407 Proxy Authentication Required", "chained_proxy_password"),
        (b"403 Forbidden", "chained_proxy_refuses"),
    ],
)
def test_chained_proxy_that_does_not_let_us_through(
    machine: Machine, status: bytes, found: str
) -> None:
    with small_proxy(status) as via:
        assert through(machine, via) == [found]


def test_a_second_configuration_that_wins(machine: Machine, proxy: ProxyProcess) -> None:
    ours = written(machine.opencode_config(), f"{proxy.url}/zen/v1")
    theirs = written(machine.project / "opencode.json", "https://gateway.example/zen/v1")
    with machine.client() as pid:
        said = doctor("--pid", pid)
    assert list(said.findings) == ["overruled"]
    assert f"{ours} leads" in said.findings["overruled"]
    assert f"but {theirs} is stronger" in said.findings["overruled"]


def test_a_file_in_an_earlier_folder_hides_ours_from_pawwork(
    machine: Machine, proxy: ProxyProcess
) -> None:
    earlier = machine.home / ".pawwork" / "pawwork.json"
    earlier.parent.mkdir()
    earlier.write_text("{}")
    later = machine.home / ".config" / "ai.pawwork.desktop" / "config" / "pawwork" / "pawwork.json"
    written(later, f"{proxy.url}/zen/v1")
    with machine.client(called="pawwork") as pid:
        said = doctor("--pid", pid)
    assert list(said.findings) == ["overruled"]
    assert str(earlier) in said.findings["overruled"]


def test_a_file_that_does_not_parse(machine: Machine, proxy: ProxyProcess) -> None:
    config = written(machine.opencode_config(), f"{proxy.url}/zen/v1")
    config.write_text(config.read_text()[:-1])
    with machine.client() as pid:
        said = doctor("--pid", pid)
    assert list(said.findings) == ["unreadable_file"]
    assert str(config) in said.findings["unreadable_file"]


@pytest.mark.parametrize("minutes", [-10, 10])
def test_a_clock_that_is_off(machine: Machine, minutes: int) -> None:
    theirs = datetime.now(UTC) - timedelta(minutes=minutes)
    with (
        ScriptedUpstream(listing(theirs)) as upstream,
        ProxyProcess(machine.folder, upstream.url) as run,
        machine.client(forward(run)) as pid,
    ):
        said = doctor("--pid", pid)
    assert list(said.findings) == ["clock"]
    assert f"10 min {'ahead of' if minutes > 0 else 'behind'}" in said.findings["clock"]


def test_a_process_that_is_older_than_its_settings(machine: Machine, proxy: ProxyProcess) -> None:
    config = written(machine.opencode_config(), f"{proxy.url}/zen/v1")
    with machine.client() as pid:
        later = (datetime.now(UTC) + timedelta(minutes=1)).timestamp()
        os.utime(config, (later, later))
        assert list(doctor("--pid", pid).findings) == ["old_process"]


def test_go_that_is_not_covered(machine: Machine, proxy: ProxyProcess) -> None:
    config = written(machine.opencode_config(), f"{proxy.url}/zen/v1")
    with machine.client({"OPENCODE_API_KEY": "sk-of-a-test"}) as pid:
        assert list(doctor("--pid", pid).findings) == ["go_not_covered"]
        written(config, f"{proxy.url}/zen/v1", go=f"{proxy.url}/zen/go/v1")
        assert doctor("--pid", pid).findings == {}


def test_an_exemption_of_the_server(machine: Machine, proxy: ProxyProcess) -> None:
    with machine.client(forward(proxy, NO_PROXY="localhost,opencode.ai")) as pid:
        assert list(doctor("--pid", pid).findings) == ["no_proxy"]


def test_node_that_ignores_the_variable(machine: Machine, proxy: ProxyProcess) -> None:
    with machine.client(forward(proxy), "node") as pid:
        assert list(doctor("--pid", pid).findings) == ["proxy_ignored"]


def test_a_listener_that_is_gone(machine: Machine, own_proxy: ProxyProcess) -> None:
    written(machine.opencode_config(), f"{own_proxy.url}/zen/v1")
    with machine.client() as pid:
        own_proxy.kill()
        said = doctor("--pid", pid)
    assert list(said.findings) == ["listener_gone"]
    assert f"run --install main@{own_proxy.port}" in said.findings["listener_gone"]


def test_another_program_in_the_place_of_ours(machine: Machine) -> None:
    with small_proxy(b"200 OK") as other, machine.client({"HTTPS_PROXY": other}) as pid:
        assert list(doctor("--pid", pid).findings) == ["other_program"]


def test_no_proxy_at_all(machine: Machine) -> None:
    assert list(doctor().findings) == ["no_run"]


def test_files_that_others_may_read(machine: Machine, own_proxy: ProxyProcess) -> None:
    own_proxy.capture_path.chmod(0o644)
    assert doctor().findings == {}  # nobody else can enter the folder
    own_proxy.capture_path.parent.chmod(0o755)
    private = machine.folder / "private"
    private.chmod(0o755)
    said = doctor()
    paths = [one["finding"].split(" read ")[1] for one in said.document["findings"]]
    assert paths == [f"{private}.", f"{own_proxy.capture_path}."]


def test_a_message_is_waited_for(machine: Machine, own_proxy: ProxyProcess) -> None:
    with machine.client(forward(own_proxy)) as pid:

        def send() -> None:
            body = {"model": "big-pickle", "messages": []}
            key = {"authorization": "Bearer public"}
            url = f"{own_proxy.url}/zen/v1/chat/completions"
            httpx.post(url, json=body, headers=key, timeout=PATIENCE, trust_env=False)

        said = asked_while(own_proxy, send, "--pid", pid, "--wait")
    assert said.findings == {}
    message = said.document["message"]
    assert message["route"] == "reverse"
    assert (message["tier"], message["auth"], message["auth_source"]) == (
        "zen", "public", "anonymous",
    )  # fmt: skip


def asked_while(proxy: ProxyProcess, send: Callable[[], None], *arguments: object) -> Said:
    """What doctor says while a client sends, once doctor's own request has been recorded."""

    def after() -> None:
        proxy.wait_for_exchanges(1)
        send()

    sender = threading.Thread(target=after)
    sender.start()
    try:
        return doctor(*arguments)
    finally:
        sender.join()


def test_a_client_that_turns_us_down_ends_the_wait(
    machine: Machine, own_proxy: ProxyProcess
) -> None:
    def send() -> None:
        with pytest.raises(httpx.ConnectError), httpx.Client(proxy=own_proxy.url) as client:
            client.get("https://opencode.ai/zen/v1/models")

    with machine.client(forward(own_proxy)) as pid:
        said = asked_while(own_proxy, send, "--pid", pid, "--wait")
    assert list(said.findings) == ["never_asks"]


def test_a_client_that_goes_around_ends_the_wait(
    machine: Machine, proxy: ProxyProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = iter([False, False, True])
    monkeypatch.setattr(processes, "is_server", lambda _: next(looks))
    with machine.client(forward(proxy)) as pid:
        assert list(doctor("--pid", pid, "--wait").findings) == ["goes_around"]


def test_a_message_that_does_not_come(machine: Machine, proxy: ProxyProcess) -> None:
    with machine.client(forward(proxy)) as pid:
        assert list(doctor("--pid", pid, "--wait", 1).findings) == ["no_message"]


def test_a_capture_that_is_removed_meanwhile_ends_nothing(
    machine: Machine, own_proxy: ProxyProcess
) -> None:
    own_proxy.capture_path.unlink()
    with machine.client(forward(own_proxy)) as pid:
        assert list(doctor("--pid", pid, "--wait", 1).findings) == ["no_message"]


@pytest.mark.parametrize("route", ["default", "forward", "reverse", "tunnel"])
def test_a_client_that_launch_has_started_is_clean(
    machine: Machine, route: str, free_port: int
) -> None:
    stands = "import os, sys; print(os.getpid(), flush=True); sys.stdin.read()"
    program = machine.folder / "bin" / "opencode"
    program.parent.mkdir()
    program.symlink_to(os.path.realpath(sys.executable))
    options = ["--via", f"http://127.0.0.1:{free_port}"]  # it asks nothing, and could ask nobody
    options += [] if route == "default" else ["--route", route]
    with subprocess.Popen(
        cli_command("launch", *options, "--", str(program), "-I", "-c", stands),
        env=clean_environment(machine.folder) | machine.variables() | {"PYTHONPATH": str(ROOT)},
        cwd=machine.project,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as launch:
        assert launch.stdout is not None
        pid = int(launch.stdout.readline())
        said = doctor("--pid", pid)
        launch.communicate(timeout=PATIENCE)
    assert said.findings == {}
    assert said.document["seen"]["clients"][0]["called"] == f"OpenCode (process {pid})"


def test_a_run_says_at_once_that_a_client_distrusts_it(own_proxy: ProxyProcess) -> None:
    with pytest.raises(httpx.ConnectError), httpx.Client(proxy=own_proxy.url) as client:
        client.get("https://opencode.ai/zen/v1/models")
    said = wait_for(lambda: warned(own_proxy))
    assert "A client connects and asks nothing (install main)" in said
    assert "'pawwork-proxy connect'" in said


def test_a_run_says_at_once_that_a_client_connects_and_never_asks(own_proxy: ProxyProcess) -> None:
    for _ in range(2):
        with socket.create_connection(("127.0.0.1", own_proxy.port)) as connection:
            connection.sendall(b"CONNECT opencode.ai:443 HTTP/1.1\r\n\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 200")
    wait_for(lambda: warned(own_proxy))
    own_proxy.stop()
    assert (warned(own_proxy) or "").count("connects and asks nothing") == 1


def test_a_run_says_nothing_of_a_client_that_asks_and_also_keeps_a_connection_ready(
    own_proxy: ProxyProcess,
) -> None:
    trusted = ssl.create_default_context(cafile=own_proxy.ca_certificate)
    with httpx.Client(proxy=own_proxy.url, verify=trusted) as client:
        client.get("https://opencode.ai/zen/v1/models")
    own_proxy.wait_for_exchanges(1)
    with socket.create_connection(("127.0.0.1", own_proxy.port)) as connection:
        connection.sendall(b"CONNECT opencode.ai:443 HTTP/1.1\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
    own_proxy.stop()
    assert "asks nothing" not in (warned(own_proxy) or "")


def warned(proxy: ProxyProcess) -> str | None:
    """What a run has said, whatever the lines it was broken into."""
    said = " ".join(proxy.stderr_path.read_text().split())
    return said if "warning:" in said else None


def test_a_run_says_at_once_that_a_client_goes_around_it(machine: Machine) -> None:
    nearby = (
        "from pawwork_proxy.diagnosis import bypass, processes\n"
        "from pawwork_proxy.__main__ import main\n"
        "processes.is_server = lambda remote: '127.0.0.1' in remote\n"
        "bypass.LOOK_AGAIN_S = 0.1\n"
        "main()\n"
    )
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        run = ProxyProcess(machine.folder, "http://127.0.0.1:1", program=("-c", nearby))
        with run, machine.client({}, "opencode", CONNECTS, port) as pid:
            found = finding("goes_around", client=f"OpenCode (process {pid})")
            said = wait_for(lambda: found.finding in (warned(run) or "") or None)
    assert said


def test_a_watch_ends_with_its_block(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "is_server", lambda remote: "127.0.0.1" in remote)
    monkeypatch.setattr(bypass, "LOOK_AGAIN_S", 0.01)
    warnings: queue.Queue[Finding] = queue.Queue()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        with machine.client({}, "opencode", CONNECTS, port) as pid, machine.client({}, "opencode"):
            with watching_bypasses(warnings.put):
                found = warnings.get(timeout=PATIENCE)
            assert found == finding("goes_around", client=f"OpenCode (process {pid})")
            for watch in threading.enumerate():
                if watch.name == "bypass-watch":
                    watch.join(PATIENCE)
                    assert not watch.is_alive()


def test_the_exit_code_is_for_scripts(machine: Machine, proxy: ProxyProcess) -> None:
    environment = clean_environment(machine.folder) | machine.variables()

    def ended(*arguments: str) -> int:
        command = cli_command("doctor", *arguments)
        done = subprocess.run(
            command, env=environment, cwd=ROOT, capture_output=True, timeout=PATIENCE, check=False
        )
        return done.returncode

    with machine.client(forward(proxy)) as right:
        assert ended("--pid", str(right)) == 0
    with machine.client() as wrong:
        assert ended("--pid", str(wrong)) == 1
    assert ended("--wait", "soon") == 2


def test_the_table_for_people_fits_80_columns(
    machine: Machine, proxy: ProxyProcess, free_port: int
) -> None:
    config = written(machine.opencode_config(), f"http://127.0.0.1:{free_port}/zen/v1")
    with machine.client() as pid:
        result = CliRunner().invoke(cli, ["doctor", "--pid", str(pid)])
        clean = CliRunner().invoke(cli, ["doctor"])
    words = " ".join(result.stdout.split())
    assert f"told port {free_port} by {config}, " in words, "paths stay whole"
    wide = [line.split() for line in result.stdout.splitlines() if len(line) > 80]
    assert all(len(line) <= 2 for line in wide), "a path may be wider, with its label"
    assert "   -> Run" in result.stdout
    assert result.stdout.endswith("1 finding.\n")
    assert "told port" in clean.stdout
