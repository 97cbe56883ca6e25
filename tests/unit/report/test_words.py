"""Numbers with their noun, outcomes as `show` has them, durations, text that steers nothing."""

import pytest
from rich.console import Console

from pawwork_proxy.report.exchange_table import RowLines, exchange_sheet, row_of
from pawwork_proxy.report.timeline import outcome_words
from pawwork_proxy.report.words import counted, duration, printable
from tests.unit.builders import exchange
from tests.unit.comparison.builders import Diary


@pytest.mark.parametrize(("number", "words"), [(0, "0 windows"), (1, "1 window"), (2, "2 windows")])
def test_a_number_and_its_noun(number: int, words: str) -> None:
    assert counted(number, "window") == words


def test_what_counts_as_admitted_although_it_broke_off_says_both() -> None:
    (plain,) = Diary().admitted().seen
    assert outcome_words(plain) == "success"
    broken = plain.model_copy(update={"recorded_kind": "transport_error", "ending": "cut"})
    assert outcome_words(broken) == "transport_error (admitted, then cut)"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.5, "0.5s"),
        (2.0, "2s"),
        (59.7, "1m00s"),
        (61, "1m01s"),
        (7200, "2h00m00s"),
        (50223, "13h57m03s"),
        (90000, "1d01h00m00s"),
    ],
)
def test_a_duration_has_one_wording(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize("text", ["plain · text\nof two\tlines", "", "größer"])
def test_ordinary_text_stays(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize("sign", ["\x1b[31m", "\r", "\x9b2J", "\u202e", "\x07", "\0"])
def test_what_steers_a_terminal_goes(sign: str) -> None:
    one = exchange()
    row = row_of(one, one.outcome)._replace(install=f"a{sign}b", model=sign)
    console = Console(width=200)
    with console.capture() as shown:
        console.print(exchange_sheet([row], title=f"x{sign}"))
    for text in (printable(f"a{sign}b"), RowLines().line(row), shown.get()):
        assert sign[0] not in text
