"""The script for stock mitmproxy, as far as no traffic is needed."""

import json
import runpy
import sys
from pathlib import Path

import pytest
from mitmproxy.addonmanager import Loader
from mitmproxy.addons.proxyserver import Proxyserver
from mitmproxy.addons.termlog import TermLog
from mitmproxy.proxy.layers.http._hooks import HttpRequestHeadersHook
from mitmproxy.proxy.mode_specs import ProxyMode
from mitmproxy.test import taddons
from mitmproxy.test.tflow import tflow

from pawwork_proxy.captures import writing
from pawwork_proxy.proxy import script as script_module
from pawwork_proxy.proxy.script import CaptureScript
from tests.unit.proxy.test_mitmproxy_internals import tells_by_dispatcher


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CaptureScript:
    """The script with a private folder of its own; pytest's handlers of logs stay."""
    monkeypatch.setenv("PAWWORK_PROXY_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(script_module, "mute_other_handlers", lambda: None)
    return CaptureScript()


@pytest.mark.parametrize(
    ("chosen", "kept"), [(None, "error"), ("warn", "warn"), ("debug", "debug")]
)
def test_a_verbosity_that_the_user_chose_is_kept(chosen: str | None, kept: str) -> None:
    with taddons.context(TermLog()) as context:
        if chosen:
            context.options.update(termlog_verbosity=chosen)
        CaptureScript().load(Loader(context.master))
        assert context.options.termlog_verbosity == kept


@pytest.mark.parametrize(
    ("option", "value", "error", "hint"),
    [
        ("pawwork_network", "office.de", "host name", "--set pawwork_network=home"),
        ("pawwork_install", "sk-0123456789abcdef", "no key", "--set pawwork_install=home"),
        ("pawwork_install", "", "1 to 32 letters", "--set pawwork_install=home"),
        ("pawwork_keep_days", "9" * 400, "whole number of days", "--set pawwork_keep_days=90"),
        ("pawwork_keep_days", "x", "whole number of days", "--set pawwork_keep_days=90"),
        ("pawwork_captures", "FILE/x", "Not a directory", "--set pawwork_captures=FOLDER"),
    ],
)
def test_an_option_that_cannot_be_used_ends_mitmproxy_with_a_remedy(
    option: str,
    value: str,
    error: str,
    hint: str,
    script: CaptureScript,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "file").touch()
    with taddons.context(TermLog(), Proxyserver()) as context:
        script.load(Loader(context.master))
        context.options.set(f"{option}={value.replace('FILE', str(tmp_path / 'file'))}")
        with pytest.raises(SystemExit) as ended:
            script.running()
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert error in said
    assert hint in said.partition("hint: ")[2]


@pytest.mark.parametrize("page", [None, "http://127.0.0.1:8081/?token=0a1b"])
async def test_the_page_of_mitmweb_is_told_since_its_log_is_muted(
    page: str | None,
    script: CaptureScript,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with taddons.context(TermLog(), Proxyserver()) as context:
        if page:
            monkeypatch.setattr(context.master, "web_url", page, raising=False)
        script.load(Loader(context.master))
        context.options.update(pawwork_captures=str(tmp_path))
        script.running()
        script.done()
    told = capsys.readouterr().err
    assert "capture: " in told
    assert (f"mitmweb: {page}\n" in told) is bool(page)


def test_a_mitmproxy_without_the_package_is_told_where_to_find_one_that_has_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pawwork_proxy.proxy.script", None)
    with pytest.raises(SystemExit, match=r"has no module pawwork_proxy[^$]*hint: take mitmdump"):
        runpy.run_path(str(Path(__file__).parents[3] / "addons" / "capture.py"))


def lines_in(folder: Path) -> list[list[str]]:
    """What the lines of each capture are."""
    captures = [path.read_text().splitlines() for path in folder.glob("*.jsonl")]
    return [[json.loads(line)["type"] for line in lines] for lines in captures]


async def test_a_script_that_is_loaded_anew_goes_on_in_another_capture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """mitmproxy does so when the file has changed, and runs on meanwhile."""
    monkeypatch.setenv("PAWWORK_PROXY_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(script_module, "mute_other_handlers", lambda: None)
    monkeypatch.setattr(writing, "PATIENCE_S", 60.0)  # else a slow disk would be noted
    with taddons.context(TermLog(), Proxyserver()) as context:
        for _ in range(2):
            script = CaptureScript()
            script.load(Loader(context.master))
            context.options.update(pawwork_captures=str(tmp_path))
            script.running()
            assert tells_by_dispatcher(context.master)
            exchange = tflow()
            exchange.client_conn.proxy_mode = ProxyMode.parse("reverse:https://opencode.ai")
            await context.master.addons.handle_lifecycle(HttpRequestHeadersHook(exchange))
            script.done()
    assert lines_in(tmp_path) == [["header", "opened", "exchange", "end"]] * 2
