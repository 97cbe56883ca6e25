"""Single wrong rows in clean studies: that they are counted for what they do."""

import pytest

from tests.evaluation.__main__ import main
from tests.evaluation.flipped import (
    FlipTally,
    careful_study,
    evaluate_flips,
    flip_report,
    flipped,
)


def test_one_row_is_flipped_and_no_other() -> None:
    seen = careful_study("1:1").seen
    kinds = [one.kind for one in seen]
    for before, after in (("success", "free_usage_limit"), ("free_usage_limit", "success")):
        number = kinds.index(before)
        changed = flipped(seen, number)
        assert changed[number].kind == after
        assert [*changed[:number], seen[number], *changed[number + 1 :]] == seen


@pytest.mark.slow
def test_flips_are_the_same_each_time_and_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    tally = evaluate_flips(12, 3)
    assert tally.flips == 12
    assert 3 <= tally.studies <= 12
    assert tally.verdicts >= tally.lost.total()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["evaluation", "--flipped", "12", "--seed", "3"])
        assert main() == (0 if tally.holds else 1)
    assert capsys.readouterr().out == flip_report(tally) + "\n"


def test_a_wrong_verdict_or_too_many_silenced_do_not_hold() -> None:
    tally = FlipTally(flips=20, silenced=2)
    assert tally.holds
    tally.silenced = 3
    assert not tally.holds
    tally.silenced = 0
    tally.wrong["follows"] = 1
    tally.explained.append("1:2 row 3: key follows, truth address")
    assert not tally.holds
    assert flip_report(tally).endswith("truth address")
    assert max(map(len, flip_report(tally).splitlines())) <= 80
