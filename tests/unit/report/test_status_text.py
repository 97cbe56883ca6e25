"""The table of `status` fits 80 columns, and what is not known is said."""

from datetime import UTC, timedelta, timezone
from typing import Any

from pawwork_proxy.comparison.compare import compare
from pawwork_proxy.comparison.usage import usages
from pawwork_proxy.model.observation import Observation
from pawwork_proxy.model.usage import Usages
from pawwork_proxy.report.language import ENGLISH, language
from pawwork_proxy.report.status_text import status_document, status_sheet, status_words
from tests.unit.comparison.builders import MORNING, OFFICE, TWO, Diary

NOON = MORNING.replace(hour=12)
MIDNIGHT = MORNING.replace(hour=0) + timedelta(days=1)
BEIJING = timezone(timedelta(hours=8))
STUDY = (
    Diary().admitted(5).refused(reset_at=MIDNIGHT).refused(**TWO, reset_at=MIDNIGHT)
    .admitted(2, **OFFICE, model="bigger").admitted(**OFFICE).admitted(**OFFICE, model="biggest")
    .seen
)  # fmt: skip


def found(seen: list[Observation] = STUDY, **changes: Any) -> Usages:
    return usages(seen, compare(seen, plan=False), NOON)._replace(**changes)


def words(told: Usages) -> str:
    return " ".join(status_words(told, ENGLISH, UTC))


def test_each_network_and_group_of_models_is_a_row() -> None:
    lines = status_sheet(found(), ENGLISH, BEIJING).text(80)
    assert [" ".join(line.split()) for line in lines] == [
        "network models used left last cut-off resets",
        "home big-pickle 5 0 at 5, 06-03 17:01 06-04 08:00",
        "office big-pickle, bigger +1 4 not known never 06-04 08:00",
    ]
    assert max(map(len, lines)) <= 80


def test_a_time_of_today_needs_no_date_and_a_network_no_label() -> None:
    none = [one.model_copy(update={"who": one.who.model_copy(update={"network": None})})
            for one in STUDY]  # fmt: skip
    rows = status_sheet(found(none, resets_at=NOON + timedelta(hours=1)), ENGLISH, UTC).rows
    assert (rows[1][0], rows[1][-1]) == ("without a label", "13:00")
    assert status_sheet(found(resets_at=None), ENGLISH, UTC).rows[1][-1] == "-"


def test_what_is_left_is_about_so_many() -> None:
    diary = Diary().admitted(5).refused().later(hours=17).admitted(2)
    now = NOON + timedelta(days=1)
    told = usages(diary.seen, compare(diary.seen, plan=False), now)
    assert status_sheet(told, ENGLISH, UTC).rows[0][3] == "about 3"


def test_what_is_not_known_is_said() -> None:
    told = words(found())
    assert told.startswith("Counted since 2026-06-03 00:00 UTC")
    assert "How much is left is not known where nobody was refused" in told
    assert told.endswith("others behind the same address use the same quota.")
    assert "--egress-probe" not in told
    assert "No refusal was seen" not in told
    blind = Diary().admitted(address=None, prefix=None, simulated=True).seen
    doubtful = words(found(blind))
    for stretch in ("SIMULATED", "No refusal was seen that says", "--egress-probe"):
        assert stretch in doubtful
    assert words(found([])) == "No request to a free model was captured."


def test_a_limit_met_only_on_sundays_may_be_a_weekly_one() -> None:
    sunday = MORNING + timedelta(days=4)
    until = sunday.replace(hour=0) + timedelta(days=1)
    seen = Diary(start=sunday).admitted(5).refused(2, reset_at=until).seen
    told = words(usages(seen, compare(seen, plan=False), sunday + timedelta(days=1)))
    assert "It resets daily or weekly: refusals were seen only on Sundays (UTC)." in told


def test_a_reset_is_no_surer_than_what_refusals_say() -> None:
    once = Diary().admitted(5).refused(reset_at=MIDNIGHT).seen
    told = words(found(once))
    assert "The reset is not sure: too few refusals say when it is." in told
    assert "No refusal was seen" not in told
    noon, one = NOON - timedelta(minutes=1), NOON - timedelta(minutes=1, seconds=7)
    odd = Diary().admitted(5).refused(reset_at=noon).refused(**TWO, reset_at=one).seen
    told = words(found(odd))
    assert "What refusals say of the reset fits no one rhythm, or several." in told
    assert status_sheet(found(odd), ENGLISH, UTC).rows[0][-1] == "-"


def test_a_row_says_that_its_address_is_not_known() -> None:
    both = Diary().admitted(5).admitted(2, address=None, prefix=None).seen
    rows = status_sheet(found(both), ENGLISH, UTC).rows
    assert [row[0] for row in rows] == ["home", "home (which address?)"]


def test_programs_and_chinese_readers_get_the_same() -> None:
    told = status_document(found(), language("zh"), UTC)
    assert told["since"] == "2026-06-03T00:00:00+00:00"
    assert told["resets_at"] == MIDNIGHT.isoformat()
    assert told["rows"][0]["refused_until"] == MIDNIGHT.isoformat()
    assert told["rows"][1]["cut_off_on"] is None
    assert told["notes"][-1].startswith("只计入捕获到的请求")
    assert status_document(found(resets_at=None), ENGLISH, UTC)["resets_at"] is None
