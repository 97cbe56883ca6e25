"""Which places count for which client, and that looking at them never hangs."""

import json
import os
import sqlite3
import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from pawwork_proxy.clients.auth_places import (
    Surroundings,
    configurations,
    has_go_key,
    in_force,
    places,
    surroundings,
)
from pawwork_proxy.clients.auth_sources import AuthSources
from pawwork_proxy.clients.configuration import text_of
from pawwork_proxy.clients.installations import installations
from pawwork_proxy.clients.own_addresses import own_catalogue
from pawwork_proxy.clients.processes import FoundProcess
from pawwork_proxy.clients.watched_places import Asked
from pawwork_proxy.errors import ConfigurationError
from pawwork_proxy.facts.clients import RELEASES
from pawwork_proxy.facts.identifiers import PLACES
from pawwork_proxy.model.context import ClientProcess
from pawwork_proxy.model.exchange import AuthSourceFinding
from pawwork_proxy.model.request import Tier
from tests.closed import close
from tests.unit.clients.test_auth_sources import KEY, api, auth, config, fingerprint, put

FORK, DSH, OPENCODE, OPENCODE_2 = ("C3a", "C3b"), ("C4a",), ("O1b",), ("O2a",)
USERDATA = ".config/ai.pawwork.desktop"
OTHER = "sk-another-" + "o" * 20


class Client:
    """A client with a home, and where its keys are found."""

    def __init__(self, home: Path, folder: Path | None = None, **environment: str) -> None:
        self.around = Surroundings("linux", home, environment, folder)
        self.shell: dict[str, str] = {}
        self.asked_shells = 0
        process = FoundProcess(7, ClientProcess(name="other"), 1.0)
        self.asked = Asked(auth(), process)
        self.sources = AuthSources(
            fingerprint,
            Surroundings("linux", home / "of-the-proxy", {}, own=True),
            look=lambda _: self.around,
            ask=self.ask,
            apart=lambda job: job(),
        )

    def ask(self, _: Mapping[str, str]) -> Mapping[str, str]:
        self.asked_shells += 1
        return self.shell

    def finds(
        self, eras: tuple[str, ...], key: str = KEY, session: str = "", tier: Tier = "zen"
    ) -> tuple[str, tuple[str, ...]]:
        finding = self.finding(eras, key, session, tier)
        return finding.source, finding.places

    def finding(
        self, eras: tuple[str, ...], key: str = KEY, session: str = "", tier: Tier = "zen"
    ) -> AuthSourceFinding:
        asked = Asked(auth(key), self.asked.process, tier, eras, session)
        return self.sources.search(asked).result(0)


def database(path: Path, *statements: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def test_every_row_is_read_by_a_release_that_there_is() -> None:
    for row in PLACES:
        for start in row.read_by:
            assert any(era.startswith(start) for era in RELEASES), (row.id, start)


# -- the first of several ------------------------------------------------------------------


def test_of_pawworks_folders_the_first_with_a_file_counts_and_hides_the_rest(
    tmp_path: Path,
) -> None:
    put(tmp_path / USERDATA / "config/pawwork/pawwork.json", config())
    assert Client(tmp_path).finds(FORK) == ("config", ("pawwork.config",))
    put(tmp_path / ".pawwork/pawwork.jsonc", config(OTHER))
    assert Client(tmp_path).finds(FORK)[0] == "unknown"
    assert Client(tmp_path).finds(FORK, OTHER)[0] == "config"
    named = Client(tmp_path, PAWWORK_HOME=str(tmp_path / "named"))
    assert named.finds(FORK, OTHER)[0] == "config", "a folder without a file hides nothing"
    put(tmp_path / "named/pawwork.json", {})
    assert named.finds(FORK, OTHER)[0] == "config", "remembered, since the client has read it"
    assert Client(tmp_path, PAWWORK_HOME=str(tmp_path / "named")).finds(FORK, OTHER)[0] == "unknown"


def test_a_configuration_that_is_not_in_force_moves_no_address(tmp_path: Path) -> None:
    put(tmp_path / ".pawwork/pawwork.json", {"first": 1})
    put(tmp_path / USERDATA / "config/pawwork/pawwork.json", {"hidden": 1})
    assert list(configurations(Surroundings("linux", tmp_path, {}))) == [{"first": 1}]


def test_places_of_other_clients_do_not_count(tmp_path: Path) -> None:
    put(tmp_path / ".local/share/opencode/auth.json", api())
    put(tmp_path / ".config/opencode/opencode.json", config(OTHER))
    assert Client(tmp_path).finds(OPENCODE) == ("saved", ("opencode.auth",))
    for eras in (FORK, DSH, OPENCODE_2):
        assert Client(tmp_path).finds(eras)[0] == "unknown"
    assert Client(tmp_path).finds(FORK, OTHER)[0] == "unknown"
    assert Client(tmp_path).finds(())[0] == "saved", "whoever it is"
    assert Client(tmp_path).finds(("O1b", "C3a"))[0] == "saved", "it may be OpenCode"


def test_the_smoke_home_moves_pawworks_own_folder(tmp_path: Path) -> None:
    put(tmp_path / "smoke/ai.pawwork.desktop/data/pawwork/auth.json", api())
    put(tmp_path / USERDATA / "data/pawwork/auth.json", api(OTHER))
    client = Client(tmp_path, PAWWORK_CI_SMOKE_HOME=str(tmp_path / "smoke"))
    assert client.finds(FORK) == ("saved", ("pawwork.auth",))
    assert client.finds(FORK, OTHER)[0] == "unknown"


# -- environment ---------------------------------------------------------------------------


def test_an_auth_json_in_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    put(tmp_path / ".local/share/opencode/auth.json", api(OTHER))
    client = Client(tmp_path, OPENCODE_AUTH_CONTENT=json.dumps(api()))
    assert client.finds(OPENCODE) == ("env", ("opencode.auth_content",))
    assert client.finds(OPENCODE, OTHER)[0] == "unknown"
    assert client.finds(FORK)[0] == "unknown", "PawWork does not read it"


def test_a_consoles_token_in_the_environment(tmp_path: Path) -> None:
    assert Client(tmp_path, OPENCODE_CONSOLE_TOKEN=KEY).finds(OPENCODE)[0] == "env"


def test_our_own_environment_counts_only_where_the_clients_cannot_be_seen(tmp_path: Path) -> None:
    own = Surroundings("linux", tmp_path, {"OPENCODE_API_KEY": KEY}, own=True)
    asked = Asked(auth(), FoundProcess(7, ClientProcess(name="other")), eras=OPENCODE)

    def found(client: Surroundings | None) -> tuple[str, tuple[str, ...]]:
        sources = AuthSources(fingerprint, own, look=lambda _: client, apart=lambda job: job())
        finding = sources.search(asked).result(0)
        return finding.source, finding.places

    assert found(Surroundings("linux", tmp_path, {})) == ("unknown", ())
    assert found(None) == ("env", ("own.env",))
    put(tmp_path / ".local/share/opencode/auth.json", api())
    assert found(None) == ("saved", ("opencode.auth", "own.env"))


def test_what_the_login_shell_adds_is_asked_for_last_and_once(tmp_path: Path) -> None:
    client = Client(tmp_path)
    client.shell = {"OPENCODE_API_KEY": KEY}
    for eras in (OPENCODE, DSH, ()):
        assert client.finds(eras)[0] == "unknown", "they take over no shell's variables"
    assert client.asked_shells == 0
    assert client.finds(FORK) == ("env", ("client.login_shell",))
    assert client.finds(FORK, OTHER)[0] == "unknown"
    assert client.asked_shells == 1
    in_file = Client(tmp_path)
    put(tmp_path / USERDATA / "data/pawwork/auth.json", api())
    assert in_file.finds(FORK)[0] == "saved"
    assert in_file.asked_shells == 0


def test_the_shells_variables_fill_in_configurations_too(tmp_path: Path) -> None:
    put(tmp_path / ".pawwork/pawwork.json", config("{env:MINE}"))
    client = Client(tmp_path)
    client.shell = {"MINE": KEY}
    assert client.finds(FORK) == ("config", ("pawwork.config",))


# -- tiers ---------------------------------------------------------------------------------


def test_a_key_of_the_other_provider_is_not_this_requests(tmp_path: Path) -> None:
    put(tmp_path / ".local/share/opencode/auth.json", api(provider="opencode-go"))
    client = Client(tmp_path, OPENCODE_API_KEY=KEY)
    assert client.finds(OPENCODE, tier="zen") == ("env", ("client.env",))
    assert client.finds(OPENCODE, tier="go")[0] == "saved"
    assert client.finding(OPENCODE, tier="unknown").flags == ("several_places",)


# -- DSH -----------------------------------------------------------------------------------


def test_dsh_reads_the_folder_that_its_variable_names_and_no_other(tmp_path: Path) -> None:
    put(
        tmp_path / ".pawwork/dsh/.credentials.yaml", f"version: 1\nrefs:\n  OPENCODE_API_KEY: {KEY}"
    )
    put(tmp_path / "named/.credentials.yaml", f'OPENCODE_GO_API_KEY: "{OTHER}"')
    assert Client(tmp_path).finds(DSH) == ("saved", ("pawwork.dsh",))
    named = Client(tmp_path, DSH_HOME=str(tmp_path / "named"))
    assert named.finds(DSH)[0] == "unknown"
    assert named.finds(DSH, OTHER, tier="go") == ("saved", ("pawwork.dsh",))
    assert named.finds(DSH, OTHER, tier="zen")[0] == "unknown"


@pytest.mark.parametrize(
    "folder", [".pawwork/dsh-dev", f"{USERDATA}/dsh", f"{USERDATA}.beta/dsh", ".dsh"]
)
def test_dshs_other_folders_count(folder: str, tmp_path: Path) -> None:
    put(tmp_path / folder / ".credentials.yaml", f'OPENCODE_API_KEY: "{KEY}"\n')
    assert Client(tmp_path).finds(DSH)[0] == "saved"


def test_what_a_move_left_behind_does_not_count(tmp_path: Path) -> None:
    put(tmp_path / USERDATA / "dsh/.credentials.yaml", f"OPENCODE_API_KEY: {KEY}")
    put(tmp_path / ".pawwork/dsh/.credentials.yaml", "refs: {OPENCODE_API_KEY: newer-key}")
    assert Client(tmp_path).finds(DSH)[0] == "unknown"


def test_to_dsh_its_environment_is_stronger_than_its_file(tmp_path: Path) -> None:
    put(tmp_path / ".pawwork/dsh/.credentials.yaml", f"OPENCODE_API_KEY: {KEY}")
    client = Client(tmp_path, OPENCODE_API_KEY=KEY)
    assert client.finds(DSH) == ("env", ("client.env", "pawwork.dsh"))


# -- databases -----------------------------------------------------------------------------

CREDENTIAL = "CREATE TABLE credential (id, integration_id, label, value)"


@pytest.mark.parametrize(
    ("integration", "value", "tier"),
    [
        ("opencode", {"type": "api", "key": KEY}, "zen"),
        ("opencode-go", {"type": "api", "key": KEY}, "go"),
        ("opencode", {"type": "oauth", "access": KEY, "refresh": "r"}, "zen"),
    ],
)
def test_opencode_2_keeps_its_keys_in_a_table(
    integration: str, value: dict[str, str], tier: Tier, tmp_path: Path
) -> None:
    row = f"INSERT INTO credential VALUES ('1', '{integration}', 'x', '{json.dumps(value)}')"
    database(tmp_path / ".local/share/opencode/opencode.db", CREDENTIAL, row)
    assert Client(tmp_path).finds(OPENCODE_2, tier=tier) == ("saved", ("opencode.credential",))
    assert Client(tmp_path).finds(OPENCODE, tier=tier)[0] == "unknown"


@pytest.mark.parametrize("named", ["mine.db", "/there.db"])
def test_the_variable_names_another_database(named: str, tmp_path: Path) -> None:
    file = str(tmp_path / "there.db") if named.startswith("/") else named
    row = f"INSERT INTO credential VALUES ('1', 'opencode', 'x', '{json.dumps({'key': KEY})}')"
    database(tmp_path / ".local/share/opencode" / file, CREDENTIAL, row)
    assert Client(tmp_path, OPENCODE_DB=file).finds(OPENCODE_2)[0] == "saved"
    assert Client(tmp_path).finds(OPENCODE_2)[0] == "unknown"


@pytest.mark.parametrize("value", ["no json", "[1]", '"x"', "7", '{"key": 7}'])
def test_a_row_without_a_key_holds_none(value: str, tmp_path: Path) -> None:
    row = f"INSERT INTO credential VALUES ('1', 'opencode', 'x', '{value}')"
    database(tmp_path / ".local/share/opencode/opencode.db", CREDENTIAL, row)
    assert Client(tmp_path).finds(OPENCODE_2)[0] == "unknown"


@pytest.mark.parametrize(
    ("path", "eras", "place"),
    [
        (".local/share/opencode/opencode.db", OPENCODE, "opencode.account"),
        (f"{USERDATA}/data/pawwork/pawwork.db", FORK, "pawwork.account"),
    ],
)
def test_the_active_account_alone_supplies_a_token(
    path: str, eras: tuple[str, ...], place: str, tmp_path: Path
) -> None:
    database(
        tmp_path / path,
        "CREATE TABLE account (id, access_token)",
        "CREATE TABLE account_state (id, active_account_id)",
        f"INSERT INTO account VALUES ('a', '{KEY}'), ('b', '{OTHER}'), ('c', '')",
        "INSERT INTO account_state VALUES (1, 'a'), (2, 'c')",
    )
    assert Client(tmp_path).finds(eras) == ("saved", (place,))
    assert Client(tmp_path).finds(eras, OTHER)[0] == "unknown"


# -- projects ------------------------------------------------------------------------------


def test_pawworks_project_is_the_conversations_folder_and_not_the_working_folder(
    tmp_path: Path,
) -> None:
    put(tmp_path / "project/pawwork.json", config())
    put(tmp_path / "cwd/pawwork.json", config(OTHER))
    database(
        tmp_path / USERDATA / "data/pawwork/pawwork.db",
        "CREATE TABLE session (id, directory)",
        f"INSERT INTO session VALUES ('ses_1', '{tmp_path / 'project'}'), ('ses_2', '/elsewhere')",
    )
    client = Client(tmp_path, tmp_path / "cwd")
    assert client.finds(FORK, session="ses_1") == ("config", ("project.config",))
    assert client.finds(FORK, session="ses_2")[0] == "unknown"
    assert client.finds(FORK, session="ses_3")[0] == "unknown", "nobody knows its folder"
    assert client.finds(FORK, OTHER, session="ses_1")[0] == "unknown"
    off = Client(tmp_path, OPENCODE_DISABLE_PROJECT_CONFIG="1")
    assert off.finds(FORK, session="ses_1")[0] == "unknown"


def test_without_its_database_the_project_is_unknown(tmp_path: Path) -> None:
    put(tmp_path / "cwd/pawwork.json", config())
    (tmp_path / USERDATA / "data/pawwork").mkdir(parents=True)
    (tmp_path / USERDATA / "data/pawwork/pawwork.db").write_bytes(b"no database" * 99)
    assert Client(tmp_path, tmp_path / "cwd").finds(FORK, session="ses_1")[0] == "unknown"


# -- what cannot be read -------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.parametrize(
    "name", ["auth.json", "opencode.db", "../../../.config/opencode/opencode.json"]
)
def test_a_pipe_is_not_waited_for(name: str, tmp_path: Path) -> None:
    file = tmp_path / ".local/share/opencode" / name
    file.parent.mkdir(parents=True)
    (tmp_path / ".config/opencode").mkdir(parents=True, exist_ok=True)
    os.mkfifo(file)
    assert Client(tmp_path).finding(()).flags == ("unreadable_place",)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_no_pipe_of_a_client_is_waited_for_when_it_is_looked_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "package.json")
    os.mkfifo(tmp_path / "models.json")
    (tmp_path / "opencode").touch()
    catalogue = {"OPENCODE_MODELS_PATH": str(tmp_path / "models.json")}
    around = Surroundings("linux", tmp_path, {"PATH": str(tmp_path), **catalogue})
    assert [one.release for one in installations(around)] == [None]
    assert own_catalogue(around) is None
    with pytest.raises(ConfigurationError, match="cannot be read: ValueError"):
        text_of(tmp_path / "package.json")


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    put(tmp_path / ".local/share/opencode/auth.json", "")
    os.truncate(tmp_path / ".local/share/opencode/auth.json", 2**40)
    assert Client(tmp_path).finding(OPENCODE).flags == ("unreadable_place",)


def test_who_asks_never_waits_for_who_looks(tmp_path: Path) -> None:
    go_on = threading.Event()

    def look(_: FoundProcess) -> Surroundings:
        assert go_on.wait(60)
        return Surroundings("linux", tmp_path, {"OPENCODE_API_KEY": KEY})

    sources = AuthSources(fingerprint, Surroundings("linux", tmp_path, {}), look=look)
    slow = Asked(auth(), FoundProcess(7, ClientProcess(name="other")))
    searches = [sources.search(slow) for _ in range(3)]
    assert not any(search.done() for search in searches)
    assert sources.search(Asked(auth(kind="public"))).result(0).source == "anonymous"
    assert sources.search(Asked(auth())).result(60).source == "unknown", "another client's turn"
    go_on.set()
    assert {search.result(60).source for search in searches} == {"env"}


def test_a_look_that_fails_is_told_to_all_who_wait(tmp_path: Path) -> None:
    def look(_: FoundProcess) -> Surroundings:
        raise RuntimeError

    own = Surroundings("linux", tmp_path, {})
    sources = AuthSources(fingerprint, own, look=look, apart=lambda job: job())
    search = sources.search(Asked(auth(), FoundProcess(7, ClientProcess(name="other"))))
    assert isinstance(search.exception(0), RuntimeError)


# -- Go ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arrange", "environment"),
    [
        (lambda _: None, {"OPENCODE_API_KEY": "k"}),
        (lambda _: None, {"OPENCODE_AUTH_CONTENT": json.dumps(api(provider="opencode-go"))}),
        (lambda _: None, {"OPENCODE_CONFIG_CONTENT": json.dumps(config(provider="opencode-go"))}),
        (lambda h: put(h / ".local/share/opencode/auth.json", api(provider="opencode-go")), {}),
        (lambda h: put(h / USERDATA / "data/pawwork/auth.json", api(provider="opencode-go")), {}),
        (lambda h: put(h / ".pawwork/dsh/.credentials.yaml", f"OPENCODE_GO_API_KEY: {KEY}"), {}),
        (lambda h: put(h / ".pawwork/dsh/.credentials.yaml", f"OPENCODE_API_KEY: {KEY}"), {}),
        (lambda h: put(h / ".config/opencode/opencode.json", config(provider="opencode-go")), {}),
    ],
)
def test_a_key_for_go_is_looked_for_in_every_place(
    arrange: Callable[[Path], None], environment: dict[str, str], tmp_path: Path
) -> None:
    assert not has_go_key(surroundings({"HOME": str(tmp_path)}))
    arrange(tmp_path)
    assert has_go_key(surroundings({"HOME": str(tmp_path), **environment}))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (".local/share/opencode/auth.json", api()),
        (".local/share/opencode/auth.json", "{"),
        (".local/share/opencode/auth.json", {"opencode-go": {"type": "api"}}),
        (".config/opencode/opencode.json", config()),
        (".config/opencode/opencode.json", config("", "opencode-go")),
        (".pawwork/dsh/.credentials.yaml", 'OPENCODE_API_KEY: "public"'),
    ],
)
def test_other_keys_are_none_for_go(name: str, content: object, tmp_path: Path) -> None:
    put(tmp_path / name, content)
    assert not has_go_key(surroundings({"HOME": str(tmp_path), "OPENCODE_CONSOLE_TOKEN": "t"}))


def test_a_key_for_go_of_another_client_does_not_count(tmp_path: Path) -> None:
    put(tmp_path / ".local/share/opencode/auth.json", api(provider="opencode-go"))
    around = surroundings({"HOME": str(tmp_path)})
    assert has_go_key(around, in_force(around, OPENCODE))
    assert not has_go_key(around, in_force(around, FORK))


def test_places_in_force_are_places(tmp_path: Path) -> None:
    around = Surroundings("linux", tmp_path, {}, tmp_path)
    assert set(in_force(around)) <= set(places(around))


def test_a_place_that_is_closed_to_the_user_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / ".pawwork"
    closed.mkdir()
    file = tmp_path / USERDATA / "config/pawwork/pawwork.json"
    put(file, config())
    project = tmp_path / "closed" / "project"
    project.mkdir(parents=True)
    close(monkeypatch, closed)
    close(monkeypatch, tmp_path / "closed")
    found = in_force(Surroundings("linux", tmp_path, {}, project), FORK)
    assert file in [place.path for place in found]
