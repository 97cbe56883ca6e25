"""This machine's own secrets: found where clients keep them, and in every usual encoding."""

import base64
import html
import json
import os
import secrets
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest

from pawwork_proxy.bundle import own_secrets as own_secrets_module
from pawwork_proxy.bundle.assembly import Member
from pawwork_proxy.bundle.own_secrets import OwnSecret, own_secrets, search
from pawwork_proxy.clients.auth_places import Surroundings
from pawwork_proxy.clients.client_files import read_regular
from pawwork_proxy.errors import BundleError
from pawwork_proxy.verification.findings import Finding
from tests.unit.redaction.canaries import canaries

KEY = canaries(21)["zen"]
NAME = "captures/0001.jsonl"


def around(home: Path, **environment: str) -> Surroundings:
    return Surroundings("linux", home, environment)


def values(home: Path, rule: str = "own_key", **environment: str) -> set[str]:
    found = own_secrets(around(home, **environment), home / "private")
    return {secret.value for secret in found if secret.rule == rule}


def found_in(text: str, *own: OwnSecret) -> Finding | None:
    lines = (b'{"a":"plain"}\n', json.dumps({"model": text}).encode() + b"\n")
    return search(own, [Member("summary.json", (b"{}\n",)), Member(NAME, lines)])


ENCODINGS: dict[str, Callable[[str], str]] = {
    "raw": lambda raw: raw,
    "upper": lambda raw: raw.upper(),
    "json": json.dumps,
    "percent": lambda raw: quote(raw, safe=""),
    "html": html.escape,
    "hex": lambda raw: raw.encode().hex(),
    "base32": lambda raw: base64.b32encode(raw.encode()).decode(),
    "base64": lambda raw: base64.b64encode(raw.encode()).decode(),
    "base64 shifted by one": lambda raw: base64.b64encode(b"x" + raw.encode()).decode(),
    "base64 shifted by two": lambda raw: base64.b64encode(b"xy" + raw.encode() + b"z").decode(),
    "base64url": lambda raw: base64.urlsafe_b64encode(raw.encode()).decode(),
    "basic": lambda raw: base64.b64encode(f"user:{raw}".encode()).decode(),
}


@pytest.mark.parametrize("encoding", sorted(ENCODINGS))
@pytest.mark.parametrize(
    "value", [KEY, 'pa"ss/w+ord & <7>', "schlüssel-9x-ß", "zz~~~>>>???~~~k9v2"]
)
def test_a_key_is_found_in_every_usual_encoding(encoding: str, value: str) -> None:
    hidden = f"before {ENCODINGS[encoding](value)} behind"
    assert found_in(hidden, OwnSecret("own_key", value)) == Finding(
        rule="own_key", member=NAME, line=2
    )


def test_any_twelve_characters_of_a_key_are_found() -> None:
    for start in range(0, len(KEY) - 11, 5):
        assert found_in("x" + KEY[start : start + 12] + "y", OwnSecret("own_key", KEY)) is not None
    assert found_in(KEY[3:11], OwnSecret("own_key", KEY)) is None


def test_names_are_found_as_whole_words_only() -> None:
    own = OwnSecret("own_user", "Marlow", name=True)
    assert found_in("a marlow-laptop", own) is not None
    assert found_in("marlowe", own) is None


def test_the_home_folder_is_found_in_either_notation() -> None:
    windows = own_secrets(around(Path("C:\\Users\\marlow")), Path("none"))
    assert found_in("see C:/Users/marlow/x", *windows) is not None
    assert found_in(quote("C:\\Users\\marlow", safe=""), *windows) is not None


def test_a_secret_in_the_readme_is_found() -> None:
    member = Member("README.txt", (b"one\ntwo " + KEY.encode(),))
    assert search([OwnSecret("own_key", KEY)], [member]) == Finding(
        rule="own_key", member="README.txt", line=2
    )


def test_keys_of_files_and_environment_are_known(tmp_path: Path) -> None:
    data = tmp_path / ".local" / "share" / "opencode"
    data.mkdir(parents=True)
    entry = {
        "opencode": {"type": "api", "key": KEY},
        "other": {"type": "oauth", "access": KEY[::-1]},
    }
    (data / "auth.json").write_text(json.dumps(entry))
    config = tmp_path / ".config" / "opencode"
    config.mkdir(parents=True)
    (config / "opencode.jsonc").write_text('// mine\n{"options": {"apiKey": "abc-1234567"},}')
    dsh = tmp_path / ".pawwork" / "dsh"
    dsh.mkdir(parents=True)
    (dsh / ".credentials.yaml").write_text("refs:\n  OPENCODE_API_KEY: dsh-7654321\n")
    found = values(
        tmp_path,
        OPENCODE_API_KEY="env-key-1234",
        HTTPS_PROXY="http://me:pass%2Fword1@proxy:8080",
        OPENCODE_CONFIG_CONTENT='{"apiKey": "inline-4711"}',
        PATH="/usr/bin:/bin",
        SSH_AUTH_SOCK="/tmp/agent.1",
        TOKEN_KIND="bearer",
    )
    assert found == {
        KEY, KEY[::-1], "abc-1234567", "dsh-7654321", "env-key-1234", "pass/word1", "inline-4711",
    }  # fmt: skip


def test_credentials_behind_a_scheme_are_known(tmp_path: Path) -> None:
    """`_keys` of configurations are those of our providers; other headers hold secrets, too."""
    config = tmp_path / ".config" / "opencode"
    config.mkdir(parents=True)
    headers = {"Authorization": "Bearer abc-1234567", "x-custom": "Basic dXNlcjpwYXNz1"}
    other = {"provider": {"mine": {"options": {"headers": headers}}}}
    text = json.dumps(other) + "\n// the basic openai-compatible-provider of 2026"
    (config / "opencode.jsonc").write_text(text)
    found = values(
        tmp_path,
        EXTRA_HEADERS="Authorization: Bearer env-key-1234",
        OPENCODE_API_KEY="env-key-5678\n",
    )
    assert found == {"abc-1234567", "dXNlcjpwYXNz1", "env-key-1234", "env-key-5678"}


@pytest.mark.parametrize(
    "value", ["public", "test-key", "short", "disabled", "https://x.example/a"]
)
def test_what_is_no_secret_is_not_searched_for(tmp_path: Path, value: str) -> None:
    assert values(tmp_path, OPENCODE_API_KEY=value) == set()


@pytest.mark.parametrize(
    ("value", "searched"),
    [
        ("wz7-xv9", False),
        ("wz7-xv9k", True),
        ("qzxvkjwqzxvkjwq", False),
        ("qzxvkjwqzxvkjwqz", True),
    ],
)
def test_how_long_a_text_must_be_to_count_as_a_key(
    tmp_path: Path, value: str, *, searched: bool
) -> None:
    """Eight characters, or sixteen if it is made of letters alone and might be a word."""
    assert values(tmp_path, OPENCODE_API_KEY=value) == ({value} if searched else set())


def test_how_long_a_name_must_be_to_be_searched_for(tmp_path: Path) -> None:
    found = values(tmp_path, "own_user", USER="zx", LOGNAME="zxq")
    assert "zxq" in found
    assert "zx" not in found


def test_twelve_characters_of_a_key_are_too_many_and_eleven_are_not() -> None:
    own = OwnSecret("own_key", "qz7-xv9k-wq3-jz8")
    assert found_in("(qz7-xv9k-wq)", own) is None
    assert found_in("(qz7-xv9k-wq3)", own) is not None


def test_a_place_that_is_too_long_or_no_file_stops_the_bundle(tmp_path: Path) -> None:
    file = _unreadable(tmp_path)
    file.write_text(" " * (1024 * 1024 + 1))
    with pytest.raises(BundleError, match=r"opencode\.auth: ValueError"):
        own_secrets(around(tmp_path), tmp_path)
    file.unlink()
    file.mkdir()
    with pytest.raises(BundleError, match=r"opencode\.auth: "):
        own_secrets(around(tmp_path), tmp_path)


def test_a_key_in_a_database_is_a_secret_and_a_conversation_is_none(tmp_path: Path) -> None:
    data = tmp_path / ".local" / "share" / "opencode"
    data.mkdir(parents=True)
    with closing(sqlite3.connect(data / "opencode.db")) as database, database:
        database.execute("CREATE TABLE credential (integration_id, value)")
        value = json.dumps({"type": "api", "key": KEY})
        database.execute("INSERT INTO credential VALUES ('opencode', ?)", (value,))
        database.execute("CREATE TABLE message (data)")
        database.execute("""INSERT INTO message VALUES ('{"token": "somebody-said-this"}')""")
    assert values(tmp_path) == {KEY}


def test_a_database_that_is_none_stops_the_bundle(tmp_path: Path) -> None:
    data = tmp_path / ".local" / "share" / "opencode"
    data.mkdir(parents=True)
    (data / "opencode.db").write_bytes(b"no database" * 100)
    with pytest.raises(BundleError, match=r"opencode\.credential: ValueError"):
        own_secrets(around(tmp_path), tmp_path)


def test_the_studys_key_is_a_secret_too(tmp_path: Path) -> None:
    key = secrets.token_bytes(32)
    (tmp_path / "private" / "studies").mkdir(parents=True)
    (tmp_path / "private" / "studies" / "quota.key").write_bytes(key)
    found = values(tmp_path, "own_study_key")
    assert key.hex() in found
    assert base64.urlsafe_b64encode(key).decode().rstrip("=") in found


def test_names_that_every_record_holds_are_not_searched_for(tmp_path: Path) -> None:
    home = tmp_path / "user"
    found = own_secrets(around(home, USER="root", LOGNAME="Zorblax", HOSTNAME="model"), home)
    users = {secret.value for secret in found if secret.rule == "own_user"}
    assert "Zorblax" in users
    assert not {"root", "user"} & users
    assert "model" not in {secret.value for secret in found}


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root reads everything")
def test_a_place_that_cannot_be_read_stops_the_bundle_as_a_user(tmp_path: Path) -> None:
    _unreadable(tmp_path).chmod(0)
    with pytest.raises(BundleError, match="cannot be read"):
        own_secrets(around(tmp_path), tmp_path)


def test_a_place_that_cannot_be_read_stops_the_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = _unreadable(tmp_path)

    def refuse(path: Path) -> bytes:
        if path == file:
            raise PermissionError
        return read_regular(path)

    monkeypatch.setattr(own_secrets_module, "read_regular", refuse)
    with pytest.raises(BundleError, match=r"opencode\.auth: PermissionError") as caught:
        own_secrets(around(tmp_path), tmp_path)
    assert str(tmp_path) not in caught.value.message


def _unreadable(home: Path) -> Path:
    data = home / ".local" / "share" / "opencode"
    data.mkdir(parents=True)
    (data / "auth.json").write_text("{}")
    return data / "auth.json"
