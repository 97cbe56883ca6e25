"""How sure an answer is: how often it was seen, and how likely the best other explanation is."""

from math import log10

from pawwork_proxy.model.verdict import Verdict
from pawwork_proxy.report.answer_words import TEXTS, explanation, one
from pawwork_proxy.report.language import Language, paragraph
from pawwork_proxy.report.moments import wait

SURE, FAIR = 0.01, 0.1
"""The odds of the best rival up to which confidence is high, and fair."""
LEAST_ODDS = 1e-6


def seen_words(deciding: list[Verdict], language: Language) -> str:
    """How often what the headline rests on was seen, and the longest gap between its rows."""
    if not deciding:
        return ""
    times = min(verdict.independent for verdict in deciding)
    if times == 1 and not _once(deciding):
        said = language.text("Seen once and checked by asking the refused one again")
    else:
        said = language.count("Seen once", "Seen {number} times independently", times)
    gaps = [verdict.gap_s for verdict in deciding if verdict.gap_s is not None]
    if gaps:
        gap = wait(max(gaps), language)
        said = language.count(
            "{said}, within {gap}", "{said}, the clearest within {gap}", times, said=said, gap=gap
        )
    return language.say("{said}.", said=said)


def confidence_words(deciding: list[Verdict], language: Language) -> str:
    """How sure the headline is, and what the best other explanation is worth.

    Odds of what was seen once are not told: they are of rows that one cause may have brought about.
    """
    if not deciding:
        return ""
    rated = [verdict for verdict in deciding if verdict.rival_odds is not None]
    weakest = max(rated, key=lambda verdict: verdict.rival_odds or 0.0, default=None)
    once = _once(deciding)
    odds = FAIR if weakest is None or weakest.rival_odds is None else weakest.rival_odds
    level = "low" if once or odds > FAIR else "high" if odds <= SURE else "fair"
    words = language.text(TEXTS["confidence"][level])
    said = [language.say("{words}.", words=words)]
    if once == deciding:
        said.append(language.text("It was seen once only; seeing it again makes it surer."))
    elif once:
        said.extend(_once_words(verdict, language) for verdict in once)
    elif weakest is not None:
        said.append(
            language.say(
                "The best other explanation ({rival}) makes these observations {odds}.",
                rival=explanation(weakest.rival, language),
                odds=_odds(odds, language),
            )
        )
    return paragraph(said)


def _once(deciding: list[Verdict]) -> list[Verdict]:
    """What one slip of one row could have brought about."""
    return [verdict for verdict in deciding if verdict.independent < 2 and not verdict.repeated]


def _once_words(verdict: Verdict, language: Language) -> str:
    if verdict.finding == "does_not_follow":
        return language.text(
            "That installs share it was seen once only; seeing it again makes it surer."
        )
    return language.say(
        "That it is counted per {name} was seen once only; seeing it again makes it surer.",
        name=one(verdict.dimension, language),
    )


def _odds(odds: float, language: Language) -> str:
    """`500 times less likely`, or a percentage where that is clearer."""
    if odds > FAIR:
        return language.say("{share} as likely", share=f"{odds:.0%}")
    number = min(1 / max(odds, LEAST_ODDS), 1 / LEAST_ODDS)
    scale = 10 ** max(int(log10(number)) - 1, 0)
    return language.say("{number} times less likely", number=round(number / scale) * scale)
