"""Where installs stand, in words and as a page; and what to answer their users."""

from datetime import UTC
from html import unescape
from itertools import permutations
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pawwork_proxy.cli import cli
from pawwork_proxy.model.base import line_of
from pawwork_proxy.model.context import AuthSource
from pawwork_proxy.model.exchange import AuthSourceFinding, Exchange
from pawwork_proxy.model.request import AuthFacts
from pawwork_proxy.model.signals import Ending, ErrorFact, ErrorPlace, RetryHint, Signals
from pawwork_proxy.outcomes.rules import judge
from pawwork_proxy.report.language import ENGLISH
from pawwork_proxy.report.support_page import render_support
from pawwork_proxy.report.trouble import Troubles, trouble_words
from tests.unit.builders import NOON, exchange, header
from tests.unit.bundle.files import at, support_rows

WAIT_S = 43_200.0


def refused(seq: int, **changes: object) -> Exchange:
    signals = Signals(
        status=429,
        ending=Ending.COMPLETE,
        date=NOON,
        errors=(ErrorFact(place=ErrorPlace.BODY, type="FreeUsageLimitError"),),
        retry_hints=(RetryHint(place="retry-after", seconds=WAIT_S),),
    )
    plain = exchange(seq, status=429, signals=signals, timing=at(seq))
    agent = {"user_agent": "opencode/1.18.33", "client": "cli", "session": "session:" + "a" * 24}
    request = plain.request.model_copy(update=agent)
    return plain.model_copy(update={"request": request, **changes})


def answered(seq: int, network: str | None = None) -> Exchange:
    plain = exchange(seq, timing=at(seq))
    return plain.model_copy(
        update={"context": plain.context.model_copy(update={"network": network})}
    )


def troubles(*exchanges: Exchange) -> Troubles:
    found = Troubles()
    for one in exchanges:
        found.add(one, judge(one.signals))
    return found


def words(*exchanges: Exchange) -> str:
    (one,) = troubles(*exchanges).all()
    return trouble_words(one, "laptop", ENGLISH, UTC)


def test_who_is_refused_since_when_until_when_with_which_key_and_what_the_client_does() -> None:
    exchanges = (answered(1), refused(2), refused(3))
    for order in permutations(exchanges):
        (one,) = troubles(*order).all()
        assert one.since == exchanges[1].timing.started_at
        said = trouble_words(one, "laptop", ENGLISH, UTC)
        assert said.startswith("Since 2026-11-20 12:02 UTC (20:02 Beijing time), ")
        for part in (
            "laptop gets no answer.",
            "The daily allowance for OpenCode's free models is used up.",
            "Key: none.",
            "It works again from 2026-11-21 00:00 UTC (08:00 Beijing time) on.",
            "OpenCode 1.18.33 waits by itself until 2026-11-21 00:00 UTC",
        ):
            assert part in said


def test_an_answer_on_the_same_network_ends_a_refusal_and_elsewhere_it_does_not() -> None:
    assert "laptop was answered at" in words(refused(1), answered(2))
    assert "gets no answer" in words(refused(1), answered(2, network="office"))
    context = refused(1).context.model_copy(update={"network": "home"})
    assert "laptop on network home gets no answer." in words(refused(1, context=context))


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("env", "Key: the user's own, from the environment."),
        ("config", "Key: the user's own, from the client's configuration."),
        ("saved", "Key: the user's own, saved by the client."),
        ("unknown", "Key: the user's own."),
    ],
)
def test_a_key_of_the_users_is_named_by_where_it_comes_from(source: AuthSource, said: str) -> None:
    finding = AuthSourceFinding(source=source)
    assert said in words(refused(1, auth=AuthFacts(kind="user_key"), auth_source=finding))


def test_nothing_is_said_of_whom_nothing_failed() -> None:
    assert troubles(answered(1)).all() == []


def test_who_is_refused_still_comes_first() -> None:
    other = refused(3).context.model_copy(update={"install_id": "install:" + "d" * 24})
    found = troubles(refused(1, context=other), refused(2), answered(3)).all()
    assert [one.since is None for one in found] == [False, True]


HOSTILE = "<script>alert(1)</script>\u202e"


def test_a_page_holds_all_of_it_and_no_word_of_a_capture_becomes_more_than_a_word() -> None:
    hostile = refused(1, context=refused(1).context.model_copy(update={"install": HOSTILE}))
    ours = {"model": HOSTILE, "install": HOSTILE}
    rows = [row.model_copy(update=ours) for row in support_rows([refused(1)])]
    page = render_support(rows, troubles(hostile).all(), {"en": [HOSTILE]}, ENGLISH, simulated=True)
    assert "<script" not in page
    assert "\u202e" not in page
    assert "&lt;script&gt;" in page
    assert "default-src 'none'; style-src 'sha256-" in unescape(page)
    for part in ("free_usage_limit", "SIMULATED", "OpenCode 1.18.33", '<pre lang="en">&lt;'):
        assert part in page
    assert "No request failed." in render_support([], [], {}, ENGLISH)


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    path = tmp_path / "capture.jsonl"
    path.write_bytes(b"".join(map(line_of, [header(simulated=True), answered(1), refused(2)])))
    return path


def show(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["bundle", "show", *map(str, arguments)])


def test_bundle_show_says_it_in_words_first_and_answers_on_demand(
    capture: Path, tmp_path: Path
) -> None:
    shown = " ".join(show(capture).stdout.split())
    assert "main gets no answer." in shown
    assert shown.index("gets no answer") < shown.index("free_usage_limit")
    assert show(capture, "--reply", "en").stdout.startswith("Hello, and thank you")
    page = tmp_path / "support.html"
    assert show(capture, "--html", page).stdout == f"{page}\n"
    for part in ("main gets no answer.", "Hello, and thank you", '<pre lang="zh">您好'):
        assert part in page.read_text("utf-8")
