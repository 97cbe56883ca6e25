"""`--answer` as users write it, and what they are told."""

import re
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from pawwork_proxy.cli import cli
from pawwork_proxy.cli.answers import STATES, announcement, check_route, local_answers
from pawwork_proxy.errors import ConfigurationError
from pawwork_proxy.model.outcome import Kind

FROM_TEXTS_ONLY = {Kind.ZEN_LIMIT, Kind.OTHER_SERVICE}
"""What a text without its object may mean, and what is no answer of this server's."""
PAGE = Path(__file__).parents[3] / "docs" / "qa.md"


def wait_of(text: str) -> int | str | None:
    (fault,) = local_answers(f"free_usage_limit:{text}", None, None, None).scenario.faults
    return fault.wait


def test_every_kind_that_a_server_can_send_can_be_answered_with() -> None:
    missing = {*map(str, set(Kind) - FROM_TEXTS_ONLY)} - set(STATES)
    assert not missing, f"presets.toml has no state for {', '.join(missing)}"
    assert set(STATES) - set(map(str, Kind)) == {"tool_round"}
    for state in STATES:
        for spelled in (state, state.replace("_", "-")):
            assert local_answers(spelled, None, None, None).state == state


def test_the_page_names_every_option() -> None:
    text = PAGE.read_text("utf-8")
    assert {"--answer", "--model", "--every", "--times"} <= set(re.findall(r"--\w+", text))


@given(st.integers(0, 200), st.integers(0, 999), st.integers(0, 999), st.integers(0, 9999))
def test_a_wait_is_read_in_each_spelling(days: int, hours: int, minutes: int, seconds: int) -> None:
    total = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    assert wait_of(f"{days}d{hours}h{minutes}m{seconds}s") == total
    assert wait_of(f"{total}s") == wait_of(str(total)) == total
    assert wait_of(f"{hours}h{minutes}m") == (hours * 60 + minutes) * 60


def test_the_wait_may_end_at_midnight() -> None:
    assert wait_of("midnight") == "midnight"


@given(st.text(max_size=12))
def test_no_text_behind_the_kind_is_more_than_an_error_of_ours(text: str) -> None:
    with suppress(ConfigurationError):
        wait = wait_of(text)
        assert wait == "midnight" or isinstance(wait, int)


@pytest.mark.parametrize("text", ["", "h", "-1", "1.5h", "90 s", "367d", "noon"])
def test_what_is_no_wait_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="366 days, or midnight"):
        wait_of(text)


@pytest.mark.parametrize("state", ["success:90s", "tool_round:midnight", "transport_error:1"])
def test_what_is_no_refusal_names_no_wait(state: str) -> None:
    with pytest.raises(ConfigurationError, match="no refusal"):
        local_answers(state, None, None, None)


def test_an_unknown_kind_is_answered_with_the_list() -> None:
    with pytest.raises(ConfigurationError, match="none that a server can send") as caught:
        local_answers("quota", None, None, None)
    assert caught.value.hint is not None
    assert "free_usage_limit" in caught.value.hint


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("success", None, None, None), "ANSWERED HERE: each model call, with success."),
        (
            ("free_usage_limit", "big-pickle", None, 3),
            "each model call of big-pickle, 3 in all, with free_usage_limit "
            "(retry-after until 00:00 UTC).",
        ),
        (
            ("key_rate_limit:2h", None, 4, None),
            "1 of 4 model calls, with key_rate_limit (retry-after 2h00m00s).",
        ),
    ],
)
def test_the_start_says_what_is_answered_here(
    given: tuple[str, str | None, int | None, int | None], said: str
) -> None:
    words = announcement(local_answers(*given))
    assert said in words
    assert "no evidence" in words


def test_routes_that_pass_connections_untouched_answer_nothing() -> None:
    check_route("forward")
    check_route("reverse")
    for route in ("inside", "tunnel"):
        found = CliRunner().invoke(
            cli, ["launch", "--answer", "success", "--route", route, "--", "python3"]
        )
        assert isinstance(found.exception, ConfigurationError)
        assert "--route forward or --route reverse" in (found.exception.hint or "")


def test_which_calls_says_nothing_without_an_answer() -> None:
    found = CliRunner().invoke(cli, ["run", "--install", "main@0", "--every", "2"])
    assert isinstance(found.exception, ConfigurationError)
    assert "--answer" in found.exception.message
