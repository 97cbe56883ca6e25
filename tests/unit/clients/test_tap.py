"""The environment that brings the tap into a client, beside what the user has set there."""

import json
from pathlib import Path

import pytest

from pawwork_proxy.clients.environment import CONFIG
from pawwork_proxy.clients.tap import SETTINGS, TAP, takes_no_plugin, tapped_environment
from pawwork_proxy.errors import ConfigurationError

URI = TAP.as_uri()


def tapped(base: dict[str, str]) -> dict[str, str]:
    return tapped_environment(base, "/run/tap", "secret", ["opencode.ai"])


def test_the_tap_comes_in_by_both_ways() -> None:
    env = tapped({"PATH": "/bin"})
    assert json.loads(env[CONFIG]) == {"plugin": [URI]}
    assert env["NODE_OPTIONS"] == f"--import={URI}"
    assert json.loads(env[SETTINGS]) == {
        "address": "/run/tap",
        "token": "secret",
        "hosts": ["opencode.ai"],
        "added": URI,
    }
    assert env["PATH"] == "/bin"


def test_what_the_user_has_set_stays() -> None:
    own = {"plugin": ["mine", "file:///other.ts"], "provider": {"opencode": {}}, "theme": "x"}
    env = tapped({CONFIG: json.dumps(own), "NODE_OPTIONS": "--no-warnings --require='a b.cjs'"})
    assert json.loads(env[CONFIG]) == own | {"plugin": ["mine", "file:///other.ts", URI]}
    assert env["NODE_OPTIONS"] == f"--no-warnings --require='a b.cjs' --import={URI}"


@pytest.mark.parametrize("text", ["[1]", "{", '{"plugin": "mine"}'])
def test_a_configuration_that_cannot_be_added_to_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match=CONFIG):
        tapped({CONFIG: text})


def test_the_tap_is_a_file_of_the_package() -> None:
    assert TAP.is_file()
    assert " " not in URI, "Node splits its options at spaces"
    assert Path(TAP).suffix == ".mjs"


@pytest.mark.parametrize(
    ("base", "command", "pure"),
    [
        ({}, ["opencode", "run", "hi"], False),
        ({}, ["opencode", "--pure", "run", "hi"], True),
        ({"OPENCODE_PURE": "1"}, ["opencode"], True),
        ({"OPENCODE_PURE": "true"}, ["opencode"], True),
        ({"OPENCODE_PURE": "0"}, ["opencode"], False),
    ],
)
def test_a_client_that_is_told_to_load_no_plugins_is_known(
    base: dict[str, str], command: list[str], pure: bool
) -> None:
    assert takes_no_plugin(base, command) is pure
