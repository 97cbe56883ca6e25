"""Each form of text takes what belongs there and nothing that a person would rather keep."""

import time
import typing
from typing import Annotated

from pydantic import TypeAdapter, ValidationError

from pawwork_proxy.facts import clients, errors, fields
from pawwork_proxy.facts.outcomes import FAILURES, USER_SEES
from pawwork_proxy.facts.server import MODEL_IDS
from pawwork_proxy.facts.table import word_lists
from pawwork_proxy.facts.wordings import EDGE_MARKS, OTHER, PHRASES, PROVIDERS, UNNAMED
from pawwork_proxy.model import texts
from pawwork_proxy.model.texts import fits
from pawwork_proxy.outcomes.rules import RULES
from pawwork_proxy.redaction.values import FORMS as VALUE_FORMS
from tests.rows import each_row

HTTP, WORDS = map(word_lists, ("http", "words"))
NAMED = {name: form for name, form in vars(texts).items() if typing.get_origin(form) is Annotated}
PSEUDONYM = "word:" + "0a" * 12
UNWELCOME = {
    "password": "qX7vB2mK9pL",
    "password with hyphens": "Xk9-Qm2-Zt7",
    "password of a word": "hunter2",
    "social security number": "911-83-6993",
    "telephone number": "555-0123",
    "date of birth": "19840312",
    "date": "1984-03-12",
    "sentence": "call me tomorrow",
    "path": "/srv/clients/hollenbeck",
    "card": "4111111111111111",
    "two lines": "stop\nstop",
}

EXAMPLES: dict[str, tuple[str, ...]] = {
    "Pseudonym": (PSEUDONYM, "ip6p:" + "0a" * 12),
    "Label": ("laptop-a", "Home.2"),
    "RandomId": ("0a" * 8,),
    "HelloDigest": ("a55145fe33f720e1",),
    "Ja4": ("t13d1714h1_5b57614c22b0_43ade6aba3df", "t00i000000_000000000000_000000000000"),
    "CfRay": ("8f1e2d3c4b5a6978-FRA", "8f1e2d3c4b5a6978"),
    "Version": ("1.18.33", "3.13.0", "12.3.1", "0.1.0.dev3+g12ab", "1.18.33-beta.2", "3.14.0rc1"),
    "Release": ("6.1", "10.0.22631", "unknown"),
    "Architecture": ("x86_64", "arm64", "other"),
    "Country": ("DE",),
    "Airport": ("FRA",),
    "ModelGroup": ("bi", "o3"),
    "HttpVersion": (*HTTP["protocol_versions"], PSEUDONYM),
    "Method": ("POST", "PROPFIND", PSEUDONYM),
    "RouteShape": ("/zen/v1/chat/completions", "/zen/go/v1beta/models/{model}:countTokens", "",
                   "/", "/.well-known", f"/zen/{PSEUDONYM}/v1"),
    "Term": (*(rule.id for rule in RULES), *(phrase.id for phrase in PHRASES),
             *(mark for mark, _ in EDGE_MARKS), *USER_SEES, *(row.kind for row in FAILURES),
             *errors.Sense, *fields.ROLES, "other", *fields.TOOL_NAMES,
             *(form.id for form in VALUE_FORMS), *errors.FAILED, "empty", "address"),
    "KnownWord": (*WORDS["clients"], *WORDS["reasoning_efforts"], *HTTP["edge_words"], PSEUDONYM),
    "FinishReason": (*errors.FINISHED, *errors.FAILED, PSEUDONYM),
    "Rule": ("drop", "content_not_kept", "shape:media_type", "id:session"),
    "Era": ("C1", "C12", *clients.RELEASES),
    "GoogleStatus": tuple(errors.GOOGLE_STATUSES),
    "ErrorWord": (*errors.ZEN_TYPES, *errors.VENDOR_TYPES, *errors.ZAI_CODES, "other",
                  *(f"minimax:{code}" for code in errors.MINIMAX_CODES)),
    "Provider": (*PROVIDERS, OTHER, UNNAMED),
    "KeyPlace": ("opencode.auth", "client.env", "opencode.config_content"),
    "DecidingPlace": ("status", "stream.finish_reason", "headers.retry-after", "stream_first.type"),
    "HeaderName": (*fields.HEADERS, PSEUDONYM),
    "FieldName": (*fields.BODY_FIELDS, *fields.IDENTITY_FIELDS, PSEUDONYM),
    "QueryName": (*fields.QUERY_NAMES, PSEUDONYM),
    "IdentityPath": (*fields.IDENTITY_FIELDS, "metadata.user_id", f"metadata.{PSEUDONYM}",
                     *(f"metadata.{name}" for name in fields.METADATA_NAMES)),
    "RedactedPlace": ("request.body", "response.headers.cf-ray", "request.body.metadata.user_id",
                      f"request.headers.{PSEUDONYM}", "request.headers.:authority",
                      "response.error_type", "request.headers.[].value"),
    "RecordPlace": ("exchange", "response.error_type", "request.headers.[].value",
                    "request.body.roles.*"),
    "WaitPlace": ("retry-after", "retry-after-ms", "retry-after date", "body", "body date", "text"),
    "WaitConflict": ("retry-after date=60", "body=1.23457e+06", "text=0.001"),
    "Codings": ("gzip", "gzip, deflate, br", "*;q=0.5", f"br, {PSEUDONYM}"),
    "MediaType": (*HTTP["media_types"], "text/plain;charset=utf-8", "text/html;charset=iso-8859-1"),
    "Server": ("cloudflare", "nginx/1.25.3", "amazons3", "awselb/2.0"),
    "ModelName": (*MODEL_IDS, "@cf/meta/llama-3.1-8b-instruct", "claude-3@20240229", PSEUDONYM),
    "UserAgent": ("opencode/1.18.33 ai-sdk/provider-utils/4.0.23 runtime/bun/1.3.14", "curl",
                  "Mozilla/5.0 Gecko/20100101", f"opencode/{PSEUDONYM}", PSEUDONYM, "curl 8.5.0"),
    "HeaderValue": ("*/*", "*/*;q=0.1, text/html", "cli", "global", "31744", "12.5", "?0", "*",
                    "2026-08-25T10:02:57Z", "2023-06-01", "127.0.0.1", "8f1e2d3c4b5a6978-FRA",
                    "max-age=0", "de-DE, de;q=0.9", "fine-grained-tool-streaming-2025-05-14"),
    "KeptName": ("FreeUsageLimitError", "Console Go", "5 hours", PSEUDONYM),
}  # fmt: skip

HOLDS: dict[str, set[str]] = {
    "Label": {"password", "password with hyphens", "password of a word", "date", "date of birth",
              "social security number", "telephone number", "card"},
    "RandomId": {"card"},
    "HelloDigest": {"card"},
    "CfRay": {"card"},
    "Term": {"password of a word"},
    "KnownWord": {"password of a word"},
    "Architecture": {"password of a word"},
    "RouteShape": {"path"},
    "HeaderName": {"password of a word"},
    "FieldName": {"password of a word", "password with hyphens"},
    "ModelName": {"password", "password with hyphens", "password of a word"},
    "UserAgent": {"password with hyphens", "password of a word", "sentence"},
    "HeaderValue": {"password with hyphens", "password of a word", "sentence", "date of birth",
                    "card"},
    "KeptName": {"password with hyphens", "password of a word", "sentence"},
}  # fmt: skip
"""What a form cannot keep out; the vocabularies and the bundle's scan have to."""


def test_every_form_is_tried() -> None:
    assert set(EXAMPLES) == set(NAMED)


@each_row("name", NAMED)
def test_a_form_takes_what_belongs_there(name: str) -> None:
    adapter: TypeAdapter[str] = TypeAdapter(NAMED[name])
    for example in EXAMPLES[name]:
        assert fits(NAMED[name], example), example
        assert adapter.validate_python(str(example)) == example


@each_row("name", NAMED)
def test_a_form_takes_nothing_that_does_not_belong(name: str) -> None:
    adapter: TypeAdapter[str] = TypeAdapter(NAMED[name])
    taken = set()
    for what, text in UNWELCOME.items():
        try:
            adapter.validate_python(text)
        except ValidationError:
            assert not fits(NAMED[name], text)
        else:
            assert fits(NAMED[name], text)
            taken.add(what)
    assert taken == HOLDS.get(name, set())


def test_a_text_beyond_the_longest_fits_nowhere() -> None:
    assert not any(fits(form, "ab" * 400) for form in NAMED.values())


@each_row("name", NAMED)
@each_row("text", ["ab " * 200 + "!", "ab_" * 20 + "!", "abAb" * 15 + "!", "a/" * 300])
def test_a_form_is_quickly_refused(name: str, text: str) -> None:
    started = time.process_time()
    fits(NAMED[name], text)
    assert time.process_time() - started < 2
