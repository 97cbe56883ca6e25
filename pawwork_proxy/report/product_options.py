"""What a comparison means for the product: each option is kept, dropped, or not decided yet."""

from collections.abc import Iterable
from typing import Literal, NamedTuple, get_args

from pawwork_proxy.model.observation import DimensionName
from pawwork_proxy.model.verdict import LimiterFindings, OptionFinding, ProductOption
from pawwork_proxy.report import sentences as say
from pawwork_proxy.report.answer_words import TEXTS, one
from pawwork_proxy.report.language import Language
from pawwork_proxy.report.verdict_lists import not_tried

DECIDED_BY: dict[ProductOption, tuple[DimensionName, ...]] = {
    "own_relay": ("address", "key", "install", "session"),
    "user_keys": ("key",),
    "no_free_default": ("install", "session"),
}
"""Verdicts that an option waits for."""
Decision = Literal["keep", "drop", "not_known"]
"""What is decided stands first."""


class Option(NamedTuple):
    """A product option, and whether it makes sense."""

    option: ProductOption
    decision: Decision
    name: str
    word: str
    """The decision in words."""
    reason: str


def options_of(
    found: Iterable[OptionFinding], limit: LimiterFindings | None, language: Language
) -> tuple[Option, ...]:
    """What becomes of each option: first what people can act upon."""
    order = get_args(Decision)
    told = (_option(one, limit, language) for one in found)
    return tuple(sorted(told, key=lambda one: order.index(one.decision)))


def _option(found: OptionFinding, limit: LimiterFindings | None, language: Language) -> Option:
    """What becomes of an option, and why; what is not known yet waits for a verdict."""
    decision: Decision = "not_known" if found.open is None else "keep" if found.open else "drop"
    name = language.text(say.OPTION_NAMES[found.option])
    word = language.text(TEXTS["decisions"][decision])
    if found.open is not None:
        return Option(found.option, decision, name, word, language.text(say.option_words(found)))
    verdicts = {verdict.dimension: verdict for verdict in limit.verdicts} if limit else {}
    if "network" in verdicts and verdicts["network"].finding == "follows":
        del verdicts["address"]  # that one of the two counts is known, and which does not matter
    waits = (verdicts[needed] for needed in DECIDED_BY[found.option] if needed in verdicts)
    verdict = next((one for one in waits if one.finding == "undetermined"), None)
    if limit is None:
        reason = language.text("No refusal can be used yet.")
    elif not limit.hypotheses:
        reason = language.text("The observations contradict each other.")
    elif verdict is None and found.option == "user_keys":
        reason = language.text("Only API keys of one workspace were tried.")
    elif verdict is None:
        reason = language.text("The observations so far do not decide it.")
    elif verdict.reason == "untested":
        reason = not_tried(limit, language, (verdict.dimension,))
    else:
        counted_by = one(verdict.dimension, language)
        reason = language.say(
            "Whether it is counted by {name} is not decided yet.", name=counted_by
        )
    return Option(found.option, decision, name, word, reason)
