"""Exchanges that are legal and that nobody foresaw: new types, programs, models, headers, cookies.

Each is a head, a body and an answer as any client and server of tomorrow may send them. None of
them is an attack, so none of them may cost a record.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

Lines = list[tuple[str, str]]

API_WORDS = """
    Usage Limit Quota Model Provider Upstream Request Token Account Billing Capacity Region Rate
    Credit Session Auth Key Service Server Free Tier Plan Context Content Policy Network Timeout
    Is Of On No Too Not By Per
""".split()  # noqa: SIM905
NEW_WORDS = """
    Fair Loading Healthy Throttle Quorum Shard Drained Bursty Cordoned Warmup Sunset Backpressure
    Nebula Tarpit Preempted Evicted Stale Spillover Kontingent Überlastet Cuota Llamada Guthaben
    Nachricht Ratelimit Fallback Greylisted Cooldown Nonce Attestation Replica Hedged Brownout
    Exhaustion Maintenance Unreachable Partition Straggler Watchdog Leaky Bucket Penalty Box
    extraordinarily kubernetes ghostly Mü 限流 モデル Модель Xq Zz A ID IP VIP GPU TPU
""".split()  # noqa: SIM905
REAL_TYPES = """
    model_loading no_healthy_upstream FairUsageLimitError insufficient_quota_error
    engine_overloaded rate_limit_exceeded_error tokens_per_minute_exceeded requests_per_day
    AccessDeniedException ThrottlingException ServiceUnavailableException ModelNotReadyException
    ModelStreamErrorException ModelErrorException ModelTimeoutException ValidationException
    ServiceQuotaExceededException ResourceNotFoundException InternalServerException
    com.amazonaws.bedrock#ThrottlingException java.lang.IllegalStateException
    java.net.SocketTimeoutException org.springframework.web.client.HttpClientErrorException
    org.apache.http.conn.ConnectTimeoutException httpx.ReadTimeout openai.APIConnectionError
    requests.exceptions.ConnectionError aiohttp.ClientPayloadError botocore.exceptions.ClientError
    litellm.RateLimitError litellm.ServiceUnavailableError litellm.ContextWindowExceededError
    litellm.exceptions.BadRequestError grpc.StatusCode.UNAVAILABLE grpc_status_14
    RESOURCE_EXHAUSTED UNAVAILABLE DEADLINE_EXCEEDED FAILED_PRECONDITION ABORTED DATA_LOSS
    Throttling.AllocationQuota Throttling.RateQuota.Burst InternalError.Algo InternalError.Timeout
    Arrearage.Overdue ModelServingError.Overload DataInspectionFailed.Output BadRequest.TooLarge
    AccountOverdueError InvalidEndpoint.ClosedEndpoint InvalidEndpointOrModel.NotFound
    RequestBurstTooFast ServerOverloaded QuotaExceeded.Tpm SensitiveContentDetected.SevereViolation
    AccountRateLimitExceeded.EndpointTPMExceeded ModelLoadingError RateLimitExceeded.EndpointRPM
    1113 1302 1305 1308 429001 E11000 0x80072ee2 ERR-429-RL HTTP_429 http429 error_1010
    ConcurrencyLimitExceeded TooManyRequestsException model_is_busy worker_timeout cuda_oom
    CUDA_OUT_OF_MEMORY out_of_memory_error KV_CACHE_FULL no_capacity_in_region spot_preempted
    replica_not_ready cold_start warming_up queue_is_full backend_unhealthy circuit_breaker_open
    upstream_connect_error upstream_reset_before_headers gateway_unreachable NoRouteToHost
    ECONNRESET ETIMEDOUT EAI_AGAIN UND_ERR_SOCKET UND_ERR_HEADERS_TIMEOUT ERR_HTTP2_STREAM_ERROR
    prompt_blocked output_blocked jailbreak_detected recitation_blocked unsafe_content_v2
    card_declined payment_method_required subscription_past_due wallet_empty credit_card_missing
    trial_expired seat_limit_reached org_suspended device_limit_reached account_under_review
    abuse_detected captcha_required bot_detected vpn_blocked geo_restricted country_not_allowed
    unsupported_client_version upgrade_client client_too_old user_agent_rejected tls_fingerprint
    https://api.example.com/errors/out-of-credit urn:problem-type:quota-exhausted about:blank
    urn:ietf:params:acme:error:rateLimited tag:example.org,2026:overload /problems/rate-limited
    rate-limit-exceeded too-many-requests model-not-found token-expired RateLimit Overloaded
    RatelimitExceededV2 ApiErrorV3_2 ErrorV1.2.3 quota_v2_exceeded limit_2026_11 GPT5LimitError
    Qwen3OverloadError claude-opus-4-8_overloaded model_glm-4.7_unavailable BigPickleRetiredError
    无可用渠道 请求过于频繁 过载 Überlastung sobrecargado limite_dépassée превышен_лимит
""".split()  # noqa: SIM905
SENTENCES = (
    "Image base64 invalid",
    "The model is currently overloaded",
    "Too Many Requests",
    "no credit",
    "当前分组上游负载已饱和，请稍后再试",
    "Grace Wang",
    "Contoso Deutschland GmbH",
    "Model (beta) is full",
    '{"type":"inner_error"}',
    "a\tb",
    "quota:exceeded; retry",
    "100% of %E6%9D%8E used",
)


def _typed(rng: random.Random) -> str:
    """An invented error type of any of the forms in use."""
    words = rng.choices(API_WORDS, k=rng.randint(1, 4)) + rng.choices(
        NEW_WORDS, k=rng.choice((0, 1, 1, 1, 2, 3))
    )
    rng.shuffle(words)
    lower = [word.lower() for word in words]
    ending = rng.choice(("Error", "Exception", "Fault", "", "Failure", "ErrorV2", "Error2"))
    number = rng.choice(("", "", "_v2", ".3", "-429", "_1.2.3", "#7", "/2026-11-28"))
    return rng.choice(
        (
            "".join(words) + ending,
            words[0].lower() + "".join(words[1:]) + ending,
            "_".join(lower),
            "_".join(lower) + "_" + (ending.lower() or "error"),
            "_".join(lower).upper(),
            "-".join(lower) + number,
            ".".join(lower) + number,
            ".".join(words) + "." + ending,
            "com.example." + "".join(words) + "Exception",
            "api.error/" + "-".join(lower),
            " ".join(words) + number,
            "::".join(words),
        )
    )


PRODUCTS = """
    opencode PawWork Mozilla node Electron axios my-bot Zephyr.Client acme-agent LobeChat Größenwahn
    tool_runner com.example.app x a1 K9 curl python-requests Grace-Laptop undici bun ai-sdk
""".split()  # noqa: SIM905
VERSIONS = """
    1 1.2 1.18.33 0.0.0-dev-202609171234 v22.11.0 2026.11.28 40.8.0-beta.3 144.0.7559.60
    1.2.3+g0a1b2c3 7.33.02.08 r1234 nightly 17.4.1.2.5 2.0.0-rc.1+build.20261128 1_2_3 0xdeadbeef
    12.4(3) 999999999999 192.168.0.7 10.0.26100.3775 6.8.0-48-generic 20261128T101112Z
""".split()  # noqa: SIM905
COMMENTS = """
    (X11; Linux x86_64) (Macintosh; Intel Mac OS X 10_15_7) (KHTML, like Gecko) (linux 6.8.0; x64)
    (+https://example.com/bot) (iPhone; CPU iPhone OS 17_4_1 like Mac OS X) (nested (comment) here)
""".strip().split(") ")


def _agent(rng: random.Random) -> str:
    parts = []
    for _ in range(rng.randint(1, 6)):
        product = rng.choice(PRODUCTS)
        parts.append(f"{product}/{rng.choice(VERSIONS)}" if rng.random() < 0.8 else product)
        if rng.random() < 0.3:
            parts.append(rng.choice(COMMENTS).rstrip(")") + ")")
    return " ".join(parts)


MODEL_WORDS = """
    glm gpt claude sonnet opus haiku kimi qwen deepseek nemotron big pickle free preview latest
    flash quorvex Aurora lumen instruct coder vl thinking ultra mini 北极 x tri-force reasoner
""".split()  # noqa: SIM905
MODEL_NUMBERS = """
    4 4.7 5.1 20250514 2025-05-14 0528 480b a35b 8x22b 235B-A22B v3p1 1m 128k fp8 q4_K_M r1 001 4o
    250615 5.1.2.3 192.168.0.7 10.1.2.3 2.5.1-rc2 1106 3.2.1 0.6b
""".split()  # noqa: SIM905


def _model(rng: random.Random) -> str:
    parts = rng.choices(MODEL_WORDS, k=rng.randint(1, 4)) + rng.choices(
        MODEL_NUMBERS, k=rng.randint(0, 3)
    )
    rng.shuffle(parts)
    name = rng.choice("---_. ").join(parts)
    before = rng.choice(
        ("", "", "", "acme/", "accounts/fireworks/models/", "@cf/meta/", "ft:", "us.")
    )
    after = rng.choice(
        ("", "", "", ":free", ":thinking", "@20250514", ":acme::7p4lURel", "@eu-west1")
    )
    return before + name + after


HEADER_NAMES = """
    x-request-start x-envoy-upstream-service-time x-kong-proxy-latency x-litellm-model-id via
    x-ratelimit-reset-requests anthropic-ratelimit-tokens-reset x-should-retry x-quorvex-shard
    nel report-to alt-svc strict-transport-security server-timing x-vercel-id fly-request-id
    cf-cache-status x-amzn-requestid x-amz-cf-pop x-served-by x-cache x-timer priority sec-ch-ua
    x-stainless-retry-count x-session-affinity x-opencode-new baggage tracestate dnt x-Größe
    x-model-loading-time openai-processing-ms x-inference-time x-groq-region cf-aig-cache-status
    content-security-policy permissions-policy accept-ch expires last-modified age retry-after
    x-ratelimit-remaining anthropic-beta accept accept-language accept-encoding cache-control
    x-stainless-runtime-version x-stainless-os x-stainless-arch x-stainless-package-version server
    x-forwarded-for x-real-ip referer origin content-type x-opencode-client x-opencode-session
""".split()  # noqa: SIM905
COUNTRIES = ("Europe/Berlin", "Asia/Shanghai", "en-US", "zh-Hans-CN", "FRA", "us-east-1", "eu")


def _moment(rng: random.Random) -> str:
    day = rng.randint(10, 28)
    clock = f"{rng.randint(10, 23)}:{rng.randint(10, 59)}:{rng.randint(10, 59)}"
    return rng.choice(
        (
            f"2026-11-{day}T{clock}Z",
            f"2026-11-{day}T{clock}.{rng.randint(100, 999)}+08:00",
            f"2026-11-{day} {clock}",
            f"2026-11-{day}",
            f"202611{day}",
            clock,
            clock[:5],
            f"Sat, {day} Nov 2026 {clock} GMT",
            f"{rng.randint(17, 18)}{rng.randint(10**7, 10**8 - 1)}",
            f"1764{rng.randint(100000, 999999)}",
            f"1764{rng.randint(10**8, 10**9 - 1)}",
            f"{day}.11.2026",
            f"2026-11-{day}T{clock[:2]}",
            f"2026111{day % 10}{clock[:2]}00",
            f"2026-11-{day}T{clock}.123456Z",
        )
    )


def _plain_value(rng: random.Random) -> str:
    """What headers and cookies hold that is no secret: what a record may well hold, too."""
    return rng.choice(
        (
            lambda: rng.choice(VERSIONS),
            lambda: _moment(rng),
            lambda: _model(rng),
            lambda: rng.choice(COUNTRIES),
            lambda: str(rng.choice((0, 1, 7, 60, 429, 4096, 31744, 50223, 86400, 2147483647))),
            lambda: rng.choice(("dark", "true", "opencode", "big-pickle", "laptop-a", "main")),
            lambda: f"{rng.choice(PRODUCTS)}/{rng.choice(VERSIONS)}",
            lambda: rng.choice(("1m30s", "6m0s", "12ms", "4hr 59min", "0.5", "50%", "%E6%9D%8E")),
            lambda: rng.choice(("application/json; charset=utf-8", "text/event-stream", "*/*")),
            lambda: rng.choice(
                ("gzip, br;q=0.9", "max-age=31536000; includeSubDomains", 'h3=":443"')
            ),
            lambda: rng.choice(
                ("opencode.ai", "https://opencode.ai/zen/v1", "/zen/v1/chat/completions")
            ),
            lambda: json.dumps({"v": rng.choice(VERSIONS), "at": _moment(rng)}),
            lambda: rng.choice(
                ("chat", "POST", "HTTP/1.1", "FreeUsageLimitError", "success", "zen")
            ),
        )
    )()


def _random_value(rng: random.Random) -> str:
    """What nobody may find in a record."""
    alphabet = rng.choice(("0123456789abcdef", "ABCDEFGHJKMNPQRSTVWXYZ0123456789", "abcXYZ019_-"))
    return "".join(rng.choices(alphabet, k=rng.choice((16, 24, 26, 32, 40, 64))))


@dataclass
class Odd:
    """One odd exchange, raw."""

    target: str = "/zen/v1/chat/completions"
    asked: Lines = field(default_factory=list)
    sent: bytes = b""
    status: int = 200
    answered: Lines = field(default_factory=list)
    body: bytes = b""
    secrets: list[str] = field(default_factory=list)
    """What nobody may find in a record."""


def _headers(rng: random.Random, odd: Odd, lines: Lines, most: int) -> None:
    for name in rng.sample(HEADER_NAMES, k=rng.randint(0, most)):
        value = _plain_value(rng)
        if rng.random() < 0.2:
            value = _random_value(rng)
            odd.secrets.append(value)
        lines.append((name, value))


def _error(rng: random.Random) -> object:
    kind = rng.choice((_typed(rng), rng.choice(REAL_TYPES), rng.choice(SENTENCES)))
    code = rng.choice(
        (None, 429, kind, _typed(rng), rng.choice(REAL_TYPES), str(rng.randint(1000, 99999)))
    )
    message = rng.choice(
        (
            "Free usage exceeded",
            f"{kind}: {_model(rng)} is busy",
            f"retry after {rng.randint(1, 99)}s",
            f"Error from provider ({rng.choice(PRODUCTS)}): {kind}",
            f"resets at {_moment(rng)}",
            f"%E6%9D%8E {rng.choice(VERSIONS)}",
            f"model {_model(rng)} in {rng.choice(COUNTRIES)}",
        )
    )
    error = {"type": kind, "code": code, "message": message, "param": None}
    extra = {
        "metadata": {
            "user": {"name": "Grace Wang", "type": "Enterprise_Kunde"},
            "workspace": "wrk_" + "0A" * 13,
            "organization": {"name": "acme_holding"},
        },
        "request_id": "req_" + rng.choice(VERSIONS),
        "retry_after": rng.choice((1, 60, 0.5, "12")),
    }
    return rng.choice(
        (
            lambda: {"type": "error", "error": error},
            lambda: {"type": "error", "error": error, **extra},
            lambda: {"error": {**error, **extra}},
            lambda: error,
            lambda: {"detail": [error]},
            lambda: {"error": json.dumps(error)},
            lambda: {"error": message, "type": kind},
            lambda: {"errors": [{"name": kind, "message": message}]},
            lambda: {"type": kind, "title": message, "status": 429, "detail": message},
            lambda: {"code": code, "msg": message, "data": None},
        )
    )()


def _answer(rng: random.Random, odd: Odd, model: str) -> None:
    chance = rng.random()
    if chance < 0.6:
        odd.status = rng.choice(
            (
                400,
                401,
                402,
                403,
                404,
                409,
                413,
                418,
                429,
                429,
                429,
                451,
                500,
                502,
                503,
                504,
                529,
                599,
            )
        )
        odd.body = json.dumps(_error(rng), ensure_ascii=rng.random() < 0.5).encode()
        return
    chunk = {
        "id": "chatcmpl-" + rng.choice(VERSIONS),
        "model": rng.choice((model, _model(rng))),
        "choices": [
            {"delta": {"content": "hi"}, "finish_reason": rng.choice(("stop", _typed(rng)))}
        ],
        "usage": {
            "prompt_tokens": rng.choice((17, 2**40, "many", -1, 3.5)),
            "completion_tokens": 5,
        },
        "system_fingerprint": "fp_" + rng.choice(VERSIONS),
    }
    if chance < 0.8:
        odd.body = json.dumps(chunk).encode()
        return
    events = [f"data: {json.dumps(chunk)}"]
    if rng.random() < 0.5:
        events.append(f"event: error\ndata: {json.dumps(_error(rng))}")
    odd.answered.append(("content-type", "text/event-stream"))
    odd.body = ("\n\n".join([*events, "data: [DONE]", ""])).encode()


def _one(rng: random.Random) -> Odd:
    odd, model = Odd(), _model(rng)
    odd.target = rng.choice(
        (
            odd.target,
            "/zen/v1/messages",
            "/zen/v1/responses?beta=true",
            "/zen/go/v1/chat/completions",
            f"/zen/v1/models/{model.replace(' ', '%20')}:streamGenerateContent?alt=sse",
            f"/zen/v1/models?client_version={rng.choice(VERSIONS)}",
            "/zen/v9/quorvex/2026-11-28",
            f"/inference/v1/chat/completions?trace={_moment(rng).replace(' ', '+')}",
        )
    )
    odd.asked.append(("user-agent", _agent(rng)))
    if rng.random() < 0.7:
        key = rng.choice(("public", _random_value(rng), _random_value(rng), _plain_value(rng)))
        odd.asked.append((rng.choice(("authorization", "x-api-key")), f"Bearer {key}"))
    _headers(rng, odd, odd.asked, 8)
    _headers(rng, odd, odd.answered, 8)
    names = ("session", "ver", "model", "last_seen", "tz", "theme")
    for lines, name in ((odd.asked, "cookie"), (odd.answered, "set-cookie")):
        if rng.random() < 0.5:
            crumbs = [f"{one}={_plain_value(rng)}" for one in rng.sample(names, k=3)]
            lines.append((name, "; ".join(crumbs)))
    body = {
        "model": model,
        "stream": True,
        "temperature": 0.7,
        "max_tokens": rng.choice((32000, "x")),
        "messages": [{"role": "user", "content": f"use {_model(rng)} and {rng.choice(VERSIONS)}"}],
        rng.choice(("quorvex_mode", "serviceTier", "prompt-cache-key", "größe", "x1")): 1,
        "metadata": {rng.choice(("user_id", "tenantName", "1.2.3")): _plain_value(rng)},
    }
    odd.sent = json.dumps(body, ensure_ascii=rng.random() < 0.5).encode()
    _answer(rng, odd, model)
    return odd


def odd_exchanges(number: int, seed: int) -> Iterator[Odd]:
    """So many of them, the same for the same seed."""
    rng = random.Random(seed)
    for _ in range(number):
        yield _one(rng)


def odd_types(number: int, seed: int) -> list[str]:
    """Invented error types."""
    rng = random.Random(seed)
    return [_typed(rng) for _ in range(number)]
