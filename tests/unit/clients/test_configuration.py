"""The file that a client really loads is the one to edit, with the path of its own address."""

import json
import plistlib
from pathlib import Path
from typing import Literal

import pytest

from pawwork_proxy.clients.auth_places import Surroundings
from pawwork_proxy.clients.configuration import Target, target
from pawwork_proxy.clients.installations import installations
from pawwork_proxy.errors import ConfigurationError
from pawwork_proxy.facts.identifiers import ROOTS
from pawwork_proxy.facts.server import todays_base
from tests.unit.clients.trees import USERDATA, around, npm_package, sessions, write

System = Literal["linux", "macos", "windows"]
URL = "http://127.0.0.1:9610"
ZEN, GO = f"{URL}/zen/v1", f"{URL}/zen/go/v1"


def found(client: str, where: Surroundings) -> Target:
    (one,) = (one for one in installations(where) if one.row.id == client)
    return target(one, where, URL)


def values(of: Target) -> dict[str, str]:
    return {path[1]: value for path, value in of.settings if len(path) > 1}


def config(base: str, provider: str = "opencode") -> str:
    return json.dumps({"provider": {provider: {"options": {"baseURL": base}}}})


def userdata(home: Path, system: System = "linux", channel: str = "") -> Path:
    folder = home / USERDATA[system] / f"ai.pawwork.desktop{channel}"
    (folder / "data/pawwork").mkdir(parents=True)
    return folder


@pytest.mark.parametrize("system", ["linux", "macos", "windows"])
def test_pawwork_loads_the_first_folder_with_a_file(tmp_path: Path, system: System) -> None:
    own = userdata(tmp_path, system) / "config/pawwork/pawwork.json"
    assert found("pawwork", around(tmp_path, system)).path == own
    write(own, "{}")
    assert found("pawwork", around(tmp_path, system)).path == own
    home = write(tmp_path / ".pawwork/pawwork.json", "{}")
    assert found("pawwork", around(tmp_path, system)).path == home
    named = write(tmp_path / "named/pawwork.jsonc", "{}")
    first = write(tmp_path / "first/pawwork.json", "{}")
    directory = {"PAWWORK_CONFIG_DIR": str(named.parent)}
    assert found("pawwork", around(tmp_path, system, **directory)).path == named
    both = directory | {"PAWWORK_HOME": str(first.parent)}
    assert found("pawwork", around(tmp_path, system, **both)).path == first


def test_with_comments_wins_over_without(tmp_path: Path) -> None:
    userdata(tmp_path)
    write(tmp_path / ".pawwork/pawwork.json", "{}")
    stronger = write(tmp_path / ".pawwork/pawwork.jsonc", "{}")
    assert found("pawwork", around(tmp_path)).path == stronger


def test_a_new_file_hides_no_file_of_another_channel(tmp_path: Path) -> None:
    folder = userdata(tmp_path)
    write(userdata(tmp_path, channel=".beta") / "config/pawwork/pawwork.json", '{"model": "a"}')
    assert found("pawwork", around(tmp_path)).path == folder / "config/pawwork/pawwork.json"


def test_each_channel_has_its_own_file_and_address(tmp_path: Path) -> None:
    userdata(tmp_path)
    beta = write(
        userdata(tmp_path, channel=".beta") / "config/pawwork/pawwork.json",
        config("https://opencode.ai/beta/v1"),
    )
    assert values(found("pawwork", around(tmp_path))) == {"opencode": ZEN}
    of_beta = found("pawwork-beta", around(tmp_path))
    assert (of_beta.path, values(of_beta)) == (beta, {"opencode": f"{URL}/beta/v1"})


@pytest.mark.parametrize(
    ("there", "edited"),
    [
        ([], "opencode.json"),
        (["config.json"], "config.json"),
        (["config.json", "config.jsonc", "opencode.json"], "opencode.json"),
        (["opencode.json", "opencode.jsonc"], "opencode.jsonc"),
    ],
)
def test_opencode_merges_its_files_and_the_last_wins(
    tmp_path: Path, there: list[str], edited: str
) -> None:
    (tmp_path / ".local/share/opencode").mkdir(parents=True)
    for name in there:
        write(tmp_path / ".config/opencode" / name, "{}")
    assert found("opencode", around(tmp_path)).path == tmp_path / ".config/opencode" / edited


def test_a_link_to_a_file_is_followed_so_that_it_stays(tmp_path: Path) -> None:
    (tmp_path / ".local/share/opencode").mkdir(parents=True)
    real = write(tmp_path / "dotfiles/opencode.json", "{}")
    link = tmp_path / ".config/opencode/opencode.json"
    link.parent.mkdir(parents=True)
    link.symlink_to(real)
    assert found("opencode", around(tmp_path)).path == real


def test_the_path_is_that_of_the_clients_own_catalogue(tmp_path: Path) -> None:
    folder = userdata(tmp_path)
    (tmp_path / ".local/share/opencode").mkdir(parents=True)
    write(folder / "cache/pawwork/models.json", '{"opencode": {"api": "https://opencode.ai/p/v1"}}')
    write(
        tmp_path / ".cache/opencode/models.json", '{"opencode": {"api": "https://opencode.ai/o"}}'
    )
    assert values(found("pawwork", around(tmp_path))) == {"opencode": f"{URL}/p/v1"}
    assert values(found("opencode", around(tmp_path))) == {"opencode": f"{URL}/o"}


def test_without_any_the_address_inside_the_client_counts_or_else_todays(tmp_path: Path) -> None:
    one = npm_package(tmp_path / "one", "opencode-ai", "1.18.33", "opencode")
    two = npm_package(tmp_path / "two", "@opencode/cli", "2.0.18", "opencode")
    where = around(tmp_path, PATH=f"{one.parent}:{two.parent}")
    assert values(found("opencode", where)) == {"opencode": ZEN}
    assert values(found("opencode-2", where)) == {"opencode": f"{URL}{todays_base()}"}


def test_another_server_of_the_users_choice_is_left_alone(tmp_path: Path) -> None:
    userdata(tmp_path)
    file = write(tmp_path / ".pawwork/pawwork.json", config("https://gateway.example/v1"))
    with pytest.raises(ConfigurationError, match="opencode to another server") as raised:
        found("pawwork", around(tmp_path))
    assert str(file) in raised.value.hint


def test_another_proxy_on_this_machine_is_replaced(tmp_path: Path) -> None:
    userdata(tmp_path)
    write(tmp_path / ".pawwork/pawwork.json", config("http://localhost:4000/v1"))
    assert values(found("pawwork", around(tmp_path))) == {"opencode": ZEN}


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("data/pawwork/auth.json", '{"opencode-go": {"type": "api", "key": "sk-1"}}'),
        ("config/pawwork/pawwork.json", '{"provider": {"opencode-go": {}}}'),
    ],
)
def test_go_is_led_where_the_client_has_it(tmp_path: Path, file: str, content: str) -> None:
    write(userdata(tmp_path) / file, content)
    userdata(tmp_path, channel=".beta")
    assert values(found("pawwork", around(tmp_path))) == {"opencode": ZEN, "opencode-go": GO}
    assert values(found("pawwork-beta", around(tmp_path))) == {"opencode": ZEN}


def test_a_key_for_go_in_a_file_that_is_hidden_counts_for_nothing(tmp_path: Path) -> None:
    hidden = '{"provider": {"opencode-go": {"options": {"apiKey": "sk-go"}}}}'
    write(userdata(tmp_path) / "config/pawwork/pawwork.json", hidden)
    assert "opencode-go" in values(found("pawwork", around(tmp_path)))
    write(tmp_path / ".pawwork/pawwork.json", "{}")
    assert values(found("pawwork", around(tmp_path))) == {"opencode": ZEN}


def test_a_key_in_the_environment_is_for_both(tmp_path: Path) -> None:
    userdata(tmp_path)
    where = around(tmp_path, OPENCODE_API_KEY="sk-1")
    assert values(found("pawwork", where)) == {"opencode": ZEN, "opencode-go": GO}


@pytest.mark.parametrize("saved", ["[]", "{", '{"opencode": {"type": "api", "key": "sk-1"}}'])
def test_without_a_key_for_go_it_stays_out_of_the_model_list(tmp_path: Path, saved: str) -> None:
    write(userdata(tmp_path) / "data/pawwork/auth.json", saved)
    assert values(found("pawwork", around(tmp_path))) == {"opencode": ZEN}


@pytest.mark.parametrize("which", ["pawwork.json", "pawwork.jsonc"])
def test_a_file_that_does_not_parse_is_refused_with_its_line(tmp_path: Path, which: str) -> None:
    userdata(tmp_path)
    write(tmp_path / ".pawwork/pawwork.jsonc", "{}")
    file = write(tmp_path / ".pawwork" / which, '{\n  "model": "a"\n  "theme": 1\n}')
    with pytest.raises(ConfigurationError) as raised:
        found("pawwork", around(tmp_path))
    assert raised.value.message == f'{file}, line 3: "," or "}}" is expected here'


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    userdata(tmp_path)
    write(tmp_path / ".pawwork/pawwork.json", b"\xff\xfe{\0}\0")
    with pytest.raises(ConfigurationError, match="cannot be read: UnicodeDecodeError"):
        found("pawwork", around(tmp_path))


def test_a_folder_by_the_name_of_a_file_is_none(tmp_path: Path) -> None:
    folder = userdata(tmp_path)
    (tmp_path / ".pawwork/pawwork.json").mkdir(parents=True)
    assert found("pawwork", around(tmp_path)).path == folder / "config/pawwork/pawwork.json"


def test_every_stronger_source_with_another_address_is_named(tmp_path: Path) -> None:
    (tmp_path / ".local/share/opencode").mkdir(parents=True)
    other = config("http://127.0.0.1:1/zen/v1")
    named = write(tmp_path / "named.json", other)
    project = tmp_path / "project"
    first = write(project / "opencode.json", other)
    second = write(project / ".opencode/opencode.jsonc", f"// mine\n{other}")
    write(project / "config.json", config(ZEN))
    write(project / "config.jsonc", "no configuration")
    where = Surroundings(
        "linux",
        tmp_path,
        {"OPENCODE_CONFIG": str(named), "OPENCODE_CONFIG_CONTENT": other},
        project,
    )
    assert set(found("opencode", where).overruled_by) == {
        "$OPENCODE_CONFIG_CONTENT",
        str(first),
        str(second),
        str(named),
    }


def test_a_project_that_pawwork_has_opened_overrules_and_decides_nothing_else(
    tmp_path: Path,
) -> None:
    folder = userdata(tmp_path)
    project = tmp_path / "project"
    sessions(folder / "data/pawwork/pawwork.db", "2026.7.3", folder=project / "src")
    file = write(project / "pawwork.jsonc", config("https://gateway.example/v1"))
    of_it = found("pawwork", around(tmp_path))
    assert (of_it.overruled_by, values(of_it)) == ((str(file),), {"opencode": ZEN})
    userdata(tmp_path, channel=".beta")
    assert found("pawwork-beta", around(tmp_path)).overruled_by == ()


def test_a_database_that_is_none_tells_of_no_project(tmp_path: Path) -> None:
    write(userdata(tmp_path) / "data/pawwork/pawwork.db", "no database")
    assert found("pawwork", around(tmp_path)).overruled_by == ()


def test_nothing_else_overrules_it(tmp_path: Path) -> None:
    userdata(tmp_path)
    write(tmp_path / ".config/opencode/opencode.json", config("http://127.0.0.1:1/zen/v1"))
    write(tmp_path / ".pawwork/pawwork.json", "{}")
    assert found("pawwork", around(tmp_path)).overruled_by == ()


def test_settings_of_the_management_of_a_mac_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    userdata(tmp_path, "macos")
    monkeypatch.setitem(ROOTS, "managed_preferences", {"macos": (str(tmp_path / "managed"),)})
    content = plistlib.dumps(json.loads(config("https://opencode.ai/managed/v1")))
    file = write(tmp_path / "managed/ai.pawwork.managed.plist", content)
    of_it = found("pawwork", around(tmp_path, "macos"))
    assert of_it.overruled_by == (str(file),)
    assert values(of_it) == {"opencode": f"{URL}/managed/v1"}
