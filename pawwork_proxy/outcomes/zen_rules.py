"""Rows that go by the server's own words: Zen's types, then Zen's fixed sentences."""

from pawwork_proxy.facts.errors import Sense
from pawwork_proxy.model.outcome import Kind, Origin
from pawwork_proxy.outcomes.clues import Clues
from pawwork_proxy.outcomes.reset import is_midnight
from pawwork_proxy.outcomes.rule import Condition, Rule, Sample, named, said, stated, worded, zen

LONGEST_BACKOFF_S = 60
"""A longer wait, of which the end is not known, is one for a quota."""


def _no_provider_in_words(clues: Clues) -> bool:
    """`No provider available` in any language: a provider, a word of absence, no `supported`."""
    absent = {"provider_word", "none_word"} <= clues.phrases
    return absent and "support_word" not in clues.phrases and Sense.MODEL not in clues.said


NO_PROVIDER = stated(Sense.NO_PROVIDER) | _no_provider_in_words


def _is_about_capacity(clues: Clues) -> bool:
    """A 5xx is no plan's limit, whatever windows its sentence names."""
    return clues.deciding is not None and clues.deciding >= 500


def _zens_own(sense: Sense) -> Condition:
    """A sentence of Zen's own that nobody behind it can have said."""
    return said(sense) & (
        lambda clues: (
            not clues.behind
            and not any(fact.google_status for fact in clues.signals.errors)
            and not _is_about_capacity(clues)
        )
    )


def _go_in_any_language(clues: Clues) -> bool:
    """A window of the Go plan, with Zen's link or its form of a wait, and nobody's other words."""
    if clues.named or clues.behind or _is_about_capacity(clues):
        return False
    if {"usage_limit_word", "go_balance"} <= clues.phrases:
        return True
    windows = {"window_5h", "window_week", "window_month"}
    if windows.isdisjoint(clues.phrases):
        return False
    if "go_link" in clues.phrases:
        return Sense.REGION not in clues.said
    waits = any(hint.place == "text" for hint in clues.signals.retry_hints)
    limit = "usage_limit_word" in clues.phrases
    return waits and limit and not clues.relayed and clues.said <= {Sense.NEUTRAL}


def _key_not_refused(clues: Clues) -> bool:
    return Sense.AUTH_INVALID not in clues.said and "auth_invalid_word" not in clues.phrases


def _no_used_up_quota(clues: Clues) -> bool:
    """The free limit ends at midnight and says so; a gate that wears its type has no such wait."""
    return Sense.FREE_LIMIT not in clues.named or not any(
        is_midnight(hint.at) if hint.at else hint.seconds > LONGEST_BACKOFF_S
        for hint in clues.signals.retry_hints
    )


ZEN_RULES: tuple[Rule, ...] = (
    Rule("client_gate_wording", Kind.CLIENT_GATE, said(Sense.GATE) & _no_used_up_quota,
         "the sentence names the client as the reason, whatever type it wears: since V7b also the "
         "quota's, and then without the quota's wait",
         zen("FreeUsageLimitError", "Free usage limit reached. Free models work in OpenCode.")),
    Rule("client_gate_type", Kind.CLIENT_GATE, named(Sense.GATE),
         "a type that refuses the client: free tier gate, missing session, version floor",
         zen("FreeTierError", "Not for you", 403)),
    Rule("free_usage_type", Kind.FREE_USAGE_LIMIT, named(Sense.FREE_LIMIT),
         "the type names the free limit; its message is the same as the key limit's",
         zen("FreeUsageLimitError", "Rate limit exceeded. Please try again later.")),
    Rule("go_usage_type", Kind.GO_USAGE_LIMIT, named(Sense.GO_LIMIT),
         "the type names the Go plan's limit",
         zen("GoUsageLimitError", "Subscription quota exceeded.")),
    Rule("black_usage_type", Kind.BLACK_USAGE_LIMIT, named(Sense.BLACK_LIMIT),
         "the type names the Black plan's limit, by its newer or older name",
         zen("SubscriptionUsageLimitError", "Limite atteinte")),
    Rule("credits_type", Kind.CREDITS_EXHAUSTED, named(Sense.CREDITS),
         "the type names the caller's balance or payment method",
         zen("CreditsError", "Indisponible", 401)),
    Rule("monthly_limit_type", Kind.MONTHLY_LIMIT, named(Sense.MONTHLY_LIMIT),
         "the type names the workspace's spending cap",
         zen("MonthlyLimitError", "Limite atteinte", 401)),
    Rule("user_limit_type", Kind.USER_LIMIT, named(Sense.USER_LIMIT),
         "the type names the member's spending cap",
         zen("UserLimitError", "Limite atteinte", 401)),
    Rule("region_type", Kind.REGION_BLOCKED, named(Sense.REGION),
         "the type or code names the region",
         zen("RegionError", "Indisponible", 403)),
    Rule("data_policy_type", Kind.CLIENT_GATE, named(Sense.DATA_POLICY),
         "the workspace has not opted in to what the model's host does with data",
         zen("DataPolicyError", "Indisponible", 403)),
    Rule("entitlement", Kind.AUTH_BLOCKED, stated(Sense.ENTITLEMENT),
         "the key is valid, its workspace has no Go subscription",
         zen("EntitlementError", "OpenCode Go subscription required.", 403)),
    Rule("auth_type_blocked", Kind.AUTH_BLOCKED, named(Sense.ZEN_AUTH) & said(Sense.AUTH_BLOCKED),
         "AuthError whose message speaks of a block",
         zen("AuthError", "Anfrage vom vorgelagerten Anbieter blockiert.", 401)),
    Rule("auth_type_missing", Kind.AUTH_MISSING,
         named(Sense.ZEN_AUTH) & (said(Sense.AUTH_MISSING) | worded("auth_missing_word"))
         & _key_not_refused,
         "AuthError whose message speaks of absence",
         zen("AuthError", "Chave de API ausente.", 401)),
    Rule("auth_type", Kind.AUTH_INVALID, named(Sense.ZEN_AUTH),
         "AuthError otherwise: the key was looked up and refused",
         zen("AuthError", "Indisponible", 403)),
    Rule("model_type_no_provider", Kind.PROVIDER_OVERLOAD, named(Sense.ZEN_MODEL) & NO_PROVIDER,
         "ModelError because no provider has room: capacity dressed as 401",
         zen("ModelError", "Kein Anbieter verfügbar", 401)),
    Rule("model_type", Kind.MODEL_UNAVAILABLE, named(Sense.ZEN_MODEL),
         "ModelError otherwise: unknown, disabled, promotion ended, wrong endpoint",
         zen("ModelError", "Indisponible", 401)),
    Rule("key_rate_type", Kind.KEY_RATE_LIMIT,
         named(Sense.ZEN_RATE) & (lambda clues: not clues.behind),
         "Zen's RateLimitError, not a vendor's: per key, model and minute",
         zen("RateLimitError", "Rate limit exceeded. Please try again later.")),
    Rule("web_search_wording", Kind.OTHER_SERVICE,
         worded("web_search", about=Sense.NEUTRAL) & (lambda clues: not clues.types),
         "PawWork's web search has used up its quota at Exa, which is none of the server's",
         Sample("搜索额度已用完"), Origin.UNKNOWN),
    Rule("client_card", Kind.UNKNOWN,
         worded("client_card", about=Sense.NEUTRAL) & (lambda clues: not clues.named),
         "PawWork's card for any refusal of a key: it does not say what was refused",
         Sample("登录已失效\n模型服务拒绝了这次请求，通常是密钥过期或权限变更。"), Origin.UNKNOWN),
    Rule("client_hot", Kind.PROVIDER_RATE_LIMIT,
         worded("client_hot", about=Sense.NEUTRAL) & (lambda clues: not clues.named),
         "what OpenCode shows for any rate limit of Gemini",
         Sample("gemini 当前过载"), Origin.UNKNOWN),
    Rule("go_usage_wording", Kind.GO_USAGE_LIMIT, _zens_own(Sense.GO_LIMIT) | _go_in_any_language,
         "Zen's sentence about the Go plan, as a client shows it",
         Sample("Weekly usage limit reached. It will reset in 3 days.")),
    Rule("black_usage_wording", Kind.BLACK_USAGE_LIMIT, _zens_own(Sense.BLACK_LIMIT),
         "Zen's sentence about a subscription, as a client shows it",
         Sample("Subscription quota exceeded. Retry in 2hr 10min.")),
    Rule("free_usage_wording", Kind.FREE_USAGE_LIMIT, _zens_own(Sense.FREE_LIMIT),
         "the client's own sentence for the free limit",
         Sample("Free usage exceeded, subscribe to Go [retrying in 2h]")),
    Rule("monthly_limit_wording", Kind.MONTHLY_LIMIT, _zens_own(Sense.MONTHLY_LIMIT) ,
         "Zen's sentence about the workspace's cap, without its type",
         Sample("Your workspace has reached its monthly spending limit of $7.", 401)),
    Rule("user_limit_wording", Kind.USER_LIMIT, _zens_own(Sense.USER_LIMIT),
         "Zen's sentence about the member's cap, without its type",
         Sample("You have reached your monthly spending limit of $7.", 401)),
    Rule("relayed_free_wording", Kind.FREE_USAGE_LIMIT,
         worded("zen_rate_text", about=Sense.RATE)
         & (lambda clues: clues.provider == "Console" and not clues.named and not clues.behind),
         "the closed service's free limit, relayed as a bare sentence",
         Sample("Error from provider (Console): Rate limit exceeded. Please try again later.",
                429)),
)  # fmt: skip
"""A response that one of these rows decides is Zen's own, unless somebody else is named in it."""
