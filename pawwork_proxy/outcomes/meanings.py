"""What each kind means, for people: in one sentence, for the user, and for support.

Invariant: one row per kind; `docs/outcomes.md` is written from it.
"""

from __future__ import annotations

from typing import NamedTuple

from pawwork_proxy.model.outcome import Kind


class Meaning(NamedTuple):
    """One kind in words."""

    sentence: str
    recognised: str
    user: str
    support: str


MEANINGS: dict[Kind, Meaning] = {
    Kind.SUCCESS: Meaning(
        "The request was answered.",
        "2xx with a model's answer; a stream that shows its end by finish reason, closing marker "
        "or cost trailer.",
        "Nothing to do.",
        "No error here; look at the exchange before or after it.",
    ),
    Kind.FREE_USAGE_LIMIT: Meaning(
        "The free daily allowance is used up.",
        "Type `FreeUsageLimitError`, own (with `retry-after` to 00:00 UTC) or relayed by the "
        "closed service (without).",
        "Free models answer again after the reset; a key or a Go plan works now.",
        "Quota, not overload. The allowance may be shared with others behind the same address: "
        "compare captures before promising anything.",
    ),
    Kind.GO_USAGE_LIMIT: Meaning(
        "The Go plan's 5-hour, weekly or monthly allowance is used up.",
        "Type `GoUsageLimitError`, its window in `metadata.limitName`.",
        "Wait for the reset, or allow usage from the balance in the workspace's Go settings.",
        "The client retries this, possibly for days: tell the user the reset time.",
    ),
    Kind.BLACK_USAGE_LIMIT: Meaning(
        "The Black plan's allowance is used up.",
        "Type `BlackUsageLimitError`, in spring 2026 `SubscriptionUsageLimitError`.",
        "Wait for the reset.",
        "A plan's limit of this workspace and member, not of the address.",
    ),
    Kind.KEY_RATE_LIMIT: Meaning(
        "This key sent too many requests within a minute.",
        "Zen's type `RateLimitError` with `retry-after: 60`.",
        "Wait a minute; fewer parallel requests.",
        "Same sentence as the free limit: only the type tells them apart.",
    ),
    Kind.PROVIDER_RATE_LIMIT: Meaning(
        "A provider behind Zen limits Zen's traffic.",
        "`rate_limit_error`, `rate_limit_exceeded`, `RESOURCE_EXHAUSTED`, Z.ai 1302, MiniMax "
        "1002, an inner 429, or a vendor's own plan limit.",
        "Try again shortly or choose another model.",
        "Not the user's quota, even when it says 'weekly limit': it is Zen's at the provider.",
    ),
    Kind.PROVIDER_OVERLOAD: Meaning(
        "The model's provider has no capacity, or trouble with its account.",
        "`overloaded_error`, `server_is_overloaded`, Z.ai 1305, inner 502/503/529, 'No provider "
        "available' as a 401 `ModelError`, arrears of the provider's account.",
        "Try again later or choose another model; nothing is wrong with key or quota.",
        "Overload, not quota, also when it wears 401 or 429.",
    ),
    Kind.CREDITS_EXHAUSTED: Meaning(
        "The workspace has no balance or payment method.",
        "Type `CreditsError`, or 402 without a provider's name.",
        "Add balance in the workspace's billing page, or use a free model.",
        "Ask which model was chosen: free models do not need balance.",
    ),
    Kind.MONTHLY_LIMIT: Meaning(
        "The workspace has reached the monthly spending cap it set itself.",
        "Type `MonthlyLimitError`.",
        "Raise the cap in the workspace's billing page.",
        "A setting of the workspace's owner, not a limit of Zen's.",
    ),
    Kind.USER_LIMIT: Meaning(
        "The member has reached the monthly spending cap that the workspace set for them.",
        "Type `UserLimitError`.",
        "Ask the workspace's owner to raise it.",
        "A setting of the workspace's owner, not a limit of Zen's.",
    ),
    Kind.AUTH_MISSING: Meaning(
        "No key was sent for a model that needs one.",
        "Type `AuthError`, message of absence in 18 languages.",
        "Sign in or enter a key.",
        "See where the client looks for its key: config, auth.json, OPENCODE_API_KEY.",
    ),
    Kind.AUTH_INVALID: Meaning(
        "The key was refused.",
        "Type `AuthError`, or a vendor's `authentication_error` without a provider's name.",
        "Enter a valid key.",
        "Check that the saved key is not shadowed by one in the environment or config.",
    ),
    Kind.AUTH_BLOCKED: Meaning(
        "The key is known, its workspace is blocked or lacks the plan.",
        "Type `AuthError` with a message of a block; `EntitlementError`.",
        "Subscribe to the plan, or contact OpenCode's support.",
        "A new key of the same workspace will not help.",
    ),
    Kind.MODEL_UNAVAILABLE: Meaning(
        "The model is unknown, disabled, retired, or its promotion ended.",
        "Type `ModelError` without a missing provider; `model_not_found`, 410.",
        "Choose another model.",
        "Mentions of Go or 'free' in the text are offers, not limits.",
    ),
    Kind.REGION_BLOCKED: Meaning(
        "The model is not offered in the user's region, or not from there.",
        "Type `RegionError`, code `unsupported_country_region_territory`.",
        "Choose another model, or the regions in the workspace's privacy settings.",
        "A proxy or VPN changes the region; look at the network label.",
    ),
    Kind.CLIENT_GATE: Meaning(
        "The server refuses this client, its version or its settings, not the quota.",
        "Types `FreeTierError`, `MissingSessionID`, `UpgradeRequired`, `DataPolicyError`, or "
        "their sentences under another type.",
        "Update the client; opt in where the message asks for it.",
        "The client shows this as a wrong key: it is not. Never a reason to alter identity.",
    ),
    Kind.INVALID_REQUEST: Meaning(
        "The request itself is not accepted.",
        "`invalid_request_error`, `INVALID_ARGUMENT`, 422, content filters.",
        "Start a new conversation or report the bug.",
        "A bug of client or relay: note model, protocol and client version.",
    ),
    Kind.CONTEXT_OVERFLOW: Meaning(
        "The conversation is longer than the model's context.",
        "`context_length_exceeded`, Z.ai 1261, or the message's wording.",
        "Compact the conversation or start a new one.",
        "Not a quota of tokens.",
    ),
    Kind.SERVER_ERROR: Meaning(
        "Zen or a provider failed internally.",
        "Type `error`, `server_error`, `api_error`, `INTERNAL`; a relay that dropped the cause.",
        "Try again; if it stays, choose another model.",
        "Look for others with the same model and time.",
    ),
    Kind.GATEWAY_ERROR: Meaning(
        "The edge in front of Zen answered instead of the API.",
        "HTML, `error code: 1010`, 502, 504, 52x, a Cloudflare challenge.",
        "Try again later, or from another network.",
        "Note `cf-ray` and status; a challenge or 1010 points at network or client.",
    ),
    Kind.TRANSPORT_ERROR: Meaning(
        "The connection failed or was cut.",
        "Refused, DNS, TLS, timeout, reset; a stream without its end; with the side.",
        "Check network, proxy and certificates; try again.",
        "TLS errors point at an intercepting proxy or virus scanner.",
    ),
    Kind.UNKNOWN: Meaning(
        "The evidence does not decide.",
        "None of the above: the cause was dropped, or the sentence is shared by several kinds.",
        "Try again and note status, headers and the whole body.",
        "Ask for the body and headers, or a capture.",
    ),
}
