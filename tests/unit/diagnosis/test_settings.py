"""What a client is told by its files and its environment, and which of it counts."""

import json
import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawwork_proxy.clients.auth_places import Surroundings
from pawwork_proxy.diagnosis.settings import Kind, client_as_told, local_port
from pawwork_proxy.diagnosis.situation import Client, Hidden, Leads

CERTIFICATE = "-----BEGIN CERTIFICATE-----\nAAAA\nBBBB\n-----END CERTIFICATE-----\n"
KEY = {"OPENCODE_API_KEY": "sk-of-a-test"}
US = "http://127.0.0.1:9610"


def told(
    home: Path,
    kind: Kind = "OpenCode",
    environment: Mapping[str, str] | None = None,
    *,
    started: float | None = 10.0,
    on_node: bool = False,
) -> Client:
    (home / "project" / ".git").mkdir(parents=True, exist_ok=True)
    around = Surroundings("linux", home, environment or {}, home / "project")
    ours = home / "ca.pem"
    return client_as_told("it", kind, around, ours, started=started, on_node=on_node)


def names(address: str, provider: str = "opencode") -> str:
    return json.dumps({"provider": {provider: {"options": {"baseURL": address}}}})


def put(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (1, 1))
    return str(path)


def test_the_last_file_of_a_folder_and_the_strongest_folder_count(tmp_path: Path) -> None:
    folder = tmp_path / ".config" / "opencode"
    weak = put(folder / "opencode.json", names("http://localhost:1"))
    strong = put(folder / "opencode.jsonc", "// mine\n" + names(f"{US}/zen/v1"))
    put(folder / "config.json", names("not an address"))
    found = told(tmp_path)
    assert found.base == Leads(9610, strong)
    assert Hidden(Leads(1, weak), strong) in found.hidden
    content = told(
        tmp_path, environment={"OPENCODE_CONFIG_CONTENT": names("https://gateway.example/v1")}
    )
    assert content.base == Leads(None, "OPENCODE_CONFIG_CONTENT")
    assert content.changed_at is None


def test_each_client_reads_its_own_files(tmp_path: Path) -> None:
    opencode = put(tmp_path / ".config" / "opencode" / "opencode.json", names(f"{US}/zen/v1"))
    pawwork = put(tmp_path / ".pawwork" / "pawwork.json", names("http://localhost:1/zen/v1"))
    assert told(tmp_path).base == Leads(9610, opencode)
    assert told(tmp_path, "PawWork").base == Leads(1, pawwork)
    assert told(tmp_path, "DSH").base is None


def test_the_folder_of_the_last_conversation_is_pawworks_project(tmp_path: Path) -> None:
    root = tmp_path / ".config" / "ai.pawwork.desktop"
    user = put(root / "config" / "pawwork" / "pawwork.json", names(US))
    folders = {name: tmp_path / name for name in ("former", "latest")}
    files = {name: put(folder / "pawwork.json", names("https://gateway.example/v1"))
             for name, folder in folders.items()}  # fmt: skip
    database = root / "data" / "pawwork" / "pawwork.db"
    database.parent.mkdir(parents=True)
    with closing(sqlite3.connect(database)) as made:
        made.execute("CREATE TABLE session (id, directory, time_updated)")
        for time, folder in enumerate(folders.values()):
            made.execute("INSERT INTO session VALUES (?, ?, ?)", (str(time), str(folder), time))
        made.commit()
    for folder in folders.values():
        (folder / ".git").mkdir()
    found = told(tmp_path, "PawWork")
    assert found.base == Leads(None, files["latest"])
    assert found.hidden == (Hidden(Leads(9610, user), files["latest"]),)
    database.write_bytes(b"no database")
    assert told(tmp_path, "PawWork").base == Leads(9610, user)


def test_a_file_in_an_earlier_folder_hides_others_also_if_it_is_damaged(tmp_path: Path) -> None:
    earlier = put(tmp_path / ".pawwork" / "pawwork.json", "{}")
    root = tmp_path / ".config" / "ai.pawwork.desktop"
    hidden = put(root / "config" / "pawwork" / "pawwork.json", names(US))
    found = told(tmp_path, "PawWork")
    assert (found.base, found.hidden) == (None, (Hidden(Leads(9610, hidden), earlier),))
    put(Path(hidden), "{")
    assert told(tmp_path, "PawWork").unreadable == ()


def test_a_folder_by_the_name_of_a_file_hides_nothing(tmp_path: Path) -> None:
    folder = tmp_path / ".pawwork"
    (folder / "pawwork.json").mkdir(parents=True)
    root = tmp_path / ".config" / "ai.pawwork.desktop"
    file = put(root / "config" / "pawwork" / "pawwork.json", names(US))
    assert told(tmp_path, "PawWork").base == Leads(9610, file)
    earlier = put(folder / "pawwork.jsonc", "{}")
    assert told(tmp_path, "PawWork").hidden == (Hidden(Leads(9610, file), earlier),)


def test_go_has_an_address_of_its_own(tmp_path: Path) -> None:
    put(tmp_path / ".config" / "opencode" / "opencode.json", names(US, "opencode-go"))
    found = told(tmp_path, environment=KEY)
    assert found.base is None
    assert found.go_base is not None
    assert (found.go_base.port, found.go_key) == (9610, True)
    assert not told(tmp_path, "DSH", KEY).go_key


def test_a_folder_in_the_place_of_a_file_and_an_empty_file_say_nothing(tmp_path: Path) -> None:
    folder = tmp_path / ".config" / "opencode"
    (folder / "opencode.json").mkdir(parents=True)
    put(folder / "opencode.jsonc", "")
    found = told(tmp_path)
    assert (found.base, found.unreadable) == (None, ())


@pytest.mark.parametrize("text", ["{", "\xff", '{"provider": {]}'])
def test_a_file_that_cannot_be_understood_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / ".config" / "opencode" / "opencode.json"
    put(path, "")
    path.write_bytes(text.encode("latin-1"))
    assert told(tmp_path).unreadable == (str(path),)


@pytest.mark.parametrize(
    ("environment", "port", "place"),
    [
        ({"HTTPS_PROXY": US}, 9610, "HTTPS_PROXY"),
        ({"https_proxy": US, "HTTPS_PROXY": "http://proxy:8080"}, 9610, "HTTPS_PROXY"),
        ({"HTTPS_PROXY": "localhost:9610"}, 9610, "HTTPS_PROXY"),
        ({"ALL_PROXY": US}, 9610, "ALL_PROXY"),
        ({"HTTPS_PROXY": "http://proxy:8080"}, None, "HTTPS_PROXY"),
        ({"HTTPS_PROXY": "socks5://127.0.0.1:1080"}, None, "HTTPS_PROXY"),
    ],
)
def test_the_proxy_is_the_one_that_the_environment_names(
    tmp_path: Path, environment: dict[str, str], port: int | None, place: str
) -> None:
    assert told(tmp_path, environment=environment).proxy == Leads(port, place)
    assert (
        told(tmp_path, started=None, environment=environment).proxy is None
    )  # ours is not the client's


@pytest.mark.parametrize(
    ("exempt", "bypasses"),
    [
        ("opencode.ai", True),
        ("localhost,.opencode.ai", True),
        ("*", True),
        ("ai", True),
        ("127.0.0.1,localhost", False),
        ("notopencode.ai", False),
        ("", False),
    ],
)
def test_exemptions(tmp_path: Path, exempt: str, bypasses: bool) -> None:
    assert told(tmp_path, environment={"NO_PROXY": exempt}).bypasses is bypasses
    assert told(tmp_path, environment={"no_proxy": exempt}).bypasses is bypasses


@pytest.mark.parametrize(
    ("environment", "ignores"),
    [
        ({}, True),
        ({"NODE_USE_ENV_PROXY": "1"}, False),
        ({"NODE_OPTIONS": "--use-env-proxy"}, False),
    ],
)
def test_node_looks_at_a_proxy_only_if_it_is_told_to(
    tmp_path: Path, environment: dict[str, str], ignores: bool
) -> None:
    assert told(tmp_path, on_node=True, environment=environment).ignores_proxy is ignores
    assert not told(tmp_path, environment=environment).ignores_proxy


@pytest.mark.parametrize(
    ("named", "ours", "since", "authority"),
    [
        (None, CERTIFICATE, 1, "unnamed"),
        ("gone", CERTIFICATE, 1, "missing"),
        ("x" + CERTIFICATE, CERTIFICATE, 1, "known"),
        (CERTIFICATE.replace("\n", "\r\n"), CERTIFICATE, 1, "known"),
        ("another", CERTIFICATE, 1, "other"),
        ("another", None, 1, "other"),
        (CERTIFICATE, CERTIFICATE, 60, "newer"),
        (CERTIFICATE, CERTIFICATE, 11, "known"),  # the system tells starts to the second
    ],
)
def test_what_a_client_trusts(
    tmp_path: Path, named: str | None, ours: str | None, since: int, authority: str
) -> None:
    theirs = tmp_path / "theirs.pem"
    if ours:
        os.utime(put(tmp_path / "ca.pem", ours), (since, since))
    if named not in (None, "gone"):
        put(theirs, named or "")
    environment = {} if named is None else {"NODE_EXTRA_CA_CERTS": str(theirs)}
    assert told(tmp_path, environment=environment).authority == authority


@given(st.text(max_size=40) | st.from_regex(r"https?://(127\.0\.0\.1|\[::1\])(:\d{1,6})?/?"))
def test_no_address_is_too_odd(address: str) -> None:
    port = local_port(address)
    assert port is None or 0 < port < 65536
