"""Where one row of the rule table ends and the next begins.

Each sense by a type and by a message, alone and relayed; each status with and without an error;
then, row by row, responses that differ from a row's own by one thing only.
"""

from datetime import UTC, datetime
from typing import Any

import pytest

from pawwork_proxy.facts.errors import Sense
from pawwork_proxy.facts.wordings import SENSES
from pawwork_proxy.model.signals import (
    AnswerShape,
    BodyShape,
    ContentTypeClass,
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
from pawwork_proxy.outcomes.rules import RULES, classify
from tests.rows import each_row

BY_SENSE = """
free_limit free_usage_type free_usage_wording free_usage_type relayed_failure
go_limit go_usage_type go_usage_wording go_usage_type relayed_failure
black_limit black_usage_type black_usage_wording black_usage_type relayed_failure
zen_rate key_rate_type - rate -
rate rate rate rate rate
account_quota vendor_account_quota vendor_account_quota vendor_account_quota vendor_account_quota
overload overload overload overload overload
no_provider no_provider_wording no_provider_wording no_provider_wording no_provider_wording
credits credits_type - credits_type -
funds vendor_account_funds funds vendor_account_funds vendor_account_funds
monthly_limit monthly_limit_type monthly_limit_wording monthly_limit_type relayed_failure
user_limit user_limit_type user_limit_wording user_limit_type relayed_failure
zen_auth auth_type - auth_type -
auth auth_invalid_wording - vendor_key -
auth_missing auth_missing_wording auth_missing_wording vendor_key vendor_key
auth_invalid auth_invalid_wording auth_invalid_wording vendor_key vendor_key
auth_blocked auth_blocked_wording undecided vendor_key vendor_key
entitlement entitlement entitlement entitlement entitlement
permission permission - permission -
zen_model model_type - model_type -
model model model model model
not_found model - model -
region region_type region_wording region_type region_wording
gate client_gate_type client_gate_wording client_gate_type client_gate_wording
data_policy data_policy_type data_policy_wording data_policy_type data_policy_wording
invalid invalid invalid invalid invalid
context context context context context
content_policy content_policy content_policy content_policy content_policy
server server server server server
opaque server hidden_cause server hidden_cause
timeout server server server server
transport transport_word - relayed_failure -
aborted transport_word - relayed_failure -
neutral undecided undecided relayed_failure relayed_failure
"""
"""Sense; the row for a type and for a message that has it, then the same behind a third party."""


def signals(
    status: int | None = None, says: str = "", wait: float | None = None, **parts: Any
) -> Signals:
    """One response: fields of its error, if it has any, and of the signals, by their names."""
    fields = {name: parts.pop(name) for name in list(parts) if name in ErrorFact.model_fields}
    if says:
        fields["phrases"] = tuple(says.split())
    place = fields.pop("place", ErrorPlace.BODY)
    errors = (ErrorFact.model_validate({"place": place, **fields}),) if fields else ()
    hints = () if wait is None else (RetryHint(place="retry-after", seconds=wait),)
    known = {"status": status, "errors": errors, "retry_hints": hints}
    return Signals.model_validate(known | parts)


def other(sense: Sense, **parts: Any) -> dict[str, Any]:
    """An unknown type whose parts have a sense."""
    return {"type": "other", "type_stem": sense, **parts}


@each_row("row", BY_SENSE.split("\n")[1:-1])
def test_each_sense_has_its_row(row: str) -> None:
    sense, by_type, by_message, type_relayed, message_relayed = row.split()
    phrase = next((id_ for id_, found in SENSES.items() if found == sense), None)
    for provider, typed, said in (
        (None, by_type, by_message),
        ("Nvidia", type_relayed, message_relayed),
    ):
        found = classify(signals(**other(Sense(sense)), provider=provider))
        assert found.rule_id == typed
        if phrase is not None:
            assert classify(signals(says=phrase, provider=provider)).rule_id == said


def test_every_sense_is_in_the_table() -> None:
    assert [row.split()[0] for row in BY_SENSE.split("\n")[1:-1]] == [str(one) for one in Sense]


STATUSES = {
    "switched_protocols": [101],
    "funds": [402],
    "status_invalid": [405, 411, 413, 414, 415, 422, 431],
    "status_client_gone": [408, 499],
    "status_gone": [410],
    "status_upgrade": [426],
    "status_region": [451],
    "status_edge": [502, 504, *range(520, 528), 530],
}
"""The row of a status whether or not an error in unknown words comes with it."""
BARE = STATUSES | {"good_status": [202, 204], "status_busy": [503, 529]}
WITH_LINE = STATUSES | {"server_busy": [503, 529]}
WITH_OBJECT = WITH_LINE | {"object_invalid": [400], "object_auth": [401], "object_rate": [429]}


@pytest.mark.parametrize(
    ("table", "parts"),
    [
        (BARE, {}),
        (WITH_LINE, {"place": ErrorPlace.LINE, "type": "unknown_error"}),
        (WITH_OBJECT, {"place": ErrorPlace.BODY, "type": "unknown_error"}),
    ],
    ids=["bare", "line", "object"],
)
def test_each_status_has_its_row(table: dict[str, list[int]], parts: dict[str, Any]) -> None:
    rows = {status: row for row, statuses in table.items() for status in statuses}
    for status in range(100, 600):
        rest = "status_server" if status >= 500 else "undecided"
        assert classify(signals(status, **parts)).rule_id == rows.get(status, rest)


MIDNIGHT = datetime(2026, 11, 24, 22, tzinfo=UTC)
STREAM: dict[str, Any] = {"status": 200, "body": BodyShape.STREAM}
CUT = TransportFailure(failure=Failure.CUT, side=Side.UPSTREAM, place="ending")
STATED = TransportFailure(failure=Failure.RESET, side=Side.UNKNOWN, place="text")
OTHER = TransportFailure(failure=Failure.OTHER, side=Side.PROXY, place="ending")
ZEN_RATE = "rate zen_rate_text"

BORDERS: list[tuple[str, Signals]] = [
    # Zen's own words
    ("auth_type_blocked", signals(type="AuthError", says="auth_blocked")),
    ("auth_blocked_wording", signals(**other(Sense.AUTH_BLOCKED), says="auth_blocked")),
    ("auth_type", signals(type="AuthError", code="other", code_stem="auth_blocked")),
    ("auth_type_missing", signals(type="AuthError", says="auth_missing")),
    ("auth_type_missing", signals(type="AuthError", says="auth_missing_word")),
    ("auth_type", signals(type="AuthError", code="other", code_stem="auth_missing")),
    ("auth_type_missing", signals(type="AuthError", says="auth_missing", code="invalid_api_key")),
    ("auth_type", signals(type="AuthError", says="auth_missing auth_invalid")),
    ("auth_type", signals(type="AuthError", says="auth_missing_word auth_invalid_word")),
    ("auth_missing_wording", signals(type="missing_api_key", says="auth_missing_word")),
    ("model_type_no_provider", signals(type="ModelError", says="no_provider")),
    ("model_type_no_provider", signals(type="ModelError", code="no_provider_available")),
    ("model_type_no_provider", signals(type="ModelError", says="provider_word none_word")),
    ("model_type_no_provider", signals(
        type="ModelError", says="provider_word none_word", code="model_not_found")),
    ("model_type", signals(type="ModelError", says="provider_word none_word support_word")),
    ("model_type", signals(type="ModelError", says="provider_word none_word model")),
    ("model_type", signals(type="ModelError", says="provider_word")),
    ("model_type", signals(type="ModelError", says="none_word")),
    ("key_rate_type", signals(type="RateLimitError", provider="Console")),
    ("rate", signals(type="RateLimitError", bracket="other")),
    ("go_usage_wording", signals(says="go_limit", provider="Console")),
    ("undecided", signals(says="go_limit", google_status="UNKNOWN")),
    ("relayed_failure", signals(says="go_limit", bracket="other")),
    ("go_usage_wording", signals(says="window_5h go_link")),
    ("go_usage_wording", signals(says="window_week go_link")),
    ("go_usage_wording", signals(says="window_month go_link", provider="Console")),
    ("undecided", signals(says="go_link")),
    ("undecided", signals(says="window_month")),
    ("undecided", signals(says="window_month go_link", type="unknown_error")),
    ("relayed_failure", signals(says="window_month go_link", bracket="other")),
    ("relayed_failure", signals(says="window_month go_link", provider="other")),
    ("region_wording", signals(says="window_month go_link region")),
    ("rate", signals(says="window_month rate", retry_hints=[{"place": "text", "seconds": 9}])),
    ("undecided", signals(says="window_month", retry_hints=[{"place": "text", "seconds": 9}])),
    ("go_usage_wording", signals(says="usage_limit_word go_balance")),
    ("server_busy", signals(503, says="usage_limit_word go_balance")),
    ("server_busy", signals(503, says="go_limit")),
    ("go_usage_wording", signals(
        says="window_month usage_limit_word", retry_hints=[{"place": "text", "seconds": 9}])),
    ("relayed_failure", signals(
        says="window_month", provider="Console", retry_hints=[{"place": "text", "seconds": 9}])),
    ("undecided", signals(says="window_month", wait=9)),
    ("relayed_free_wording", signals(429, says=ZEN_RATE, provider="Console")),
    ("rate", signals(429, says=ZEN_RATE, provider="Console Go")),
    ("rate", signals(429, says=ZEN_RATE, provider="Console", type="rate_limit_error")),
    ("rate", signals(429, says=ZEN_RATE, provider="Console", wrapper="upstream_error")),
    # context, pages, nobody there
    ("context", signals(says="context rate")),
    ("rate", signals(says="context", code="rate_limit_exceeded")),
    ("edge_page", signals(200, body=BodyShape.HTML)),
    ("edge_page", signals(edge_markers=["html_in_line"])),
    ("edge_page", signals(edge_markers=["html_for_json"], says="server")),
    ("edge_page", signals(503, edge_markers=["edge_object"], body=BodyShape.JSON)),
    ("server", signals(edge_markers=["html_in_line"], type="api_error")),
    ("edge_line", signals(edge_markers=["bad_gateway"])),
    ("no_provider_wording", signals(says="provider_word none_word", provider="Console")),
    ("undecided", signals(says="provider_word none_word")),
    ("server", signals(says="provider_word none_word", provider="Console", type="api_error")),
    ("server", signals(says="provider_word none_word server")),
    # money
    ("vendor_account_funds", signals(says="funds", provider="Nvidia")),
    ("vendor_account_funds", signals(says="funds vendor_debt")),
    ("vendor_account_funds", signals(402, says="funds", provider="Nvidia")),
    ("vendor_account_funds", signals(says="funds", bracket="other")),
    ("vendor_account_funds", signals(type="billing_error")),
    ("vendor_account_funds", signals(inner_status=402, provider="Nvidia")),
    ("vendor_account_funds", signals(says="funds", inner_status=402, wrapper="upstream_request")),
    ("funds", signals(says="funds", provider="Console")),
    ("funds", signals(402, type="billing_error")),
    ("funds", signals(402, says="funds", bracket="other")),
    ("funds", signals(inner_status=402, provider="Console")),
    ("relayed_failure", signals(inner_status=403, provider="Nvidia")),
    ("vendor_account_quota", signals(says="funds account_quota", provider="Nvidia")),
    ("vendor_account_quota", signals(says="funds vendor_debt", code="insufficient_quota")),
    ("vendor_account_quota", signals(404, says="account_quota")),
    ("vendor_account_quota", signals(403, says="account_quota", inner_status=429)),
    ("vendor_account_quota_refused", signals(401, says="account_quota")),
    ("vendor_account_quota_refused", signals(403, type="insufficient_quota")),
    ("vendor_account_quota_refused", signals(402, says="account_quota", provider="Nvidia")),
    ("vendor_account_quota_refused", signals(inner_status=402, says="account_quota")),
    ("funds", signals(402, says="account_quota")),
    ("funds", signals(402, says="account_quota", provider="Console")),
    # capacity and rates
    ("overload", signals(says="overload rate")),
    ("edge_line", signals(says="overload", edge_markers=["bad_gateway"])),
    ("overload", signals(type="overloaded_error", edge_markers=["bad_gateway"])),
    ("overload", signals(says="overload", edge_markers=["bad_gateway"], provider="Console")),
    *[("overload", signals(400, inner_status=n, provider="Nvidia")) for n in (502, 503, 504, 529)],
    *[("status_server", signals(418, inner_status=n)) for n in (500, 502, 504, 599)],
    *[("server_busy", signals(400, inner_status=n)) for n in (503, 529)],
    ("relayed_failure", signals(400, inner_status=505, provider="Console")),
    ("overload", signals(inner_status=503, provider="Console")),
    ("rate", signals(inner_status=503, provider="Console", says="rate")),
    ("rate", signals(inner_status=503, provider="Console", type="rate_limit_error")),
    ("key_rate_type", signals(inner_status=503, provider="Console", type="RateLimitError")),
    ("rate", signals(inner_status=503, provider="Nvidia", type="RateLimitError")),
    ("rate", signals(inner_status=429)),
    ("zen_rate_wording", signals(429, says=ZEN_RATE)),
    ("zen_rate_wording", signals(429, says=ZEN_RATE, wait=59)),
    ("zen_rate_wording_minute", signals(429, says=ZEN_RATE, wait=60)),
    ("zen_rate_wording_long", signals(429, says=ZEN_RATE, wait=60.5)),
    ("rate", signals(429, says="rate", wait=60)),
    ("rate", signals(429, says=ZEN_RATE, type="rate_limit_error")),
    ("rate", signals(429, says=ZEN_RATE, provider="unnamed")),
    # keys
    *[("vendor_key", signals(401, **other(Sense(sense)), provider="Nvidia"))
      for sense in ("auth", "auth_missing", "auth_invalid", "auth_blocked")],
    ("vendor_key", signals(401, says="auth_invalid", bracket="other")),
    ("auth_invalid_wording", signals(401, says="auth_invalid", provider="Console")),
    ("auth_missing_wording", signals(says="api_key_word auth_missing_word")),
    ("auth_invalid_wording", signals(says="api_key_word auth_invalid_word")),
    *[("undecided", signals(says=word))
      for word in ("api_key_word", "auth_missing_word", "auth_invalid_word")],
    ("undecided", signals(says="api_key_word auth_missing_word", type="unknown_error")),
    ("undecided", signals(says="api_key_word auth_invalid_word", type="unknown_error")),
    ("relayed_failure", signals(says="api_key_word auth_missing_word", provider="Console")),
    ("relayed_failure", signals(says="api_key_word auth_invalid_word", provider="Console")),
    ("auth_blocked_wording", signals(401, says="auth_blocked")),
    ("auth_blocked_wording", signals(inner_status=403, says="auth_blocked")),
    ("auth_blocked_wording", signals(type="account_deactivated")),
    ("undecided", signals(404, says="auth_blocked")),
    ("relayed_failure", signals(401, says="auth_blocked", provider="Console")),
    # models, requests
    ("model", signals(404, type="not_found_error")),
    ("model", signals(400, says="model")),
    ("object_invalid", signals(400, type="not_found_error")),
    ("object_invalid", signals(inner_status=400, status=400, type="not_found_error")),
    ("model", signals(400, inner_status=404, type="not_found_error")),
    ("invalid", signals(500, type="invalid_request_error")),
    ("invalid", signals(says="invalid")),
    ("invalid", signals(499, says="invalid")),
    ("status_server", signals(500, says="invalid")),
    ("object_invalid", signals(400, inner_status=500, says="invalid")),
    ("server", signals(400, says="invalid", type="error")),
    ("transport_line", signals(says="invalid", transport=STATED)),
    # transports
    ("transport_word", signals(type="AbortError")),
    ("transport_word", signals(code="ConnectionReset")),
    ("relayed_failure", signals(code="ConnectionReset", provider="Console")),
    ("transport_seen", signals(503, transport=CUT)),
    ("status_busy", signals(503, transport=STATED.model_copy(update={"place": "stated"}))),
    ("server_busy", signals(503, type="api_error", transport=CUT)),
    ("server", signals(400, type="api_error", transport=CUT)),
    ("stream_whole", signals(**STREAM, done_marker=True, transport=CUT)),
    ("transport_seen", signals(500, body=BodyShape.STREAM, done_marker=True, transport=CUT)),
    ("transport_line", signals(500, transport=STATED)),
    ("relayed_failure", signals(transport=STATED, provider="Console")),
    ("transport_seen", signals(418, transport=OTHER)),
    ("undecided", signals(418, type="unknown_error", says="", transport=OTHER)),
    ("transport_left", signals(418, type="unknown_error", transport=CUT)),
    # edges and relays
    ("edge_line", signals(502, edge_markers=["bad_gateway"])),
    ("status_edge", signals(502, edge_markers=["bad_gateway"], type="unknown_error")),
    ("relayed_failure", signals(edge_markers=["bad_gateway"], provider="Console")),
    ("relayed_invalid", signals(422, provider="Console")),
    ("relayed_invalid", signals(429, inner_status=400, wrapper="upstream_request")),
    ("relayed_failure", signals(400, inner_status=404, provider="Console")),
    # bodies and streams
    ("completion_refused", signals(422, answer=AnswerShape.COMPLETION)),
    ("object_invalid", signals(400, type="unknown_error", answer=AnswerShape.LISTING)),
    ("encoding_broken", signals(decoding_failed=True, body=BodyShape.BINARY)),
    ("encoding_unreadable", signals(decoding_failed=True, unreadable=True, body=BodyShape.BINARY)),
    ("status_server", signals(500, decoding_failed=True)),
    *[("stream_whole", signals(**STREAM | {"decoding_failed": True, end: True}))
      for end in ("finish_seen", "done_marker", "cost_seen")],
    ("stream_failed_finish", signals(**STREAM, failed_finish="error", finish_seen=True)),
    ("undecided", signals(**STREAM, done_marker=True, type="unknown_error")),
    ("undecided", signals(**STREAM, type="unknown_error")),
    ("status_server", signals(500, body=BodyShape.STREAM, done_marker=True)),
    ("stream_cut", signals(body=BodyShape.STREAM)),
    ("stream_cut", signals(
        200, body=BodyShape.EMPTY, content_type=ContentTypeClass.EVENT_STREAM)),
    ("undecided", signals(
        201, body=BodyShape.EMPTY, content_type=ContentTypeClass.EVENT_STREAM)),
    ("undecided", signals(200, body=BodyShape.EMPTY, content_type=ContentTypeClass.JSON)),
    ("undecided", signals(
        200, body=BodyShape.TEXT, content_type=ContentTypeClass.EVENT_STREAM)),
    ("body_cut", signals(200, body=BodyShape.DAMAGED_JSON)),
    ("undecided", signals(body=BodyShape.CUT_JSON)),
    ("undecided", signals(200, body=BodyShape.CUT_JSON, type="unknown_error")),
    ("answer_whole", signals(
        200, body=BodyShape.CUT_JSON, finish_seen=True, answer=AnswerShape.COMPLETION)),
    ("undecided", signals(200, answer=AnswerShape.LISTING, type="unknown_error")),
    ("undecided", signals(404, answer=AnswerShape.LISTING)),
    ("undecided", signals(body=BodyShape.JSON)),
    ("undecided", signals(200, body=BodyShape.TEXT)),
    ("undecided", signals(200, body=BodyShape.JSON, type="unknown_error")),
    ("good_status", signals(201, body=BodyShape.JSON)),
    ("switched_protocols", signals(ending=Ending.WEBSOCKET)),
    # statuses
    ("undecided", signals(403, cf_mitigated=True, type="unknown_error")),
    ("undecided", signals(403, cf_mitigated=True, answer=AnswerShape.LISTING)),
    ("status_day_limit", signals(429, wait=7200, date=MIDNIGHT)),
    ("status_day_limit", signals(429, wait=7198, date=MIDNIGHT)),
    ("status_day_limit", signals(429, wait=7202, date=MIDNIGHT)),
    ("undecided", signals(429, wait=7197, date=MIDNIGHT)),
    ("undecided", signals(429, wait=7203, date=MIDNIGHT)),
    ("undecided", signals(429, wait=60, date=MIDNIGHT.replace(hour=23, minute=59))),
    ("status_day_limit", signals(429, wait=61, date=MIDNIGHT.replace(hour=23, minute=59))),
    ("undecided", signals(429, wait=7200)),
    ("undecided", signals(429, date=MIDNIGHT.replace(hour=0))),
    ("undecided", signals(418, wait=7200, date=MIDNIGHT)),
    ("object_rate", signals(429, type="unknown_error", wait=7200, date=MIDNIGHT)),
    ("undecided", signals(429, answer=AnswerShape.LISTING, wait=7200, date=MIDNIGHT)),
    ("status_busy", signals(text_status=503)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("wait", "row"),
    [
        (0, "zen_rate_wording"),
        (59, "zen_rate_wording"),
        (60, "zen_rate_wording_minute"),
        (61, "zen_rate_wording_long"),
    ],
)
def test_one_row_for_each_wait_beside_zens_sentence(wait: float, row: str) -> None:
    """Each row holds for its own waits only, whatever stands above it."""
    clues = Clues(signals(429, says=ZEN_RATE, wait=wait))
    rows = [rule for rule in RULES if rule.id.startswith("zen_rate_wording")]
    assert [rule.id for rule in rows if rule.when.holds(clues)] == [row]


@each_row("row, response", BORDERS)
def test_what_stands_beside_a_border(row: str, response: Signals) -> None:
    assert classify(response).rule_id == row
