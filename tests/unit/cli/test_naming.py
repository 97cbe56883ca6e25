"""Commands as this user can type them, mistyped ones, and settings nobody has to type."""

import os
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from pawwork_proxy.cli import RECORDING, cli, naming, options
from pawwork_proxy.cli.commands import disturb, launch, run
from pawwork_proxy.cli.settings import defaults, settings_file
from pawwork_proxy.errors import ConfigurationError
from scripts._bootstrap import as_typed

ROOT = Path(__file__).resolve().parents[3]
IN_CHECKOUT = "python3 scripts/run.py"
Monkey = pytest.MonkeyPatch


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("start 'pawwork-proxy run --via URL'", f"start '{IN_CHECKOUT} run --via URL'"),
        ("X=1 pawwork-proxy launch -- a", f"X=1 {IN_CHECKOUT} launch -- a"),
        ("No pawwork-proxy is listening.", "No pawwork-proxy is listening."),
        ("in /a/pawwork-proxy run", "in /a/pawwork-proxy run"),
        ("pawwork-proxy: refused", "pawwork-proxy: refused"),
        ("pawwork-proxy runs", "pawwork-proxy runs"),
    ],
)
def test_commands_are_named_as_the_user_starts_them(
    text: str, printed: str, monkeypatch: Monkey, capsys: pytest.CaptureFixture[str]
) -> None:
    assert naming.typed(text) == text
    monkeypatch.setattr(naming, "_called", IN_CHECKOUT)
    naming.tell(text)
    assert capsys.readouterr().out == f"{printed}\n"
    assert options.after_help("demo").endswith(f"  {IN_CHECKOUT} demo")


@pytest.mark.parametrize(
    ("script", "told"),
    [("scripts/run.py", IN_CHECKOUT), ("my tools/run.py", 'python3 "my tools/run.py"')],
)
def test_the_script_says_how_it_was_called(script: str, told: str) -> None:
    assert as_typed(script) == (told.replace("python3", "py") if os.name == "nt" else told)
    assert naming.CALLED_VARIABLE in (ROOT / "scripts" / "run.py").read_text("utf-8")


def call(*arguments: str, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(cli, arguments, env=env)


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [(("shwo",), "show"), (("bundle", "creat"), "create"), (("study", "jion"), "join")],
)
def test_a_mistyped_command_is_answered_with_the_one_that_is_near(
    arguments: tuple[str, ...], meant: str
) -> None:
    done = call(*arguments)
    assert done.exit_code == 2
    assert f"Did you mean '{meant}'?" in done.stderr
    assert "Did you mean" not in call("zzzzz").stderr


SETTINGS = 'network = "home"\ninstall = "laptop"\negress-probe = true\n'


def told(command: str, monkeypatch: Monkey, *arguments: str, **env: str) -> dict[str, object]:
    """What a command of those that record would be given."""
    given: dict[str, object] = {}
    module = {"run": run, "launch": launch, "disturb": disturb}[command]
    found = getattr(module, command)
    monkeypatch.setattr(found, "callback", lambda **values: given.update(values))
    client = () if command == "run" else ("--", "client")
    done = call(command, *arguments, *client, env=env)
    assert done.exit_code == 0, done.stderr
    return given


@pytest.fixture
def home(tmp_path: Path, monkeypatch: Monkey) -> Path:
    monkeypatch.setenv("PAWWORK_PROXY_HOME", str(tmp_path))
    for name in ("NETWORK", "INSTALL", "EGRESS_PROBE"):
        monkeypatch.delenv(f"PAWWORK_PROXY_{name}", raising=False)
    return tmp_path


@pytest.mark.parametrize("command", RECORDING)
def test_the_command_line_comes_before_the_environment_and_that_before_the_file(
    command: str, home: Path, monkeypatch: Monkey
) -> None:
    nothing = told(command, monkeypatch)
    assert (nothing["network"], nothing["egress_probe"]) == (None, False)
    settings_file().write_text(SETTINGS, "utf-8")
    filed = told(command, monkeypatch)
    assert (filed["network"], filed["egress_probe"]) == ("home", True)
    named = told(command, monkeypatch, PAWWORK_PROXY_NETWORK="office", PAWWORK_PROXY_INSTALL="b")
    typed = told(command, monkeypatch, "--network", "cafe", PAWWORK_PROXY_NETWORK="office")
    assert (named["network"], typed["network"]) == ("office", "cafe")
    of = "installs" if command == "run" else "install"
    assert [*map(str, filed[of])] if command == "run" else filed[of] == "laptop"  # type: ignore[call-overload]
    assert named[of] == (("b",) if command == "run" else "b")


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("network = ", "is no TOML file"),
        ("netwrok = 'home'", "has no setting 'netwrok'"),
        ("network = 3", "network cannot be 3"),
        ("egress-probe = 'yes'", "egress-probe cannot be 'yes'"),
    ],
)
def test_a_setting_that_cannot_be_is_an_error_with_place_and_remedy(
    text: str, wrong: str, home: Path
) -> None:
    settings_file().write_text(text, "utf-8")
    with pytest.raises(ConfigurationError) as raised:
        defaults(RECORDING)
    assert wrong in raised.value.message
    assert str(settings_file()) in raised.value.message
    assert "for example" in raised.value.hint


def test_bytes_that_are_no_text_are_an_error_too(home: Path) -> None:
    settings_file().write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError):
        defaults(RECORDING)


def test_other_commands_do_not_read_the_file(home: Path) -> None:
    settings_file().write_text("damaged", "utf-8")
    assert call("schema").exit_code == 0
    result = call("run")
    assert isinstance(result.exception, ConfigurationError)


def test_shells_complete_commands() -> None:
    from click.shell_completion import BashComplete

    found = BashComplete(cli, {}, "pawwork-proxy", "_PAWWORK_PROXY_COMPLETE").get_completions(
        [], "sh"
    )
    assert [one.value for one in found] == ["show"]
    assert isinstance(cli, click.Group)
