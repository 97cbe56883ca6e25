"""Rows that go by the server's own words: Zen's types, then Zen's fixed sentences."""

from __future__ import annotations

from pawwork_proxy.facts.errors import Sense
from pawwork_proxy.model.outcome import Kind
from pawwork_proxy.outcomes.evidence import Evidence
from pawwork_proxy.outcomes.table import Rule, Sample, zen


def _no_provider(e: Evidence) -> bool:
    """`No provider available` in any language: a provider, a word of absence, no `supported`."""
    absent = {"provider_word", "none_word"} <= e.phrases and "support_word" not in e.phrases
    return Sense.NO_PROVIDER in e.any or (absent and Sense.MODEL not in e.says)


def _own_words(e: Evidence, sense: Sense) -> bool:
    """A sentence of Zen's own that nobody behind it can have said."""
    googles = any(fact.google_status for fact in e.s.errors)
    return sense in e.says and not e.behind and not googles


def _go_in_any_language(e: Evidence) -> bool:
    """A window of the Go plan, with Zen's link or its form of a wait, and nobody's other words."""
    if e.words or e.behind or not e.phrases & {"window_5h", "window_week", "window_month"}:
        return False
    if "go_link" in e.phrases:
        return Sense.REGION not in e.says
    waits = any(hint.place == "text" for hint in e.s.retry_hints)
    return waits and not e.relayed and e.says <= {Sense.NEUTRAL}


def _is(sense: Sense) -> frozenset[Sense]:
    return frozenset({sense})


TYPED: tuple[Rule, ...] = (
    Rule(
        "client_gate_wording",
        Kind.CLIENT_GATE,
        "the sentence names the client as the reason, whatever type a relay gave it",
        zen("FreeUsageLimitError", "OpenCode's free tier can only be used in OpenCode", 403),
        lambda e: Sense.GATE in e.says,
        _is(Sense.GATE),
    ),
    Rule(
        "client_gate_type",
        Kind.CLIENT_GATE,
        "a type that refuses the client: free tier gate, missing session, version floor",
        zen("FreeTierError", "Not for you", 403),
        lambda e: Sense.GATE in e.words,
        _is(Sense.GATE),
    ),
    Rule(
        "free_usage_type",
        Kind.FREE_USAGE_LIMIT,
        "the type names the free limit; its message is the same as the key limit's",
        zen("FreeUsageLimitError", "Rate limit exceeded. Please try again later."),
        lambda e: Sense.FREE_LIMIT in e.words,
        _is(Sense.FREE_LIMIT),
    ),
    Rule(
        "go_usage_type",
        Kind.GO_USAGE_LIMIT,
        "the type names the Go plan's limit",
        zen("GoUsageLimitError", "Subscription quota exceeded."),
        lambda e: Sense.GO_LIMIT in e.words,
        _is(Sense.GO_LIMIT),
    ),
    Rule(
        "black_usage_type",
        Kind.BLACK_USAGE_LIMIT,
        "the type names the Black plan's limit, by its newer or older name",
        zen("SubscriptionUsageLimitError", "Subscription quota exceeded. Retry in 18min."),
        lambda e: Sense.BLACK_LIMIT in e.words,
        _is(Sense.BLACK_LIMIT),
    ),
    Rule(
        "credits_type",
        Kind.CREDITS_EXHAUSTED,
        "the type names the caller's balance or payment method",
        zen("CreditsError", "No payment method.", 401),
        lambda e: Sense.CREDITS in e.words,
        _is(Sense.CREDITS),
    ),
    Rule(
        "monthly_limit_type",
        Kind.MONTHLY_LIMIT,
        "the type names the workspace's spending cap",
        zen("MonthlyLimitError", "Limite atteinte", 401),
        lambda e: Sense.MONTHLY_LIMIT in e.words,
        _is(Sense.MONTHLY_LIMIT),
    ),
    Rule(
        "user_limit_type",
        Kind.USER_LIMIT,
        "the type names the member's spending cap",
        zen("UserLimitError", "Limite atteinte", 401),
        lambda e: Sense.USER_LIMIT in e.words,
        _is(Sense.USER_LIMIT),
    ),
    Rule(
        "region_type",
        Kind.REGION_BLOCKED,
        "the type or code names the region",
        zen("RegionError", "Indisponible", 403),
        lambda e: Sense.REGION in e.words,
        _is(Sense.REGION),
    ),
    Rule(
        "data_policy_type",
        Kind.CLIENT_GATE,
        "the workspace has not opted in to what the model's host does with data",
        zen("DataPolicyError", "This model collects data", 403),
        lambda e: Sense.DATA_POLICY in e.words,
        _is(Sense.DATA_POLICY),
    ),
    Rule(
        "entitlement",
        Kind.AUTH_BLOCKED,
        "the key is valid, its workspace has no Go subscription",
        zen("EntitlementError", "OpenCode Go subscription required.", 403),
        lambda e: Sense.ENTITLEMENT in e.any,
        _is(Sense.ENTITLEMENT),
    ),
    Rule(
        "auth_type_blocked",
        Kind.AUTH_BLOCKED,
        "AuthError whose message speaks of a block",
        zen("AuthError", "Anfrage vom vorgelagerten Anbieter blockiert.", 401),
        lambda e: Sense.ZEN_AUTH in e.words and Sense.AUTH_BLOCKED in e.says,
        frozenset({Sense.ZEN_AUTH, Sense.AUTH_BLOCKED}),
    ),
    Rule(
        "auth_type_missing",
        Kind.AUTH_MISSING,
        "AuthError whose message speaks of absence",
        zen("AuthError", "Chave de API ausente.", 401),
        lambda e: (
            Sense.ZEN_AUTH in e.words
            and (Sense.AUTH_MISSING in e.says or "auth_missing_word" in e.phrases)
            and Sense.AUTH_INVALID not in e.says
            and "auth_invalid_word" not in e.phrases
        ),
        frozenset({Sense.ZEN_AUTH, Sense.AUTH_MISSING}),
    ),
    Rule(
        "auth_type",
        Kind.AUTH_INVALID,
        "AuthError otherwise: the key was looked up and refused",
        zen("AuthError", "Invalid API key.", 401),
        lambda e: Sense.ZEN_AUTH in e.words,
        _is(Sense.ZEN_AUTH),
    ),
    Rule(
        "model_type_no_provider",
        Kind.PROVIDER_OVERLOAD,
        "ModelError because no provider has room: capacity dressed as 401",
        zen("ModelError", "Kein Anbieter verfügbar", 401),
        lambda e: Sense.ZEN_MODEL in e.words and _no_provider(e),
        frozenset({Sense.ZEN_MODEL, Sense.NO_PROVIDER}),
    ),
    Rule(
        "model_type",
        Kind.MODEL_UNAVAILABLE,
        "ModelError otherwise: unknown, disabled, promotion ended, wrong endpoint",
        zen("ModelError", "Model tiny-free is not supported", 401),
        lambda e: Sense.ZEN_MODEL in e.words,
        _is(Sense.ZEN_MODEL),
    ),
    Rule(
        "key_rate_type",
        Kind.KEY_RATE_LIMIT,
        "Zen's RateLimitError, not a vendor's: per key, model and minute",
        zen("RateLimitError", "Rate limit exceeded. Please try again later."),
        lambda e: Sense.ZEN_RATE in e.words and not e.behind,
        _is(Sense.ZEN_RATE),
    ),
    Rule(
        "go_usage_wording",
        Kind.GO_USAGE_LIMIT,
        "Zen's sentence about the Go plan, as a client shows it",
        Sample("Weekly usage limit reached. It will reset in 3 days."),
        lambda e: _own_words(e, Sense.GO_LIMIT) or _go_in_any_language(e),
        _is(Sense.GO_LIMIT),
    ),
    Rule(
        "black_usage_wording",
        Kind.BLACK_USAGE_LIMIT,
        "Zen's sentence about a subscription, as a client shows it",
        Sample("Subscription quota exceeded. Retry in 2hr 10min."),
        lambda e: _own_words(e, Sense.BLACK_LIMIT),
        _is(Sense.BLACK_LIMIT),
    ),
    Rule(
        "free_usage_wording",
        Kind.FREE_USAGE_LIMIT,
        "the client's own sentence for the free limit",
        Sample("Free usage exceeded, subscribe to Go [retrying in 2h]"),
        lambda e: _own_words(e, Sense.FREE_LIMIT),
        _is(Sense.FREE_LIMIT),
    ),
    Rule(
        "user_limit_wording",
        Kind.USER_LIMIT,
        "Zen's sentence about the member's cap, without its type",
        Sample("You have reached your monthly spending limit of $7.", 401),
        lambda e: _own_words(e, Sense.USER_LIMIT),
        _is(Sense.USER_LIMIT),
    ),
    Rule(
        "monthly_limit_wording",
        Kind.MONTHLY_LIMIT,
        "Zen's sentence about the workspace's cap, without its type",
        Sample("Your workspace has reached its monthly spending limit of $7.", 401),
        lambda e: _own_words(e, Sense.MONTHLY_LIMIT),
        _is(Sense.MONTHLY_LIMIT),
    ),
    Rule(
        "relayed_free_wording",
        Kind.FREE_USAGE_LIMIT,
        "the closed service's free limit, relayed as a bare sentence",
        Sample("Error from provider (Console): Rate limit exceeded. Please try again later.", 429),
        lambda e: (
            e.provider == "Console"
            and "zen_rate_text" in e.phrases
            and not e.words
            and not e.behind
        ),
        _is(Sense.RATE),
    ),
)
