"""The parts of set-up that need no process; tests/end_to_end/test_set_up.py does it for real."""

from collections.abc import Callable
from pathlib import Path

import pytest

from scripts import _bootstrap
from scripts._bootstrap import PYTHON, VERSIONS, is_ready, ready_python, stamp, uv_settings


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with lock files and nothing else, on a machine without wishes."""
    for name in ("requirements.lock", "requirements-dev.lock", "requirements-lake.lock"):
        (tmp_path / name).write_text(name)
    monkeypatch.setattr(_bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(_bootstrap, "find_uv", lambda: "uv")
    monkeypatch.delenv("PAWWORK_PROXY_PYTHON", raising=False)
    return tmp_path


def finished(folder: Path) -> bool:
    """Lay an environment down as if it had been made."""
    for name in (PYTHON, "package"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")
    stamp(folder).write_text("package")
    return True


@pytest.fixture
def machine(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Lets a machine have some Pythons only; gives the list of what was tried."""

    def having(*versions: str) -> list[str]:
        tried: list[str] = []

        def make(folder: Path, _: str, wish: str) -> bool:
            tried.append(wish)
            return wish in versions and finished(folder)

        monkeypatch.setattr(_bootstrap, "make", make)
        return tried

    return having


@pytest.mark.parametrize(
    ("there", "taken"),
    [
        (["3.11", "3.12", "3.13", "3.14"], "3.13"),
        (["3.11", "3.12", "3.14"], "3.12"),
        (["3.11", "3.14"], "3.11"),
        (["3.15", "3.14"], "3.14"),
    ],
)
def test_the_best_python_is_taken_and_nothing_made_twice(
    checkout: Path, machine: Callable[..., list[str]], there: list[str], taken: str
) -> None:
    tried = machine(*there)
    for _ in range(2):
        python, _rest = ready_python("run", [])
        assert python == checkout / ".venv" / f"run-{taken}" / PYTHON
    assert tried == list(VERSIONS[: VERSIONS.index(taken) + 1])


@pytest.mark.parametrize(
    ("arguments", "folder", "rest"),
    [
        (["demo", "--python", "3.12"], "run-3.13", ["demo", "--python", "3.12"]),
        (["--python", "3.12", "demo"], "run-3.12", ["demo"]),
        (["--python=/a b/python", "-k", "x"], "run-a-b-python", ["-k", "x"]),
        (["--with", "lake", "--python", "3.12", "demo"], "lake-3.12", ["demo"]),
        (["--python3", "x"], "run-3.13", ["--python3", "x"]),
    ],
)
def test_only_leading_options_are_ours(
    checkout: Path,
    machine: Callable[..., list[str]],
    arguments: list[str],
    folder: str,
    rest: list[str],
) -> None:
    machine("3.12", "3.13", "/a b/python")
    assert ready_python("run", arguments) == (checkout / ".venv" / folder / PYTHON, rest)


def test_the_variable_chooses_too_and_the_option_wins(
    machine: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    machine("3.11", "3.12", "3.13")
    monkeypatch.setenv("PAWWORK_PROXY_PYTHON", "3.11")
    assert "test-3.11" in str(ready_python("test", [])[0])
    assert "test-3.12" in str(ready_python("test", ["--python=3.12"])[0])


def test_extras_are_for_the_product_only(machine: Callable[..., list[str]]) -> None:
    machine("3.13")
    with pytest.raises(SystemExit):
        ready_python("test", ["--with", "lake"])


def test_each_lock_file_and_the_place_of_the_checkout_decide(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, lake, test = (checkout / ".venv" / f"{name}-3.13" for name in ("run", "lake", "test"))
    assert all(map(finished, (run, lake, test)))
    (checkout / "requirements.lock").write_text("changed")
    assert [is_ready(folder) for folder in (run, lake, test)] == [False, False, True]
    monkeypatch.setattr(_bootstrap, "ROOT", checkout.rename(checkout.with_name("moved")))
    moved = checkout.with_name("moved")
    assert not is_ready(moved / ".venv" / "test-3.13")


@pytest.mark.parametrize("name", [PYTHON, "package"])
def test_an_environment_that_lost_something_is_not_ready(checkout: Path, name: str) -> None:
    folder = checkout / ".venv" / "run-3.13"
    finished(folder)
    assert is_ready(folder)
    (folder / name).unlink()
    assert not is_ready(folder)


# What `pip config list` prints: a section and a name, and the value as Python writes it.
SAID = """\
:env:.index-url='https://a.example/simple'
:env:.default-timeout='180'
global.cert='/etc/company certificates.pem'
global.extra-index-url='\\nhttps://b.example/simple\\nhttps://c.example/simple'
global.index-url='https://never.example/simple'
global.trusted-host='b.example c.example'
install.proxy="http://it's:secret@proxy.example:3128"
install.user='true'
"""


def test_pips_settings_reach_uv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UV_DEFAULT_INDEX", raising=False)
    options, variables = uv_settings(SAID)
    assert options == []
    assert (
        variables
        | {
            "UV_DEFAULT_INDEX": "https://a.example/simple",
            "UV_INDEX": "https://b.example/simple https://c.example/simple",
            "UV_INDEX_STRATEGY": "unsafe-best-match",
            "UV_INSECURE_HOST": "b.example c.example",
            "UV_HTTP_TIMEOUT": "180",
            "SSL_CERT_FILE": "/etc/company certificates.pem",
            "ALL_PROXY": "http://it's:secret@proxy.example:3128",
        }
        == variables
    )


def test_the_users_own_settings_of_uv_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://own.example/simple")
    assert uv_settings(SAID)[1]["UV_DEFAULT_INDEX"] == "https://own.example/simple"


def test_links_that_are_not_there_are_passed_over_as_pip_does(tmp_path: Path) -> None:
    links = f"{tmp_path} {tmp_path}/absent https://d.example/wheels"
    _, variables = uv_settings(f"global.find-links={links!r}\nglobal.no-index='false'")
    assert variables["UV_FIND_LINKS"] == f"{tmp_path},https://d.example/wheels"
    assert "UV_FIND_LINKS" not in uv_settings("global.find-links='/absent'")[1]


@pytest.mark.parametrize("yes", ["true", "1"])
def test_no_index_is_an_option_of_uv(yes: str) -> None:
    assert uv_settings(f"global.no-index='{yes}'")[0] == ["--no-index"]


def test_without_pip_there_is_nothing_to_obey() -> None:
    assert uv_settings("")[0] == []
