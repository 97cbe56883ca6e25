"""The answer: what a comparison found, in the order in which people ask.

Text and page are made from this one value, so that they say the same in the same words. Invariant:
it claims no more than the verdicts; no hash, no internal id and no label counts as a finding.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, tzinfo
from itertools import chain
from typing import NamedTuple

from pawwork_proxy.model.evidence import Contrast, EvidenceRow
from pawwork_proxy.model.observation import DimensionName
from pawwork_proxy.model.verdict import Comparison, LimiterFindings, Verdict
from pawwork_proxy.report import sentences as say
from pawwork_proxy.report.answer_words import (
    TEXTS,
    explanation,
    explanations,
    instrument_told,
    joined,
    one,
    quota_words,
    some_of,
)
from pawwork_proxy.report.confidence import confidence_words, seen_words
from pawwork_proxy.report.contrast_story import Story, Teller
from pawwork_proxy.report.language import ENGLISH, Language
from pawwork_proxy.report.next_step import Instructions, instructions
from pawwork_proxy.report.product_options import Option, options_of
from pawwork_proxy.report.stories import stories_of
from pawwork_proxy.report.verdict_lists import (
    GROUPS,
    IN_HEADLINE,
    findings_of,
    followed,
    not_tried,
)

OWN: frozenset[DimensionName] = frozenset({"install", "session", "request"})
"""What belongs to one install only; a quota that is counted by one of these is not shared."""


class Answer(NamedTuple):
    """All that is said of a comparison; empty texts are left out."""

    caution: str
    """That the captures are simulated."""
    instrument: str
    """That measuring disturbs, or may: it says what the rest is worth."""
    headline: str
    not_tried_first: str
    """What product people would ask for and nobody tried; part of the headline's line."""
    seen: str
    """Independent observations and the gap between the rows; part of the headline's line."""
    quota: str
    """Number and rhythm."""
    confidence: str
    granted: str
    """What is taken for granted."""
    odd: str
    """The rows that do not fit."""
    options: tuple[Option, ...]
    findings: tuple[tuple[str, str], ...]
    """How the quota goes by dimensions: `Counted by`, `Shared across`, …, and which."""
    not_tried: str
    next_step: Instructions | None
    evidence: tuple[Story, ...]
    others: tuple[str, ...]
    """Headlines of other limits."""
    notes: tuple[str, ...]
    """What weakens the comparison."""


def answer_of(
    comparison: Comparison,
    language: Language = ENGLISH,
    zone: tzinfo = UTC,
    files: Mapping[str, str] | None = None,
) -> Answer:
    """The answer, in a language; `zone` is the user's, `files` are names by ids of captures."""
    limit = next(iter(comparison.limits), None)
    several = any(len(one.windows) > 1 for one in comparison.limits)
    teller = Teller(rows_told(comparison), language, files or {}, several_windows=several)
    deciding = list(_deciding(limit)) if limit else []
    experiment = comparison.next_experiment
    spoken = comparison.instrument.status in {"disturbs", "suspected"}
    pairs = comparison.instrument.pairs[:1]
    return Answer(
        caution=language.text("SIMULATED: this says nothing about the real server.")
        if comparison.simulated
        else "",
        instrument=instrument_told(comparison.instrument, language) if spoken else "",
        headline=headline_of(limit, language) if limit else _no_limit(comparison, language),
        not_tried_first=not_tried(limit, language, IN_HEADLINE) if deciding and limit else "",
        seen=seen_words(deciding, language),
        quota=quota_words(limit, language, zone) if limit else "",
        confidence=confidence_words(deciding, language),
        granted=_granted(deciding, language),
        odd=_odd(limit, teller) if limit else "",
        options=options_of(comparison.options, limit, language),
        findings=tuple(findings_of(limit, language)) if limit else (),
        not_tried=not_tried(limit, language, GROUPS) if limit else "",
        next_step=instructions(experiment, language) if experiment else None,
        evidence=(
            *(
                teller.story(
                    language.text("Another way of observing, another answer"), pair, "instrument"
                )
                for pair in pairs
            ),
            *(stories_of(limit, teller) if limit else ()),
        ),
        others=tuple(
            language.say("Another limit. {headline}", headline=headline_of(other, language))
            for other in comparison.limits[1:]
        ),
        notes=(
            *_notes(comparison, language),
            *(_early(limit, teller) if limit else ()),
        ),
    )


def figures(answer: Answer, language: Language) -> list[tuple[str, str]]:
    """What stands beside the headline, with labels."""
    labelled = (
        (language.text("Quota"), answer.quota),
        (language.text("Confidence"), answer.confidence),
        (language.text("Taken for granted"), answer.granted),
        (language.text("Does not fit"), answer.odd),
    )
    return [(label, words) for label, words in labelled if words]


def rows_told(comparison: Comparison) -> Iterator[EvidenceRow]:
    """Every row that may be told, each install in a fixed order."""
    contrasts: Iterable[Contrast] = chain(
        comparison.instrument.pairs,
        *(verdict.evidence for limit in comparison.limits for verdict in limit.verdicts),
    )
    yield from (row for contrast in contrasts for row in contrast.rows)
    for limit in comparison.limits:
        yield from (odd.row for odd in limit.odd_rows)
        yield from (early.row for early in limit.early_refusals)


def _deciding(limit: LimiterFindings) -> Iterator[Verdict]:
    """The verdicts that the headline rests on."""
    counted_by = followed(limit)
    for verdict in limit.verdicts:
        shared = verdict.dimension == "install" and verdict.reach == "wider"
        if shared or verdict.dimension in counted_by:
            yield verdict


def headline_of(limit: LimiterFindings, language: Language) -> str:
    """The headline of a limit; Zen's own is what people mean by the free quota."""
    headline = _headline(limit, language)
    if limit.origin == "zen":
        return headline
    provider = limit.origin.removeprefix("relayed:")
    return language.say("{provider}: {headline}", provider=provider, headline=headline)


def _headline(limit: LimiterFindings, language: Language) -> str:
    found = {verdict.dimension: verdict for verdict in limit.verdicts}
    counted_by = followed(limit)
    shared = found["install"].reach == "wider"
    if not limit.hypotheses:
        return language.text("The observations contradict each other: no explanation fits all.")
    if not counted_by:
        if () in limit.hypotheses and shared:
            return language.text("Shared across installs; whether by all users is not known yet.")
        if () in limit.hypotheses:
            return language.text(
                "Not known yet: even one quota for all users would explain what was seen."
            )
        possible = explanations([one.parts for one in limit.ranked] or limit.hypotheses, language)
        if shared and len(limit.hypotheses) > 1:
            return language.say(
                "Shared across installs; by what is not known yet. Possible: {possible}.",
                possible=possible,
            )
        if shared:
            return language.say(
                "Shared across installs; by what is not sure yet. Only this fits so far: "
                "{possible}.",
                possible=possible,
            )
        if len(limit.hypotheses) == 1:
            return language.say(
                "Not sure yet. Only this fits so far: {possible}.", possible=possible
            )
        return language.say("Not known yet. Possible: {possible}.", possible=possible)
    first, *others = sorted(counted_by, key=_order)
    names = joined((one(name, language) for name in (first, *others)), language)
    if not shared and OWN.isdisjoint(counted_by) and "device" not in counted_by:
        return language.say(
            "Counted per {names}; whether installs share it is not known yet.", names=names
        )
    words = language.text(TEXTS["shared"][first])
    if not others:
        return language.say("{words}.", words=words)
    rest = joined((one(name, language) for name in others), language)
    return language.say("{words}, separately for each {rest}.", words=words, rest=rest)


def _notes(comparison: Comparison, language: Language) -> Iterator[str]:
    """What is not said at the beginning already."""
    if comparison.instrument.status == "no_sign":
        yield instrument_told(comparison.instrument, language)
    labels = [note.label for note in comparison.notes if note.id == "label"]
    for note in comparison.notes:
        if note.id != "simulated" and not (note.id == "label" and len(labels) > 1):
            yield language.say(say.NOTES[note.id], **note.model_dump())
    if len(labels) > 1:
        yield language.say(
            "These network labels stand for several egress addresses each: {labels}.",
            labels=some_of(labels, language),
        )


def _order(name: DimensionName) -> int:
    """Whom a quota belongs to comes before what it is for."""
    last = ("model", "model_group", "client", "user_agent", "instrument")
    return last.index(name) + 1 if name in last else 0


def _no_limit(comparison: Comparison, language: Language) -> str:
    if not comparison.exchanges:
        return language.text("There is nothing to compare: no exchange was captured.")
    if not comparison.refusals:
        return language.text(
            "Nobody was refused by a free quota yet: nothing can be said about it."
        )
    return language.text("Nothing can be said: no refusal can be used, for the reasons below.")


def _granted(deciding: list[Verdict], language: Language) -> str:
    found = dict.fromkeys(name for verdict in deciding for name in verdict.assumptions)
    if not found:
        return ""
    words = joined((language.text(TEXTS["granted"][name]) for name in found), language)
    return language.say("{words}.", words=words[:1].upper() + words[1:])


def _early(limit: LimiterFindings, teller: Teller) -> Iterator[str]:
    """Who was refused too early for its own use to be the reason, unless it is known why."""
    known = [early for early in limit.early_refusals if early.install]
    install = next(one for one in limit.verdicts if one.dimension == "install")
    if install.finding == "follows" or install.reach or not limit.hypotheses:
        return
    for early in known[:1]:
        yield teller.language.say(
            "{install} was refused after {own} of its own requests where another got {most}: most "
            "likely it shares its quota, with another install here or with somebody unknown.",
            install=teller.name(early.install),
            own=early.own_requests,
            most=early.most_admitted,
        )


def _odd(limit: LimiterFindings, teller: Teller) -> str:
    if not limit.odd_rows:
        return ""
    rows = [odd.row for odd in limit.odd_rows]
    return teller.language.say(
        "All but {where} fit this: {explanation}.",
        where=teller.where(rows),
        explanation=explanation(limit.odd_rows[0].fits, teller.language),
    )
