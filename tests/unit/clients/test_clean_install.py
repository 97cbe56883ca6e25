"""A clean install: what it takes over, where it lives, and what it cannot be kept from."""

import os
import stat
from pathlib import Path

import pytest

from pawwork_proxy.clients import clean_install
from pawwork_proxy.clients.clean_install import clean_environment, clean_home, not_isolated
from pawwork_proxy.errors import ConfigurationError
from pawwork_proxy.facts.identifiers import KEY_VARIABLES, PLACES
from pawwork_proxy.model.context import OsFamily


def test_a_clean_home_holds_every_place_a_client_looks_at() -> None:
    homes = clean_home(Path("/installs/one"))
    assert {"HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "APPDATA"} <= homes.keys()
    assert homes["PAWWORK_CI_SMOKE_HOME"] == homes["HOME"] == str(Path("/installs/one/home"))
    assert all(Path(place).is_relative_to("/installs/one") for place in homes.values())


def test_keys_homes_and_configuration_of_the_user_are_left_behind(tmp_path: Path) -> None:
    named = [row.variable for row in PLACES if row.variable]
    base = dict.fromkeys([*named, *KEY_VARIABLES], "mine") | dict.fromkeys(
        (
            "PAWWORK_HOME", "PAWWORK_CONFIG_DIR", "OPENCODE_CONFIG_DIR", "OPENCODE_AUTH_CONTENT",
            "OPENCODE_DB", "OPENCODE_CONSOLE_TOKEN", "DSH_HOME", "ANTHROPIC_API_KEY", "HOME",
        ),
        "mine",
    )  # fmt: skip
    kept = {"PATH": "/bin", "OPENCODE_DISABLE_MODELS_FETCH": "1"}
    env = clean_environment(base | kept, tmp_path / "clean")
    assert "mine" not in env.values()
    assert env == clean_home(tmp_path / "clean") | kept


@pytest.mark.skipif(os.name != "posix", reason="modes of files")
def test_nobody_else_can_look_into_it(tmp_path: Path) -> None:
    clean_environment({}, tmp_path / "clean")
    made = [tmp_path / "clean", *(tmp_path / "clean").rglob("*")]
    assert len(made) > len(set(clean_home(Path()).values()))
    assert {stat.S_IMODE(path.stat().st_mode) for path in made} == {0o700}


def test_a_folder_that_cannot_be_used_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="--home"):
        clean_environment({}, tmp_path / "file" / "x")


@pytest.mark.parametrize(
    ("of", "told"), [("linux", "/etc/profile"), ("macos", "keychain"), ("windows", "credentials")]
)
def test_what_it_still_shares_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, of: OsFamily, told: str
) -> None:
    monkeypatch.setattr(clean_install, "system", lambda: of)
    env = clean_environment({}, tmp_path / "clean")
    work = tmp_path / "work"
    work.mkdir()
    without = list(not_isolated(env, tmp_path / "clean", work))
    assert any(told in what for what in without)
    assert "address" in without[-1]
    (work / "opencode.json").write_text("{}")
    own = Path(env["XDG_CONFIG_HOME"], "opencode", "opencode.json")
    own.parent.mkdir()
    own.write_text("{}")
    found = list(not_isolated(env, tmp_path / "clean", work))
    assert found == [str(work / "opencode.json"), *without]
