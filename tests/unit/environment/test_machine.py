"""This machine, without anything that names it."""

import platform
import socket
from pathlib import Path

import pytest

from pawwork_proxy.environment import machine
from pawwork_proxy.environment.machine import (
    is_this_machine,
    local_addresses,
    read_machine,
    read_platform,
)


def test_the_raw_id_goes_to_the_pseudonym_function_only() -> None:
    seen: list[str] = []

    def pseudonym(raw: str) -> str:
        seen.append(raw)
        return "device:" + "0" * 24

    found = read_machine(pseudonym, "fallback")
    assert len(seen) == 1
    assert seen[0] not in found.model_dump_json()
    assert found.os in ("linux", "macos", "windows", "other")


def test_a_system_without_an_id_gets_the_fallback(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.write_text("\n")
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(machine, "_LINUX_ID_FILES", (tmp_path / "absent", empty))
    seen: list[str] = []

    def pseudonym(raw: str) -> str:
        seen.append(raw)
        return "device:" + "0" * 24

    read_machine(pseudonym, "fallback")
    assert seen == ["fallback"]


@pytest.mark.parametrize(
    ("release", "kept"),
    [
        ("6.18.44-acme-host7+", "6.18.44"),
        ("23.5.0", "23.5.0"),
        ("10", "10"),
        ("some-host-name", "unknown"),
    ],
)
def test_a_kernel_release_keeps_its_numbers_only(
    monkeypatch: pytest.MonkeyPatch, release: str, kept: str
) -> None:
    monkeypatch.setattr(platform, "release", lambda: release)
    assert read_platform().os_release == kept


def test_loopback_is_among_the_local_addresses() -> None:
    assert "127.0.0.1" in local_addresses()


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("LocalHost.", True),
        ("::1", True),
        ("0.0.0.0", True),
        ("::ffff:127.0.0.1", True),
        ("192.0.2.7", True),
        ("fe80::7%eth0", True),
        (socket.gethostname(), True),
        ("192.0.2.8", False),
        ("proxy.example", False),
    ],
)
def test_this_machine_is_known_under_every_own_address(host: str, own: bool) -> None:
    assert is_this_machine(host, lambda: ["192.0.2.7", "fe80::7"]) is own
