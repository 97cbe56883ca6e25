"""Every finding has its sentence, and the sentences claim what the rows show."""

import re
from typing import get_args

import pytest

from pawwork_proxy.comparison.compare import WITHOUT_EVIDENCE as NO_EVIDENCE
from pawwork_proxy.comparison.compare import compare
from pawwork_proxy.comparison.exclusions import CONTEXT_EXCLUSIONS
from pawwork_proxy.comparison.exclusions import EXCLUSIONS as EXCLUSION_ROWS
from pawwork_proxy.comparison.options import OPTION_RULES
from pawwork_proxy.comparison.patterns import noise_floor
from pawwork_proxy.comparison.selection import select
from pawwork_proxy.comparison.thresholds import early_refusals
from pawwork_proxy.model.observation import Observation
from pawwork_proxy.model.verdict import (
    REASONS,
    AssumptionId,
    Ground,
    InstrumentStatus,
    Note,
    NoteId,
    OptionFinding,
    ProductOption,
    Verdict,
)
from pawwork_proxy.report.answer_words import TEXTS, explanation, instrument_told
from pawwork_proxy.report.language import ENGLISH
from pawwork_proxy.report.next_step import instructions
from pawwork_proxy.report.sentences import (
    ASSUMPTIONS,
    EXCLUSIONS,
    GROUNDS,
    NOTES,
    OPTION_NAMES,
    OPTIONS,
    WITHOUT_EVIDENCE,
    contrast_words,
    early_refusal_words,
    instrument_words,
    noise_words,
    note_words,
    notes_of,
    option_words,
    reasoning,
    verdict_words,
)
from tests.unit.comparison.builders import INSIDE, OFFICE, TWO, Diary, limiter


def found(seen: list[Observation]) -> dict[str, Verdict]:
    return {verdict.dimension: verdict for verdict in compare(seen).limits[0].verdicts}


def test_every_value_that_a_comparison_can_give_has_its_sentence() -> None:
    assert set(GROUNDS) == set(REASONS) == set(get_args(Ground))
    assert set(ASSUMPTIONS) == set(get_args(AssumptionId))
    assert tuple(EXCLUSIONS) == (*(row.id for row in EXCLUSION_ROWS), *CONTEXT_EXCLUSIONS)


def test_whether_measuring_disturbs_has_its_sentences() -> None:
    found = {*get_args(InstrumentStatus), "mixed", "by_label"}
    assert set(TEXTS["instrument"]) == found
    assert {one.id for one in NO_EVIDENCE.values()} == set(WITHOUT_EVIDENCE)
    for experiment in NO_EVIDENCE.values():
        told = instructions(experiment)
        assert told.title
        assert all(command.startswith("pawwork-proxy ") for command in told.commands)


GATE = ("client_gate", "policy")


@pytest.mark.parametrize(
    ("diary", "words"),
    [
        (
            Diary().refused().admitted(**INSIDE).refused(),
            "Measuring disturbs: what passes an intercepting proxy is refused, and the untouched "
            "client is not.",
        ),
        (
            Diary().other(*GATE, action="a").admitted(**INSIDE, action="b")
            .other(*GATE, action="c").admitted(**INSIDE, action="d"),
            "(c1#1 refused, then c1#2 admitted; independent pairs: 2)",
        ),
        (
            Diary().refused().admitted(**INSIDE, address=None),
            "This takes for granted that the machine stayed on one network",
        ),
        (
            Diary().other(*GATE),
            "so far all came through an intercepting proxy, and none looks like a used-up quota. "
            "Find out with: pawwork-proxy disturb -- CMD (c1#1 refused)",
        ),
        (
            Diary().admitted(session="ses:a").refused().admitted(**INSIDE),
            "a request through an intercepting proxy was refused, and an untouched one was "
            "answered afterwards.",
        ),
        (
            Diary().admitted().admitted(**INSIDE),
            "There is no sign that measuring disturbs: the intercepting and the untouched route "
            "fared alike. (c1#1 admitted, c1#2 admitted)",
        ),
    ],
    ids=["disturbs", "two pairs", "by label", "suspected", "mixed", "no sign"],
)  # fmt: skip
def test_whether_measuring_disturbs_in_words(diary: Diary, words: str) -> None:
    comparison = compare(diary.seen)
    told = instrument_words(comparison.instrument)
    assert words in told
    assert told.startswith(instrument_told(comparison.instrument, ENGLISH))
    disturbs = comparison.instrument.status == "disturbs"
    assert (told in notes_of(comparison)) != disturbs


def test_no_note_is_made_of_it_where_one_route_was_used() -> None:
    comparison = compare(PLAIN)
    assert instrument_words(comparison.instrument).startswith("Whether measuring disturbs is not")
    assert list(notes_of(comparison)) == list(map(note_words, comparison.notes))


def test_an_address_of_the_server_that_nobody_knows_is_a_caveat() -> None:
    comparison = compare(Diary().admitted(2, tier="unknown").admitted().seen)
    assert any(
        words.startswith("2 exchanges were with an address") for words in notes_of(comparison)
    )


PLAIN = Diary().admitted(9).refused(2).refused(2, **TWO).admitted(2, **OFFICE).refused().seen


@pytest.mark.parametrize(
    ("dimension", "words"),
    [
        (
            "address",
            "Another egress address, another pool. c1#14 was admitted after c1#11 was refused; "
            "changed: network (your label), egress address, user action (x-opencode-request).",
        ),
        (
            "install",
            "Not part of what the pool is chosen by. c1#12 was refused on its first "
            "request, while c1#9 was admitted after 8.",
        ),
        ("family", "The pools are narrower: by egress address."),
        ("global", "There is more than one pool."),
        ("key", "Only one API key was seen."),
        ("prefix", "No IPv6 address was seen; for IPv4 the prefix is the address itself."),
    ],
)
def test_verdicts_of_a_plain_study(dimension: str, words: str) -> None:
    told = verdict_words(found(PLAIN)[dimension])
    assert told.startswith(words)


def test_a_verdict_that_stays_open_names_its_rivals() -> None:
    told = found(Diary().admitted(9).refused().admitted(**TWO, **OFFICE).seen)
    assert reasoning(told["address"]) == "Cannot be told from: install, session."


def test_what_is_not_recorded_is_said_to_be_unknown_or_the_same() -> None:
    unknown = {"address": None, "prefix": None}
    diary = Diary().admitted(9, **unknown).refused(**unknown).later(hours=1).admitted(**unknown)
    assert "it is not known in these captures" in reasoning(found(diary.seen)["address"])
    half = Diary().admitted(9).refused().admitted(**unknown)
    assert "it is the same in all rows" in reasoning(found(half.seen)["address"])


def test_contrasts_in_words() -> None:
    few = Diary().admitted(3, **TWO).admitted(20).refused().refused(**TWO).seen
    assert "after at most 3 requests of its own" in contrast_words(
        found(few)["install"].evidence[0]
    )
    diary = Diary().admitted(5).refused().admitted(user_agent="other/1")
    diary.later(days=1).admitted(5, user_agent="other/1").refused(user_agent="other/1").admitted()
    told = contrast_words(found(diary.seen)["user_agent"].evidence[0])
    assert re.fullmatch(r"Each kind of client .*\(last c1#6, then c1#7\): not two .*", told)
    bare = found(PLAIN)["address"].evidence[0].model_copy(update={"differs_in": ()})
    assert contrast_words(bare).endswith("changed: nothing that is recorded.")


def test_an_early_refusal_in_words() -> None:
    diary = Diary().admitted(20).refused().admitted(**TWO).refused(**TWO)
    (early,) = early_refusals(limiter(diary.seen))
    told = early_refusal_words(early)
    assert told.startswith("two was refused (c1#23) after at most 1 requests of its own")
    assert "another got 20" in told


def test_the_noise_floor_in_words() -> None:
    none = noise_floor(())
    alike = noise_floor(select(Diary().admitted().refused().refused(**TWO).seen).limiters)
    unlike = noise_floor(select(Diary().refused().admitted(**TWO).seen).limiters)
    assert "no A/A pair" in noise_words(none)
    assert noise_words(alike) == "None of 2 A/A pairs differs."
    assert noise_words(unlike).startswith("1 of 1 A/A pairs differ:")


def test_hypotheses_in_words() -> None:
    assert explanation((), ENGLISH) == "one quota for all users"
    said = explanation(("address", "bucket"), ENGLISH)
    assert said == "per network address and part of the models"


def test_every_value_that_a_comparison_can_give_has_its_words() -> None:
    assert set(NOTES) == set(get_args(NoteId))
    assert set(OPTION_NAMES) == set(get_args(ProductOption))
    decided = {"open": True, "ruled_out": False}
    assert {
        (option, decided[state], dimension)
        for option, states in OPTIONS.items()
        for state, dimensions in states.items()
        for dimension in dimensions
    } == {(rule.option, rule.open, rule.needs[0][0]) for rule in OPTION_RULES}


def test_notes_and_options_in_words() -> None:
    several = Note(id="label", label="home", addresses=2)
    assert note_words(several) == "The network label home stands for 2 egress addresses."
    undecided = OptionFinding(option="user_keys", open=None)
    assert option_words(undecided) == "Users' own keys: not decidable yet."
    decided = OptionFinding(option="user_keys", open=True, because_of="key")
    assert option_words(decided).startswith("Users with a key of their own account")
