"""What a comparison found, in sentences: the conclusion, the reasons of verdicts, the notes.

Invariant: every sentence is read off verdicts and counts, and claims no more than they do. Whoever
may ask `assets/sentences.toml` for an id finds it; a test compares its ids with what can be found.
"""

import tomllib
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from typing import Any

from pawwork_proxy.comparison.dimensions import DIMENSIONS, title
from pawwork_proxy.model.observation import DimensionName
from pawwork_proxy.model.verdict import (
    Comparison,
    Contrast,
    EarlyRefusal,
    EvidenceRow,
    Finding,
    InstrumentFinding,
    LimiterFindings,
    NoiseFloor,
    Note,
    OptionFinding,
    Verdict,
)
from pawwork_proxy.report.language import ENGLISH, Language

_SECTIONS: dict[str, Any] = tomllib.loads(
    (files("pawwork_proxy.report") / "assets" / "sentences.toml").read_text(encoding="utf-8")
)

GROUNDS: dict[str, str] = _SECTIONS["grounds"]
ASSUMPTIONS: dict[str, str] = _SECTIONS["assumptions"]
EXCLUSIONS: dict[str, str] = _SECTIONS["exclusions"]
SHARED: dict[str, str] = _SECTIONS["shared"]
RESETS: dict[str, str] = _SECTIONS["resets"]
OPTION_NAMES: dict[str, str] = _SECTIONS["option_names"]
OPTIONS: dict[str, dict[str, dict[str, str]]] = _SECTIONS["options"]
INSTRUMENT: dict[str, str] = _SECTIONS["instrument"]
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
    name: _SECTIONS[name] for name in ("repeat_row", "nothing_more")
}
"""What is advised where no trial is."""

OWN: frozenset[DimensionName] = frozenset({"install", "session", "request"})
"""What belongs to one install only; a limit that follows one of these is not shared."""

ASKED: tuple[DimensionName, ...] = (
    "address",
    "prefix",
    "network",
    "key",
    "device",
    "install",
    "session",
    "project",
    "model",
    "model_group",
    "user_agent",
)
"""What the conclusion names when the limit does not follow it; people ask about these."""

USED_BEFORE = frozenset({"device", "install", "key"})
"""What may have sent requests before the capture began; an id of one conversation cannot have."""

MOST_NAMED = 4
"""Hypotheses that are named; of more, only the number is given."""


def conclusion(comparison: Comparison) -> str:
    """The answer to what the free quota follows, as far as the data go.

    That measuring disturbs comes first, for it says what the rest is worth.
    """
    if comparison.instrument.status == "disturbs":
        return f"{instrument_words(comparison.instrument)} {_of_quota(comparison)}"
    return _of_quota(comparison)


def _of_quota(comparison: Comparison) -> str:
    if comparison.limits:
        return limiter_conclusion(comparison.limits[0])
    if not comparison.exchanges:
        return "There are no exchanges to compare."
    if not comparison.refusals:
        return "Nobody was refused by a free quota: nothing can be said about what it follows."
    return "No refusal can be used as evidence: see the exclusions for the reasons."


def limiter_conclusion(limit: LimiterFindings) -> str:
    """One limiter's conclusion in a few sentences."""
    found = {verdict.dimension: verdict.finding for verdict in limit.verdicts}
    followed = [row.name for row in DIMENSIONS if found[row.name] == "follows"]
    not_followed = [title(name) for name in ASKED if found[name] == "does_not_follow"]
    quota = _quota(limit.origin)
    if followed:
        # An address or prefix that is followed says more than the network it stands for.
        shown = [name for name in followed if name != "network"] or followed
        clauses = [f"{quota} is {_meaning(shown, found)}"]
    else:
        clauses = [f"What {quota[0].lower()}{quota[1:]} follows is not decidable yet"]
    clauses.append(RESETS[limit.cadence if limit.announced else "not_announced"])
    if not_followed:
        clauses.append(f"not per {', '.join(not_followed)}")
    sentences = ["; ".join(clauses) + "."]
    if not limit.hypotheses:
        sentences.append(
            "The rows contradict each other under every explanation: both sides are shown."
        )
    elif len(limit.hypotheses) > 1 or not followed:
        sentences.append(_possible(limit.hypotheses))
    if limit.early_refusals:
        sentences.append(
            "Some were refused after few requests of their own: "
            "most likely others, captured or not, use their pool."
        )
    before = sorted({row.install for row in _refused_at_once(limit.verdicts) if row.install})
    if before:
        sentences.append(
            f"This takes for granted that {' and '.join(before)} had asked nothing in that window "
            "before the capture began, and that no capture of it is left out."
        )
    return " ".join(sentences)


def _possible(hypotheses: Sequence[Sequence[str]]) -> str:
    words = "; ".join(map(hypothesis_words, hypotheses[:MOST_NAMED]))
    further = len(hypotheses) - MOST_NAMED
    more = f", or {further} more" if further > 0 else ""
    if () in hypotheses:
        more = ", or one per any of what is open"
    return f"Still possible: {words}{more}."


def _meaning(followed: Sequence[DimensionName], found: dict[DimensionName, Finding]) -> str:
    """What it means for people that a limit follows these."""
    own = not OWN.isdisjoint(followed)
    if len(followed) == 1 if own else found["install"] == "does_not_follow":
        return ", and ".join(SHARED.get(name, f"one per {title(name)}") for name in followed)
    names = ("network (address or prefix)" if it == "network" else title(it) for it in followed)
    is_open = "" if own else " (whether each install has its own there is open)"
    return f"one per {' and '.join(names)}{is_open}"


def _refused_at_once(verdicts: Iterable[Verdict]) -> Iterator[EvidenceRow]:
    """Refusals that count because nothing came before them, as far as was captured."""
    for verdict in verdicts:
        if verdict.finding == "does_not_follow" and verdict.dimension in USED_BEFORE:
            yield from (one.rows[-1] for one in verdict.evidence if one.shows == "shared")


def _quota(origin: str) -> str:
    """Whose limit it is; Zen's own is what people mean by the free quota."""
    if origin == "zen":
        return "The free quota"
    return f"The limit relayed from {origin.removeprefix('relayed:')}"


def instrument_words(found: InstrumentFinding) -> str:
    """Whether measuring disturbs, with the rows that show it."""
    told = INSTRUMENT["mixed" if found.status == "suspected" and found.pairs else found.status]
    rows = ", ".join(f"{row_label(row)} {row.part}" for row in found.rows)
    if found.pairs:
        refused, admitted = map(row_label, found.pairs[0].rows)
        more = f"; independent pairs: {found.independent}" if found.independent > 1 else ""
        rows = f"{refused} refused, then {admitted} admitted{more}"
    by_label = [INSTRUMENT["by_label"]] if found.by_label else []
    return " ".join([told.format(rows=rows), *by_label])


def notes_of(comparison: Comparison) -> Iterator[str]:
    """What weakens the comparison; that measuring disturbs is part of the conclusion."""
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


def hypothesis_words(parts: Iterable[str], language: Language = ENGLISH) -> str:
    """A quota key hypothesis as people say it."""
    names = [language.text(title(part)) for part in parts]
    if not names:
        return language.text("one pool for everybody")
    return language.say("per {names}", names=language.text(" and ").join(names))


def reasoning(verdict: Verdict) -> str:
    """Why a verdict is as it is; the contrast stands beside it and is not repeated."""
    return GROUNDS[verdict.ground].format(
        name=title(verdict.dimension),
        narrower=title(verdict.narrower_by or verdict.dimension),
        rivals=", ".join(map(title, verdict.confounded_with)),
        seen="the same in all rows" if verdict.values_seen else "not known in these captures",
    )


def verdict_words(verdict: Verdict) -> str:
    """A verdict by itself: what it says, and the plainest contrast behind it."""
    example = verdict.evidence[:1] if verdict.reason == "decided" else ()
    return " ".join([reasoning(verdict), *map(contrast_words, example)])


def row_label(row: EvidenceRow) -> str:
    """Where to find a row: capture and sequence."""
    return f"{row.capture}#{row.seq}"


def contrast_words(contrast: Contrast) -> str:
    """What the rows of a contrast show together."""
    first, earlier, last = (row_label(contrast.rows[place]) for place in (0, -2, -1))
    if contrast.shows == "shared":
        own = f"at most {contrast.own} requests" if contrast.own else "no request"
        return (
            f"{last} was refused after {own} of its own, "
            f"while {first} was admitted after {contrast.elsewhere}."
        )
    if contrast.shows == "opposed":
        return (
            "Each kind of client was admitted after the other had been refused "
            f"(last {earlier}, then {last}): not two thresholds of one pool."
        )
    changed = ", ".join(map(title, contrast.differs_in)) or "nothing that is recorded"
    return f"{last} was admitted after {earlier} was refused; changed: {changed}."


def early_refusal_words(early: EarlyRefusal) -> str:
    """Who was refused too early for its own use to be the reason."""
    return (
        f"{early.install} was refused ({row_label(early.row)}) after at most {early.own_requests} "
        f"requests of its own that are known, where another got {early.most_admitted}: most likely "
        "somebody else, captured or not, used its pool."
    )


def noise_words(noise: NoiseFloor) -> str:
    """How often exchanges differ that agree in all that a server sees (A/A pairs)."""
    if not noise.pairs:
        return "No two exchanges are known to agree in all that a server sees: no A/A pair."
    if not noise.differing:
        return f"None of {noise.pairs} A/A pairs differs."
    return (
        f"{noise.differing} of {noise.pairs} A/A pairs differ: who asks, or something unseen, "
        "plays a part."
    )
