"""The second scan over lines: the detector is shown to work on deliberately leaky records."""

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

from pawwork_proxy.model.base import line_of
from pawwork_proxy.model.capture import LINE
from pawwork_proxy.redaction.redactor import Redactor
from pawwork_proxy.verification.scan import (
    LONGEST_TEXT,
    Scan,
    rule_broken_by,
    texts_of,
)
from tests.unit.builders import connection, exchange, header, hello, opened
from tests.unit.bundle.files import saying
from tests.unit.redaction.canaries import canaries
from tests.unit.redaction.test_projections import requests_with

RECORDS = [exchange(), header(), opened(), hello(), connection()]


def string_places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place of a parsed line that holds a text."""
    if isinstance(node, str):
        yield path
    elif isinstance(node, list):
        for index, item in enumerate(node):
            yield from string_places(item, (*path, index))
    elif isinstance(node, dict):
        for name, value in node.items():
            yield from string_places(value, (*path, name))


def planted(line: bytes, path: tuple[Any, ...], secret: str) -> str:
    whole = json.loads(line)
    node = whole
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = secret
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))


@pytest.mark.parametrize("form", sorted(canaries()))
def test_a_leaky_record_of_each_format_is_found_in_every_place(form: str) -> None:
    secret = canaries(7)[form]
    for line in map(line_of, RECORDS):
        for path in string_places(json.loads(line)):
            if form == "passphrase" and path[-1] in ("label", "install", "network"):
                continue  # words of the user's own choice, shown to the user before writing
            found = Scan().line("captures/0001.jsonl", 3, planted(line, path, secret))
            assert found is not None, path
            assert found.place == "captures/0001.jsonl:3"
            assert secret not in str(found)


def test_a_secret_as_a_name_is_found() -> None:
    secret = canaries(3)["zen"]
    assert Scan().line("captures/0001.jsonl", 1, json.dumps({secret: 1})) is not None


def test_clean_records_pass() -> None:
    scan = Scan()
    assert [scan.line("m", 1, line_of(record).decode()) for record in RECORDS] == [None] * 5


def test_a_text_that_is_right_in_one_field_is_wrong_in_another() -> None:
    scan = Scan()
    capture_id = header().capture_id
    assert scan.line("m", 1, line_of(header()).decode()) is None
    found = scan.line("m", 2, line_of(saying(capture_id)).decode())
    assert found is not None
    assert found.rule == "hex"


@pytest.mark.parametrize("remark", ["# pragma: allowlist secret", "gitleaks:allow", "noqa"])
def test_no_remark_in_a_text_switches_the_scan_off(remark: str) -> None:
    assert rule_broken_by(f"{canaries(2)['github']} {remark}") == "vendor_key"


def test_escaped_texts_are_read_as_they_are_meant() -> None:
    assert texts_of(r'{"a":"x\u0041\n","b":["c"]}') == ["a", "xA\n", "b", "c"]


@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3))]
)
@pytest.mark.slow
def test_what_redaction_makes_of_secrets_passes(seed: int, redactor: Redactor) -> None:
    """The two share no rules; where they disagreed, a user could not make a bundle at all."""
    scan = Scan()
    for secret in canaries(seed).values():
        for raw in requests_with(secret).values():
            projection = redactor.request(raw)
            for noun in (projection.request, projection.auth, *projection.redactions):
                assert scan.line("m", 1, line_of(noun).decode()) is None


@pytest.mark.parametrize("alphabet", ["abcdefghij", "ab.-", "aA1", "a "])
def test_long_texts_are_refused_before_any_pattern_sees_them(alphabet: str) -> None:
    """Some patterns take quadratic time: 80 000 characters took 40 seconds."""
    text = (alphabet * 100_000)[:80_000]
    start = time.process_time()
    found = Scan().line("captures/0001.jsonl", 1, json.dumps({"model": text, text: 1}))
    assert found is not None
    assert found.rule == "text_too_long"
    assert time.process_time() - start < 10
    assert rule_broken_by("model " * 100) is None


def test_a_text_of_the_longest_form_is_read_and_a_longer_one_is_refused() -> None:
    longest = " ".join(["model"] * 106 + ["tool"])
    assert len(longest) == LONGEST_TEXT
    assert rule_broken_by(longest) is None
    assert rule_broken_by(longest + "s") == "text_too_long"


def test_a_raw_tab_beside_an_escape_is_read() -> None:
    """No line of ours has one; a bundle that somebody else wrote may."""
    assert texts_of('{"a":"x\t\\n"}') == ["a", "x\t\n"]


ID = "8f3c1d2e4b5a6978"


@pytest.mark.parametrize("spaced", [False, True], ids=["as we write", "as others may"])
@pytest.mark.parametrize(
    ("fields", "clean"),
    [
        ({"capture_id": ID}, True),
        ({"bundle_id": ID, "capture_id": ID}, True),
        ({"captures": [{"capture_id": ID}, {"capture_id": ID}]}, True),
        ({"capture_id": [ID, ID]}, True),
        ({"capture_id": ID, "model": ID}, False),
        ({"model": ID, "capture_id": ID}, False),
        ({"capture_id": ID, "more": [{"model": [ID]}]}, False),
        ({"capture_id": {ID: 1}}, False),
        ({"capture_id": ID, ID: 1}, False),
        ({"sha256": ID}, False),
        ({"capture_id": ID + "f"}, False),
    ],
)
def test_an_id_may_stand_in_its_own_fields_only(
    fields: dict[str, object], *, clean: bool, spaced: bool
) -> None:
    line = json.dumps(fields) if spaced else json.dumps(fields, separators=(",", ":"))
    assert (Scan().line("captures/0001.jsonl", 1, line) is None) is clean


def test_in_a_line_that_is_no_json_nothing_is_in_its_place() -> None:
    found = Scan().line("captures/0001.jsonl", 1, f'{{"capture_id": "{ID}"')
    assert found is not None
    assert found.rule == "hex"


def test_no_form_of_the_model_is_longer_than_the_scan_allows() -> None:
    schema = json.dumps(LINE.json_schema())
    assert max(map(int, re.findall(r"\{\d+,(\d+)\}", schema))) <= LONGEST_TEXT


@pytest.mark.parametrize(
    "ray", ["8f1e2d3c4b5a6978-FRA", "8f1e2d3c4b5a6978", "4111111111111111-ANN"]
)
def test_the_edges_id_may_stand_in_its_own_places_only(ray: str) -> None:
    own = {"response": {"headers": [{"name": "cf-ray", "value": ray, "rule": "x"}], "cf_ray": ray}}

    def finding(record: object) -> object:
        line = json.dumps(record, separators=(",", ":"))
        return Scan().line("captures/0001.jsonl", 1, line)

    assert finding(own) is None
    for foreign in (
        {**own, "model": ray},
        {"headers": [{"name": "age", "value": ray}]},
        {"headers": [{"value": ray, "name": "cf-ray"}]},
        {"user_agent": ray},
        {ray: 1},
        {"cf_ray": ray + "x"},
    ):
        assert finding(foreign) is not None, foreign


def test_the_digests_of_a_handshake_may_stand_in_their_own_fields_only() -> None:
    digest, ja4 = "a55145fe33f720e1", "t13d1714h1_5b57614c22b0_43ade6aba3df"
    own = {"digest": digest, "client_hello": digest, "upstream_hello": digest, "ja4": ja4}

    def finding(record: object) -> object:
        line = json.dumps(record, separators=(",", ":"))
        return Scan().line("captures/0001.jsonl", 1, line)

    assert finding(own) is None
    for foreign in (
        {**own, "model": digest},
        {"digest": digest + "a"},
        {"digest": ja4},
        {"ja4": digest},
        {"ja4": ja4 + "a"},
        {ja4: 1},
        {"install": ja4},
        {"alpn": [digest]},
    ):
        assert finding(foreign) is not None, foreign
