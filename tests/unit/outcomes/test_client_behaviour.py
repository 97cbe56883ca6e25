"""What clients make of an answer: as measured, and the rules behind it, range by range."""

import json
from pathlib import Path
from typing import Any

import pytest

from pawwork_proxy.facts.outcomes import FAILURES, RANGES, USER_SEES
from pawwork_proxy.model.outcome import ClientBehaviour
from pawwork_proxy.model.signals import Ending
from pawwork_proxy.outcomes.client_behaviour import of_client
from pawwork_proxy.outcomes.rule import zen
from tests.rows import each_row
from tests.unit.outcomes.answers import ANSWERS, GO_S, MIDNIGHT_S, Answer, outcome_of

ROWS = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "data" / "client_behaviour.jsonl")
    .read_text("utf-8")
    .splitlines()
]
LATENCY_S = 0.7
"""How much later than its wait a request was seen: the client had to ask and to be answered."""


def behaviour(era: str, answer: Answer) -> ClientBehaviour:
    return of_client(outcome_of(answer).client, [era])[era]


@each_row("row", ROWS)
def test_the_rules_say_what_was_measured(row: dict[str, Any]) -> None:
    found = behaviour(row["era"], ANSWERS[row["answer"]])
    assert found.retries == row["retries"]
    assert found.retried is (row["retries"] != 0)
    assert found.honours_retry_after is row["honours_retry_after"]
    assert found.blocks is row["blocks"]
    assert (found.main_calls, found.title_calls) == (row["main"], row["title"])
    if row["first_delay_s"] is not None:
        low, high = found.delay(1)
        assert low - 0.11 <= row["first_delay_s"] <= high + LATENCY_S


@pytest.mark.parametrize(
    ("era", "waits"),
    [
        ("C1a", [(2, 2), (4, 4), (8, 8), (16, 16), (32, 32)]),
        ("C1d", [(1, 1)]),
        ("C3a", [(2, 2), (4, 4), (8, 8)]),
        ("C3d", [(1, 2), (2, 4), (4, 8)]),
        ("C4a", [(0.45, 0.55), (0.9, 1.1), (1.8, 2.2), (3.6, 4.4), (7.2, 8.8)]),
        ("O1c", [(2, 2.5), (4, 5), (8, 10), (16, 20), (32, 40)]),
    ],
)
def test_waits_grow_as_the_range_says(era: str, waits: list[tuple[float, float]]) -> None:
    found = behaviour(era, ANSWERS["busy"])
    for retry, wait in enumerate(waits, 1):
        assert found.delay(retry) == pytest.approx(wait)


def test_waits_have_a_longest() -> None:
    refused = Answer("", None, ending=Ending.UPSTREAM_REFUSED)
    assert behaviour("C1a", refused).delay(9) == (30, 30)
    assert behaviour("C1a", ANSWERS["busy"]).delay(9) == (512, 512)
    assert behaviour("O1c", ANSWERS["fault-error-first"]).delay(5) == (30, 30)
    assert behaviour("C4a", ANSWERS["busy"]).delay(6) == (9, 10)


def test_a_wait_beside_a_good_status_is_not_read() -> None:
    found = behaviour("C1a", ANSWERS["in-stream free limit"]._replace(wait_s=60.0))
    assert (found.delay_s, found.honours_retry_after) == (2.0, None)


def test_the_answers_own_wait_counts_where_the_client_reads_it() -> None:
    for era, wait in {"C1a": GO_S, "O1c": GO_S, "C1d": 1.0, "C2b": 2.0, "C4a": 0.5}.items():
        assert behaviour(era, ANSWERS["go"]).delay_s == wait
    assert behaviour("C1a", ANSWERS["exhausted"]).delay_s == MIDNIGHT_S


KINDS = [
    (ANSWERS["zen"], "none"),
    (ANSWERS["console"], "free_quota_exhausted"),
    (ANSWERS["go"], "go_limit"),
    (ANSWERS["fault-no-provider"], "no_provider"),
    (ANSWERS["fault-cut"], "cut"),
    (ANSWERS["fault-empty-body"], "unfinished"),
    (ANSWERS["fault-redirect"], "unresolvable"),
    (ANSWERS["in-stream free limit"], "stream_rate_limit"),
    (ANSWERS["in-stream rate limit"], "stream_too_many"),
    (ANSWERS["fault-error-first"], "stream_error"),
    (Answer(zen("ModelError", "Model x is disabled").body, 401), "auth"),
    (Answer('{"error":{"message":"x"}}', 402), "quota_exhausted"),
    (Answer('{"error":{"code":"insufficient_quota"}}', 429), "quota_exhausted"),
    (Answer(zen("CreditsError", "Insufficient balance.").body, 401), "billing_words"),
    (Answer('{"error":{"code":"server_is_overloaded"}}', 400), "server_overload"),
    (Answer('{"error":{"code":"invalid_prompt"}}', 500), "invalid_request"),
    (Answer("", 422), "invalid_request"),
    (Answer("", 503), "server_overload"),
    (Answer("", 404), "unknown"),
    (Answer(zen("FreeUsageLimitError", "x").body, 403), "auth"),
    (Answer("", None, ending=Ending.UPSTREAM_RESET), "transport_disconnect"),
    (Answer("", None, ending=Ending.UPSTREAM_UNRESOLVABLE), "unresolvable"),
    (Answer("no gzip", coding="gzip"), "decompression"),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "kind"), KINDS, ids=lambda part: str(part)[:40])
def test_failure_kinds(answer: Answer, kind: str) -> None:
    assert behaviour("C3d", answer).failure_kind == kind


def test_each_failure_kind_has_an_answer() -> None:
    assert {row.kind for row in FAILURES} - {kind for _, kind in KINDS} == {"rate_limit"}


@pytest.mark.parametrize(
    ("answer", "retried"),
    [
        (Answer('{"error":{"code":"insufficient_quota"}}', 429), "C1a C2a C2b O1b O1c"),
        (Answer('{"error":{"message":"Out of credits"}}', 429), "C1a C2a C2b C2c C3b O1b O1c"),
        (Answer("", 409), "C1a C2a C2b C2c C3b C3c C3d O1b O1c"),
        (Answer("", 422), ""),
        (Answer('{"error":{"code":"server_error"}}', 400), "C2c C3b C3c C3d"),
        (Answer("", None, ending=Ending.UPSTREAM_UNRESOLVABLE), "C1a C2a C2b C2c C3b C4a O1b O1c"),
        (Answer("", None, ending=Ending.UPSTREAM_RESET), "C1a C2a C2b C2c C3b C3c C3d C4a O1b O1c"),
        (ANSWERS["fault-no-provider"], "C3d"),
        (ANSWERS["in-stream free limit"], "C1a C3b C3c C3d C4a O1b O1c"),
        (ANSWERS["in-stream rate limit"], "C1a C3b C3c C3d O1b O1c"),
        (ANSWERS["fault-error-first"], "O1c"),
        (ANSWERS["fault-cut"], "C2b C2c C3b C3c C3d C4a O1b O1c"),
    ],
)  # fmt: skip
def test_what_each_range_asks_again_after(answer: Answer, retried: str) -> None:
    eras = ["C1a", "C1c", "C2a", "C2b", "C2c", "C3b", "C3c", "C3d", "C4a", "O1b", "O1c"]
    found = of_client(outcome_of(answer).client, eras)
    assert " ".join(era for era, one in found.items() if one.retried) == retried


def test_a_client_that_left_does_nothing_more() -> None:
    assert outcome_of(Answer("", ending=Ending.CLIENT_LEFT_MIDSTREAM)).client == ()
    assert outcome_of(Answer("", None)).client == ()


def test_every_screen_is_seen_by_somebody() -> None:
    assert {screen for row in RANGES for screen in row.sees.values()} == set(USER_SEES)


@pytest.mark.parametrize("row", RANGES, ids=lambda row: row.era)
def test_each_range_names_failure_kinds_that_exist(row: Any) -> None:
    kinds = {failure.kind for failure in FAILURES}
    assert row.retried | row.final | row.blocks | row.title_again <= kinds
    assert row.sees.keys() <= kinds | {"retried", "final"}
    assert not row.retried & (row.final | row.blocks)
