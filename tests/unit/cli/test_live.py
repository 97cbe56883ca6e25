"""What a run shows while it captures: a warning is said once, and stays."""

import re
import sys
from collections.abc import Callable

import pytest

from pawwork_proxy.cli import naming
from pawwork_proxy.cli.live import LiveView, PlainView, View
from pawwork_proxy.diagnosis.checks import finding
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.outcome import Kind
from tests.unit.builders import exchange

AROUND = finding("goes_around", client="OpenCode (process 1)")


Look = Callable[[], View]
EVERY = pytest.mark.parametrize("look", [lambda: PlainView(sys.stderr), LiveView])
Capsys = pytest.CaptureFixture[str]


def said(view: View, capsys: Capsys) -> str:
    view.close()
    return " ".join(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", capsys.readouterr().err).split())


@EVERY
def test_a_warning_has_its_remedy_and_is_said_once(look: Look, capsys: Capsys) -> None:
    view = look()
    view.warn(AROUND)
    view.warn(AROUND)
    text = said(view, capsys)
    assert text.count(f"warning: {AROUND.finding} {AROUND.remedy}") == 1


@EVERY
def test_the_remedy_can_be_typed(
    look: Look, capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(naming, "_called", "python3 scripts/run.py")
    view = look()
    view.warn(AROUND)
    assert "'python3 scripts/run.py connect'" in said(view, capsys)


@EVERY
def test_of_a_client_that_gets_through_an_unused_connection_means_nothing(
    look: Look, capsys: Capsys
) -> None:
    view, one = look(), exchange(1)
    view.recorded(one)
    view.turned_down(one.context.install, certainly=False)
    assert "warning" not in said(view, capsys)


@EVERY
@pytest.mark.parametrize("heard", [False, True])
def test_a_client_that_turns_us_down_is_warned_of(look: Look, capsys: Capsys, heard: bool) -> None:
    view, one = look(), exchange(1)
    if heard:
        view.recorded(one)
    view.turned_down(one.context.install, certainly=heard)
    assert f"asks nothing (install {one.context.install})" in said(view, capsys)


def refused(seq: int, install: str, kind: Kind = Kind.FREE_USAGE_LIMIT) -> Exchange:
    one = exchange(seq, status=429)
    outcome = one.outcome.model_copy(
        update={"kind": kind, "family": kind.family, "retry_after_s": 73680.0}
    )
    context = one.context.model_copy(update={"install": install})
    return one.model_copy(update={"outcome": outcome, "context": context})


@EVERY
def test_refusals_stay_on_the_screen_by_install_and_kind(look: Look, capsys: Capsys) -> None:
    view = look()
    view.recorded(exchange(1))
    for seq in (2, 3):
        view.recorded(refused(seq, "laptop"))
    view.recorded(refused(4, "laptop", Kind.PROVIDER_OVERLOAD))
    view.recorded(refused(5, "desktop"))
    _, _, summary = said(view, capsys).rpartition("What was refused or failed: ")
    for row in (
        "desktop free_usage_limit 1 12:00:00 12:00:00 20h28m00s",
        "laptop free_usage_limit 2 12:00:00 12:00:00 20h28m00s",
        "laptop provider_overload 1 ",
    ):
        assert row in summary


@EVERY
def test_a_run_without_refusals_leaves_nothing_behind(look: Look, capsys: Capsys) -> None:
    view = look()
    view.recorded(exchange(1))
    assert "refused" not in said(view, capsys)


@pytest.mark.parametrize("columns", ["30", "80"])
def test_the_newest_rows_and_the_counters_stay_in_sight(
    columns: str, capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("LINES", "16")
    view = LiveView()
    for seq in range(1, 40):
        view.recorded(exchange(seq))
    view._live.console.print(view._live.get_renderable())
    view.close()
    drawn = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", capsys.readouterr().err)
    lines = [line.split() for line in drawn.splitlines()]
    assert len(lines) <= 16
    assert ["#", "39"] in lines or [line[0] for line in lines][-2] == "39"
    assert "in flight" in drawn
