"""The inventory as table and as lines."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from pawwork_proxy.inventory.inventory import take_inventory
from pawwork_proxy.report.identity_table import identity_lines, identity_table, identity_words
from tests.unit.builders import exchange, header


def test_table_and_lines_name_every_field() -> None:
    inventory = take_inventory([(header(simulated=True), [exchange(1), exchange(2)])])
    console = Console(width=300, record=True, file=StringIO())
    console.print(identity_table(inventory))
    table, lines = console.export_text(), list(identity_lines(inventory))
    assert len(lines) == len(inventory.fields)
    for field in inventory.fields:
        assert field.name in table
    assert lines[0].startswith("API key  key  2 of 2  public  public  constant")
    assert any(line.startswith("egress address  address  not recorded") for line in lines)
    assert any(line.startswith("x-device-id  header  no") for line in lines)


def test_simulated_captures_say_so_first() -> None:
    words = list(identity_words(take_inventory([(header(simulated=True), [exchange()])])))
    assert words[0].startswith("SIMULATED")
