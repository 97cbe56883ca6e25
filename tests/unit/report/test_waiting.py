"""A refusal that makes a client wait: what is told of it, and that it is told once."""

import pytest

from pawwork_proxy.cli.watching import ClientWatcher, UntilRefused
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.signals import Ending, ErrorFact, ErrorPlace, RetryHint, Signals
from pawwork_proxy.outcomes.rules import classify
from pawwork_proxy.report.moments import is_long
from pawwork_proxy.report.waiting import waiting_lines
from tests.unit.builders import NOON, exchange

OPENCODE = "opencode/1.18.33 ai-sdk/provider-utils/4.0.23 runtime/bun/1.3.14"
PAWWORK = "opencode/1.16.2 ai-sdk/provider-utils/4.0.23 runtime/node.js/24.1.0"


def refused(wait_s: float | None, agent: str = OPENCODE, client: str = "cli") -> Exchange:
    hints = () if wait_s is None else (RetryHint(place="retry-after", seconds=wait_s),)
    signals = Signals(
        status=429,
        errors=(ErrorFact(place=ErrorPlace.BODY, type="FreeUsageLimitError"),),
        retry_hints=hints,
        date=NOON,
    )
    made = exchange(status=429, signals=signals, outcome=classify(signals))
    request = made.request.model_copy(
        update={"user_agent": agent, "client": client, "session": "session:" + "a" * 24}
    )
    return made.model_copy(update={"request": request})


def test_what_the_client_does_is_told_by_its_release() -> None:
    said = told(refused(43200.0, PAWWORK, "desktop"))
    assert "PawWork 2026.6.4-2026.8.5: " in said
    assert "the conversation is blocked" in said


def told(of: Exchange) -> str:
    return "\n".join(waiting_lines(of, 4711))


def test_what_was_refused_until_when_and_how_it_is_ended_is_told() -> None:
    said = told(refused(43200.0))
    assert "refused big-pickle: " in said
    assert "wait 12h00m00s, until 20" in said
    assert "OpenCode 1.18.33: retried after 12h00m00s, as the answer says" in said
    assert "Pressing stop and sending again asks once." in " ".join(said.split())
    assert "nothing more is needed" in said
    assert "Ctrl-C, or end process 4711" in said
    assert max(map(len, said.splitlines())) <= 80


@pytest.mark.parametrize(("wait_s", "long"), [(None, False), (60.0, False), (50_223.0, True)])
def test_a_wait_that_is_soon_over_needs_no_words(wait_s: float | None, *, long: bool) -> None:
    assert is_long(refused(wait_s).outcome.retry_after_s) is long


def test_a_refusal_is_told_once_and_exchanges_are_counted_by_route(
    capsys: pytest.CaptureFixture[str],
) -> None:
    watcher = ClientWatcher()
    for one in (refused(60.0), refused(43200.0), refused(43200.0), exchange()):
        watcher.recorded(one)
    assert capsys.readouterr().err.count("refused") == 1
    assert watcher.routes == {"reverse": 4}


def test_that_the_users_own_proxy_opens_no_way_is_told_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    watcher = ClientWatcher()
    watcher.chained = "http://127.0.0.1:7890"
    down = exchange(signals=Signals(ending=Ending.CHAINED_PROXY_DOWN))
    watcher.recorded(down)
    watcher.recorded(down)
    said = " ".join(capsys.readouterr().err.split())
    assert said.count("warning: The proxy http://127.0.0.1:7890") == 1
    assert "cannot be reached" in said


def test_who_ends_a_refused_client_anyway_is_told_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    watcher = UntilRefused()
    watcher.recorded(exchange())
    assert not watcher.refused.is_set()
    watcher.recorded(refused(43200.0))
    assert watcher.refused.is_set()
    assert not capsys.readouterr().err
