"""The rule table tests itself: each row is reachable, by its own example, and says why."""

import json
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pawwork_proxy.facts.errors import VENDOR_TYPES, ZEN_TYPES
from pawwork_proxy.facts.outcomes import MEANINGS
from pawwork_proxy.facts.wordings import PHRASES
from pawwork_proxy.model.numbers import EARLIEST, LATEST
from pawwork_proxy.model.outcome import Family, Kind, Origin
from pawwork_proxy.model.signals import (
    BodyShape,
    Ending,
    ErrorFact,
    ErrorPlace,
    Failure,
    RetryHint,
    Side,
    Signals,
    TransportFailure,
)
from pawwork_proxy.outcomes.clues import Clues
from pawwork_proxy.outcomes.rule import Rule
from pawwork_proxy.outcomes.rules import RULES, _origin, classify, is_quiet, judge
from pawwork_proxy.outcomes.wording_rules import WORDING_RULES
from pawwork_proxy.outcomes.zen_rules import ZEN_RULES
from pawwork_proxy.responses.reported import read_case, read_reported
from pawwork_proxy.responses.response_reader import ResponseReader
from tests.rows import each_row

CASES = Path(__file__).parents[2] / "data" / "outcomes.jsonl"


def test_ids_are_unique() -> None:
    ids = [rule.id for rule in RULES]
    assert len(set(ids)) == len(ids)


def test_the_last_rule_catches_all() -> None:
    assert RULES[-1].id == "undecided"
    assert classify(Signals()).rule_id == "undecided"


@pytest.mark.parametrize(
    ("message", "wait", "kind"),
    [
        ("Free usage limit reached. Free models work in OpenCode.", None, Kind.CLIENT_GATE),
        ("Free usage limit reached. Free models work in OpenCode.", "50223", "free_usage_limit"),
        ("Free usage limit reached. Free models work in OpenCode.", "30", Kind.CLIENT_GATE),
        ("Rate limit exceeded. Please try again later.", None, Kind.FREE_USAGE_LIMIT),
    ],
)
def test_a_gate_in_the_quotas_type_is_told_by_sentence_and_wait(
    message: str, wait: str | None, kind: Kind
) -> None:
    error = {"type": "FreeUsageLimitError", "message": message}
    headers = [] if wait is None else [("retry-after", wait)]
    reader = ResponseReader(429, headers)
    reader.feed(json.dumps({"type": "error", "error": error}).encode())
    assert classify(reader.finish(Ending.COMPLETE).signals).kind == kind


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("内置免费额度已用完。", "other_service"),
        ("免费额度已用完", "other_service"),
        ("网页搜索额度已用完", "other_service"),
        ("API 密钥额度已用完", "other_service"),
        ("保存的 Exa API Key 搜索额度已用完。请在设置里更新这个 key", "other_service"),
        ("Web Search quota reached", "other_service"),
        ("Free quota used", "other_service"),
        ("The saved Exa key quota is used. Replace it, or wait for Exa.", "other_service"),
        ("免费使用额度已用完", "free_usage_limit"),
        ("今天的免费额度用完了", "free_usage_limit"),
        ("Today's free quota is used up", "free_usage_limit"),
    ],
)
def test_the_quota_of_the_web_search_is_not_the_servers(line: str, kind: str) -> None:
    reader = ResponseReader(None, [])
    reader.feed(line.encode())
    assert classify(reader.finish(Ending.UNSTATED).signals).kind == kind


EVIDENCE = {
    "body.message": """
        client_gate_wording context auth_missing_wording
    """,
    "body.type": """
        client_gate_type free_usage_type go_usage_type black_usage_type credits_type
        monthly_limit_type user_limit_type region_type data_policy_type auth_type_missing
        auth_type model_type key_rate_type overload invalid server
    """,
    "body.message body.type": """
        entitlement auth_type_blocked model_type_no_provider auth_invalid_wording
    """,
    "line.message": """
        web_search_wording client_card client_hot
        go_usage_wording black_usage_wording free_usage_wording
        user_limit_wording
        monthly_limit_wording relayed_free_wording region_wording no_provider_wording
        vendor_account_quota vendor_account_quota_refused zen_rate_wording vendor_key
        data_policy_wording hidden_cause model auth_blocked_wording
    """,
    "body": """
        edge_page edge_line transport_line relayed_failure body_cut answer_whole
    """,
    "body.message body.code": "vendor_account_funds",
    "line.message headers.retry-after": "zen_rate_wording_minute zen_rate_wording_long",
    "line.message line.type line.bracket": "rate",
    "body.message status": "funds",
    "body.code": "content_policy transport_word",
    "ending": "transport_seen transport_left",
    "line.type line.bracket": "permission",
    "status": """
        server_busy relayed_invalid good_status switched_protocols status_edge status_busy
        status_client_gone status_upgrade status_region status_gone object_invalid object_auth
        object_rate status_invalid status_server
    """,
    "status body": "completion_refused",
    "headers.content-encoding": "encoding_unreadable encoding_broken",
    "stream.finish_reason": "stream_failed_finish",
    "stream.end": "stream_whole stream_cut",
    "headers.cf-mitigated": "challenged",
    "status headers.retry-after headers.date": "status_day_limit",
    "unobserved": "observed_in_part",
}
"""The places that decide each row's example."""


def signals_of(rule: Rule) -> Signals:
    sample = rule.example
    reader = ResponseReader(sample.status, sample.headers)
    reader.feed(sample.body.encode())
    return reader.finish(sample.ending, sample.unobserved).signals


@each_row("rule", RULES)
def test_each_rule_is_reached_by_its_own_example(rule: Rule) -> None:
    outcome = classify(signals_of(rule))
    assert outcome.rule_id == rule.id
    assert outcome.kind is rule.kind
    assert rule.reason


@each_row(
    "places, row", [(places, row) for places, rows in EVIDENCE.items() for row in rows.split()]
)
def test_evidence_names_the_places_that_decided(places: str, row: str) -> None:
    (rule,) = [rule for rule in RULES if rule.id == row]
    assert list(classify(signals_of(rule)).evidence) == places.split()


def test_every_row_but_the_last_has_evidence() -> None:
    rows = [row for rows in EVIDENCE.values() for row in rows.split()]
    missing = [rule.id for rule in RULES[:-1] if rule.id not in rows]
    assert not missing, f"EVIDENCE names no places of the example of {', '.join(missing)}"
    assert len(rows) == len(RULES) - 1


@each_row("rule", RULES[:-1])
def test_each_rule_decides_what_no_later_rule_would(rule: Rule) -> None:
    clues = Clues(signals_of(rule))
    later = next(other for other in RULES if other is not rule and other.when.holds(clues))
    assert (later.kind, _origin(later, clues)) != (rule.kind, _origin(rule, clues))


def test_every_kind_has_a_rule_a_family_and_a_meaning() -> None:
    kinds = set(Kind)
    ruleless = kinds - {rule.kind for rule in RULES}
    assert not ruleless, f"no rule in pawwork_proxy/outcomes comes to {', '.join(ruleless)}"
    assert {kind for kind in kinds if kind.family is Family.UNKNOWN} == {Kind.UNKNOWN}
    assert set(MEANINGS) == kinds


@each_row("case", [json.loads(line) for line in CASES.read_text("utf-8").splitlines()])
def test_labelled_answers_get_their_label(case: dict[str, Any]) -> None:
    assert classify(read_case(case).signals).kind == case["label"]


FACTS = st.builds(
    ErrorFact,
    place=st.sampled_from(ErrorPlace),
    type=st.sampled_from([None, "other", *ZEN_TYPES, *VENDOR_TYPES]),
    code=st.sampled_from([None, "other", "1302", "minimax:2062", "rate_limit_exceeded"]),
    bracket=st.sampled_from([None, "other", "server_error"]),
    inner_status=st.sampled_from([None, 400, 402, 404, 429, 500, 503, 529]),
    wrapper=st.sampled_from([None, "upstream_request", "upstream_error"]),
    provider=st.sampled_from([None, "unnamed", "other", "Console", "Nvidia"]),
    phrases=st.lists(st.sampled_from([phrase.id for phrase in PHRASES]), max_size=4).map(tuple),
    limit_name=st.sampled_from([None, "5 hour", "weekly", "monthly"]),
)
SIGNALS = st.builds(
    Signals,
    status=st.sampled_from([None, 101, 200, 204, 302, 400, 401, 402, 403, 429, 500, 503, 522]),
    text_status=st.sampled_from([None, 429, 503]),
    ending=st.sampled_from(Ending),
    made_by_proxy=st.booleans(),
    date=st.none()
    | st.datetimes(
        *(one.replace(tzinfo=None) for one in (EARLIEST, LATEST)), timezones=st.just(UTC)
    ),
    body=st.sampled_from(BodyShape),
    decoding_failed=st.booleans(),
    content_seen=st.booleans(),
    finish_seen=st.booleans(),
    failed_finish=st.sampled_from([None, "error", "insufficient_system_resource"]),
    cost_seen=st.booleans(),
    edge_markers=st.sampled_from([(), ("bad_gateway",)]),
    errors=st.lists(FACTS, max_size=3).map(tuple),
    retry_hints=st.lists(
        st.builds(
            RetryHint,
            place=st.sampled_from(["retry-after", "text", "body date", "retry-after-ms"]),
            seconds=st.floats(0, 2e6),
        ),
        max_size=2,
    ).map(tuple),
    transport=st.none()
    | st.builds(
        TransportFailure,
        failure=st.sampled_from(Failure),
        side=st.sampled_from(Side),
        place=st.sampled_from(["ending", "text"]),
    ),
)


def _quieted(signals: Signals) -> Signals:
    quiet = {"errors": (), "edge_markers": (), "failed_finish": None, "transport": None}
    body = BodyShape.STREAM if signals.body is BodyShape.STREAM else BodyShape.JSON
    return signals.model_copy(update={**quiet, "status": 200, "body": body})


@given(SIGNALS)
@settings(max_examples=3 * settings().max_examples)
def test_classify_is_total_and_recomputable_from_a_record(signals: Signals) -> None:
    """What a capture stores gives the same outcome as what the proxy saw."""
    outcome = classify(signals)
    stored = Signals.model_validate_json(signals.model_dump_json())
    assert classify(stored) == outcome
    assert outcome.family is outcome.kind.family
    if signals.made_by_proxy:
        assert outcome.origin is Origin.PROXY


@given(SIGNALS.map(_quieted))
@settings(max_examples=3 * settings().max_examples, deadline=None)
def test_rows_about_words_and_failures_never_hold_for_a_quiet_answer(signals: Signals) -> None:
    """So that they need not be asked: what `judge` leaves out changes nothing."""
    assert is_quiet(signals)
    clues = Clues(signals)
    assert not any(rule.when.holds(clues) for rule in ZEN_RULES + WORDING_RULES)


ORIGINS = {
    "zen's own type": ('{"type":"error","error":{"type":"CreditsError","message":"x"}}', "zen"),
    "closed service": (
        '{"error":{"type":"FreeUsageLimitError","message":"Error from provider (Console): no"}}',
        "relayed:Console",
    ),
    "named upstream": (
        '{"error":{"message":"Streaming response failed: [503] Upstream error from Nvidia: busy"}}',
        "relayed:Nvidia",
    ),
    "unknown name": ('{"error":{"message":"Error from provider (Acme42): x"}}', "relayed:other"),
    "wrapper only": ('{"error":{"message":"Upstream request failed: x"}}', "relayed"),
    "vendor's type": ('{"error":{"type":"overloaded_error","message":"x"}}', "relayed"),
    "google": ('{"error":{"status":"UNAVAILABLE","message":"x"}}', "relayed"),
    "words only": ("Weekly usage limit reached.", "zen"),
    "edge": ("<html>x</html>", "edge"),
    "nobody": ("hm", "unknown"),
}


@pytest.mark.parametrize(("body", "origin"), ORIGINS.values(), ids=ORIGINS)
def test_origin_names_who_spoke(body: str, origin: str) -> None:
    assert classify(read_reported(body.encode(), status=429).signals).origin_label == origin


def test_an_edge_never_passes_for_the_server() -> None:
    edges = [rule for rule in RULES if rule.kind is Kind.GATEWAY_ERROR]
    assert {classify(signals_of(rule)).origin for rule in edges} == {Origin.EDGE}


@pytest.mark.parametrize(
    ("ending", "origin"),
    [
        (Ending.CLIENT_LEFT_MIDSTREAM, Origin.CLIENT),
        (Ending.CLIENT_TLS, Origin.CLIENT),
        (Ending.PROXY_ERROR, Origin.PROXY),
        (Ending.CHAINED_PROXY_DOWN, Origin.CHAINED_PROXY),
        (Ending.UPSTREAM_REFUSED, Origin.EDGE),
        (Ending.UPSTREAM_UNRESOLVABLE, Origin.EDGE),
        (Ending.TIMEOUT, Origin.UNKNOWN),
        (Ending.UPSTREAM_CUT, Origin.UNKNOWN),
    ],
)
def test_a_transport_failure_has_a_side(ending: Ending, origin: Origin) -> None:
    outcome = classify(ResponseReader(None).finish(ending).signals)
    assert (outcome.kind, outcome.origin) == (Kind.TRANSPORT_ERROR, origin)


def test_a_record_keeps_the_outcome_without_the_clients_part() -> None:
    signals = Signals(status=503)
    assert judge(signals).client == ()
    assert judge(signals) == classify(signals).model_copy(update={"client": ()})


def test_a_link_to_the_go_page_beside_a_region_is_no_limit() -> None:
    text = "Weekly news: only available hosted in China https://opencode.ai/workspace/wrk_0/go"
    assert classify(read_reported(text.encode()).signals).kind is Kind.REGION_BLOCKED
    text = "Еженедельный: недельный лимит https://opencode.ai/workspace/wrk_0/go"
    assert classify(read_reported(text.encode()).signals).kind is Kind.GO_USAGE_LIMIT


def test_a_phrase_of_a_newer_table_is_passed_over() -> None:
    fact = ErrorFact(place=ErrorPlace.BODY, phrases=("from_the_future",))
    assert classify(Signals(status=418, errors=(fact,))).kind is Kind.UNKNOWN


def test_a_cut_that_nobody_saw_has_no_origin() -> None:
    signals = Signals(status=200, body=BodyShape.STREAM)
    assert classify(signals).origin is Origin.UNKNOWN


CHUNK = b'data: {"choices":[{"delta":{"content":"a"},"finish_reason":null}]}\n\n'
FINISH = b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n'


@pytest.mark.parametrize(
    ("body", "ending", "kind"),
    [
        (CHUNK, Ending.CLIENT_LEFT_MIDSTREAM, Kind.TRANSPORT_ERROR),
        (CHUNK + FINISH, Ending.CLIENT_LEFT_MIDSTREAM, Kind.SUCCESS),
        (CHUNK + FINISH, Ending.CLIENT_LEFT_AFTER_BODY, Kind.SUCCESS),
        (CHUNK + FINISH, Ending.UPSTREAM_CUT, Kind.SUCCESS),
        (CHUNK, Ending.UPSTREAM_CUT, Kind.TRANSPORT_ERROR),
        (CHUNK, Ending.COMPLETE, Kind.TRANSPORT_ERROR),
    ],
)
def test_who_left_first_matters_only_when_the_answer_was_not_whole(
    body: bytes, ending: Ending, kind: Kind
) -> None:
    reader = ResponseReader(200, [("content-type", "text/event-stream")])
    reader.feed(body)
    assert classify(reader.finish(ending).signals).kind is kind
