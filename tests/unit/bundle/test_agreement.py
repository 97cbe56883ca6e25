"""What redaction keeps, the scan lets through: where they disagree, nobody can make a bundle."""

import json
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pawwork_proxy.facts import errors, fields, identifiers, server, wordings
from pawwork_proxy.facts.table import word_lists
from pawwork_proxy.model.base import line_of
from pawwork_proxy.model.texts import (
    FieldName,
    HeaderName,
    HeaderValue,
    KeptName,
    Label,
    ModelName,
    fits,
)
from pawwork_proxy.redaction.credentials import Credentials
from pawwork_proxy.redaction.labels import keep_label
from pawwork_proxy.redaction.pseudonyms import Pseudonymiser
from pawwork_proxy.redaction.redactor import Redactor
from pawwork_proxy.redaction.shapes import ShapeName, Shapes
from pawwork_proxy.redaction.taint_gate import RawExchange, TaintGate
from pawwork_proxy.verification.leak_rules import SCHEMA_WORDS
from pawwork_proxy.verification.scan import Scan, rule_broken_by
from tests.unit.builders import header, raw_response
from tests.unit.redaction.test_projections import request

HTTP, AGENT_WORDS, WORDS = map(word_lists, ("http", "user_agents", "words"))
SHAPER = Shapes(Pseudonymiser(b"a" * 32))
VOCABULARIES = {
    "roles": fields.ROLES | {"other"},
    "forms": fields.FORMS,
    "rules": [f"shape:{name.value}" for name in ShapeName]
    + [f"id:{kind.value}" for kind in identifiers.Namespace],
    "hosts": server.KNOWN_HOSTS,
    "languages": HTTP["languages"],
    "scripts": HTTP["scripts"],
    "codings": HTTP["codings"],
    "charsets": HTTP["charsets"],
    "directives": HTTP["cache_directives"],
    "edge words": HTTP["edge_words"],
    "methods": HTTP["methods"],
    "versions of HTTP": HTTP["protocol_versions"],
    "servers": HTTP["servers"],
    "products": AGENT_WORDS["products"],
    "prereleases": AGENT_WORDS["prereleases"],
    "clients": WORDS["clients"],
    "efforts": WORDS["reasoning_efforts"],
    "finish reasons": [*errors.FINISHED, *errors.FAILED],
    "providers": wordings.PROVIDERS,
    "error types": [*errors.ZEN_TYPES, *errors.VENDOR_TYPES, *errors.GOOGLE_STATUSES],
    "models": [*server.MODEL_IDS, *server.MODEL_WORDS],
    "words": [*WORDS["api_words"], *WORDS["route_words"]],
    "metadata": fields.METADATA_NAMES,
    "header names": [*fields.HEADERS, *fields.HEADER_WORDS],
    "names of the schema": SCHEMA_WORDS,
}


@pytest.mark.parametrize("vocabulary", sorted(VOCABULARIES))
def test_every_word_of_every_vocabulary_passes(vocabulary: str) -> None:
    found = {text: rule_broken_by(text) for text in map(str, VOCABULARIES[vocabulary])}
    assert {text: rule for text, rule in found.items() if rule} == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("retry-after", "1764201600"),
        ("retry-after", "2147483647"),
        ("retry-after-ms", "1728000000"),
        ("retry-after", "999999999.5"),
        ("retry-after", "Fri, 31 Dec 2099 23:59:59 GMT"),
        ("host", "[::1]:9610"),
        ("host", "127.0.0.1:9610"),
        ("age", "999999999"),
        ("cache-control", "max-age=999999999, s-maxage=999999999"),
        ("accept-language", "fil, yue-Hant-HK;q=0.001, es-419"),
        ("user-agent", "iterm.app/3.5.0 opencode/20.11.1.300 node/1.2.3.456"),
        ("user-agent", "acme.dev/1.0 node/1.0.dev"),
        ("user-agent", "x/07.33.02.08"),
        ("anthropic-beta", "messages@accounts.or, flag+20261231"),
    ],
)
def test_extremes_of_kept_values_pass(redactor: Redactor, name: str, value: str) -> None:
    sent = redactor.request(request(headers=[(name, value)])).request
    raw = raw_response(429, "HTTP/1.1", [(name.encode(), value.encode())])
    for noun in (sent, redactor.response(raw).response):
        assert Scan().line("m", 1, line_of(noun).decode()) is None


def test_a_long_number_is_a_wait_in_its_own_header_only(redactor: Redactor) -> None:
    raw = raw_response(429, "HTTP/1.1", [(b"retry-after", b"1764201600")])
    line = line_of(redactor.response(raw).response).decode()
    assert Scan().line("m", 1, line) is None
    for foreign in (
        line.replace('"name":"retry-after"', '"name":"age"'),
        line.replace("1764201600", "9764201600"),
        line.replace("1764201600", "17642016001"),
    ):
        assert foreign != line
        assert Scan().line("m", 1, foreign) is not None


_ODD = """
    com de local dev app home lan io eu cn 2024-05-14 20261231 250615 a22b 128k 8x22b FP8 sk ses
    prj acc req org usr key xai hf r8 dor_v1 oc_sk Users root AB12 abcdefabcdefabcd
    rechtschreibungen 4111 0.0.0.0 10.1.2.3 1.2.3 v22.11.0 ::1 -- @ + ; 911-83-6993 grace
""".split()  # noqa: SIM905
_SEPARATORS = st.sampled_from([*"-._/: @+,;=", "", ""])
"""Without one, capitals part the words."""


def _joined(pool: list[str]) -> st.SearchStrategy[str]:
    """Words of a list, odd ones, numbers and versions, with separators between them."""
    pieces = st.one_of(
        st.sampled_from(pool),
        st.sampled_from(pool).map(str.upper),
        st.sampled_from(pool).map(str.title),
        st.from_regex(r"[A-Z][a-z]{1,14}", fullmatch=True),
        st.sampled_from(_ODD),
        st.from_regex(r"[a-z]{1,10}|[A-Z]{2,4}|[0-9]{1,10}|[0-9a-z]{2,5}", fullmatch=True),
        st.from_regex(r"v?[0-9]{1,3}(\.[0-9]{1,3}){1,3}", fullmatch=True),
        st.text(max_size=3),
    )
    return st.lists(st.tuples(pieces, _SEPARATORS), min_size=1, max_size=7).map(
        lambda pairs: "".join(piece + between for piece, between in pairs[:-1]) + pairs[-1][0]
    )


def _words_of(shape: ShapeName) -> list[str]:
    return sorted(shape.row.grammar.words) if shape.row.grammar else [shape.row.example]


SHAPES_AND_TEXTS = st.sampled_from(ShapeName).flatmap(
    lambda shape: st.tuples(
        st.just(shape),
        st.one_of(_joined(_words_of(shape)), _joined([shape.row.example]), st.text()),
    )
)
EXPECTED: dict[ShapeName, set[str]] = {
    ShapeName.ERROR_TYPE: {"unknown_word"},
    ShapeName.LABEL: {"unknown_word", "unknown_words", "long_word", "sentence"},
    ShapeName.CF_RAY: {"hex", "digits"},
    ShapeName.COLO: {"unknown_word"},
    ShapeName.RETRY_AFTER: {"digits"},
}
"""What the scan finds in a row's texts and takes in their own fields only."""


@settings(derandomize=True)
@given(SHAPES_AND_TEXTS)
@example((ShapeName.ACCEPT, "*/*,*/*,*/*"))
@example((ShapeName.ENCODING, "br, *, br;q=0.5, *, br"))
@example((ShapeName.CONNECTION, "te, te, te, te, te"))
@example((ShapeName.ERROR_TYPE, "NoQzAPIError"))
@example((ShapeName.ERROR_TYPE, "QzxwvkjhgfError"))
@example((ShapeName.ERROR_TYPE, "UsageBackpressureUsageError"))
@example((ShapeName.ERROR_TYPE, "FreeKontingentOfBillingError"))
@example((ShapeName.MODEL, "hf_huggingface"))
@example((ShapeName.MODEL, "gpt:1:2:3"))
@example((ShapeName.MODEL, "claude@meta.ai"))
@example((ShapeName.MODEL, "qwen1.2.3.4"))
@example((ShapeName.USER_AGENT, "curl/8.5.0 cursor.app/1.0"))
@example((ShapeName.VERSION, "v144.0.7559.60"))
def test_what_a_row_keeps_has_its_form_and_passes_gate_and_scan(
    shape_and_text: tuple[ShapeName, str],
) -> None:
    shape, text = shape_and_text
    shaped = SHAPER.of(shape, text)
    if not shaped.kept:
        assert SHAPER.pseudonyms.made(shaped.text)
        return
    assert fits(shape.row.form, shaped.text)
    assert shape.row.form in (ModelName, KeptName, HeaderName, FieldName, Label) or fits(
        HeaderValue, shaped.text
    )
    assert rule_broken_by(shaped.text) in EXPECTED.get(shape, set()) | {None}
    line = json.dumps({"response": {"cf_ray": shaped.text, "value": shaped.text}})
    own = [shaped.text] if shape is ShapeName.LABEL else []
    gate = TaintGate(SHAPER.pseudonyms, Credentials(), own)
    assert (
        gate.check(line, RawExchange((text.encode("utf-8", "replace"), shaped.text.encode())))
        is None
    )


@pytest.mark.parametrize("agent", ["0.0.0.0", "opencode/10.0.0.0", "abab-0.0.0.0"])
def test_a_version_of_zeros_is_no_address(agent: str) -> None:
    assert rule_broken_by(agent) is None


def _headers_of(label: str) -> list[str]:
    plain = header()
    installs = tuple(one.model_copy(update={"label": label}) for one in plain.installs)
    named: Callable[..., object] = plain.model_copy
    return [
        line_of(named(update={"installs": installs})).decode(),  # type: ignore[arg-type]
        line_of(named(update={"network": label})).decode(),  # type: ignore[arg-type]
    ]


@given(
    st.one_of(
        _joined(_ODD),
        st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}", fullmatch=True),
        st.from_regex(r"[a-z]{12,32}", fullmatch=True),
    )
)
@example("abcdefghijklmnopqrstuvwxyz")
@example("erika.anna.home-office")
@example("2.0.0.0-")
def test_every_label_that_a_run_takes_can_be_bundled(label: str) -> None:
    if keep_label(label) is None:
        return
    for line in _headers_of(label):
        assert Scan().line("m", 1, line) is None


UNBUNDLEABLE = """
    laptop.local office.de acme.com work.dev home.lan my.app AB12-CD34-EF56 req_abcdef
    prj_alpha1 acc_home01 MacBook-Pro.local a-----b abcdefabcdefabcdef 2.0.0.0- home-19.8.1980
""".split()  # noqa: SIM905


@pytest.mark.parametrize("label", UNBUNDLEABLE)
def test_a_run_refuses_labels_that_no_bundle_could_hold(label: str) -> None:
    assert keep_label(label) is None


PLAIN = """
    rechtschreibung Gasthaus-Wlan home home.office DESKTOP-AB12CD3 nl.ams1 node.js eu.central
    wlan0 home-5G user_home 2024-01-15-run laptop-a
""".split()  # noqa: SIM905


@pytest.mark.parametrize("label", PLAIN)
def test_plain_labels_are_taken(label: str) -> None:
    assert keep_label(label) == label


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("model", "aurora-x1-free"),
        ("model", "model:" + "0a" * 12),
        ("user_agent", "mybot/2.3.1 opencode/1.18.33"),
        ("error_type", "Image base64 invalid"),
        ("provider", "Nova Quorvex"),
        ("value", "interleaved-quorvex-2025-05-14"),
    ],
)
def test_what_earlier_versions_kept_can_still_be_bundled(field: str, text: str) -> None:
    """They kept a whole name with one unknown word in it."""
    assert Scan().line("m", 1, json.dumps({field: text}, separators=(",", ":"))) is None
