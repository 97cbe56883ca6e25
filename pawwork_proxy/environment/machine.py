"""Reads what this machine is: operating system, architecture, its own stable id; and its clock.

Invariant: the raw machine id never leaves this module; callers get what the pseudonymise function
they pass makes of it.
"""

import platform
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import psutil

from pawwork_proxy.model.context import Machine, OsFamily, Platform
from pawwork_proxy.model.numbers import bounded_moment

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "::1")
"""How a program on this machine names the machine itself."""
_OS: dict[str, OsFamily] = {"Linux": "linux", "Darwin": "macos", "Windows": "windows"}
_LINUX_ID_FILES = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))


def read_machine(device_pseudonym: Callable[[str], str], fallback_id: str) -> Machine:
    """This machine; `fallback_id` stands in where the system has no id of its own."""
    return Machine(
        device=device_pseudonym(_machine_id() or fallback_id), **read_platform().model_dump()
    )


def read_platform() -> Platform:
    """The kind of this machine."""
    return Platform(
        os=system(),
        os_release=_version_only(platform.release()),
        arch=_word(platform.machine().lower()),
        python=".".join(map(str, sys.version_info[:3])),
    )


def system() -> OsFamily:
    """The operating system of this machine."""
    return _OS.get(platform.system(), "other")


def utc_now() -> datetime:
    """The time in UTC; a clock that was set out of a record's range stands at its end."""
    return bounded_moment(datetime.now(UTC))


def local_addresses() -> list[str]:
    """The addresses that connections of this machine can leave from."""
    return [
        address.address.partition("%")[0]
        for addresses in psutil.net_if_addrs().values()
        for address in addresses
        if address.family in (socket.AF_INET, socket.AF_INET6)
    ]


def is_this_machine(host: str, own: Callable[[], list[str]] = local_addresses) -> bool:
    """Whether a host, as somebody wrote it, is this machine."""
    name = host.lower().rstrip(".").partition("%")[0]
    try:
        address = ip_address(name)
    except ValueError:
        return name in ("localhost", socket.gethostname().lower())
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback or address.is_unspecified or str(address) in own()


def _version_only(release: str) -> str:
    """The numbers at the beginning; the rest of a kernel's version may name hosts and people."""
    match = re.match(r"\d{1,5}(\.\d{1,5}){0,3}", release)
    return match.group() if match else "unknown"


def _word(text: str) -> str:
    return text if re.fullmatch(r"[a-z][a-z0-9_]{1,15}", text) else "other"


def _machine_id() -> str | None:
    """The id that the operating system keeps for this machine, or None."""
    readers = {"linux": _first_file, "macos": _from_ioreg, "windows": _from_registry}
    reader = readers.get(system())
    return reader() if reader else None


def _first_file() -> str | None:
    for path in _LINUX_ID_FILES:
        try:
            text = path.read_text("ascii").strip()
        except (OSError, UnicodeDecodeError):
            continue
        if text:
            return text
    return None


def _from_ioreg() -> str | None:
    try:
        listing = subprocess.run(
            ["/usr/sbin/ioreg", "-rd1", "-c", "IOPlatformExpertDevice"],
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r'"IOPlatformUUID" = "([^"]+)"', listing)
    return match.group(1) if match else None


def _from_registry() -> str | None:
    if sys.platform != "win32":
        return None
    import winreg  # noqa: PLC0415  exists on Windows only

    try:
        with winreg.OpenKey(
            winreg.HKEY_LOCAL_MACHINE,
            r"SOFTWARE\Microsoft\Cryptography",
            0,
            winreg.KEY_READ | winreg.KEY_WOW64_64KEY,
        ) as key:
            return str(winreg.QueryValueEx(key, "MachineGuid")[0])
    except OSError:
        return None
