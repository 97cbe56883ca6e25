"""What the client sent, as facts: names, counts, sizes, pseudonyms.

Invariant: no field takes free text. A `str` here is a row of a vocabulary, a text whose grammar
`redaction.shapes` accepted, or a pseudonym (a namespace, `:` and 24 hex digits).
"""

from typing import Literal

from pawwork_proxy.model import texts
from pawwork_proxy.model.base import Noun
from pawwork_proxy.model.numbers import Count, Temperature

Tier = Literal["zen", "go", "unknown", "other"]
"""`unknown`: a known route below an address that has no row; `other`: neither tier."""
Protocol = Literal["chat", "messages", "responses", "google", "listing", "usage", "trace", "other"]
AuthHeader = Literal["authorization", "x-api-key", "x-goog-api-key", "query", "none"]
AuthScheme = Literal["bearer", "basic", "other"]
AuthKind = Literal["none", "public", "user_key", "oc_sk"]
BodyState = Literal[
    "absent",
    "empty",
    "json",
    "not_an_object",
    "malformed",
    "invalid_utf8",
    "too_deep",
    "too_large",
    "not_kept",
    "undecodable",
    "not_observed",
]
"""`not_kept`: the recorder did not keep the bytes; `undecodable`: content coding failed;
`not_observed`: looking at the body failed (`signals.unobserved`), sizes count what was seen."""


class HeaderNote(Noun):
    """One header line: its name, and its value as a shaped text, as a pseudonym, or not at all."""

    name: texts.HeaderName
    """A known name in lower case, or a pseudonym `header:…`."""
    value: texts.HeaderValue | None = None
    pseudonym: texts.Pseudonym | None = None
    shape: texts.Term | None = None
    """What a pseudonymised value looked like: `ses_id`, `hex40`, `uuid`, … (`redaction.values`)."""
    rule: texts.Rule


class IdentityField(Noun):
    """A body field that may identify: where it was, what it looked like, who it equals."""

    path: texts.IdentityPath
    pseudonym: texts.Pseudonym | None = None
    """None when the value names nobody: null, a number, an empty text."""
    shape: texts.Term


class RequestBody(Noun):
    """Counts, sizes and flags of a request body; never its words."""

    state: BodyState
    wire_bytes: Count = 0
    decoded_bytes: Count | None = None
    content_encoding: texts.Codings | None = None
    fields: tuple[texts.FieldName, ...] = ()
    """Top-level names in order; unknown ones as pseudonyms `word:…`."""
    stream: bool | None = None
    include_usage: bool | None = None
    store: bool | None = None
    max_tokens: Count | None = None
    temperature: Temperature | None = None
    messages: Count | None = None
    roles: dict[texts.Term, Count] = {}
    text_chars: Count | None = None
    """Characters of all texts in messages and system prompt together."""
    images: Count | None = None
    tools: Count | None = None
    tool_names: tuple[texts.Term, ...] = ()
    """Names of OpenCode's own tools among `tools`; others are counted only."""
    reasoning: texts.KnownWord | None = None
    identity: tuple[IdentityField, ...] = ()


class AuthFacts(Noun):
    """Which credential came with the request, as a pseudonym."""

    header: AuthHeader = "none"
    kind: AuthKind = "none"
    pseudonym: texts.Pseudonym | None = None
    scheme: AuthScheme | None = None
    """Only for `authorization`."""
    count: Count = 0
    """How many credentials the request carried; more than one is odd and worth seeing."""


class RequestFacts(Noun):
    """The request half of an exchange's record."""

    method: texts.Method
    path: texts.RouteShape
    """The shape of a known route, or its segments, unknown ones pseudonymised."""
    tier: Tier
    protocol: Protocol
    query: tuple[texts.QueryName, ...] = ()
    """Names of query parameters in order; never their values."""
    http_version: texts.HttpVersion | None = None
    """None where it cannot be seen, inside the client."""
    model: texts.ModelName | None = None
    model_kept: bool = True
    """False: `model` is a pseudonym, or holds one in place of an unknown part."""
    model_group: texts.ModelGroup | None = None
    """The first two characters of the model id, which name Zen's bucket."""
    user_agent: texts.UserAgent | None = None
    client: texts.KnownWord | None = None
    """Value of `x-opencode-client`."""
    session: texts.Pseudonym | None = None
    request: texts.Pseudonym | None = None
    project: texts.Pseudonym | Literal["global"] | None = None
    """Pseudonyms of the `x-opencode-*` ids; `global` is kept for the project."""
    workspace: texts.Pseudonym | None = None
    headers: tuple[HeaderNote, ...] = ()
    """In the order in which they were sent."""
    headers_cut: Count = 0
    """Header lines beyond the limit, counted but not noted."""
    header_bytes: Count | None = None
    """None inside the client, where some of the headers cannot be seen."""
    body: RequestBody
