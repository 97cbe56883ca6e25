"""Where a client would ask without us, and that it asks the same address through us."""

import json
from pathlib import Path

import pytest

from pawwork_proxy.clients.auth_places import Surroundings
from pawwork_proxy.clients.own_addresses import moved_addresses, own_bases
from pawwork_proxy.facts.identifiers import CLIENTS
from pawwork_proxy.facts.server import todays_base

URL = "http://127.0.0.1:9610"
CATALOGUE = {
    "opencode": {
        "api": "https://opencode.ai/next/v1/",
        "models": {
            "a-free": {"provider": {"npm": "x", "api": "https://opencode.ai/next/anthropic/v1"}},
            "b": {"cost": {"input": 1}},
        },
    },
    "opencode-go": {"api": "https://opencode.ai/next/go/v1"},
    "other": {"api": "https://api.example.org/v1"},
}


def around(home: Path, **environment: str) -> Surroundings:
    return Surroundings("linux", home, environment, home)


def kept(home: Path, file: str, content: object) -> None:
    path = home / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))


def config(base: str) -> dict[str, object]:
    return {"provider": {"opencode": {"options": {"baseURL": base}}}}


def test_every_address_of_the_catalogue_keeps_its_path(tmp_path: Path) -> None:
    kept(tmp_path, ".cache/opencode/models.json", CATALOGUE)
    moved = moved_addresses(around(tmp_path), URL, tmp_path, go=True)
    assert moved.bases == {}
    assert moved.catalogue is not None
    written = json.loads(moved.catalogue.read_text())
    zen = written["opencode"]
    assert zen["api"] == f"{URL}/next/v1/"
    assert zen["models"]["a-free"]["provider"] == {"npm": "x", "api": f"{URL}/next/anthropic/v1"}
    assert zen["models"]["b"] == {"cost": {"input": 1}}
    assert written["opencode-go"]["api"] == f"{URL}/next/go/v1"
    assert written["other"] == CATALOGUE["other"]


def test_a_configured_address_beats_the_catalogues(tmp_path: Path) -> None:
    kept(tmp_path, ".cache/opencode/models.json", CATALOGUE)
    kept(tmp_path, ".config/opencode/opencode.jsonc", config("https://opencode.ai/mine/v1"))
    moved = moved_addresses(around(tmp_path), URL, tmp_path, go=True)
    assert moved.bases == {"opencode": "/mine/v1"}


def test_the_file_that_the_environment_names_is_the_catalogue(tmp_path: Path) -> None:
    kept(tmp_path, "models.json", CATALOGUE)
    kept(tmp_path, ".cache/opencode/models.json", {"opencode": {"api": "https://opencode.ai/z"}})
    named = around(tmp_path, OPENCODE_MODELS_PATH=str(tmp_path / "models.json"))
    assert own_bases(named, go=False) == {"opencode": "/next/v1"}
    assert own_bases(around(tmp_path), go=True) == {
        "opencode": "/z",
        "opencode-go": "/zen/go/v1",
    }


@pytest.mark.parametrize("content", ["", "{", "[]", '{"opencode": 3}', '{"opencode": {"api": 3}}'])
def test_without_a_catalogue_that_tells_it_the_address_is_the_one_inside(
    tmp_path: Path, content: str
) -> None:
    kept(tmp_path, ".cache/opencode/models.json", content)
    kept(tmp_path, ".config/opencode/opencode.json", content)
    assert own_bases(around(tmp_path), go=False) == {"opencode": "/zen/v1"}
    moved = moved_addresses(around(tmp_path), URL, tmp_path, go=False)
    assert moved.bases == {"opencode": "/zen/v1"}


def test_what_is_no_address_stays_as_it_is(tmp_path: Path) -> None:
    broken = {"opencode": {"api": "https://[no"}, "b": {"api": "https://a]b/"}, "c": {"api": 7}}
    kept(tmp_path, ".cache/opencode/models.json", broken)
    kept(tmp_path, ".config/opencode/opencode.json", config("https://[no"))
    moved = moved_addresses(around(tmp_path), URL, tmp_path, go=False)
    assert moved.bases == {"opencode": "/zen/v1"}
    assert moved.catalogue is not None
    assert json.loads(moved.catalogue.read_text()) == broken


def test_a_client_of_another_gateway_is_left_to_it(tmp_path: Path) -> None:
    kept(tmp_path, ".config/opencode/opencode.json", config("https://gateway.example.org/zen/v1"))
    assert own_bases(around(tmp_path), go=False) == {"opencode": "/zen/v1"}
    assert moved_addresses(around(tmp_path), URL, tmp_path, go=False).bases == {}


def test_a_configured_address_keeps_its_path(tmp_path: Path) -> None:
    kept(tmp_path, ".config/opencode/opencode.json", config("https://opencode.ai/mine/v1/"))
    assert own_bases(around(tmp_path), go=False) == {"opencode": "/mine/v1"}


def test_an_address_on_this_machine_is_not_the_clients_own(tmp_path: Path) -> None:
    kept(tmp_path, ".config/opencode/opencode.json", config("http://127.0.0.1:9610/zen/v1"))
    moved = moved_addresses(around(tmp_path), URL, tmp_path, go=False)
    assert moved.bases == {"opencode": "/zen/v1"}


def test_a_client_whose_address_inside_is_not_known_gets_todays(tmp_path: Path) -> None:
    kept(tmp_path, ".config/ai.pawwork.desktop/cache/pawwork/models.json", CATALOGUE)
    moved = moved_addresses(around(tmp_path), URL, tmp_path, go=False, client=CLIENTS["opencode-2"])
    assert moved == ({"opencode": todays_base()}, None), "the catalogue is another client's"
