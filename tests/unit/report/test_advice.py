"""What support tells a user: short whole sentences, true by the tables."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from rich.cells import cell_len

from pawwork_proxy.facts.clients import RELEASES, STRANGER, Client, client_of, named
from pawwork_proxy.facts.outcomes import MEANINGS, SPECIAL_CASES, Meaning
from pawwork_proxy.model.outcome import Kind, Origin, Outcome
from pawwork_proxy.outcomes.rules import RULES
from pawwork_proxy.report.advice import Advice, advice
from pawwork_proxy.report.language import LANGUAGES, language
from pawwork_proxy.report.moments import moment
from pawwork_proxy.report.wrapping import WIDTH
from tests.rows import each_row
from tests.unit.outcomes.answers import ANSWERS, outcome_of

NODE = "ai-sdk/provider-utils/4.0.23 runtime/node.js/24.1.0"
FORK = client_of(f"opencode/1.16.2 {NODE}", "desktop", session=True)
FIRST = client_of(f"ai-sdk/openai-compatible/2.0.41 {NODE}", "desktop", session=True)
CLI = client_of("opencode/1.18.33 ai-sdk/provider-utils/4.0.23", "cli", session=True)
NOBODY = Client((), STRANGER)
RESET = datetime(2026, 11, 29, tzinfo=UTC)
EVERY_LANGUAGE = pytest.mark.parametrize("name", LANGUAGES)
ALL_MEANINGS = (*MEANINGS.values(), *SPECIAL_CASES)


def told(answer: str, sender: Client = NOBODY, *, dated: bool = True, name: str = "en") -> Advice:
    outcome = outcome_of(ANSWERS[answer])
    if dated and outcome.retry_after_s:
        outcome = outcome.model_copy(update={"reset_at": RESET})
    return advice(outcome, sender, language(name))


def any_of(meaning: Meaning) -> Outcome:
    special = {rule for case in SPECIAL_CASES for rule in case.rules}
    rules = meaning.rules or {rule.id for rule in RULES if rule.kind is meaning.kind} - special
    return Outcome(
        kind=meaning.kind,
        family=meaning.kind.family,
        origin=Origin(next(iter(meaning.origins), "zen")),
        error_type=next(iter(meaning.types), None),
        rule_id=min(rules),
    )


def test_a_used_up_free_limit_is_explained_as_the_server_counts_it() -> None:
    said = told("exhausted")
    assert said.ends == "It works again from 2026-11-29 00:00 UTC (08:00 Beijing time) on."
    assert said.ends in said.reply
    answer = " ".join(said.reply)
    assert "another network may work, while another API key does not help" in answer
    assert "Go plan or a paid model" in answer
    assert "no overload" in said.is_not


def test_a_limit_without_a_wait_ends_when_the_tables_say() -> None:
    said = advice(any_of(MEANINGS[Kind.FREE_USAGE_LIMIT]), NOBODY, language("en"))
    assert said.ends == "The allowance starts anew every day at 00:00 UTC (08:00 Beijing time)."
    assert said.ends in said.reply


def test_what_a_relayed_limit_counts_is_not_claimed() -> None:
    said = told("console")
    assert "address" not in " ".join((said.meaning, *said.actions, *said.reply))
    assert "is not public" in said.support
    assert said.ends == "A daily allowance starts anew at 00:00 UTC (08:00 Beijing time)."


def test_a_wait_without_a_date_counts_from_the_error() -> None:
    assert told("go", dated=False).ends == "It works again 5 hours after the error appeared."


def test_a_wait_that_is_no_limit_promises_nothing() -> None:
    busy = outcome_of(ANSWERS["busy"]).model_copy(update={"retry_after_s": 600.0})
    assert advice(busy, NOBODY, language("en")).ends == "Please try again after 10 minutes."
    dated = busy.model_copy(update={"reset_at": RESET})
    assert advice(dated, NOBODY, language("en")).ends == (
        f"Please try again after {moment(RESET, language('en'))}."
    )


def test_a_client_that_waits_is_named_with_what_stop_does() -> None:
    said = told("exhausted", CLI)
    assert said.client == (
        "OpenCode 1.18.33 waits by itself until 2026-11-29 00:00 UTC (08:00 Beijing time).",
        "Pressing stop and sending again asks once.",
    )
    assert said.reply[-3:-1] == (
        "OpenCode 1.18.33 waits by itself until then.",
        "Pressing stop and sending again asks once.",
    )
    undated = told("exhausted", CLI, dated=False)
    assert undated.client[0] == "OpenCode 1.18.33 waits 19 hours 59 minutes by itself."


@each_row("answer", ANSWERS)
def test_who_waits_as_told_asks_once_when_stopped(answer: str) -> None:
    for one in outcome_of(ANSWERS[answer]).client:
        assert not one.honours_retry_after or one.main_calls == 1


def test_a_client_that_stopped_is_sent_on_after_the_reset() -> None:
    stopped = (
        "PawWork 2026.6.4-2026.8.5 has stopped this conversation.",
        "After the reset, send your message again.",
    )
    said = told("exhausted", FORK)
    assert (said.client, said.reply[-3:-1]) == (stopped, stopped)


def test_what_needs_nobody_stays_out_of_the_answer() -> None:
    said = told("busy", CLI)
    assert said.client == ("OpenCode 1.18.33 asks again 5 times by itself, then gives up.",)
    assert said.reply == told("busy").reply
    assert told("client-gate", CLI).client == ("OpenCode 1.18.33 does not ask again by itself.",)


def test_a_client_without_an_end_can_be_stopped() -> None:
    said = told("fault-no-end", CLI)
    assert said.client == ("OpenCode 1.18.33 asks again without end; pressing stop ends it.",)
    assert said.reply[-2] == said.client[0]


def test_where_releases_differ_nothing_is_said_of_them() -> None:
    assert told("console", FIRST).client == ()


def test_special_cases_are_told_by_type_or_rule() -> None:
    said = told("version-floor")
    assert said.meaning == "The server refuses this client's version as too old."
    assert said.is_not == told("client-gate").is_not
    assert [case.name for case in SPECIAL_CASES if case.recognised == ""] == []
    rules = {rule.id: rule.kind for rule in RULES}
    for case in SPECIAL_CASES:
        assert case.types or case.rules or case.origins
        assert {rules[rule] for rule in case.rules} <= {case.kind}
        assert advice(any_of(case), NOBODY, language("en")).meaning == case.sentence


@EVERY_LANGUAGE
@each_row("meaning", ALL_MEANINGS)
def test_every_kind_has_every_text_and_none_is_too_wide(meaning: Meaning, name: str) -> None:
    outcome = any_of(meaning)
    told = advice(outcome, NOBODY, language(name))
    assert told.meaning == language(name).text(meaning.sentence)
    assert told.actions
    assert told.is_not
    assert len(told.reply) >= 4
    english = advice(outcome, NOBODY, language("en"))
    assert told == english if name == "en" else not {*told.reply} & {*english.reply}
    long = {"retry_after_s": 3 * 86400.0, "reset_at": RESET + timedelta(hours=20)}
    dated = advice(outcome.model_copy(update=long), NOBODY, language(name))
    for line in (*told.reply, *dated.reply):
        assert cell_len(line) <= WIDTH, line


@EVERY_LANGUAGE
@pytest.mark.parametrize("answer", ["exhausted", "console", "go", "busy", "fault-no-end"])
def test_with_every_release_the_answer_fits(answer: str, name: str) -> None:
    for era in RELEASES:
        sender = Client((era,), named((era,)))
        for line in told(answer, sender, name=name).reply:
            assert cell_len(line) <= WIDTH, line


def test_no_text_names_a_release_which_has_its_table() -> None:
    for meaning in ALL_MEANINGS:
        assert not re.search(r"\d+\.\d+", " ".join(meaning.texts))


def test_what_the_tables_say_of_limits_is_not_contradicted() -> None:
    midnight = "00:00 UTC (08:00 Beijing time)"
    for meaning in ALL_MEANINGS:
        assert not meaning.resets or midnight in meaning.resets
        assert midnight in moment(RESET, language("en"))
    for kind in (Kind.FREE_USAGE_LIMIT, Kind.ZEN_LIMIT):
        texts = " ".join(MEANINGS[kind].texts)
        assert "key does not" in texts
        assert "Go plan or a paid model" in texts
    gate = " ".join(MEANINGS[Kind.CLIENT_GATE].reply)
    assert "only within OpenCode itself, even with a key" in gate
