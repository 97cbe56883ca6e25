"""What becomes of each known header: kept through a shape, pseudonymised, or dropped.

A header that is not listed is pseudonymised as a value of unknown meaning; its name is kept only
when it is made of `HEADER_WORDS`.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from pawwork_proxy.facts.kinds import Kind
from pawwork_proxy.facts.models import MODEL_WORDS
from pawwork_proxy.facts.words import API_WORDS

Treatment = Literal["shape", "id", "credential", "address", "host", "drop"]


class HeaderRow(NamedTuple):
    """A known header: `arg` is the shape's name or the kind of pseudonym."""

    treatment: Treatment
    arg: str = ""


def _shape(shape: str, names: str) -> dict[str, HeaderRow]:
    return {name: HeaderRow("shape", shape) for name in names.split()}


def _id(kind: Kind, names: str) -> dict[str, HeaderRow]:
    return {name: HeaderRow("id", kind.value) for name in names.split()}


def _other(treatment: Treatment, names: str) -> dict[str, HeaderRow]:
    return {name: HeaderRow(treatment) for name in names.split()}


HEADERS: dict[str, HeaderRow] = {
    # -- kept: they describe client, message and edge, and name nobody
    **_shape("user_agent", "user-agent x-client-user-agent x-goog-api-client"),
    **_shape("media_type", "content-type"),
    **_shape("accept", "accept"),
    **_shape("language", "accept-language content-language x-opencode-locale"),
    **_shape("encoding", "accept-encoding content-encoding transfer-encoding te"),
    **_shape("connection", "connection proxy-connection upgrade"),
    **_shape("cache_control", "cache-control pragma cdn-cache-control"),
    **_shape("fetch", "sec-fetch-mode sec-fetch-site sec-fetch-dest sec-fetch-user "
             "sec-ch-ua-mobile sec-gpc dnt"),
    **_shape("client", "x-opencode-client"),
    **_shape("host", "host origin :authority"),
    **_shape("number", "content-length age x-stainless-retry-count x-stainless-timeout "
             "x-stainless-read-timeout max-forwards upgrade-insecure-requests "
             "x-ratelimit-limit-requests x-ratelimit-limit-tokens "
             "x-ratelimit-remaining-requests x-ratelimit-remaining-tokens "
             "x-ratelimit-limit x-ratelimit-remaining ratelimit-limit ratelimit-remaining "
             "openai-processing-ms x-envoy-upstream-service-time"),
    **_shape("version", "anthropic-version openai-version x-stainless-package-version "
             "x-stainless-runtime-version x-opencode-version"),
    **_shape("word", "x-stainless-lang x-stainless-runtime x-stainless-os x-stainless-arch "
             "x-stainless-async anthropic-dangerous-direct-browser-access x-should-retry "
             "expect priority x-accel-buffering"),
    **_shape("features", "anthropic-beta openai-beta"),
    **_shape("date", "date last-modified expires"),
    **_shape("retry_after", "retry-after retry-after-ms x-ratelimit-reset-after"),
    **_shape("server", "server x-powered-by via"),
    **_shape("cf_ray", "cf-ray"),
    **_shape("edge_word", "cf-mitigated cf-cache-status x-content-type-options "
             "x-frame-options cross-origin-resource-policy cross-origin-embedder-policy "
             "cross-origin-opener-policy referrer-policy"),
    **_shape("provider", "x-opencode-provider x-zen-provider"),
    **_shape("country", "cf-ipcountry"),
    # -- pseudonymised: they may identify
    **_id(Kind.SESSION, "x-opencode-session x-session-affinity x-client-request-id "
          "x-parent-session-id x-session-id session_id conversation_id"),
    **_id(Kind.REQUEST, "x-opencode-request x-request-id request-id x-correlation-id x-trace-id "
          "traceparent x-amzn-requestid x-amzn-trace-id x-cloud-trace-context x-b3-traceid "
          "idempotency-key x-idempotency-key anthropic-request-id openai-request-id x-zen-request"),
    **_id(Kind.PROJECT, "x-opencode-project openai-project x-goog-user-project"),
    **_id(Kind.WORKSPACE, "x-opencode-workspace openai-organization anthropic-organization-id "
          "x-org-id chatgpt-account-id"),
    **_other("address", "x-real-ip cf-connecting-ip x-zen-ip true-client-ip x-forwarded-for "
             "x-client-ip fly-client-ip fastly-client-ip cf-connecting-ipv6 forwarded"),
    **_other("host", "x-forwarded-host"),
    # -- credentials
    **_other("credential", "authorization proxy-authorization x-api-key api-key "
             "x-goog-api-key x-auth-token x-access-token apikey x-functions-key "
             "ocp-apim-subscription-key x-amz-security-token cookie set-cookie"),
    # -- dropped: free text or long, and no evidence
    **_other("drop", "alt-svc report-to nel content-security-policy permissions-policy "
             "strict-transport-security server-timing link etag vary trailer referer "
             "content-disposition www-authenticate access-control-allow-origin "
             "access-control-allow-headers access-control-allow-methods "
             "access-control-expose-headers access-control-max-age "
             "access-control-allow-credentials access-control-request-headers "
             "access-control-request-method location if-none-match if-modified-since range "
             "tracestate baggage speculation-rules accept-ranges accept-ch sec-ch-ua "
             "sec-ch-ua-platform x-xss-protection http2-settings keep-alive"),
}  # fmt: skip

HEADER_WORDS: frozenset[str] = (
    API_WORDS
    | MODEL_WORDS
    | frozenset(
        """
        placement x cf zen stainless fetch sec ch ua ray mitigated connecting ip ipcountry country colo real
        forwarded for proto host port install installation machine client device user account
        parent affinity conversation originator workspace organization project referer cookie
        powered by ratelimit limit remaining after ms trace traceparent b3 sampled span parentid
        titlelang goog amz amzn azure ms opencode pawwork paw work dsh deepseek harness agent ai sdk
        cache cdn via vary etag timing origin policy locale lang arch os dest mode site beta
        oauth efficient caching effort advanced computer memory mcp adaptive
        prefer expect sticky billing deployment deployed version build commit release channel
        """.split()
    )
)
"""Words that may make up the name of a header that is not listed."""

FEATURES: frozenset[str] = frozenset(
    "assistants=v1 assistants=v2 responses=experimental realtime=v1 chatkit_beta=v1".split()
)
"""Beta flags of OpenAI's; Anthropic's are words and a date."""

REQUEST_ID_HEADERS: tuple[str, ...] = (
    "x-request-id",
    "request-id",
    "x-correlation-id",
    "x-trace-id",
    "traceparent",
)
"""Where a server states its own request id, in the order of preference (zen-facts 5)."""
