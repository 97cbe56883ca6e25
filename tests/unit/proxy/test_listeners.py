"""Install specifications become loopback listeners."""

import socket
from pathlib import Path
from typing import Any

import pytest

from pawwork_proxy.cli.plan import make_plan
from pawwork_proxy.errors import ConfigurationError
from pawwork_proxy.proxy.listeners import LOOPBACK, Listener, parse_listeners

NOTHING_ASKED: dict[str, Any] = {
    "network": None,
    "upstream": None,
    "upstream_ca": None,
    "via": None,
    "source": None,
    "egress_probe": False,
    "captures": Path(),
    "keep_days": 0,
}


def test_free_ports_are_chosen_by_the_kernel_and_differ() -> None:
    first, second = parse_listeners(["laptop@0", "desktop@0"])
    assert (first.label, second.label) == ("laptop", "desktop")
    assert first.port != second.port
    assert first.url == f"http://127.0.0.1:{first.port}"


def test_without_a_port_they_count_up_from_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        base = probe.getsockname()[1]
    monkeypatch.setattr("pawwork_proxy.proxy.listeners.DEFAULT_PORT", base)
    assert parse_listeners([]) == (Listener("main", base),)


@pytest.mark.parametrize(
    ("specs", "message"),
    [
        (["a@0", "a@0"], "install name given twice"),
        (["a@9", "b@9"], "port given twice"),
        (["a@x"], "not a number"),
        (["a@70000"], "not a number"),
        (["a@"], "not a number"),
        (["@80"], "name must be"),
        (["sk-" + "a" * 40], "name must be"),
        (["bad name"], "name must be"),
    ],
)
def test_bad_specs_name_the_remedy(specs: list[str], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        parse_listeners(specs)
    assert caught.value.hint


def test_a_port_in_use_is_a_clear_error() -> None:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen(1)
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"cannot listen on 127.0.0.1:{port}"):
            parse_listeners([f"laptop@{port}"])


PASTED = [
    "AKIA" + "QX7VB2MK9PLR4TZW", "glpat-" + "qX7vB2mK9pLr4TzWy8Nc", "0a1b2c3d" * 4,
    "sk-" + "aB3dE5gH", "4111111111111111", "192.168.1.20", "203-0-113-77", "wrk_" + "0A" * 13,
    "qX7vB2mK9pL", "0301234567", "911-83-6993", "aa-bb-cc-dd-ee-ff",
]  # fmt: skip


@pytest.mark.parametrize("pasted", PASTED)
def test_what_was_pasted_by_mistake_is_no_name(pasted: str) -> None:
    with pytest.raises(ConfigurationError, match="no key, id, address, host name") as caught:
        parse_listeners([f"{pasted}@0"])
    assert pasted not in caught.value.message + caught.value.hint
    with pytest.raises(ConfigurationError, match="no key, id, address, host name") as caught:
        make_plan((), **{**NOTHING_ASKED, "network": pasted})
    assert pasted not in caught.value.message + caught.value.hint


@pytest.mark.parametrize("name", ["laptop-a.2", "home", "office-2026-11", "MacBook-M4"])
def test_plain_names_are_names(name: str) -> None:
    assert parse_listeners([f"{name}@0"])[0].label == name
