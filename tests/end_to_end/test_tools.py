import sys
from pathlib import Path

import pytest

from tests.end_to_end import tools
from tests.end_to_end.tools import (
    Missing,
    client_programs,
    client_wanted,
    find_chromium,
    find_client,
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="scripts stand for programs")


def program(path: Path, says: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!{sys.executable}\nprint({says!r})\n")
    path.chmod(0o755)
    return path


def test_the_manifest_names_one_client_with_an_exact_version() -> None:
    package, version = client_wanted()
    assert package == "opencode-ai"
    assert all(part.isdigit() for part in version.split("."))


def test_no_npm_lock_lies_beside_the_manifest() -> None:
    """npm writes the address of the registry it used into one."""
    assert [path.name for path in tools.CLIENT_MANIFEST.parent.iterdir()] == ["package.json"]


def test_chromium_is_found_on_the_path_or_named(tmp_path: Path) -> None:
    chromium = program(tmp_path / "bin" / "chromium-browser", "Chromium 1")
    assert find_chromium({"PATH": str(tmp_path / "bin")}) == str(chromium)
    assert find_chromium({"PATH": "", "PAWWORK_TEST_CHROMIUM": str(chromium)}) == str(chromium)
    answer = find_chromium({"PATH": "", "PAWWORK_TEST_CHROMIUM": str(tmp_path / "absent")})
    assert isinstance(answer, Missing)


def test_a_named_client_counts_only_in_the_wanted_version(tmp_path: Path) -> None:
    _, version = client_wanted()
    right = program(tmp_path / "right", version)
    wrong = program(tmp_path / "wrong", "0.0.1")
    assert find_client({"PAWWORK_TEST_CLIENT": str(right)}) == str(right)
    for other in (wrong, tmp_path / "absent"):
        assert isinstance(find_client({"PAWWORK_TEST_CLIENT": str(other)}), Missing)


def test_the_platform_packages_program_that_starts_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, version = client_wanted()
    modules = tmp_path / "node_modules"
    program(modules / "opencode-ai" / "bin" / "opencode.exe", version)
    program(modules / "opencode-linux-x64" / "bin" / "opencode", "wrong processor")
    good = program(modules / "opencode-linux-x64-baseline" / "bin" / "opencode", version)
    monkeypatch.setattr(tools, "CLIENT_FOLDER", tmp_path)
    assert len(list(client_programs(tmp_path))) == 3
    assert find_client({"PATH": ""}) == str(good)


def test_without_npm_the_lack_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "CLIENT_FOLDER", tmp_path / "npm")
    answer = find_client({"PATH": ""})
    assert isinstance(answer, Missing)
    assert "npm is not there" in answer.what


def test_a_failed_installation_says_how_npm_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    npm = tmp_path / "bin" / "npm"
    npm.parent.mkdir()
    npm.write_text("#!/bin/sh\necho offline; exit 7\n")
    npm.chmod(0o755)
    monkeypatch.setattr(tools, "CLIENT_FOLDER", tmp_path / "npm")
    answer = find_client({"PATH": str(npm.parent)})
    assert isinstance(answer, Missing)
    assert "exit code 7" in answer.what
    assert (tmp_path / "npm" / "install.log").read_text() == "offline\n"
