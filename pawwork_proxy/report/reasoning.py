"""Sentences for what a comparison found: hypotheses, verdicts, contrasts, exclusions, assumptions.

Invariant: every table has a sentence for every value that the comparison can give.
"""

from __future__ import annotations

from collections.abc import Iterable

from pawwork_proxy.comparison.dimensions import title
from pawwork_proxy.model.verdict import (
    AssumptionId,
    Contrast,
    EarlyRefusal,
    EvidenceRow,
    Ground,
    NoiseFloor,
    Verdict,
)

GROUNDS: dict[Ground, str] = {
    "separate_pools": "Another {name}, another pool.",
    "several_pools": "There is more than one pool.",
    "narrower_pools": "The pools are narrower: by {narrower}.",
    "not_part": "Not part of what the pool is chosen by.",
    "only_ipv4": "No IPv6 address was seen; for IPv4 the prefix is the address itself.",
    "not_known": "The {name} is not known in these captures.",
    "one_value": "Only one {name} was seen.",
    "unrecorded_change": "Only another {name} would explain the rows, and it is {seen}: something "
    "else, which is not recorded, may have changed.",
    "confounded": "Cannot be told from: {rivals}.",
    "nothing_fits": "No explanation fits all rows: a rule, an address or a label changed "
    "unnoticed.",
    "models_differ": "Some models share a pool and others do not; both are shown.",
    "global_fits": "One pool for everybody would still explain every row.",
    "not_in_every_row": "No row shows whether the {name} matters in addition; it is not known in "
    "every row.",
    "used_by_others": "No row shows whether the {name} matters in addition: others may have used "
    "up what was refused.",
    "no_known_pair": "Only the {name} would explain the rows, but none shows an admission after a "
    "refusal of another known one.",
}

ASSUMPTIONS: dict[AssumptionId, str] = {
    "two_parts": "The server keys its pools on at most two of these dimensions, and nothing "
    "unrecorded changed along with them.",
    "recorded_values": "The recorded egress address, key and headers are those of the very "
    "request.",
    "no_early_reset": "No counter was reset and no limit raised in the middle of a window.",
    "same_order": "Where thresholds differ by client or model, the same one is the higher in every "
    "pool.",
    "all_captured": "The installs, sessions and keys in the captures sent nothing past them in "
    "these windows.",
    "own_values": "Nobody else uses the users' own keys, devices and installs.",
    "uniform": "Pools of one limit have one threshold within a window for the same client and "
    "model, at most doubled for a new address.",
    "alone": "Nobody else used the address, as the user vouches.",
}

EXCLUSIONS: dict[str, str] = {
    "other_tier": "not a request to the free tier's address (Go plan or another service)",
    "no_model_call": "a listing, usage or other call that no model answers",
    "other_limit": "a plan's or a key's own limit, not the free quota",
    "before_limiter": "refused for billing, key, model or policy: says nothing about a quota",
    "not_from_server": "the refusal did not come from Zen or a provider",
    "no_fixed_reset": "a quota that resets at no fixed moment: no windows to compare in",
    "not_quota": "overload, error or broken connection: neither admitted nor refused by a quota",
    "no_answer": "no answer's head was seen, so nothing orders it in time",
    "unknown_model": "a model was asked, and its name could not be read",
    "paid_model": "not a free model: another limiter or none",
    "not_known_free": "not known whether the model is a free one",
    "not_recorded": "passed without a record (lost, withheld, under way, not in the bundle): may "
    "have been counted",
    "other_study": "captured under another study's key: its pseudonyms cannot be compared",
    "simulated": "simulated; real captures are compared with real ones only",
    "near_reset": "too close to a reset to tell which window it was counted in",
    "no_refusal_in_window": "nobody was refused in its reset window: nothing to compare with",
}


def hypothesis_words(parts: Iterable[str]) -> str:
    """A quota key hypothesis as people say it."""
    names = [title(part) for part in parts]
    return f"per {' and '.join(names)}" if names else "one pool for everybody"


def reasoning(verdict: Verdict) -> str:
    """Why a verdict is what it is, without the contrast that is shown beside it."""
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
