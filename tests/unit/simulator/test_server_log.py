import logging

import pytest
import structlog
from aiohttp.http_exceptions import BadHttpMessage

from pawwork_proxy.simulator.server_log import silenced_logger


def logged(error: Exception) -> list[dict[str, object]]:
    with structlog.testing.capture_logs() as lines:
        try:
            raise error
        except type(error):
            silenced_logger().exception("Error handling request from canary")
    return [dict(line) for line in lines]


def test_a_failure_of_ours_is_named_without_its_text(capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = logged(KeyError("canary"))
    assert (line["event"], line["type"]) == ("simulator_failed", "KeyError")
    assert "canary" not in str(line) + "".join(capsys.readouterr())


def test_bad_requests_are_not_worth_a_line() -> None:
    assert logged(BadHttpMessage("canary")) == []


def test_nothing_reaches_other_loggers(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        logged(BadHttpMessage("canary"))
    assert caplog.records == []
