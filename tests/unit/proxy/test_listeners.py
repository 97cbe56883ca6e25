"""Install specifications become loopback listeners."""

import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from pawwork_proxy.cli.plan import make_plan
from pawwork_proxy.errors import ConfigurationError
from pawwork_proxy.proxy.listeners import LOOPBACK, MOST_TRIED, parse_listeners

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


def test_without_a_port_the_next_free_one_from_the_default_on_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another run holds the default, and one install has asked for what would be next."""
    with socket.create_server((LOOPBACK, 0)) as run:
        base = run.getsockname()[1]
        monkeypatch.setattr("pawwork_proxy.proxy.listeners.DEFAULT_PORT", base)
        (first,) = parse_listeners([])
        assert first.label == "main"
        assert base < first.port < base + MOST_TRIED
        second, third = parse_listeners(["a", f"b@{free_above(first.port)}"])
        assert (second.label, third.label) == ("a", "b")
        assert len({base, first.port, second.port, third.port}) == 4
        monkeypatch.setattr("pawwork_proxy.proxy.listeners.MOST_TRIED", 1)
        with pytest.raises(ConfigurationError, match=f"cannot listen on 127.0.0.1:{base}"):
            parse_listeners([])
        for one in (first, second, third):
            one.taken().close()


def free_above(port: int) -> int:
    for one in range(port + 1, port + MOST_TRIED):
        with suppress(OSError), socket.create_server((LOOPBACK, one)):
            return one
    raise AssertionError


def test_a_port_is_held_from_the_moment_at_which_it_is_chosen() -> None:
    """Of many starts at once, each gets its own, and none loses it before it serves."""
    with ThreadPoolExecutor(8) as starts:
        found = [one for (one,) in starts.map(parse_listeners, [["main"]] * 16)]
    assert len({one.port for one in found}) == len(found)
    for one in found:
        with pytest.raises(ConfigurationError, match="cannot listen"):
            parse_listeners([f"late@{one.port}"])
        one.taken().close()


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


@pytest.mark.parametrize("label", ["wanderer", "wanderer-laptop", "lighthouse9_home", "Wanderer"])
def test_a_name_of_this_user_or_machine_is_refused_before_a_bundle_is(
    monkeypatch: pytest.MonkeyPatch, label: str
) -> None:
    monkeypatch.setenv("USER", "wanderer")
    monkeypatch.setenv("HOSTNAME", "lighthouse9.example")
    for changes in ({"network": label}, {"installs": [f"{label}@0"]}):
        wanted = {**NOTHING_ASKED, "installs": ["main@0"], **changes}
        with pytest.raises(ConfigurationError, match="out of every bundle"):
            make_plan(**wanted)


def test_a_label_with_part_of_a_name_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER", "wanderer")
    plan = make_plan(**{**NOTHING_ASKED, "installs": ["wanderers@0"], "network": "home"})
    plan.listeners[0].taken().close()
    assert (plan.listeners[0].label, plan.network) == ("wanderers", "home")
