"""The password of the user's own proxy need not stand where other users can read it."""

import os
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from pawwork_proxy.cli import options

SECRET = "http://grace:hunter2@127.0.0.1:7890"


@click.command()
@options.capturing
def asked(**capturing: object) -> None:
    click.echo(str(capturing["via"]))
    click.echo(str(os.environ.get(options.VIA_VARIABLE)))


def told(*arguments: str, **env: str) -> tuple[int, list[str]]:
    done = CliRunner().invoke(asked, arguments, env=env)
    return done.exit_code, done.output.splitlines()


def test_it_can_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "proxy").write_text(SECRET + "\n")
    assert told("--via", f"@{tmp_path / 'proxy'}") == (0, [SECRET, "None"])


def test_it_can_come_from_the_environment_which_clients_do_not_inherit() -> None:
    assert told(PAWWORK_PROXY_VIA=SECRET) == (0, [SECRET, "None"])
    assert told("--via", "none", PAWWORK_PROXY_VIA=SECRET) == (0, ["none", "None"])


def test_without_either_there_is_none() -> None:
    assert told() == (0, ["None", "None"])


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_wrong_usage(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "proxy"
    if content is not None:
        path.write_bytes(content)
    code, said = told("--via", f"@{path}")
    assert code == 2
    assert "cannot be read" in " ".join(said)
