import logging

import pytest
from aiohttp.http_exceptions import BadHttpMessage

from pawwork_proxy.simulator.server import silenced_logger


def log(error: Exception) -> None:
    try:
        raise error
    except type(error):
        silenced_logger().exception("Error handling request from canary")


def test_a_failure_of_ours_is_named_without_its_text(capsys: pytest.CaptureFixture[str]) -> None:
    log(KeyError("canary"))
    printed = capsys.readouterr()
    assert printed.err.startswith("event=simulator_failed type=KeyError")
    assert "canary" not in printed.out + printed.err


def test_bad_requests_are_not_worth_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    log(BadHttpMessage("canary"))
    assert capsys.readouterr().err == ""


def test_nothing_reaches_other_loggers(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        log(BadHttpMessage("canary"))
    assert caplog.records == []
