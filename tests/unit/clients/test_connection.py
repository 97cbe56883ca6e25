"""What connect has written is taken back to the byte, and nothing that is not ours any more."""

import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from pawwork_proxy.clients.connection import (
    Change,
    Connected,
    connecting,
    forget,
    make,
    remember,
    remembered,
    shown,
    undone,
)
from pawwork_proxy.clients.jsonc import parsed
from pawwork_proxy.errors import ConfigurationError
from tests.unit.clients.test_jsonc import texts
from tests.unit.clients.trees import write

SCHEMA = "https://opencode.ai/config.json"
PATH = ("provider", "opencode", "options", "baseURL")
URL, OTHER = "http://127.0.0.1:9610/zen/v1", "http://127.0.0.1:9700/zen/v1"
REAL = """\
{
  // PawWork's own, as a user has changed it
  "model": "opencode/big-pickle", /* free */
  "provider": {
    "opencode": {
      "options": {
        "apiKey": "sk-secret", // mine
      },
    },
  },
}
"""


def settings_for(url: str) -> list[tuple[tuple[str, ...], str]]:
    return [(("$schema",), SCHEMA), (PATH, url)]


def connect(path: Path, before: Connected | None = None, url: str = URL) -> Connected:
    change, connected = connecting(path, settings_for(url), before)
    make(change)
    return connected


def undo(connected: Connected) -> tuple[str, ...]:
    found = undone(connected)
    make(found.change, connected.folders)
    return found.kept


@pytest.mark.parametrize("system", ["\n", "\r\n"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_a_file_is_as_before_to_the_byte_with_its_mode(
    tmp_path: Path, system: str, start: str
) -> None:
    path = write(tmp_path / "pawwork.jsonc", start + REAL.replace("\n", system))
    path.chmod(0o640)
    before = path.read_bytes()
    connected = connect(path)
    text = path.read_bytes().decode()
    assert text.startswith(f'{start}{{{system}  "$schema": "{SCHEMA}",{system}')
    added = f'"apiKey": "sk-secret", // mine{system}        "baseURL": "{URL}",{system}'
    assert added in text
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert undo(connected) == ()
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (before, 0o640)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_a_file_that_we_made_goes_with_the_folders_that_we_made(tmp_path: Path) -> None:
    path = tmp_path / "config/pawwork/pawwork.json"
    connected = connect(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text())["$schema"] == SCHEMA
    undo(connected)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_else_stays(tmp_path: Path) -> None:
    connected = connect(tmp_path / "config/pawwork/pawwork.json")
    other = write(tmp_path / "config/other")
    undo(connected)
    assert list(tmp_path.rglob("*")) == [tmp_path / "config", other]


def test_an_empty_file_is_empty_again(tmp_path: Path) -> None:
    path = write(tmp_path / "pawwork.json")
    undo(connect(path))
    assert path.read_bytes() == b""


def test_what_the_client_has_added_stays(tmp_path: Path) -> None:
    path = write(tmp_path / "pawwork.jsonc", REAL)
    connected = connect(path)
    path.write_text(path.read_text().replace('"model"', '"theme": "dark",\n  "model"'))
    assert undo(connected) == ()
    assert path.read_text() == REAL.replace('"model"', '"theme": "dark",\n  "model"')


def test_what_the_client_has_added_to_a_file_of_ours_stays(tmp_path: Path) -> None:
    path = tmp_path / "pawwork.json"
    connected = connect(path)
    path.write_text(path.read_text().replace('"options"', '"models": {},\n      "options"'))
    undo(connected)
    assert json.loads(path.read_text()) == {"provider": {"opencode": {"models": {}}}}


def test_a_file_of_ours_goes_also_when_the_client_has_written_it_anew(tmp_path: Path) -> None:
    path = tmp_path / "pawwork.json"
    connected = connect(path)
    path.write_text(json.dumps(json.loads(path.read_text())))
    undo(connected)
    assert not path.exists()


def test_a_value_that_the_user_has_changed_since_stays_and_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "pawwork.json", '{\n  "a": 1\n}')
    connected = connect(path)
    path.write_text(path.read_text().replace(URL, OTHER))
    assert undo(connected) == ("provider.opencode.options.baseURL",)
    assert json.loads(path.read_text()) == {
        "a": 1,
        "provider": {"opencode": {"options": {"baseURL": OTHER}}},
    }


def test_a_value_that_the_user_has_removed_since_is_no_matter(tmp_path: Path) -> None:
    path = write(tmp_path / "pawwork.json", '{\n  "a": 1\n}')
    connected = connect(path)
    path.write_text('{"a": 2}')
    assert undo(connected) == ()
    assert path.read_text() == '{"a": 2}'


def test_the_users_own_address_comes_back(tmp_path: Path) -> None:
    text = '{"provider": {"opencode": {"options": {"baseURL": "https://opencode.ai/a"}}}}'
    path = write(tmp_path / "pawwork.json", text)
    connected = connect(path)
    assert URL in path.read_text()
    path.write_text(path.read_text() + "\n")
    undo(connected)
    assert path.read_text() == f"{text}\n"


def test_a_schema_of_the_users_stays(tmp_path: Path) -> None:
    path = write(tmp_path / "pawwork.json", '{"$schema": "./mine.json"}')
    undo(connect(path))
    connect(path)
    assert json.loads(path.read_text())["$schema"] == "./mine.json"


def test_what_the_user_has_written_by_hand_stays(tmp_path: Path) -> None:
    text = json.dumps({"provider": {"opencode": {"options": {"baseURL": URL}}}})
    path = write(tmp_path / "pawwork.json", text)
    connected = connect(path)
    assert [one.path for one in connected.written] == [("$schema",)]
    undo(connected)
    assert path.read_text() == text


def test_another_port_replaces_the_first_and_undo_still_leads_to_the_beginning(
    tmp_path: Path,
) -> None:
    path = write(tmp_path / "pawwork.jsonc", REAL)
    second = connect(path, connect(path), OTHER)
    assert OTHER in path.read_text()
    assert URL not in path.read_text()
    assert connect(path, second, OTHER) == second
    undo(second)
    assert path.read_text() == REAL


def test_a_file_of_ours_that_has_gone_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "pawwork.json"
    connected = connect(path)
    path.unlink()
    assert undo(connected) == ()
    again = connect(path, connected)
    assert again.made
    undo(again)
    assert not path.exists()


def test_a_file_that_does_not_parse_any_more_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "pawwork.json", "{}")
    connected = connect(path)
    path.write_text("{\nbroken")
    with pytest.raises(ConfigurationError, match="line 2"):
        undone(connected)


def test_where_no_object_stands_the_file_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "pawwork.json", '{\n"provider": []}')
    with pytest.raises(ConfigurationError, match="line 3: provider must be an object"):
        connect(path)


def test_a_file_that_changes_while_we_work_is_not_overwritten(tmp_path: Path) -> None:
    path = write(tmp_path / "pawwork.json", "{}")
    change, _ = connecting(path, settings_for(URL), None)
    path.write_text('{"new": 1}')
    with pytest.raises(ConfigurationError, match="by another program"):
        make(change)
    assert path.read_text() == '{"new": 1}'


def test_a_file_that_cannot_be_written_is_named_and_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "pawwork.json", "{}")

    def fails(handle: int) -> None:
        raise OSError

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(ConfigurationError, match="cannot be written: OSError"):
        connect(path)
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [(path.name, "{}")]


def test_a_change_to_nothing_new_touches_nothing(tmp_path: Path) -> None:
    make(Change(tmp_path / "nowhere", None, None))
    assert list(tmp_path.iterdir()) == []


def test_what_is_remembered_is_private_and_holds_no_more_of_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "pawwork.jsonc", REAL)
    connected = connect(path)
    remember(tmp_path, "pawwork", connected)
    assert remembered(tmp_path) == {"pawwork": connected}
    memory = tmp_path / "connected" / "pawwork.json"
    assert stat.S_IMODE(memory.stat().st_mode) == 0o600
    assert "sk-secret" not in memory.read_text()


def test_clients_that_are_connected_at_once_are_both_remembered(tmp_path: Path) -> None:
    connected = Connected("file", False, (), "", (), ())
    for client in ("pawwork", "opencode"):
        remember(tmp_path, client, connected)
    forget(tmp_path, "opencode", connected._replace(digest="of an earlier one"))
    assert remembered(tmp_path) == {"opencode": connected, "pawwork": connected}
    forget(tmp_path, "opencode", connected)
    assert remembered(tmp_path) == {"pawwork": connected}


def test_a_damaged_memory_is_named(tmp_path: Path) -> None:
    write(tmp_path / "connected" / "pawwork.json", "{}[")
    with pytest.raises(ConfigurationError, match="damaged"):
        remembered(tmp_path)


def test_a_diff_shows_the_change_and_no_key(tmp_path: Path) -> None:
    line = '{"provider": {"opencode": {"options": {"apiKey": "sk-\\"secret"}}}}\n'
    change, _ = connecting(write(tmp_path / "a.json", line), settings_for(URL), None)
    diff = "\n".join(shown(change))
    assert f'+{{"$schema": "{SCHEMA}", "provider"' in diff
    assert f'"baseURL": "{URL}"' in diff
    assert "secret" not in diff
    change, _ = connecting(write(tmp_path / "b.json", REAL), settings_for(URL), None)
    assert [line for line in shown(change) if line[0] in "+-"][2:] == [
        f'+  "$schema": "{SCHEMA}",',
        f'+        "baseURL": "{URL}",',
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts())
def test_connect_and_undo_is_the_identity_also_after_a_change_elsewhere(
    tmp_path: Path, text: str
) -> None:
    path = write(tmp_path / "pawwork.jsonc", text)
    try:
        connected = connect(path)
    except ConfigurationError:
        assert path.read_bytes() == text.encode()
        return
    led = path.read_bytes()
    assert parsed(led.decode()).value["provider"]["opencode"]["options"]["baseURL"] == URL
    undo(connected)
    assert path.read_bytes() == text.encode()
    path.write_bytes(led + b"\n")
    undo(connected)
    assert parsed(path.read_bytes().decode()).value == parsed(text).value
