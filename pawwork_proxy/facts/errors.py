"""Words that servers put into `type`, `code`, `status` of an error, and what each one means.

Invariant: a word outside these tables is never stored; what its parts mean (`stem_sense`) may be.
Sources: zen-facts section 8, the error pages of the vendors behind Zen.
"""

from __future__ import annotations

import re
from enum import StrEnum


class Sense(StrEnum):
    """What one piece of evidence says, before any rule weighs it."""

    FREE_LIMIT = "free_limit"
    GO_LIMIT = "go_limit"
    BLACK_LIMIT = "black_limit"
    ZEN_RATE = "zen_rate"
    RATE = "rate"
    ACCOUNT_QUOTA = "account_quota"
    """An account's allowance at a vendor is used up."""
    OVERLOAD = "overload"
    NO_PROVIDER = "no_provider"
    CREDITS = "credits"
    FUNDS = "funds"
    """Money is missing, whosever it is."""
    MONTHLY_LIMIT = "monthly_limit"
    USER_LIMIT = "user_limit"
    ZEN_AUTH = "zen_auth"
    AUTH = "auth"
    AUTH_MISSING = "auth_missing"
    AUTH_INVALID = "auth_invalid"
    AUTH_BLOCKED = "auth_blocked"
    ENTITLEMENT = "entitlement"
    PERMISSION = "permission"
    ZEN_MODEL = "zen_model"
    MODEL = "model"
    NOT_FOUND = "not_found"
    REGION = "region"
    GATE = "gate"
    DATA_POLICY = "data_policy"
    INVALID = "invalid"
    CONTEXT = "context"
    CONTENT_POLICY = "content_policy"
    SERVER = "server"
    OPAQUE = "opaque"
    """Somebody further back failed, and the cause was dropped on the way."""
    TIMEOUT = "timeout"
    GATEWAY = "gateway"
    TRANSPORT = "transport"
    ABORTED = "aborted"
    NEUTRAL = "neutral"
    """A wrapper's own name: known, says nothing."""


ZEN_TYPES: dict[str, Sense] = {
    "FreeUsageLimitError": Sense.FREE_LIMIT,
    "GoUsageLimitError": Sense.GO_LIMIT,
    "BlackUsageLimitError": Sense.BLACK_LIMIT,
    "SubscriptionUsageLimitError": Sense.BLACK_LIMIT,
    "RateLimitError": Sense.ZEN_RATE,
    "CreditsError": Sense.CREDITS,
    "MonthlyLimitError": Sense.MONTHLY_LIMIT,
    "UserLimitError": Sense.USER_LIMIT,
    "AuthError": Sense.ZEN_AUTH,
    "EntitlementError": Sense.ENTITLEMENT,
    "ModelError": Sense.ZEN_MODEL,
    "ModelDeprecated": Sense.MODEL,
    "ModelDeprecatedError": Sense.MODEL,
    "RegionError": Sense.REGION,
    "DataPolicyError": Sense.DATA_POLICY,
    "FreeTierError": Sense.GATE,
    "MissingSessionID": Sense.GATE,
    "UpgradeRequired": Sense.GATE,
}
"""Zen's own `error.type`; case matters."""

VENDOR_TYPES: dict[str, Sense] = {
    # Anthropic
    "overloaded_error": Sense.OVERLOAD,
    "rate_limit_error": Sense.RATE,
    "api_error": Sense.SERVER,
    "authentication_error": Sense.AUTH_INVALID,
    "permission_error": Sense.PERMISSION,
    "not_found_error": Sense.NOT_FOUND,
    "invalid_request_error": Sense.INVALID,
    "request_too_large": Sense.INVALID,
    "billing_error": Sense.FUNDS,
    "timeout_error": Sense.TIMEOUT,
    # OpenAI and look-alikes
    "server_error": Sense.SERVER,
    "internal_server_error": Sense.SERVER,
    "internal_error": Sense.SERVER,
    "service_unavailable_error": Sense.OVERLOAD,
    "service_unavailable": Sense.OVERLOAD,
    "server_is_overloaded": Sense.OVERLOAD,
    "overloaded": Sense.OVERLOAD,
    "slow_down": Sense.OVERLOAD,
    "insufficient_quota": Sense.ACCOUNT_QUOTA,
    "usage_limit_reached": Sense.ACCOUNT_QUOTA,
    "usage_not_included": Sense.ACCOUNT_QUOTA,
    "billing_hard_limit_reached": Sense.FUNDS,
    "billing_not_active": Sense.FUNDS,
    "account_deactivated": Sense.AUTH_BLOCKED,
    "requests": Sense.RATE,
    "tokens": Sense.RATE,
    "rate_limit_exceeded": Sense.RATE,
    "rate_limited": Sense.RATE,
    "rate_limit": Sense.RATE,
    "too_many_requests": Sense.RATE,
    "too_many_requests_error": Sense.RATE,
    "token_quota_exceeded": Sense.RATE,
    "provider_rate_limit_exceeded": Sense.RATE,
    "upstream_provider_rate_limit": Sense.RATE,
    "model_rate_limit": Sense.RATE,
    "concurrency_limit_exceeded": Sense.RATE,
    "queue_exceeded": Sense.OVERLOAD,
    "over_capacity": Sense.OVERLOAD,
    "capacity_exceeded": Sense.OVERLOAD,
    "model_overloaded": Sense.OVERLOAD,
    "model_at_capacity": Sense.OVERLOAD,
    "failover_exhausted": Sense.OVERLOAD,
    "no_capacity": Sense.OVERLOAD,
    "NoCapacity": Sense.OVERLOAD,
    "no_provider_available": Sense.NO_PROVIDER,
    "no_available_provider": Sense.NO_PROVIDER,
    "invalid_api_key": Sense.AUTH_INVALID,
    "incorrect_api_key_error": Sense.AUTH_INVALID,
    "invalid_authentication_error": Sense.AUTH_INVALID,
    "invalid_authentication": Sense.AUTH_INVALID,
    "expired_api_key": Sense.AUTH_INVALID,
    "token_expired": Sense.AUTH_INVALID,
    "unauthorized": Sense.AUTH,
    "unauthenticated": Sense.AUTH,
    "missing_api_key": Sense.AUTH_MISSING,
    "no_api_key": Sense.AUTH_MISSING,
    "permission_denied": Sense.PERMISSION,
    "permission_denied_error": Sense.PERMISSION,
    "access_denied": Sense.PERMISSION,
    "forbidden": Sense.PERMISSION,
    "model_not_found": Sense.MODEL,
    "model_not_supported": Sense.MODEL,
    "unsupported_model": Sense.MODEL,
    "unknown_model": Sense.MODEL,
    "invalid_model": Sense.MODEL,
    "model_deprecated": Sense.MODEL,
    "model_not_available": Sense.MODEL,
    "model_not_active": Sense.MODEL,
    "model_decommissioned": Sense.MODEL,
    "model_terms_required": Sense.MODEL,
    "DeploymentNotFound": Sense.MODEL,
    "resource_not_found_error": Sense.MODEL,
    "not_found": Sense.NOT_FOUND,
    "unsupported_country_region_territory": Sense.REGION,
    "unsupported_country": Sense.REGION,
    "invalid_prompt": Sense.INVALID,
    "invalid_request": Sense.INVALID,
    "invalid_request_body": Sense.INVALID,
    "invalid_parameter": Sense.INVALID,
    "invalid_parameter_error": Sense.INVALID,
    "invalid_value": Sense.INVALID,
    "invalid_type": Sense.INVALID,
    "invalid_argument": Sense.INVALID,
    "bad_request": Sense.INVALID,
    "bad_request_error": Sense.INVALID,
    "missing_required_parameter": Sense.INVALID,
    "unsupported_parameter": Sense.INVALID,
    "unsupported_value": Sense.INVALID,
    "unknown_parameter": Sense.INVALID,
    "validation_error": Sense.INVALID,
    "unprocessable_entity": Sense.INVALID,
    "unprocessable_entity_error": Sense.INVALID,
    "extra_forbidden": Sense.INVALID,
    "string_above_max_length": Sense.CONTEXT,
    "context_length_exceeded": Sense.CONTEXT,
    "context_window_exceeded": Sense.CONTEXT,
    "model_context_window_exceeded": Sense.CONTEXT,
    "max_tokens_exceeded": Sense.CONTEXT,
    "prompt_too_long": Sense.CONTEXT,
    "content_filter": Sense.CONTENT_POLICY,
    "content_policy_violation": Sense.CONTENT_POLICY,
    "cyber_policy": Sense.CONTENT_POLICY,
    "invalid_image": Sense.INVALID,
    "image_parse_error": Sense.INVALID,
    "upstream_error": Sense.OPAQUE,
    "upstream_request_failed": Sense.OPAQUE,
    "bad_response_status_code": Sense.OPAQUE,
    "provider_error": Sense.OPAQUE,
    "do_request_failed": Sense.OPAQUE,
    "bad_gateway": Sense.OPAQUE,
    "gateway_timeout": Sense.TIMEOUT,
    "timeout": Sense.TIMEOUT,
    "request_timeout": Sense.TIMEOUT,
    "unknown_error": Sense.NEUTRAL,
    "new_api_error": Sense.NEUTRAL,
    "one_api_error": Sense.NEUTRAL,
    "error": Sense.SERVER,
    # Moonshot
    "engine_overloaded_error": Sense.OVERLOAD,
    "exceeded_current_quota_error": Sense.ACCOUNT_QUOTA,
    "rate_limit_reached_error": Sense.RATE,
    "unexpected_output": Sense.SERVER,
    "client_closed_request": Sense.ABORTED,
    # DashScope (Alibaba)
    "Throttling": Sense.RATE,
    "Throttling.RateQuota": Sense.RATE,
    "Throttling.BurstRate": Sense.RATE,
    "Throttling.AllocationQuota": Sense.RATE,
    "Throttling.User": Sense.RATE,
    "limit_requests": Sense.RATE,
    "limit_burst_rate": Sense.RATE,
    "Arrearage": Sense.FUNDS,
    "PrepaidBillOverdue": Sense.FUNDS,
    "PostpaidBillOverdue": Sense.FUNDS,
    "CommodityNotPurchased": Sense.FUNDS,
    "AllocationQuota.FreeTierOnly": Sense.ACCOUNT_QUOTA,
    "InvalidApiKey": Sense.AUTH_INVALID,
    "InvalidParameter": Sense.INVALID,
    "DataInspectionFailed": Sense.CONTENT_POLICY,
    "data_inspection_failed": Sense.CONTENT_POLICY,
    "ModelNotFound": Sense.MODEL,
    "ModelUnavailable": Sense.OVERLOAD,
    "ModelServingError": Sense.OVERLOAD,
    "ServiceUnavailable": Sense.OVERLOAD,
    "SystemError": Sense.SERVER,
    "InternalError": Sense.SERVER,
    "InternalError.Algo": Sense.SERVER,
    "InternalError.Timeout": Sense.TIMEOUT,
    "RequestTimeOut": Sense.TIMEOUT,
    "Model.AccessDenied": Sense.MODEL,
    "AccessDenied.Unpurchased": Sense.FUNDS,
    "AccessDenied": Sense.PERMISSION,
    # Amazon Bedrock
    "ThrottlingException": Sense.RATE,
    "TooManyRequestsException": Sense.RATE,
    "ServiceQuotaExceededException": Sense.ACCOUNT_QUOTA,
    "ServiceUnavailableException": Sense.OVERLOAD,
    "ModelNotReadyException": Sense.OVERLOAD,
    "ModelTimeoutException": Sense.TIMEOUT,
    "ModelErrorException": Sense.SERVER,
    "ModelStreamErrorException": Sense.SERVER,
    "InternalServerException": Sense.SERVER,
    "ValidationException": Sense.INVALID,
    "AccessDeniedException": Sense.PERMISSION,
    "ResourceNotFoundException": Sense.MODEL,
    "UnrecognizedClientException": Sense.AUTH_INVALID,
    "ExpiredTokenException": Sense.AUTH_INVALID,
    # OpenCode's and the AI SDK's own wrappers
    "APIError": Sense.NEUTRAL,
    "AI_APICallError": Sense.NEUTRAL,
    "AI_RetryError": Sense.NEUTRAL,
    "AI_JSONParseError": Sense.NEUTRAL,
    "AI_TypeValidationError": Sense.NEUTRAL,
    "UnknownError": Sense.NEUTRAL,
    "APIStatusError": Sense.NEUTRAL,
    "Error": Sense.NEUTRAL,
    "ProviderAuthError": Sense.AUTH_INVALID,
    "ContextOverflowError": Sense.CONTEXT,
    "ProviderModelNotFoundError": Sense.MODEL,
    "MessageAbortedError": Sense.ABORTED,
    "AbortError": Sense.ABORTED,
    # what clients put into `code` when no answer came
    "ConnectionRefused": Sense.TRANSPORT,
    "ConnectionReset": Sense.TRANSPORT,
    "ConnectionClosed": Sense.TRANSPORT,
    "ConnectionTimeout": Sense.TRANSPORT,
    "FailedToOpenSocket": Sense.TRANSPORT,
    "ECONNREFUSED": Sense.TRANSPORT,
    "ECONNRESET": Sense.TRANSPORT,
    "ECONNABORTED": Sense.TRANSPORT,
    "EPIPE": Sense.TRANSPORT,
    "ETIMEDOUT": Sense.TRANSPORT,
    "ESOCKETTIMEDOUT": Sense.TRANSPORT,
    "ENOTFOUND": Sense.TRANSPORT,
    "EAI_AGAIN": Sense.TRANSPORT,
    "EHOSTUNREACH": Sense.TRANSPORT,
    "ENETUNREACH": Sense.TRANSPORT,
    "UND_ERR_SOCKET": Sense.TRANSPORT,
    "UND_ERR_CONNECT_TIMEOUT": Sense.TRANSPORT,
    "UND_ERR_HEADERS_TIMEOUT": Sense.TRANSPORT,
    "UND_ERR_BODY_TIMEOUT": Sense.TRANSPORT,
    "UND_ERR_ABORTED": Sense.ABORTED,
    "ERR_TLS_CERT_ALTNAME_INVALID": Sense.TRANSPORT,
    "SELF_SIGNED_CERT_IN_CHAIN": Sense.TRANSPORT,
    "DEPTH_ZERO_SELF_SIGNED_CERT": Sense.TRANSPORT,
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE": Sense.TRANSPORT,
    "UNABLE_TO_GET_ISSUER_CERT_LOCALLY": Sense.TRANSPORT,
    "CERT_HAS_EXPIRED": Sense.TRANSPORT,
    "ERR_CONNECTION_REFUSED": Sense.TRANSPORT,
    "ERR_CONNECTION_RESET": Sense.TRANSPORT,
    "ERR_NAME_NOT_RESOLVED": Sense.TRANSPORT,
    "ERR_STREAM_PREMATURE_CLOSE": Sense.TRANSPORT,
}
"""Types and textual codes of vendors, gateways and clients."""

GOOGLE_STATUSES: dict[str, Sense] = {
    "RESOURCE_EXHAUSTED": Sense.RATE,
    "UNAVAILABLE": Sense.OVERLOAD,
    "INTERNAL": Sense.SERVER,
    "UNKNOWN": Sense.NEUTRAL,
    "DATA_LOSS": Sense.SERVER,
    "ABORTED": Sense.SERVER,
    "CANCELLED": Sense.ABORTED,
    "DEADLINE_EXCEEDED": Sense.TIMEOUT,
    "INVALID_ARGUMENT": Sense.INVALID,
    "FAILED_PRECONDITION": Sense.INVALID,
    "OUT_OF_RANGE": Sense.INVALID,
    "NOT_FOUND": Sense.NOT_FOUND,
    "UNIMPLEMENTED": Sense.INVALID,
    "PERMISSION_DENIED": Sense.PERMISSION,
    "UNAUTHENTICATED": Sense.AUTH_INVALID,
}
"""`error.status` of Google's APIs (google.rpc.Code)."""

ZAI_CODES: dict[str, Sense] = {
    "1000": Sense.AUTH_INVALID,
    "1001": Sense.AUTH_MISSING,
    "1002": Sense.AUTH_INVALID,
    "1003": Sense.AUTH_INVALID,
    "1004": Sense.AUTH_INVALID,
    "1110": Sense.AUTH_BLOCKED,
    "1111": Sense.AUTH_INVALID,
    "1112": Sense.AUTH_BLOCKED,
    "1113": Sense.FUNDS,
    "1120": Sense.AUTH_BLOCKED,
    "1121": Sense.AUTH_BLOCKED,
    "1210": Sense.INVALID,
    "1211": Sense.MODEL,
    "1212": Sense.MODEL,
    "1213": Sense.INVALID,
    "1214": Sense.INVALID,
    "1215": Sense.INVALID,
    "1220": Sense.PERMISSION,
    "1221": Sense.MODEL,
    "1222": Sense.MODEL,
    "1230": Sense.SERVER,
    "1234": Sense.SERVER,
    "1261": Sense.CONTEXT,
    "1300": Sense.CONTENT_POLICY,
    "1301": Sense.CONTENT_POLICY,
    "1302": Sense.RATE,
    "1303": Sense.RATE,
    "1304": Sense.ACCOUNT_QUOTA,
    "1305": Sense.OVERLOAD,
    "1308": Sense.ACCOUNT_QUOTA,
    "1309": Sense.ACCOUNT_QUOTA,
    "1310": Sense.ACCOUNT_QUOTA,
    "1311": Sense.MODEL,
    "1312": Sense.OVERLOAD,
    "1313": Sense.RATE,
}
"""Four-digit business codes of Z.ai, in `code` or in brackets."""

MINIMAX_CODES: dict[str, Sense] = {
    "1000": Sense.SERVER,
    "1001": Sense.TIMEOUT,
    "1002": Sense.RATE,
    "1004": Sense.AUTH_INVALID,
    "1008": Sense.FUNDS,
    "1013": Sense.SERVER,
    "1024": Sense.SERVER,
    "1026": Sense.CONTENT_POLICY,
    "1027": Sense.CONTENT_POLICY,
    "1033": Sense.SERVER,
    "1039": Sense.RATE,
    "1041": Sense.RATE,
    "2013": Sense.INVALID,
    "2045": Sense.RATE,
    "2049": Sense.AUTH_INVALID,
    "2056": Sense.ACCOUNT_QUOTA,
    "2061": Sense.MODEL,
    "2062": Sense.OVERLOAD,
    "2064": Sense.OVERLOAD,
}
"""`base_resp.status_code` of MiniMax, also in parentheses behind a message."""

STEMS: tuple[tuple[re.Pattern[str], Sense], ...] = (
    (re.compile(r"free.?(usage|tier|quota|daily).?(limit|exceed|exhaust)"), Sense.FREE_LIMIT),
    (re.compile(r"over_?load|at_capacity|over_capacity|no_capacity|queue_full"), Sense.OVERLOAD),
    (re.compile(r"(service|server|model|provider|endpoint|upstream)_?unavail"), Sense.OVERLOAD),
    (re.compile(r"no_(available_)?(provider|channel|upstream)"), Sense.NO_PROVIDER),
    (re.compile(r"rate_?limit|too_?many|throttl|concurrency|\b[rt]p[md]_"), Sense.RATE),
    (re.compile(r"insufficient_(balance|funds?|credits?)|overdue|arrear|payment"), Sense.FUNDS),
    (re.compile(r"billing|credit"), Sense.FUNDS),
    (re.compile(r"quota|usage_limit"), Sense.ACCOUNT_QUOTA),
    (re.compile(r"context_(length|window|overflow)|too_long|token_limit"), Sense.CONTEXT),
    (re.compile(r"missing_(api_?key|auth|credential)|(api_?key|auth)_missing"), Sense.AUTH_MISSING),
    (
        re.compile(r"(invalid|incorrect|wrong|expired)_(api_?)?(key|token|cred|auth)"),
        Sense.AUTH_INVALID,
    ),
    (
        re.compile(r"(account|key|user|workspace)_(blocked|suspended|disabled|banned)"),
        Sense.AUTH_BLOCKED,
    ),
    (re.compile(r"authenti|unauthor|auth_error|auth_fail"), Sense.AUTH),
    (re.compile(r"region|country|territory|geo_?block"), Sense.REGION),
    (
        re.compile(r"client_(version|upgrade|outdated)|upgrade_required|unsupported_client"),
        Sense.GATE,
    ),
    (
        re.compile(r"model.*(not_?found|unsupport|deprecat|disabled|retired)|unknown_model"),
        Sense.MODEL,
    ),
    (re.compile(r"content_(filter|policy|safety)|moderation|sensitive"), Sense.CONTENT_POLICY),
    (re.compile(r"permission|forbidden|access_denied"), Sense.PERMISSION),
    (re.compile(r"invalid|bad_request|validation|unsupported|malformed"), Sense.INVALID),
    (re.compile(r"time_?d?_?out|deadline"), Sense.TIMEOUT),
    (re.compile(r"upstream|provider"), Sense.OPAQUE),
    (re.compile(r"internal|server_error"), Sense.SERVER),
)
"""What the parts of a word outside the tables mean; first match counts."""

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[\s.\-:/]+")
_WORDS: dict[str, Sense] = {**VENDOR_TYPES, **ZEN_TYPES, **ZAI_CODES}
_LOWER: dict[str, str] = {word.lower(): word for word in _WORDS}
MAX_WORD = 80


def known_word(word: str) -> str | None:
    """The vocabulary's spelling of a type or code, or None.

    Zen's own types match in their exact case only: `ratelimiterror` may be anybody's.
    """
    if word in _WORDS:
        return word
    found = _LOWER.get(word.lower())
    return found if found is not None and found not in ZEN_TYPES else None


def word_sense(word: str) -> Sense | None:
    """What a vocabulary word means; `minimax:` marks MiniMax' numbers."""
    if word.startswith("minimax:"):
        return MINIMAX_CODES.get(word.removeprefix("minimax:"))
    return _WORDS.get(word)


def stem_sense(word: str) -> Sense | None:
    """What the parts of an unknown word mean, if anything."""
    snake = _CAMEL.sub("_", word[:MAX_WORD]).lower()
    for pattern, sense in STEMS:
        if pattern.search(snake):
            return sense
    return None
