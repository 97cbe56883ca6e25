import re

import pytest

from pawwork_proxy.facts.fields import HEADERS, REQUEST_ID_HEADERS, HeaderRow
from pawwork_proxy.facts.identifiers import NAMESPACES, Namespace
from pawwork_proxy.redaction.shapes import ShapeName
from tests.rows import each_row


@each_row("name, row", HEADERS.items())
def test_each_row_names_something_that_exists(name: str, row: HeaderRow) -> None:
    assert re.fullmatch(r":?[a-z0-9_-]+", name)
    if row.treatment == "shape":
        assert row.arg in set(ShapeName)
    elif row.treatment == "id":
        assert row.arg in set(Namespace)
    else:
        assert row.arg == ""


@pytest.mark.parametrize(
    "name", ["authorization", "x-api-key", "x-goog-api-key", "cookie", "set-cookie"]
)
def test_credentials_are_credentials(name: str) -> None:
    assert HEADERS[name].treatment == "credential"


def test_request_ids_are_pseudonymised() -> None:
    assert {HEADERS[name] for name in REQUEST_ID_HEADERS} == {
        HeaderRow("id", Namespace.REQUEST.value)
    }


def test_each_kind_has_one_row_that_says_what_it_stands_for() -> None:
    assert [row.namespace for row in NAMESPACES] == list(Namespace)
    assert all(row.stands_for for row in NAMESPACES)
