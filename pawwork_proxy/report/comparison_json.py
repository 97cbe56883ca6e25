"""A comparison as one JSON object for programs: every value, and beside it the words for people.

Invariant: what a program read in an earlier version stands where it stood; fields are only added.
"""

import json
from collections.abc import Iterable
from typing import Any

from pawwork_proxy.comparison.dimensions import DIMENSIONS
from pawwork_proxy.comparison.hypotheses import named
from pawwork_proxy.model.experiment import Experiment
from pawwork_proxy.model.verdict import Comparison, LimiterFindings
from pawwork_proxy.report import sentences as say
from pawwork_proxy.report.answer import Answer, headline_of
from pawwork_proxy.report.language import ENGLISH, Language, paragraph
from pawwork_proxy.report.next_step import instructions


def render_json(
    comparison: Comparison,
    answer: Answer,
    remarks: Iterable[str] = (),
    language: Language = ENGLISH,
) -> str:
    """The whole comparison; `remarks` are about the captures and stand among the notes."""
    notes = [*say.notes_of(comparison), *remarks]
    plain = comparison.model_dump(mode="json", exclude_none=True)
    first = paragraph(filter(None, (answer.instrument, answer.headline, answer.not_tried_first)))
    document = {"answer": first, "summary": _summary(answer), **plain, "notes": notes}
    document["limits"] = [
        _limit(limit, found, language)
        for limit, found in zip(comparison.limits, plain["limits"], strict=True)
    ]
    document["instrument"]["words"] = say.instrument_words(comparison.instrument)
    for pair, row in zip(comparison.instrument.pairs, document["instrument"]["pairs"], strict=True):
        row["words"] = say.contrast_words(pair)
    document["noise"]["words"] = say.noise_words(comparison.noise)
    for option, found in zip(comparison.options, document["options"], strict=True):
        found["words"] = say.option_words(option)
    for found in document["exclusions"]:
        found["words"] = say.EXCLUSIONS[found["reason"]]
    for found in document["assumptions"]:
        found["words"] = say.ASSUMPTIONS[found["id"]]
    if comparison.next_experiment is not None:
        document["next_experiment"] |= _experiment(comparison.next_experiment, language)
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _summary(answer: Answer) -> dict[str, Any]:
    """The answer's sentences; what is told elsewhere as well is told once."""
    told = answer._asdict()
    del told["next_step"]
    told["options"] = [one._asdict() for one in answer.options]
    told["findings"] = [{"how": how, "names": names} for how, names in answer.findings]
    told["evidence"] = [
        one._asdict() | {"rows": [f"{row.capture}#{row.seq}" for row in one.rows]}
        for one in answer.evidence
    ]
    return told


def _limit(limit: LimiterFindings, found: dict[str, Any], language: Language) -> dict[str, Any]:
    for verdict, told in zip(limit.verdicts, found["verdicts"], strict=True):
        told["words"] = say.verdict_words(verdict)
        for contrast, row in zip(verdict.evidence, told["evidence"], strict=True):
            row["words"] = say.contrast_words(contrast)
    for early, told in zip(limit.early_refusals, found["early_refusals"], strict=True):
        told["words"] = say.early_refusal_words(early)
    if limit.next_experiment is not None:
        found["next_experiment"] |= _experiment(limit.next_experiment, language)
    explanations = [
        [row.name for row in DIMENSIONS if row.name in named(frozenset(hypothesis))]
        for hypothesis in limit.hypotheses
    ]
    return {**found, "answer": headline_of(limit, language), "explanations": explanations}


def _experiment(experiment: Experiment, language: Language) -> dict[str, Any]:
    told = instructions(experiment, language)
    meanings = [{"result": result, "words": words} for result, words in told.meanings]
    return {**told._asdict(), "meanings": meanings}
