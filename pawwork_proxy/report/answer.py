"""The answer: what a comparison found, in the order in which people ask.

Text and page are made from this one value, so that they say the same in the same words. Invariant:
it claims no more than the verdicts; no hash, no internal id and no label counts as a finding.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, tzinfo
from itertools import chain
from math import log10
from typing import Literal, NamedTuple

from pawwork_proxy.model.observation import DimensionName
from pawwork_proxy.model.verdict import (
    Comparison,
    Contrast,
    EvidenceRow,
    LimiterFindings,
    OptionFinding,
    ProductOption,
    Verdict,
)
from pawwork_proxy.report import sentences as say
from pawwork_proxy.report.answer_words import (
    TEXTS,
    explanation,
    explanations,
    joined,
    one,
    quota_words,
    several,
)
from pawwork_proxy.report.contrast_story import Story, Teller
from pawwork_proxy.report.language import ENGLISH, Language, paragraph
from pawwork_proxy.report.moments import wait
from pawwork_proxy.report.next_step import Instructions, instructions

GROUPS: dict[str, tuple[DimensionName, ...]] = {
    "key": ("key", "auth_kind", "workspace"),
    "model": ("model", "model_group"),
    "install": ("install",),
    "address": ("address", "prefix", "family"),
    "device": ("device",),
    "session": ("session",),
    "project": ("project",),
    "client": ("client", "user_agent"),
    "region": ("region",),
}
"""What people vary, and the dimensions that differ then; the first four stand in the headline."""
IN_HEADLINE = ("key", "model", "install", "address")
OWN: frozenset[DimensionName] = frozenset({"install", "session", "request"})
"""What belongs to one install only; a quota that is counted by one of these is not shared."""
NOT_VARIED = frozenset({"one_value", "only_ipv4"})
NOT_SHOWN = frozenset({"network", "global", "request", "instrument"})
"""Dimensions that nobody asks about unless the quota is counted by them."""
ASKED_FIRST: tuple[DimensionName, ...] = ("install", "key", "address", "model", "session", "device")
DECIDED_BY: dict[ProductOption, tuple[DimensionName, ...]] = {
    "own_relay": ("address", "key", "install", "session"),
    "user_keys": ("key",),
    "no_free_default": ("install", "session"),
}
"""Verdicts that an option waits for."""
SURE, FAIR = 0.01, 0.1
"""The odds of the best rival up to which confidence is high, and fair."""
LEAST_ODDS = 1e-6
STORIES = 5

Decision = Literal["keep", "drop", "not_known"]


class Option(NamedTuple):
    """A product option, and whether it makes sense."""

    option: ProductOption
    decision: Decision
    name: str
    word: str
    """The decision in words."""
    reason: str


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
    teller = Teller(rows_told(comparison), language, files or {})
    deciding = list(_deciding(limit)) if limit else []
    experiment = comparison.next_experiment
    spoken = comparison.instrument.status in {"disturbs", "suspected"}
    pairs = comparison.instrument.pairs[:1]
    return Answer(
        caution=language.text("SIMULATED: this says nothing about the real server.")
        if comparison.simulated
        else "",
        instrument=language.text(TEXTS["instrument"][comparison.instrument.status])
        if spoken
        else "",
        headline=headline_of(limit, language) if limit else _no_limit(comparison, language),
        not_tried_first=_not_tried(limit, language, IN_HEADLINE) if deciding and limit else "",
        seen=_seen(deciding, language),
        quota=quota_words(limit, language, zone) if limit else "",
        confidence=_confidence(deciding, language),
        granted=_granted(deciding, limit, teller) if limit else "",
        odd=_odd(limit, teller) if limit else "",
        options=tuple(_option(found, limit, language) for found in comparison.options),
        findings=tuple(_findings(limit, language)) if limit else (),
        not_tried=_not_tried(limit, language, GROUPS) if limit else "",
        next_step=instructions(experiment, language) if experiment else None,
        evidence=(
            *(
                teller.story(
                    language.text("Only the way of observing differed"), pair, "instrument"
                )
                for pair in pairs
            ),
            *(_stories(limit, teller) if limit else ()),
        ),
        others=tuple(
            language.say("Another limit. {headline}", headline=headline_of(other, language))
            for other in comparison.limits[1:]
        ),
        notes=tuple(_notes(comparison, language)),
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


def _followed(limit: LimiterFindings) -> list[DimensionName]:
    """By what the quota is counted; an address or prefix says more than the network does."""
    names = [verdict.dimension for verdict in limit.verdicts if verdict.finding == "follows"]
    return [name for name in names if name != "network"] or names


def _deciding(limit: LimiterFindings) -> Iterator[Verdict]:
    """The verdicts that the headline rests on."""
    followed = _followed(limit)
    for verdict in limit.verdicts:
        shared = verdict.dimension == "install" and verdict.finding == "does_not_follow"
        if shared or verdict.dimension in followed:
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
    followed = _followed(limit)
    shared = found["install"].finding == "does_not_follow"
    if not limit.hypotheses:
        return language.text("The observations contradict each other: no explanation fits all.")
    if not followed:
        if () in limit.hypotheses:
            return language.text(
                "Not known yet: even one quota for all users would explain what was seen."
            )
        possible = explanations([one.parts for one in limit.ranked] or limit.hypotheses, language)
        if shared and _reach(found["install"]) == "wider":
            return language.say(
                "Shared across installs; by what is not known yet. Possible: {possible}.",
                possible=possible,
            )
        if len(limit.hypotheses) == 1:
            return language.say(
                "Not sure yet. Only this fits so far: {possible}.", possible=possible
            )
        return language.say("Not known yet. Possible: {possible}.", possible=possible)
    first, *others = sorted(followed, key=_order)
    names = joined((one(name, language) for name in (first, *others)), language)
    if not shared and OWN.isdisjoint(followed) and "device" not in followed:
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
        yield language.text(TEXTS["instrument"]["no_sign"])
    for note in comparison.notes:
        if note.id != "simulated":
            yield language.say(say.NOTES[note.id], **note.model_dump())


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


def _reach(verdict: Verdict) -> str:
    """How a quota reaches beyond a dimension, or is cut finer."""
    return verdict.reach or ("narrower" if verdict.ground == "narrower_pools" else "wider")


def _findings(limit: LimiterFindings, language: Language) -> Iterator[tuple[str, str]]:
    """The verdicts of all dimensions in a few lines."""
    followed = _followed(limit)
    shown = [one for one in limit.verdicts if one.dimension not in NOT_SHOWN]
    wider: list[DimensionName] = []
    narrower: list[DimensionName] = []
    confounded: list[DimensionName] = []
    unsettled: list[DimensionName] = []
    once: list[DimensionName] = []
    turned_away: list[DimensionName] = []
    by_ground = {"one_observation": once, "always_refused": turned_away}
    for verdict in shown:
        if verdict.finding == "does_not_follow":
            (narrower if _reach(verdict) == "narrower" else wider).append(verdict.dimension)
        elif verdict.finding == "undetermined" and verdict.reason == "confounded":
            confounded.append(verdict.dimension)
        elif verdict.finding == "undetermined" and verdict.reason == "insufficient":
            by_ground.get(verdict.ground, unsettled).append(verdict.dimension)
    if followed:
        names = joined((one(name, language) for name in followed), language)
        yield language.text("Counted by"), names
    for label, dimensions in (
        (language.text("Shared across"), wider),
        (language.text("Finer than"), narrower),
        (language.text("Changed together, so not told apart"), confounded),
        (language.text("Seen once only"), once),
        (language.text("Refused and never answered, as by a rule for all"), turned_away),
        (language.text("Not decided"), unsettled),
    ):
        if dimensions:
            yield label, several(dimensions, language)


def _not_tried(limit: LimiterFindings, language: Language, groups: Iterable[str]) -> str:
    grounds = {verdict.dimension: verdict.ground for verdict in limit.verdicts}
    untried, unknown = [], []
    for group in groups:
        of_group = {grounds[name] for name in GROUPS[group]}
        if of_group <= NOT_VARIED:
            untried.append(language.text(TEXTS["untried"][group]))
        elif of_group <= NOT_VARIED | {"not_known"}:
            unknown.append(language.text(TEXTS["several"][group]))
    said = []
    if untried:
        said.append(language.say("Not tried: {names}.", names=joined(untried, language)))
    if unknown:
        said.append(language.say("Not recorded: {names}.", names=joined(unknown, language)))
    return paragraph(said)


def _seen(deciding: list[Verdict], language: Language) -> str:
    if not deciding:
        return ""
    times = min(verdict.independent for verdict in deciding)
    said = language.count("Seen once", "Seen {number} times independently", times)
    gaps = [verdict.gap_s for verdict in deciding if verdict.gap_s is not None]
    if gaps:
        gap = wait(max(gaps), language)
        said = language.count(
            "{said}, within {gap}", "{said}, the clearest within {gap}", times, said=said, gap=gap
        )
    return language.say("{said}.", said=said)


def _confidence(deciding: list[Verdict], language: Language) -> str:
    if not deciding:
        return ""
    rated = [verdict for verdict in deciding if verdict.rival_odds is not None]
    weakest = max(rated, key=lambda verdict: verdict.rival_odds or 0.0, default=None)
    once = any(verdict.independent < 2 and not verdict.repeated for verdict in deciding)
    odds = FAIR if weakest is None or weakest.rival_odds is None else weakest.rival_odds
    level = "low" if once or odds > FAIR else "high" if odds <= SURE else "fair"
    words = language.text(TEXTS["confidence"][level])
    said = [language.say("{words}.", words=words)]
    if once:
        said.append(language.text("It was seen once only; repeat it."))
    if weakest is not None:
        said.append(
            language.say(
                "The best other explanation ({rival}) makes these observations {odds}.",
                rival=explanation(weakest.rival, language),
                odds=_odds(odds, language),
            )
        )
    return paragraph(said)


def _odds(odds: float, language: Language) -> str:
    """`500 times less likely`, or a percentage where that is clearer."""
    if odds > FAIR:
        return language.say("{share} as likely", share=f"{odds:.0%}")
    number = min(1 / max(odds, LEAST_ODDS), 1 / LEAST_ODDS)
    scale = 10 ** max(int(log10(number)) - 1, 0)
    return language.say("{number} times less likely", number=round(number / scale) * scale)


def _granted(deciding: list[Verdict], limit: LimiterFindings, teller: Teller) -> str:
    language = teller.language
    found = dict.fromkeys(name for verdict in deciding for name in verdict.assumptions)
    said = []
    if found:
        words = joined((language.text(TEXTS["granted"][name]) for name in found), language)
        said.append(language.say("{words}.", words=words[:1].upper() + words[1:]))
    shared = any(one.dimension == "install" for one in deciding)
    if limit.early_refusals and not shared:
        early = limit.early_refusals[0]
        said.append(
            language.say(
                "{install} was refused after {own} of its own requests where another got {most}: "
                "most likely somebody else used its quota.",
                install=teller.name(early.install),
                own=early.own_requests,
                most=early.most_admitted,
            )
        )
    return paragraph(said)


def _odd(limit: LimiterFindings, teller: Teller) -> str:
    if not limit.odd_rows:
        return ""
    rows = [odd.row for odd in limit.odd_rows]
    return teller.language.say(
        "All but {where} fit this: {explanation}. Repeat that one first.",
        where=teller.where(rows),
        explanation=explanation(limit.odd_rows[0].fits, teller.language),
    )


def _option(found: OptionFinding, limit: LimiterFindings | None, language: Language) -> Option:
    decision: Decision = "not_known" if found.open is None else "keep" if found.open else "drop"
    name = language.text(say.OPTION_NAMES[found.option])
    word = language.text(TEXTS["decisions"][decision])
    if found.open is not None:
        return Option(found.option, decision, name, word, language.text(say.option_words(found)))
    verdicts = {verdict.dimension: verdict for verdict in limit.verdicts} if limit else {}
    waits = (verdicts[needed] for needed in DECIDED_BY[found.option] if needed in verdicts)
    verdict = next((one for one in waits if one.finding == "undetermined"), None)
    if limit is None:
        reason = language.text("No refusal can be used yet.")
    elif not limit.hypotheses:
        reason = language.text("The observations contradict each other.")
    elif verdict is None:
        reason = language.text("The observations so far do not decide it.")
    elif verdict.reason == "untested":
        reason = _not_tried(limit, language, (verdict.dimension,))
    else:
        counted_by = one(verdict.dimension, language)
        reason = language.say(
            "Whether it is counted by {name} is not decided yet.", name=counted_by
        )
    return Option(found.option, decision, name, word, reason)


def _stories(limit: LimiterFindings, teller: Teller) -> Iterator[Story]:
    """The plainest contrast of each verdict that people ask about, each contrast once.

    That a quota is cut finer than a dimension follows from what it is counted by.
    """
    language = teller.language
    followed = _followed(limit)
    found = {verdict.dimension: verdict for verdict in limit.verdicts}
    told: dict[object, _Told] = {}
    for name in dict.fromkeys((*followed, *ASKED_FIRST, *found)):
        verdict = found[name]
        hidden = name in NOT_SHOWN and name not in followed
        narrower = verdict.finding == "does_not_follow" and _reach(verdict) == "narrower"
        if hidden or narrower:
            continue
        shown = verdict.evidence if verdict.reason == "contradictory" else verdict.evidence[:1]
        key = verdict.ground if verdict.finding == "undetermined" else verdict.finding
        for contrast in shown:
            same = (contrast.shows, *((row.capture, row.seq) for row in contrast.rows))
            entry = told.setdefault(same, _Told(contrast, name, verdict.repeated, {}))
            entry.names.setdefault(key, []).append(name)
    for entry in list(told.values())[:STORIES]:
        headings = dict.fromkeys(_shows(key, names, language) for key, names in entry.names.items())
        shows = language.text("; ").join(headings)
        yield teller.story(shows, entry.contrast, entry.of, again=entry.repeated)


class _Told(NamedTuple):
    """A contrast, and the dimensions that it is about by what is found of them."""

    contrast: Contrast
    of: DimensionName
    """Whose verdict it was taken from."""
    repeated: bool
    names: dict[str, list[DimensionName]]


def _shows(key: str, names: list[DimensionName], language: Language) -> str:
    if key == "follows":
        ones = joined((one(name, language) for name in names), language)
        return language.say("Another {names}, another quota", names=ones)
    if key == "does_not_follow":
        return language.say("Shared across {names}", names=several(names, language))
    if key == "one_observation":
        return language.text(
            "Seen once only, so repeat it and ask the refused one again afterwards"
        )
    if key == "unrecorded_change":
        return language.text("Something that was not recorded may have changed")
    return language.text("These contradict each other")
