"""By which dimensions a limit counts, which share it, and what nobody tried: lists of names.

Invariant: each list is read off the verdicts; a dimension that nobody asks about stands in none.
"""

from collections.abc import Iterable, Iterator

from pawwork_proxy.model.observation import DimensionName
from pawwork_proxy.model.verdict import LimiterFindings
from pawwork_proxy.report.answer_words import TEXTS, joined, one, several
from pawwork_proxy.report.language import Language, paragraph

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
NOT_VARIED = frozenset({"one_value", "only_ipv4"})
NOT_SHOWN = frozenset({"network", "global", "request", "instrument"})
"""Dimensions that nobody asks about unless the quota is counted by them."""


def followed(limit: LimiterFindings) -> list[DimensionName]:
    """By what the quota is counted; an address or prefix says more than the network does."""
    names = [verdict.dimension for verdict in limit.verdicts if verdict.finding == "follows"]
    return [name for name in names if name != "network"] or names


def findings_of(limit: LimiterFindings, language: Language) -> Iterator[tuple[str, str]]:
    """The verdicts of all dimensions in a few lines."""
    counted_by = followed(limit)
    shown = [one for one in limit.verdicts if one.dimension not in NOT_SHOWN]
    by_reach: dict[str, list[DimensionName]] = {"wider": [], "narrower": [], "": []}
    confounded: list[DimensionName] = []
    unsettled: list[DimensionName] = []
    once: list[DimensionName] = []
    turned_away: list[DimensionName] = []
    by_ground = {"one_observation": once, "always_refused": turned_away}
    for verdict in shown:
        if verdict.finding == "does_not_follow":
            by_reach[verdict.reach].append(verdict.dimension)
        elif verdict.finding == "undetermined" and verdict.reason == "confounded":
            confounded.append(verdict.dimension)
        elif verdict.finding == "undetermined" and verdict.reason == "insufficient":
            by_ground.get(verdict.ground, unsettled).append(verdict.dimension)
    if counted_by:
        names = joined((one(name, language) for name in counted_by), language)
        yield language.text("Counted by"), names
    for label, dimensions in (
        (language.text("Shared across"), by_reach["wider"]),
        (language.text("Finer than"), by_reach["narrower"]),
        (language.text("Not counted by"), by_reach[""]),
        (language.text("Changed together, so not told apart"), confounded),
        (language.text("Not sure yet"), once),
        (language.text("Refused and never answered, as by a rule for all"), turned_away),
        (language.text("Not decided"), unsettled),
    ):
        if dimensions:
            yield label, several(dimensions, language)


def not_tried(limit: LimiterFindings, language: Language, groups: Iterable[str]) -> str:
    """Which of these groups nobody varied, and which are not known."""
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
