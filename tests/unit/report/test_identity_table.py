"""The inventory as table and as lines."""

import pytest

from pawwork_proxy.inventory.inventory import take_inventory
from pawwork_proxy.model.request import BodyState, RequestBody
from pawwork_proxy.report.identity_table import (
    identity_rows,
    identity_sheet,
    identity_words,
)
from tests.unit.builders import exchange, header


def test_table_and_lines_name_every_field() -> None:
    inventory = take_inventory([(header(simulated=True), [exchange(1), exchange(2)])])
    table, (heads, *lines) = (
        "\n".join(identity_sheet(inventory).text(300)),
        [line.split() for line in identity_sheet(inventory).lines()],
    )
    for field in inventory.fields:
        assert field.name in table
    assert heads[:3] == ["field", "in", "sent"]
    assert lines[0][:8] == ["API", "key", "key", "2", "of", "2", "public", "public"]
    assert ["egress", "address", "address", "not", "recorded"] in [line[:5] for line in lines]
    assert ["x-device-id", "header", "no"] in [line[:3] for line in lines]


def test_simulated_captures_say_so_first() -> None:
    words = list(identity_words(take_inventory([(header(simulated=True), [exchange()])])))
    assert words[0].startswith("SIMULATED")


@pytest.mark.parametrize(
    ("states", "said"),
    [
        (("json", "empty"), "no"),
        (("json", "not_observed", "absent"), "no, in the 2 of 3 bodies that were read"),
        (("undecodable", "not_observed"), "not seen"),
    ],
)
def test_a_body_field_is_not_denied_for_bodies_nobody_read(
    states: tuple[BodyState, ...], said: str
) -> None:
    plain = exchange().request
    seen = [
        exchange(seq, request=plain.model_copy(update={"body": RequestBody(state=state)}))
        for seq, state in enumerate(states, 1)
    ]
    inventory = take_inventory([(header(), seen)])
    (row,) = (row for row in identity_rows(inventory) if (row.layer, row.name) == ("body", "user"))
    assert row.sent == said


def test_a_header_field_is_not_denied_where_header_lines_were_cut() -> None:
    cut = exchange().request.model_copy(update={"headers_cut": 2})
    inventory = take_inventory([(header(), [exchange(1), exchange(2, request=cut)])])
    (row,) = (row for row in identity_rows(inventory) if row.name == "x-device-id")
    assert row.sent == "no, in the 1 of 2 headers that were read"
