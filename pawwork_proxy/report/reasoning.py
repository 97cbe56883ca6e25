"""What a comparison found, in sentences: hypotheses, verdicts, contrasts, the noise floor."""

from collections.abc import Iterable

from pawwork_proxy.comparison.dimensions import title
from pawwork_proxy.model.verdict import (
    Contrast,
    EarlyRefusal,
    EvidenceRow,
    NoiseFloor,
    Verdict,
)
from pawwork_proxy.report.sentences import GROUNDS


def hypothesis_words(parts: Iterable[str]) -> str:
    """A quota key hypothesis as people say it."""
    names = [title(part) for part in parts]
    return f"per {' and '.join(names)}" if names else "one pool for everybody"


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
