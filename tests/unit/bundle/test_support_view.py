"""The support view: what one install met, at a glance."""

from itertools import permutations

from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.report.support_table import COLUMNS, cells
from tests.unit.builders import NOON, exchange
from tests.unit.bundle.files import at, saying, support_rows


def of_install(record: Exchange, digits: str) -> Exchange:
    context = record.context.model_copy(update={"install_id": "install:" + digits * 24})
    return record.model_copy(update={"context": context})


def test_equal_meetings_are_one_row_with_first_and_last() -> None:
    records = [exchange(seq, timing=at(seq)) for seq in (1, 2, 3)]
    for order in permutations(records):
        (row,) = support_rows(order)
        assert row.count == 3
        assert row.first_seen == records[0].timing.started_at
        assert row.last_seen == records[2].timing.started_at


def test_what_differs_stays_apart() -> None:
    rows = support_rows([exchange(1), saying("gpt-5", 2), exchange(3, status=500)])
    assert len(rows) == 3
    assert sum(row.count for row in rows) == 3


def test_installs_of_one_name_are_told_apart() -> None:
    rows = support_rows([of_install(exchange(1), "a"), of_install(exchange(2), "b")])
    assert [row[0] for row in cells(rows)] == ["main#aaaa", "main#bbbb"]


def test_a_row_reads_in_words() -> None:
    (row,) = cells(support_rows([exchange(1)]))
    assert len(row) == len(COLUMNS)
    named = dict(zip((column.head for column in COLUMNS), row, strict=True))
    assert named["install"] == "main"
    assert named["provider"] == "opencode"
    assert named["auth"] == "public"
    assert named["status"] == "200"
    assert named["system"] == "linux 6.1"
    assert named["network"] == "-"
    assert named["wait"] == "-"
    assert named["first"] == f"{NOON:%Y-%m-%d %H:%M:%S}"


def test_no_answer_has_no_status() -> None:
    (row,) = cells(support_rows([exchange(1, status=None)]))
    assert "429" not in row
    assert row[4] == "-"
