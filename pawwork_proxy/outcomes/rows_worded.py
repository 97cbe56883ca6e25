"""Rows that go by vendors' codes and, where those say little, by what the message means."""

from __future__ import annotations

from pawwork_proxy.facts.errors import Sense
from pawwork_proxy.model.outcome import Kind, Origin
from pawwork_proxy.model.signals import BodyShape, Ending
from pawwork_proxy.outcomes.evidence import Evidence
from pawwork_proxy.outcomes.rows_typed import _is, _no_provider
from pawwork_proxy.outcomes.table import Rule, Sample

_AUTH = frozenset({Sense.AUTH, Sense.AUTH_MISSING, Sense.AUTH_INVALID, Sense.AUTH_BLOCKED})
_PAGE_MARKS = frozenset({"html_in_line", "html_for_json", "edge_object"})
_BUSY = frozenset({502, 503, 504, 529})


def _rated(e: Evidence) -> bool:
    return Sense.RATE in e.any or Sense.ZEN_RATE in e.words or e.inner == 429


def _refused_at_vendor(e: Evidence) -> bool:
    """The vendor refuses the relay's own key."""
    return e.third_party or any(fact.bracket for fact in e.s.errors)


def _line_transport(e: Evidence) -> bool:
    """A client's own report that the connection broke, not a relay's about somebody behind it."""
    return e.s.transport is not None and e.s.transport.place == "text" and not e.relayed


def _line_edge(e: Evidence) -> bool:
    """An edge's mark in a line, and no sign that the API itself spoke."""
    return bool(e.s.edge_markers) and not e.relayed and not e.types


def _invalid(e: Evidence) -> bool:
    """Words about the request, unless Zen's catch-all type or a 5xx says whose fault it is."""
    if Sense.INVALID in e.words:
        return True
    blameless = (e.deciding or 400) >= 500 or any(fact.type == "error" for fact in e.s.errors)
    return Sense.INVALID in e.says and not blameless and not _line_transport(e)


def _vendor_debt(e: Evidence) -> bool:
    """Money is missing at a vendor: one is named, or the words are none that Zen uses."""
    if Sense.ACCOUNT_QUOTA in e.any:
        return False
    if Sense.FUNDS not in e.any:
        return e.third_party and e.deciding == 402
    if e.status == 402 and not e.third_party:
        return False
    return e.behind or Sense.FUNDS in e.words or "vendor_debt" in e.phrases


WORDED: tuple[Rule, ...] = (
    Rule(
        "context",
        Kind.CONTEXT_OVERFLOW,
        "code or message speaks of the model's context length",
        Sample('{"error":{"message":"prompt is too long: 9 tokens > 8 maximum"}}', 400),
        lambda e: Sense.CONTEXT in e.any and Sense.RATE not in e.words,
        _is(Sense.CONTEXT),
    ),
    Rule(
        "edge_page",
        Kind.GATEWAY_ERROR,
        "a page of HTML where the API speaks JSON: the edge answered",
        Sample("<!DOCTYPE html><html><title>502: Bad gateway</title></html>", 502),
        lambda e: (
            e.s.body is BodyShape.HTML
            or (bool(_PAGE_MARKS & set(e.s.edge_markers)) and not e.words)
        ),
        places=("body",),
        origin=Origin.EDGE,
    ),
    Rule(
        "region_wording",
        Kind.REGION_BLOCKED,
        "the message names country, region or where the model is hosted",
        Sample("This model is not available in your country.", 403),
        lambda e: Sense.REGION in e.says,
        _is(Sense.REGION),
    ),
    Rule(
        "no_provider_wording",
        Kind.PROVIDER_OVERLOAD,
        "nobody had room for the request",
        Sample("No provider available"),
        lambda e: Sense.NO_PROVIDER in e.any or (_no_provider(e) and not e.words and e.relayed),
        _is(Sense.NO_PROVIDER),
    ),
    Rule(
        "vendor_account_funds",
        Kind.PROVIDER_OVERLOAD,
        "the relay's account at the vendor lacks money: not the caller's trouble",
        Sample('{"error":{"code":"Arrearage","message":"Access denied, account overdue"}}', 400),
        _vendor_debt,
        _is(Sense.FUNDS),
    ),
    Rule(
        "overload",
        Kind.PROVIDER_OVERLOAD,
        "code or message speaks of capacity, also under 429 and beside a rate limit's type",
        Sample('{"error":{"type":"engine_overloaded_error","message":"busy"}}', 429),
        lambda e: (
            (Sense.OVERLOAD in e.any and not _line_edge(e))
            or (e.inner in _BUSY and e.relayed and not _rated(e))
        ),
        _is(Sense.OVERLOAD),
    ),
    Rule(
        "vendor_account_quota",
        Kind.PROVIDER_RATE_LIMIT,
        "an allowance at the vendor is used up; under Zen it is the relay's",
        Sample("Error from provider (Z.ai): Weekly/Monthly Limit Exhausted.", 429),
        lambda e: Sense.ACCOUNT_QUOTA in e.any and e.deciding not in (401, 402, 403),
        _is(Sense.ACCOUNT_QUOTA),
    ),
    Rule(
        "vendor_account_quota_refused",
        Kind.PROVIDER_OVERLOAD,
        "the same, sent as a refusal: provider account trouble",
        Sample("Error from provider (xAI): used all available credits", 403),
        lambda e: Sense.ACCOUNT_QUOTA in e.any and (e.behind or e.status != 402),
        _is(Sense.ACCOUNT_QUOTA),
    ),
    Rule(
        "zen_rate_wording",
        Kind.UNKNOWN,
        "Zen's sentence without its type: the free limit and the key limit share it",
        Sample("Rate limit exceeded. Please try again later.", 429),
        lambda e: (
            "zen_rate_text" in e.phrases
            and not e.words
            and not e.relayed
            and 60 != e.longest_wait <= 60
        ),
        _is(Sense.RATE),
    ),
    Rule(
        "zen_rate_wording_minute",
        Kind.KEY_RATE_LIMIT,
        "Zen's sentence without its type, with the key limit's fixed minute",
        Sample("Rate limit exceeded. Please try again later.", 429, (("retry-after", "60"),)),
        lambda e: (
            "zen_rate_text" in e.phrases and not e.words and not e.relayed and e.longest_wait == 60
        ),
        _is(Sense.RATE),
        ("headers.retry-after",),
    ),
    Rule(
        "zen_rate_wording_long",
        Kind.FREE_USAGE_LIMIT,
        "Zen's sentence without its type, with a wait that only the day limit has",
        Sample("Rate limit exceeded. Please try again later.", 429, (("retry-after", "5000"),)),
        lambda e: "zen_rate_text" in e.phrases and not e.words and not e.relayed,
        _is(Sense.RATE),
        ("headers.retry-after",),
    ),
    Rule(
        "rate",
        Kind.PROVIDER_RATE_LIMIT,
        "code, message or inner status is a vendor's rate limit",
        Sample("Upstream request failed: [rate_limit_exceeded] Rate limit exceeded."),
        _rated,
        _is(Sense.RATE),
    ),
    Rule(
        "vendor_key",
        Kind.PROVIDER_OVERLOAD,
        "the vendor refuses the relay's key: not the caller's trouble",
        Sample("Error from provider (DeepSeek): Authentication Fails", 401),
        lambda e: bool(_AUTH & e.any) and _refused_at_vendor(e),
        _AUTH,
    ),
    Rule(
        "funds",
        Kind.CREDITS_EXHAUSTED,
        "money is missing, and nobody but the caller is named",
        Sample('{"error":{"type":"server_error","message":"Insufficient account funds"}}', 402),
        lambda e: Sense.FUNDS in e.any or e.deciding == 402,
        _is(Sense.FUNDS),
        ("status",),
    ),
    Rule(
        "data_policy_wording",
        Kind.CLIENT_GATE,
        "the message asks to opt in to data collection",
        Sample("This model collects data and requires explicit opt in", 403),
        lambda e: Sense.DATA_POLICY in e.says,
        _is(Sense.DATA_POLICY),
    ),
    Rule(
        "auth_missing_wording",
        Kind.AUTH_MISSING,
        "no key was sent",
        Sample('{"error":{"message":"Missing API key","type":"invalid_request_error"}}', 401),
        lambda e: (
            Sense.AUTH_MISSING in e.any
            or (
                {"api_key_word", "auth_missing_word"} <= e.phrases and not e.words and not e.relayed
            )
        ),
        _is(Sense.AUTH_MISSING),
    ),
    Rule(
        "auth_invalid_wording",
        Kind.AUTH_INVALID,
        "the key was refused",
        Sample('{"error":{"type":"authentication_error","message":"invalid x-api-key"}}', 401),
        lambda e: (
            bool({Sense.AUTH_INVALID, Sense.AUTH} & e.any)
            or (
                {"api_key_word", "auth_invalid_word"} <= e.phrases and not e.words and not e.relayed
            )
        ),
        frozenset({Sense.AUTH_INVALID, Sense.AUTH}),
    ),
    Rule(
        "hidden_cause",
        Kind.SERVER_ERROR,
        "a relay reports that somebody behind it failed, and dropped the cause",
        Sample("Upstream request failed: [404] Provider returned error", 400),
        lambda e: "opaque" in e.phrases,
        _is(Sense.OPAQUE),
    ),
    Rule(
        "model",
        Kind.MODEL_UNAVAILABLE,
        "code or message says that the model is unknown, disabled, retired or elsewhere",
        Sample("HTTP 401: Model tiny-free not supported"),
        lambda e: Sense.MODEL in e.any or (Sense.NOT_FOUND in e.words and e.deciding != 400),
        frozenset({Sense.MODEL, Sense.NOT_FOUND}),
    ),
    Rule(
        "auth_blocked_wording",
        Kind.AUTH_BLOCKED,
        "account or workspace is blocked",
        Sample("Your account has been suspended", 403),
        lambda e: (
            Sense.AUTH_BLOCKED in e.any
            and not e.relayed
            and (e.deciding in (401, 403) or Sense.AUTH_BLOCKED in e.words)
        ),
        _is(Sense.AUTH_BLOCKED),
    ),
    Rule(
        "content_policy",
        Kind.INVALID_REQUEST,
        "a content filter refused the request",
        Sample('{"error":{"code":"DataInspectionFailed","message":"…"}}', 400),
        lambda e: Sense.CONTENT_POLICY in e.any,
        _is(Sense.CONTENT_POLICY),
    ),
    Rule(
        "invalid",
        Kind.INVALID_REQUEST,
        "code or message says what is wrong with the request",
        Sample('{"error":{"type":"invalid_request_error","message":"…"}}', 400),
        _invalid,
        _is(Sense.INVALID),
    ),
    Rule(
        "transport_word",
        Kind.TRANSPORT_ERROR,
        "the client reports a broken connection by its code",
        Sample('{"code":"ConnectionRefused","errno":0}'),
        lambda e: bool({Sense.TRANSPORT, Sense.ABORTED} & e.words) and not e.relayed,
        frozenset({Sense.TRANSPORT, Sense.ABORTED}),
    ),
    Rule(
        "transport_seen",
        Kind.TRANSPORT_ERROR,
        "the transport broke, and the server had named no error",
        Sample("The operation did not finish", ending=Ending.TIMEOUT),
        lambda e: (
            e.s.transport is not None
            and e.s.transport.place == "ending"
            and not e.words
            and not (e.good and e.ended_well)
        ),
        places=("ending",),
    ),
    Rule(
        "permission",
        Kind.UNKNOWN,
        "a permission is missing; whose is not said",
        Sample("Upstream request failed: [permission_error] access paused"),
        lambda e: Sense.PERMISSION in e.words,
        _is(Sense.PERMISSION),
    ),
    Rule(
        "edge_line",
        Kind.GATEWAY_ERROR,
        "a line or text that an edge or web server writes",
        Sample("error code: 1010", 403),
        _line_edge,
        places=("body",),
        origin=Origin.EDGE,
    ),
    Rule(
        "transport_line",
        Kind.TRANSPORT_ERROR,
        "the client reports a broken connection in words",
        Sample("Unable to connect. Is the computer able to access the url?"),
        _line_transport,
        places=("body",),
    ),
    Rule(
        "server_busy",
        Kind.PROVIDER_OVERLOAD,
        "an internal error sent as 503 or 529: the service behind had no room",
        Sample('{"error":{"type":"api_error","message":"…"}}', 503),
        lambda e: e.deciding in (503, 529) and bool(e.s.errors),
        places=("status",),
    ),
    Rule(
        "server",
        Kind.SERVER_ERROR,
        "type or message is an internal error, Zen's or a vendor's",
        Sample('{"type":"error","error":{"type":"error","message":"Oops"}}', 500),
        lambda e: bool({Sense.SERVER, Sense.TIMEOUT, Sense.OPAQUE} & e.any) and bool(e.s.errors),
        frozenset({Sense.SERVER, Sense.TIMEOUT, Sense.OPAQUE}),
    ),
    Rule(
        "relayed_invalid",
        Kind.INVALID_REQUEST,
        "a relayed 400 in words that nobody knows: what it complains about is the request",
        Sample("Error from provider (Mistral): Bananas expected", 400),
        lambda e: e.relayed and e.deciding in (400, 422),
        places=("status",),
    ),
    Rule(
        "relayed_failure",
        Kind.SERVER_ERROR,
        "a relay reports a failure in words that say nothing else",
        Sample("Upstream request failed: Oops"),
        lambda e: e.relayed,
        places=("body",),
    ),
)
