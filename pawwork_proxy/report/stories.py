"""The stories that an answer rests on: of all contrasts, the few that people ask for."""

from collections.abc import Iterator
from typing import NamedTuple

from pawwork_proxy.model.evidence import Contrast
from pawwork_proxy.model.observation import DimensionName
from pawwork_proxy.model.verdict import LimiterFindings
from pawwork_proxy.report.answer_words import joined, one, several
from pawwork_proxy.report.contrast_story import Story, Teller
from pawwork_proxy.report.language import Language
from pawwork_proxy.report.verdict_lists import NOT_SHOWN, followed

ASKED_FIRST: tuple[DimensionName, ...] = ("install", "key", "address", "model", "session", "device")
STORIES = 5


def stories_of(limit: LimiterFindings, teller: Teller) -> Iterator[Story]:
    """The plainest contrast of each verdict that people ask about, each story once.

    That a quota is cut finer than a dimension follows from what it is counted by; where it may be
    cut finer, no contrast shows that it is shared.
    """
    language = teller.language
    counted_by = followed(limit)
    found = {verdict.dimension: verdict for verdict in limit.verdicts}
    told: dict[object, _Told] = {}
    for name in dict.fromkeys((*counted_by, *ASKED_FIRST, *found)):
        verdict = found[name]
        hidden = name in NOT_SHOWN and name not in counted_by
        not_shared = verdict.finding == "does_not_follow" and verdict.reach != "wider"
        if hidden or not_shared:
            continue
        shown = verdict.evidence if verdict.reason == "contradictory" else verdict.evidence[:1]
        key = verdict.ground if verdict.finding == "undetermined" else verdict.finding
        for contrast in shown:
            same = (contrast.shows, *((row.capture, row.seq) for row in contrast.rows))
            entry = told.setdefault(same, _Told(contrast, name, verdict.repeated, {}))
            entry.names.setdefault(key, []).append(name)
    stories: dict[tuple[str, str], Story] = {}
    for entry in told.values():
        headings = dict.fromkeys(_shows(key, names, language) for key, names in entry.names.items())
        shows = language.text("; ").join(headings)
        story = teller.story(shows, entry.contrast, entry.of, again=entry.repeated)
        stories.setdefault((shows, story.sentences), story)
    yield from list(stories.values())[:STORIES]


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
        return language.text("Seen once only, so not sure yet")
    if key == "unrecorded_change":
        return language.text("Something that was not recorded may have changed")
    return language.text("These contradict each other")
