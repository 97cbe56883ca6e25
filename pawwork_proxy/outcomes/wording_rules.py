"""Rows that go by vendors' codes and, where those say little, by what the message means."""

from pawwork_proxy.facts.errors import Sense
from pawwork_proxy.model.outcome import Kind, Origin
from pawwork_proxy.model.signals import BodyShape, Ending
from pawwork_proxy.outcomes.clues import Clues
from pawwork_proxy.outcomes.reset import DAY_S
from pawwork_proxy.outcomes.rule import (
    Rule,
    Sample,
    deciding_status,
    named,
    said,
    seen,
    stated,
    worded,
)
from pawwork_proxy.outcomes.zen_rules import NO_PROVIDER

_AUTH = (Sense.AUTH, Sense.AUTH_MISSING, Sense.AUTH_INVALID, Sense.AUTH_BLOCKED)
_PAGE_MARKS = frozenset({"html_in_line", "html_for_json", "edge_object"})
_BUSY = frozenset({502, 503, 504, 529})


def _is_page(clues: Clues) -> bool:
    """HTML is never the API's: the edge wrote it, whatever its sentences say."""
    if clues.signals.body is BodyShape.HTML:
        return True
    return not _PAGE_MARKS.isdisjoint(clues.signals.edge_markers) and not clues.named


def _is_edge_line(clues: Clues) -> bool:
    """An edge's mark in a line, and no sign that the API itself spoke."""
    return bool(clues.signals.edge_markers) and not clues.relayed and not clues.types


def _is_line_about_transport(clues: Clues) -> bool:
    """A client's own report that the connection broke, not a relay's about somebody behind it."""
    transport = clues.signals.transport
    return transport is not None and transport.place == "text" and not clues.relayed


def _is_transport_seen(clues: Clues) -> bool:
    transport = clues.signals.transport
    return (
        transport is not None
        and transport.place == "ending"
        and not clues.named
        and not (clues.good and clues.ended_well)
    )


def _is_rated(clues: Clues) -> bool:
    """A type of Zen's that a vendor quoted, or an inner 429, is a rate limit too."""
    return Sense.ZEN_RATE in clues.named or clues.inner == 429


def _is_busy_behind(clues: Clues) -> bool:
    rated = Sense.RATE in clues.stated or _is_rated(clues)
    return clues.inner in _BUSY and clues.relayed and not rated


def _is_vendors_money(clues: Clues) -> bool:
    """A vendor is named, or the words are none that Zen uses about its callers."""
    if clues.status == 402 and not clues.third_party:
        return False
    return clues.behind or Sense.FUNDS in clues.named or "vendor_debt" in clues.phrases


def _is_refused_at_vendor(clues: Clues) -> bool:
    """The vendor refuses the relay's own key."""
    return clues.third_party or any(fact.bracket for fact in clues.signals.errors)


def _is_blocked_caller(clues: Clues) -> bool:
    if clues.relayed:
        return False
    return clues.deciding in (401, 403) or Sense.AUTH_BLOCKED in clues.named


def _is_callers_request(clues: Clues) -> bool:
    """Neither Zen's catch-all type nor a 5xx nor a broken connection takes the blame."""
    blameless = (clues.deciding or 400) >= 500 or any(
        fact.type == "error" for fact in clues.signals.errors
    )
    return not blameless and not _is_line_about_transport(clues)


def _speaks_alone(clues: Clues) -> bool:
    """No type, no code and no relay beside the message."""
    return not clues.named and not clues.relayed


def _has_errors(clues: Clues) -> bool:
    return bool(clues.signals.errors)


_BARE_ZEN_RATE = worded("zen_rate_text", about=Sense.RATE) & _speaks_alone
"""Zen's sentence without its type: the free limit and the key limit share it."""

WORDING_RULES: tuple[Rule, ...] = (
    Rule("context", Kind.CONTEXT_OVERFLOW,
         stated(Sense.CONTEXT) & (lambda clues: Sense.RATE not in clues.named),
         "code or message speaks of the model's context length",
         Sample('{"error":{"message":"prompt is too long: 9 tokens > 8 maximum"}}', 400)),
    Rule("edge_page", Kind.GATEWAY_ERROR, seen(_is_page, "body"),
         "a page of HTML where the API speaks JSON: the edge answered",
         Sample("<center><h1>Oops</h1></center>", 403), Origin.EDGE),
    Rule("region_wording", Kind.REGION_BLOCKED, said(Sense.REGION),
         "the message names country, region or where the model is hosted",
         Sample("This model is not available in your country.", 403)),
    Rule("no_provider_wording", Kind.PROVIDER_OVERLOAD,
         stated(Sense.NO_PROVIDER)
         | (NO_PROVIDER & (lambda clues: not clues.named and clues.relayed)),
         "nobody had room for the request",
         Sample("No provider available")),
    Rule("vendor_account_funds", Kind.PROVIDER_OVERLOAD,
         (stated(Sense.FUNDS) & _is_vendors_money
          | (lambda clues: clues.third_party and clues.deciding == 402))
         & (lambda clues: Sense.ACCOUNT_QUOTA not in clues.stated),
         "the relay's account at the vendor lacks money: not the caller's trouble",
         Sample('{"error":{"code":"Arrearage","message":"Access denied, account overdue"}}', 400)),
    Rule("overload", Kind.PROVIDER_OVERLOAD,
         stated(Sense.OVERLOAD) & (lambda clues: not _is_edge_line(clues)) | _is_busy_behind,
         "code or message speaks of capacity, also under 429 and beside a rate limit's type",
         Sample('{"error":{"type":"engine_overloaded_error","message":"busy"}}', 429)),
    Rule("vendor_account_quota", Kind.PROVIDER_RATE_LIMIT,
         stated(Sense.ACCOUNT_QUOTA) & (lambda clues: clues.deciding not in (401, 402, 403)),
         "an allowance at the vendor is used up; under Zen it is the relay's",
         Sample("Error from provider (Z.ai): Weekly/Monthly Limit Exhausted.", 429)),
    Rule("vendor_account_quota_refused", Kind.PROVIDER_OVERLOAD,
         stated(Sense.ACCOUNT_QUOTA) & (lambda clues: clues.behind or clues.status != 402),
         "the same, sent as a refusal: provider account trouble",
         Sample("Error from provider (xAI): used all available credits", 403)),
    Rule("zen_rate_wording", Kind.ZEN_LIMIT,
         _BARE_ZEN_RATE
         & (lambda clues: not 60 <= clues.longest_wait <= DAY_S),
         "Zen's sentence without its type: the free limit and the key limit share it",
         Sample("Rate limit exceeded. Please try again later.", 429), Origin.ZEN),
    Rule("zen_rate_wording_minute", Kind.KEY_RATE_LIMIT,
         _BARE_ZEN_RATE & seen(lambda clues: clues.longest_wait == 60, "headers.retry-after"),
         "Zen's sentence without its type, with the key limit's fixed minute",
         Sample("Rate limit exceeded. Please try again later.", 429, (("retry-after", "60"),)),
         Origin.ZEN),
    Rule("zen_rate_wording_long", Kind.FREE_USAGE_LIMIT,
         _BARE_ZEN_RATE
         & seen(lambda clues: 60 < clues.longest_wait <= DAY_S, "headers.retry-after"),
         "Zen's sentence without its type, with a wait that only the day limit has",
         Sample("Rate limit exceeded. Please try again later.", 429, (("retry-after", "5000"),)),
         Origin.ZEN),
    Rule("rate", Kind.PROVIDER_RATE_LIMIT, stated(Sense.RATE) | _is_rated,
         "code, message or inner status is a vendor's rate limit",
         Sample("Upstream request failed: [rate_limit_exceeded] Rate limit exceeded.")),
    Rule("vendor_key", Kind.PROVIDER_OVERLOAD, stated(*_AUTH) & _is_refused_at_vendor,
         "the vendor refuses the relay's key: not the caller's trouble",
         Sample("Error from provider (DeepSeek): Authentication Fails", 401)),
    Rule("funds", Kind.CREDITS_EXHAUSTED, stated(Sense.FUNDS) | deciding_status(402),
         "money is missing, and nobody but the caller is named",
         Sample('{"error":{"type":"server_error","message":"Insufficient account funds"}}', 402)),
    Rule("data_policy_wording", Kind.CLIENT_GATE, said(Sense.DATA_POLICY),
         "the message asks to opt in to data collection",
         Sample("This model collects data and requires explicit opt in", 403)),
    Rule("auth_missing_wording", Kind.AUTH_MISSING,
         stated(Sense.AUTH_MISSING) | worded("api_key_word", "auth_missing_word") & _speaks_alone,
         "no key was sent",
         Sample('{"error":{"message":"Missing API key","type":"invalid_request_error"}}', 401)),
    Rule("auth_invalid_wording", Kind.AUTH_INVALID,
         stated(Sense.AUTH_INVALID, Sense.AUTH)
         | worded("api_key_word", "auth_invalid_word") & _speaks_alone,
         "the key was refused",
         Sample('{"error":{"type":"authentication_error","message":"invalid x-api-key"}}', 403)),
    Rule("hidden_cause", Kind.SERVER_ERROR, said(Sense.OPAQUE),
         "a relay reports that somebody behind it failed, and dropped the cause",
         Sample("Upstream request failed: [not_found_error] Provider returned error")),
    Rule("model", Kind.MODEL_UNAVAILABLE,
         stated(Sense.MODEL) | named(Sense.NOT_FOUND) & (lambda clues: clues.deciding != 400),
         "code or message says that the model is unknown, disabled, retired or elsewhere",
         Sample("HTTP 401: Model tiny-free not supported")),
    Rule("auth_blocked_wording", Kind.AUTH_BLOCKED, stated(Sense.AUTH_BLOCKED) & _is_blocked_caller,
         "account or workspace is blocked",
         Sample("Your account has been suspended", 403)),
    Rule("content_policy", Kind.INVALID_REQUEST, stated(Sense.CONTENT_POLICY),
         "a content filter refused the request",
         Sample('{"error":{"code":"DataInspectionFailed","message":"…"}}', 403)),
    Rule("invalid", Kind.INVALID_REQUEST,
         named(Sense.INVALID) | said(Sense.INVALID) & _is_callers_request,
         "code or message says what is wrong with the request",
         Sample('{"error":{"type":"invalid_request_error","message":"…"}}', 404)),
    Rule("transport_word", Kind.TRANSPORT_ERROR,
         named(Sense.TRANSPORT, Sense.ABORTED) & (lambda clues: not clues.relayed),
         "the client reports a broken connection by its code",
         Sample('{"code":"ConnectionRefused","errno":0}')),
    Rule("transport_seen", Kind.TRANSPORT_ERROR, seen(_is_transport_seen, "ending"),
         "the transport broke, and the server had named no error",
         Sample("", 503, ending=Ending.UPSTREAM_CUT)),
    Rule("permission", Kind.UNKNOWN, named(Sense.PERMISSION),
         "a permission is missing; whose is not said",
         Sample("Upstream request failed: [permission_error] access paused")),
    Rule("edge_line", Kind.GATEWAY_ERROR, seen(_is_edge_line, "body"),
         "a line or text that an edge or web server writes",
         Sample("error code: 1010", 403), Origin.EDGE),
    Rule("transport_line", Kind.TRANSPORT_ERROR, seen(_is_line_about_transport, "body"),
         "the client reports a broken connection in words",
         Sample("HTTP 500: socket hang up")),
    Rule("server_busy", Kind.PROVIDER_OVERLOAD, deciding_status(503, 529) & _has_errors,
         "an internal error sent as 503 or 529: the service behind had no room",
         Sample('{"error":{"type":"api_error","message":"…"}}', 503)),
    Rule("server", Kind.SERVER_ERROR,
         stated(Sense.SERVER, Sense.TIMEOUT, Sense.OPAQUE) & _has_errors,
         "type or message is an internal error, Zen's or a vendor's",
         Sample('{"type":"error","error":{"type":"api_error","message":"Oops"}}')),
    Rule("relayed_invalid", Kind.INVALID_REQUEST,
         deciding_status(400, 422) & (lambda clues: clues.relayed),
         "a relayed 400 in words that nobody knows: what it complains about is the request",
         Sample("Error from provider (Mistral): Bananas expected", 400)),
    Rule("relayed_failure", Kind.SERVER_ERROR, seen(lambda clues: clues.relayed, "body"),
         "a relay reports a failure in words that say nothing else",
         Sample("Upstream request failed: Oops")),
)  # fmt: skip
