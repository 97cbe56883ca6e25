"""A capture that somebody has edited: names typed where ids belong do not get into a bundle."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from pawwork_proxy.model.base import line_of
from pawwork_proxy.model.capture import LINE
from pawwork_proxy.model.exchange import AuthSourceFinding
from pawwork_proxy.model.response import ResponseFacts
from pawwork_proxy.verification.scan import Scan
from tests.unit.builders import exchange
from tests.unit.verification.test_scan import planted, string_places

pytestmark = pytest.mark.slow

SAMPLES = sorted(Path("captures/samples").glob("*/*.jsonl"))
RICH = exchange(
    response=ResponseFacts(
        status=429,
        http_version="HTTP/1.1",
        content_type="application/json",
        server="cloudflare",
        cf_ray="8f1e2d3c4b5a6978-FRA",
        colo="FRA",
        model="big-pickle",
        finish_reason="stop",
        error_type="unknown_error",
        error_code="unknown_error",
        provider="Console Go",
    ),
    auth_source=AuthSourceFinding(source="saved", places=("opencode.auth",)),
)
"""What the samples have not."""
LABELS = {"label", "install", "network"}
"""The user's own words, shown before a bundle is written."""
NAMES = {"model", "user_agent", "value", "error_type", "error_code", "provider"}
"""Names of models and products, which no list can hold (docs/privacy.md, limits)."""
WORDED = {"value", "user_agent", "error_type", "error_code", "provider"}
"""Names with spaces in them."""
SECRETS: dict[str, tuple[str, set[str]]] = {
    "short password": ("qX7vB2mK9pL", LABELS | {"model"}),
    "password with hyphens": ("Xk9-Qm2-Zt7", LABELS | NAMES | {"fields"}),
    "word with a digit": ("hunter2", LABELS | NAMES),
    "social security number": ("911-83-6993", LABELS),
    "telephone number": ("555-0123", LABELS),
    "longer telephone number": ("212-555-0123", set()),
    "date of birth": ("19840312", LABELS | {"value"}),
    "date of birth with hyphens": ("1984-03-12", LABELS),
    "sentence": ("call me tomorrow", WORDED),
    "sentence of known words": ("stop the model", WORDED),
    "longer sentence": ("please call my landlord tomorrow", set()),
    "path": ("/srv/clients/hollenbeck", set()),
    "relative path": ("clients/hollenbeck", NAMES),
    "two names": ("jane.hollenbeck", LABELS | NAMES),
    "name and surname": ("Jane Hollenbeck", WORDED),
    "bank account": ("DE89370400440532013000", set()),
    "card": ("4111111111111111", {"capture_id", "cf_ray", "value"}),
}
"""Each with the fields in which it gets through all the same."""


def lines() -> Iterator[bytes]:
    """The first line of each type in each sample."""
    for path in SAMPLES:
        seen = set()
        for line in path.read_bytes().splitlines():
            kind = (json.loads(line)["type"], b'"status":429' in line)
            if kind not in seen:
                seen.add(kind)
                yield line
    yield line_of(RICH)


def gets_through(line: str) -> bool:
    try:
        LINE.validate_json(line)
    except ValidationError:
        return False
    return Scan().line("captures/0001.jsonl", 2, line) is None


def passed(text: str) -> set[str]:
    """The fields that a text gets through in."""
    return {
        path[-1] if isinstance(path[-1], str) else path[-2]
        for line in lines()
        for path in string_places(json.loads(line))
        if gets_through(planted(line, path, text))
    }


def test_there_are_lines_and_they_are_in_order() -> None:
    assert len(list(lines())) > 10
    assert all(gets_through(line.decode()) for line in lines())


@pytest.mark.parametrize("name", ["jane-doe", "Jane Doe", "ann", "jane", "JANE", "ANN", "jane.doe"])
def test_a_plain_name_passes_only_where_names_belong(name: str) -> None:
    assert passed(name) <= LABELS | NAMES | ({"colo"} if name == "ANN" else set())


@pytest.mark.parametrize("what", SECRETS)
def test_a_short_secret_passes_only_where_it_is_known_to(what: str) -> None:
    text, where = SECRETS[what]
    assert passed(text) == where


@pytest.mark.parametrize(
    "text",
    [
        "jane.doe@example.org",
        "/home/jane/notes.txt",
        "C:\\Users\\jane",
        "jane-laptop.corp",
        "192.0.2.77",
        "sk-" + "aB3" * 16,
        "please summarise the letter to my landlord",
    ],
)
def test_what_identifies_passes_nowhere(text: str) -> None:
    for line in lines():
        for path in string_places(json.loads(line)):
            assert not gets_through(planted(line, path, text)), path
