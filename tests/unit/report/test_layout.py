"""Every table at every width: nothing is cut, what matters stays, Chinese takes two columns."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from pawwork_proxy.inventory.inventory import take_inventory
from pawwork_proxy.model.outcome import Kind
from pawwork_proxy.report.exchange_table import COLUMNS, Row, RowLines, exchange_sheet, row_of
from pawwork_proxy.report.identity_table import identity_sheet
from pawwork_proxy.report.layout import Column, Sheet
from pawwork_proxy.report.refusals import Refusals
from pawwork_proxy.report.support_table import support_sheet
from tests.unit.builders import exchange, header
from tests.unit.bundle.files import support_rows

LONG = "nemotron-3-ultra-free-preview"
ROWS = [
    Row(
        number,
        "12:00:00",
        "laptop",
        LONG,
        "user (saved)",
        "429",
        f"{kind} in stream (seen in part)",
        "20h28m00s",
        "11-29 00:00",
        "1234ms",
    )
    for number, kind in enumerate(Kind, 1)
]
WIDTHS = pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 200])


def refused() -> Sheet:
    found = Refusals()
    for kind in Kind:
        one = exchange(1)
        outcome = one.outcome.model_copy(update={"kind": kind, "family": kind.family})
        found.add(one.model_copy(update={"outcome": outcome}))
    return found.sheet()


def support() -> Sheet:
    return support_sheet(support_rows([exchange(1), exchange(2, status=500), exchange(3)]))


TABLES: dict[str, Callable[[], Sheet]] = {
    "run and show": lambda: exchange_sheet(ROWS, "capture.jsonl"),
    "refusals": refused,
    "bundle show": support,
    "identity": lambda: identity_sheet(take_inventory([(header(), [exchange(1), exchange(2)])])),
}
EVERY = pytest.mark.parametrize("table", TABLES)


def place(sheet: Sheet, head: str) -> int:
    return [column.head for column in sheet.columns].index(head)


@EVERY
@WIDTHS
def test_no_line_is_wider_than_the_screen_and_what_stays_is_never_cut(
    table: str, width: int
) -> None:
    sheet = TABLES[table]()
    lines = sheet.text(width)
    assert max(map(cell_len, lines)) <= width
    assert "…" not in "".join(lines)
    words = set(" ".join(lines).split())
    for at, column in enumerate(sheet.columns):
        if not column.gives_way and not column.folds:
            missing = {word for row in sheet.rows for word in row[at].split()} - words - {"-"}
            assert not missing, column.head


@EVERY
def test_in_a_pipe_all_cells_stand_under_their_heads(table: str) -> None:
    sheet = TABLES[table]()
    lines = [line for line in sheet.lines() if line != sheet.title]
    heads, *rows = lines
    assert len(rows) == len(sheet.rows)
    for at, column in enumerate(sheet.columns):
        filled = [row[at] for row in sheet.rows]
        if any(cell not in ("", "-") for cell in filled) and not column.right:
            start = f"  {heads}".index(f"  {column.head}")
            for line, cell in zip(rows, filled, strict=True):
                assert line[start:].startswith(cell)


@pytest.mark.parametrize(
    ("width", "gone"),
    [
        (80, {"took", "resets"}),
        (75, {"auth", "took", "resets"}),
        (100, {"took"}),
        (120, set[str]()),
    ],
)
def test_what_is_of_least_use_goes_first(width: int, gone: set[str]) -> None:
    rows = [row._replace(outcome="free_usage_limit", auth="public") for row in ROWS]
    sheet = exchange_sheet(rows)
    shown = {sheet.columns[at].head for at in sheet.widths(width)}
    assert {column.head for column in COLUMNS} - shown == gone


def test_below_the_width_of_a_table_there_are_cards() -> None:
    lines = exchange_sheet(ROWS[:2]).text(30)
    assert lines[0].split() == ["#", "1"]
    assert lines.count("") == 1
    assert sum(line.startswith("outcome  ") for line in lines) == 2


def test_empty_columns_vanish_and_heads_of_no_rows_stay() -> None:
    bare = exchange(1, status=None)
    heads = exchange_sheet([row_of(bare, bare.outcome)._replace(wait="", resets="")]).text(120)[0]
    assert "wait" not in heads
    assert "status" not in heads
    assert exchange_sheet([]).text(200)[0].split() == [column.head for column in COLUMNS]


def test_chinese_signs_take_two_columns() -> None:
    sheet = Sheet((Column("安装"), Column("outcome")), [("我的笔记本", "a"), ("pc", "b")])
    for lines in (sheet.text(80), list(sheet.lines())):
        starts = {cell_len(line[: line.rindex(line.split()[-1])]) for line in lines}
        assert starts == {cell_len("我的笔记本") + 2}


TEXT = st.text("ab -中文…\x1b", max_size=30)


@given(
    st.lists(st.tuples(TEXT, TEXT, TEXT), min_size=1, max_size=5),
    st.lists(st.tuples(st.integers(0, 2), st.sampled_from([None, 0, 8])), min_size=3, max_size=3),
    st.integers(24, 90),
)
def test_whatever_stands_in_it_a_table_keeps_to_its_width(
    rows: list[tuple[str, str, str]], hows: list[tuple[int, int | None]], width: int
) -> None:
    columns = [Column(head, *how) for head, how in zip("xyz", hows, strict=True)]
    sheet = Sheet(columns, rows)
    for line in sheet.text(width):
        assert cell_len(line) <= width
        assert "\x1b" not in line
    fitting = sheet.widths(width)
    kept = {at for at in sheet.widths(10_000) if not columns[at].gives_way}
    assert not fitting or kept <= set(fitting)


def test_a_long_table_is_drawn_piece_by_piece_under_one_head() -> None:
    sheet = exchange_sheet(ROWS[:1] * 450, "title")
    assert len(list(sheet.parts(200))) == 4
    text = sheet.text(200)
    assert len(text) == 452
    assert len({line.index("laptop") for line in text[2:]}) == 1


def test_lines_that_come_one_by_one_are_aligned_with_those_before() -> None:
    lines = RowLines()
    shown = [lines.line(row._replace(wait="", resets="")) for row in ROWS]
    longest = max(range(len(ROWS)), key=lambda at: len(ROWS[at].outcome))
    assert longest < len(ROWS) - 1
    assert len({line.index("1234ms") for line in shown[longest:]}) == 1
    assert lines.line(ROWS[0]).endswith("wait 20h28m00s  resets 11-29 00:00")
