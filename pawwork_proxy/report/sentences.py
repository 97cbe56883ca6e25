"""What a comparison found, in sentences: the reasons of verdicts, the contrasts, the notes.

Invariant: every sentence is read off verdicts and counts, and claims no more than they do. Whoever
may ask `assets/sentences.toml` for an id finds it; a test compares its ids with what can be found.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from pawwork_proxy.comparison.dimensions import title
from pawwork_proxy.facts.table import read
from pawwork_proxy.model.evidence import Contrast, EvidenceRow
from pawwork_proxy.model.verdict import (
    Comparison,
    EarlyRefusal,
    InstrumentFinding,
    NoiseFloor,
    Note,
    OptionFinding,
    Verdict,
)
from pawwork_proxy.report.answer_words import instrument_told, joined
from pawwork_proxy.report.language import ENGLISH, Language

_SECTIONS = read("sentences", __package__, "assets")
GROUNDS: dict[str, str] = _SECTIONS["grounds"]
ASSUMPTIONS: dict[str, str] = _SECTIONS["assumptions"]
EXCLUSIONS: dict[str, str] = _SECTIONS["exclusions"]
METHOD: dict[str, str] = _SECTIONS["method"]
OPTION_NAMES: dict[str, str] = _SECTIONS["option_names"]
OPTIONS: dict[str, dict[str, dict[str, str]]] = _SECTIONS["options"]
NOTES: dict[str, str] = _SECTIONS["notes"]
SWEEPS: dict[str, str] = _SECTIONS["sweeps"]
VARIATIONS: dict[str, dict[str, str]] = _SECTIONS["variations"]
COSTS: dict[str, str] = _SECTIONS["costs"]
LACKING: dict[str, str] = _SECTIONS["lacking"]
WITHOUT_EVIDENCE: dict[str, dict[str, Any]] = {
    name: _SECTIONS[name] for name in ("wait_for_refusal", "observe_untouched", "try_both_routes")
}
"""Experiments that need nobody who was refused by a quota."""
WITHOUT_TRIAL: dict[str, dict[str, Any]] = {
    name: _SECTIONS[name]
    for name in ("repeat_row", "nothing_more", "not_refused_again", "contradiction")
}
"""What is advised where no trial is."""


def instrument_words(found: InstrumentFinding) -> str:
    """Whether measuring disturbs, with the rows that show it."""
    rows = ", ".join(f"{row_label(row)} {row.part}" for row in found.rows)
    if found.pairs:
        refused, admitted = map(row_label, found.pairs[0].rows)
        more = f"; independent pairs: {found.independent}" if found.independent > 1 else ""
        rows = f"{refused} refused, then {admitted} admitted{more}"
    told = instrument_told(found, ENGLISH)
    return f"{told} ({rows})" if rows else told


def notes_of(comparison: Comparison) -> Iterator[str]:
    """What weakens the comparison; that measuring disturbs is part of the answer."""
    if comparison.instrument.status in {"suspected", "no_sign"}:
        yield instrument_words(comparison.instrument)
    yield from map(note_words, comparison.notes)


def note_words(note: Note) -> str:
    """What weakens the comparison."""
    return NOTES[note.id].format(**note.model_dump())


def option_words(option: OptionFinding) -> str:
    """What the verdicts mean for a product option."""
    if option.open is None:
        return f"{OPTION_NAMES[option.option]}: not decidable yet."
    decided = OPTIONS[option.option]["open" if option.open else "ruled_out"]
    return decided[option.because_of or ""]


def reasoning(verdict: Verdict, language: Language = ENGLISH) -> str:
    """Why a verdict is as it is; the contrast stands beside it and is not repeated."""
    return language.say(
        GROUNDS[verdict.ground],
        name=_title(verdict.dimension, language),
        narrower=_title(verdict.narrower_by or verdict.dimension, language),
        rivals=_titles(verdict.confounded_with, language),
        seen=language.text("the same in all rows")
        if verdict.values_seen
        else language.text("not known in these captures"),
    )


def _title(name: str, language: Language) -> str:
    return language.text(title(name))


def _titles(names: Iterable[str], language: Language) -> str:
    return joined((_title(name, language) for name in names), language)


def verdict_words(verdict: Verdict) -> str:
    """A verdict by itself: what it says, and the plainest contrast behind it."""
    example = verdict.evidence[:1] if verdict.reason == "decided" else ()
    return " ".join([reasoning(verdict), *map(contrast_words, example)])


def row_label(row: EvidenceRow) -> str:
    """Where to find a row: capture and sequence."""
    return f"{row.capture}#{row.seq}"


def contrast_words(contrast: Contrast, language: Language = ENGLISH) -> str:
    """What the rows of a contrast show together."""
    first, earlier, last = (row_label(contrast.rows[place]) for place in (0, -2, -1))
    if contrast.shows == "shared":
        numbers = {"own": contrast.own, "elsewhere": contrast.elsewhere}
        if not contrast.own:
            return language.say(
                "{last} was refused on its first request, while {first} was admitted after "
                "{elsewhere}.",
                last=last,
                first=first,
                **numbers,
            )
        return language.say(
            "{last} was refused after at most {own} requests of its own, while {first} was "
            "admitted after {elsewhere}.",
            last=last,
            first=first,
            **numbers,
        )
    if contrast.shows == "opposed":
        return language.say(
            "Each kind of client was admitted after the other had been refused (last {earlier}, "
            "then {last}): not two thresholds of one pool.",
            earlier=earlier,
            last=last,
        )
    changed = _titles(contrast.differs_in, language) or language.text("nothing that is recorded")
    return language.say(
        "{last} was admitted after {earlier} was refused; changed: {changed}.",
        last=last,
        earlier=earlier,
        changed=changed,
    )


def early_refusal_words(early: EarlyRefusal, language: Language = ENGLISH) -> str:
    """Who was refused too early for its own use to be the reason."""
    return language.say(
        "{install} was refused ({row}) after at most {own} requests of its own that are known, "
        "where another got {most}: most likely somebody else, captured or not, used its pool.",
        install=early.install,
        row=row_label(early.row),
        own=early.own_requests,
        most=early.most_admitted,
    )


def noise_words(noise: NoiseFloor, language: Language = ENGLISH) -> str:
    """How often exchanges differ that agree in all that a server sees (A/A pairs)."""
    if not noise.pairs:
        return language.text(
            "No two exchanges are known to agree in all that a server sees: no A/A pair."
        )
    if not noise.differing:
        return language.say("None of {pairs} A/A pairs differs.", pairs=noise.pairs)
    return language.say(
        "{differing} of {pairs} A/A pairs differ: who asks, or something unseen, plays a part.",
        differing=noise.differing,
        pairs=noise.pairs,
    )
