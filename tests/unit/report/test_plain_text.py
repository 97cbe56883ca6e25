"""Whoever wrote a capture cannot steer the terminal of whoever reads it."""

import pytest
from rich.console import Console

from pawwork_proxy.report.exchange_table import exchange_table, plain_line, row_of
from pawwork_proxy.report.plain_text import printable
from tests.unit.builders import exchange


@pytest.mark.parametrize("text", ["plain · text\nof two\tlines", "", "größer"])
def test_ordinary_text_stays(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize("sign", ["\x1b[31m", "\r", "\x9b2J", "\u202e", "\x07", "\0"])
def test_what_steers_a_terminal_goes(sign: str) -> None:
    row = row_of(exchange())._replace(install=f"a{sign}b", model=sign)
    console = Console(width=200)
    with console.capture() as shown:
        console.print(exchange_table([row], title=f"x{sign}"))
    for text in (printable(f"a{sign}b"), plain_line(row), shown.get()):
        assert sign[0] not in text
