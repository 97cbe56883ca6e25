"""Secrets in every position of an exchange, through the projections and past the gate."""

import base64
import json
import secrets
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawwork_proxy.model.request import RequestFacts
from pawwork_proxy.model.response import EventCounts, Usage
from pawwork_proxy.redaction.credentials import Credentials
from pawwork_proxy.redaction.headers import MOST_HEADERS
from pawwork_proxy.redaction.pseudonyms import Pseudonymiser
from pawwork_proxy.redaction.redactor import RawRequest, RawResponse, Redactor
from pawwork_proxy.redaction.shapes import ShapeName
from pawwork_proxy.redaction.taint_gate import RawExchange, TaintGate
from tests.rows import each_row, few_when_fast
from tests.unit.builders import raw_response
from tests.unit.redaction.canaries import canaries, leaked

CHAT = "/zen/v1/chat/completions"


def body(**more: object) -> bytes:
    return json.dumps(
        {
            "model": "big-pickle",
            "stream": True,
            "max_tokens": 32000,
            "messages": [{"role": "user", "content": "made up"}],
            **more,
        }
    ).encode()


def request(
    target: str = CHAT,
    headers: list[tuple[str, str]] | None = None,
    sent: bytes | None = None,
    method: str = "POST",
    http_version: str = "HTTP/1.1",
) -> RawRequest:
    sent = body() if sent is None else sent
    lines = [("host", "opencode.ai"), ("user-agent", "opencode/1.18.33"), *(headers or [])]
    raw = [(name.encode("utf-8"), value.encode("utf-8")) for name, value in lines]
    return RawRequest(method, target, http_version, raw, sent, len(sent))


def requests_with(secret: str) -> dict[str, RawRequest]:
    """Position → a request with the secret there."""
    line = secret.replace("\n", " ")
    escaped = quote(secret, safe="")
    basic = base64.b64encode(f"u:{secret}".encode()).decode()
    return {
        "bearer": request(headers=[("authorization", f"Bearer {line}")]),
        "bare key": request(headers=[("X-Api-Key", line), ("x-goog-api-key", line)]),
        "basic": request(headers=[("authorization", f"Basic {basic}")]),
        "cookie": request(headers=[("Cookie", f"a=b; session={line}")]),
        "unknown header": request(headers=[("x-opencode-install", line)]),
        "header name": request(headers=[(line.replace(" ", "-"), "1")]),
        "odd case": request(headers=[("X-OPENCODE-SESSION", line), ("X-Opencode-Client", line)]),
        "kept headers": request(
            headers=[
                (name, glue.format(line))
                for name in (
                    "user-agent", "accept", "accept-language", "accept-encoding", "content-type",
                    "connection", "cache-control", "sec-fetch-mode", "anthropic-beta",
                    "anthropic-version", "x-stainless-lang", "origin", "cf-ray", "date", "referer",
                    "retry-after", "server", "x-forwarded-for", "x-forwarded-host", "te", "via",
                    "content-length", "x-opencode-provider", "content-encoding", "priority",
                )
                for glue in ("{}", "opencode/1.2 {}", "a, {}")
            ]
        ),
        "path": request(f"/zen/v1/{escaped}/x"),
        "raw path": request(f"/zen/v1/{line}"),
        "model in path": request(f"/zen/v1/models/{escaped}:streamGenerateContent?alt=sse"),
        "deep path": request("/" + "/".join(["x"] * 12) + f"/{escaped}"),
        "query value": request(f"{CHAT}?key={escaped}"),
        "query name": request(f"{CHAT}?{escaped}=1"),
        "absolute": request(f"http://{line.replace('/', '')}@opencode.ai/zen/v1/models"),
        "method": request(method=line),
        "version": request(http_version=line),
        "model": request(sent=body(model=secret)),
        "model glued": request(sent=body(model=f"gpt-4o-{secret}")),
        "top-level name": request(sent=body(**{secret: 1})),
        "identity": request(
            sent=body(
                user=secret, prompt_cache_key=secret, metadata={secret: secret, "user_id": secret},
                reasoning_effort=secret, tools=[{"type": "function", "function": {"name": secret}}],
            )
        ),
        "messages": request(
            sent=body(messages=[{"role": secret, "content": [{"type": "text", "text": secret}]}])
        ),
        "numbers": request(sent=body(max_tokens=secret, temperature=secret, stream=secret)),
        "not json": request(sent=secret.encode() + b"{"),
        "multipart": request(
            headers=[("content-type", f'multipart/form-data; boundary="{line}"')],
            sent=secret.encode(),
        ),
    }  # fmt: skip


def responses_with(secret: str) -> dict[str, RawResponse]:
    line = secret.replace("\n", " ")
    names = (
        "content-type server set-cookie location retry-after date cf-ray x-request-id via link "
        "www-authenticate cf-mitigated x-unknown content-encoding alt-svc age"
    )
    raw = [(name.encode(), line.encode("utf-8")) for name in names.split()]
    return {
        "headers": raw_response(429, "HTTP/1.1", [*raw, (line.encode("utf-8"), b"1")]),
        "finds": raw_response(
            400, line, [], wire_bytes=10, decoded_bytes=10, model=secret, finish_reason=secret,
            response_id=secret, request_id=secret, workspace=secret, error_type=secret,
            error_code=secret, provider=secret,
        ),
    }  # fmt: skip


@pytest.mark.parametrize("seed", few_when_fast(1, range(2)))
@each_row("form", sorted(canaries()))
def test_no_secret_survives_in_any_position(form: str, seed: int, redactor: Redactor) -> None:
    secret = canaries(seed)[form]
    for position, raw in requests_with(secret).items():
        projected = redactor.request(raw)
        text = (
            projected.request.model_dump_json()
            + projected.auth.model_dump_json()
            + "".join(note.model_dump_json() for note in projected.redactions)
        )
        for spelling in (secret, quote(secret, safe=""), secret.encode().hex()):
            assert leaked(spelling, text) == [], position
    for position, answer in responses_with(secret).items():
        reply = redactor.response(answer)
        text = reply.response.model_dump_json() + str(reply.redactions)
        assert leaked(secret, text) == [], position


@pytest.mark.parametrize("form", sorted(canaries()))
def test_redacted_records_pass_the_gate(form: str, redactor: Redactor) -> None:
    """The gate is for what the shapes miss; a stub for a record that is safe loses evidence."""
    secret = canaries(5)[form]
    for position, raw in requests_with(secret).items():
        credentials = Credentials()
        gate = TaintGate(redactor.pseudonyms, credentials)
        projected = redactor.request(raw)
        for credential in projected.credentials:
            credentials.add(credential)
        heads = b"\n".join(name + b": " + value for name, value in raw.headers)
        exchange = RawExchange((raw.target.encode(), heads, raw.body or b""))
        line = json.dumps({"request": projected.request.model_dump(mode="json")})
        assert gate.check(line, exchange) is None, position


@pytest.mark.parametrize("name", ["x-opencode-session-id", "x-session-affinity", "X-Session-Id"])
def test_every_header_of_the_session_tells_it(redactor: Redactor, name: str) -> None:
    def of(*names: str) -> RequestFacts:
        sent = [(one, "ses_" + "0a" * 13) for one in names]
        return redactor.request(request(headers=[*sent, ("x-opencode-org-id", "wrk_7")])).request

    usual = of("x-opencode-session")
    assert usual.session == of(name).session is not None
    assert usual.workspace is not None


def test_a_plain_request_keeps_what_matters(redactor: Redactor) -> None:
    key = canaries()["zen"]
    projected = redactor.request(
        request(
            headers=[
                ("authorization", f"Bearer {key}"),
                ("x-opencode-client", "desktop"),
                ("x-opencode-project", "global"),
                ("x-opencode-session", "ses_" + "0a" * 13),
                ("x-opencode-workspace", ""),
            ],
            sent=body(
                prompt_cache_key="ses_" + "0a" * 13,
                stream_options={"include_usage": True},
                system=[{"type": "text", "text": "12345"}],
                temperature=0.7,
                reasoning={"effort": "medium"},
                tools=[{"name": "bash"}, {"function": {"name": "read"}}, {"name": "mine"}, 7],
                messages=[
                    {"role": "system", "content": "abc"},
                    {"role": "user", "content": [{"type": "image_url"}, {"text": "de"}]},
                    {"role": "user", "parts": [{"inlineData": {}}]},
                    "x",
                ],
            ),
        )
    )
    facts = projected.request
    assert (facts.path, facts.tier, facts.protocol) == (CHAT, "zen", "chat")
    assert (facts.model, facts.model_kept, facts.model_group) == ("big-pickle", True, "bi")
    assert (facts.user_agent, facts.client, facts.project) == (
        "opencode/1.18.33", "desktop", "global",
    )  # fmt: skip
    assert facts.workspace is None
    sent = facts.body
    assert (sent.stream, sent.include_usage, sent.max_tokens, sent.temperature) == (
        True, True, 32000, 0.7,
    )  # fmt: skip
    assert (sent.messages, sent.roles) == (4, {"system": 1, "user": 2, "other": 1})
    assert (sent.text_chars, sent.images) == (5 + 3 + 2 + 1, 2)
    assert (sent.tools, sent.tool_names, sent.reasoning) == (4, ("bash", "read"), "medium")
    assert sent.identity[0].pseudonym == facts.session
    assert sent.identity[0].shape == "ses_id"
    assert (projected.auth.kind, projected.auth.header, projected.auth.scheme) == (
        "user_key", "authorization", "bearer",
    )  # fmt: skip
    assert (
        projected.auth.pseudonym
        == redactor.request(request(headers=[("x-api-key", key)])).auth.pseudonym
    )
    assert projected.credentials == (key,)


@pytest.mark.parametrize(
    ("headers", "target", "expected"),
    [
        ([], CHAT, ("none", "none", None, 0)),
        ([("authorization", "")], CHAT, ("none", "none", None, 0)),
        ([("authorization", "Bearer ")], CHAT, ("authorization", "none", "bearer", 1)),
        ([("authorization", "Bearer public")], CHAT, ("authorization", "public", "bearer", 1)),
        ([("authorization", "Token abcdef")], CHAT, ("authorization", "user_key", "other", 1)),
        ([("authorization", "abcdef")], CHAT, ("authorization", "user_key", "other", 1)),
        ([("x-api-key", "oc_sk_abc")], CHAT, ("x-api-key", "oc_sk", None, 1)),
        ([], CHAT + "?key=abcdef", ("query", "user_key", None, 1)),
        ([("x-api-key", "a"), ("x-goog-api-key", "b")], CHAT, ("x-api-key", "user_key", None, 2)),
        ([("authorization", "Basic !!")], CHAT, ("authorization", "user_key", "basic", 1)),
    ],
)
def test_auth_kinds(
    headers: list[tuple[str, str]],
    target: str,
    expected: tuple[str, str, str | None, int],
    redactor: Redactor,
) -> None:
    auth = redactor.request(request(target, headers)).auth
    assert (auth.header, auth.kind, auth.scheme, auth.count) == expected


@pytest.mark.parametrize(
    ("raw", "state"),
    [
        (RawRequest("GET", "/zen/v1/models", "HTTP/1.1", []), "absent"),
        (RawRequest("POST", CHAT, "HTTP/1.1", [], None, 10), "not_kept"),
        (RawRequest("POST", CHAT, "HTTP/1.1", [], b"x", 10, "undecodable"), "undecodable"),
        (RawRequest("POST", CHAT, "HTTP/1.1", [], b" ", 1), "empty"),
        (RawRequest("POST", CHAT, "HTTP/1.1", [], b"[1]", 3), "not_an_object"),
        (RawRequest("POST", CHAT, "HTTP/1.1", [], b"{", 1), "malformed"),
        (RawRequest("POST", CHAT, "HTTP/1.1", [], b'{"a":"\xff"}', 9), "invalid_utf8"),
        (RawRequest("POST", CHAT, "HTTP/1.1", [], b'{"a":' * 5000, 9), "too_deep"),
        (RawRequest("POST", CHAT, "HTTP/1.1", [], b"{}" + b" " * 9_000_000, 9), "too_large"),
    ],
)
def test_body_states(raw: RawRequest, state: str, redactor: Redactor) -> None:
    assert redactor.request(raw).request.body.state == state


@pytest.mark.parametrize(
    ("sent", "field", "value"),
    [
        ({"contents": [{"parts": [{"text": "ab"}]}]}, "messages", 1),
        ({"generationConfig": {"maxOutputTokens": 7}}, "max_tokens", 7),
        ({"input": "abc"}, "text_chars", 3),
        ({"system": 7}, "text_chars", 0),
        ({"tools": [{"functionDeclarations": [{"name": "bash"}, {}]}]}, "tool_names", ("bash",)),
        ({"max_tokens": -1}, "max_tokens", None),
        ({"max_tokens": True}, "max_tokens", None),
        ({"temperature": 1e9}, "temperature", None),
        ({"temperature": True}, "temperature", None),
        ({"thinking": {"type": "enabled"}}, "reasoning", "enabled"),
        ({"tools": {}}, "tools", None),
        ({"store": False}, "store", False),
    ],
)
def test_bodies_of_other_protocols(
    sent: dict[str, object], field: str, value: object, redactor: Redactor
) -> None:
    facts = redactor.request(request(sent=json.dumps(sent).encode())).request.body
    assert getattr(facts, field) == value


@pytest.mark.parametrize(
    ("value", "shape", "named"),
    [
        (None, "null", False), ("", "empty", False), (True, "boolean", False), ([], "list", False),
        (7, "number", True), ("192.0.2.1", "address", True), ("a@example.org", "email", True),
        ("someone", "word", True), ({"user_id": {}}, "object", False),
    ],
)  # fmt: skip
def test_identity_fields_of_any_type(
    value: object, shape: str, named: bool, redactor: Redactor
) -> None:
    field = redactor.request(request(sent=body(user=value))).request.body.identity[0]
    assert (field.shape, field.pseudonym is not None) == (shape, named)


def test_many_fields_and_headers_are_counted_not_kept(redactor: Redactor) -> None:
    projected = redactor.request(
        request(
            headers=[(f"x-h{index}", "1") for index in range(500)] + [("x-long", "y" * 5000)],
            sent=body(metadata={f"m{n}": n for n in range(100)}, **{f"f{n}": 1 for n in range(99)}),
        )
    )
    assert len(projected.request.headers) == MOST_HEADERS
    assert projected.request.headers_cut == 503 - MOST_HEADERS
    assert len(projected.request.body.fields) == 48
    rules = {note.rule: note.count for note in projected.redactions}
    assert rules["cut"] == 76
    assert rules["unknown_field"] > 40


@pytest.mark.parametrize(
    ("target", "path", "tier", "protocol", "query"),
    [
        ("/zen/v1/messages", "/zen/v1/messages", "zen", "messages", ()),
        ("/zen/go/v1/responses", "/zen/go/v1/responses", "go", "responses", ()),
        ("/zen/go/v1/usage", "/zen/go/v1/usage", "go", "usage", ()),
        ("/zen/v1/models", "/zen/v1/models", "zen", "listing", ()),
        ("/zen/v1/models/glm-5", "/zen/v1/models/{model}", "zen", "listing", ()),
        (
            "/zen/v1/models/gemini-3-pro:streamGenerateContent?alt=sse",
            "/zen/v1/models/{model}:streamGenerateContent", "zen", "google", ("alt",),
        ),
        ("http://opencode.ai/zen/v1/models?", "/zen/v1/models", "zen", "listing", ()),
        ("http://opencode.ai", "/", "other", "other", ()),
        ("/cdn-cgi/trace", "/cdn-cgi/trace", "other", "trace", ()),
        ("*", None, "other", "other", ()),
        ("/zen/v1/messages?" + "&".join(["limit=1"] * 40), "/zen/v1/messages", "zen", "messages",
         ("limit",) * 16),
        ("/" + "x" * 600, None, "other", "other", ()),
    ],
)  # fmt: skip
def test_routes(
    target: str, path: str | None, tier: str, protocol: str, query: object, redactor: Redactor
) -> None:
    route = redactor.route(target)
    assert (route.tier, route.protocol, route.query) == (tier, protocol, query)
    assert path is None or route.path == path


def test_model_of_the_path_is_used_when_the_body_names_none(redactor: Redactor) -> None:
    raw = request("/zen/v1/models/gemini-3-pro:generateContent", sent=b'{"contents":[]}')
    assert redactor.request(raw).request.model == "gemini-3-pro"
    odd = request(sent=body(model="\u00e9"))
    assert redactor.request(odd).request.model_group is None


def test_content_encoding_of_the_request(redactor: Redactor) -> None:
    raw = request(headers=[("Content-Encoding", "gzip")])
    assert redactor.request(raw).request.body.content_encoding == "gzip"


def test_an_answer_keeps_what_matters(redactor: Redactor) -> None:
    raw = raw_response(
        429,
        "HTTP/2.0",
        [
            (b"date", b"Tue, 25 Aug 2026 10:02:57 GMT"),
            (b"content-type", b"text/plain;charset=UTF-8"),
            (b"retry-after", b"50223"),
            (b"retry-after-ms", b"1500"),
            (b"cf-ray", b"8f1e2d3c4b5a6978-FRA"),
            (b"server", b"cloudflare"),
            (b"x-request-id", b"0a" * 16),
            (b"set-cookie", b"__cf_bm=abcdefghijkl; path=/; HttpOnly"),
        ],
        wire_bytes=10,
        usage=Usage(input=1),
        events=EventCounts(total=2),
        error_type="FreeUsageLimitError",
        provider="console",
    )
    projected = redactor.response(raw)
    facts = projected.response
    assert (facts.status, facts.http_version, facts.retry_after_s) == (429, "HTTP/2.0", 50223)
    assert (facts.retry_after_ms, facts.cf_ray, facts.colo) == (1500, "8f1e2d3c4b5a6978-FRA", "FRA")
    assert facts.date is not None
    assert (facts.server, facts.content_type) == ("cloudflare", "text/plain;charset=utf-8")
    assert facts.request_id is not None
    assert facts.request_id.startswith("request:")
    assert (facts.error_type, facts.provider) == ("FreeUsageLimitError", "Console")
    assert "abcdefghijkl" in projected.credentials


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("Tue, 25 Aug 2026 10:03:57 GMT", 60), ("Tue, 25 Aug 2026 10:00:00 GMT", 0),
        ("nan", None), ("-5", None), ("1e300", None), ("soon", None), ("0.5", 0.5),
    ],
)  # fmt: skip
def test_waits(retry_after: str, seconds: float | None, redactor: Redactor) -> None:
    headers = [(b"retry-after", retry_after.encode()), (b"date", b"Tue, 25 Aug 2026 10:02:57 GMT")]
    assert (
        redactor.response(raw_response(429, "HTTP/1.1", headers)).response.retry_after_s == seconds
    )


def test_a_ray_without_place_has_no_colo(redactor: Redactor) -> None:
    raw = raw_response(200, "HTTP/1.1", [(b"cf-ray", b"8f1e2d3c4b5a6978")])
    assert redactor.response(raw).response.colo is None


def test_equality_survives_and_only_within_a_study(redactor: Redactor) -> None:
    def session(of: Redactor, value: str) -> str | None:
        return of.request(request(headers=[("x-opencode-session", value)])).request.session

    other = Redactor(Pseudonymiser(secrets.token_bytes(32)))
    one, two = "ses_" + "0a" * 13, "ses_" + "0b" * 13
    assert session(redactor, one) == session(redactor, one) != session(redactor, two)
    assert session(redactor, one) != session(other, one)


def test_order_of_exchanges_changes_nothing() -> None:
    raws = [
        raw for secret in list(canaries().values())[:6] for raw in requests_with(secret).values()
    ]
    forward, backward = Redactor(Pseudonymiser(b"o" * 32)), Redactor(Pseudonymiser(b"o" * 32))
    there = [forward.request(raw) for raw in raws]
    back = [backward.request(raw) for raw in reversed(raws)]
    assert there == back[::-1]


@given(
    method=st.text(max_size=20),
    target=st.text(max_size=80),
    version=st.text(max_size=9),
    headers=st.lists(st.tuples(st.binary(max_size=20), st.binary(max_size=60)), max_size=6),
    sent=st.one_of(
        st.none(),
        st.binary(max_size=80),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=10),
            lambda inner: st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["model", "messages", "tools", "metadata", "user", "role", "text",
                                 "content", "function", "name", "generationConfig", "reasoning"])
                | st.text(max_size=6),
                inner, max_size=4,
            ),
            max_leaves=12,
        ).map(lambda value: json.dumps(value).encode()),
    ),
)  # fmt: skip
def test_projection_is_total(
    method: str, target: str, version: str, headers: list[tuple[bytes, bytes]], sent: bytes | None
) -> None:
    redactor = Redactor(Pseudonymiser(b"t" * 32))
    raw = RawRequest(method, target, version, headers, sent, 5)
    assert redactor.request(raw) == redactor.request(raw)
    assert "bytes" not in repr(raw)
    redactor.response(raw_response(200, version, headers, error_type=method, model=target))


def test_a_value_that_the_records_form_does_not_take_becomes_a_pseudonym(
    redactor: Redactor,
) -> None:
    """Its shape would keep `text/1.0`; a record with it could not be read again."""
    projected = redactor.request(request(headers=[("content-type", "text/1.0")]))
    (note,) = [one for one in projected.request.headers if one.name == "content-type"]
    assert note.value is None
    assert note.pseudonym is not None


def test_a_name_that_the_records_form_does_not_take_becomes_a_pseudonym(redactor: Redactor) -> None:
    projected = redactor.request(request(headers=[("x1", "a")], sent=body(MAX_TOKENS=1)))
    assert projected.request.headers[-1].name.startswith("header:")
    assert projected.request.body.fields[-1].startswith("word:")


def test_a_pseudonym_of_ours_stays_what_it_is(redactor: Redactor) -> None:
    made = redactor.shapes.of(ShapeName.WORD, "quorvex jane").text
    assert redactor.shapes.of(ShapeName.WORD, made).text == made
