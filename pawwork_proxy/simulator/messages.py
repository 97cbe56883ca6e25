"""The human texts of Zen's own errors, in some of the locales it answers in.

English as in zen-facts section 8; the other languages are our own wording. Invariant: every
message exists in English, and a missing translation falls back to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

MessageId = Literal[
    "rate_limit_exceeded",
    "missing_api_key",
    "invalid_api_key",
    "account_blocked",
    "no_payment_method",
    "insufficient_balance",
    "monthly_limit",
    "user_limit",
    "model_not_supported",
    "model_format",
    "promotion_ended",
    "no_provider",
    "go_limit",
    "region",
    "free_tier",
    "missing_session",
    "internal",
]

ENGLISH: Mapping[MessageId, str] = {
    "rate_limit_exceeded": "Rate limit exceeded. Please try again later.",
    "missing_api_key": "Missing API key.",
    "invalid_api_key": "Invalid API key.",
    "account_blocked": "Your account has been blocked.",
    "no_payment_method": "No payment method. Add a payment method in your workspace's billing.",
    "insufficient_balance": "Insufficient balance. Manage your workspace's billing.",
    "monthly_limit": "Your workspace has reached its monthly spending limit.",
    "user_limit": "You have reached your monthly spending limit.",
    "model_not_supported": "Model {model} is not supported",
    "model_format": "Model {model} is not supported for format {format}",
    "promotion_ended": "Free promotion has ended for {model}.",
    "no_provider": "No provider available",
    "go_limit": "Subscription quota exceeded. Retry in {retry}.",
    "region": "This model is not available in your region.",
    "free_tier": "The free tier is only available from within OpenCode.",
    "missing_session": "Missing session id. Please update your client.",
    "internal": "Internal server error",
}

TRANSLATED: Mapping[str, Mapping[MessageId, str]] = {
    "de": {
        "rate_limit_exceeded": "Ratenlimit überschritten. Bitte später erneut versuchen.",
        "missing_api_key": "API-Schlüssel fehlt.",
        "invalid_api_key": "Ungültiger API-Schlüssel.",
        "insufficient_balance": "Guthaben reicht nicht aus.",
    },
    "fr": {
        "rate_limit_exceeded": "Limite de débit dépassée. Veuillez réessayer plus tard.",
        "missing_api_key": "Clé API manquante.",
        "invalid_api_key": "Clé API invalide.",
    },
    "zh": {
        "rate_limit_exceeded": "超出速率限制。请稍后再试。",
        "missing_api_key": "缺少 API 密钥。",
        "invalid_api_key": "API 密钥无效。",
        "insufficient_balance": "余额不足。",
    },
    "ja": {
        "rate_limit_exceeded": "レート制限を超えました。後でもう一度お試しください。",
        "missing_api_key": "APIキーがありません。",
        "invalid_api_key": "APIキーが無効です。",
    },
    "ru": {
        "rate_limit_exceeded": "Превышен лимит запросов. Повторите попытку позже.",
        "invalid_api_key": "Недействительный API-ключ.",
    },
}

LOCALES: frozenset[str] = frozenset({"en", *TRANSLATED})


def text_of(message: MessageId, locale: str = "en", **values: str) -> str:
    """The message in that language, or in English; `values` fill its placeholders."""
    template = TRANSLATED.get(locale, {}).get(message) or ENGLISH[message]
    return template.format(**values) if values else template


def locale_of(headers: Mapping[str, str]) -> str:
    """Language of own messages: `x-opencode-locale`, cookie `oc_locale`, `accept-language`.

    The order is zen-facts section 8's; `*` is skipped, what we do not speak is English.
    `headers` has lower-case names.
    """
    cookie = ""
    for pair in headers.get("cookie", "").split(";"):
        name, _, value = pair.strip().partition("=")
        if name == "oc_locale":
            cookie = value
    accepted = [part.split(";")[0] for part in headers.get("accept-language", "").split(",")]
    for wish in (headers.get("x-opencode-locale", ""), cookie, *accepted):
        language = wish.strip().lower().partition("-")[0]
        if language in LOCALES:
            return language
    return "en"
