import json
import os
import plistlib
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pawwork_proxy.clients.auth_places import Place, Surroundings, keys_at, places
from pawwork_proxy.clients.auth_sources import AuthSources, client_surroundings
from pawwork_proxy.clients.key_formats import HeldKey, parse_jsonc
from pawwork_proxy.clients.processes import FoundProcess, started
from pawwork_proxy.clients.watched_places import Asked
from pawwork_proxy.facts.identifiers import Namespace
from pawwork_proxy.model.context import ClientProcess, OsFamily
from pawwork_proxy.model.exchange import AuthSourceFinding
from pawwork_proxy.model.request import AuthFacts, AuthKind
from pawwork_proxy.redaction.pseudonyms import Pseudonymiser

PSEUDONYMS = Pseudonymiser(b"a" * 32)
KEY = "sk-made-up-" + "k" * 20


def fingerprint(key: str) -> str:
    return PSEUDONYMS.of(Namespace.KEY, key)


def auth(key: str = KEY, kind: AuthKind = "user_key") -> AuthFacts:
    return AuthFacts(header="authorization", kind=kind, pseudonym=fingerprint(key))


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 10.0
        return self.now


class Sources:
    """The sources, looked for at once instead of apart."""

    def __init__(
        self,
        own: Surroundings,
        look: Callable[[FoundProcess], Surroundings | None] | None = None,
        now: Callable[[], float] | None = None,
    ) -> None:
        self.sources = AuthSources(
            fingerprint, own, look=look, apart=lambda job: job(), now=now or Clock()
        )

    def look_up(self, auth: AuthFacts, pid: int | None = None, **asked: Any) -> AuthSourceFinding:
        process = FoundProcess(pid, ClientProcess(name="other"), 1.0) if pid else None
        return self.sources.search(Asked(auth, process, **asked)).result(0)


def sources(home: Path, folder: Path | None = None, **environment: str) -> Sources:
    return Sources(Surroundings("linux", home, environment, folder))


def put(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))


def config(key: str = KEY, provider: str = "opencode") -> dict[str, object]:
    return {"provider": {provider: {"options": {"apiKey": key}}}}


def api(key: str = KEY, provider: str = "opencode") -> dict[str, object]:
    return {provider: {"type": "api", "key": key}}


def in_opencode_auth(home: Path) -> None:
    put(home / ".local/share/opencode/auth.json", api())


def in_go_auth(home: Path) -> None:
    put(home / ".local/share/opencode/auth.json", api(provider="opencode-go"))


def in_pawwork_auth(home: Path) -> None:
    put(home / ".config/ai.pawwork.desktop.beta/data/pawwork/auth.json", api())


def in_oauth(home: Path) -> None:
    entry = {"opencode": {"type": "oauth", "refresh": "r", "access": KEY, "expires": 1}}
    put(home / ".local/share/opencode/auth.json", entry)


def in_dsh(home: Path) -> None:
    put(home / ".pawwork/dsh/.credentials.yaml", f'refs:\n  OPENCODE_API_KEY: "{KEY}"\n')


def in_opencode_config(home: Path) -> None:
    text = "// mine\n" + json.dumps(config()).replace("}}}}", "},},},}")
    put(home / ".config/opencode/opencode.jsonc", text)


def in_pawwork_config(home: Path) -> None:
    put(home / ".pawwork/pawwork.json", config())


def in_file_named_by_config(home: Path) -> None:
    put(home / "secret.txt", KEY + "\n")
    put(home / ".config/opencode/config.json", config("{file:~/secret.txt}"))


def in_file_beside_config(home: Path) -> None:
    put(home / ".config/opencode/secret.txt", KEY)
    put(home / ".config/opencode/config.json", config("{file:secret.txt}"))


def in_a_header_of_config(home: Path) -> None:
    options = {"headers": {"Authorization": f"Bearer {KEY}", "x-title": "another"}}
    put(home / ".config/opencode/opencode.json", {"provider": {"opencode": {"options": options}}})


def in_a_header_of_a_model(home: Path) -> None:
    model = {"headers": {"x-api-key": KEY}}
    put(
        home / ".config/opencode/opencode.json",
        {"provider": {"opencode": {"models": {"big-pickle": model, "other": 1}}}},
    )


def in_options_of_a_model(home: Path) -> None:
    model = {"options": {"headers": {"Authorization": f"Bearer {KEY}"}}}
    put(
        home / ".config/opencode/opencode.json",
        {"provider": {"opencode": {"models": {"big-pickle": model}}}},
    )


@pytest.mark.parametrize(
    ("arrange", "source", "place"),
    [
        (in_a_header_of_a_model, "config", "opencode.config"),
        (in_options_of_a_model, "config", "opencode.config"),
        (in_a_header_of_config, "config", "opencode.config"),
        (in_opencode_auth, "saved", "opencode.auth"),
        (in_go_auth, "saved", "opencode.auth"),
        (in_pawwork_auth, "saved", "pawwork.auth"),
        (in_oauth, "saved", "opencode.auth"),
        (in_dsh, "saved", "pawwork.dsh"),
        (in_opencode_config, "config", "opencode.config"),
        (in_pawwork_config, "config", "pawwork.config"),
        (in_file_named_by_config, "config", "opencode.config"),
        (in_file_beside_config, "config", "opencode.config"),
    ],
)
def test_keys_are_found_where_clients_keep_them(
    arrange: Callable[[Path], None], source: str, place: str, tmp_path: Path
) -> None:
    arrange(tmp_path)
    finding = sources(tmp_path).look_up(auth())
    assert (finding.source, finding.places, finding.flags) == (source, (place,), ())
    assert sources(tmp_path).look_up(auth("another")).source == "unknown"
    assert KEY not in finding.model_dump_json()


def test_keys_in_the_environment(tmp_path: Path) -> None:
    assert sources(tmp_path, OPENCODE_API_KEY=KEY).look_up(auth()).source == "env"
    content = json.dumps(config("{env:MINE}"))
    found = sources(tmp_path, OPENCODE_CONFIG_CONTENT=content, MINE=KEY).look_up(auth())
    assert (found.source, found.places) == ("config", ("opencode.config_content",))
    put(tmp_path / "x.json", config())
    found = sources(tmp_path, OPENCODE_CONFIG=str(tmp_path / "x.json")).look_up(auth())
    assert found.places == ("opencode.config_file",)
    put(tmp_path / "data/opencode/auth.json", api())
    found = sources(tmp_path, XDG_DATA_HOME=str(tmp_path / "data")).look_up(auth())
    assert found.source == "saved"
    put(tmp_path / "paw/pawwork.jsonc", config())
    found = sources(tmp_path, PAWWORK_HOME=str(tmp_path / "paw")).look_up(auth())
    assert found.source == "config"


def test_project_files_count_up_to_the_worktree(tmp_path: Path) -> None:
    folder = tmp_path / "work" / "tree" / "deep"
    folder.mkdir(parents=True)
    put(tmp_path / "work/opencode.json", config())
    assert sources(tmp_path, folder).look_up(auth()).source == "config"
    (tmp_path / "work/tree/.git").mkdir()
    assert sources(tmp_path, folder).look_up(auth()).source == "unknown"
    put(tmp_path / "work/tree/.opencode/config.json", config())
    assert sources(tmp_path, folder).look_up(auth()).places == ("project.config",)
    off = sources(tmp_path, folder, OPENCODE_DISABLE_PROJECT_CONFIG="1")
    assert off.look_up(auth()).source == "unknown"


@pytest.mark.parametrize("kind", ["none", "public"])
def test_without_a_key_the_source_is_anonymous(kind: AuthKind, tmp_path: Path) -> None:
    assert sources(tmp_path).look_up(auth(kind=kind)).source == "anonymous"


def test_more_than_one_place_is_said_and_the_strongest_named(tmp_path: Path) -> None:
    in_opencode_auth(tmp_path)
    in_opencode_config(tmp_path)
    finding = sources(tmp_path, OPENCODE_API_KEY=KEY).look_up(auth())
    assert finding.source == "config"
    assert finding.places == ("opencode.config", "opencode.auth", "client.env")
    assert finding.flags == ("several_places",)


@pytest.mark.parametrize("content", ["{", "[]", '{"opencode": '])
def test_unreadable_places_are_said(content: str, tmp_path: Path) -> None:
    put(tmp_path / ".local/share/opencode/auth.json", content)
    finding = sources(tmp_path).look_up(auth())
    assert (finding.source, finding.flags) == ("unknown", ("unreadable_place",))


def test_a_missing_file_named_by_config_is_unreadable(tmp_path: Path) -> None:
    put(tmp_path / ".config/opencode/config.json", config("{file:~/none}"))
    assert sources(tmp_path).look_up(auth()).flags == ("unreadable_place",)


@pytest.mark.parametrize(
    "content", [{"provider": []}, {"provider": {"opencode": 1}}, [], {"opencode": 1}]
)
def test_configs_without_keys_are_no_trouble(content: object, tmp_path: Path) -> None:
    put(tmp_path / ".config/opencode/config.json", content)
    assert sources(tmp_path).look_up(auth()).flags == ()


def test_changes_during_the_run_are_seen_and_old_keys_remembered(tmp_path: Path) -> None:
    watched = sources(tmp_path)
    assert watched.look_up(auth()).source == "unknown"
    in_opencode_auth(tmp_path)
    assert watched.look_up(auth()).source == "saved"
    put(tmp_path / ".local/share/opencode/auth.json", api("sk-newer-" + "n" * 20))
    assert watched.look_up(auth("sk-newer-" + "n" * 20)).flags == ()
    old = watched.look_up(auth())
    assert (old.source, old.flags) == ("saved", ("rotated",))


def test_files_are_not_looked_at_more_than_once_a_second(tmp_path: Path) -> None:
    watched = Sources(Surroundings("linux", tmp_path, {}), now=lambda: 1.0)
    watched.look_up(auth())
    in_opencode_auth(tmp_path)
    assert watched.look_up(auth()).source == "unknown"


def test_a_client_with_surroundings_of_its_own(tmp_path: Path) -> None:
    in_opencode_auth(tmp_path / "clean")
    looked: list[int] = []

    def look(process: FoundProcess) -> Surroundings | None:
        looked.append(process.pid)
        return Surroundings("linux", tmp_path / "clean", {}) if process.pid == 7 else None

    found = Sources(Surroundings("linux", tmp_path, {}), look)
    assert found.look_up(auth(), 7).source == "saved"
    assert found.look_up(auth(), 8).source == "unknown"
    assert found.look_up(auth()).source == "unknown"
    assert found.look_up(auth(), 7).source == "saved"
    assert looked == [7, 8]


@pytest.mark.process
def test_the_environment_of_a_running_process(tmp_path: Path) -> None:
    environment = {**os.environ, "OPENCODE_API_KEY": KEY, "HOME": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", "print('up', flush=True); input()"],
        env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=tmp_path,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        process.stdout.readline()
        found = FoundProcess(process.pid, ClientProcess(name="other"), started(process.pid))
        around = client_surroundings(found)
        later = client_surroundings(replace(found, started=0.0))
        process.communicate(b"\n")
    assert around is not None
    assert (around.home, around.environment["OPENCODE_API_KEY"]) == (tmp_path, KEY)
    assert later is None, "another process may have had the number before"
    assert client_surroundings(found) is None


@pytest.mark.parametrize(
    ("system", "environment", "part"),
    [
        ("macos", {}, "Library/Application Support/ai.pawwork.desktop/data/pawwork/auth.json"),
        ("windows", {"APPDATA": "/roam"}, "/roam/ai.pawwork.desktop/data/pawwork/auth.json"),
        ("windows", {}, "AppData/Roaming/ai.pawwork.desktop/data/pawwork/auth.json"),
        ("linux", {}, ".config/ai.pawwork.desktop.dev/data/pawwork/auth.json"),
        ("windows", {"PROGRAMDATA": "/pd"}, "/pd/opencode/opencode.json"),
        ("macos", {}, "/Library/Application Support/pawwork/pawwork.json"),
        ("linux", {}, "/etc/opencode/opencode.jsonc"),
        ("windows", {}, ".local/share/opencode/auth.json"),
    ],
)
def test_places_of_each_system(system: OsFamily, environment: dict[str, str], part: str) -> None:
    found = places(Surroundings(system, Path("/home/somebody"), environment))
    assert any(part in place.path.as_posix() for place in found if place.path)


def test_place_ids_name_no_path() -> None:
    for place in places(Surroundings("linux", Path("/home/somebody"), {}, Path("/home/x"))):
        assert isinstance(place, Place)
        assert "/" not in place.id


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1, /* x */ "b": [1, 2,],} // end', {"a": 1, "b": [1, 2]}),
        ('\ufeff{"a": "// no, /* comment */ ,}"}', {"a": "// no, /* comment */ ,}"}),
    ],
)
def test_jsonc(text: str, value: object) -> None:
    assert parse_jsonc(text) == value


@pytest.mark.parametrize("form", list(plistlib.PlistFormat))
def test_managed_preferences_of_macos_are_read(form: plistlib.PlistFormat, tmp_path: Path) -> None:
    path = tmp_path / "ai.pawwork.managed.plist"
    path.write_bytes(plistlib.dumps(config("{env:MANAGED}"), fmt=form))
    place = Place("pawwork.mdm", "config", "plist", path)
    around = Surroundings("macos", Path("/Users/jo"), {"MANAGED": KEY})
    assert keys_at(place, around) == [HeldKey("opencode", KEY)]
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(ValueError, match=r"Error|Invalid"):
        keys_at(place, around)


def test_managed_preferences_are_looked_for_on_macos_only() -> None:
    around = Surroundings("macos", Path("/Users/jo"), {})
    found = [str(place.path) for place in places(around) if place.form == "plist"]
    assert found[:2] == [
        "/Library/Managed Preferences/jo/ai.pawwork.managed.plist",
        "/Library/Managed Preferences/ai.pawwork.managed.plist",
    ]
    elsewhere = Surroundings("linux", Path("/home/jo"), {})
    assert not [place for place in places(elsewhere) if place.form == "plist"]


YAML = {
    "plain": "refs:\n  OPENCODE_API_KEY: {}\n",
    "quoted name": 'refs:\n  "OPENCODE_API_KEY": "{}"\n',
    "flow": "refs: {{OPENCODE_API_KEY: {}}}\n",
    "nested": "refs:\n  OPENCODE_API_KEY:\n    value: {}\n",
    "nested with a type": "refs:\n  OPENCODE_GO_API_KEY:\n    type: literal\n    value: '{}'\n",
    "block scalar": "refs:\n  OPENCODE_API_KEY: >-\n    {}\n",
    "line ends and mark of Windows": "\ufeffrefs:\r\n  OPENCODE_API_KEY: {}\r\n",
    "anchor": "a: &k {}\nrefs:\n  OPENCODE_API_KEY: *k\n",
}


@pytest.mark.parametrize("form", sorted(YAML))
def test_credentials_of_dsh_are_read_however_they_are_written(form: str, tmp_path: Path) -> None:
    (tmp_path / ".pawwork/dsh").mkdir(parents=True)
    path = tmp_path / ".pawwork/dsh/.credentials.yaml"
    path.write_bytes(YAML[form].format(KEY).encode())
    finding = sources(tmp_path).look_up(auth())
    assert (finding.source, finding.places, finding.flags) == ("saved", ("pawwork.dsh",), ())


@pytest.mark.parametrize("text", ["a: [", "x: y\n" * 20_000, "a: 2026-99-99", "!!python/x {}"])
def test_credentials_that_are_no_yaml_are_said_to_be_unreadable(text: str, tmp_path: Path) -> None:
    put(tmp_path / ".pawwork/dsh/.credentials.yaml", text)
    assert sources(tmp_path).look_up(auth()).flags == ("unreadable_place",)


@pytest.mark.parametrize(
    "text", ["", "[1]", "refs: {OPENCODE_API_KEY: 7}", "&a {x: *a}", "{1: {2: 3}}", "a: " * 1]
)
def test_credentials_without_keys_are_no_trouble(text: str, tmp_path: Path) -> None:
    put(tmp_path / ".pawwork/dsh/.credentials.yaml", text)
    finding = sources(tmp_path).look_up(auth())
    assert (finding.source, finding.flags) == ("unknown", ())


def test_a_line_end_behind_a_key_of_the_environment_does_not_count(tmp_path: Path) -> None:
    assert sources(tmp_path, OPENCODE_API_KEY=KEY + "\n").look_up(auth()).source == "env"
    assert sources(tmp_path, OPENCODE_API_KEY=" ").look_up(auth()).source == "unknown"


def test_a_relative_config_is_beside_the_client(tmp_path: Path) -> None:
    put(tmp_path / "project/mine.json", config())
    found = sources(tmp_path, tmp_path / "project", OPENCODE_CONFIG="mine.json").look_up(auth())
    assert found.places == ("opencode.config_file",)


@pytest.mark.parametrize("name", ["config.json", "config.jsonc", "opencode.json"])
def test_project_files_of_each_name_are_read(name: str, tmp_path: Path) -> None:
    put(tmp_path / "project" / name, config())
    assert sources(tmp_path, tmp_path / "project").look_up(auth()).source == "config"


@pytest.mark.parametrize(
    ("value", "source"),
    [("0", "config"), ("false", "config"), ("", "config"), ("1", "unknown"), ("TRUE", "unknown")],
)
def test_the_switch_for_project_files_is_read_as_the_client_does(
    value: str, source: str, tmp_path: Path
) -> None:
    put(tmp_path / "project/opencode.json", config())
    found = sources(tmp_path, tmp_path / "project", OPENCODE_DISABLE_PROJECT_CONFIG=value)
    assert found.look_up(auth()).source == source


def test_a_key_that_is_missed_is_looked_for_again_at_once(tmp_path: Path) -> None:
    """A client may use a key in the same second in which it was saved."""
    clock = iter([0.0, 0.01, 0.06, 0.07, 0.12, 0.5, 1.2])
    watched = Sources(Surroundings("linux", tmp_path, {}), now=lambda: next(clock))
    watched.look_up(auth())
    in_opencode_auth(tmp_path)
    assert watched.look_up(auth()).source == "unknown", "not more often than every 50 ms"
    assert watched.look_up(auth()).source == "saved"
    put(tmp_path / ".local/share/opencode/auth.json", api("sk-newer-" + "n" * 20))
    newer = auth("sk-newer-" + "n" * 20)
    assert watched.look_up(newer).source == "unknown"
    assert watched.look_up(newer).source == "saved"
    assert watched.look_up(auth()).flags == ("rotated",)


def test_a_stream_of_unknown_keys_costs_few_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0

    def stamp(_: Path) -> None:
        nonlocal looks
        looks += 1

    monkeypatch.setattr("pawwork_proxy.clients.watched_places.stamp_of", stamp)
    clock = iter([n / 1000 for n in range(1002)])
    around = Surroundings("linux", tmp_path, {})
    watched = Sources(around, now=lambda: next(clock))
    for _ in range(1000):
        watched.look_up(auth())
    assert looks <= 21 * len(places(around))


def test_a_client_that_is_found_late_may_use_a_key_from_before(tmp_path: Path) -> None:
    in_opencode_auth(tmp_path)
    around = Surroundings("linux", tmp_path, {})
    found = Sources(around, lambda _: around)
    put(tmp_path / ".local/share/opencode/auth.json", api("sk-newer-" + "n" * 20))
    assert found.look_up(auth("sk-newer-" + "n" * 20), 7).flags == ()
    old = found.look_up(auth(), 7)
    assert (old.source, old.flags) == ("saved", ("rotated",))


def test_a_client_that_was_met_is_seen_though_it_has_ended(tmp_path: Path) -> None:
    """`opencode run` ends as soon as it has its answer; our own environment is not the client's."""
    around = [Surroundings("linux", tmp_path, {"OPENCODE_API_KEY": KEY}, tmp_path)]
    found = Sources(
        Surroundings("linux", tmp_path, {"OPENCODE_API_KEY": KEY}, tmp_path, own=True),
        look=lambda _: around.pop() if around else None,
    )
    found.sources.meet(None)
    found.sources.meet(FoundProcess(7, ClientProcess(name="other"), 1.0))
    assert around == []
    assert found.look_up(auth(), pid=7).places == ("client.env",)
    assert found.look_up(auth(), pid=8).places == ("own.env",)
