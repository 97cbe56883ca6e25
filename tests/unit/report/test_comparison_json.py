"""The JSON of a comparison: each value with its words, where programs have always found them."""

import json
from typing import Any

from pawwork_proxy.comparison.compare import compare
from pawwork_proxy.report.answer import answer_of
from pawwork_proxy.report.comparison_json import render_json
from tests.unit.comparison.builders import INSIDE, OFFICE, TWO, Diary, answered

STUDY = Diary().admitted(20).refused().admitted(**TWO).refused(**TWO).admitted(**OFFICE).seen


def document(seen: Any = STUDY, *remarks: str) -> dict[str, Any]:
    comparison = compare(seen)
    found: dict[str, Any] = json.loads(render_json(comparison, answer_of(comparison), remarks))
    return found


def test_every_finding_has_its_words() -> None:
    found = document()
    (limit,) = found["limits"]
    assert limit["answer"] == answered(compare(STUDY))
    summary = found["summary"]
    assert found["answer"].startswith(summary["headline"])
    assert {one["decision"] for one in summary["options"]} <= {"keep", "drop", "not_known"}
    told = [
        *limit["verdicts"],
        *(contrast for verdict in limit["verdicts"] for contrast in verdict["evidence"]),
        *limit["early_refusals"],
        *found["options"],
        *found["assumptions"],
        found["noise"],
    ]
    assert len(limit["early_refusals"]) == 1
    assert all(one["words"] for one in told)


def test_the_summary_has_findings_and_stories_with_their_rows() -> None:
    diary = Diary().admitted(9).refused(2).refused(2, **TWO).admitted(2, **OFFICE).refused()
    summary = document(diary.seen)["summary"]
    assert summary["findings"][0] == {"how": "Counted by", "names": "network address"}
    assert summary["evidence"][0]["rows"] == ["c1#11", "c1#14"]


def test_the_next_experiment_has_steps_commands_and_results() -> None:
    found = document(Diary().admitted(9).refused().seen)
    for planned in (found["next_experiment"], found["limits"][0]["next_experiment"]):
        assert planned["title"].startswith("Try ")
        assert planned["steps"]
        assert planned["commands"]
        assert {"result", "words"} == set(planned["meanings"][0])
    assert document([])["next_experiment"]["title"].startswith("Go on capturing")


def test_explanations_name_dimensions_only() -> None:
    """A compound part (the key, else the address) stands as the dimensions it is made of."""
    found = compare(STUDY)
    limit = found.limits[0].model_copy(update={"hypotheses": (("caller",), ("model", "bucket"))})
    told = json.loads(render_json(found.model_copy(update={"limits": (limit,)}), answer_of(found)))
    assert told["limits"][0]["explanations"] == [["address", "key"], ["model"]]


def test_remarks_stand_among_the_notes_and_exclusions_say_why() -> None:
    found = document([*STUDY, *Diary("c2").admitted(free=False).seen], "a.jsonl: damaged")
    assert found["notes"][-1] == "a.jsonl: damaged"
    (left_out,) = found["exclusions"]
    assert left_out["words"] == "not a free model: another limiter or none"


def test_whether_measuring_disturbs_has_its_rows_and_words() -> None:
    found = document(Diary().refused().admitted(**INSIDE).refused().seen)
    told = found["instrument"]
    assert (told["status"], told["independent"], told["by_label"]) == ("disturbs", 1, False)
    (pair,) = told["pairs"]
    assert [(row["capture"], row["seq"], row["part"], row["value"]) for row in pair["rows"]] == [
        ("c1", 1, "refused", "intercepting"),
        ("c1", 2, "admitted", "untouched"),
    ]
    assert pair["words"].startswith("c1#2 was admitted after c1#1 was refused")
    assert found["answer"].startswith(found["summary"]["instrument"])
    assert next(iter(found)) == "answer"
    assert found["next_experiment"]["title"] == "Observe the client untouched"
    assert document()["instrument"]["words"].startswith("Whether measuring disturbs is not known")


def test_no_sign_that_it_does_stands_among_the_notes() -> None:
    found = document(Diary().admitted().admitted(**INSIDE).seen)
    assert found["notes"][0] == found["instrument"]["words"]
    assert [row["value"] for row in found["instrument"]["rows"]] == ["intercepting", "untouched"]
