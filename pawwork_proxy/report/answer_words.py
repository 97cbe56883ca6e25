"""The words that an answer is made of: names for people, lists, the number and its rhythm.

Invariant: every text of `assets/answer.toml` is in the catalogues.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo

from pawwork_proxy.comparison.usage import rhythm_of
from pawwork_proxy.facts.table import read
from pawwork_proxy.model.verdict import InstrumentFinding, LimiterFindings, Rhythm
from pawwork_proxy.report.language import Language, paragraph
from pawwork_proxy.report.moments import wait

TEXTS: dict[str, dict[str, str]] = read("answer", __package__, "assets")
MOST_NAMED = 3
MOST_LISTED = 6
_HALF_A_DAY = timedelta(hours=12)


def one(name: str, language: Language) -> str:
    """What people call one value of a dimension."""
    return language.text(TEXTS["one"][name])


def several(names: Iterable[str], language: Language) -> str:
    """What people call several values of some dimensions."""
    return joined((language.text(TEXTS["several"][name]) for name in names), language)


def joined(words: Iterable[str], language: Language) -> str:
    """Words as a list."""
    return language.text(", ").join(words)


def explanation(parts: Iterable[str], language: Language) -> str:
    """A quota key hypothesis as people say it."""
    names = [one(part, language) for part in parts]
    if not names:
        return language.text("one quota for all users")
    return language.say("per {names}", names=language.text(" and ").join(names))


def explanations(some: Sequence[Sequence[str]], language: Language) -> str:
    """The first few of several hypotheses, and how many more there are."""
    said = language.text(", or ").join(explanation(parts, language) for parts in some[:MOST_NAMED])
    more = len(some) - MOST_NAMED
    return language.say("{said}, or {more} more", said=said, more=more) if more > 0 else said


def some_of(names: Sequence[str], language: Language) -> str:
    """The first few of several names, and how many more there are."""
    said = joined(names[:MOST_LISTED], language)
    more = len(names) - MOST_LISTED
    return language.say("{said} and {more} more", said=said, more=more) if more > 0 else said


def instrument_told(found: InstrumentFinding, language: Language) -> str:
    """Whether measuring disturbs."""
    texts = TEXTS["instrument"]
    told = texts["mixed" if found.status == "suspected" and found.pairs else found.status]
    by_label = [texts["by_label"]] if found.by_label else []
    return paragraph(map(language.text, [told, *by_label]))


def quota_words(limit: LimiterFindings, language: Language, zone: tzinfo) -> str:
    """Number and rhythm: `5 a day, resets 00:00 UTC; cut off on 7 of 7 days at 5`."""
    rhythm = rhythm_of(limit)
    period = wait(rhythm.period_s, language) if rhythm.period_s else ""
    count = _count(limit, language)
    # Hours of which several lengths fit, as all that end at one midnight.
    known = "unknown" if rhythm.kind == "hours" and not period else rhythm.kind
    longer = "_".join(rhythm.perhaps)
    text = TEXTS["per_perhaps"][longer] if longer else TEXTS["per"][known]
    per = (
        language.say(text, count=count, period=period)
        if count
        else language.text("How many is not known")
    )
    resets = _resets(limit, rhythm, language, zone)
    if not limit.announced:
        resets = language.say("{resets} by the server's source (no refusal said so)", resets=resets)
    said = language.say("{per}, {resets}", per=per, resets=resets)
    if (cut := limit.cut_off) is not None:
        told = language.say(
            TEXTS["cut_off"][rhythm.kind], windows=cut.windows, of=cut.of, at=cut.at
        )
        said = language.say("{said}; {told}", said=said, told=told)
    return language.say("{said}.", said=said)


def _count(limit: LimiterFindings, language: Language) -> str:
    """How many are allowed in a window, as far as is known; empty where nothing is."""
    if (cut := limit.cut_off) is not None:
        mostly = 2 * cut.windows > cut.of  # else the requests weigh, or others ask as well
        return str(cut.at) if mostly else language.say("about {at}", at=cut.at)
    exact = {
        bound.at_least
        for bound in limit.thresholds
        if bound.exclusive and bound.at_least == bound.at_most
    }
    if len(exact) == 1:
        return str(exact.pop())
    least = max((bound.at_least for bound in limit.thresholds), default=0)
    return language.say("{least} or more", least=least) if least else ""


def _resets(limit: LimiterFindings, rhythm: Rhythm, language: Language, zone: tzinfo) -> str:
    """When the limit gives new requests, in UTC and on the user's clock."""
    at = rhythm.resets_at
    if rhythm.kind == "utc_day":  # at midnight; a clock may be some seconds off
        moment = at or datetime.fromisoformat(limit.windows[-1])
        at = datetime.combine(moment + _HALF_A_DAY, time.min, UTC)
    if rhythm.kind == "hours" and at is None:
        return language.text(TEXTS["resets"]["unknown"])
    daily = rhythm.kind == "utc_day" and not rhythm.perhaps
    shown = _clocks(at, language, zone, daily=daily) if at else ""
    return language.say(TEXTS["resets"]["hours" if rhythm.perhaps else rhythm.kind], at=shown)


def _clocks(at: datetime, language: Language, zone: tzinfo, *, daily: bool) -> str:
    utc, local = at.astimezone(UTC), at.astimezone(zone)
    shown = f"{utc:%H:%M}" if daily else f"{utc:%Y-%m-%d %H:%M}"
    if utc.utcoffset() == local.utcoffset():
        return language.say("{time} UTC", time=shown)
    same = daily or utc.date() == local.date()
    yours = f"{local:%H:%M}" if same else f"{local:%Y-%m-%d %H:%M}"
    return language.say("{time} UTC ({local} your time)", time=shown, local=yours)
