"""The printed command starts a client with the variables set, whatever stands in them."""

import subprocess
from pathlib import Path

import pytest

from pawwork_proxy.clients.installations import installations
from pawwork_proxy.clients.start_command import program_of, start_command, start_variables
from tests.unit.clients.trees import application, archive, around

URL = "http://127.0.0.1:9610"
CA = Path("/private/ca.pem")


def test_every_variable_is_named_that_makes_a_client_come_through_us() -> None:
    assert start_variables({"PATH": "/bin", "HTTPS_PROXY": "http://office:1"}, URL, CA) == {
        "HTTPS_PROXY": URL,
        "https_proxy": URL,
        "NODE_EXTRA_CA_CERTS": str(CA),
        "NODE_USE_ENV_PROXY": "1",
        "NO_PROXY": "127.0.0.1,localhost,::1",
        "no_proxy": "127.0.0.1,localhost,::1",
    }


@pytest.mark.parametrize(
    "entry", ["opencode.ai", ".opencode.ai", "*.opencode.ai", "OpenCode.ai:443", "*", "ai", ".ai"]
)
def test_an_exception_that_would_lead_past_us_is_left_out(entry: str) -> None:
    base = {"NO_PROXY": f"intranet.example, {entry},code.ai"}
    found = start_variables(base, URL, CA)["NO_PROXY"]
    assert found == "intranet.example,code.ai,127.0.0.1,localhost,::1"


def test_the_program_is_the_installed_one_or_stands_where_installers_put_it(
    tmp_path: Path,
) -> None:
    (tmp_path / "Library/Application Support/ai.pawwork.desktop").mkdir(parents=True)
    (tmp_path / ".local/share/opencode").mkdir(parents=True)
    where = around(tmp_path, "macos")
    pawwork, opencode = installations(where)
    assert program_of(pawwork, where) == Path("/Applications/PawWork.app/Contents/MacOS/PawWork")
    assert program_of(opencode, where) == Path("opencode")
    installed = application(tmp_path, "macos", "PawWork", archive({"version": "2026.7.3"}))
    assert program_of(installations(where)[0], where) == installed


@pytest.mark.process
def test_bash_runs_it_as_printed(tmp_path: Path) -> None:
    program = tmp_path / "it's a program"
    program.write_text('#!/bin/sh\nprintf %s "$HTTPS_PROXY $NODE_EXTRA_CA_CERTS"\n')
    program.chmod(0o755)
    variables = {"HTTPS_PROXY": URL, "NODE_EXTRA_CA_CERTS": "/a b/$HOME/'\"`.pem"}
    command = start_command(program, variables, powershell=False)
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert done.stdout == f"{URL} /a b/$HOME/'\"`.pem"


def test_powershell_gets_literal_texts_and_each_variable_once() -> None:
    variables = {"NO_PROXY": "a", "no_proxy": "a", "NODE_EXTRA_CA_CERTS": "C:\\it's ‘ours’\\ca.pem"}
    command = start_command(Path("C:\\Program Files\\PawWork.exe"), variables, powershell=True)
    assert command.splitlines() == [
        "$env:NO_PROXY = 'a'",
        "$env:NODE_EXTRA_CA_CERTS = 'C:\\it''s ‘‘ours’’\\ca.pem'",
        "& 'C:\\Program Files\\PawWork.exe'",
    ]
