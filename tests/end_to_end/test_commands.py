"""The commands as a user calls them: what they print, where, and with which exit code."""

import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pawwork_proxy.captures.reader import read_capture
from pawwork_proxy.cli.naming import COMMANDS
from pawwork_proxy.model.base import line_of
from pawwork_proxy.model.capture import End
from pawwork_proxy.model.signals import Ending, Signals
from tests.end_to_end.proxy_process import (
    PATIENCE,
    ROOT,
    ProxyProcess,
    clean_environment,
    cli,
    wait_for,
)
from tests.end_to_end.scripted_upstream import ScriptedUpstream, answer, exchange_raw
from tests.unit.builders import NOON, exchange, header, opened

CLIENT = """\
import json, os, sys, urllib.request
config = json.loads(os.environ["OPENCODE_CONFIG_CONTENT"])
url = config["provider"]["opencode"]["options"]["baseURL"] + "/models"
with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
    answer.read()
print(json.dumps({"home": os.environ["HOME"], "theme": config.get("theme"),
                  "go": "opencode-go" in config["provider"]}))
sys.exit(7)
""".replace("PATIENCE", str(PATIENCE))


def call(
    home: Path, *arguments: str, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        cli(*arguments),
        env=clean_environment(home, env),
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.mark.parametrize("command", list(COMMANDS))
def test_every_command_has_help_with_an_example_and_is_in_the_readme(
    tmp_path: Path, command: str
) -> None:
    done = call(tmp_path, command, "--help")
    assert done.returncode == 0
    assert "pawwork-proxy " + command in done.stdout
    assert "xample" in done.stdout or "Commands:" in done.stdout
    assert f"`{command}" in (ROOT / "README.md").read_text("utf-8")


def test_launch_sets_the_client_up_and_passes_its_exit_code_on(tmp_path: Path) -> None:
    with ScriptedUpstream(answer(b'{"object":"list","data":[]}')) as upstream:
        done = call(
            tmp_path,
            *("launch", "--install", "mine@0", "--upstream", upstream.url),
            *("--captures", str(tmp_path / "captures"), "--", sys.executable, "-c", CLIENT),
            env={"OPENCODE_CONFIG_CONTENT": '{"theme":"plain"}'},
        )
    assert done.returncode == 7, done.stderr
    told = json.loads(done.stdout)
    assert told["theme"] == "plain", "the client's own configuration survives"
    assert not told["go"], "no key for Go, no Go provider"
    (path,) = (tmp_path / "captures").glob("*.jsonl")
    (recorded,) = read_capture(path).exchanges
    assert recorded.context.install == "mine"


def test_a_clean_install_sees_nothing_of_the_users_own(tmp_path: Path) -> None:
    with ScriptedUpstream(answer(b"{}")) as upstream:
        done = call(
            tmp_path,
            *("launch", "--upstream", upstream.url, "--home", str(tmp_path / "clean")),
            *("--captures", str(tmp_path / "captures"), "--", sys.executable, "-c", CLIENT),
            env={"OPENCODE_CONFIG_CONTENT": '{"theme":"plain"}', "OPENCODE_API_KEY": "own"},
        )
    told = json.loads(done.stdout)
    assert told == {"home": str(tmp_path / "clean" / "home"), "theme": None, "go": False}


def test_launch_without_traffic_says_so(tmp_path: Path) -> None:
    done = call(
        tmp_path, "launch", "--captures", str(tmp_path / "c"), "--", sys.executable, "-c", ""
    )
    assert done.returncode == 0
    assert "No exchange was seen" in done.stderr


def test_launch_of_an_unknown_command_is_a_clear_error(tmp_path: Path) -> None:
    done = call(tmp_path, "launch", "--", "no-such-client-at-all")
    assert done.returncode == 2
    assert "not found" in done.stderr


def test_show_filters_and_names_damage(tmp_path: Path) -> None:
    refused = Signals(status=429, ending=Ending.COMPLETE)
    path = tmp_path / "capture.jsonl"
    lines = [
        line_of(header(simulated=True)),
        line_of(exchange(1)),
        b"{broken\n",
        line_of(exchange(2, status=429, signals=refused)),
        line_of(opened(3)),
        line_of(exchange(4))[:40],
    ]
    path.write_bytes(b"".join(lines))
    table = call(tmp_path, "show", str(path))
    assert table.returncode == 0
    assert "SIMULATED" in table.stdout
    assert "interrupted" in table.stdout
    assert "damaged lines skipped: 2, by number 3 (not_json), 6 (torn)" in table.stderr
    assert "no end line: the run goes on, or ended without closing" in table.stderr
    chosen = call(tmp_path, "show", str(path), "--outcome", "success", "--format", "json")
    (line,) = chosen.stdout.splitlines()
    assert json.loads(line)["seq"] == 1
    none = call(tmp_path, "show", str(path), "--install", "other")
    assert "0 exchanges" in none.stdout


@pytest.mark.parametrize("data", [b"", b"not a capture\n"])
def test_show_of_something_else_is_a_clear_error(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "other.jsonl"
    path.write_bytes(data)
    done = call(tmp_path, "show", str(path))
    assert done.returncode == 3
    assert "is no capture" in done.stderr
    assert "hint:" in done.stderr


def test_schema_accepts_what_is_written(tmp_path: Path) -> None:
    schema = json.loads(call(tmp_path, "schema").stdout)
    assert {"$schema", "title", "discriminator"} <= schema.keys()
    written = json.loads(line_of(End(at=NOON, exchanges=1, reason="finished")))
    assert written.keys() <= schema["$defs"]["End"]["properties"].keys()


def test_the_demo_tells_who_was_refused(tmp_path: Path) -> None:
    done = call(tmp_path, "demo", "--captures", str(tmp_path / "captures"))
    assert done.returncode == 0, done.stderr
    assert "laptop on network home: refused after 5 requests of its own" in done.stdout
    assert "desktop on network home: refused after 0 requests of its own" in done.stdout
    assert "work on network office: 2 requests, none refused" in done.stdout
    told = done.stdout[done.stdout.index("What this shows") :].splitlines()
    assert max(map(len, told)) <= 80
    captures = [read_capture(path) for path in (tmp_path / "captures").glob("*.jsonl")]
    assert len(captures) == 2
    assert all(capture.header.simulated for capture in captures)


def test_a_run_without_traffic_explains_itself_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    stderr = tmp_path / "stderr"
    command = cli("run", "--install", "main@0", "--captures", str(tmp_path / "captures"))
    with stderr.open("wb") as file:
        child = subprocess.Popen(
            command, env=clean_environment(tmp_path), cwd=ROOT, stdout=subprocess.PIPE, stderr=file
        )
        wait_for(lambda: True if "stop with Ctrl-C" in stderr.read_text() else None)
        wait_for(lambda: next((tmp_path / "captures").glob("*.jsonl"), None))
        child.send_signal(signal.SIGINT)
        out, _ = child.communicate(timeout=PATIENCE)
    assert child.returncode == 0
    assert "No exchange was seen" in stderr.read_text()
    (path,) = (tmp_path / "captures").glob("*.jsonl")
    assert out.decode().strip() == str(path)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can change another's file limit")
def test_a_full_disk_loses_records_by_count_and_no_traffic(tmp_path: Path) -> None:
    """A limit on the file's size stands in for the full disk: the system refuses the same write."""
    with (
        ScriptedUpstream(answer(b"{}")) as upstream,
        ProxyProcess(tmp_path, upstream.url) as proxy,
    ):
        request = b"GET /zen/v1/models HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % proxy.port
        exchange_raw(proxy.port, request)
        asked = 1
        size = proxy.wait_for_exchanges(1).path.stat().st_size
        pid, limit = proxy.process.pid, resource.RLIMIT_FSIZE
        resource.prlimit(pid, limit, (size, resource.RLIM_INFINITY))
        for number in range(20):
            received = exchange_raw(proxy.port, request)
            assert received is not None
            assert received.body == b"{}"
            asked += 1
            if number == 0:  # a disk that is only slow is warned of too: the others find it full
                wait_for(lambda: b"slow or full" in proxy.stderr_path.read_bytes() or None)
        assert proxy.capture_path.stat().st_size == size
        resource.prlimit(pid, limit, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

        def recovered() -> bool | None:
            nonlocal asked
            asked += 1
            exchange_raw(proxy.port, request)
            return len(proxy.capture().exchanges) > 1 or None

        wait_for(recovered)
        summary = proxy.stop()
        capture = proxy.capture()
    lost = sum(note.count or 0 for note in capture.notes if note.event == "records_lost")
    assert lost == summary["lost"] >= 1
    assert len(capture.exchanges) + lost == asked
    assert not capture.damages


FULL = Path("/dev/full")
SAMPLE = str(ROOT / "captures" / "samples" / "two-networks")


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize(
    "arguments", [("schema",), ("show", SAMPLE), ("compare", SAMPLE), ("identity", SAMPLE)]
)
def test_an_output_that_cannot_be_written_is_a_clear_error(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    with FULL.open("w") as full:
        done = subprocess.run(
            cli(*arguments),
            env=clean_environment(tmp_path),
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == "error: cannot write the output: No space left on device\n"


@pytest.mark.parametrize("arguments", [("schema",), ("show", SAMPLE), ("--help",)])
def test_a_reader_that_goes_away_is_nothing_to_complain_about(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            cli(*arguments),
            env=clean_environment(tmp_path),
            cwd=ROOT,
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    finally:
        os.close(writing)
    assert done.returncode == 1
    assert done.stderr == ""


def test_a_closed_output_is_for_nobody(tmp_path: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", '"$@" >&-', "sh", *cli("show", SAMPLE)],
        env=clean_environment(tmp_path),
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0
    assert done.stderr == ""


CAN_BE_INTERRUPTED = """\
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
"""
"""What a background job of a shell inherits is that Ctrl-C is ignored; these tests are no job."""

SLOW_IMPORT = (
    CAN_BE_INTERRUPTED
    + """\
import sys, time
class Slow:
    def find_spec(self, name, *_):
        if name == "click":
            print("loading", flush=True)
            time.sleep(300)
sys.meta_path.insert(0, Slow())
from pawwork_proxy.__main__ import main
main()
"""
)


def test_ctrl_c_while_the_command_loads_leaves_no_traceback(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", SLOW_IMPORT],
        env=clean_environment(tmp_path),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"loading\n"
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=PATIENCE)
    assert (child.returncode, err) == (130, b"")


GATHERING = (
    CAN_BE_INTERRUPTED
    + """\
import sys, time
from pawwork_proxy.captures import gathering
def slowly(*_):
    print("reading", flush=True)
    time.sleep(300)
    raise AssertionError("read after all")
gathering.view_capture = slowly
sys.argv = ["pawwork-proxy", "compare", sys.argv[1]]
from pawwork_proxy.__main__ import main
main()
"""
)


def test_ctrl_c_while_many_captures_are_read_reads_no_further_one(tmp_path: Path) -> None:
    for number in range(200):
        (tmp_path / f"{number}.jsonl").write_bytes(line_of(header()))
    child = subprocess.Popen(
        [sys.executable, "-c", GATHERING, str(tmp_path)],
        env=clean_environment(tmp_path),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"reading\n"
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=PATIENCE)
    assert child.returncode == 130
    assert err.strip() == b"interrupted"
    assert out == b""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not let a folder in use go")
@pytest.mark.parametrize("command", [("run",), ("launch", "--", "true"), ("demo",)])
def test_a_working_folder_that_is_gone_is_an_error_with_a_hint(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    script = 'cd "$1" && rmdir "$1" && shift && exec "$@"'
    done = subprocess.run(
        ["/bin/sh", "-c", script, "sh", str(gone), *cli(*command)],
        env=clean_environment(tmp_path) | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "error: the folder that you are in is gone",
        "hint: go to one that there is: cd ~",
    ]
