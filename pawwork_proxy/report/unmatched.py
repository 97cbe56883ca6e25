"""What is said of a filter that nothing fits: what there is in its place."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from pawwork_proxy.report.answer_words import joined
from pawwork_proxy.report.language import ENGLISH, Language, paragraph

MOST = 8


def unmatched(
    option: str,
    wanted: Iterable[str],
    there: Iterable[str | None],
    language: Language = ENGLISH,
) -> Iterator[str]:
    """A remark for each value that was asked for and is not there."""
    known = sorted({one for one in there if one})
    for one in wanted:
        if one in known:
            continue
        near = get_close_matches(one, known, n=1)
        said = [
            language.say("{option} {value} fits nothing here.", option=option, value=one),
            *(language.say("Did you mean {value}?", value=value) for value in near),
            _there(known, language),
        ]
        yield paragraph(said)


def _there(known: list[str], language: Language) -> str:
    if not known:
        return language.text("There is none at all.")
    names = joined(known[:MOST], language)
    if more := max(len(known) - MOST, 0):
        names = language.say("{names} and {number} more", names=names, number=more)
    return language.say("There is: {names}.", names=names)
