"""Every finding has its sentence, and the sentences say what the rows show."""

import re
from typing import get_args

import pytest

from pawwork_proxy.comparison.compare import compare
from pawwork_proxy.comparison.exclusions import CONTEXT_EXCLUSIONS
from pawwork_proxy.comparison.exclusions import EXCLUSIONS as EXCLUSION_ROWS
from pawwork_proxy.comparison.patterns import noise_floor
from pawwork_proxy.comparison.selection import select
from pawwork_proxy.comparison.thresholds import early_refusals
from pawwork_proxy.model.observation import Observation
from pawwork_proxy.model.verdict import REASONS, AssumptionId, Ground, Verdict
from pawwork_proxy.report.sentences import (
    ASSUMPTIONS,
    EXCLUSIONS,
    GROUNDS,
    contrast_words,
    early_refusal_words,
    hypothesis_words,
    noise_words,
    reasoning,
    verdict_words,
)
from tests.unit.comparison.builders import OFFICE, TWO, Diary, limiter


def found(seen: list[Observation]) -> dict[str, Verdict]:
    return {verdict.dimension: verdict for verdict in compare(seen).limits[0].verdicts}


def test_every_value_that_a_comparison_can_give_has_its_sentence() -> None:
    assert set(GROUNDS) == set(REASONS) == set(get_args(Ground))
    assert set(ASSUMPTIONS) == set(get_args(AssumptionId))
    assert tuple(EXCLUSIONS) == (*(row.id for row in EXCLUSION_ROWS), *CONTEXT_EXCLUSIONS)


PLAIN = Diary().admitted(9).refused().refused(**TWO).admitted(**OFFICE).seen


@pytest.mark.parametrize(
    ("dimension", "words"),
    [
        (
            "address",
            "Another egress address, another pool. c1#12 was admitted after c1#10 was refused; "
            "changed: network (your label), egress address, user action (x-opencode-request).",
        ),
        (
            "install",
            "Not part of what the pool is chosen by. c1#11 was refused after no request of its "
            "own, while c1#9 was admitted after 8.",
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
    assert hypothesis_words(()) == "one pool for everybody"
    assert hypothesis_words(("address", "bucket")) == "per egress address and part of the models"
