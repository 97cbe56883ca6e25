"""What can be wrong with a client is said before or instead of starting it."""

import os
import socket
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from pawwork_proxy.cli.commands.launch import launch
from pawwork_proxy.cli.plan import home_relative
from pawwork_proxy.environment.private_files import HOME_VARIABLE
from pawwork_proxy.errors import ConfigurationError
from pawwork_proxy.proxy import listeners


def started(*arguments: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        CliRunner().invoke(launch, arguments, catch_exceptions=False)
    return caught.value.message


def test_a_home_that_cannot_be_written_is_a_configuration_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert started("--home", str(tmp_path / "file" / "x"), "--", "true").startswith("--home")


def test_a_name_without_a_port_takes_any_free_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A `run` beside it holds the usual port."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setattr(listeners, "DEFAULT_PORT", taken.getsockname()[1])
        said = started("--install", "desktop", "--", str(tmp_path / "no-client"))
    assert said.startswith("the client's command")


def test_a_path_is_told_as_it_can_be_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert home_relative(tmp_path / "captures" / "one") == str(Path("captures", "one"))
    assert home_relative(tmp_path / "my captures") == '"my captures"'


@pytest.mark.process
@pytest.mark.skipif(os.name != "posix", reason="a program is told by its bits")
def test_a_client_that_is_no_program_is_a_configuration_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "private"))
    client = tmp_path / "client"
    client.write_bytes(b"\x7fELFxx")
    client.chmod(stat.S_IRWXU)
    options = ("--upstream", "http://127.0.0.1:9", "--captures", str(tmp_path / "c"))
    assert started(*options, "--", str(client)).startswith("the client cannot be started")
