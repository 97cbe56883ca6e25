"""What is known of the fields that may identify: their role, how long they live, who reads them.

Invariant: a table of facts with their sources. Whether a field is sent and how constant it is are
never read from here, only from records.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from pawwork_proxy.model.inventory import Layer, Role

SOURCES: Final[dict[str, str]] = {
    "client": "Astro-Han/pawwork packages/opencode/src/session/llm.ts@18b9429 (and @52d83e1)",
    "client-ids": "Astro-Han/pawwork packages/opencode/src/id/id.ts@18b9429",
    "client-project": "Astro-Han/pawwork packages/opencode/src/project/project.ts@18b9429",
    "client-body": "Astro-Han/pawwork packages/opencode/src/provider/transform.ts@18b9429",
    "client-key": "Astro-Han/pawwork packages/opencode/src/provider/provider.ts@18b9429",
    "client-dsh": "Astro-Han/pawwork packages/desktop-electron/resources/dsh/"
    "opencode-session.mjs@339004b",
    "ip-limiter": "anomalyco/opencode packages/console/app/src/routes/zen/util/"
    "ipRateLimiter.ts@67186ef",
    "key-limiter": "BlusceLabs/opencode packages/console/app/src/routes/zen/util/"
    "keyRateLimiter.ts@27a4d2e",
    "handler": "BlusceLabs/opencode packages/console/app/src/routes/zen/util/handler.ts@27a4d2e",
    "forwarding": "anomalyco/opencode packages/console/app/src/routes/zen/util/"
    "providerHeaders.ts@d90a8b7",
    "reports": "issues anomalyco/opencode #42029, #42500, #47763, #49433 and PawWork #1639, #1640",
}
"""Where the statements below come from; `reports` are observations of others, not source."""


class KnownField(NamedTuple):
    """A field somebody has looked up; `server` None: nothing is known of the server reading it."""

    layer: Layer
    name: str
    role: Role
    lifetime: str | None = None
    server: str | None = None
    sources: tuple[str, ...] = ()
    stated: bool = True
    """Whether its absence is worth a line of its own."""

    @property
    def id(self) -> str:
        """Layer and name."""
        return f"{self.layer}:{self.name}"


def _header(name: str, role: Role, lifetime: str, server: str | None, *sources: str) -> KnownField:
    return KnownField("header", name, role, lifetime, server, sources)


def _rest(layer: Layer, role: Role, names: str) -> tuple[KnownField, ...]:
    return tuple(KnownField(layer, name, role, stated=False) for name in names.split())


_NEVER_READ = "not part of the limiters' keys"

KNOWN: Final[tuple[KnownField, ...]] = (
    KnownField("address", "egress address", "network", "the network's; changes with VPN or proxy",
               "the free limiter's key: a whole IPv4 address, the first four fields of an IPv6 one",
               ("ip-limiter",)),
    KnownField("address", "egress prefix", "network", "the IPv6 network's",
               "the free limiter's key for IPv6 since 2026-04-06", ("ip-limiter",), stated=False),
    KnownField("address", "country", "network", None, "policy (region) checks; logged",
               ("handler",), stated=False),
    KnownField("address", "edge colo", "network", None, None, stated=False),
    KnownField("address", "source address", "network", "the network's",
               "seen only where no address translation lies between", ("ip-limiter",)),
    KnownField("address", "address family", "network", None,
               "decides how the free limiter cuts the address", ("ip-limiter",), stated=False),
    KnownField("key", "API key", "key", "the user's; `public` or none is everybody's",
               "authenticates; key limiter (key, model, minute) for models that are not free; "
               "the free limiter does not look at it", ("client-key", "key-limiter", "ip-limiter")),
    _header("x-opencode-session", "conversation",
            "one conversation, over restarts; subagents have their own",
            "chooses the provider (sticky), logged; demanded by closed services since 2026-09; "
            "not in the free limiter's key", "client", "client-ids", "handler", "reports"),
    _header("x-opencode-request", "action",
            "one user turn: its tool rounds, retries and title call share it",
            "logged; " + _NEVER_READ, "client", "client-ids", "handler"),
    _header("x-opencode-project", "project",
            "one repository on every machine; `global` outside of one",
            "handed on to some providers; " + _NEVER_READ, "client-project", "forwarding"),
    _header("x-opencode-client", "software", "the build: cli, desktop, acp",
            "logged; could change a threshold (header gate of May 2026), never the counter",
            "client", "handler"),
    _header("user-agent", "software", "the client's version and runtime",
            "passed to the provider, logged; closed services refuse others than opencode/... ; "
            "not in the free limiter's key", "client", "handler", "reports"),
    _header("x-client-request-id", "conversation", "DSH from 2026-09-20: the conversation id",
            None, "client-dsh"),
    _header("x-session-affinity", "conversation", "DSH and other providers: the conversation id",
            "set anew by the server towards providers", "client-dsh", "forwarding"),
    _header("x-parent-session-id", "conversation", "other providers than Zen only", None, "client"),
    _header("x-opencode-workspace", "workspace", "never sent by PawWork", None, "client"),
    _header("cookie", "device_or_install", "never sent by PawWork", None, "client"),
    _header("x-device-id", "device_or_install", "never sent by PawWork", None, "client"),
    _header("x-install-id", "device_or_install", "never sent by PawWork", None, "client"),
    KnownField("body", "prompt_cache_key", "conversation",
               "the session id again, for gpt-5 models or option setCacheKey",
               "passed to the provider", ("client-body",)),
    KnownField("body", "user", "person", "never set by PawWork",
               "could be filled in by the server from the sticky id", ("client-body",
               "forwarding")),
    KnownField("body", "metadata", "person", "never set by PawWork", None, ("client-body",)),
    KnownField("body", "safety_identifier", "person", "never set by PawWork", None,
               ("client-body",)),
    KnownField("body", "device_id", "device_or_install", "never set by PawWork", None,
               ("client-body",)),
    KnownField("body", "install_id", "device_or_install", "never set by PawWork", None,
               ("client-body",)),
    KnownField("http", "client's HTTP version", "software", "the runtime's", None, stated=False),
    KnownField("http", "header order", "software", "the runtime's; varies with the route",
               None, stated=False),
    KnownField("http", "upstream HTTP version", "software", "this proxy's, not the client's",
               None, stated=False),
    KnownField("tls", "upstream TLS version", "software", "this proxy's, not the client's",
               None, stated=False),
    *_rest("header", "software", """
        accept accept-language accept-encoding sec-fetch-mode sec-fetch-site sec-fetch-dest
        connection x-goog-api-client x-client-user-agent anthropic-version anthropic-beta
        openai-beta openai-version x-stainless-lang x-stainless-runtime x-stainless-os
        x-stainless-arch x-stainless-package-version x-stainless-runtime-version
        x-stainless-async anthropic-dangerous-direct-browser-access te dnt sec-gpc priority
        x-opencode-version x-opencode-locale upgrade-insecure-requests sec-ch-ua
        sec-ch-ua-platform sec-ch-ua-mobile sec-fetch-user proxy-connection
    """),
    *_rest("header", "message", """
        host content-type content-length content-encoding transfer-encoding expect origin
        cache-control pragma x-stainless-retry-count x-stainless-timeout
        x-stainless-read-timeout referer upgrade max-forwards keep-alive http2-settings
        range trailer :authority if-modified-since if-none-match
    """),
    *_rest("header", "action", "x-request-id request-id x-correlation-id x-trace-id traceparent "
           "idempotency-key x-idempotency-key"),
    *_rest("header", "conversation", "x-session-id session_id conversation_id"),
    *_rest("header", "workspace", "openai-organization x-org-id chatgpt-account-id "
           "anthropic-organization-id"),
    *_rest("header", "project", "openai-project x-goog-user-project"),
    *_rest("header", "network", "x-forwarded-for x-real-ip forwarded x-client-ip"),
    *_rest("header", "key", "proxy-authorization api-key x-auth-token x-access-token"),
    *_rest("body", "conversation", "conversation conversation_id session_id session sessionId "
           "thread_id previous_response_id container cachedContent cached_content"),
    *_rest("body", "action", "request_id client_request_id"),
    *_rest("body", "project", "project project_id"),
    *_rest("body", "workspace", "workspace workspace_id organization"),
    *_rest("body", "person", "user_id account_id email labels"),
    *_rest("body", "device_or_install", "installation_id client_id"),
    *_rest("query", "message", "alt beta $alt api-version limit after before order include stream "
           "model page cursor view fields prettyPrint version locale key"),
    *_rest("query", "conversation", "session"),
    *_rest("query", "workspace", "workspace"),
)  # fmt: skip
BY_ID: Final[dict[str, KnownField]] = {field.id: field for field in KNOWN}

_TELLING: Final[tuple[tuple[Role, frozenset[str]], ...]] = (
    ("device_or_install", frozenset(["device", "install", "installation", "machine"])),
    ("person", frozenset(["user", "account", "email"])),
    ("conversation", frozenset(["session", "conversation", "thread", "affinity"])),
    ("workspace", frozenset(["workspace", "org", "organization"])),
    ("project", frozenset(["project"])),
)
"""Words in a name that tell the role of a field which no row names; the first match counts."""


def role_of(layer: Layer, name: str) -> Role:
    """What a field is for, by its row or by the words of its name."""
    known = BY_ID.get(f"{layer}:{name}")
    if known is not None:
        return known.role
    words = set(name.lower().replace("-", "_").replace(".", "_").split("_"))
    return next((role for role, telling in _TELLING if words & telling), "unknown")
