"""What `run` prints for a client: each listener's own address, and texts that are whole."""

import json
from pathlib import Path

import pytest

from pawwork_proxy.cli import how_to_connect as module
from pawwork_proxy.cli.how_to_connect import how_to_connect
from pawwork_proxy.cli.plan import make_plan, with_answers
from pawwork_proxy.environment.identity import load_identity
from pawwork_proxy.environment.private_files import HOME_VARIABLE
from pawwork_proxy.facts.server import CONFIG_SCHEMA
from pawwork_proxy.proxy.authority import KEY_AND_CERTIFICATE


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "private"))
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    for name in ("OPENCODE_API_KEY", "NODE_EXTRA_CA_CERTS", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(
    *installs: str, upstream: str | None = None, via: str | None = None, answer: str | None = None
) -> str:
    plan = make_plan(
        installs, network=None, upstream=upstream, upstream_ca=None, via=via, source=None,
        egress_probe=False, captures=Path("captures"), keep_days=0,
    )  # fmt: skip
    return how_to_connect(with_answers(plan, answer, None, None, None), load_identity())


def configurations(said: str) -> list[object]:
    decoder = json.JSONDecoder()
    starts = [at for at, sign in enumerate(said) if sign == "{" and said[at - 1] == "\n"]
    return [decoder.raw_decode(said, at)[0] for at in starts]


def test_each_listener_has_settings_of_its_own(home: Path) -> None:
    said = told("one@0", "two@0")
    first, second = configurations(said)
    urls = []
    for found in (first, second):
        assert isinstance(found, dict)
        assert found["$schema"] == CONFIG_SCHEMA
        assert found["provider"].keys() == {"opencode"}
        url = found["provider"]["opencode"]["options"]["baseURL"]
        urls.append(url.removesuffix("/zen/v1"))
        assert f"export HTTPS_PROXY={urls[-1]}\n" in said
        assert f"connect --port {urls[-1].rpartition(':')[2]}\n" in said
    assert len(set(urls)) == 2
    assert f"NODE_EXTRA_CA_CERTS={home}" in said
    assert (home / "private").exists()


def test_only_what_is_pasted_is_wider_than_80_columns(home: Path) -> None:
    wide = [line for line in told("a-long-name-of-an-install@0").splitlines() if len(line) > 80]
    assert all(line.startswith("export ") for line in wide)


def test_an_authority_that_was_made_anew_is_told_of(home: Path) -> None:
    assert module.RENEWED not in told("one@0")
    (load_identity().ca_folder / KEY_AND_CERTIFICATE).write_bytes(b"nothing")
    assert module.RENEWED in told("two@0")


def test_go_is_included_for_who_has_a_key(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENCODE_API_KEY", "k")
    (found,) = configurations(told("one@0"))
    assert isinstance(found, dict)
    assert found["provider"]["opencode-go"]["options"]["baseURL"].endswith("/zen/go/v1")


def test_windows_gets_powershell(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "system", lambda: "windows")
    said = told("one@0")
    assert "$env:NODE_USE_ENV_PROXY = '1'\n" in said
    assert "export" not in said


def test_where_the_traffic_goes_is_said(home: Path) -> None:
    said = told("one@0", upstream="http://127.0.0.1:9", via="http://127.0.0.1:8")
    assert "leaving through the proxy" in said
    assert "upstream is 127.0.0.1:9: the capture is marked as simulated" in said
    assert "leaving" not in told("one@0")


def test_what_is_answered_here_is_said_at_the_start(home: Path) -> None:
    words = "ANSWERED HERE: each model call, with free_usage_limit (retry-after 20h28m00s)."
    assert words in told("one@0", answer="free_usage_limit:20h28m")
    assert "ANSWERED HERE" not in told("one@0")
