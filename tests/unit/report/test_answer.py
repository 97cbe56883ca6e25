"""What a comparison says to people, as texts that a person has read."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from pawwork_proxy.comparison.compare import compare
from pawwork_proxy.model.verdict import CutOff, LimiterFindings, Rhythm
from pawwork_proxy.report.answer import Answer, answer_of
from tests.unit.comparison.builders import OFFICE, TWO, Diary, limit, repeated
from tests.unit.report.answers import (
    FAR,
    STUDIES,
    TEXTS,
    A,
    B,
    key_makes_no_difference,
    per_conversation,
    per_install,
    relayed,
    sure,
    texts,
)

HASH = re.compile(r"\b(?:[0-9a-f]{6,}\b|(?:ip6?|ses|msg|key|wrk):)")
WRITTEN = texts()


def of(*limits: LimiterFindings) -> Answer:
    empty = compare([], plan=False)
    return answer_of(empty.model_copy(update={"limits": limits, "exchanges": 1}))


@pytest.mark.parametrize("name", WRITTEN)
def test_the_answers_are_those_that_a_person_has_read(name: str) -> None:
    again = "look at the difference; `python -m tests.unit.report.answers` writes them anew"
    assert WRITTEN[name] == (TEXTS / name).read_text("utf-8"), again


def test_no_answer_is_left_over() -> None:
    assert {file.name for file in TEXTS.glob("*.txt")} == set(WRITTEN)
    assert len(STUDIES) >= 20


@pytest.mark.parametrize("name", WRITTEN)
def test_an_answer_has_no_hash_and_no_word_with_two_meanings(name: str) -> None:
    told = re.sub(r"^    .*$", "", WRITTEN[name], flags=re.MULTILINE)
    assert not HASH.search(told)
    assert " open" not in told


def test_the_first_ten_lines_hold_the_answer_and_its_number() -> None:
    first = " ".join(WRITTEN["shared-by-a-network-sure.txt"].splitlines()[:10])
    for words in ("Shared by all installs", "Not tried:", "7 times", "5 a day", "08:00 your time",
                  "7 of 7 days", "High", "500 times less likely"):  # fmt: skip
        assert words in first


@pytest.mark.parametrize(
    ("odds", "words"),
    [(0.4, "40% as"), (0.05, "20 times less likely"), (0.0, "1000000 times less likely")],
)
def test_odds_are_said_as_people_say_them(odds: float, words: str) -> None:
    found = sure().limits[0]
    verdicts = tuple(one.model_copy(update={"rival_odds": odds}) for one in found.verdicts)
    told = of(found.model_copy(update={"verdicts": verdicts})).confidence
    assert words in told
    assert told.startswith({0.4: "Low", 0.05: "Fair", 0.0: "High"}[odds])


def test_confidence_says_what_was_seen_once_and_does_not_call_a_check_nothing() -> None:
    found = compare(Diary().admitted(9, **A).refused(2, **A).refused(2, **B).seen, plan=False)
    told = answer_of(found)
    assert told.seen == "Seen once."
    assert told.confidence.startswith("Low. It was seen once only")
    checked = compare(key_makes_no_difference(), plan=False)
    assert answer_of(checked).seen.startswith("Seen once and checked by asking the refused one")
    assert answer_of(checked).confidence.startswith("High.")
    mixed = answer_of(compare(relayed(), plan=False))
    assert "Low. That installs share it was seen once only" in mixed.confidence
    verdicts = tuple(
        one.model_copy(update={"repeated": False, "independent": 2 if one.reach else 1})
        for one in checked.limits[0].verdicts
    )
    limit_ = checked.limits[0].model_copy(update={"verdicts": verdicts})
    assert "It was seen once only" in of(limit_).confidence


def test_that_an_install_has_several_quotas_makes_nothing_sure_by_itself() -> None:
    diary = Diary()
    for number in (1, 2, 3):
        old, new = ({**A, "session": f"ses:{n}", "request": f"msg:{n}"} for n in (number, -number))
        diary.admitted(6, **old).refused(**old).admitted(2, **new).refused(**old)
        diary.later(days=1)
    told = answer_of(compare(diary.seen, plan=False))
    assert told.headline == "Not known yet. Possible: per prompt, or per conversation."
    assert (told.seen, told.confidence, told.granted) == ("", "", "")


def test_a_quota_of_each_conversation_is_not_said_to_be_shared_by_installs() -> None:
    found = compare(per_conversation(), plan=False).limits[0]
    verdicts = tuple(
        one.model_copy(update={"independent": 1}) if one.dimension == "install" else one
        for one in found.verdicts
    )
    told = of(found.model_copy(update={"verdicts": verdicts}))
    assert told.headline == "Each conversation has its own quota."
    assert told.confidence.startswith("High.")


@pytest.mark.parametrize(("windows", "said"), [(2, "about 5 a day,"), (3, "5 a day,")])
def test_a_number_that_most_days_contradict_is_about_so_many(windows: int, said: str) -> None:
    found = sure().limits[0].model_copy(update={"cut_off": CutOff(at=5, windows=windows, of=4)})
    assert of(found).quota.startswith(said)


def test_what_keys_of_one_workspace_leave_unknown_is_said() -> None:
    first = {"key": "key:a", "auth_kind": "user_key", "workspace": "wrk:a"}
    diary = Diary()
    for day in range(2):
        diary.later(days=day).admitted(8, **first).refused(**first)
        diary.refused(**first | {"key": "key:a2"}).admitted(**first | OFFICE).refused(**first)
    reasons = {one.option: one.reason for one in answer_of(compare(diary.seen, plan=False)).options}
    assert reasons["user_keys"] == "Only API keys of one workspace were tried."


def test_options_that_can_be_acted_upon_come_first() -> None:
    told = answer_of(compare(per_install(), plan=False))
    assert [(one.option, one.decision) for one in told.options] == [
        ("own_relay", "keep"),
        ("no_free_default", "drop"),
        ("user_keys", "not_known"),
    ]


def test_a_daily_reset_is_at_midnight_whatever_a_clock_says() -> None:
    early = datetime(2026, 6, 4, tzinfo=UTC) - timedelta(seconds=40)
    found = sure().limits[0].model_copy(update={"rhythm": Rhythm("utc_day", 86400.0, early, True)})
    assert "resets 00:00 UTC;" in of(found).quota


def test_two_dimensions_are_one_headline() -> None:
    told = of(limit(address="follows", model_group="follows", install="does_not_follow"))
    assert told.headline == (
        "Shared by all installs on one network address, separately for each group of models "
        "(same first two letters)."
    )
    assert of(limit(device="follows")).headline == "Shared by all installs on one device."


def test_the_reach_says_how_a_quota_goes_beyond_a_dimension() -> None:
    found = limit(session="follows", install="does_not_follow")
    verdicts = tuple(
        one.model_copy(update={"reach": "narrower"}) if one.dimension == "install" else one
        for one in found.verdicts
    )
    told = of(found.model_copy(update={"verdicts": verdicts}))
    assert ("Finer than", "installs") in told.findings
    assert ("Shared across", "installs") in of(found).findings
    assert told.headline == "Each conversation has its own quota."


def test_what_is_not_shown_to_be_shared_is_not_called_shared() -> None:
    diary = Diary()
    for name in "abcdef":
        diary.admitted(2, session=f"ses:{name}").refused(session=f"ses:{name}")
    told = answer_of(compare(repeated(diary.seen)))
    assert ("Not counted by", "devices, installs") in told.findings
    said = " ".join((told.headline, *(story.shows for story in told.evidence)))
    assert "hared across" not in said


def test_somebody_who_was_refused_early_is_named_where_sharing_is_not_found() -> None:
    diary = Diary().admitted(20).refused().admitted(**TWO).refused(**TWO, request="msg:two")
    found = compare(diary.seen, plan=False)
    first = found.limits[0]
    undecided = tuple(
        one.model_copy(update={"finding": "undetermined", "reason": "insufficient", "evidence": ()})
        for one in first.verdicts
    )
    limits = (first.model_copy(update={"verdicts": undecided}),)
    told = answer_of(found.model_copy(update={"limits": limits}))
    early = "two was refused after 1 of its own requests where another got"
    assert any(note.startswith(early) for note in told.notes)
    assert any(how == "Not decided" for how, _ in told.findings)


def test_nobody_without_a_name_is_told_to_be_refused_early() -> None:
    diary = Diary().admitted(20).refused().admitted(**TWO).refused(**TWO, request="msg:two")
    (first,) = compare(diary.seen, plan=False).limits
    early = tuple(one.model_copy(update={"install": None}) for one in first.early_refusals)
    assert early
    undecided = {"finding": "undetermined", "reason": "insufficient"}
    verdicts = tuple(one.model_copy(update=undecided) for one in first.verdicts)
    told = of(first.model_copy(update={"verdicts": verdicts, "early_refusals": early}))
    assert "somebody" not in " ".join(told.notes)


def test_labels_that_stand_for_several_addresses_are_one_note() -> None:
    diary = Diary()
    for label in "abcdefgh":
        diary.admitted(network=label, address=f"ip:{label}1").refused(network=label)
    notes = answer_of(compare(diary.seen, plan=False)).notes
    assert (
        "These network labels stand for several egress addresses each: a, b, c, d, e, f and 2 more."
    ) in notes
    assert len([note for note in notes if "label" in note and "address" in note]) == 1


def test_a_story_has_its_day_where_there_are_several_windows() -> None:
    diary = Diary().admitted(9, **A).refused(**A).admitted(**A, **FAR).refused(**A)
    one_day = answer_of(compare(diary.seen, plan=False)).evidence[0].sentences
    assert one_day.startswith("At 09:01:40 laptop-a")
    more = diary.later(days=1).admitted(2, **A).refused(2, **A).seen
    told = answer_of(compare(more, plan=False)).evidence[0].sentences
    assert told.startswith("At 2026-06-03 09:01:40 laptop-a")


def test_a_limit_that_is_not_zens_says_whose_it_is() -> None:
    found = limit(address="follows", install="does_not_follow")
    told = of(found.model_copy(update={"origin": "relayed:Console"}))
    assert told.headline == "Console: Shared by all installs on one network address."


def test_installs_of_one_label_are_told_apart_without_a_hash() -> None:
    one, other = {**A, "install": "main 111111"}, {**B, "install": "main 222222"}
    seen = Diary().admitted(9, **one).refused(**one).refused(**other).admitted(**one, **FAR).seen
    found = compare(seen, plan=False)
    told = " ".join(story.sentences for story in answer_of(found).evidence)
    assert "main (2), at home as well, was refused on its first request" in told


def test_rows_that_tell_the_same_story_are_told_once() -> None:
    found = compare(Diary().admitted(9, **A).refused(2, **A).admitted(**A, **FAR).seen, plan=False)
    first = found.limits[0]
    (contrast,) = next(one for one in first.verdicts if one.dimension == "address").evidence
    twin = contrast.model_copy(
        update={
            "rows": tuple(row.model_copy(update={"seq": row.seq + 100}) for row in contrast.rows)
        }
    )
    verdicts = tuple(
        one.model_copy(update={"ground": "one_observation", "evidence": (twin,)})
        if one.dimension == "device"
        else one
        for one in first.verdicts
    )
    told = of(first.model_copy(update={"verdicts": verdicts})).evidence
    assert len({story.sentences for story in told}) == len(told)


def test_rows_say_with_which_key_model_and_address() -> None:
    key = {"key": "key:a", "auth_kind": "user_key", "workspace": "wrk:a"}
    diary = Diary().admitted(9).refused().admitted(**key, model="north-free", model_group="no")
    diary.refused().admitted(address="ip:other", prefix="ip:other").refused()
    found = compare(diary.seen, plan=False)
    told = " ".join(story.sentences for story in answer_of(found).evidence)
    assert "one, from another network address, was answered" in told
    mixed = [contrast for verdict in found.limits[0].verdicts for contrast in verdict.evidence]
    assert mixed


def test_the_number_is_what_refusals_bound() -> None:
    vouched = Diary().admitted(9, exclusive=True).refused(exclusive=True).admitted(**OFFICE).seen
    assert answer_of(compare(vouched, plan=False)).quota == "9 a day, resets 00:00 UTC."
    unannounced = limit().model_copy(update={"announced": False, "windows": ("2026-06-03",)})
    assert of(unannounced).quota == (
        "How many is not known, resets 00:00 UTC by the server's source (no refusal said so)."
    )


def test_what_was_seen_once_or_always_refused_is_not_called_undecided() -> None:
    found = limit(address="follows")
    grounds = {"install": "one_observation", "key": "always_refused", "session": "global_fits"}
    verdicts = tuple(
        one.model_copy(update={"reason": "insufficient", "ground": grounds[one.dimension]})
        if one.dimension in grounds
        else one
        for one in found.verdicts
    )
    told = dict(of(found.model_copy(update={"verdicts": verdicts})).findings)
    assert told == {
        "Counted by": "network address",
        "Not sure yet": "installs",
        "Refused and never answered, as by a rule for all": "API keys",
        "Not decided": "conversations",
    }


def test_a_story_of_rows_that_decide_nothing_says_why() -> None:
    headings = {
        "one_observation": "Seen once only, so not sure yet",
        "unrecorded_change": "Something that was not recorded may have changed",
        "nothing_fits": "These contradict each other",
    }
    seen = Diary().admitted(9).refused().admitted(**OFFICE).seen
    (found,) = compare(seen, plan=False).limits
    for ground, words in headings.items():
        verdicts = tuple(one.model_copy(update={"ground": ground}) for one in found.verdicts)
        story, *_ = of(found.model_copy(update={"verdicts": verdicts})).evidence
        assert words in str(story)
