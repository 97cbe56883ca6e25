"""What a run shows while it captures: a warning is said once, and stays."""

import re
import sys
from collections.abc import Callable

import pytest

from pawwork_proxy.cli.live import LiveView, PlainView, View
from pawwork_proxy.diagnosis.checks import finding
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
